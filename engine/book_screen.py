"""What a screen shows of a market of ticks and books beside its prices: read from the simulation for each picture."""

from __future__ import annotations

import numpy as np

from tradetui.engine.book_loop import BookCore, BookPlayer
from tradetui.engine.market.depth import LEVELS_SHOWN
from tradetui.engine.market.session_tape import PIECE_ROWS, SessionTape
from tradetui.engine.market.simulated_view import SimulatedView
from tradetui.engine.market.simulation import MarketSimulation
from tradetui.engine.model.instrument import NANOS_PER_UNIT
from tradetui.engine.subscriptions import Subscription


class SimulatedLadder:
    """The best levels of one symbol, read when they are drawn."""

    def __init__(self, player: BookPlayer, market: MarketSimulation, code: int) -> None:
        self._player, self._market, self._code = player, market, code

    @property
    def version(self) -> int:
        """The row: levels change with rows alone."""
        return self._player.row

    def bids(self) -> tuple[tuple[float, float], ...]:
        """Price and size, highest price first."""
        return self._levels(1)

    def asks(self) -> tuple[tuple[float, float], ...]:
        """Price and size, lowest price first."""
        return self._levels(-1)

    def _levels(self, side: int) -> tuple[tuple[float, float], ...]:
        levels = self._market.depth(self._code, side, LEVELS_SHOWN)
        return tuple((price / NANOS_PER_UNIT, size / NANOS_PER_UNIT) for price, size, _ in levels)


class ScreenPlayer(BookPlayer):
    """A BookPlayer that also knows last prices and volumes, counted once a picture and not once a row."""

    wakes_per_turn = 10  # about a millisecond of a strategy's Python: turns are measured between such slices

    def __init__(
        self,
        core: BookCore,
        tape: SessionTape,
        asked: Subscription,
        view: SimulatedView,
        piece_rows: int = PIECE_ROWS,
    ) -> None:
        super().__init__(core, tape, asked, view, piece_rows)
        symbols = tape.symbols
        self.ladders = {s: SimulatedLadder(self, core.venue.market, code) for code, s in enumerate(symbols)}
        self.last: dict[str, tuple[float, float]] = {}
        self.first: dict[str, float] = {}
        self.volume = dict.fromkeys(symbols, 0.0)
        self.seen_ns = dict.fromkeys(symbols, 0)
        self._trades = tape.trades
        self._counted = 0  # rows of trades
        self._facts: dict[str, tuple[object, ...]] = {}

    @property
    def clock_ns(self) -> int:
        """Market time: of the last row, or of the last thing that was due."""
        return self._market.now_ns if self.row else int(self.at_ns[0])

    def refresh(self) -> None:
        """Bring what a screen shows up to date."""
        self._count_volume()
        for code, symbol in enumerate(self.symbols):
            price, size, _ = self._market.last_trade(code)
            if price:
                self.last[symbol] = (price / NANOS_PER_UNIT, size / NANOS_PER_UNIT)
            facts = (self._market.best(code), price, size)
            if self._facts.get(symbol) != facts and (shown := self.view.price(symbol)) is not None:
                self._facts[symbol] = facts
                self.seen_ns[symbol] = self.clock_ns
                self.first.setdefault(symbol, shown)
                self.last.setdefault(symbol, (shown, 0.0))

    def _count_volume(self) -> None:
        """Add the trades since the picture before; without rows of trades, all bars that closed."""
        trades = self._trades
        if not len(trades):
            self.volume = {symbol: self.view.volume(symbol) for symbol in self.symbols}
            return
        stop = int(np.searchsorted(trades.ts_ns, self.clock_ns, side="right")) if self.row else 0
        start, self._counted = self._counted, max(self._counted, stop)
        if stop <= start:
            return
        codes, sizes = trades.symbol[start:stop], trades.size[start:stop] / NANOS_PER_UNIT
        sums = np.bincount(codes, sizes, len(self.symbols)).tolist()
        for code, symbol in enumerate(self.symbols):
            self.volume[symbol] += sums[code]
            own = np.flatnonzero(codes == code)
            if len(own) and not self.volume[symbol] - sums[code]:
                self.first[symbol] = float(trades.price[start + own[0]] / NANOS_PER_UNIT)
