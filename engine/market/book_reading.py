"""The book of one symbol as a strategy reads it, from a simulated market or from recorded levels. Floats, read-only."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tradetui.engine.market.depth import DepthLadder
from tradetui.engine.market.simulation import MarketSimulation
from tradetui.engine.model.instrument import NANOS_PER_UNIT

Level = tuple[float, float]  # price and size


class Touch(NamedTuple):
    """The best of both sides; 0 where a side is empty."""

    bid: float
    bid_size: float
    ask: float
    ask_size: float


class BookReading:
    """What follows from the best prices and the levels; where they come from is for the classes below to say.

    Nothing is read before it is asked for, and each answer is as of the event being handled.
    """

    __slots__ = ()

    def touch(self) -> Touch:
        """The best prices and sizes."""
        raise NotImplementedError

    def bids(self, n: int = 10) -> list[Level]:
        """Price and size of the best `n` bid levels, highest first."""
        raise NotImplementedError

    def asks(self, n: int = 10) -> list[Level]:
        """Price and size of the best `n` ask levels, lowest first."""
        raise NotImplementedError

    def ahead(self, order_id: int) -> float | None:
        """Size before an own resting order at its price; None where it does not rest, or where that is not known."""
        raise NotImplementedError

    @property
    def best_bid(self) -> float | None:
        """The highest bid, None where there is none."""
        return self.touch().bid or None

    @property
    def best_ask(self) -> float | None:
        """The lowest ask, None where there is none."""
        return self.touch().ask or None

    @property
    def mid(self) -> float | None:
        """The middle of the best prices; None where a side is empty."""
        touch = self.touch()
        return (touch.bid + touch.ask) / 2 if touch.bid and touch.ask else None

    @property
    def spread(self) -> float | None:
        """Best ask less best bid, negative while the feed is crossed; None where a side is empty."""
        touch = self.touch()
        return touch.ask - touch.bid if touch.bid and touch.ask else None

    @property
    def microprice(self) -> float | None:
        """The best prices weighted by the size of the other side: nearer to where less stands; None as for `mid`."""
        bid, bid_size, ask, ask_size = self.touch()
        total = bid_size + ask_size
        if not (bid and ask):
            return None
        return (bid * ask_size + ask * bid_size) / total if total else (bid + ask) / 2

    def imbalance(self, levels: int = 1) -> float:
        """(bid size - ask size) / (bid size + ask size) over the best `levels`, from -1 to 1; 0 of an empty book."""
        if levels == 1:
            _, bid, _, ask = self.touch()
        else:
            bid, ask = (sum(size for _, size in side) for side in (self.bids(levels), self.asks(levels)))
        total = bid + ask
        return (bid - ask) / total if total else 0.0


class SimulatedBook(BookReading):
    """Of a simulated market, own queue positions included."""

    __slots__ = ("_code", "_market")

    def __init__(self, market: MarketSimulation, code: int) -> None:
        self._market, self._code = market, code

    def touch(self) -> Touch:
        """The best prices and sizes."""
        bid, bid_size, ask, ask_size = self._market.best(self._code)
        unit = NANOS_PER_UNIT
        return tuple.__new__(Touch, (bid / unit, bid_size / unit, ask / unit, ask_size / unit))  # quicker than Touch()

    def bids(self, n: int = 10) -> list[Level]:
        """Price and size of the best `n` bid levels, highest first."""
        return self._levels(1, n)

    def asks(self, n: int = 10) -> list[Level]:
        """Price and size of the best `n` ask levels, lowest first."""
        return self._levels(-1, n)

    def ahead(self, order_id: int) -> float | None:
        """Size before an own resting order at its price; None where it does not rest, or where that is not known."""
        found = self._market.ahead(order_id)
        return None if found is None else found / NANOS_PER_UNIT

    def _levels(self, side: int, n: int) -> list[Level]:
        levels = self._market.depth(self._code, side, n)
        return [(price / NANOS_PER_UNIT, size / NANOS_PER_UNIT) for price, size, _ in levels]


class LadderBook(BookReading):
    """Of recorded levels, with the recorded quote as its best where there is one. Own orders have no place in it."""

    __slots__ = ("_ladder", "_quote")

    def __init__(self, ladder: DepthLadder, quote: Callable[[], Touch | None]) -> None:
        self._ladder, self._quote = ladder, quote

    def touch(self) -> Touch:
        """The best prices and sizes."""
        quote = self._quote()
        if quote is not None:
            return quote
        bids, asks = self.bids(1), self.asks(1)
        return Touch(*(bids[0] if bids else (0.0, 0.0)), *(asks[0] if asks else (0.0, 0.0)))

    def bids(self, n: int = 10) -> list[Level]:
        """Price and size of the best `n` bid levels, highest first."""
        return list(self._ladder.bids(n))

    def asks(self, n: int = 10) -> list[Level]:
        """Price and size of the best `n` ask levels, lowest first."""
        return list(self._ladder.asks(n))

    def ahead(self, order_id: int) -> float | None:
        """Not known: these orders fill by what quotes display."""
        return None
