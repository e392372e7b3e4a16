"""One stream of market data: proves who we are, subscribes, hands on rows. What is wanted may change at any time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from random import Random
from typing import Any, Protocol

import msgspec

from tradetui.engine.gateways.alpaca.config import SocketConfig
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.gateways.alpaca.order_stream import KEYS_ADVICE
from tradetui.engine.gateways.alpaca.socket import NotAdmitted, Socket
from tradetui.engine.gateways.alpaca.wire import words
from tradetui.engine.loop_thread import raise_again

ADVICE = {
    402: KEYS_ADVICE,
    404: "the network is slow: it is tried again",
    406: "another program is connected with these keys: end it, or use other keys",
    407: "this machine does not keep up: subscribe fewer symbols",
    409: "the plan of this account does not include the feed: choose iex, or another plan",
}
LASTING = (402, 409)
REFUSED_SUBSCRIPTION = {
    400: "the venue cannot read a symbol: shares are written as AAPL, coins as BTC/USD",
    405: "the plan of this account allows fewer symbols: subscribe fewer",
    410: "this stream does not have what was asked for",
}
FRAMES_BEFORE_MAX = 10_000  # of market data, before the venue confirms the last of what we asked for
_decode = msgspec.json.Decoder().decode


class Hears(Protocol):
    """Who takes what a stream says."""

    def row(self, row: dict[str, Any]) -> None:
        """Market data, or something that nobody knows."""

    def up(self, stream: FeedStream) -> None:
        """It is connected and has subscribed."""

    def down(self, stream: FeedStream, message: str) -> None:
        """It is not, and why."""

    def refused(self, symbols: Iterable[str], message: str) -> None:
        """The venue does not send these."""

    def garbage(self) -> None:
        """Something could not be read."""


class FeedStream:
    """One endpoint. All of it runs in one event loop."""

    def __init__(
        self,
        name: str,
        url: str,
        channels: tuple[str, ...],
        config: SocketConfig,
        credentials: Credentials,
        chance: Random,
        hears: Hears,
    ) -> None:
        self.name, self.channels = name, channels
        self.wanted: tuple[str, ...] = ()
        self.connected = False
        self.message = ""
        self._credentials, self._hears = credentials, hears
        self._asked: tuple[str, ...] = ()
        self._saying: set[asyncio.Task[None]] = set()
        self.socket = Socket(url, config, chance, greet=self._greet, hear=self._hear, down=self._down)

    def want(self, symbols: tuple[str, ...]) -> None:
        """These and no others, from now on."""
        gone = [symbol for symbol in self.wanted if symbol not in symbols]
        new = tuple(symbol for symbol in symbols if symbol not in self.wanted)
        self.wanted = symbols
        if not self.connected:
            return
        if gone:
            self._say(self._request("unsubscribe", gone))
        if new:
            self._asked = new
            self._say(self._request("subscribe", new))

    def book_anew(self, symbol: str) -> None:
        """Ask for the whole book of a coin: only a new subscription brings it."""
        if self.connected:
            self._say({"action": "unsubscribe", "orderbooks": [symbol]})
            self._say({"action": "subscribe", "orderbooks": [symbol]})

    def _request(self, action: str, symbols: Iterable[str]) -> dict[str, Any]:
        names = list(symbols)
        return {"action": action, **dict.fromkeys(self.channels, names)}

    def _say(self, message: dict[str, Any]) -> None:
        task = asyncio.ensure_future(self.socket.say(message))
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)
        task.add_done_callback(raise_again)

    async def _greet(self, socket: Socket) -> None:
        self._demand(await socket.answer(), "connected")
        credentials = self._credentials
        await socket.say({"action": "auth", "key": credentials.key_id, "secret": credentials.secret})
        self._demand(await socket.answer(), "authenticated")
        self.connected, self.message, self._asked = True, "", self.wanted
        if self.wanted:
            await socket.say(self._request("subscribe", self.wanted))
            for _ in range(FRAMES_BEFORE_MAX):
                self._hear(await socket.answer())
                if not self._asked:
                    break
        self._hears.up(self)

    def _demand(self, frame: str | bytes, wanted: str) -> None:
        items = self._read(frame)
        first = items[0] if items and isinstance(items[0], dict) else {}
        if first.get("T") == "success" and first.get("msg") == wanted:
            return
        code = first.get("code")
        told = self._credentials.redact(words(first.get("msg") or "nothing readable", 100))
        advice = ADVICE.get(code, "it is tried again") if isinstance(code, int) else "is this the venue's address?"
        raise NotAdmitted(f"the {self.name} stream refuses us ({told}): {advice}", code in LASTING)

    def _hear(self, frame: str | bytes) -> None:
        for item in self._read(frame):
            if not isinstance(item, dict):
                self._hears.garbage()
            elif item.get("T") == "subscription":
                self._asked = ()
            elif item.get("T") == "error":
                self._error(item)
            elif item.get("T") != "success":
                self._hears.row(item)

    def _error(self, item: dict[str, Any]) -> None:
        code = item.get("code")
        told = words(item.get("msg") or "an error without words", 100)
        if code in REFUSED_SUBSCRIPTION and self._asked:
            self._hears.refused(self._asked, f"{told}: {REFUSED_SUBSCRIPTION[code]}")
            self._asked = ()
        else:
            self.message = f"the {self.name} stream says: {told}"

    def _down(self, message: str, lasting: bool) -> None:
        self.connected, self.message = False, message
        self._hears.down(self, message if lasting else f"{message}; it is tried again")

    def _read(self, frame: str | bytes) -> list[Any]:
        try:
            found = _decode(frame)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            found = None
        if isinstance(found, list):
            return found
        self._hears.garbage()
        return []
