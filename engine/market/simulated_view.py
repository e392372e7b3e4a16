"""What may be known of a simulated market now: its best prices, and the bars built from its trades so far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tradetui.engine.market.bars import Bars, Int64
from tradetui.engine.market.book_reading import SimulatedBook
from tradetui.engine.market.simulation import ClosedBar, MarketSimulation, Source
from tradetui.engine.market.view import MarketView
from tradetui.engine.model.instrument import NANOS_PER_UNIT

_ROWS_FIRST = 1024  # bars of a symbol before its columns grow; they double from there


class SimulatedView(MarketView):
    """Asks the simulation when it is asked: nothing is copied for an event that nobody looks at."""

    def __init__(
        self, market: MarketSimulation, symbols: Sequence[str], sources: Sequence[Source], bar_ns: int
    ) -> None:
        super().__init__()
        self._market = market
        self._codes = {symbol: code for code, symbol in enumerate(symbols)}
        self._built = {symbol: BuiltBars(symbol, bar_ns) for symbol in symbols}
        self.books = {
            symbol: SimulatedBook(market, code) for symbol, code in self._codes.items() if sources[code] != "trades"
        }

    def add(self, symbol: str, bar: ClosedBar) -> None:
        """A bar closed."""
        self._built[symbol].add(bar)

    def quote(self, symbol: str) -> tuple[float, float]:
        """Best bid and ask, 0 where there is none."""
        code = self._codes.get(symbol)
        if code is None:
            return 0.0, 0.0
        bid, _, ask, _ = self._market.best(code)
        return bid / NANOS_PER_UNIT, ask / NANOS_PER_UNIT

    def decided_at(self, symbol: str) -> float:
        """The price: there is always a market to measure from."""
        return self.price(symbol) or 0.0

    def price(self, symbol: str) -> float | None:
        """The middle of the best prices, the last trade where a side is empty."""
        code = self._codes.get(symbol)
        if code is None:
            return None
        bid, _, ask, _ = self._market.best(code)
        if bid and ask:
            return (bid / NANOS_PER_UNIT + ask / NANOS_PER_UNIT) / 2
        last = self._market.last_trade(code)[0]
        return last / NANOS_PER_UNIT if last else None

    def mark(self, symbol: str, long: bool) -> float | None:
        """What a holding is worth a unit: longs at the bid, shorts at the ask, else the last price."""
        code = self._codes.get(symbol)
        if code is None:
            return None
        best = self._market.best(code)
        side = best[0] if long else best[2]
        return side / NANOS_PER_UNIT if side else self.price(symbol)

    def volume(self, symbol: str) -> float:
        """Units that traded in the bars that closed."""
        return float(self._built[symbol].bars().volume.sum())

    def closed_bars(self, symbol: str, n: int) -> tuple[Bars | None, Int64 | slice]:
        """Bars that hold the last `n` closed ones of `symbol`, and where."""
        built = self._built.get(symbol)
        return (None, slice(0, 0)) if built is None else (built.bars(), slice(max(0, built.count - n), built.count))


class BuiltBars:
    """Bars of one symbol: as they were told, and as columns once somebody asks for these."""

    def __init__(self, symbol: str, bar_ns: int) -> None:
        self._symbol, self._bar_ns = symbol, bar_ns
        self._told: list[ClosedBar] = []  # that the columns do not hold yet
        self._rows = 0  # that they hold
        self._prices = np.empty((5, _ROWS_FIRST), np.int64)
        self._volume = np.empty(_ROWS_FIRST, np.float64)

    @property
    def count(self) -> int:
        """How many bars there are."""
        return self._rows + len(self._told)

    def add(self, bar: ClosedBar) -> None:
        """One row more."""
        self._told.append(bar)

    def bars(self) -> Bars:
        """All rows so far, not copied."""
        if self._told:
            self._put()
        ts, opened, high, low, close = self._prices[:, : self._rows]
        symbol = np.zeros(self._rows, np.int32)
        return Bars((self._symbol,), symbol, ts, opened, high, low, close, self._volume[: self._rows], self._bar_ns)

    def _put(self) -> None:
        """What was told into the columns."""
        first, self._rows = self._rows, self.count
        while self._rows > len(self._volume):
            self._prices = np.concatenate((self._prices, np.empty_like(self._prices)), axis=1)
            self._volume = np.concatenate((self._volume, np.empty_like(self._volume)))
        self._prices[:, first : self._rows] = np.array(self._told, np.int64)[:, 1:6].T
        self._volume[first : self._rows] = [bar.volume / NANOS_PER_UNIT for bar in self._told]
        self._told.clear()
