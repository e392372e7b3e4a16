"""The messages of Binance's streams that we read, by the venue's own names, and what kind each is."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Millis = Annotated[int, msgspec.Meta(ge=0, le=9_000_000_000_000)]
Levels = list[list[str]]
Kind = Literal["depth", "snapshot", "quote", "trade", "other"]


class Data(msgspec.Struct, gc=False):
    """Any message of the streams, and the REST snapshot."""

    e: str = ""
    E: Millis | None = None
    T: Millis | None = None
    s: str = ""
    U: Id | None = None
    u: Id | None = None
    pu: Id | None = None
    b: Levels | str | int | None = None
    a: Levels | str | int | None = None
    B: str | int | None = None
    A: str | int | None = None
    p: str | None = None
    q: str | None = None
    t: Id | None = None
    m: bool | None = None
    lastUpdateId: Id | None = None  # noqa: N815 - the venue's name
    bids: Levels | None = None
    asks: Levels | None = None
    symbol: str = ""


class Message(Data, gc=False):
    """A message by itself, or in the envelope of a combined stream."""

    stream: str = ""
    data: Data | None = None

    def inner(self) -> Data:
        """The message without its envelope, which may name the symbol of one that names none."""
        if self.data is None:
            return self
        if not self.data.s and self.stream:
            self.data.s = self.data.symbol or self.stream.partition("@")[0].upper()
        return self.data


def kind_of(data: Data) -> Kind:
    """What the message is; "other" for a kind that is not read or lacks what its kind has."""
    if data.lastUpdateId is not None and data.bids is not None and data.asks is not None:
        return "snapshot"
    lists = isinstance(data.b, list) and isinstance(data.a, list)
    if data.e == "depthUpdate" and lists and data.U is not None and data.u is not None:
        return "depth"
    if data.e == "trade" and data.p is not None and data.q is not None and data.m is not None:
        return "trade"
    texts = all(isinstance(value, str) for value in (data.b, data.B, data.a, data.A))
    if data.e in ("", "bookTicker") and texts and data.u is not None:
        return "quote"
    return "other"


def sides_of(kind: Kind, data: Data) -> tuple[Levels, ...]:
    """The levels in the message: bids, asks."""
    if kind == "depth":
        assert isinstance(data.b, list)
        assert isinstance(data.a, list)
        return data.b, data.a
    if kind == "snapshot":
        assert data.bids is not None
        assert data.asks is not None
        return data.bids, data.asks
    return ()


def numbers_of(kind: Kind, data: Data) -> tuple[str, ...]:
    """The prices and sizes in the message that are no levels."""
    if kind == "trade":
        return str(data.p), str(data.q)
    if kind == "quote":
        return str(data.b), str(data.B), str(data.a), str(data.A)
    return ()
