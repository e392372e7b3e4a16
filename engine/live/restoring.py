"""A session that goes on: its state is what its journal says, event by event. No I/O; the strategy starts anew.

Nothing is decided here a second time: what followed from an event stands behind it in the journal.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import merge
from operator import attrgetter

from tradetui.engine.live.outbox import ENDS
from tradetui.engine.live.player import LivePlayer
from tradetui.engine.live.reports import left_of
from tradetui.engine.live.restraint import ENGINE
from tradetui.engine.model.events import (
    BookEvent,
    CommandEvent,
    ControlEvent,
    Event,
    FillEvent,
    MarketData,
    MarketEvent,
    OpeningEvent,
    OrderEvent,
    OrderStatusEvent,
    QuoteEvent,
    SignalEvent,
    StrategyErrorEvent,
    TradeEvent,
    TradingState,
    VenueReport,
    VenueState,
)
from tradetui.engine.model.orders import DONE, OrderStatus

_MARKET_TIME = (SignalEvent, OrderEvent, FillEvent)  # dated by the market even where that has another time than we
MARKET = (MarketEvent, QuoteEvent, TradeEvent, BookEvent)


class _Fold:
    """One pass over a journal."""

    def __init__(self, player: LivePlayer) -> None:
        self.player, self.core, self.venue = player, player.core, player.core.venue
        self.signals: dict[str, SignalEvent] = {}  # the newest of each symbol
        self.heard: set[str] = set()  # executions of somebody else

    def take(self, event: Event) -> None:
        core, player = self.core, self.player
        core.reach(event.seq)
        if isinstance(event, _MARKET_TIME):
            player.ticks.now_ns = max(player.ticks.now_ns, event.ts_ns)
        match event:
            case SignalEvent(symbol=symbol):
                self.signals[symbol] = event
            case OrderEvent(order_id=number, symbol=symbol):
                player.unsent.pop(number, None)
                core.put_back(event, self.signals.get(symbol))
                self.venue.put_back(event)
            case OrderStatusEvent():
                self._status(event)
            case FillEvent():
                core.portfolio.apply(event)
                self._watch_equity()
                core.orders.put_back_fill(event)
                self.venue.put_back_fill(event)
            case VenueReport():
                self._report(event)
            case OpeningEvent():
                core.portfolio.adopt(event)
                core.guard.rearm(core.equity())
                player.ticks.opened = True
            case VenueState():
                self._account(event)
            case ControlEvent(state=state, actor=actor):
                core.state = state
                player.restraint.held_by_us = state == TradingState.REDUCING and actor == ENGINE
            case CommandEvent(command="unlock") if core.state != TradingState.ACTIVE:
                core.guard.rearm(core.equity())
            case StrategyErrorEvent():
                core.stopped = True

    def see(self, row: MarketData) -> None:
        """What the market was when the session went on from it: equity may have had its peak there."""
        self.player.view.remember(row)
        if self.core.portfolio.open and not isinstance(row, BookEvent):
            self._watch_equity()

    def _watch_equity(self) -> None:
        if self.core.guard.limit is not None:
            self.core.guard.check(self.core.equity())  # what followed from a breach stands in the journal

    def _account(self, state: VenueState) -> None:
        for order in state.orders:
            if not order.client_order_id.startswith(f"{self.venue.session_id}-"):
                self.venue.adopt_working(order)

    def _status(self, event: OrderStatusEvent) -> None:
        number = event.order_id
        known = self.venue.sent.get(number)
        if event.status in (OrderStatus.HELD, OrderStatus.QUEUED):
            self.player.unsent[number] = event.symbol
        elif event.status in DONE:
            self.player.unsent.pop(number, None)
        if known is not None and event.status in DONE:
            known.cancelled = True
        self.core.orders.put_back_end(event, awaited=known is not None)

    def _report(self, report: VenueReport) -> None:
        known = self.venue.of(report)
        if known is None:
            self._of_somebody_else(report)
        elif known.stage == "done" or report.what == "fill":
            return
        elif report.what in ENDS:
            self.venue.end(known.order.order_id)
            self.core.orders.let_go(known.order.order_id)
        elif report.what == "unresolved":
            known.stage = "unresolved" if known.stage == "sent" else known.stage
        else:
            known.venue_id = known.venue_id or report.venue_id
            known.stage = "accepted" if report.what in ("accepted", "changed") else known.stage
            left = left_of(known, report)
            if left is not None:
                self.venue.changed(known, left, report.reason)
                self.core.orders.put_back_left(report.order_id, left)

    def _of_somebody_else(self, report: VenueReport) -> None:
        if report.what == "fill":
            if report.execution_id not in self.heard:
                self.heard.add(report.execution_id)
                self.venue.foreign_fill(report, self.core.portfolio.quantity(report.symbol))
        elif report.what in ENDS:
            self.venue.foreign.pop(report.venue_id, None)
        elif report.what in ("foreign", "accepted"):
            self.venue.adopt(report)


def restore(player: LivePlayer, events: Iterable[Event], rows: Iterable[MarketData] = ()) -> None:
    """Bring a fresh player to where `events`, a session's own from its first, leave it.

    `rows` are its recording's; they tell how high equity had been, and nothing is decided or priced by them now.
    """
    fold = _Fold(player)
    for item in merge(events, rows, key=attrgetter("seq")):
        if isinstance(item, MARKET):
            fold.see(item)
        else:
            fold.take(item)
    player.view.forget()
    player.core.take()
