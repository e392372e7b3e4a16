"""Small pictures of data in plain text: a line of closes, and which days are there. The same bytes everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tradetui.data.describe import Description
    from tradetui.data.describe_days import Day

WEEK_NS = 7 * 86_400 * 10**9
MONTHS_OF_DAYS_MAX = 24  # a longer span has a line a year and a cell a week
LEVELS = (0.5, 0.9, 1.0)  # of what a day should have: below, below, below, and from there on whole
MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Ink:
    """The characters that pictures are drawn with, one cell each."""

    line: str
    levels: str  # little, half, nearly whole, whole
    missing: str
    closed: str
    extra: str


UNICODE = Ink("▁▂▃▄▅▆▇█", "░▒▓█", "\N{MULTIPLICATION SIGN}", "·", "!")
ASCII = Ink("_.,-~+*#", "-+*#", "x", ".", "!")


def sparkline(values: Sequence[float], width: int, ink: Ink) -> str:
    """Values as one line of at most `width` cells, each the last value of its part, from the lowest to the highest."""
    if not values:
        return ""
    cells = min(width, len(values))
    shown = [values[(cell + 1) * len(values) // cells - 1] for cell in range(cells)]
    low, high = min(shown), max(shown)
    top = len(ink.line) - 1
    if high == low:
        return ink.line[top // 2] * cells
    return "".join(ink.line[round((value - low) / (high - low) * top)] for value in shown)


def heat_map(found: Description, ink: Ink) -> Iterator[str]:
    """Which part of its rows each day has: a line a month and a cell a day, or, of years, a line a year."""
    if not found.days:
        return
    unit = _unit(found)
    yield from _months(found, ink) if unit == "day" else _years(found, ink, months=unit == "month")


def legend(found: Description, ink: Ink) -> str:
    """What the cells of the map mean."""
    little, half, nearly, whole = tuple(ink.levels)
    if found.calendar:
        return (
            f"{whole} whole  {nearly} 90 %  {half} half  {little} less  {ink.missing} missing  "
            f"{ink.closed} closed  {ink.extra} closed, but with rows"
        )
    typical = {"day": f"{found.typical_rows:,} rows, the median day"}.get(_unit(found), f"the median {_unit(found)}")
    return f"{whole} {typical}  {nearly} 90 %  {half} half  {little} less  {ink.closed} none"


def _unit(found: Description) -> Literal["day", "week", "month"]:
    """What a cell stands for."""
    first, last = found.days[0].date, found.days[-1].date
    if found.interval_ns >= WEEK_NS:
        return "month"
    months = (last.year - first.year) * 12 + last.month - first.month
    return "day" if months < MONTHS_OF_DAYS_MAX else "week"


def _months(found: Description, ink: Ink) -> Iterator[str]:
    yield " " * 10 + "".join(f"{day:<2}" if day % 5 == 0 or day == 1 else "  " for day in range(1, 32)).rstrip()
    days = {day.date: day for day in found.days}
    first, last = found.days[0].date, found.days[-1].date
    month = first.replace(day=1)
    while month <= last:
        following = (month + timedelta(days=31)).replace(day=1)
        cells = []
        for offset in range((following - month).days):
            at = month + timedelta(days=offset)
            cells.append(" " if not first <= at <= last else _cell(days.get(at), found, ink))
        yield f"  {month:%Y-%m} " + "".join(cell * 2 for cell in cells).rstrip()
        month = following


def _years(found: Description, ink: Ink, *, months: bool) -> Iterator[str]:
    """A cell a week (53 a year), or a month where bars are that long."""
    width = 4 if months else 53 / 12
    heading = [" "] * 60
    for place, name in enumerate(MONTH_NAMES):
        heading[round(place * width) : round(place * width) + 3] = name
    yield " " * 7 + "".join(heading).rstrip()
    cells = {key: list(days) for key, days in groupby(found.days, key=lambda day: _slot(day.date, months=months))}
    whole = sorted(sum(day.rows for day in days) for days in cells.values())[len(cells) // 2]
    first, last = found.days[0].date, found.days[-1].date
    for year in range(first.year, last.year + 1):
        line = ""
        for slot in range(12 if months else 53):
            inside = _slot(first, months=months) <= (year, slot) <= _slot(last, months=months)
            line += (_of_days(cells.get((year, slot), []), whole, found, ink) if inside else " ") * (4 if months else 1)
        yield f"  {year} {line}".rstrip()


def _slot(day: date, *, months: bool) -> tuple[int, int]:
    return day.year, day.month - 1 if months else (day.timetuple().tm_yday - 1) // 7


def _of_days(days: list[Day], whole: int, found: Description, ink: Ink) -> str:
    rows = sum(day.rows for day in days)
    expected = sum(day.expected for day in days) if found.calendar else whole
    if not found.calendar and not rows:
        return ink.closed
    return _glyph(rows, expected, ink)


def _cell(day: Day | None, found: Description, ink: Ink) -> str:
    if day is None:
        return ink.closed
    return _glyph(day.rows, day.expected if found.calendar else found.typical_rows, ink)


def _glyph(rows: int, expected: int, ink: Ink) -> str:
    if not expected:
        return ink.extra if rows else ink.closed
    if not rows:
        return ink.missing
    share = rows / expected
    return next((ink.levels[i] for i, level in enumerate(LEVELS) if share < level), ink.levels[-1])
