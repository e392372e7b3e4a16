"""The market as far as it may be known now: last prices and closed bars. Nothing here can look ahead."""

from __future__ import annotations

from collections.abc import Mapping
from operator import length_hint
from typing import Any

import numpy as np

from tradetui.engine.market.bars import Bars, Int64
from tradetui.engine.market.book_reading import BookReading
from tradetui.engine.model.instrument import NANOS_PER_UNIT


class MarketView:
    """A cursor over bars, and the quotes beside them. `row` is the last bar that has closed, -1 before the first."""

    def __init__(self) -> None:
        self.bars: Bars | None = None
        self._row = -1
        self._feed: Any = None  # an iterator whose length hint tells how many rows are still to come
        self._stop = 0
        self._opening: tuple[str, float] | None = None
        self._rows_of: dict[str, Int64] = {}
        self._columns_of: dict[str, tuple[Int64, Int64, Int64]] = {}
        self.quotes: dict[str, tuple[float, float]] = {}  # bid and ask, 0 where there is none
        self.books: Mapping[str, BookReading] = {}  # of the symbols whose book is known

    def load(self, bars: Bars) -> None:
        """Look at other bars from now on; nothing of them has closed yet."""
        if bars is not self.bars:
            self.bars, self._row, self._feed, self._rows_of, self._columns_of = bars, -1, None, {}, {}

    def follow(self, feed: Any, stop: int) -> None:
        """Let the cursor follow `feed`, an iterator that ends at row `stop`: costs nothing a bar."""
        self._feed, self._stop = feed, stop

    def move(self, row: int) -> None:
        """Say that `row` and everything before it has closed."""
        self._feed, self._row = None, row

    def opening(self, symbol: str, price: float) -> None:
        """The current bar of `symbol` has opened at `price` and nothing more of it is known."""
        self._opening = (symbol, price)

    def closed(self) -> None:
        """The current bar is readable."""
        self._opening = None

    @property
    def row(self) -> int:
        """The last row that may be read."""
        row = self._row if self._feed is None else self._stop - length_hint(self._feed) - 1
        return row if self._opening is None else row - 1

    def quote(self, symbol: str) -> tuple[float, float]:
        """Best bid and ask, 0 where there is none."""
        return self.quotes.get(symbol, (0.0, 0.0))

    def decided_at(self, symbol: str) -> float:
        """What the slippage of an order sent now is measured from: the price where quotes tell it, else 0."""
        return (self.price(symbol) or 0.0) if self.quotes else 0.0

    def price(self, symbol: str) -> float | None:
        """The last price: the middle of the quote where there is one, else the open or close seen last."""
        bid, ask = self.quotes.get(symbol, (0.0, 0.0))
        if bid > 0 and ask > 0:
            return (bid + ask) / 2
        if self._opening is not None and self._opening[0] == symbol:
            return self._opening[1]
        at = self._last_row(symbol)
        return None if at < 0 or self.bars is None else float(self.bars.close[at] / NANOS_PER_UNIT)

    def mark(self, symbol: str, long: bool) -> float | None:
        """What a holding is worth a unit: longs at the bid, shorts at the ask, else the last price."""
        side = self.quotes.get(symbol, (0.0, 0.0))[0 if long else 1]
        return side if side > 0 else self.price(symbol)

    def rows(self, symbol: str, n: int) -> Int64:
        """Row numbers of the last `n` closed bars of `symbol`."""
        last = self.row + 1
        if self.bars is None or last == 0:
            return np.zeros(0, np.int64)
        if len(self.bars.symbols) == 1:
            return np.arange(max(0, last - n), last) if symbol == self.bars.symbols[0] else np.zeros(0, np.int64)
        own = self.all_rows(symbol)
        end = int(np.searchsorted(own, last))
        return own[max(0, end - n) : end]

    def closed_bars(self, symbol: str, n: int) -> tuple[Bars | None, Int64 | slice]:
        """Bars that hold the last `n` closed ones of `symbol`, and where; None before the first bar of all."""
        return self.bars, self.rows(symbol, n)

    def all_rows(self, symbol: str) -> Int64:
        """Every row number of `symbol`, future ones included: for the engine's own planning, never for a strategy."""
        assert self.bars is not None
        if symbol not in self._rows_of:
            known = symbol in self.bars.symbols
            index = self.bars.symbols.index(symbol) if known else -1
            self._rows_of[symbol] = np.flatnonzero(self.bars.symbol == index)
        return self._rows_of[symbol]

    def columns(self, symbol: str) -> tuple[Int64, Int64, Int64]:
        """Lows, highs and times of one symbol alone, for the engine's own planning."""
        assert self.bars is not None
        if symbol not in self._columns_of:
            rows, bars = self.all_rows(symbol), self.bars
            self._columns_of[symbol] = (bars.low[rows], bars.high[rows], bars.ts_ns[rows])
        return self._columns_of[symbol]

    def _last_row(self, symbol: str) -> int:
        rows = self.rows(symbol, 1)
        return int(rows[-1]) if len(rows) else -1
