"""A live session on its threads: engine, monitor, and those of its gateways. Implements the screen's Desk.

The engine thread alone touches the core. Stopping ends the feed, then the execution, then the engine, then the monitor;
orders that work go on working. A fault ends the session loudly, with everything journaled intact.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from time import monotonic, monotonic_ns, time_ns
from typing import TYPE_CHECKING

import msgspec

from tradetui.engine.bus import EventBus, Observer
from tradetui.engine.errors import RunFailed
from tradetui.engine.gateways.live_words import Failed
from tradetui.engine.live.latencies import LiveLatencies
from tradetui.engine.model.commands import Command
from tradetui.engine.model.events import Beat, SessionEvent, VenueState
from tradetui.engine.model.snapshot import Snapshot
from tradetui.engine.session import STOP_S, said

if TYPE_CHECKING:
    from tradetui.engine.gateways.live_words import DataGateway, ExecutionGateway, LiveInput
    from tradetui.engine.journal.writer import Journal
    from tradetui.engine.live.engine import LiveEngine
    from tradetui.engine.live.monitor import Monitor
    from tradetui.engine.live.player import LivePlayer
    from tradetui.engine.live.recorder import Recorder
    from tradetui.engine.model.events import Event, MarketData
    from tradetui.engine.storage.opening import Storage

BEAT_NS = 100_000_000
SWITCH_S = 0.0005  # between threads, of the whole process: behind each busy one a tick would wait for Python's 5 ms
GATEWAY_STOP_S = 0.8  # for each of two, so that the whole stop stays within two seconds

STOPPED = "The session was stopped; orders at the venue go on working: 'tradetui kill' cancels them, --resume goes on"

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
    storage: Storage | None = None
    stale_s: float | None = None  # a symbol of which nothing came for so long is stale, whatever its feed says
    over: Callable[[], str] | None = None  # of a market that ends, asked by the monitor: empty while it goes on
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
        self._watch: Monitor | None = None
        self._over = threading.Event()  # the engine is done: the monitor writes the rest and ends
        self._ends_s = 0.0  # when whoever stops it has waited long enough

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

    def stop(self, patience_s: float = STOP_S) -> None:
        """End all threads, in order; more patience than two seconds leaves it to the rows that wait for a database."""
        end = self._ends_s = monotonic() + patience_s
        self._stopping.set()
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
        from tradetui.engine.live.diary import keep
        from tradetui.engine.live.engine import Doors, LiveEngine

        sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_S))
        engine: LiveEngine | None = None
        watch = self._watch = self._watching(connected)
        try:
            doors = Doors(connected.execution.do, watch.ask, _record(connected), self._publish, lambda: watch.facts)
            self._bus.observe(keep)
            for observer in connected.observers:
                self._bus.observe(observer)
            if connected.storage is not None:
                self._bus.observe(connected.storage.observe)
            engine = LiveEngine(
                connected.player,
                connected.journal,
                self._bus,
                doors,
                mode=self._mode,
                journal_name=connected.journal_name,
                ticks=connected.ticks,
                now_ns=monotonic_ns(),
                stale_s=connected.stale_s,
                latencies=connected.latencies,
            )
            engine.observe(connected.past)
            connected.execution.start(self._bus.put)
            engine.begin(connected.start, monotonic_ns())
            connected.data.start(self._bus.put, connected.player.symbols)
            self._monitor_thread.start()
            self._turns(engine, watch)
            self._end(connected.data)  # first: nothing is decided any more while the execution ends
            engine.turn(self._rest(), monotonic_ns())  # a kill or a fill that waits: what it leads to can still leave
            self._end(connected.execution)
            engine.turn(self._rest(), monotonic_ns())  # what came in until the doors were shut
            watch.look()
            engine.close(monotonic_ns())
        except (Exception, SystemExit) as error:  # a fault: stop loudly, with what was journaled intact
            log.exception("the session failed")
            for gateway in (connected.data, connected.execution):
                self._end(gateway)
            if engine is None:
                connected.journal.abandon()
            else:
                engine.fault(error)
            self._fail(said(error))
        finally:
            self._over.set()
            if self._monitor_thread.ident is None:
                watch.flush()
            if connected.down is not None:
                connected.down()

    def _watching(self, connected: Connected) -> Monitor:
        from tradetui.engine.live.monitor import Monitor, Watched
        from tradetui.engine.live.storing import Storing

        watched = Watched(
            connected.data,
            connected.execution,
            connected.recorder,
            connected.latencies,
            Storing(connected.storage),
            connected.over,
        )
        of_now = self._mode.upper() != "PRACTICE"
        return Monitor(watched, self._bus.put, self._bus.waiting, of_now=of_now)

    def _turns(self, engine: LiveEngine, watch: Monitor) -> None:
        bus, stopping = self._bus, self._stopping
        beat_ns = 0
        while not stopping.is_set():
            inputs, failed = parted(bus.drain(BEAT_NS / 4e9))
            now_ns = monotonic_ns()
            if now_ns - beat_ns >= BEAT_NS:
                beat_ns = now_ns
                inputs.append(Beat(time_ns()))
            for item in inputs:
                if type(item) is VenueState:
                    watch.answered()
            engine.turn(inputs, now_ns)
            if failed is not None:
                raise RunFailed(f"the thread {failed.thread} failed ({failed.what}, see the log). {STOPPED}")

    def _rest(self) -> list[LiveInput]:
        """What waits while the session ends already, in which it is no matter which thread failed."""
        return parted(self._bus.drain(0))[0]

    @staticmethod
    def _end(gateway: DataGateway | ExecutionGateway) -> None:
        try:
            gateway.stop(GATEWAY_STOP_S)
        except TimeoutError as error:
            log.warning("%s", error)
        except Exception:  # of a fault at the start, say: the other gateway and the journal are still to be ended
            log.exception("a gateway could not be ended in order")

    def _publish(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot  # one reference: readers see the old picture or the new one, never a mixture

    def _fail(self, text: str) -> None:
        old = self._snapshot
        self._publish(msgspec.structs.replace(old, phase="failed", error=text, feed="DOWN", version=old.version + 1))

    # -- the monitor thread

    def _monitor(self) -> None:
        watch = self._watch
        assert watch is not None, "the engine thread makes it before it starts this one"
        try:
            watch.run(self._over)
        except Exception as error:
            log.exception("the monitor failed")
            self._bus.put(Failed("monitor", type(error).__name__))
            self._over.wait()
        try:
            watch.end(self._ends_s)
        except Exception as error:
            log.exception("the end of the recording could not be written")
            self._engine_thread.join()
            self._fail(said(error))
        self._engine_thread.join()
        old = self._snapshot
        self._publish(msgspec.structs.replace(old, storage=watch.storage(), version=old.version + 1))


def parted(inputs: list[LiveInput]) -> tuple[list[LiveInput], Failed | None]:
    """What the engine takes, and the first thread that failed; nearly always all of it, and none."""
    failed = [item for item in inputs if type(item) is Failed]
    return ([item for item in inputs if type(item) is not Failed], failed[0]) if failed else (inputs, None)


def _record(connected: Connected) -> Callable[[MarketData], None]:
    """Where market data go besides the core: into the recording, and into a cache that keeps the newest."""
    take, storage = connected.recorder.take, connected.storage
    if storage is None or not storage.wants_ticks:
        return take

    def both(event: MarketData) -> None:
        take(event)
        storage.tick(event)

    return both
