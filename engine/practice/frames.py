"""Messages of the streams, encoded once for each way a client may want them: JSON text or MessagePack.

In MessagePack a time is the Timestamp extension with nanoseconds, which clients insist on; in JSON it is RFC 3339.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from tradetui.engine.practice.wire import NS_PER_S, instant

TIME_FIELDS = ("t", "created_at", "updated_at")
_json, _msgpack = msgspec.json.Encoder(), msgspec.msgpack.Encoder()


class Message:
    """One message, encoded when the first client wants it that way."""

    __slots__ = ("_json", "_msgpack", "body", "channel", "symbol")

    def __init__(self, channel: str, symbol: str, body: dict[str, Any]) -> None:
        self.channel, self.symbol, self.body = channel, symbol, body
        self._json: bytes | None = None
        self._msgpack: bytes | None = None

    def encoded(self, packed: bool) -> bytes:
        """The message alone, without the array around it."""
        if packed:
            if self._msgpack is None:
                self._msgpack = _msgpack.encode(with_packed_times(self.body))
            return self._msgpack
        if self._json is None:
            self._json = _json.encode(self.body)
        return self._json


def array(parts: Sequence[bytes], packed: bool) -> bytes:
    """Encoded messages as one frame."""
    if not packed:
        return b"[" + b",".join(parts) + b"]"
    count = len(parts)
    head = bytes((0x90 | count,)) if count < 16 else b"\xdc" + count.to_bytes(2, "big")
    return head + b"".join(parts)


def encode(value: object, packed: bool) -> bytes:
    """Anything, as one frame."""
    return _msgpack.encode(value) if packed else _json.encode(value)


def with_packed_times(body: dict[str, Any]) -> dict[str, Any]:
    """The body with its times as extensions."""
    return {k: packed_time(v) if k in TIME_FIELDS and isinstance(v, str) else v for k, v in body.items()}


def packed_time(text: str) -> msgspec.msgpack.Ext | str:
    """MessagePack's Timestamp 96 of an RFC 3339 time."""
    ts_ns = instant(text)
    if ts_ns is None:
        return text
    seconds, nanos = divmod(ts_ns, NS_PER_S)
    return msgspec.msgpack.Ext(-1, nanos.to_bytes(4, "big") + seconds.to_bytes(8, "big", signed=True))


def decode(data: bytes | str, packed: bool) -> Any:
    """What a client sent; raises msgspec.DecodeError. A client of either kind may send JSON text."""
    if isinstance(data, str):
        return msgspec.json.decode(data)
    if not packed:
        return msgspec.json.decode(data)
    return msgspec.msgpack.decode(data)
