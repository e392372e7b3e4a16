"""Orders on their way to the venue: what is to be sent, alone or as one, and in whose place. Nothing is told here."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tradetui.engine.gateways.alpaca.order_records import Record
from tradetui.engine.gateways.alpaca.order_table import OrderTable


class Outgoing:
    """Moves orders of `table` until the venue may have them."""

    def __init__(self, table: OrderTable) -> None:
        self.table = table

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

    def asked(self, client_order_id: str) -> Record | None:
        """It is looked for from now on; None where that goes on already, or it is found."""
        record = self.table.record(client_order_id)
        if record.stage != "unknown":
            return None
        record.stage = "asked"
        return record

    def group(self, records: Sequence[Record], pair: bool) -> None:
        """The venue keeps these as one under the id of the first; `pair`: that is an exit too, not an entry."""
        exits = records if pair else records[1:]
        for record in records:
            record.mates = tuple(other.client_order_id for other in records if other is not record)
            record.exits = record in exits and len(exits) > 1
            record.leg_of = "" if record is records[0] else records[0].client_order_id

    def told_of(self, client_order_id: str, order_id: int, leg_of: str) -> None:
        """The engine speaks of an order, maybe of one that another process sent."""
        record = self.table.record(client_order_id, order_id)
        record.leg_of = record.leg_of or leg_of

    def change(self, record: Record, client_order_id: str) -> Record | None:
        """What is to take its place, ready to be sent; None where there is nothing to change, or it is on its way."""
        if not record.venue_id or record.ended or self.table.known(client_order_id) is not None:
            return None
        new = self.table.record(client_order_id, record.order_id)
        new.before, record.after = record.client_order_id, client_order_id
        new.mates, new.exits, new.stage = record.mates, record.exits, "queued"
        return new
