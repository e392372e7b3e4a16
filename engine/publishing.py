"""When the next picture of a session is due, and what all of them share: their number, the market's speed, the file.

Belongs to the thread that owns the core; `now_ns` is monotonic wall time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tradetui.engine.bus import EventBus
from tradetui.engine.model.events import Event
from tradetui.engine.model.snapshot import Snapshot
from tradetui.engine.player import Shown
from tradetui.engine.snapshots import SnapshotBuilder

PUBLISH_NS = 50_000_000  # 20 pictures a second
RATE_NS = 1_000_000_000  # the shown speed is an average of this long


class Publisher:
    """`news`: something is to be shown that no picture has shown yet."""

    def __init__(
        self,
        player: Shown,
        ticks: dict[str, float],
        bus: EventBus[Any],
        publish: Callable[[Snapshot], None],
        journal: str,
        now_ns: int,
    ) -> None:
        self.news = True
        self._player, self._publish, self._journal = player, publish, journal
        self._builder = SnapshotBuilder(player, ticks)
        bus.observe(self._builder.observe)
        self._published_ns = now_ns
        self._version = 0
        self._rate_at, self._rate = (now_ns, 0), 0.0

    def observe(self, events: Sequence[Event]) -> None:
        """Show what happened before there was a bus."""
        self._builder.remember(events)

    def cancelled_from(self) -> None:
        """Count the cancels from here on: a kill or a cancel-all begins."""
        self._builder.cancelled_from()

    def due(self, now_ns: int) -> bool:
        """Whether it is time for a picture and there is something new to show."""
        if now_ns - self._published_ns < PUBLISH_NS:
            return False
        self._measure_rate(now_ns)
        return self.news

    def publish(self, now_ns: int, **facts: Any) -> None:
        """Make a picture of now; `facts` are what only the session's own thread knows."""
        self._published_ns, self.news = now_ns, False
        self._version += 1
        self._publish(
            self._builder.build(version=self._version, events_per_s=self._rate, journal=self._journal, **facts)
        )

    def _measure_rate(self, now_ns: int) -> None:
        before, count = self._rate_at
        if now_ns - before >= RATE_NS:
            rate = (self._player.row - count) * 1e9 / (now_ns - before)
            self.news = self.news or rate != self._rate
            self._rate, self._rate_at = rate, (now_ns, self._player.row)
