"""The engine thread's work: paces the market by the clock, journals, steps the core, publishes pictures.

The only code that touches the core of a session; requests come in through the bus.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic_ns

from tradetui.engine.bus import EventBus
from tradetui.engine.clock import ReplayClock
from tradetui.engine.errors import JournalError
from tradetui.engine.model.commands import CancelAll, Command, Kill
from tradetui.engine.model.snapshot import Snapshot
from tradetui.engine.session import Control, Loaded
from tradetui.engine.snapshots import SnapshotBuilder

ROWS_PER_TURN = 500  # a few milliseconds of work, so that pause and kill act at once
PUBLISH_NS = 50_000_000  # 20 pictures a second
IDLE_S = 0.05


class Engine:
    """What the engine thread owns. Every method runs in that thread."""

    def __init__(
        self, loaded: Loaded, bus: EventBus[Command | Control], publish: Callable[[Snapshot], None], mode: str
    ) -> None:
        self._player, self._journal, self._journal_name, ticks = loaded
        self._core = self._player.core
        self._bus = bus
        self._publish_to = publish
        self._mode = mode
        self._builder = SnapshotBuilder(self._player, ticks)
        bus.observe(self._builder.observe)
        at_ns = self._player.timeline.at_ns
        self._start_ns, self._end_ns = int(at_ns[0]), int(at_ns[-1])
        self._clock = ReplayClock(self._start_ns, 1.0, monotonic_ns())
        self._until = 0  # row up to which a skip or a step runs regardless of the clock
        self._published_ns = 0
        self._version = 0
        self._rate_at = (monotonic_ns(), 0)
        self._rate = 0.0
        self._closed = False

    def begin(self, speed: float, play: bool, ahead_s: float) -> None:
        """Set the clock going, `ahead_s` market seconds into the session."""
        self._clock.set_speed(speed, monotonic_ns())
        if ahead_s:
            self._control(Control("skip", ahead_s))
        if play:
            self._clock.play(monotonic_ns())
        self._publish(force=True)

    def turn(self) -> None:
        """One round: requests first, then as much market as is due, then a picture."""
        for request in self._bus.drain(self._wait_s()):
            if isinstance(request, Control):
                self._control(request)
            else:
                self._command(request)
        due = max(self._until, self._player.due(self._clock.market_ns(monotonic_ns())))
        if due > self._player.row:
            self._player.play(min(due, self._player.row + ROWS_PER_TURN))
            self._record()
            if self._player.done:
                self._clock.pause(monotonic_ns())
        self._publish()

    def close(self) -> None:
        """End in order: everything journaled, the session file closed."""
        self._record()
        self._finish()

    def fault(self, error: Exception) -> None:
        """Save what can be saved; the fault itself is shown by the caller."""
        if not isinstance(error, JournalError):
            self._journal.append(self._core.take())
            self._journal.commit()

    # -- inside

    def _wait_s(self) -> float:
        """How long the inbox may be waited for before market or picture is due."""
        player, now = self._player, monotonic_ns()
        if self._until > player.row:
            return 0.0
        if player.done:
            return IDLE_S
        wait = self._clock.wall_ns_until(int(player.timeline.at_ns[player.row]), now)
        return IDLE_S if wait is None else min(IDLE_S, wait / 1e9)

    def _control(self, control: Control) -> None:
        now, player = monotonic_ns(), self._player
        match control.action:
            case "play":
                self._clock.play(now)
            case "pause":
                self._clock.pause(now)
                self._until = player.row
                self._clock.jump(player.clock_ns, now)
            case "speed":
                if self._clock.speed == 0:  # its market time did not move with the rows: go on from where they are
                    self._clock.jump(player.clock_ns, now)
                self._clock.set_speed(control.value, now)
            case "step":
                self._until = max(self._until, player.row) + int(control.value)
                self._clock.jump(player.clock_ns, now)
            case "skip":
                target = max(player.clock_ns, self._clock.market_ns(now) if self._clock.speed else 0)
                target += int(control.value * 1e9)
                self._until = player.due(target)
                self._clock.jump(target, now)

    def _command(self, command: Command) -> None:
        core, ts_ns = self._core, self._player.clock_ns
        if isinstance(command, Kill | CancelAll):
            self._builder.cancelled_from()
        event = core.accept(command, ts_ns)
        self._journal.append([event])
        self._journal.commit()  # on disk before it acts
        self._bus.publish([event])
        core.obey(command, ts_ns)
        self._record()
        self._publish(force=True)

    def _record(self) -> None:
        events = self._core.take()
        if events:
            self._journal.append(events)
            self._journal.commit()
            self._bus.publish(events)

    def _finish(self) -> None:
        if not self._closed:
            self._closed = True
            self._journal.close({"events": self._core.seq, "final_equity": self._core.equity()})

    def _publish(self, force: bool = False) -> None:
        now = monotonic_ns()
        if not force and now - self._published_ns < PUBLISH_NS:
            return
        self._published_ns = now
        before, count = self._rate_at
        if now - before >= 1_000_000_000:
            self._rate = (self._player.row - count) * 1e9 / (now - before)
            self._rate_at = (now, self._player.row)
        self._version += 1
        done = self._player.done
        self._publish_to(
            self._builder.build(
                version=self._version,
                mode=self._mode,
                phase="finished" if done else "running",
                paused=not self._clock.running,
                speed=self._clock.speed,
                start_ns=self._start_ns,
                end_ns=self._end_ns,
                events_per_s=self._rate,
                feed="END" if done else "OK",
                journal=self._journal_name,
            )
        )
