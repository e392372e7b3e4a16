"""A pane that lists records in columns: cursor, follow mode, scrolling, columns that give way when it is narrow."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message

from tradetui.tui import format as fmt
from tradetui.tui.panes.base import Line, Pane
from tradetui.tui.view import View

Record = TypeVar("Record")
WHEEL_ROWS = 3
DEAR = 2  # columns that `keep` up to this number are narrowed before the first of them goes
PROSE_FROM = 50  # a column that may grow this much holds words, not numbers


@dataclass(frozen=True)
class Column:
    """A column of `width` cells, shown while there is room: high numbers of `keep` go first, 1 goes last.

    One that is kept up to DEAR is narrowed to `least` cells before it goes.
    """

    title: str
    width: int
    align: fmt.Align = "right"
    keep: int = 1
    grow: int = 0  # at most so many cells more; 0 for a fixed column
    head: str = ""  # the words above it, where they are not its title
    least: int = 0  # at least so many cells; 0 for a column that cannot be narrowed
    is_time: bool = False  # as wide as the times of this session are written


def choose(columns: Sequence[Column], width: int) -> list[tuple[int, int]]:
    """(index, width) of the columns that fit, one cell between them; the growing ones share the rest in order."""
    shown = list(range(len(columns)))

    def needed(sizes: dict[int, int]) -> int:
        return sum(sizes[index] for index in shown) + max(0, len(shown) - 1)

    full = {index: column.width for index, column in enumerate(columns)}
    least = {index: column.least or column.width for index, column in enumerate(columns)}
    while needed(full) > width and len(shown) > 1:
        last = max(shown, key=lambda index: (columns[index].keep, index))
        if columns[last].keep <= DEAR and needed(least) <= width:
            return _narrowed({index: full[index] for index in shown}, least, width - needed(least))
        shown.remove(last)
    spare = max(0, width - needed(full))
    widths = {index: min(columns[index].width, width) for index in shown}
    for index in sorted(shown, key=lambda index: columns[index].grow < PROSE_FROM):  # what is read in words comes first
        extra = min(spare, columns[index].grow)
        spare -= extra
        widths[index] += extra
    return list(widths.items())


def _narrowed(full: dict[int, int], least: dict[int, int], spare: int) -> list[tuple[int, int]]:
    """Every column at its least width, then one cell more each in turn, from the right, where the numbers stand."""
    widths = {index: least[index] for index in full}
    while spare:
        for index in [index for index in reversed(widths) if widths[index] < full[index]][:spare]:
            widths[index] += 1
            spare -= 1
    return list(widths.items())


class TablePane(Pane, Generic[Record], can_focus=True):
    """Newest record first. While following, the cursor stays on the newest; otherwise on what is being read."""

    columns: tuple[Column, ...] = ()
    empty = "nothing yet"
    follows = True

    class Chosen(Message):
        """The operator wants to know more about the record under the cursor."""

        def __init__(self, pane: TablePane[object]) -> None:
            super().__init__()
            self.pane = pane

    def __init__(self, view: View, *, id: str) -> None:
        super().__init__(view, id=id)
        self.following = self.follows
        self.cursor = 0
        self.top = 0
        self.stamp: Callable[[int], str] = fmt.clock  # how the times of the records on display are written
        self._shape = self.columns
        self._held: object | None = None  # the identity of the record under the cursor

    def records(self) -> Sequence[Record]:
        """What is listed, in display order."""
        raise NotImplementedError

    def identity(self, record: Record) -> object:
        """What tells one record from another, so that the cursor stays on it."""
        raise NotImplementedError

    def cells(self, record: Record, widths: dict[str, int]) -> dict[str, tuple[str, Style]]:
        """Text and style of each column, by its title; `widths` holds the columns on display."""
        raise NotImplementedError

    def time_of(self, record: Record) -> int:
        """The time in the record's time column; 0 for a record without one."""
        return int(getattr(record, "ts_ns", 0))

    def shape(self, width: int) -> tuple[Column, ...]:
        """The columns as this session needs them, of which those that fit `width` are shown."""
        size = len(self.stamp(0))
        return tuple(replace(column, width=size) if column.is_time else column for column in self.columns)

    def above(self, width: int, height: int) -> list[Line]:
        """Lines between the frame and the column titles."""
        return []

    def below(self, width: int, height: int) -> list[Line]:
        """Lines at the bottom."""
        return []

    def lines(self, width: int, height: int) -> list[Line]:
        above = self.above(width, height)
        below = self.below(width, height - len(above) - 2)
        records = self.records()
        room = max(0, height - len(above) - len(below) - 1)
        if not records:
            blank = [Segment(" " * width)]
            note = self.note(self.empty, width, room + 1)
            return above + note + [blank] * (room + 1 - len(note)) + below
        self._hold(records, room)
        bar = len(records) > room
        inner = width - 1 - (1 if bar else 0)  # one cell of air at the left, the scroll mark at the right
        self.stamp = self.view.stamp(self.time_of(record) for record in records)
        self._shape = self.shape(inner)
        chosen = choose(self._shape, inner)
        body = [self._row(records, self.top + y, chosen, inner) for y in range(min(room, len(records) - self.top))]
        blank = [Segment(" " * (width - 1 if bar else width))]
        body += [blank] * (room - len(body))
        if bar:
            body = [[*line, mark] for line, mark in zip(body, self._scroll_marks(len(records), room), strict=True)]
        return [*above, self._titles(chosen, width), *body, *below]

    def _hold(self, records: Sequence[Record], room: int) -> None:
        """Keep the cursor on its record while new ones arrive, and in sight."""
        names = self._held
        if self.following:
            self.cursor = self.top = 0
        elif names is not None:
            where = next((at for at, record in enumerate(records) if self.identity(record) == names), None)
            if where is not None:
                self.top += where - self.cursor
                self.cursor = where
        self.cursor = max(0, min(self.cursor, len(records) - 1))
        self.top = max(0, min(self.top, len(records) - room))
        if room and not self.top <= self.cursor < self.top + room:
            self.top = (
                max(0, min(self.cursor, len(records) - room)) if self.cursor < self.top else self.cursor - room + 1
            )
        self._held = self.identity(records[self.cursor])

    def _titles(self, chosen: list[tuple[int, int]], width: int) -> Line:
        style = self.view.styles.head
        line: Line = [Segment(" ", style)]
        for index, size in chosen:
            column = self._shape[index]
            line.append(self.cell(column.head or column.title, size, style, column.align))
            line.append(Segment(" ", style))
        return self._pad(line, width, style)

    def _row(self, records: Sequence[Record], at: int, chosen: list[tuple[int, int]], inner: int) -> Line:
        record = records[at]
        cells = self.cells(record, {self._shape[index].title: size for index, size in chosen})
        back = self._cursor_style() if at == self.cursor else None
        space = Segment(" ", back)
        line: Line = [space]
        for index, size in chosen:
            column = self._shape[index]
            text, style = cells[column.title]
            line.append(self.cell(text, size, style + back if back else style, column.align))
            line.append(space)
        return self._pad(line[:-1], inner + 1, back)

    def _cursor_style(self) -> Style | None:
        if self.has_focus:
            return self.view.styles.cursor
        return None if self.following else self.view.styles.cursor_blurred

    @staticmethod
    def _pad(line: Line, width: int, style: Style | None) -> Line:
        used = sum(segment.cell_length for segment in line)
        return [*line, Segment(" " * (width - used), style)] if used < width else line

    def _scroll_marks(self, count: int, room: int) -> list[Segment]:
        styles, glyphs = self.view.styles, self.view.glyphs
        size = max(1, room * room // count)
        start = round((room - size) * self.top / max(1, count - room))
        thumb, track = Segment(glyphs.thumb, styles.muted), Segment(" ", styles.faint)
        return [thumb if start <= y < start + size else track for y in range(room)]

    # what keys and the mouse do

    def move(self, rows: int) -> None:
        """Move the cursor; leaving the newest record ends following."""
        count = len(self.records())
        self.cursor = max(0, min(self.cursor + rows, max(0, count - 1)))
        self.following = False
        self._held = self.identity(self.records()[self.cursor]) if count else None
        self.rebuild()

    def move_end(self, last: bool) -> None:
        """To the last record, or the first."""
        self.move(len(self.records()) if last else -len(self.records()))

    def follow(self) -> None:
        """Stay on the newest record, or stop doing so."""
        self.following = self.follows and not self.following
        self.rebuild()

    def selected(self) -> Record | None:
        """The record under the cursor."""
        records = self.records()
        return records[self.cursor] if 0 <= self.cursor < len(records) else None

    def csv(self) -> str:
        """Every record as CSV with the column titles as header."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        records = self.records()
        if records:
            names = _fields(records[0])
            writer.writerow(names)
            writer.writerows([getattr(record, name) for name in names] for record in records)
        return out.getvalue()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-WHEEL_ROWS)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        first = len(self.above(*self.size)) + (1 if self.columns else 0)
        row = self.top + offset.y - first
        if offset.y < first or row >= len(self.records()):
            return
        again = row == self.cursor and event.chain > 1
        self.move(row - self.cursor)
        if again:
            self.post_message(self.Chosen(self))  # type: ignore[arg-type]

    def on_focus(self) -> None:
        self.rebuild()

    def on_blur(self) -> None:
        self.rebuild()


def _fields(record: object) -> tuple[str, ...]:
    return tuple(getattr(type(record), "__struct_fields__", ()))
