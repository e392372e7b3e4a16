"""Moves the core over what comes in live, one input at a time: market, what the venue says, time, the operator.

It reads no clock and writes no file. Every input takes the next number; those that are no market data are said again
among the events, before what came of them, so that the journal has them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import force_setattr

from tradetui.engine.analytics.recorder import CurveRecorder
from tradetui.engine.control import accept, obey
from tradetui.engine.gateways.live_words import LiveInput
from tradetui.engine.live.accounts import Accounts
from tradetui.engine.live.holds import Holds
from tradetui.engine.live.outbox import OutboxVenue
from tradetui.engine.live.reports import Reports
from tradetui.engine.live.restraint import Restraint
from tradetui.engine.live.ticks import Ticks
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
    Event,
    FeedEvent,
    MarketEvent,
    OrderStatusEvent,
    QuoteEvent,
    SessionEvent,
    TimerEvent,
    TradeEvent,
    VenueReport,
    VenueState,
)
from tradetui.engine.model.orders import OrderStatus
from tradetui.engine.step import Core
from tradetui.engine.subscriptions import Subscription

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
        self.ticks, self.restraint = Ticks(core, view, asked), Restraint(core)
        self.last, self.first = view.last, self.ticks.first
        self.volume, self.seen_ns = self.ticks.volume, self.ticks.seen_ns
        self.wants_state = False  # the venue is to be asked for its account at once
        self.account: VenueState | None = None  # as the venue told last
        self.unsent: dict[int, str] = {}  # of an interrupted session: orders that waited and never left, by number
        self._wall_is_market, self._real_money = wall_is_market, real_money
        self._said: list[Event] = [] if said is None else said
        self._doubted = False  # the account was asked for because of a rejection, and has not been told since
        self._reports = Reports(core, view)
        self._accounts = Accounts(core)
        self._work: dict[type, Callable[[Any], None]] = {
            QuoteEvent: self.ticks.quote,
            TradeEvent: self.ticks.trade,
            BookEvent: self.ticks.level,
            MarketEvent: self.ticks.bar,
            TimerEvent: self.ticks.ignore,
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
    def row(self) -> int:
        """Market inputs so far."""
        return self.ticks.row

    @property
    def clock_ns(self) -> int:
        """Market time; 0 until any is known."""
        return self.ticks.at(0)

    @property
    def holds(self) -> Holds:
        """Why no new risk may be taken now."""
        return self.restraint.holds

    @property
    def ladders(self) -> dict[str, Any]:
        """The levels of each symbol."""
        return self.view.ladders

    @property
    def counts(self) -> dict[str, int]:
        """What was told twice, too late, or of symbols that nobody watches."""
        venue = self.core.venue
        return {"duplicates": venue.duplicates, "late_fills": venue.late_fills, "strangers": self.ticks.strangers}

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
        return self.holds.healed(beat.ts_ns) or (self._wall_is_market and self.ticks.due(beat.ts_ns))

    # -- the venue

    def _report(self, report: VenueReport) -> None:
        self._journal(report)
        if self._wall_is_market or report.ts_ns != report.received_ns:  # our own word has our own clock's time
            self.ticks.now_ns = max(self.ticks.now_ns, report.ts_ns)
        if report.what == "rejected" and not self._doubted:  # the account itself may be why: it is restricted, say
            self._doubted = self.wants_state = True
        self._reports.hear(report, self.ticks.now_ns)

    def _state(self, state: VenueState) -> None:
        self._journal(state)
        self.account, self._doubted = state, False
        ts_ns = self.ticks.at(state.ts_ns)
        other = "it is of paper, and this is live" if state.paper else "it holds real money, and this is practice"
        self.restraint.account(state.blocked or (other if state.paper == self._real_money else ""), ts_ns)
        if not self.ticks.opened:
            self._accounts.open(state, ts_ns)
            self.ticks.opened = True
            self.core.curve = CurveRecorder(self.core.equity())
        looked = self._accounts.compare(state, ts_ns)
        self.wants_state = self.wants_state or looked.again
        self.restraint.compared(looked, state.ts_ns, ts_ns)

    def _feed(self, event: FeedEvent) -> None:
        self._journal(event)
        if self.restraint.feed(event, self.ticks.at(event.ts_ns)):
            self.wants_state = True

    # -- time and the operator

    def _beat(self, beat: Beat) -> None:
        self._journal(beat)
        self.restraint.heal(beat.ts_ns, self.ticks.at(beat.ts_ns))
        if self._wall_is_market:
            self.ticks.pass_to(beat.ts_ns)

    def _session(self, event: SessionEvent) -> None:
        self._journal(event)
        self.ticks.begins_ns = event.market_ns
        core, ts_ns = self.core, self.ticks.at(event.ts_ns)
        self.wants_state = True
        for number, symbol in self.unsent.items():
            reason = "the session was interrupted before it was sent"
            core.emit(OrderStatusEvent(number, symbol, OrderStatus.CANCELLED, reason, ts_ns), event.seq)
        self.unsent.clear()
        if event.what == "resumed":
            core.venue.ask_again()
        self.restraint.begin(ts_ns)

    def _command(self, command: Command) -> None:
        core, ts_ns = self.core, self.clock_ns
        self._said.append(accept(core, command, ts_ns))
        if isinstance(command, Kill):
            core.venue.cancel_everything()  # first: one request for all of them, before those for each
        obey(core, command, ts_ns)
        if not isinstance(command, CancelAll | ClosePosition):
            self.restraint.held_by_us = False
        self.restraint.let_go(ts_ns)

    # -- inside

    def _journal(self, event: VenueReport | VenueState | FeedEvent | Beat | SessionEvent) -> None:
        force_setattr(event, "seq", self.core.input())
        self._said.append(event)
