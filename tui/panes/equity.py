"""Equity with its drawdown below and the fills marked on it. The only pane that uses plotext."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Hashable, Sequence

from rich.segment import Segment
from rich.style import Style

from tradetui.engine.model.snapshot import CurveView, Snapshot
from tradetui.tui import format as fmt
from tradetui.tui.charts import Drawing, LineChart
from tradetui.tui.panes.base import Line, Pane, between
from tradetui.tui.view import View

DRAWDOWN_FROM = 9  # rows: below that the curve has the pane to itself
TIMES_FROM = 6


class EquityPane(Pane, can_focus=True):
    """Redrawn twice a second at most; what is under the curve is tinted, so that its height reads at a glance."""

    sections = ("curve", "account")
    period_s = 0.5
    short = "Equity"
    shortest = "Eq"
    number = 4

    def __init__(self, view: View, *, id: str) -> None:
        super().__init__(view, id=id)
        self._drawing = Drawing()
        self._equity_chart = LineChart(view.glyphs.plot)
        self._drawdown_chart = LineChart(view.glyphs.plot)

    def key(self, snapshot: Snapshot) -> Hashable:
        return (super().key(snapshot), len(snapshot.curve.equity) > 1 and self._drawing.ready())

    def lines(self, width: int, height: int) -> list[Line]:
        curve = self.view.snapshot.curve
        starts = len(curve.equity) < 2
        if starts or height < 3 or width < 16 or not self._drawing.ready():
            head = [self._head(width)] if height else []
            words = "the curve starts with the second bar" if starts else ""
            return head + self.note(words, width, height - 1)[: max(0, height - 1)]
        times = 1 if height >= TIMES_FROM else 0
        room = height - 1 - times
        under = max(2, room // 4) if height >= DRAWDOWN_FROM else 0
        body = self._curve(curve, width, room - under)
        if under:
            body += self._under(curve, width, under)
        return [self._head(width), *body, *([self._times(curve, width)] if times else [])]

    def _head(self, width: int) -> Line:
        styles, account = self.view.styles, self.view.snapshot.account
        gain = account.equity - account.start_equity
        share = gain / account.start_equity if account.start_equity > 0 else None
        left = [
            Segment(f" {fmt.number(account.equity, 16)}", styles.strong),
            Segment(f" {fmt.number(gain, 14, sign=True)}", styles.signed(gain)),
        ]
        if share is not None:
            left.append(Segment(f" ({fmt.percent(share, sign=True)})", styles.signed(gain)))
        right = [
            Segment("DD ", styles.muted),
            Segment(fmt.percent(account.drawdown), styles.signed(account.drawdown)),
            Segment(" max ", styles.muted),
            Segment(f"{fmt.percent(account.drawdown_max)} ", styles.signed(account.drawdown_max)),
        ]
        return between(left, right, width)

    def _curve(self, curve: CurveView, width: int, height: int) -> list[Line]:
        styles = self.view.styles
        finite = [value for value in curve.equity if math.isfinite(value)] or [0.0]
        low, high = _with_margin(min(finite), max(finite))
        labels = _scale(low, high, height)
        gutter = max(len(label) for label in labels) + 1
        canvas = max(2, width - gutter)
        rows = self._equity_chart.draw(curve.equity, canvas, height, low, high)
        marks = self._marks(curve, rows, canvas)
        floor = [max((y for y in range(height) if rows[y][x] != " "), default=height) for x in range(canvas)]
        return [
            [
                *_runs(rows[y], [y >= bottom for bottom in floor], styles.curve, styles.curve_fill, marks.get(y, {})),
                self.cell(labels[y], gutter, styles.faint, "right"),
            ]
            for y in range(height)
        ]

    def _under(self, curve: CurveView, width: int, height: int) -> list[Line]:
        styles = self.view.styles
        finite = [value for value in curve.drawdown if math.isfinite(value)] or [0.0]
        low = min(*finite, -1e-4)
        labels = [""] * height
        labels[0], labels[-1] = "0%", fmt.percent(low, 1 if low <= -1e-3 else 2)
        finite_equity = [value for value in curve.equity if math.isfinite(value)] or [0.0]
        gutter = max(len(label) for label in _scale(*_with_margin(min(finite_equity), max(finite_equity)), 3)) + 1
        canvas = max(2, width - gutter)
        rows = self._drawdown_chart.draw(curve.drawdown, canvas, height, low, 0.0)
        roof = [min((y for y in range(height) if rows[y][x] != " "), default=-1) for x in range(canvas)]
        return [
            [
                *_runs(rows[y], [y <= top for top in roof], styles.drawdown, styles.drawdown_fill, {}),
                self.cell(labels[y], gutter, styles.faint, "right"),
            ]
            for y in range(height)
        ]

    def _marks(self, curve: CurveView, rows: list[str], canvas: int) -> dict[int, dict[int, Segment]]:
        """Fills beside the curve: bought below it, sold above it; the newest of a column wins."""
        styles, glyphs = self.view.styles, self.view.glyphs
        marks: dict[int, dict[int, Segment]] = {}
        newest = [marker for marker in self.view.snapshot.markers if marker.kind in ("buy", "sell")][-canvas:]
        taken: set[int] = set()
        for marker in reversed(newest):
            at = bisect_left(curve.ts_ns, marker.ts_ns)
            column = min(canvas - 1, at * canvas // len(curve.ts_ns)) if curve.ts_ns else 0
            if any(near in taken for near in range(column - 1, column + 2)):
                continue
            drawn = [y for y in range(len(rows)) if rows[y][column] != " "]
            buy = marker.kind == "buy"
            y = (max(drawn) + 1 if buy else min(drawn) - 1) if drawn else -1
            if not 0 <= y < len(rows):
                continue
            taken.add(column)
            mark = Segment(glyphs.up if buy else glyphs.down, styles.up if buy else styles.down)
            marks.setdefault(y, {})[column] = mark
        return marks

    def _times(self, curve: CurveView, width: int) -> Line:
        first, last = curve.ts_ns[0], curve.ts_ns[-1]
        style = self.view.styles.faint
        if self.view.dated:
            start, end = fmt.day(first), fmt.day(last)
            return between([Segment(f" {start}", style)], [Segment(f"{end} UTC ", style)], width)
        room = 14 if last - first > 20 * 3600 * fmt.NS_PER_SECOND else 8
        start, end = fmt.moment(first, room), fmt.moment(last, room)
        return between([Segment(f" {start}", style)], [Segment(f"{end} UTC ", style)], width)

    def csv(self) -> str:
        """The curve as CSV."""
        curve = self.view.snapshot.curve
        rows = zip(curve.ts_ns, curve.equity, curve.drawdown, strict=False)
        return "\n".join(["ts_ns,equity,drawdown", *(f"{ts},{equity},{down}" for ts, equity, down in rows)]) + "\n"


def _with_margin(low: float, high: float) -> tuple[float, float]:
    """Never an empty range: a flat curve lies in the middle."""
    margin = (high - low) * 0.04 or max(abs(high) * 1e-4, 1.0)
    return low - margin, high + margin


def _scale(low: float, high: float, height: int) -> list[str]:
    """Labels for the top, the middle and the bottom row, in one form."""
    decimals = 0 if high - low >= 10 else 2
    labels = [""] * height
    for y in {0, height // 2, height - 1} if height >= 5 else {0, height - 1}:
        value = high - (high - low) * (y + 0.5) / height
        labels[y] = fmt.number(value, 11, decimals)
    return labels


def _runs(row: str, tinted: Sequence[bool], line: Style, tint: Style, marks: dict[int, Segment]) -> Line:
    """Neighbouring cells of one style as one segment."""
    out: Line = []
    text, style = "", line
    for x, char in enumerate(row):
        mark = marks.get(x)
        wanted = (mark.style or line) if mark else line
        wanted = wanted + tint if tinted[x] else wanted
        if wanted is not style and wanted != style:
            if text:
                out.append(Segment(text, style))
            text, style = "", wanted
        text += mark.text if mark else char
    return [*out, Segment(text, style)]
