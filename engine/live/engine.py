"""One turn of a live session: what came in is worked, written down, and only then acted on.

Nothing leaves before the journal has it on disk. Batches of which nothing is to leave are not forced there at once. The
only clock is asked how long things took, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import monotonic_ns
from typing import Any, NamedTuple

from msgspec.structs import force_setattr

from tradetui.engine.bus import EventBus
from tradetui.engine.errors import JournalError
from tradetui.engine.gateways.live_words import Arrived, Beat, Instruction, LiveInput, Send
from tradetui.engine.journal.writer import Journal
from tradetui.engine.live.holds import END
from tradetui.engine.live.latencies import LiveLatencies
from tradetui.engine.live.player import LivePlayer
from tradetui.engine.live.silence import Silence
from tradetui.engine.model.commands import CancelAll, Kill
from tradetui.engine.model.events import (
    BookEvent,
    CommandEvent,
    Event,
    FeedEvent,
    MarketData,
    MarketEvent,
    QuoteEvent,
    ReconciliationEvent,
    SessionEvent,
    TradeEvent,
    VenueReport,
    VenueState,
)
from tradetui.engine.model.snapshot import ReconciliationView, Snapshot
from tradetui.engine.publishing import Publisher

COMMIT_NS = 1_000_000_000  # what nothing waits for is on disk after this long
_MARKET = (QuoteEvent, TradeEvent, BookEvent, MarketEvent)
_FORCED = (VenueReport, VenueState, FeedEvent, CommandEvent, SessionEvent)  # said to us: it may not be said again


class Doors(NamedTuple):
    """Where the engine's work goes."""

    send: Callable[[Instruction], None]
    ask_state: Callable[[], None]
    record: Callable[[MarketData], None]  # market inputs, each with its number
    publish: Callable[[Snapshot], None]
    facts: Callable[[], Mapping[str, Any]]  # what others know that a picture shows: another mapping when it changed


class LiveEngine:
    """What the engine thread owns. Every method runs in that thread; `now_ns` is monotonic wall time."""

    def __init__(
        self,
        player: LivePlayer,
        journal: Journal,
        bus: EventBus[LiveInput],
        doors: Doors,
        *,
        mode: str,
        journal_name: str,
        ticks: dict[str, float],
        now_ns: int,
        stale_s: float | None = None,
        latencies: LiveLatencies | None = None,
        clock_ns: Callable[[], int] = monotonic_ns,
    ) -> None:
        self.player = player
        self.latencies, self._clock_ns = latencies or LiveLatencies(), clock_ns
        self._silence = Silence(player.symbols, stale_s, now_ns)
        self._decisions = 0  # of the strategy, up to the last tick
        self._journal, self._bus, self._doors = journal, bus, doors
        self._mode = mode
        self._compared: tuple[ReconciliationEvent, int] | None = None  # and when by the steady clock
        self._pictures = Publisher(player, ticks, bus, doors.publish, journal_name, now_ns)
        self._committed_ns = now_ns
        self._waiting = False  # events that the journal has taken and not written
        self._facts: Mapping[str, Any] = {}  # that the newest picture shows
        self._start_ns = 0
        self._closed = False

    def begin(self, event: SessionEvent, now_ns: int) -> None:
        """Say that the session starts, or goes on."""
        self.player.work(event)
        self._settle(True, now_ns)
        self._publish(now_ns)

    def observe(self, events: Sequence[Event]) -> None:
        """Show what an earlier part of this session was."""
        self._pictures.observe(events)

    def turn(self, inputs: Sequence[LiveInput], now_ns: int) -> None:
        """One round: every input in order, the journal, what leaves, then a picture."""
        player, pictures = self.player, self._pictures
        record, heard_ns = self._doors.record, self._silence.heard_ns
        at_once = False
        if len(inputs) > self.latencies.queued_max:
            self.latencies.queued_max = len(inputs)
        for item in inputs:
            received_ns = 0
            if isinstance(item, Arrived):
                received_ns, item = item.received_ns, item.event
            kind = type(item)
            if kind is FeedEvent and item.source == "market" and player.holds.has(END):  # type: ignore[union-attr]
                continue  # of a market that is over there is no news: that it is silent is in order
            if kind is Beat:
                self._listen(item.ts_ns, now_ns)  # type: ignore[union-attr]  # it is a Beat
                if not player.due(item):  # type: ignore[arg-type]  # likewise
                    continue
            elif isinstance(item, Kill | CancelAll):
                pictures.cancelled_from()
                at_once = True
            player.work(item)
            pictures.news = True
            if kind in _MARKET and item.seq:  # type: ignore[union-attr]  # all of them have a number
                record(item)  # type: ignore[arg-type]
                heard_ns[item.symbol] = now_ns  # type: ignore[union-attr]
                if player.ticks.decisions != self._decisions:
                    self._decided(item.seq, received_ns)  # type: ignore[union-attr]
        self._settle(at_once, now_ns)
        pictures.news = pictures.news or self._doors.facts() is not self._facts
        if pictures.due(now_ns) or (at_once and pictures.news):
            self._publish(now_ns)

    def close(self, now_ns: int) -> None:
        """End in order: everything journaled, the session file closed."""
        self._settle(True, now_ns)
        if not self._closed:
            self._closed = True
            core = self.player.core
            self._journal.close({"events": core.seq, "final_equity": core.equity()})
            self._publish(now_ns, "finished")

    def leave(self, now_ns: int) -> None:
        """Let go of the file without its last word: the session may go on later."""
        self._settle(True, now_ns)
        if not self._closed:
            self._closed = True
            self._journal.abandon()
            self._publish(now_ns, "finished")

    def fault(self, error: BaseException) -> None:
        """Save what can be saved and let go of the file; what cannot be is noted on `error`, which the caller shows."""
        if self._closed:
            return
        self._closed = True
        try:
            if not isinstance(error, JournalError):
                self._journal.append([*self.player.take(), *self.player.core.take()])
            self._journal.abandon()
        except JournalError as second:
            error.add_note(f"besides, {second}")

    # -- inside

    def _listen(self, wall_ns: int, now_ns: int) -> None:
        """Find out what has become silent, while there is anything to hear."""
        if not self.player.holds.has(END):
            for news in self._silence.look(now_ns, wall_ns):
                self.player.work(news)

    def _decided(self, seq: int, received_ns: int) -> None:
        """The strategy has decided about input `seq`: what leaves because of it carries when that arrived."""
        player = self.player
        self._decisions = player.ticks.decisions
        if received_ns:
            self.latencies.signal.add(self._clock_ns() - received_ns)
            for instruction in player.core.venue.outbox:
                if (
                    type(instruction) is Send and instruction.order.cause > seq
                ):  # a signal's; others waited for their turn
                    force_setattr(instruction, "received_ns", received_ns)

    def _settle(self, at_once: bool, now_ns: int) -> None:
        """Write down what happened; then let out what is to leave."""
        player = self.player
        said, out = player.take(), player.core.venue.take()
        if said:
            self._journal.append(said)
            self._waiting = True
        if self._waiting and (
            at_once or out or now_ns - self._committed_ns >= COMMIT_NS or any(isinstance(e, _FORCED) for e in said)
        ):
            self._journal.commit()
            self._waiting, self._committed_ns = False, now_ns
        for instruction in out:
            self._doors.send(instruction)
            if type(instruction) is Send and instruction.received_ns:
                self.latencies.handover.add(self._clock_ns() - instruction.received_ns)
        if player.wants_state:
            player.wants_state = False
            self._doors.ask_state()
        for event in said:
            if type(event) is ReconciliationEvent:
                self._compared = (event, now_ns)
        if said:
            self._bus.publish(said)

    def _publish(self, now_ns: int, phase: str = "running") -> None:
        player = self.player
        self._facts = facts = self._doors.facts()
        self._start_ns = self._start_ns or player.clock_ns
        self._pictures.publish(
            now_ns,
            phase=phase,
            paused=False,
            speed=1.0,
            start_ns=self._start_ns,
            end_ns=player.clock_ns,
            feed=player.holds.feed,
            orders_unconfirmed=player.core.venue.unconfirmed,
            holds=player.holds.reasons,
            reconciliation=self._reconciliation(now_ns),
            **self._as_the_venue_says(),
            **facts,
        )

    def _as_the_venue_says(self) -> dict[str, str]:
        """Whose money it is: a session that was started as one thing and is told another shows what it is told."""
        account = self.player.account
        if account is None:
            return {"mode": self._mode}
        told = "LIVE" if not account.paper else "PAPER" if self._mode == "LIVE" else self._mode
        return {"mode": told, "account_label": f"****{account.account}"}

    def _reconciliation(self, now_ns: int) -> ReconciliationView | None:
        if self._compared is None:
            return None
        seen, at_ns = self._compared
        told = tuple(difference.message for difference in seen.differences)
        return ReconciliationView(seen.ts_ns, seen.orders, seen.positions, told, now_ns - at_ns)
