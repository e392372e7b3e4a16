"""A session on its own thread: others put requests into its bus and read its newest snapshot; nothing here blocks them.

Imports nothing heavy: a screen paints first, and the engine thread loads numpy, the strategy and the market after that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tradetui.engine.bus import EventBus
from tradetui.engine.clock import checked_speed
from tradetui.engine.errors import TradetuiError
from tradetui.engine.foreground import Foreground
from tradetui.engine.model.commands import Command
from tradetui.engine.model.snapshot import Snapshot

if TYPE_CHECKING:
    from tradetui.engine.journal.writer import Journal
    from tradetui.engine.player import Player

STOP_S = 2.0
SKIP_S_MAX = 1e9  # thirty years of market time


class Loaded(NamedTuple):
    """A session ready to run; made in the engine thread, because reading and importing take time."""

    player: Player
    journal: Journal
    journal_name: str
    ticks: dict[str, float]
    speed: float = 10.0  # where the user names none: slow enough to follow, fast enough to see something happen


class Control(msgspec.Struct, frozen=True):
    """A request about the replay clock: play, pause, step (events), skip (market seconds) or speed."""

    action: str
    value: float = 0.0


class ReplaySession:
    """Plays a recorded market to a strategy and a screen, which goes first. Implements the screen's Desk."""

    def __init__(
        self,
        load: Callable[[], Loaded],
        *,
        speed: float | None = None,
        play: bool = True,
        ahead_s: float = 0.0,
        mode: str = "REPLAY",
        foreground: Foreground | None = None,
    ) -> None:
        if speed is not None:
            checked_speed(speed)
        self._load = load
        self._bus: EventBus[Command | Control] = EventBus()
        self._snapshot = Snapshot(mode=mode, phase="loading", speed=1.0 if speed is None else speed, paused=not play)
        self._mode, self._speed, self._play, self._ahead_s = mode, speed, play, ahead_s
        self._give_way = None if foreground is None else foreground.give_way
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._stopping = threading.Event()

    # -- called from any thread

    def snapshot(self) -> Snapshot:
        """The newest immutable picture."""
        return self._snapshot

    def send(self, command: Command) -> None:
        """Queue a command for the core."""
        self._bus.put(command)

    def play(self) -> None:
        """Let the clock run."""
        self._bus.put(Control("play"))

    def pause(self) -> None:
        """Hold the clock."""
        self._bus.put(Control("pause"))

    def step(self, events: int = 1) -> None:
        """Go forward by `events` while the clock is held."""
        if events < 1:
            raise ValueError(f"step of {events} events: expected 1 or more")
        self._bus.put(Control("step", events))

    def skip(self, seconds: float) -> None:
        """Run forward by `seconds` of market time, as fast as it goes."""
        if not 0 <= seconds <= SKIP_S_MAX:
            raise ValueError(f"skip of {seconds} seconds: expected 0 to {SKIP_S_MAX:g}")
        self._bus.put(Control("skip", seconds))

    def set_speed(self, speed: float) -> None:
        """Market seconds per second; 0 is as fast as it goes. Raises ValueError outside what the clock can do."""
        self._bus.put(Control("speed", checked_speed(speed)))

    def say(self, what: str) -> None:
        """Show what loading is busy with."""
        old = self._snapshot
        self._publish(msgspec.structs.replace(old, state_reason=what, version=old.version + 1))

    def start(self) -> None:
        """Start the engine thread."""
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether nothing of this session runs any more."""
        return not self._thread.is_alive()

    def stop(self) -> None:
        """End the engine thread; the journal is closed by it."""
        self._stopping.set()
        self._bus.put(Control("wake"))
        if self._thread.ident is not None:
            self._thread.join(STOP_S)

    # -- the engine thread

    def _run(self) -> None:
        try:
            loaded = self._load()
        except (Exception, SystemExit) as error:  # noqa: BLE001  # shown on the screen; nothing was started that could be lost
            self._fail(said(error))
            return
        from time import monotonic_ns

        from tradetui.engine.pacing import Engine

        engine: Engine | None = None
        try:
            engine = Engine(loaded, self._bus, self._publish, self._mode, monotonic_ns(), monotonic_ns, self._give_way)
            engine.begin(
                loaded.speed if self._speed is None else self._speed, self._play, self._ahead_s, monotonic_ns()
            )
            while not self._stopping.is_set():
                requests = self._bus.drain(engine.wait_s(monotonic_ns()))
                engine.turn(requests, monotonic_ns())
            engine.close()
        except (Exception, SystemExit) as error:  # noqa: BLE001  # a fault: stop loudly, with what was journaled intact
            if engine is None:
                loaded.journal.abandon()
            else:
                engine.fault(error)
            self._fail(said(error))

    def _publish(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot  # one reference: readers see the old picture or the new one, never a mixture

    def _fail(self, text: str) -> None:
        old = self._snapshot
        self._publish(msgspec.structs.replace(old, phase="failed", error=text, feed="DOWN", version=old.version + 1))


def said(error: BaseException) -> str:
    """A fault as the screen shows it: ours in its own words, any other with its kind, and what was noted on the way."""
    text = str(error) if isinstance(error, TradetuiError) else f"{type(error).__name__}: {error}"
    return "; ".join((text, *getattr(error, "__notes__", ())))
