"""Sessions and returns: which points of a curve belong to which trading day, and what a day returned. No ratios."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from tradetui.engine.analytics.curve import Curve
from tradetui.engine.analytics.sums import Floats
from tradetui.engine.errors import UsageError

Ints = npt.NDArray[np.int64]

NS_PER_SECOND = 1_000_000_000
NS_PER_DAY = 86_400 * NS_PER_SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday; Monday is 0
SATURDAY = 5
SESSIONS_PER_YEAR = 252
DAYS_PER_YEAR = 365
# Data that come less often than daily: at least so many days between two sessions, so many a year.
SPARSE_PERIODS = ((300.0, 1), (80.0, 4), (25.0, 12), (5.0, 52))


@dataclass(frozen=True, slots=True, eq=False)
class Returns:
    """Simple returns with the time each ended, shapes (n,): UTC ns, fractions. A missing return is NaN."""

    ts_ns: Ints
    values: Floats


def session_days(ts_ns: Ints, timezone: str = "UTC") -> Ints:
    """The local calendar day of each time, as days since 1970-01-01. Times must not decrease.

    Raises UsageError for a timezone that the system does not know.
    """
    if timezone == "UTC" or ts_ns.size == 0:
        return ts_ns // NS_PER_DAY
    changes, offsets_ns = _utc_offsets(int(ts_ns[0]), int(ts_ns[-1]), timezone)
    edges = np.concatenate(([0], np.searchsorted(ts_ns, changes), [ts_ns.size]))
    days = np.empty_like(ts_ns)
    for begin, end, offset_ns in zip(edges[:-1], edges[1:], offsets_ns, strict=True):
        days[begin:end] = (ts_ns[begin:end] + offset_ns) // NS_PER_DAY
    return days


def last_of_each(groups: Ints) -> npt.NDArray[np.intp]:
    """Index of the last point of each run of equal values."""
    if groups.size == 0:
        return np.empty(0, dtype=np.intp)
    return np.append(np.flatnonzero(groups[1:] != groups[:-1]), groups.size - 1)


def changes(marks: Floats) -> Floats:
    """Simple returns from one mark to the next, one fewer than there are marks."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.diff(marks) / marks[:-1]


def daily_returns(curve: Curve, timezone: str = "UTC") -> Returns:
    """Returns between the closing marks of consecutive sessions, flat days included.

    The first session has a return of its own, against the starting equity, only if something was at risk in it:
    otherwise its close *is* the starting mark, and counting it would add a day on which nothing could be earned.
    """
    ends = last_of_each(session_days(curve.ts_ns, timezone))
    marks = curve.equity[ends]
    if ends.size == 0:
        return Returns(curve.ts_ns[:0], marks)
    first = slice(0, int(ends[0]) + 1)
    if marks[0] != curve.start_equity or bool(curve.exposed[first].any()):
        return Returns(curve.ts_ns[ends], changes(np.concatenate(([curve.start_equity], marks))))
    return Returns(curve.ts_ns[ends[1:]], changes(marks))


def closing_returns(curve: Curve, timezone: str = "UTC") -> Returns:
    """Returns between closing marks alone, as libraries that know only the curve see them."""
    ends = last_of_each(session_days(curve.ts_ns, timezone))
    return Returns(curve.ts_ns[ends[1:]], changes(curve.equity[ends]))


def periods_per_year(ts_ns: Ints, timezone: str = "UTC") -> int:
    """Sessions a year: 365 where data trade on Saturdays as on Fridays, else 252; fewer for weekly and rarer bars."""
    days = session_days(ts_ns, timezone)
    sessions = days[last_of_each(days)]
    if sessions.size < 2:
        return SESSIONS_PER_YEAR
    spacing_days = float(np.median(np.diff(sessions)))
    for at_least, periods in SPARSE_PERIODS:
        if spacing_days >= at_least:
            return periods
    weekday = (sessions + EPOCH_WEEKDAY) % 7
    saturdays, fridays = (int((weekday == day).sum()) for day in (SATURDAY, SATURDAY - 1))
    return DAYS_PER_YEAR if saturdays and 2 * saturdays >= fridays else SESSIONS_PER_YEAR


def aligned(returns: Returns, benchmark: Returns) -> tuple[Floats, Floats]:
    """Both series on the times they share; times must not repeat."""
    _, left, right = np.intersect1d(returns.ts_ns, benchmark.ts_ns, assume_unique=True, return_indices=True)
    return returns.values[left], benchmark.values[right]


def _utc_offsets(first_ns: int, last_ns: int, timezone: str) -> tuple[Ints, list[int]]:
    """Times at which the UTC offset changes between two times, and the offsets before, between and after them, in ns.

    Looks once a week and then bisects to the second: no zone keeps an offset for less than a week.
    """
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UsageError(
            f"timezone {timezone!r} is unknown here; give a name such as America/New_York or UTC"
        ) from error

    def offset_s(at_s: int) -> int:
        offset = (EPOCH + timedelta(seconds=at_s)).astimezone(zone).utcoffset()
        assert offset is not None
        return round(offset.total_seconds())

    last_s = last_ns // NS_PER_SECOND
    at = first_ns // NS_PER_SECOND
    offset = offset_s(at)
    moments: list[int] = []
    offsets = [offset * NS_PER_SECOND]
    while at < last_s:
        ahead = min(at + 7 * 86_400, last_s)
        if offset_s(ahead) != offset:
            before = at
            while ahead - before > 1:
                middle = (before + ahead) // 2
                before, ahead = (middle, ahead) if offset_s(middle) == offset else (before, middle)
            offset = offset_s(ahead)
            moments.append(ahead * NS_PER_SECOND)
            offsets.append(offset * NS_PER_SECOND)
        at = ahead
    return np.array(moments, dtype=np.int64), offsets
