"""What every pane does: take a snapshot, build its visible lines, and redraw only the lines that changed."""

from __future__ import annotations

from collections.abc import Hashable

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tradetui.engine.model.snapshot import Snapshot
from tradetui.tui import format as fmt
from tradetui.tui.view import View

Line = list[Segment]


class Pane(Widget):
    """A widget drawn line by line. Subclasses say what they depend on (`key`) and what is to be seen (`lines`)."""

    sections: tuple[str, ...] = ()  # the snapshot sections this pane shows
    period_s: float = 0.0  # at least so long between two redraws
    short = ""  # the word in the frame and on a tab
    shortest = ""  # the same where tabs are tight
    number = 0  # the key that goes there; 0 for a pane without one

    ALLOW_SELECT = False

    def __init__(self, view: View, *, id: str) -> None:
        super().__init__(id=id)
        self.view = view
        self.shown = False  # set by the stage: whether the layout gives this pane a place
        self.redraws = 0
        self._key: Hashable = None
        self._drawn_at = float("-inf")
        self._lines: list[Line] = []
        self._strips: dict[int, tuple[Line, tuple[int, Color | None], Strip]] = {}

    def key(self, snapshot: Snapshot) -> Hashable:
        """What the picture depends on: it is rebuilt when this changes."""
        return tuple(snapshot.versions.get(name, snapshot.version) for name in self.sections)

    def lines(self, width: int, height: int) -> list[Line]:
        """The picture: at most `height` lines of `width` cells each."""
        raise NotImplementedError

    def heading(self) -> str:
        """The words in the frame's top edge."""
        return self.short

    def show(self, snapshot: Snapshot) -> None:
        """Take a new snapshot; costs nothing where nothing this pane shows has changed."""
        if not self.shown or not self.size:
            return
        key = (self.key(snapshot), self.view.look.generation, self.size, self.view.dated)
        now = self.view.now()
        if key == self._key or now - self._drawn_at < self.period_s:
            return
        self._key, self._drawn_at = key, now
        self.rebuild()

    def rebuild(self) -> None:
        """Build the lines anew and redraw those that differ."""
        width, height = self.size
        if not width or not height:
            return
        before, self._lines = self._lines, self.lines(width, height)[:height]
        changed = [y for y in range(max(len(before), len(self._lines))) if before[y : y + 1] != self._lines[y : y + 1]]
        if not changed:
            return
        self.redraws += 1
        self.refresh(*(Region(0, y, width, 1) for y in changed))

    def invalidate(self) -> None:
        """Forget what is drawn: the next snapshot is shown at once."""
        self._key, self._drawn_at = None, float("-inf")

    def come_back(self) -> None:
        """It has a place again: nothing of what it showed before it lost it is painted, not even at first."""
        self.invalidate()
        self.refresh()

    def on_resize(self) -> None:
        self.invalidate()
        self.show(self.view.snapshot)

    def render_line(self, y: int) -> Strip:
        if self._key is None:  # painted before its new size is told: what it knows is old
            self.show(self.view.snapshot)
        width = self.size.width
        if y >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        line = self._lines[y]
        ground = self.background_colors[1].rich_color if self.view.look.colour else None
        cached = self._strips.get(y)
        if cached is not None and cached[0] is line and cached[1] == (width, ground):
            return cached[2]
        strip = Strip(line).adjust_cell_length(width).apply_style(Style(bgcolor=ground))
        self._strips[y] = (line, (width, ground), strip)
        return strip

    def text(self) -> str:
        """What is drawn, without colours."""
        return "\n".join("".join(segment.text for segment in line).rstrip() for line in self._lines)

    def cell(self, text: str, width: int, style: Style, align: fmt.Align = "left") -> Segment:
        """`text` in exactly `width` cells."""
        return Segment(fmt.fit(text, width, align, self.view.glyphs.ellipsis), style)

    def note(self, text: str, width: int, height: int) -> list[Line]:
        """One quiet sentence in the middle of an otherwise empty pane."""
        blank = [Segment(" " * width)]
        return [blank] * max(0, (height - 1) // 2) + [[self.cell(text, width, self.view.styles.faint, "center")]]


def spread(parts: list[Line], width: int, gap: int = 2) -> Line:
    """Groups of segments side by side with `gap` cells between them, as many as fit, padded to `width`."""
    line: Line = []
    used = 0
    for part in parts:
        size = sum(segment.cell_length for segment in part)
        space = gap if line else 0
        if used + space + size > width:
            break
        if space:
            line.append(Segment(" " * space))
        line.extend(part)
        used += space + size
    if used < width:
        line.append(Segment(" " * (width - used)))
    return line


def between(left: Line, right: Line, width: int) -> Line:
    """One group at each end; the right one gives way when both do not fit."""
    size = sum(segment.cell_length for segment in left)
    other = sum(segment.cell_length for segment in right)
    if size + other + 1 > width:
        return spread([left], width) if size <= width else cut(left, width)
    return [*left, Segment(" " * (width - size - other)), *right]


def cut(line: Line, width: int) -> Line:
    """A line cut to `width` cells."""
    return list(Strip(line).crop(0, width))
