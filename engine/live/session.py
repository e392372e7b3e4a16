"""A live session on its threads: engine, monitor, and those of its gateways. Implements the screen's Desk.

The engine thread alone touches the core. Stopping ends the feed, then the execution, then the engine, then the monitor;
orders that work go on working. A fault ends the session loudly, with everything journaled intact.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from time import monotonic, monotonic_ns, time_ns
from typing import TYPE_CHECKING, Any

import msgspec

from tradetui.engine.bus import EventBus, Observer
from tradetui.engine.errors import TradetuiError
from tradetui.engine.live.latencies import LiveLatencies
from tradetui.engine.model.commands import Command
from tradetui.engine.model.events import Beat, FeedEvent, SessionEvent, VenueState
from tradetui.engine.model.snapshot import ExecutionView, FeedView, Snapshot
from tradetui.engine.session import STOP_S, said

if TYPE_CHECKING:
    from tradetui.engine.gateways.live_words import DataGateway, ExecutionGateway, ExecutionHealth, LiveInput
    from tradetui.engine.journal.writer import Journal
    from tradetui.engine.live.engine import LiveEngine
    from tradetui.engine.live.player import LivePlayer
    from tradetui.engine.live.recorder import Recorder
    from tradetui.engine.model.events import Event

BEAT_NS = 100_000_000
LOOK_S = 0.25  # between two looks of the monitor
FLUSH_S = 1.0  # between two writes of the recording
COMPARE_S = 60.0  # between two comparisons with the venue's account
PATIENCE_S = 3.0  # a question about the account that was not answered is asked again
GATEWAY_STOP_S = 0.8  # for each of two, so that the whole stop stays within two seconds

log = logging.getLogger(__name__)


class Connected(msgspec.Struct, frozen=True):
    """A session ready to run; made in the engine thread, because connecting and importing take time."""

    player: LivePlayer
    journal: Journal
    journal_name: str
    ticks: dict[str, float]
    recorder: Recorder
    data: DataGateway
    execution: ExecutionGateway
    start: SessionEvent
    past: tuple[Event, ...] = ()  # of a session that goes on
    observers: tuple[Observer, ...] = ()
    latencies: LiveLatencies = msgspec.field(default_factory=LiveLatencies)
    down: Callable[[], None] | None = None  # called last: whatever else was started for this session


class LiveSession:
    """Trades a live market with a strategy, for a screen or without one. `load` is told the bus that inputs go to."""

    def __init__(self, load: Callable[[EventBus[LiveInput]], Connected], mode: str) -> None:
        self._load, self._mode = load, mode
        self._bus: EventBus[LiveInput] = EventBus()
        self._snapshot = Snapshot(mode=mode, phase="loading", paused=False)
        self._stopping = threading.Event()
        self._engine_thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._monitor_thread = threading.Thread(target=self._monitor, name="monitor", daemon=True)
        self._connected: Connected | None = None
        self._facts: dict[str, Any] = {}
        self._asked_s: float | None = None  # when the venue was asked for the account, and has not answered
        self._compared_s = 0.0
        self._heard = (0, 0.0)  # how many events the feed had when that last changed, and when it did
        self._over = threading.Event()  # the engine is done: the monitor writes the rest and ends
        self._unwritten = False  # the recording is behind

    # -- called from any thread

    def snapshot(self) -> Snapshot:
        """The newest immutable picture."""
        return self._snapshot

    def send(self, command: Command) -> None:
        """Queue a command for the core."""
        self._bus.put(command)

    def play(self) -> None:
        """Nothing: a live market does not wait."""

    def pause(self) -> None:
        """Nothing, likewise."""

    def step(self, events: int = 1) -> None:
        """Nothing, likewise."""

    def skip(self, seconds: float) -> None:
        """Nothing, likewise."""

    def set_speed(self, speed: float) -> None:
        """Nothing, likewise."""

    def say(self, what: str) -> None:
        """Show what starting is busy with."""
        old = self._snapshot
        self._publish(msgspec.structs.replace(old, state_reason=what, version=old.version + 1))

    def start(self) -> None:
        """Start the engine thread; it starts the others."""
        self._engine_thread.start()

    @property
    def ended(self) -> bool:
        """Whether nothing of this session runs any more."""
        return not self._engine_thread.is_alive() and not self._monitor_thread.is_alive()

    def stop(self) -> None:
        """End all threads, in order, within two seconds."""
        self._stopping.set()
        end = monotonic() + STOP_S
        for thread in (self._engine_thread, self._monitor_thread):
            if thread.ident is not None:
                thread.join(max(0.0, end - monotonic()))

    # -- the engine thread

    def _run(self) -> None:
        try:
            connected = self._connected = self._load(self._bus)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # shown on the screen; nothing was started that could be lost
            self._fail(said(error))
            return
        from tradetui.engine.live.engine import Doors, LiveEngine

        engine: LiveEngine | None = None
        try:
            doors = Doors(
                connected.execution.do, self._ask_state, connected.recorder.take, self._publish, lambda: self._facts
            )
            for observer in connected.observers:
                self._bus.observe(observer)
            engine = LiveEngine(
                connected.player,
                connected.journal,
                self._bus,
                doors,
                mode=self._mode,
                journal_name=connected.journal_name,
                ticks=connected.ticks,
                now_ns=monotonic_ns(),
                latencies=connected.latencies,
            )
            engine.observe(connected.past)
            connected.execution.start(self._bus.put)
            engine.begin(connected.start, monotonic_ns())
            connected.data.start(self._bus.put, connected.player.symbols)
            self._monitor_thread.start()
            self._turns(engine)
            self._stop_gateways(connected)
            engine.turn(self._bus.drain(0), monotonic_ns())  # what came in until the doors were shut
            self._look(connected)
            engine.close(monotonic_ns())
        except (Exception, SystemExit) as error:  # a fault: stop loudly, with what was journaled intact
            log.exception("the session failed")
            self._stop_gateways(connected)
            if engine is None:
                connected.journal.abandon()
            else:
                engine.fault(error)
            self._fail(said(error))
        finally:
            self._over.set()
            if self._monitor_thread.ident is None:
                self._flush(connected)
            if connected.down is not None:
                connected.down()

    def _turns(self, engine: LiveEngine) -> None:
        bus, stopping = self._bus, self._stopping
        beat_ns = 0
        while not stopping.is_set():
            inputs = bus.drain(BEAT_NS / 4e9)
            now_ns = monotonic_ns()
            if now_ns - beat_ns >= BEAT_NS:
                beat_ns = now_ns
                inputs.append(Beat(time_ns()))
            for item in inputs:
                if type(item) is VenueState:
                    self._asked_s, self._compared_s = None, monotonic()
            engine.turn(inputs, now_ns)

    def _ask_state(self) -> None:
        assert self._connected is not None
        self._asked_s = monotonic()
        self._connected.execution.ask_state()

    @staticmethod
    def _stop_gateways(connected: Connected) -> None:
        """The feed first: nothing is decided any more while the execution ends."""
        for gateway in (connected.data, connected.execution):
            try:
                gateway.stop(GATEWAY_STOP_S)
            except TimeoutError as error:
                log.warning("%s", error)

    def _publish(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot  # one reference: readers see the old picture or the new one, never a mixture

    def _fail(self, text: str) -> None:
        old = self._snapshot
        self._publish(msgspec.structs.replace(old, phase="failed", error=text, feed="DOWN", version=old.version + 1))

    # -- the monitor thread

    def _monitor(self) -> None:
        connected = self._connected
        assert connected is not None
        flushed_s = monotonic()
        while not self._over.wait(LOOK_S):
            now_s = monotonic()
            self._look(connected)
            if self._asked_s is not None:
                if now_s - self._asked_s >= PATIENCE_S:
                    self._ask_state()
            elif now_s - self._compared_s >= COMPARE_S:
                self._ask_state()
            if now_s - flushed_s >= FLUSH_S:
                flushed_s = now_s
                self._flush(connected)
        self._flush(connected)

    def _look(self, connected: Connected) -> None:
        """Publish how feed and execution are."""
        execution, feed = connected.execution.health(), connected.data.health()
        now_s = monotonic()
        if feed.events != self._heard[0]:
            self._heard = (feed.events, now_s)
        age_ns = round((now_s - self._heard[1]) * 1e9) if feed.events else None
        of_now = self._mode.upper() != "PRACTICE"  # a practice market has a time of its own: no lag can be told from it
        shown = FeedView(
            feed.name,
            feed.state,
            feed.events,
            feed.conflated,
            feed.reconnects,
            feed.gaps,
            feed.lag_ns if of_now else None,
            age_ns,
            self._bus.waiting(),
            feed.message,
        )
        self._facts = {
            "feeds": (shown,),
            "execution": _execution_view(execution),
            "latencies": connected.latencies.picture(),
        }

    def _flush(self, connected: Connected) -> None:
        """Write the recording; where that fails the engine is told, and it is tried again."""
        try:
            connected.recorder.flush()
        except TradetuiError as error:
            if not self._unwritten:
                log.error("the recording cannot be written: %s", error)
                self._bus.put(FeedEvent("", "DOWN", str(error), time_ns(), "recording"))
            self._unwritten = True
        else:
            if self._unwritten:
                self._bus.put(FeedEvent("", "FRESH", "", time_ns(), "recording"))
            self._unwritten = False


def _execution_view(health: ExecutionHealth) -> ExecutionView:
    return ExecutionView(
        health.name,
        health.state,
        health.sent,
        health.unresolved,
        health.rate_left,
        None,
        health.reconnects,
        health.round_trip_ns,
        health.message,
    )
