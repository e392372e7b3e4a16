"""The engine thread's work: paces the market by the clock, journals, steps the core, publishes pictures.

The only code that touches the core of a session. Every turn is told the wall time and given the requests that
came in; a clock, where it has one, only says when a turn has lasted long enough and changes no result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tradetui.engine.bus import EventBus
from tradetui.engine.clock import FOREVER_NS, ReplayClock
from tradetui.engine.control import accept, obey
from tradetui.engine.errors import JournalError
from tradetui.engine.model.commands import CancelAll, Command, Kill
from tradetui.engine.model.snapshot import Snapshot
from tradetui.engine.publishing import Publisher
from tradetui.engine.session import Control, Loaded

IDLE_S = 0.05
TURN_NS = 4_000_000  # of market at a stretch: then requests are taken and the screen has had its turn


class Engine:
    """What the engine thread owns. Every method runs in that thread; `now_ns` is monotonic wall time."""

    def __init__(
        self,
        loaded: Loaded,
        bus: EventBus[Command | Control],
        publish: Callable[[Snapshot], None],
        mode: str,
        now_ns: int,
        clock: Callable[[], int] | None = None,
        give_way: Callable[[], None] | None = None,
    ) -> None:
        self._player, self._journal, journal_name, ticks, _ = loaded
        self._core = self._player.core
        self._bus = bus
        self._mode = mode
        self._pictures = Publisher(self._player, ticks, bus, publish, journal_name, now_ns)
        at_ns = self._player.at_ns
        self._start_ns, self._end_ns = int(at_ns[0]), int(at_ns[-1])
        self._wall = clock
        self._give_way = give_way  # between slices of work, to whoever is to go first
        self._clock = ReplayClock(self._start_ns, 1.0, now_ns)
        self._until = 0  # row up to which a skip or a step runs regardless of the clock
        self._closed = False

    def begin(self, speed: float, play: bool, ahead_s: float, now_ns: int) -> None:
        """Set the clock going, `ahead_s` market seconds into the session."""
        self._clock.set_speed(speed, now_ns)
        if ahead_s:
            self._control(Control("skip", ahead_s), now_ns)
        if play:
            self._clock.play(now_ns)
        self._publish(now_ns)

    def turn(self, requests: Sequence[Command | Control], now_ns: int) -> None:
        """One round: requests first, then as much market as is due, then a picture."""
        for request in requests:
            if isinstance(request, Control):
                self._control(request, now_ns)
            else:
                self._command(request, now_ns)
            self._pictures.news = True
        player = self._player
        due = max(self._until, player.due(self._clock.market_ns(now_ns)))
        if due > player.row:
            self._play(due)
            self._record()
            self._pictures.news = True
            if self._clock.market_ns(now_ns) < player.clock_ns:  # a step went ahead of the clock
                self._clock.jump(min(player.clock_ns, self._before_next_ns()), now_ns)
            if player.done:
                self._clock.pause(now_ns)
        if self._pictures.due(now_ns):
            self._publish(now_ns)

    def wait_s(self, now_ns: int) -> float:
        """How long the inbox may be waited for before market or picture is due."""
        player = self._player
        if self._until > player.row:
            return 0.0
        if player.done:
            return IDLE_S
        wait = self._clock.wall_ns_until(int(player.at_ns[player.row]), now_ns)
        return IDLE_S if wait is None else min(IDLE_S, wait / 1e9)

    def close(self) -> None:
        """End in order: everything journaled, the session file closed."""
        self._record()
        if not self._closed:
            self._closed = True
            self._journal.close({"events": self._core.seq, "final_equity": self._core.equity()})

    def fault(self, error: BaseException) -> None:
        """Save what can be saved and let go of the file; what cannot be is noted on `error`, which the caller shows."""
        if self._closed:
            return
        self._closed = True
        try:
            if not isinstance(error, JournalError):
                self._journal.append(self._core.take())
            self._journal.abandon()
        except JournalError as second:
            error.add_note(f"besides, {second}")

    # -- inside

    def _play(self, due: int) -> None:
        """One slice of rows; where a clock was given, slices until TURN_NS have passed."""
        player, wall, give_way = self._player, self._wall, self._give_way
        until = 0 if wall is None else wall() + TURN_NS
        while True:
            if give_way is not None:
                give_way()
            player.play(min(due, player.row + player.rows_per_turn))
            if player.row >= due or wall is None or wall() >= until:
                return

    def _control(self, control: Control, now_ns: int) -> None:
        clock, player = self._clock, self._player
        match control.action:
            case "play" if not player.done:
                clock.play(now_ns)
            case "pause":
                self._hold(now_ns)
            case "speed":
                if clock.speed == 0:  # its market time did not move with the rows: go on from where they are
                    clock.keep_within(player.clock_ns, FOREVER_NS, now_ns)
                clock.set_speed(control.value, now_ns)
            case "step":
                waiting = max(self._until, player.row) if not clock.running else player.row
                self._hold(now_ns)
                self._until = min(waiting + int(control.value), len(player))
            case "skip":
                market_ns = clock.market_ns(now_ns) if clock.speed else 0
                target = max(player.clock_ns, market_ns) + int(control.value * 1e9)
                self._until = player.due(target)
                clock.jump(target, now_ns)

    def _hold(self, now_ns: int) -> None:
        """Stand still at once, before the next row even where the rows are behind the clock."""
        player, last_ns = self._player, self._before_next_ns()
        self._clock.pause(now_ns)
        self._until = player.row
        self._clock.keep_within(min(player.clock_ns, last_ns), last_ns, now_ns)

    def _before_next_ns(self) -> int:
        """The last moment at which the next row has not happened yet; several rows may share a moment."""
        player = self._player
        return self._end_ns if player.done else int(player.at_ns[player.row]) - 1

    def _command(self, command: Command, now_ns: int) -> None:
        core, ts_ns = self._core, self._player.clock_ns
        if isinstance(command, Kill | CancelAll):
            self._pictures.cancelled_from()
        event = accept(core, command, ts_ns)
        self._journal.append([event])
        self._journal.commit()  # on disk before it acts
        self._bus.publish([event])
        obey(core, command, ts_ns)
        self._record()
        self._publish(now_ns)

    def _record(self) -> None:
        events = self._core.take()
        if events:
            self._journal.append(events)
            self._journal.commit()
            self._bus.publish(events)

    def _publish(self, now_ns: int) -> None:
        done = self._player.done
        self._pictures.publish(
            now_ns,
            mode=self._mode,
            phase="finished" if done else "running",
            paused=not self._clock.running,
            speed=self._clock.speed,
            start_ns=self._start_ns,
            end_ns=self._end_ns,
            feed="END" if done else "OK",
        )
