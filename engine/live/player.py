"""Moves the core over what comes in live, one input at a time: market, what the venue says, time, the operator.

It reads no clock and writes no file. Every input takes the next number; those that are no market data are said again
among the events, before what came of them, so that the journal has them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import force_setattr

from tradetui.engine.analytics.recorder import CurveRecorder
from tradetui.engine.control import accept, check_drawdown, obey
from tradetui.engine.gateways.live_words import LiveInput
from tradetui.engine.live.accounts import Accounts
from tradetui.engine.live.holds import ACCOUNT, DRIFT, EXPLAINED_NS, FEED, ORDERS, START, Holds
from tradetui.engine.live.outbox import OutboxVenue
from tradetui.engine.live.reports import Reports
from tradetui.engine.live.view import LiveView
from tradetui.engine.model.commands import (
    CancelAll,
    ClosePosition,
    Command,
    Kill,
    PauseTrading,
    ResumeTrading,
    Unlock,
)
from tradetui.engine.model.events import (
    Beat,
    BookEvent,
    ControlEvent,
    Event,
    FeedEvent,
    MarketData,
    MarketEvent,
    OrderStatusEvent,
    QuoteEvent,
    SessionEvent,
    TimerEvent,
    TradeEvent,
    TradingState,
    VenueReport,
    VenueState,
)
from tradetui.engine.model.orders import OrderStatus
from tradetui.engine.step import Core
from tradetui.engine.strategy import check_signals
from tradetui.engine.subscriptions import Subscription

ENGINE = "engine"  # the actor of what nobody asked for
CURVE_NS = 1_000_000_000  # between points of the equity curve

LiveCore = Core[OutboxVenue]


class LivePlayer:
    """The core in a live market. `work` takes an input; `take` gives what is to be journaled, oldest first."""

    def __init__(
        self,
        core: LiveCore,
        view: LiveView,
        asked: Subscription,
        *,
        wall_is_market: bool,
        real_money: bool = False,
        said: list[Event] | None = None,
    ) -> None:
        self.core, self.view = core, view
        self.symbols = view.symbols
        self.row = 0  # market inputs so far
        self.decisions = 0  # how often the strategy was asked
        self.last, self.first = view.last, dict[str, float]()
        self.volume = dict.fromkeys(view.symbols, 0.0)
        self.seen_ns = dict.fromkeys(view.symbols, 0)
        self.now_ns = 0  # market time: the newest that an input told
        self.opened = False  # our books began with the venue's account
        self.holds = Holds()
        self.wants_state = False  # the venue is to be asked for its account at once
        self.strangers = 0  # inputs of symbols that are not watched
        self.held_by_us = False  # it was no operator who reduced trading
        self.account: VenueState | None = None  # as the venue told last
        self.unsent: dict[int, str] = {}  # of an interrupted session: orders that waited and never left, by number
        self._asked, self._wall_is_market, self._real_money = asked, wall_is_market, real_money
        self._guarded = core.guard.limit is not None
        self._decide: Callable[[MarketData], object] = core.strategy.on_market_data  # type: ignore[assignment]
        self._said: list[Event] = [] if said is None else said
        self._next_timer_ns = self._next_point_ns = self._drift_since_ns = 0
        self._doubted = False  # the account was asked for because of a rejection, and has not been told since
        self._beyond: set[str] = set()  # symbols whose imbalance is above what the strategy watches for
        self._reports = Reports(core, view)
        self._accounts = Accounts(core)
        self._work: dict[type, Callable[[Any], None]] = {
            QuoteEvent: self._quote,
            TradeEvent: self._trade,
            BookEvent: self._level,
            MarketEvent: self._bar,
            TimerEvent: self._ignore,
            VenueReport: self._report,
            VenueState: self._state,
            FeedEvent: self._feed,
            Beat: self._beat,
            SessionEvent: self._session,
            **dict.fromkeys((Kill, CancelAll, PauseTrading, ResumeTrading, Unlock, ClosePosition), self._command),
        }

    def __len__(self) -> int:
        return self.row

    @property
    def clock_ns(self) -> int:
        """Market time."""
        return self.now_ns

    @property
    def ladders(self) -> dict[str, Any]:
        """The levels of each symbol."""
        return self.view.ladders

    @property
    def counts(self) -> dict[str, int]:
        """What was told twice, too late, or of symbols that nobody watches."""
        venue = self.core.venue
        return {"duplicates": venue.duplicates, "late_fills": venue.late_fills, "strangers": self.strangers}

    def refresh(self) -> None:
        """Nothing: what a screen shows is kept up to date input by input."""

    def work(self, item: LiveInput | SessionEvent) -> None:
        """Take one input and bring about all that follows from it."""
        self._work[type(item)](item)
        self._said += self.core.take()

    def take(self) -> list[Event]:
        """What is to be journaled since the last call: inputs that are no market data, and all that came of any."""
        said = self._said[:]
        self._said.clear()
        return said

    def due(self, beat: Beat) -> bool:
        """Whether anything happens by this beat; one by which nothing does is not an input."""
        if self.holds.healed(beat.ts_ns):
            return True
        if not self._wall_is_market:
            return False
        timer = self._asked.timer_ns and self._next_timer_ns and beat.ts_ns >= self._next_timer_ns
        return bool(timer or self.core.orders.waiting)

    # -- market

    def _enter(self, event: MarketData, at_ns: int) -> bool:
        """Number a market input and let its time come; False for a symbol that nobody watches."""
        if not self.view.knows(event.symbol):
            self.strangers += 1
            return False
        force_setattr(event, "seq", self.core.input())
        self.row += 1
        if at_ns > self.now_ns:
            self._time(at_ns)
        return True

    def _quote(self, event: QuoteEvent) -> None:
        if not self._enter(event, event.ts_ns):
            return
        symbol, before = event.symbol, self.view.quotes.get(event.symbol)
        self.view.quoted(event)
        self.seen_ns[symbol] = event.ts_ns
        self._moved(event.ts_ns, event.seq)
        asked = self._asked
        beyond = asked.imbalance is not None and self._crossed(event, asked.imbalance)
        if asked.quote or beyond or (asked.best and before != (event.bid, event.ask)):
            self._ask(event)

    def _trade(self, event: TradeEvent) -> None:
        if not self._enter(event, event.ts_ns):
            return
        symbol = event.symbol
        self.view.traded(event)
        self.first.setdefault(symbol, event.price)
        self.volume[symbol] += event.size
        self.seen_ns[symbol] = event.ts_ns
        self._moved(event.ts_ns, event.seq)
        if self._asked.trade:
            self._ask(event)

    def _level(self, event: BookEvent) -> None:
        if self._enter(event, event.ts_ns):
            self.view.level(event)
            if self._asked.book:
                self._ask(event)

    def _bar(self, event: MarketEvent) -> None:
        end_ns = event.ts_ns + self.view.bar_ns
        if not self._enter(event, end_ns):
            return
        self.view.bar(event)
        self.first.setdefault(event.symbol, event.open)
        self.seen_ns[event.symbol] = max(end_ns, self.seen_ns[event.symbol])
        self._moved(end_ns, event.seq)
        if self._asked.bar:
            self._ask(event)

    def _ignore(self, event: TimerEvent) -> None:
        """Timers are our own: what a feed calls one means nothing here."""

    def _crossed(self, event: QuoteEvent, share: float) -> bool:
        total = event.bid_size + event.ask_size
        above = bool(total) and abs(event.bid_size - event.ask_size) / total > share
        before = event.symbol in self._beyond
        (self._beyond.add if above else self._beyond.discard)(event.symbol)
        return above and not before

    def _moved(self, ts_ns: int, seq: int) -> None:
        core = self.core
        if core.orders.waiting:
            core.release(self.now_ns)
        if self._guarded and core.portfolio.open:
            check_drawdown(core, self.now_ns, seq)

    def _time(self, at_ns: int) -> None:
        self.now_ns = at_ns
        if at_ns >= self._next_point_ns and self.opened:
            self._next_point_ns = at_ns + CURVE_NS
            self.core.curve.point(at_ns, self.core.equity(), bool(self.core.portfolio.open))
        every = self._asked.timer_ns
        if every and at_ns >= self._next_timer_ns:
            fires = self._next_timer_ns
            self._next_timer_ns = (at_ns // every + 1) * every
            if fires:
                self._ask(TimerEvent("", at_ns // every * every, self.core.input()))

    def _ask(self, event: MarketData) -> None:
        core = self.core
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

    # -- the venue

    def _report(self, report: VenueReport) -> None:
        self._journal(report)
        if self._wall_is_market or report.ts_ns != report.received_ns:  # our own word has our own clock's time
            self.now_ns = max(self.now_ns, report.ts_ns)
        if report.what == "rejected" and not self._doubted:  # the account itself may be why: it is restricted, say
            self._doubted = self.wants_state = True
        self._reports.hear(report, self.now_ns)

    def _state(self, state: VenueState) -> None:
        self._journal(state)
        self.account, self._doubted = state, False
        core, holds, ts_ns = self.core, self.holds, self._at(state.ts_ns)
        other = "it is of paper, and this is live" if state.paper else "it holds real money, and this is practice"
        blocked = state.blocked or (other if state.paper == self._real_money else "")
        if blocked:
            self._hold(ACCOUNT, f"the account may not trade: {blocked}", ts_ns)
        elif holds.has(ACCOUNT):
            holds.end(ACCOUNT)
        if not self.opened:
            self._accounts.open(state, ts_ns)
            self.opened = True
            core.curve = CurveRecorder(core.equity())
        looked = self._accounts.compare(state, ts_ns)
        self.wants_state = self.wants_state or looked.again
        if looked.drift:
            self._hold(DRIFT, looked.drift, ts_ns)
            self._drift_since_ns = self._drift_since_ns or state.ts_ns
        elif looked.clean:
            if self._drift_since_ns and state.ts_ns - self._drift_since_ns > EXPLAINED_NS:
                self.held_by_us = False  # nobody explained it in time: whoever looked into it unlocks
            self._drift_since_ns = 0
            for name in (START, ORDERS, DRIFT):
                holds.end(name)
        self._let_go(ts_ns)

    def _feed(self, event: FeedEvent) -> None:
        self._journal(event)
        holds, ts_ns, reason = self.holds, self._at(event.ts_ns), _reason(event)
        if event.source == "orders":
            if event.state in ("DOWN", "STALE"):
                self._hold(ORDERS, reason, ts_ns)
            elif event.state != "LATE":
                self.wants_state = True  # what was missed is to be found before new risk is taken
        elif event.state in ("STALE", "DOWN"):
            stale = event.state == "STALE"
            holds.ill(_about(event), reason, event.ts_ns, stale)
            self._hold(FEED, reason, ts_ns, cancel=stale)
        elif event.state == "FRESH":
            holds.well(_about(event), event.ts_ns)
        elif event.state == "GAP":
            self.wants_state = True

    # -- time and the operator

    def _beat(self, beat: Beat) -> None:
        self._journal(beat)
        if self.holds.healed(beat.ts_ns):
            self.holds.end(FEED)
            self.holds.well_since_ns = None
            self._let_go(self._at(beat.ts_ns))
        if self._wall_is_market and beat.ts_ns > self.now_ns:
            self._time(beat.ts_ns)
            if self.core.orders.waiting:
                self.core.release(self.now_ns)

    def _session(self, event: SessionEvent) -> None:
        self._journal(event)
        core, ts_ns = self.core, self._at(event.ts_ns)
        self.wants_state = True
        for number, symbol in self.unsent.items():
            reason = "the session was interrupted before it was sent"
            core.emit(OrderStatusEvent(number, symbol, OrderStatus.CANCELLED, reason, ts_ns), event.seq)
        self.unsent.clear()
        if event.what == "resumed":
            core.venue.ask_again()
        self._hold(START, self.holds.reason or "the account is to be compared again", ts_ns)

    def _command(self, command: Command) -> None:
        core, ts_ns = self.core, self.now_ns
        self._said.append(accept(core, command, ts_ns))
        obey(core, command, ts_ns)
        if isinstance(command, Kill):
            core.venue.cancel_everything()
        if not isinstance(command, CancelAll | ClosePosition):
            self.held_by_us = False
        self._let_go(ts_ns)

    # -- inside

    def _journal(self, event: VenueReport | VenueState | FeedEvent | Beat | SessionEvent) -> None:
        force_setattr(event, "seq", self.core.input())
        self._said.append(event)

    def _at(self, ts_ns: int) -> int:
        """Market time; before the market told any, that of whoever speaks."""
        return self.now_ns or ts_ns

    def _hold(self, name: str, reason: str, ts_ns: int, cancel: bool = True) -> None:
        self.holds.add(name, reason)
        core = self.core
        if core.state != TradingState.ACTIVE:
            return
        self.held_by_us = True
        if name in (START, ORDERS) or not cancel:  # soon over, or soon told to be worse: working entries stay
            core.state = TradingState.REDUCING
            core.emit(ControlEvent(core.state, ENGINE, reason, ts_ns), core.seq)
        else:
            obey(core, PauseTrading(ENGINE, reason), ts_ns)

    def _let_go(self, ts_ns: int) -> None:
        """Trade on where nothing holds us any more; hold again where something does and an operator let go."""
        state, why = self.core.state, self.holds.reason
        if why and state == TradingState.ACTIVE:
            self.held_by_us = True
            obey(self.core, PauseTrading(ENGINE, why), ts_ns)
        elif not why and state == TradingState.REDUCING and self.held_by_us:
            self.held_by_us = False
            obey(self.core, ResumeTrading(ENGINE, "what held it is over"), ts_ns)


def _about(event: FeedEvent) -> str:
    """What is ill: a symbol, all prices, or our own writing, under a name that no symbol has."""
    return event.symbol if event.source == "market" else f" {event.source} {event.symbol}"


def _reason(event: FeedEvent) -> str:
    other = {"orders": "the venue's stream of orders", "recording": "the recording", "storage": "the database"}
    what = other.get(event.source) or f"the feed of {event.symbol or 'prices'}"
    return f"{what} is {event.state.lower()}: {event.message}" if event.message else f"{what} is {event.state.lower()}"
