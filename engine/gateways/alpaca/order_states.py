"""What is known of every order, from whichever source says it first, and the reports that follow. No I/O, no clock.

Sources contradict each other in time: frames are lost, doubled and overtaken, answers come after what they caused. What
holds is that filled quantities only grow and that an order which ended stays so. A fill is known by the order's total
after it (`<venue id>@<total>`), which the stream and the account's history both tell: the same execution has the same
id whoever tells it, now or after a restart. A fill that leaves a hole before it waits until the history explains it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

import msgspec

from tradetui.engine.gateways.alpaca import models
from tradetui.engine.gateways.alpaca.executions import Piece, lump, take
from tradetui.engine.gateways.alpaca.models import RawFill, RawOrder, RawUpdate
from tradetui.engine.gateways.alpaca.order_records import Ending, Execution, Record
from tradetui.engine.gateways.alpaca.order_reports import End, What, report_of
from tradetui.engine.gateways.alpaca.order_table import OrderTable
from tradetui.engine.gateways.alpaca.outgoing import Outgoing
from tradetui.engine.model.events import VenueReport

ZERO = Decimal(0)
ENDING: dict[str, End] = {
    models.CANCELLED: "cancelled",
    models.EXPIRED: "expired",
    models.REJECTED: "rejected",
    models.REPLACED: "replaced",
}


class OrderStates:
    """Moves the orders of `table`. Every method returns the reports that follow, in the order they must be told in."""

    def __init__(self, session: str, crypto_fee_rate: Decimal = ZERO) -> None:
        self.table = OrderTable(session)
        self.outgoing = Outgoing(self.table)
        self._report = partial(report_of, crypto_fee_rate)
        self.last_submitted_ns = 0
        self.last_fill_ns = 0
        self.duplicates = 0
        self.unknown_events: dict[str, int] = {}

    # -- what we do ourselves

    def take_back(self, record: Record, now_ns: int) -> list[VenueReport]:
        """One that still waits here goes; one at the venue, or maybe there, becomes unwanted."""
        if record.ended:
            return []
        if record.stage == "queued":
            told = []
            for one in (record, *self.table.mates(record)):  # what is to be one goes as one
                if one.stage == "queued":
                    told += self._never_there(one, "cancelled", "taken back before it was sent", now_ns)
            return told
        record.wanted_gone = True
        if record.venue_id:
            self.table.must_go(record)
        return []

    def take_all_back(self, records: Sequence[Record], now_ns: int) -> list[VenueReport]:
        """The same of several, the newest first."""
        return [report for record in reversed(records) for report in self.take_back(record, now_ns)]

    def unclear(self, record: Record, reason: str, now_ns: int) -> list[VenueReport]:
        """Nobody knows whether it arrived."""
        if record.venue_id or record.ended or record.stage == "unresolved":
            return []
        record.stage = "unresolved"
        if record.before:
            return []  # the order itself is there
        return [self._report(record, "unresolved", now_ns, now_ns, reason=reason)]

    def refused(self, record: Record, reason: str, now_ns: int) -> list[VenueReport]:
        """It is not at the venue and will not be, as far as anybody knows."""
        told = []
        for one in (record, *self.table.mates(record)):  # they came or did not come as one
            if not one.venue_id and not one.ended:
                told += self._never_there(one, "rejected", reason, now_ns)
        return told

    def cancelling(self, record: Record, now_ns: int) -> list[VenueReport]:
        """The venue took the wish to cancel."""
        if record.ended or record.told_cancel:
            return []
        record.told_cancel = True
        return [self._report(record, "pending_cancel", now_ns, now_ns)]

    # -- what the venue says

    def answered(self, record: Record, raw: RawOrder, now_ns: int) -> list[VenueReport]:
        """The answer to what was sent: it is this order, whatever the venue calls it."""
        if record.unnamed and not record.venue_id:
            raw = msgspec.structs.replace(raw, client_order_id=record.client_order_id)
        return self.snapshot(raw, now_ns)

    def snapshot(self, raw: RawOrder, now_ns: int, explained: bool = False) -> list[VenueReport]:
        """The order as it is or was: from an answer or a list. `explained`: history has no more to say about it."""
        record = self.table.of(raw)
        told = self._appear(record, raw, now_ns)
        for leg in raw.legs:
            told += self.snapshot(leg, now_ns)
        record.seen = max(record.seen, raw.filled)
        if explained and record.unexplained:
            told += self._executed(record, lump(record, raw), now_ns)
        if raw.status in ENDING or raw.status == models.FILLED:
            self._end(record, ENDING.get(raw.status), raw, raw.updated_ns)
        return told + self._settle(record, now_ns)

    def update(self, raw: RawUpdate, now_ns: int) -> list[VenueReport]:
        """A message of the stream."""
        record = self.table.of(raw.order)
        told = self._appear(record, raw.order, now_ns)
        for leg in raw.order.legs:
            told += self.snapshot(leg, now_ns)
        if raw.event in ("fill", "partial_fill") and raw.quantity and raw.price is not None:
            execution = Execution(raw.order.filled - raw.quantity, raw.order.filled, raw.price, raw.ts_ns)
            told += self._fill(record, execution, now_ns)
        elif raw.event in ENDING:
            self._end(record, ENDING[raw.event], raw.order, raw.ts_ns)
        elif raw.event == "pending_cancel":
            told += self.cancelling(record, now_ns)
        elif raw.event not in ("new", "pending_new", "accepted", "fill", "partial_fill"):
            self.unknown_events[raw.event] = self.unknown_events.get(raw.event, 0) + 1
        record.seen = max(record.seen, raw.order.filled)
        return told + self._settle(record, now_ns)

    def history(self, raw: RawFill, now_ns: int) -> list[VenueReport]:
        """A row of the account's history; of an order that was never seen it says nothing."""
        record = self.table.of_venue(raw.order_id)
        self.last_fill_ns = max(self.last_fill_ns, raw.ts_ns)
        if record is None:
            return []
        told = self._fill(
            record, Execution(raw.cumulative - raw.quantity, raw.cumulative, raw.price, raw.ts_ns), now_ns
        )
        return told + self._settle(record, now_ns)

    # -- inside

    def _never_there(self, record: Record, what: What, reason: str, now_ns: int) -> list[VenueReport]:
        """It ends without having been at the venue, as far as anybody knows."""
        record.ended, record.stage = True, "done"
        self.table.arrived(record)
        if not record.before:
            return [self._report(record, what, now_ns, now_ns, reason=reason)]
        before = self.table.known(record.before)
        if before is None or before.ended:
            return []
        before.after = ""
        return [self._report(before, "kept", now_ns, now_ns, reason=reason)]

    def _appear(self, record: Record, raw: RawOrder, now_ns: int) -> list[VenueReport]:
        self.last_submitted_ns = max(self.last_submitted_ns, raw.submitted_ns)
        if record.venue_id:
            return self._lessen(record, raw.quantity, raw.updated_ns, now_ns) if raw.quantity else []
        self.table.arrived(record)
        late = record.ended  # we had given it up, and it is there after all
        record.venue_id, record.stage = raw.venue_id, "working"
        record.symbol, record.side = raw.symbol or record.symbol, raw.side or record.side
        record.quantity = raw.quantity or record.quantity
        record.limit = raw.limit_price or ZERO
        record.submitted_ns = raw.submitted_ns
        if late:  # nobody counts on it any more: it must not go on working
            record.ended, record.wanted_gone = False, True
        if record.wanted_gone and raw.status not in models.ENDED:
            self.table.must_go(record)
        if late or raw.status == models.REJECTED:
            return []  # it never worked, or has been told to be over
        what: What = "changed" if record.before else "accepted" if record.order_id else "foreign"
        return [self._report(record, what, raw.submitted_ns, now_ns)]

    def _lessen(self, record: Record, quantity: Decimal, ts_ns: int, now_ns: int) -> list[VenueReport]:
        """The venue took units off an order that works on; it never adds any without giving it a new id."""
        if record.ended or not ZERO < quantity < record.quantity or quantity < record.filled:
            return []
        record.quantity = quantity
        reason = "its units are closed by the other exit" if record.exits else ""
        return [self._report(record, "changed", ts_ns, now_ns, reason=reason)]

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
        if pieces and record.exits:
            left, ts_ns = record.quantity - record.filled, pieces[-1].ts_ns
            for mate in self.table.mates(record):
                if mate.exits and left > 0:
                    told += self._lessen(mate, mate.filled + left, ts_ns, now_ns)
        return told

    def _end(self, record: Record, what: End | None, raw: RawOrder, ts_ns: int) -> None:
        if record.ended:
            return
        record.ended = True
        after = self.table.of_venue(raw.replaced_by)
        ours = record.after or (after is not None and record.order_id and after.order_id == record.order_id)
        goes_on = what == "replaced" and ours
        record.ending = None if what is None or goes_on else Ending(what, _why(raw), ts_ns)

    def _settle(self, record: Record, now_ns: int) -> list[VenueReport]:
        """The end is told once every fill before it has been."""
        if record.quantity and record.filled >= record.quantity:
            record.ended, record.ending = True, None
        self.table.stays(record, not record.ended or record.unexplained)
        if record.ending is None or record.unexplained:
            return []
        ending, record.ending = record.ending, None
        before = self.table.known(record.before)
        if before is not None and ending.what == "rejected":  # the one before was quicker: it has ended, or goes on
            return [self._report(before, "kept", ending.ts_ns, now_ns, reason=ending.reason)]
        return [self._report(record, ending.what, ending.ts_ns, now_ns, reason=ending.reason)]


def _why(raw: RawOrder) -> str:
    if raw.status == models.REPLACED or raw.replaced_by:
        return f"replaced by {raw.replaced_by}"
    return raw.reason or (f"the venue says {raw.status}" if raw.status == models.REJECTED else "")
