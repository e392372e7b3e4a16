"""The session as a line: how far the replay is, where the fills and alerts were, and when the market was busy."""

from __future__ import annotations

from collections.abc import Hashable

from rich.segment import Segment
from rich.style import Style

from tradetui.engine.model.snapshot import Snapshot
from tradetui.tui import format as fmt
from tradetui.tui.panes.base import Line, Pane, between
from tradetui.tui.view import View, replayed

BINS = 400  # the busy-ness of the session is kept in so many slices
STRIP_FROM = 3  # rows
EVEN = 1.8  # an evenly busy session fills this part of the strip's height, inverted
MINUTE_NS = 60 * fmt.NS_PER_SECOND
GAP = 2  # cells between two markers: denser ones would hide the line


class Scrubber(Pane):
    """Markers are drawn in order of weight: a halt hides an alert, an alert hides a fill."""

    period_s = 0.12
    short = "Session"

    def __init__(self, view: View, *, id: str, hints: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(view, id=id)
        self._hints = hints
        self._busy = [0.0] * BINS
        self._seen = (0, 0, 0)  # session start, clock, events

    def key(self, snapshot: Snapshot) -> Hashable:
        return (
            snapshot.clock_ns,
            snapshot.events,
            snapshot.events_per_s,
            snapshot.paused,
            snapshot.speed,
            len(snapshot.markers),
            snapshot.phase,
        )

    def heading(self) -> str:
        snapshot = self.view.snapshot
        first, last = snapshot.start_ns, snapshot.end_ns
        if not first:
            return self.short
        if fmt.day(first) == fmt.day(last):
            return f"{fmt.day(first)} {fmt.clock(first)[:5]} - {fmt.clock(_up(last))[:5]} UTC"
        return f"{fmt.day(first)} - {fmt.day(last)}" if last else fmt.day(first)

    def lines(self, width: int, height: int) -> list[Line]:
        snapshot = self.view.snapshot
        self._learn(snapshot)
        out = [self._track(snapshot, width)]
        if height >= STRIP_FROM:
            out = [self._strip(snapshot, width), *out]
        if height >= 2:
            out.append(self._foot(snapshot, width))
        return out

    def done(self, snapshot: Snapshot) -> float:
        """How far the session is, 0 to 1: by the clock, or by the events where the end is not known."""
        if snapshot.phase == "finished":
            return 1.0
        span = snapshot.end_ns - snapshot.start_ns
        if span > 0 and snapshot.clock_ns:
            return max(0.0, min(1.0, (snapshot.clock_ns - snapshot.start_ns) / span))
        return max(0.0, min(1.0, snapshot.events / snapshot.events_total)) if snapshot.events_total else 0.0

    def _learn(self, snapshot: Snapshot) -> None:
        """Spread the events since the last picture over the slices the clock passed."""
        start, clock, events = self._seen
        if snapshot.start_ns != start or snapshot.clock_ns < clock:
            self._busy = [0.0] * BINS
            clock, events = snapshot.start_ns, 0
        span = snapshot.end_ns - snapshot.start_ns
        if span > 0 and snapshot.events > events:
            first = self._bin((clock - snapshot.start_ns) / span)
            last = self._bin((snapshot.clock_ns - snapshot.start_ns) / span)
            for at in range(first, last + 1):
                self._busy[at] += (snapshot.events - events) / (last - first + 1)
        self._seen = (snapshot.start_ns, snapshot.clock_ns, snapshot.events)

    @staticmethod
    def _bin(share: float) -> int:
        return max(0, min(BINS - 1, int(share * BINS)))

    def _strip(self, snapshot: Snapshot, width: int) -> Line:
        styles, bars = self.view.styles, self.view.glyphs.bars
        room = width - 10
        values = [
            max(self._busy[at * BINS // room : max(at * BINS // room + 1, (at + 1) * BINS // room)])
            for at in range(room)
        ]
        top = max(max(values, default=0.0), EVEN * sum(values) / max(1, sum(value > 0 for value in values)))
        text = "".join(bars[0] if not value else bars[max(1, round(value / top * (len(bars) - 1)))] for value in values)
        rate = fmt.compact(snapshot.events_per_s, 5) if snapshot.events_per_s else ""
        return [
            Segment(" "),
            Segment(text, styles.faint),
            self.cell(f"{rate}/s" if rate else "", 8, styles.muted, "right"),
            Segment(" "),
        ]

    def _track(self, snapshot: Snapshot, width: int) -> Line:
        styles, glyphs = self.view.styles, self.view.glyphs
        room = max(4, width - 10)
        done = self.done(snapshot)
        head = min(room - 1, round(done * (room - 1)))
        cells: list[tuple[str, Style]] = [
            (glyphs.track_done, styles.accent) if x < head else (glyphs.track_left, styles.faint) for x in range(room)
        ]
        for x, mark in sorted(self._marks(snapshot, room).items()):
            cells[x] = mark
        cells[head] = (glyphs.head, styles.strong)
        line: Line = [Segment(" ")]
        text, style = "", cells[0][1]
        for char, wanted in cells:
            if wanted is not style:
                line.append(Segment(text, style))
                text, style = "", wanted
            text += char
        share = f"{done * 100:.0f}%" if replayed(snapshot) else "now"  # how long a live session will be, nobody knows
        return [*line, Segment(text, style), self.cell(share, 8, styles.strong, "right"), Segment(" ")]

    def _marks(self, snapshot: Snapshot, room: int) -> dict[int, tuple[str, Style]]:
        styles, glyphs = self.view.styles, self.view.glyphs
        looks = {
            "buy": (0, glyphs.up, styles.up),
            "sell": (0, glyphs.down, styles.down),
            "alert": (1, "!", styles.warning),
            "halt": (2, glyphs.stop, styles.error),
        }
        span = snapshot.end_ns - snapshot.start_ns
        if span <= 0:
            return {}
        placed = [
            (
                looks.get(marker.kind, (0, glyphs.dot, styles.muted)),
                round((marker.ts_ns - snapshot.start_ns) / span * (room - 1)),
            )
            for marker in snapshot.markers
        ]
        found: dict[int, tuple[str, Style]] = {}
        for (_, char, style), x in sorted(placed, key=lambda item: -item[0][0]):
            if 0 <= x < room and not any(near in found for near in range(x - GAP, x + GAP + 1)):
                found[x] = (char, style)
        return found

    def _foot(self, snapshot: Snapshot, width: int) -> Line:
        styles = self.view.styles
        total = snapshot.events_total if replayed(snapshot) else 0
        right = [Segment(f"{fmt.progress(snapshot.events, total, 24)} events ", styles.muted)]
        left: Line = [Segment(" ")]
        for key, label in self._hints if replayed(snapshot) else ():
            left += [Segment(key, styles.key), Segment(f" {label}  ", styles.muted)]
        return between(left, right, width)


def _up(ts_ns: int) -> int:
    """The next whole minute: a session whose last row is of 20:59:59 lasts until 21:00."""
    return ts_ns + -ts_ns % MINUTE_NS
