"""The report at the end of a day: a journal's books against the broker's account. No I/O of its own."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from tradetui.engine.live.outbox import ENDS, AtVenue
from tradetui.engine.live.reconciliation import compare
from tradetui.engine.model.events import (
    Difference,
    Event,
    FillEvent,
    OpeningEvent,
    OrderEvent,
    OrderStatusEvent,
    VenueOrder,
    VenueReport,
    VenueState,
)
from tradetui.engine.model.instrument import EXACT
from tradetui.engine.model.orders import OrderStatus
from tradetui.engine.trading.portfolio import Portfolio

ZERO = Decimal(0)
KINDS = ("opening", "order", "order_status", "venue", "fill")  # of events that the books follow from
_OVER = (OrderStatus.CANCELLED, OrderStatus.EXPIRED, OrderStatus.REJECTED, OrderStatus.FILLED)


class Line(msgspec.Struct, frozen=True):
    """One symbol on both sides."""

    symbol: str
    ours: Decimal
    theirs: Decimal


class DayEnd(msgspec.Struct, frozen=True, kw_only=True):
    """What agrees and what does not. `strangers` are working orders of somebody else: told, not held against us."""

    account: str
    paper: bool
    cash_ours: Decimal
    cash_theirs: Decimal
    positions: tuple[Line, ...]
    orders: int  # compared
    working: tuple[str, ...]  # of ours, at the broker
    strangers: tuple[str, ...]
    fills: int
    fees: Decimal
    differences: tuple[Difference, ...]


class Books:
    """What a journal of a live session leads to."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self.portfolio = Portfolio(ZERO)
        self.working: dict[int, AtVenue] = {}
        self.foreign: set[str] = set()
        self.fills = 0
        self.opened = False  # without an opening there is nothing to compare with

    def follow(self, events: Iterable[Event]) -> None:
        """Take events in, in order."""
        for event in events:
            match event:
                case OpeningEvent():
                    self.portfolio = Portfolio(ZERO)
                    self.portfolio.adopt(event)
                    self.opened = True
                case OrderEvent():
                    self.working[event.order_id] = AtVenue(event, 0.0, "accepted")
                case OrderStatusEvent(status=status) if status in _OVER:
                    self.working.pop(event.order_id, None)
                case VenueReport():
                    self._told(event)
                case FillEvent():
                    self._filled(event)
                case _:
                    pass

    def _told(self, report: VenueReport) -> None:
        if report.what == "foreign":
            self.foreign.add(report.venue_id)
        elif report.what in ENDS and report.order_id:
            self.working.pop(report.order_id, None)
        elif report.what == "changed" and (known := self.working.get(report.order_id)) is not None:
            known.quantity = EXACT.add(known.filled, report.leaves)

    def _filled(self, fill: FillEvent) -> None:
        if self.portfolio.apply(fill) is None:
            return
        self.fills += 1
        known = self.working.get(fill.order_id)
        if known is not None:
            known.filled = EXACT.subtract(known.quantity, fill.leaves)
            if not known.left:
                del self.working[fill.order_id]


def day_end(books: Books, state: VenueState) -> DayEnd:
    """The report; the tolerances are those of a running session."""
    ours = {symbol: held.quantity for symbol, held in books.portfolio.open.items()}
    theirs = {held.symbol: held.quantity for held in state.positions}
    seen = compare(state, books.portfolio.cash, ours, books.working, books.session_id, books.foreign)
    mine = f"{books.session_id}-"
    return DayEnd(
        account=state.account,
        paper=state.paper,
        cash_ours=books.portfolio.cash,
        cash_theirs=state.cash,
        positions=tuple(Line(s, ours.get(s, ZERO), theirs.get(s, ZERO)) for s in sorted({*ours, *theirs})),
        orders=seen.orders,
        working=tuple(_line(order) for order in state.orders if order.client_order_id.startswith(mine)),
        strangers=tuple(_line(order) for order in state.orders if not order.client_order_id.startswith(mine)),
        fills=books.fills,
        fees=books.portfolio.fees,
        differences=tuple(found.difference for found in seen.found),
    )


def lasting(first: DayEnd, second: DayEnd) -> DayEnd:
    """The second report with those differences that the first showed too: what was in flight is none."""
    known = {(d.kind, d.symbol, d.message) for d in first.differences}
    still = tuple(d for d in second.differences if (d.kind, d.symbol, d.message) in known)
    return msgspec.structs.replace(second, differences=still)


def _line(order: VenueOrder) -> str:
    side = {1: "buy", -1: "sell"}.get(order.side, "?")
    price = f" at {order.limit_price}" if order.limit_price is not None else ""
    return f"{side} {order.quantity:f} {order.symbol} {order.type}{price}, {order.filled:f} filled, {order.status}"
