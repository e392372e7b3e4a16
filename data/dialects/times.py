"""The form of a file's times: found from its values, with what stays unclear, and as a polars expression."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from tradetui.data.dialects.words import EPOCH_UNIT_NS, Dialect, Epoch
from tradetui.data.times import YEAR_MAX, YEAR_MIN

EPOCH_OF_NAME: dict[str, Epoch] = {"ts_ns": "ns", "ts_us": "us", "ts_ms": "ms"}
EPOCH_YEARS = (1980, 2100)  # an epoch number of a market lies between; its unit follows from that
SECONDS_PER_YEAR = 31_556_952

_ISO = re.compile(
    r"(\d{4})(?P<s>[-/.])\d{1,2}(?P=s)\d{1,2}"
    r"(?:(?P<t>[T ])\d{1,2}:\d{2}(?P<sec>:\d{2}(?P<f>\.\d{1,9})?)?(?P<off> ?(?:Z|[+-]\d{2}:?\d{2}))?)?"
)
_COMPACT = re.compile(r"(?:19|20)\d{6}(?:(?P<t>[T ]?)(?P<c>\d{6}|\d{4}|\d{1,2}:\d{2}(?P<cs>:\d{2})?))?")
_PARTS = re.compile(r"(\d{1,2})(?P<s>[/.-])(\d{1,2})(?P=s)(\d{4})(?:[T ]\d{1,2}:\d{2}(?P<sec>:\d{2}(?P<f>\.\d+)?)?)?")


@dataclass(frozen=True, slots=True)
class TextForm:
    """A strptime form; `naive` where it names no offset, `clock` where it has a time of day."""

    form: str
    clock: bool
    naive: bool
    ambiguous_order: bool = False  # day and month could be exchanged


def form_of(values: list[str], order: str | None = None) -> TextForm | None:
    """The form of times written as text, from a sample of them; None if no form is known."""
    first = values[0].strip()
    if match := _ISO.fullmatch(first):
        form = match["s"].join(("%Y", "%m", "%d"))
        if match["t"] is None:
            return TextForm(form, clock=False, naive=True)
        form += f"{match['t']}%H:%M" + (":%S%.f" if _any_fraction(values) else _seconds(match["sec"]))
        if match["off"] is None:
            return TextForm(form, clock=True, naive=True)
        return TextForm(form + (" %#z" if match["off"].startswith(" ") else "%#z"), clock=True, naive=False)
    if match := _COMPACT.fullmatch(first):
        if match["c"] is None:
            return TextForm("%Y%m%d", clock=False, naive=True)
        if ":" in match["c"]:
            return TextForm(f"%Y%m%d{match['t']}%H:%M{_seconds(match['cs'])}", clock=True, naive=True)
        return TextForm(f"%Y%m%d{match['t']}%H%M{'%S' if len(match['c']) == 6 else ''}", clock=True, naive=True)
    if match := _PARTS.fullmatch(first):
        return _parts_form(values, match, order)
    return None


def epoch_of(name: str, first: int) -> Epoch | None:
    """The unit of epoch numbers, from the column's name or because only one puts them into a market's years."""
    if known := EPOCH_OF_NAME.get(name.strip().lower()):
        return known
    low, high = ((year - 1970) * SECONDS_PER_YEAR for year in EPOCH_YEARS)
    for unit, ns in EPOCH_UNIT_NS.items():
        if low <= first * ns // 10**9 < high:
            return unit
    return None


def time_expr(dialect: Dialect, dtype: pl.DataType) -> pl.Expr:
    """UTC nanoseconds of the start of each row, int64; null where the file's value names no instant."""
    name, clock = dialect.roles.time, dialect.roles.clock
    column = pl.col(str(name))
    if dtype == pl.String:
        text = column.str.strip_chars()
        if clock is not None:
            text = pl.concat_str(text, pl.col(clock).str.strip_chars(), separator=" ")
        wall = _parsed(text, dialect.time_format)
        local = not dialect.time_format.endswith("z")
    elif isinstance(dtype, pl.Datetime):
        wall = _scaled(column.to_physical(), {"ms": 10**6, "us": 10**3, "ns": 1}[dtype.time_unit])
        local = dtype.time_zone is None or dialect.wall_clock
    elif dtype == pl.Date:
        wall, local = _scaled(column.to_physical().cast(pl.Int64), 86_400 * 10**9), True
    else:
        wall = _scaled(column.cast(pl.Int64, strict=False), EPOCH_UNIT_NS[dialect.epoch or "ns"])
        local = dialect.wall_clock
    start = _utc(wall, dialect) if local else wall
    return start - dialect.interval_ns if dialect.stamp == "end" else start


def _parsed(text: pl.Expr, form: str) -> pl.Expr:
    """Nanoseconds as if UTC. Microseconds wherever they suffice, because nanoseconds wrap without a word."""
    whole = text.str.to_datetime(form, time_unit="us", strict=False, cache=False)  # times hardly repeat
    known = whole.dt.year().is_between(YEAR_MIN, YEAR_MAX)
    if "%.f" not in form:
        return pl.when(known).then(whole.to_physical() * 1_000)
    return pl.when(known).then(text.str.to_datetime(form, time_unit="ns", strict=False, cache=False).to_physical())


def _scaled(number: pl.Expr, unit_ns: int) -> pl.Expr:
    limit = (2**63 - 1) // unit_ns
    return pl.when(number.is_between(-limit, limit)).then(number * unit_ns)


def _utc(wall_ns: pl.Expr, dialect: Dialect) -> pl.Expr:
    if dialect.timezone in ("UTC", "Etc/UTC"):
        return wall_ns
    ambiguous = "null" if dialect.ambiguous == "refuse" else dialect.ambiguous
    local = wall_ns.cast(pl.Datetime("ns")).dt.replace_time_zone(
        dialect.timezone, ambiguous=ambiguous, non_existent="null"
    )
    return local.dt.epoch("ns")


def _parts_form(values: list[str], match: re.Match[str], order: str | None) -> TextForm:
    """Whether the first or the second number is the month: one above 12 in the sample decides, else the user must."""
    mark, clock = match["s"], ":" in match[0]
    tail = "" if not clock else " %H:%M:%S%.f" if _any_fraction(values) else " %H:%M" + _seconds(match["sec"])
    decided, unclear = order, False
    if decided is None:
        firsts, seconds = zip(*map(_two, values), strict=True)
        if max(firsts) > 12 or mark == ".":  # with points the day always stands first
            decided = "dmy"
        elif max(seconds) > 12:
            decided = "mdy"
        else:
            unclear = True
    parts = ("%d", "%m", "%Y") if decided == "dmy" else ("%m", "%d", "%Y")
    return TextForm(mark.join(parts) + tail, clock=clock, naive=True, ambiguous_order=unclear)


def _two(value: str) -> tuple[int, int]:
    match = _PARTS.fullmatch(value.strip())
    return (int(match[1]), int(match[3])) if match else (0, 0)


def _seconds(found: str | None) -> str:
    return ":%S" if found else ""


def _any_fraction(values: list[str]) -> bool:
    return any("." in value.split(":")[-1] for value in values if ":" in value)
