"""Every order that the gateway knows, found by our id and by the venue's. Changes nothing in an order; no I/O."""

from __future__ import annotations

from tradetui.engine.gateways.alpaca.models import RawOrder
from tradetui.engine.gateways.alpaca.order_records import Record
from tradetui.engine.gateways.order_names import number_of


class OrderTable:
    """Where an order is: not yet at the venue, working there, over."""

    def __init__(self, session: str) -> None:
        self._session = session
        self._by_client: dict[str, Record] = {}
        self._by_venue: dict[str, Record] = {}
        self._here: dict[str, Record] = {}  # that the venue has not confirmed and that have not ended
        self._open: dict[str, Record] = {}  # of those that it has, what may change or is not explained
        self._unwanted: list[Record] = []

    def record(self, client_order_id: str, order_id: int = 0) -> Record:
        """The order of that id, made if it is new here."""
        found = self._by_client.get(client_order_id)
        if found is None:
            found = Record(client_order_id, order_id or number_of(client_order_id, self._session))
            self._by_client[client_order_id] = self._here[client_order_id] = found
        return found

    def known(self, client_order_id: str) -> Record | None:
        """The order of that id, if there is one."""
        return self._by_client.get(client_order_id)

    def versions(self, client_order_id: str) -> list[Record]:
        """An order and all that took its place or is to, the newest last."""
        found = [record] if (record := self._by_client.get(client_order_id)) is not None else []
        while found and found[-1].after:
            found.append(self._by_client[found[-1].after])
        return found

    def mates(self, record: Record) -> list[Record]:
        """The others that the venue keeps as one with it."""
        return [self.versions(name)[-1] for name in record.mates]

    def of(self, raw: RawOrder) -> Record:
        """The order that the venue speaks of, made if it is new here."""
        record = self._by_venue.get(raw.venue_id)
        if record is None:
            client = raw.client_order_id or raw.venue_id
            record = self._by_client.get(client) or self._unnamed(raw)
            if record is None or (record.venue_id and record.venue_id != raw.venue_id):
                record = Record(client, number_of(client, self._session))
                self._by_client.setdefault(client, record)
            self._by_venue[raw.venue_id] = record
        return record

    def of_venue(self, venue_id: str) -> Record | None:
        """The order that the venue calls so, if it was ever told."""
        return self._by_venue.get(venue_id)

    def arrived(self, record: Record) -> None:
        """The venue has it."""
        self._here.pop(record.client_order_id, None)

    def stays(self, record: Record, may_change: bool) -> None:
        """Whether an order at the venue is still to be looked at."""
        if may_change:
            self._open[record.venue_id] = record
        else:
            self._open.pop(record.venue_id, None)

    def working(self) -> list[Record]:
        """Orders that the venue has and that may still change, or whose end is not explained yet."""
        return list(self._open.values())

    def not_there(self) -> list[Record]:
        """Orders that the venue has not confirmed and that have not ended."""
        return list(self._here.values())

    def unresolved(self) -> int:
        """How many orders are being looked for."""
        return sum(r.stage == "unresolved" for r in self._here.values())

    def all_leave(self) -> None:
        """Everything that works is being cancelled."""
        for record in self._open.values():
            record.wanted_gone = True

    def leaving(self, symbol: str) -> bool:
        """Whether something of that symbol still works that is being cancelled."""
        records = (*self._open.values(), *self._here.values())
        return any(r.symbol == symbol and r.wanted_gone and not r.ended for r in records)

    def must_go(self, record: Record) -> None:
        """It is at the venue and should not be."""
        self._unwanted.append(record)

    def unwanted(self) -> list[Record]:
        """Orders at the venue that should be gone, and to whose cancelling nobody sees yet; each is given once."""
        found = [record for record in self._unwanted if not record.being_cancelled]
        self._unwanted = []
        for record in found:
            record.being_cancelled = True
        return found

    def _unnamed(self, raw: RawOrder) -> Record | None:
        """What was sent without an id of ours and fits: the first such order that turns up is it."""
        for record in self._here.values():
            fits = (record.symbol, record.side, record.quantity) == (raw.symbol, raw.side, raw.quantity)
            if record.unnamed and fits and raw.type == "market" and record.stage in ("sending", "unresolved"):
                return record
        return None
