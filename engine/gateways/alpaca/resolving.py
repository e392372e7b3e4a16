"""Finding out: orders of unknown fate, what happened during a gap, and what a hole in an order's fills was."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import msgspec

from tradetui.engine.backoff import Backoff
from tradetui.engine.gateways.alpaca.config import ExecutionConfig
from tradetui.engine.gateways.alpaca.desk import Desk
from tradetui.engine.gateways.alpaca.lane import Lane
from tradetui.engine.gateways.alpaca.models import RawFill, RawOrder
from tradetui.engine.gateways.alpaca.order_records import Record
from tradetui.engine.gateways.alpaca.questions import NoAnswer, Questions
from tradetui.engine.gateways.alpaca.rest import Answer, Clocks
from tradetui.engine.gateways.live_words import VenueState

GOOD = Answer(200)
REPLACED_MAX = 100  # changes of one order: a venue that names a circle is not asked for ever
EXPLAIN_AFTER_S = 0.1  # frames that overtook each other come right by themselves


class Search(msgspec.Struct):
    """An order that is looked for."""

    record: Record
    since_s: float
    backoff: Backoff


class Resolver:
    """Asks on the lane of questions, and tells what it hears. `answered` hears of every answer."""

    def __init__(
        self,
        questions: Questions,
        desk: Desk,
        lane: Lane,
        config: ExecutionConfig,
        clocks: Clocks,
        chance: Random,
        answered: Callable[[Answer], None],
    ) -> None:
        self._questions, self._desk, self._lane = questions, desk, lane
        self._config, self._clocks, self._chance, self._answered = config, clocks, chance, answered
        self._dones: list[Callable[[], None]] = []  # who wants to hear of the next comparison
        self._listed_until_ns: int | None = None  # every order of the account up to then has been seen
        self._began_ns = 0  # what was over by then is in the account that the session's books begin with
        # Each is on the lane once at most.
        self._queued = self._retrying = self._polling = self._explaining = self._asking = False
        self._resync_backoff = Backoff(config.rest.waits, chance)
        self._explain_backoff = Backoff(config.rest.waits, chance)
        self._explain_after_s = EXPLAIN_AFTER_S

    def look_up(self, record: Record) -> None:
        """Find out what became of it; it is looked for until the venue has answered."""
        search = Search(record, self._clocks.steady_s(), Backoff(self._config.rest.waits, self._chance))
        self._lane.put(lambda: self._search(search))

    def resync(self, done: Callable[[], None] | None = None) -> None:
        """Compare every order with the venue's soon; however often it is asked for before it begins, once."""
        if done is not None:
            self._dones.append(done)
        if not self._queued:
            self._queued = True
            self._lane.put(self._resync)

    def explain(self) -> None:
        """Ask the account's history what the fills were that were not told one by one."""
        if not self._explaining:
            self._explaining = True
            self._lane.put(self._explain_all, self._explain_after_s)

    def state(self, put: Callable[[VenueState], None]) -> None:
        """Ask for the whole account, once however often that is wanted before it begins.

        Where there is no answer, whoever wants it asks again.
        """

        def ask() -> None:
            self._asking = False
            try:
                put(self._questions.state())
            except NoAnswer as none:
                self._answered(none.answer)
            else:
                self._answered(GOOD)

        if not self._asking:
            self._asking = True
            self._lane.put(ask)

    def _search(self, search: Search) -> None:
        record = search.record
        if record.venue_id or record.ended:
            return
        asked_s = self._clocks.steady_s()
        try:
            found = self._find(record)
        except NoAnswer as none:
            self._answered(none.answer)
            self._lane.put(lambda: self._search(search), search.backoff.next_s())
            return
        self._answered(GOOD)
        window = self._config.lookup_window_s
        for order in found:
            self._snapshot(order)
        if self._desk.ask(lambda _: bool(record.venue_id) or record.ended):
            return
        if asked_s - search.since_s >= window:
            reason = f"never arrived: the venue knows no order of this id, asked for {window:g} s"
            self._desk.tell(lambda states, now: states.refused(record, reason, now))
        else:
            left_s = search.since_s + window - asked_s  # no longer than that, or its end is told late
            self._lane.put(lambda: self._search(search), min(search.backoff.next_s(), left_s))

    def _find(self, record: Record) -> list[RawOrder]:
        """The order, what took its place before it, or the group that it is a leg of; empty where there is none.

        Of one without an id of ours, whatever was submitted since may be it.
        """
        if record.unnamed:
            since_ns = self._desk.ask(lambda states: states.last_submitted_ns)
            return self._questions.orders_since(since_ns)
        order = self._questions.by_client_id(record.leg_of or record.client_order_id)
        found = [] if order is None else [order]
        while order is not None and order.replaced_by and len(found) < REPLACED_MAX:
            order = self._questions.by_venue_id(order.replaced_by)
            found += [] if order is None else [order]
        return found[::-1]

    def _resync(self) -> None:
        self._queued = False
        if not self._polling:
            self._polling = True
            self._lane.put(self._poll, self._config.poll_s)
        dones, self._dones = self._dones, []
        try:
            self._compare()
        except NoAnswer as none:
            self._answered(none.answer)
            self._dones = dones + self._dones
            if not self._retrying:
                self._retrying = True
                self._lane.put(self._retry, self._resync_backoff.next_s())
            return
        self._resync_backoff.reset()
        self._answered(GOOD)
        for done in dones:
            done()

    def _retry(self) -> None:
        self._retrying = False
        self._resync()

    def _poll(self) -> None:
        self._polling = False
        self._resync()

    def _compare(self) -> None:
        """List what works and what was submitted since the last list: the stream may have told of later ones alone."""
        working = self._desk.ask(lambda states: [r.venue_id for r in states.table.working()])
        if self._listed_until_ns is None:
            self._began_ns = self._listed_until_ns = self._questions.newest_ns()
        orders = self._questions.open_orders()
        listed = {order.venue_id for order in orders}
        since = [o for o in self._questions.orders_since(self._listed_until_ns) if o.submitted_ns > self._began_ns]
        orders += [order for order in since if order.venue_id not in listed]
        self._listed_until_ns = max([self._listed_until_ns, *(order.submitted_ns for order in since)])
        listed = {order.venue_id for order in orders}
        for order in orders:
            self._snapshot(order)
        for venue_id in working:
            order_now = None if venue_id in listed else self._questions.by_venue_id(venue_id)
            if order_now is not None:
                self._snapshot(order_now)
        self._explain()

    def _snapshot(self, order: RawOrder, explained: bool = False) -> None:
        self._desk.tell(lambda states, now: states.snapshot(order, now, explained))

    def _history(self, fill: RawFill) -> None:
        self._desk.tell(lambda states, now: states.history(fill, now))

    def _explain_all(self) -> None:
        self._explaining = False
        answered = True
        try:
            left = self._explain()
        except NoAnswer as none:
            self._answered(none.answer)
            left, answered = 1, False
        if left:  # what cannot be explained now is asked for again, but less and less often
            self._explain_after_s = max(EXPLAIN_AFTER_S, self._explain_backoff.next_s())
        else:
            self._explain_after_s = EXPLAIN_AFTER_S
            self._explain_backoff.reset()
        if not answered:
            self.explain()

    def _explain(self) -> int:
        """How many orders still have a hole."""
        holes = self._desk.ask(lambda states: [r for r in states.table.working() if r.unexplained])
        if not holes:
            return 0
        for fill in self._questions.fills_since(min(record.submitted_ns for record in holes)):
            self._history(fill)
        for record in holes:
            order = self._questions.by_venue_id(record.venue_id) if record.unexplained else None
            if order is not None:
                self._snapshot(order, explained=True)
        return sum(record.unexplained for record in holes)
