"""The venue that is not ours: collects what is to be sent, and keeps what it has said of every order. No I/O.

An order's id at the venue follows from the session and its number, so that whoever computes it finds the same. Filled
quantities and ends never go back; an execution counts once, however often it is told.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Literal

import msgspec

from tradetui.engine.gateways.live_words import Instruction, LookUp, Send, SendPair, Withdraw, WithdrawAll
from tradetui.engine.gateways.order_names import OrderName
from tradetui.engine.market.bar_fills import Window
from tradetui.engine.model.events import FillEvent, OrderEvent, VenueOrder, VenueReport
from tradetui.engine.model.instrument import EXACT
from tradetui.engine.model.orders import OrderStatus, Role
from tradetui.engine.trading.brackets import are_mates
from tradetui.engine.trading.sizing import ZERO
from tradetui.engine.trading.venue import Dropped, Lessened

ENDS = {
    "cancelled": (OrderStatus.CANCELLED, "the venue cancelled it"),
    "expired": (OrderStatus.EXPIRED, "its time was over"),
    "rejected": (OrderStatus.REJECTED, "the venue rejected it"),
    "replaced": (OrderStatus.CANCELLED, "somebody replaced it at the venue"),
}


class AtVenue(msgspec.Struct):
    """One of our orders as the venue has told of it."""

    order: OrderEvent
    decided: float
    stage: Literal["sent", "unresolved", "accepted", "done"] = "sent"
    venue_id: str = ""
    filled: Decimal = ZERO  # what fees took of it included
    cancelled: bool = False  # by us; the venue may not know yet
    quantity: Decimal = ZERO  # what it is for now: an exit loses what its mate fills
    name: str = ""  # our id of it
    leg_of: str = ""  # our id of the group that the venue knows it by

    def __post_init__(self) -> None:
        self.quantity = self.quantity or self.order.quantity

    @property
    def left(self) -> Decimal:
        """Units that may still fill."""
        return max(ZERO, EXACT.subtract(self.quantity, self.filled))


class Foreign(msgspec.Struct):
    """An order of somebody else in the same account: taken into the books, never into our decisions."""

    venue_id: str
    client_order_id: str
    symbol: str
    side: int
    quantity: Decimal
    price: Decimal
    filled: Decimal = ZERO
    opened_with: Decimal = ZERO  # what of it had filled when our books were opened: it is in them already


class OutboxVenue:
    """Speaks to the venue by instructions, which whoever owns the outbox takes and sends once they are on disk."""

    rest: Window | None = None  # a live market shows what happened when

    def __init__(self, session_id: str, price: Callable[[str, int, Decimal], Decimal]) -> None:
        self.session_id = session_id
        self.market_price = price
        self.outbox: list[Instruction] = []
        self.sent: dict[int, AtVenue] = {}  # those of which the venue's last word is still to come
        self.ended: dict[int, AtVenue] = {}  # those over: a late fill must find its order
        self.foreign: dict[str, Foreign] = {}  # by the venue's id
        self.late_fills = 0  # of orders that we had cancelled
        self.duplicates = 0  # executions that were told again

    @property
    def unconfirmed(self) -> int:
        """Orders of which the venue has not said that it has them."""
        return sum(known.stage in ("sent", "unresolved") for known in self.sent.values())

    # -- what goes out

    def submit(
        self, order: OrderEvent, *, wakes_ns: int | None = None, born: Window | None = None, decided: float = 0.0
    ) -> None:
        """Put an order into the outbox. `wakes_ns` and `born` are of bars and say nothing here."""
        if order.stop_price is not None:
            decided = float(order.stop_price)
        elif order.parent:
            decided = float(order.limit_price or 0)
        known, stop = self._keep(order, decided)
        send = Send(order, known.name)
        if stop is None:
            self.outbox.append(send)
        else:
            sent = self.outbox[-1]
            assert isinstance(sent, Send), "mates are sent one after the other"
            self.outbox[-1] = SendPair(sent, send)

    def cancel(self, symbol: str, order_id: int) -> bool:
        """Ask for an order's end; it may fill until the venue has heard of it."""
        sent = self.sent.get(order_id)
        if sent is None:
            return False
        sent.cancelled = True
        self.outbox.append(Withdraw(order_id, sent.name, sent.leg_of))
        return True

    def withdraw_again(self, order_id: int) -> None:
        """Ask once more for the end of an order that should be over."""
        known = self.sent.get(order_id) or self.ended[order_id]
        self.outbox.append(Withdraw(order_id, known.name, known.leg_of))

    def cancel_everything(self) -> None:
        """Ask for the end of all that the account has working, whoever sent it."""
        self.outbox.append(WithdrawAll())

    def look_up(self, order_id: int) -> None:
        """Ask what became of an order."""
        known = self.sent[order_id]
        self.outbox.append(LookUp(order_id, known.name, known.leg_of))

    def take(self) -> list[Instruction]:
        """What is to be sent since the last call, in order."""
        out, self.outbox = self.outbox, []
        return out

    # -- what comes in

    def of(self, report: VenueReport) -> AtVenue | None:
        """Our order that a report is about; None for somebody else's."""
        return self.sent.get(report.order_id) or self.ended.get(report.order_id) if report.order_id else None

    def fill(self, known: AtVenue, report: VenueReport) -> FillEvent:
        """An execution of our own order."""
        order = known.order
        known.filled = EXACT.add(known.filled, report.quantity)
        if known.stage == "done" or known.cancelled:
            self.late_fills += 1
        leaves = ZERO if known.stage == "done" else known.left
        if known.stage != "done":
            known.stage, known.venue_id = "accepted", known.venue_id or report.venue_id
        if not leaves:
            self.end(order.order_id)
        decided = known.decided or float(report.price)
        return self._fill_event(report, order.order_id, order.role, decided, leaves)

    def foreign_fill(self, report: VenueReport, held: Decimal) -> FillEvent | None:
        """An execution of somebody else's; None where it was in the account when our books were opened."""
        foreign = self.foreign.get(report.venue_id)
        if foreign is not None:
            foreign.filled = EXACT.add(foreign.filled, report.quantity)
            if foreign.filled <= foreign.opened_with:
                return None
        reduces = held and (held > 0) != (report.side > 0)
        return self._fill_event(report, 0, "close" if reduces else "open", float(report.price), ZERO)

    def changed(self, known: AtVenue, left: Decimal, reason: str) -> Lessened:
        """It works on for so many units."""
        known.quantity = EXACT.add(known.filled, left)
        return Lessened(known.order.order_id, left, reason)

    def dropped(self, known: AtVenue, report: VenueReport) -> Dropped:
        """The venue's last word on an order that did not fill whole."""
        self.end(known.order.order_id)
        status, words = ENDS[report.what]
        return Dropped(known.order.order_id, status, report.reason or words)

    def end(self, order_id: int) -> None:
        """Nothing more is to come of an order, but what comes too late."""
        known = self.sent.pop(order_id, None)
        if known is not None:
            known.stage = "done"
            self.ended[order_id] = known

    def adopt(self, report: VenueReport) -> bool:
        """Take somebody else's order into view; whether it is new."""
        if report.venue_id in self.foreign:
            return False
        self.foreign[report.venue_id] = Foreign(
            report.venue_id, report.client_order_id, report.symbol, report.side, report.quantity, report.price
        )
        return True

    def adopt_working(self, order: VenueOrder) -> bool:
        """The same of an order that the account shows: what of it has filled is in the account already."""
        if order.venue_id in self.foreign:
            return False
        self.foreign[order.venue_id] = Foreign(
            order.venue_id,
            order.client_order_id,
            order.symbol,
            order.side,
            order.quantity,
            order.limit_price or order.stop_price or ZERO,
            opened_with=order.filled,
        )
        return True

    # -- a session that goes on

    def put_back(self, order: OrderEvent) -> None:
        """An order that an earlier part of this session wrote down; whether it left nobody knows."""
        decided = order.stop_price or (order.limit_price if order.parent else None) or ZERO
        self._keep(order, float(decided))

    def put_back_fill(self, fill: FillEvent) -> None:
        """An execution of that part."""
        known = self.sent.get(fill.order_id) or self.ended.get(fill.order_id)
        if known is None:
            return
        if known.stage == "done":
            known.filled = EXACT.add(known.filled, fill.quantity)
        else:
            known.filled = EXACT.subtract(known.quantity, fill.leaves)
            known.stage = "accepted"
            if not fill.leaves:
                self.end(fill.order_id)

    def ask_again(self) -> None:
        """Find out what became of everything that was sent, and take back what was to be taken back."""
        for order_id, known in self.sent.items():
            self.look_up(order_id)
            if known.cancelled:
                self.withdraw_again(order_id)

    def _keep(self, order: OrderEvent, decided: float) -> tuple[AtVenue, AtVenue | None]:
        """An order under its id, and the stop that the venue keeps as one with it where it is a target."""
        number = order.order_id
        stop = self.sent.get(number - 1)
        mate = stop if stop is not None and are_mates(stop.order, order) else None
        name = OrderName(self.session_id, number, () if mate is None else (number - 1,))
        known = self.sent[number] = AtVenue(order, decided, name=str(name))
        if mate is not None:
            mate.leg_of = known.name
        return known, mate

    @staticmethod
    def _fill_event(report: VenueReport, order_id: int, role: Role, decided: float, leaves: Decimal) -> FillEvent:
        """A fee in units is off what the position gains, and worth its price: cash, cost and profit stay exact."""
        return FillEvent(
            report.execution_id,
            order_id,
            report.symbol,
            report.side,
            EXACT.subtract(report.quantity, report.fee_units),
            report.price,
            EXACT.add(report.fee, EXACT.multiply(report.fee_units, report.price)),
            report.liquidity or "taker",
            role,
            False,
            decided,
            report.ts_ns,
            leaves,
        )
