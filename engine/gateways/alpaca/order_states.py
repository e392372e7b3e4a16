"""What is known of every order, from whichever source says it first, and the reports that follow. No I/O, no clock.

Sources contradict each other in time: frames are lost, doubled and overtaken, answers come after what they caused. What
holds is that filled quantities only grow and that an order which ended stays so. A fill is known by the order's total
after it (`<venue id>@<total>`), which the stream and the account's history both tell: the same execution has the same
id whoever tells it, now or after a restart. A fill that leaves a hole before it waits until the history explains it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from tradetui.engine.gateways.alpaca import models
from tradetui.engine.gateways.alpaca.executions import Piece, lump, take
from tradetui.engine.gateways.alpaca.fees import fee_of
from tradetui.engine.gateways.alpaca.models import RawFill, RawOrder, RawUpdate
from tradetui.engine.gateways.alpaca.order_records import Ending, Execution, Record
from tradetui.engine.gateways.alpaca.wire import text_of
from tradetui.engine.model.events import VenueReport

ZERO = Decimal(0)
End = Literal["cancelled", "expired", "rejected", "replaced"]
What = Literal[
    "accepted", "fill", "cancelled", "expired", "rejected", "replaced", "unresolved", "foreign", "pending_cancel"
]
ENDING: dict[str, End] = {
    models.CANCELLED: "cancelled",
    models.EXPIRED: "expired",
    models.REJECTED: "rejected",
    models.REPLACED: "replaced",
}

ENDS = frozenset(ENDING.values())


class OrderStates:
    """The table of orders. Every method returns the reports that follow, in the order in which they must be told."""

    def __init__(self, session: str, crypto_fee_rate: Decimal = ZERO) -> None:
        self._prefix = f"{session}-"
        self._fee_rate = crypto_fee_rate
        self._by_client: dict[str, Record] = {}
        self._by_venue: dict[str, Record] = {}
        self._here: dict[str, Record] = {}  # that the venue has not confirmed and that have not ended
        self._open: dict[str, Record] = {}  # of those, what may change or is not explained
        self._unwanted: list[Record] = []
        self.last_submitted_ns = 0
        self.last_fill_ns = 0
        self.duplicates = 0
        self.unknown_events: dict[str, int] = {}

    # -- what we do ourselves

    def record(self, client_order_id: str, order_id: int = 0) -> Record:
        """The order of that id, made if it is new here."""
        found = self._by_client.get(client_order_id)
        if found is None:
            found = Record(client_order_id, order_id or self._our_number(client_order_id))
            self._by_client[client_order_id] = self._here[client_order_id] = found
        return found

    def known(self, client_order_id: str) -> Record | None:
        """The order of that id, if there is one."""
        return self._by_client.get(client_order_id)

    def working(self) -> list[Record]:
        """Orders that the venue has and that may still change, or whose end is not explained yet."""
        return list(self._open.values())

    def not_there(self) -> list[Record]:
        """Orders that the venue has not confirmed and that have not ended."""
        return list(self._here.values())

    def all_leave(self) -> None:
        """Everything that works is being cancelled."""
        for record in self._open.values():
            record.wanted_gone = True

    def leaving(self, symbol: str) -> bool:
        """Whether something of that symbol still works that is being cancelled."""
        records = (*self._open.values(), *self._here.values())
        return any(r.symbol == symbol and r.wanted_gone and not r.ended for r in records)

    def unwanted(self) -> list[Record]:
        """Orders at the venue that should be gone, and to whose cancelling nobody sees yet; each is given once."""
        found = [record for record in self._unwanted if not record.being_cancelled]
        self._unwanted = []
        for record in found:
            record.being_cancelled = True
        return found

    def unresolved(self) -> int:
        """How many orders are being looked for."""
        return sum(r.stage == "unresolved" for r in self._here.values())

    def queue(self, record: Record) -> bool:
        """It waits to be sent; False for an id that has been here before, which is never sent again."""
        if record.stage != "unknown":
            return False
        record.stage = "queued"
        return True

    def begin(self, record: Record, symbol: str, side: int, quantity: Decimal) -> bool:
        """From now on the venue may have it; False where it was taken back meanwhile."""
        if record.stage != "queued":
            return False
        record.stage, record.symbol, record.side, record.quantity = "sending", symbol, side, quantity
        return True

    def again(self, record: Record) -> None:
        """The venue said that it did not look at it."""
        if record.stage == "sending":
            record.stage = "queued"

    def take_back(self, record: Record, now_ns: int) -> list[VenueReport]:
        """One that still waits here goes; one at the venue, or maybe there, becomes unwanted."""
        if record.ended:
            return []
        if record.stage == "queued":
            self._over_here(record)
            reason = "taken back before it was sent"
            return [self._report(record, "cancelled", now_ns, now_ns, reason=reason)]
        record.wanted_gone = True
        if record.venue_id:
            self._unwanted.append(record)
        return []

    def asked(self, record: Record) -> bool:
        """It is looked for from now on; False where that goes on already, or it is found."""
        if record.stage != "unknown":
            return False
        record.stage = "asked"
        return True

    def unclear(self, record: Record, reason: str, now_ns: int) -> list[VenueReport]:
        """Nobody knows whether it arrived."""
        if record.venue_id or record.ended or record.stage == "unresolved":
            return []
        record.stage = "unresolved"
        return [self._report(record, "unresolved", now_ns, now_ns, reason=reason)]

    def refused(self, record: Record, reason: str, now_ns: int) -> list[VenueReport]:
        """It is not at the venue and will not be, as far as anybody knows."""
        if record.venue_id or record.ended:
            return []
        self._over_here(record)
        return [self._report(record, "rejected", now_ns, now_ns, reason=reason)]

    def cancelling(self, record: Record, now_ns: int) -> list[VenueReport]:
        """The venue took the wish to cancel."""
        if record.ended or record.told_cancel:
            return []
        record.told_cancel = True
        return [self._report(record, "pending_cancel", now_ns, now_ns)]

    # -- what the venue says

    def snapshot(self, raw: RawOrder, now_ns: int, explained: bool = False) -> list[VenueReport]:
        """The order as it is or was: from an answer or a list. `explained`: history has no more to say about it."""
        record = self._of(raw)
        told = self._appear(record, raw, now_ns)
        record.seen = max(record.seen, raw.filled)
        if explained and record.unexplained:
            told += self._executed(record, lump(record, raw), now_ns)
        if raw.status in ENDING or raw.status == models.FILLED:
            self._end(record, ENDING.get(raw.status), _why(raw), raw.updated_ns)
        return told + self._settle(record, now_ns)

    def update(self, raw: RawUpdate, now_ns: int) -> list[VenueReport]:
        """A message of the stream."""
        record = self._of(raw.order)
        told = self._appear(record, raw.order, now_ns)
        if raw.event in ("fill", "partial_fill") and raw.quantity and raw.price is not None:
            execution = Execution(raw.order.filled - raw.quantity, raw.order.filled, raw.price, raw.ts_ns)
            told += self._fill(record, execution, now_ns)
        elif raw.event in ENDING:
            self._end(record, ENDING[raw.event], _why(raw.order), raw.ts_ns)
        elif raw.event == "pending_cancel":
            told += self.cancelling(record, now_ns)
        elif raw.event not in ("new", "pending_new", "accepted", "fill", "partial_fill"):
            self.unknown_events[raw.event] = self.unknown_events.get(raw.event, 0) + 1
        record.seen = max(record.seen, raw.order.filled)
        return told + self._settle(record, now_ns)

    def history(self, raw: RawFill, now_ns: int) -> list[VenueReport]:
        """A row of the account's history; of an order that was never seen it says nothing."""
        record = self._by_venue.get(raw.order_id)
        self.last_fill_ns = max(self.last_fill_ns, raw.ts_ns)
        if record is None:
            return []
        told = self._fill(
            record, Execution(raw.cumulative - raw.quantity, raw.cumulative, raw.price, raw.ts_ns), now_ns
        )
        return told + self._settle(record, now_ns)

    # -- inside

    def _our_number(self, client_order_id: str) -> int:
        tail = client_order_id.removeprefix(self._prefix)
        return int(tail) if tail != client_order_id and tail.isascii() and tail.isdigit() else 0

    def _over_here(self, record: Record) -> None:
        record.ended, record.stage = True, "done"
        self._here.pop(record.client_order_id, None)

    def _of(self, raw: RawOrder) -> Record:
        record = self._by_venue.get(raw.venue_id)
        if record is None:
            client = raw.client_order_id or raw.venue_id
            record = self._by_client.get(client)
            if record is None or (record.venue_id and record.venue_id != raw.venue_id):
                record = Record(client, self._our_number(client))
                self._by_client.setdefault(client, record)
            self._by_venue[raw.venue_id] = record
        return record

    def _appear(self, record: Record, raw: RawOrder, now_ns: int) -> list[VenueReport]:
        self.last_submitted_ns = max(self.last_submitted_ns, raw.submitted_ns)
        if record.venue_id:
            return []
        self._here.pop(record.client_order_id, None)
        late = record.ended  # we had given it up, and it is there after all
        record.venue_id, record.stage = raw.venue_id, "working"
        record.symbol, record.side = raw.symbol or record.symbol, raw.side or record.side
        record.quantity = raw.quantity or record.quantity
        record.limit = raw.limit_price or ZERO
        record.submitted_ns = raw.submitted_ns
        if late:  # nobody counts on it any more: it must not go on working
            record.ended, record.wanted_gone = False, True
        if record.wanted_gone and raw.status not in models.ENDED:
            self._unwanted.append(record)
        if late or raw.status == models.REJECTED:
            return []  # it never worked, or has been told to be over
        return [self._report(record, "accepted" if record.order_id else "foreign", raw.submitted_ns, now_ns)]

    def _fill(self, record: Record, execution: Execution, now_ns: int) -> list[VenueReport]:
        pieces = take(record, execution)
        if pieces is None:
            self.duplicates += 1
        return self._executed(record, pieces or (), now_ns)

    def _executed(self, record: Record, pieces: Sequence[Piece], now_ns: int) -> list[VenueReport]:
        total = record.filled - sum((piece.quantity for piece in pieces), ZERO)
        told = []
        for piece in pieces:
            total += piece.quantity
            self.last_fill_ns = max(self.last_fill_ns, piece.ts_ns)
            told.append(self._report(record, "fill", piece.ts_ns, now_ns, piece=piece, total=total))
        return told

    @staticmethod
    def _end(record: Record, what: End | None, reason: str, ts_ns: int) -> None:
        if not record.ended:
            record.ended = True
            record.ending = None if what is None else Ending(what, reason, ts_ns)

    def _settle(self, record: Record, now_ns: int) -> list[VenueReport]:
        """The end is told once every fill before it has been."""
        if record.quantity and record.filled >= record.quantity:
            record.ended, record.ending = True, None
        if not record.ended or record.unexplained:
            self._open[record.venue_id] = record
        else:
            self._open.pop(record.venue_id, None)
        if record.ending is None or record.unexplained:
            return []
        ending, record.ending = record.ending, None
        return [self._report(record, ending.what, ending.ts_ns, now_ns, reason=ending.reason)]

    def _report(
        self,
        record: Record,
        what: What,
        ts_ns: int,
        now_ns: int,
        *,
        reason: str = "",
        piece: Piece | None = None,
        total: Decimal | None = None,
    ) -> VenueReport:
        """`total`: what has filled in all after this report."""
        quantity, price, fee, execution_id = ZERO, ZERO, ZERO, ""
        if piece is not None and total is not None:
            quantity, price, execution_id = piece.quantity, piece.price, f"{record.venue_id}@{text_of(total)}"
            fee = fee_of(record.symbol, record.side, quantity * price, self._fee_rate)
        elif what in ("accepted", "foreign"):
            quantity, price = record.quantity, record.limit if what == "foreign" else ZERO
        record.told_end = record.told_end or what in ENDS
        left = record.quantity - (record.filled if total is None else total)
        return VenueReport(
            order_id=record.order_id,
            client_order_id=record.client_order_id,
            venue_id=record.venue_id,
            symbol=record.symbol,
            side=record.side,
            what=what,
            quantity=quantity,
            price=price,
            leaves=ZERO if record.told_end else max(ZERO, left),
            fee=fee,
            liquidity="",
            execution_id=execution_id,
            reason=reason,
            ts_ns=ts_ns,
            received_ns=now_ns,
        )


def _why(raw: RawOrder) -> str:
    if raw.status == models.REPLACED or raw.replaced_by:
        return f"replaced by {raw.replaced_by}"
    return raw.reason or (f"the venue says {raw.status}" if raw.status == models.REJECTED else "")
