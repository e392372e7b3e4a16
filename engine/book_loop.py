"""Moves the core over ticks and books: the simulation plays the rows, and the core is told what it asked to hear.

Of what happened at one time the order is: reports of own orders, which settle completely; then a bar, a timer, a moved
quote, a trade, a changed level. Rows of the tape are inputs and count in `seq`, woken or not, and so do bars and
timers; where the tape is cut into pieces and turns changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tradetui.engine.book_quotes import BookQuotes
from tradetui.engine.control import check_drawdown
from tradetui.engine.gateways.book_venue import BookVenue
from tradetui.engine.market.session_tape import PIECE_ROWS, SessionTape
from tradetui.engine.market.simulated_view import SimulatedView
from tradetui.engine.market.simulation import (
    PRICE,
    SIDE_SHIFT,
    WOKE_BAR,
    WOKE_BEST,
    WOKE_BUDGET,
    WOKE_END,
    WOKE_IMBALANCE,
    WOKE_REPORT,
    WOKE_ROW,
    WOKE_TIMER,
    WOKE_TOUCH,
    WOKE_TRADE,
    WORD,
    MarketSimulation,
    Tape,
)
from tradetui.engine.model.events import (
    BookEvent,
    FillEvent,
    MarketData,
    MarketEvent,
    QuoteEvent,
    TimerEvent,
    TradeEvent,
)
from tradetui.engine.model.instrument import NANOS_PER_UNIT
from tradetui.engine.model.limits import RiskLimits
from tradetui.engine.step import Core
from tradetui.engine.strategy import check_signals
from tradetui.engine.subscriptions import Subscription
from tradetui.engine.trading.venue import Lessened

BookCore = Core[BookVenue]

ROWS_PER_TURN, WAKES_PER_TURN = 20_000, 100  # some milliseconds of work each, so that pause and kill act at once
WAKES_AT_ONE_ROW_MAX = 10_000  # a strategy that answers its own fills without end stops here
_QUOTED = WOKE_BEST | WOKE_TOUCH | WOKE_IMBALANCE
_EMPTY: Tape = np.zeros((0, 6), np.int64)


def wake_bits(asked: Subscription, limits: RiskLimits, trades_alone: bool) -> int:
    """The wakes that a simulation must stop for: those asked for, and those that limits need to be kept."""
    bits = WOKE_BAR | WOKE_REPORT
    for wanted, bit in (
        (asked.quote, WOKE_TOUCH),
        (asked.best, WOKE_BEST),
        (asked.imbalance is not None, WOKE_IMBALANCE),
        (asked.trade, WOKE_TRADE),
        (asked.book, WOKE_ROW),
        (asked.timer_ns > 0, WOKE_TIMER),
    ):
        bits |= bit if wanted else 0
    if limits.max_drawdown is not None or limits.max_orders_per_second is not None:
        bits |= WOKE_BEST | (WOKE_TRADE if trades_alone else 0)  # equity moves, and waiting orders may go, between bars
    return bits


class BookPlayer:
    """A position in a market of ticks and books. `play` goes on from there; `turn` plays as much as is quickly done."""

    rows_per_turn = ROWS_PER_TURN
    wakes_per_turn = WAKES_PER_TURN

    def __init__(
        self,
        core: BookCore,
        tape: SessionTape,
        asked: Subscription,
        view: SimulatedView,
        piece_rows: int = PIECE_ROWS,
    ) -> None:
        self.core, self.tape, self.view = core, tape, view
        self.symbols, self.at_ns = tape.symbols, tape.at_ns
        self.row = 0
        self._market: MarketSimulation = core.venue.market
        self._asked = asked
        self._piece_rows = piece_rows
        self._piece: Tape = _EMPTY
        self._base = 0  # row at which the loaded piece begins
        self._finished = False
        self._guarded = core.guard.limit is not None
        self._still = 0  # wakes since the last row or timer
        self._leaving = core.orders.leaving
        self._quotes = BookQuotes(core)
        self._decide: Callable[[MarketData], object] = core.strategy.on_market_data  # type: ignore[assignment]
        if len(tape):
            core.curve.begin(int(tape.at_ns[0]))

    def __len__(self) -> int:
        return len(self.tape)

    @property
    def done(self) -> bool:
        """Whether every row has been played and what was due after the last one has happened."""
        return self._finished

    def due(self, market_ns: int) -> int:
        """The row that is the first not to have happened by `market_ns`."""
        return int(np.searchsorted(self.at_ns, market_ns, side="right"))

    def play(self, stop: int, wakes: int | None = None) -> None:
        """Play rows up to `stop`, not included, or until the core was woken `wakes` times, those of a turn if None."""
        stop = min(stop, len(self))
        wakes = self.wakes_per_turn if wakes is None else wakes
        while self.row < stop and wakes > 0:
            if self.row == self._base + len(self._piece):
                self._load()
            wakes = self._play_piece(min(stop - self._base, len(self._piece)), wakes)
        while self.row == len(self) and not self._finished:
            woke = self._market.finish()
            if woke & ~WOKE_END:
                self._woken(woke)
            else:
                self._finish()
        if self._leaving:
            self._let_go()  # who asks from outside is to see the orders as they are

    # -- the tape

    def _load(self) -> None:
        self._base = self.row
        self._piece = self.tape.piece(self._base, min(self._base + self._piece_rows, len(self)))
        self._market.load(self._piece)

    def _play_piece(self, stop: int, wakes: int) -> int:
        """Play the loaded piece up to its row `stop`, or until woken `wakes` times; how many of these are left.

        A timer or a moved best alone are the commonest wakes, and one that a strategy answers with nothing is to cost a
        few microseconds: so these are told right here.
        """
        market, core, base, decide, leaving = self._market, self.core, self._base, self._decide, self._leaving
        bring = self._quotes.bring
        moves = WOKE_BEST if self._asked.best else WOKE_TIMER
        advance, orders, watched = market.advance, core.orders, self._guarded or core.stopped
        played = self.row - base
        while played < stop and wakes > 0:
            woke = advance(stop, stop)
            row, before = market.row, played
            if row > played:
                played, self.row, self._still = row, base + row, 0
            if (woke != WOKE_TIMER and (woke != moves or row == before)) or orders.waiting or watched:
                if row > before:
                    core.input(row - before)
                if woke & ~(WOKE_END | WOKE_BUDGET):
                    wakes -= 1
                    self._woken(woke)
                    watched = self._guarded or core.stopped
                continue
            wakes -= 1
            self._still = 0  # time went on
            now_ns = market.now_ns
            event: MarketData
            if woke == WOKE_TIMER:
                event = TimerEvent("", now_ns, seq := core.input(row - before + 1))  # the rows, and the timer
            else:
                event = self._best_of(market.woken_symbol(), now_ns, seq := core.input(row - before))
            if leaving:
                self._let_go()
            try:
                signals = decide(event)
                if not signals:
                    continue
                check_signals(signals)
            except (Exception, SystemExit) as error:  # noqa: BLE001  # as in `_ask`
                core.fail(error, now_ns, seq)
                watched = True
                continue
            bring(signals, now_ns, seq)  # type: ignore[arg-type]  # `check_signals` has seen them
            watched = self._guarded or core.stopped
        return wakes

    def _finish(self) -> None:
        self._finished = True
        core = self.core
        if len(self):
            core.curve.point(self._market.now_ns, core.equity(), bool(core.portfolio.open))

    # -- what happened

    def _woken(self, woke: int) -> None:
        core, now_ns = self.core, self._market.now_ns
        seq = core.seq
        self._still = 0 if woke & WOKE_TIMER else self._still + 1
        if self._still > WAKES_AT_ONE_ROW_MAX:
            raise RuntimeError(f"{self._still} wakes at row {self.row} of the market, limit {WAKES_AT_ONE_ROW_MAX}")
        if woke & WOKE_REPORT:
            self._settle(now_ns)
        elif self._leaving:
            self._let_go()
        if self._guarded and core.portfolio.open:
            check_drawdown(core, now_ns, core.seq)
        if core.orders.waiting:
            core.release(now_ns)
        if woke & WOKE_BAR:
            self._bar(now_ns)
        if woke & WOKE_TIMER:
            self._ask(TimerEvent("", now_ns, core.input()), now_ns)
        if woke & _QUOTED:
            self._quote(woke, now_ns, seq)
        if woke & WOKE_TRADE and self._asked.trade:
            code = self._market.woken_symbol()
            price, size, side = self._market.last_trade(code)
            symbol = self.tape.symbols[code]
            self._ask(TradeEvent(symbol, now_ns, price / NANOS_PER_UNIT, size / NANOS_PER_UNIT, side, seq), now_ns)
        if woke & WOKE_ROW and self._asked.book:
            self._level(now_ns, seq)

    def _settle(self, now_ns: int) -> None:
        """Apply what the venue told, oldest first, each with all that follows from it."""
        core, venue = self.core, self.core.venue
        for report in self._market.reports():
            outcome = venue.outcome(report)
            if isinstance(outcome, FillEvent):
                core.booked(outcome)
                if self._guarded:  # a loss or a fee may end a position: nothing is held then, and yet equity fell
                    check_drawdown(core, now_ns, outcome.seq)
                core.answered(outcome)
                core.curve.point(now_ns, core.equity(), bool(core.portfolio.open), traded=True)
                if not report.leaves:
                    core.let_go(report.order_id)
            elif isinstance(outcome, Lessened):
                core.lessened(outcome, now_ns, core.seq)
            elif outcome is None and report.leaves:
                pass  # what was taken off an order that we cancelled
            elif outcome is None:
                core.let_go(report.order_id)
            else:
                core.dropped(outcome, now_ns, core.seq)

    def _let_go(self) -> None:
        """Take note of the orders that the venue has let go of since we cancelled them: that alone wakes nobody."""
        for order_id in self.core.venue.let_go():
            self.core.let_go(order_id)

    def _bar(self, now_ns: int) -> None:
        core, bar = self.core, self._market.bar()
        symbol = self.tape.symbols[bar.symbol]
        self.view.add(symbol, bar)
        core.curve.point(now_ns, core.equity(), bool(core.portfolio.open))
        seq = core.input()
        if self._asked.bar:
            unit = NANOS_PER_UNIT
            prices = bar.open / unit, bar.high / unit, bar.low / unit, bar.close / unit
            self._ask(MarketEvent(symbol, bar.ts_ns, *prices, bar.volume / unit, seq), now_ns)

    def _quote(self, woke: int, now_ns: int, seq: int) -> None:
        asked = self._asked
        if asked.quote or (asked.best and woke & WOKE_BEST) or woke & WOKE_IMBALANCE:
            self._ask(self._best_of(self._market.woken_symbol(), now_ns, seq), now_ns)

    def _best_of(self, code: int, now_ns: int, seq: int) -> QuoteEvent:
        bid, bid_size, ask, ask_size = self._market.best(code)
        unit = NANOS_PER_UNIT
        return QuoteEvent(
            self.tape.symbols[code], now_ns, bid / unit, bid_size / unit, ask / unit, ask_size / unit, seq
        )

    def _level(self, now_ns: int, seq: int) -> None:
        """Tell the level that the last row changed; side 0 where it removed every level of its symbol."""
        row = self._piece[self._market.row - 1]
        code, price = self._market.woken_symbol(), int(row[PRICE])
        side = (int(row[WORD]) >> SIDE_SHIFT & 3) - 1
        size = self._size_at(code, side, price) if side else 0
        symbol = self.tape.symbols[code]
        self._ask(BookEvent(symbol, now_ns, side, price / NANOS_PER_UNIT, size / NANOS_PER_UNIT, seq), now_ns)

    def _size_at(self, code: int, side: int, price: int) -> int:
        levels = 16
        while True:
            found = self._market.depth(code, side, levels)
            for level in found:
                if level[0] == price:
                    return level[1]
                if side * level[0] < side * price:
                    return 0
            if len(found) < levels:
                return 0
            levels *= 8

    def _ask(self, event: MarketData, now_ns: int) -> None:
        core = self.core
        if core.stopped:
            return
        try:
            signals = self._decide(event)
            if signals:
                check_signals(signals)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # a strategy may raise anything; it is stopped and recorded, never swallowed
            core.fail(error, now_ns, event.seq)
            return
        if signals:
            core.signals(signals, now_ns, event.seq)  # type: ignore[arg-type]  # `check_signals` has seen them
