"""Market data on their way through the core: numbered, seen, settled by, and told to a strategy that asked for them.

Market time is kept here: the newest that any input told. Timers go off by it.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import force_setattr

from tradetui.engine.control import check_drawdown
from tradetui.engine.live.outbox import OutboxVenue
from tradetui.engine.live.view import LiveView
from tradetui.engine.model.events import BookEvent, MarketData, MarketEvent, QuoteEvent, TimerEvent, TradeEvent
from tradetui.engine.step import Core
from tradetui.engine.strategy import check_signals
from tradetui.engine.subscriptions import Subscription

CURVE_NS = 1_000_000_000  # between points of the equity curve


class Ticks:
    """What the market does to a core. Nobody is asked before `opened`: our books begin with the venue's account."""

    def __init__(self, core: Core[OutboxVenue], view: LiveView, asked: Subscription) -> None:
        self._core, self._view, self._asked = core, view, asked
        self.row = 0  # market inputs so far
        self.decisions = 0  # how often the strategy was asked
        self.strangers = 0  # inputs of symbols that are not watched
        self.now_ns = 0
        self.begins_ns = 0  # of a market with a time of its own: where it stood when the session began
        self.opened = False
        self.first = dict[str, float]()
        self.volume = dict.fromkeys(view.symbols, 0.0)
        self.seen_ns = dict.fromkeys(view.symbols, 0)
        self._guarded = core.guard.limit is not None
        self._decide: Callable[[MarketData], object] = core.strategy.on_market_data  # type: ignore[assignment]
        self._next_timer_ns = self._next_point_ns = 0
        self._beyond: set[str] = set()  # symbols whose imbalance is above what the strategy watches for

    # -- inputs

    def quote(self, event: QuoteEvent) -> None:
        """The best prices are others."""
        if not self._enter(event, event.ts_ns):
            return
        symbol, before = event.symbol, self._view.quotes.get(event.symbol)
        self._view.quoted(event)
        self.seen_ns[symbol] = event.ts_ns
        self._moved(event.seq)
        asked = self._asked
        beyond = asked.imbalance is not None and self._crossed(event, asked.imbalance)
        if asked.quote or beyond or (asked.best and before != (event.bid, event.ask)):
            self._ask(event)

    def trade(self, event: TradeEvent) -> None:
        """Somebody traded."""
        if not self._enter(event, event.ts_ns):
            return
        symbol = event.symbol
        self._view.traded(event)
        self.first.setdefault(symbol, event.price)
        self.volume[symbol] += event.size
        self.seen_ns[symbol] = event.ts_ns
        self._moved(event.seq)
        if self._asked.trade:
            self._ask(event)

    def level(self, event: BookEvent) -> None:
        """A level of the book is another."""
        if self._enter(event, event.ts_ns):
            self._view.level(event)
            if self._asked.book:
                self._ask(event)

    def bar(self, event: MarketEvent) -> None:
        """A bar closed."""
        end_ns = event.ts_ns + self._view.bar_ns
        if not self._enter(event, end_ns):
            return
        self._view.bar(event)
        self.first.setdefault(event.symbol, event.open)
        self.seen_ns[event.symbol] = max(end_ns, self.seen_ns[event.symbol])
        self._moved(event.seq)
        if self._asked.bar:
            self._ask(event)

    def ignore(self, event: TimerEvent) -> None:
        """Timers are our own: what a feed calls one means nothing here."""

    # -- time

    def due(self, at_ns: int) -> bool:
        """Whether anything happens only because it is so late."""
        timer = self._asked.timer_ns and self._next_timer_ns and at_ns >= self._next_timer_ns
        return bool(timer or self._core.orders.waiting)

    def pass_to(self, at_ns: int) -> None:
        """Time passes without a market input."""
        if at_ns > self.now_ns:
            self._time(at_ns)
            if self._core.orders.waiting:
                self._core.release(self.now_ns)

    def at(self, ts_ns: int) -> int:
        """Market time; before the market told any, where it began, and where that is not known the speaker's time."""
        return self.now_ns or self.begins_ns or ts_ns

    # -- inside

    def _enter(self, event: MarketData, at_ns: int) -> bool:
        """Number a market input and let its time come; False for a symbol that nobody watches."""
        if not self._view.knows(event.symbol):
            self.strangers += 1
            return False
        force_setattr(event, "seq", self._core.input())
        self.row += 1
        if at_ns > self.now_ns:
            self._time(at_ns)
        return True

    def _crossed(self, event: QuoteEvent, share: float) -> bool:
        total = event.bid_size + event.ask_size
        above = bool(total) and abs(event.bid_size - event.ask_size) / total > share
        before = event.symbol in self._beyond
        (self._beyond.add if above else self._beyond.discard)(event.symbol)
        return above and not before

    def _moved(self, seq: int) -> None:
        core = self._core
        if core.orders.waiting:
            core.release(self.now_ns)
        if self._guarded and core.portfolio.open:
            check_drawdown(core, self.now_ns, seq)

    def _time(self, at_ns: int) -> None:
        core = self._core
        self.now_ns = at_ns
        if at_ns >= self._next_point_ns and self.opened:
            self._next_point_ns = at_ns + CURVE_NS
            core.curve.point(at_ns, core.equity(), bool(core.portfolio.open))
        every = self._asked.timer_ns
        if every and at_ns >= self._next_timer_ns:
            fires = self._next_timer_ns
            self._next_timer_ns = (at_ns // every + 1) * every
            if fires:
                self._ask(TimerEvent("", at_ns // every * every, core.input()))

    def _ask(self, event: MarketData) -> None:
        core = self._core
        if core.stopped or not self.opened:
            return
        self.decisions += 1
        try:
            signals = self._decide(event)
            if signals:
                check_signals(signals)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # a strategy may raise anything; it is stopped and recorded, never swallowed
            core.fail(error, self.now_ns, event.seq)
            return
        if signals:
            core.signals(signals, self.now_ns, event.seq)  # type: ignore[arg-type]  # `check_signals` has seen them
