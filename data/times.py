"""Times as files write them, made into int64 nanoseconds UTC. Naive times are read in the zone the user names."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from tradetui.engine.errors import UsageError
from tradetui.engine.market.bars import Int64

if TYPE_CHECKING:
    import polars as pl

NS_PER_S = 1_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_NS = 86_400 * NS_PER_S
YEAR_MIN, YEAR_MAX = 1700, 2261  # int64 nanoseconds end in 1677 and 2262, and beyond them wrap without a word

EPOCH_DIGITS = {9: NS_PER_S, 10: NS_PER_S, 12: 10**6, 13: 10**6, 15: 10**3, 16: 10**3, 18: 1, 19: 1}  # -> ns a unit
EPOCH_TEXT = "an epoch in s (10 digits), ms (13), us (16) or ns (19)"
EPOCH_NAMES = {"ts_ns": 1, "ts_us": 1_000}
EXPECTED_TEXT = "YYYY-MM-DD, YYYY-MM-DD HH:MM:SS, the same with an offset or Z, M/D/YYYY [H:MM] or an epoch number"

_INTEGER = re.compile(r"[+-]?\d+")
_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:([T ])\d{1,2}:\d{2}(:\d{2}(?:\.\d{1,9})?)?( ?(?:Z|[+-]\d{2}:?\d{2}))?)?")
_US = re.compile(r"\d{1,2}/\d{1,2}/\d{4}(?:( )\d{1,2}:\d{2}(:\d{2})?)?")
_COMPACT = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{4}(?:\d{2})?)?")

Refuse = Callable[[int, str, str, str], Exception]  # row, seen, expected, hint -> the error to raise


def time_text(ts_ns: int) -> str:
    """A time as a person reads it, UTC: 2020-01-02T03:04:05Z, with a fraction only where there is one."""
    seconds, fraction = divmod(ts_ns, NS_PER_S)
    text = (EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()
    return f"{text}.{fraction:09d}".rstrip("0") + "Z" if fraction else f"{text}Z"


def zone(name: str) -> ZoneInfo:
    """The time zone of that name; UsageError for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"unknown time zone {name!r}: expected a name such as UTC or America/New_York") from None


def bound_ns(text: str | None, timezone: str, last: bool) -> int | None:
    """The instant a user's `--from` (or, with `last`, `--to`) names; a bare date as `last` means that day's end."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date or time: expected YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS") from None
    if not YEAR_MIN <= moment.year <= YEAR_MAX:
        raise UsageError(f"{text!r} is outside the years {YEAR_MIN} to {YEAR_MAX}")
    if last and len(text) <= len("YYYY-MM-DD"):
        moment += timedelta(days=1)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone(timezone))
    since = moment.astimezone(UTC) - EPOCH
    return (since.days * 86_400 + since.seconds) * NS_PER_S + since.microseconds * 1_000


def times_from_text(values: pl.Series, name: str, timezone: str, refuse: Refuse) -> Int64:
    """UTC nanoseconds of a column of text without nulls; the first value's form is demanded of all.

    `name` is the column's: `ts_ns` and `ts_us` state their unit. A naive time that a change of the clock makes
    ambiguous or impossible is refused. Raises what `refuse` makes.
    """
    values = values.str.strip_chars()
    first = str(values[0])
    if _INTEGER.fullmatch(first):
        return _from_integers(values, name, refuse)
    if match := _ISO.fullmatch(first):
        separator, seconds, offset = match.groups()
        clock = f"{separator}%H:%M{'' if seconds is None else ':%S'}" if separator else ""
        form = f"%Y-%m-%d{clock}"
    elif match := _US.fullmatch(first):
        separator, seconds = match.groups()
        offset = None
        form = f"%m/%d/%Y{'' if separator is None else ' %H:%M' if seconds is None else ' %H:%M:%S'}"
    else:
        raise refuse(0, f"time {first!r} is not understood", EXPECTED_TEXT, "")
    if offset is not None:
        form += " %#z" if offset.startswith(" ") else "%#z"
        return _strptime(values, form, refuse).to_numpy()
    return to_utc(_strptime(values, form, refuse), timezone, refuse)


def to_utc(wall_ns: pl.Series, timezone: str, refuse: Refuse) -> Int64:
    """UTC of wall-clock times, given as int64 nanoseconds as if they were UTC."""
    import polars as pl

    zone(timezone)
    if timezone in ("UTC", "Etc/UTC"):
        return wall_ns.to_numpy()
    local = wall_ns.cast(pl.Datetime("ns")).dt.replace_time_zone(timezone, ambiguous="null", non_existent="null")
    if local.null_count():
        row = int(local.is_null().arg_max() or 0)
        raise refuse(
            row,
            f"{time_text(int(wall_ns[row]))[:-1]} does not name one instant in {timezone}: the clocks change there",
            "a time that exists exactly once",
            "Write the times with their offset, or in UTC",
        )
    return local.dt.epoch("ns").to_numpy()


def _from_integers(values: pl.Series, name: str, refuse: Refuse) -> Int64:
    import polars as pl

    first = str(values[0])
    unit = EPOCH_NAMES.get(name.strip().lower()) or EPOCH_DIGITS.get(len(first))
    if _COMPACT.fullmatch(first) and name.strip().lower() not in EPOCH_NAMES:
        raise refuse(0, f"time {first!r} may be a date without separators", EXPECTED_TEXT, "Write it as YYYY-MM-DD")
    if unit is None:
        raise refuse(0, f"time {first!r} has {len(first)} digits", EPOCH_TEXT, "")
    numbers = values.cast(pl.Int64, strict=False)
    if numbers.null_count():
        row = int(numbers.is_null().arg_max() or 0)
        raise refuse(row, f"time {values[row]!r} is not understood", f"an epoch number like {first}", "")
    return epoch_ns(numbers.to_numpy(), unit, refuse)


def epoch_ns(numbers: Int64, unit_ns: int, refuse: Refuse) -> Int64:
    """Nanoseconds of epoch numbers counted in units of `unit_ns`; beyond the years int64 holds is refused."""
    limit = (2**63 - 1) // unit_ns
    outside = (numbers > limit) | (numbers < -limit)
    if outside.any():
        row = int(np.argmax(outside))
        raise refuse(row, f"time {int(numbers[row])} is out of range", f"a year from {YEAR_MIN} to {YEAR_MAX}", "")
    return numbers * unit_ns


def _strptime(values: pl.Series, form: str, refuse: Refuse) -> pl.Series:
    """Nanoseconds as if UTC. Parsed in microseconds first, because nanoseconds wrap without a word."""

    def parse(form: str, unit: str) -> pl.Series:
        return values.str.to_datetime(form, time_unit=unit, strict=False)  # type: ignore[arg-type]

    whole = parse(form, "us")
    fraction = ""
    if whole.null_count() and "%S" in form:
        fraction = form.replace("%S", "%S%.f")
        whole = parse(fraction, "us")
    if whole.null_count():
        row = int(whole.is_null().arg_max() or 0)
        hint = "Only month/day/year is read where dates have slashes" if "/" in form else ""
        raise refuse(row, f"time {str(values[row])!r} is not understood", f"the form of the first, {values[0]!r}", hint)
    years = whole.dt.year().is_between(YEAR_MIN, YEAR_MAX)
    if not years.all():
        row = int((~years).arg_max() or 0)
        raise refuse(row, f"time {values[row]!r} is out of range", f"a year from {YEAR_MIN} to {YEAR_MAX}", "")
    if fraction:
        return parse(fraction, "ns").dt.epoch("ns")
    return whole.dt.epoch("us") * 1_000
