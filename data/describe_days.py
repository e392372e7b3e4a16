"""Which days and bars are there and which are not: gaps, coverage, and what a calendar misses."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from tradetui.data.times import DAY_NS, EPOCH, zone
from tradetui.engine.market.bars import Int64

if TYPE_CHECKING:
    from tradetui.data.calendars import Sessions


class Day(msgspec.Struct, frozen=True):
    """One date: rows that are there, and how many are expected; 0 expected on a day on which nothing need be."""

    date: date
    rows: int
    expected: int


class Gaps(msgspec.Struct, frozen=True):
    """Steps between neighbouring bars that are longer than one; `missing` bars only where a calendar says so."""

    count: int
    within_days: int
    longest_ns: int
    longest_from_ns: int
    missing: int | None


def sessions_of(calendar: str, ts: Int64) -> Sessions | None:
    """The sessions that rising times span; None without a calendar."""
    if not calendar:
        return None
    from tradetui.data.calendars import sessions_over

    return sessions_over(calendar, int(ts[0]), int(ts[-1]))


def local_days(ts: Int64, timezone: str) -> Int64:
    """Days since 1970 by the wall clock of a zone."""
    import polars as pl

    zone(timezone)
    times = pl.Series("ts", ts).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC")
    days: Int64 = times.dt.convert_time_zone(timezone).dt.date().to_physical().cast(pl.Int64).to_numpy()
    return days


def gaps_of(ts: Int64, day_of_row: Int64, interval: int, sessions: Sessions | None) -> Gaps:
    """The gaps of rising times, some of them in one day, and the bars that a calendar misses."""
    steps = np.diff(ts)
    long = steps > interval
    longest = int(np.argmax(steps)) if len(steps) else 0
    same_day = day_of_row[1:] == day_of_row[:-1]
    return Gaps(
        count=int(long.sum()),
        within_days=int((long & same_day).sum()),
        longest_ns=int(steps[longest]) if long.any() else 0,
        longest_from_ns=int(ts[longest]),
        missing=None if sessions is None else _missing(ts, interval, sessions),
    )


def _missing(ts: Int64, interval: int, sessions: Sessions) -> int:
    """Bars that the calendar's sessions have between the first row and the last, and the table has not."""
    if interval >= DAY_NS:
        present = np.unique(ts // DAY_NS)
        wanted = sessions.day[(sessions.day >= present[0]) & (sessions.day <= present[-1])]
        return int((~np.isin(wanted, present)).sum())
    starts = sessions.starts(interval)
    starts = starts[(starts >= ts[0]) & (starts <= ts[-1])]
    return int((~np.isin(starts, ts)).sum())


def days_of(ts: Int64, day_of_row: Int64, interval: int, sessions: Sessions | None) -> tuple[Day, ...]:
    """Every date that has rows or, by the calendar, should have, from the first to the last."""
    if interval >= DAY_NS:
        day_of_row = ts // DAY_NS  # a day's bar is stamped with its date, which a zone would move
    present, counts = np.unique(day_of_row, return_counts=True)
    rows = dict(zip(present.tolist(), counts.tolist(), strict=True))
    expected: dict[int, int] = {}
    if sessions is not None:
        inside = (sessions.day >= present[0]) & (sessions.day <= present[-1])
        bars = np.ones(len(sessions), np.int64)
        if 0 < interval < DAY_NS:
            bars = _bars_of_sessions(sessions, interval)
        expected = dict(zip(sessions.day[inside].tolist(), bars[inside].tolist(), strict=True))
    epoch = EPOCH.toordinal()
    return tuple(
        Day(date.fromordinal(epoch + day), rows.get(day, 0), expected.get(day, 0))
        for day in sorted(rows.keys() | expected.keys())
    )


def _bars_of_sessions(sessions: Sessions, interval: int) -> Int64:
    held: npt.NDArray[np.intp] = sessions.holding(sessions.starts(interval))
    return np.bincount(held, minlength=len(sessions)).astype(np.int64)
