"""Sessions of exchanges: when they open and close, early and late. Knows no data; needs the extra `calendar`."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tradetui.data.times import DAY_NS, EPOCH
from tradetui.engine.errors import UsageError
from tradetui.engine.market.bars import Int64

if TYPE_CHECKING:
    Flags = npt.NDArray[np.bool_]

CALENDARS_HELD = 8
YEAR_OF_ZONES = 2020  # any: the zone of an exchange does not change


@dataclass(frozen=True, slots=True, eq=False)
class Sessions:
    """Sessions in order, by their date (days since 1970). Opens and closes are UTC; a break is [close, open) inside."""

    timezone: str
    day: Int64
    open_ns: Int64
    close_ns: Int64
    early_close: Flags
    late_open: Flags
    break_start_ns: Int64  # the close where there is none
    break_end_ns: Int64

    def __len__(self) -> int:
        return len(self.day)

    def date_of(self, index: int) -> date:
        """The date of one session."""
        return date.fromordinal(EPOCH.toordinal() + int(self.day[index]))

    def starts(self, interval_ns: int) -> Int64:
        """The starts of all bars of an interval that lie in sessions, breaks left out."""
        counts = -((self.open_ns - self.close_ns) // interval_ns)
        place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        starts: Int64 = np.repeat(self.open_ns, counts) + place * interval_ns
        pause, resume = np.repeat(self.break_start_ns, counts), np.repeat(self.break_end_ns, counts)
        return starts[(starts < pause) | (starts >= resume)]

    def holding(self, ts_ns: Int64) -> npt.NDArray[np.intp]:
        """For each instant the session that is open then; -1 outside."""
        if not len(self):
            return np.full(len(ts_ns), -1, np.intp)
        index = np.searchsorted(self.open_ns, ts_ns, side="right") - 1
        inside = (index >= 0) & (ts_ns < self.close_ns[index])
        inside &= (ts_ns < self.break_start_ns[index]) | (ts_ns >= self.break_end_ns[index])
        return np.where(inside, index, -1)


def sessions_between(calendar: str, first: date, last: date) -> Sessions:
    """The sessions of an exchange (XNYS, CMES, XLON, ...) from one date to another, both included.

    Raises UsageError for an unknown calendar, or if the library of calendars is not installed.
    """
    whole = _calendar(calendar, first.year, last.year)
    epoch = EPOCH.toordinal()
    rows = slice(
        int(np.searchsorted(whole.day, first.toordinal() - epoch)),
        int(np.searchsorted(whole.day, last.toordinal() - epoch, side="right")),
    )
    return Sessions(
        whole.timezone,
        whole.day[rows],
        whole.open_ns[rows],
        whole.close_ns[rows],
        whole.early_close[rows],
        whole.late_open[rows],
        whole.break_start_ns[rows],
        whole.break_end_ns[rows],
    )


def sessions_over(calendar: str, first_ns: int, last_ns: int) -> Sessions:
    """The sessions whose dates can hold any instant of a span."""
    epoch = EPOCH.toordinal()
    return sessions_between(
        calendar,
        date.fromordinal(epoch + first_ns // DAY_NS - 1),
        date.fromordinal(epoch + last_ns // DAY_NS + 1),
    )


def in_sessions(calendar: str, ts_ns: Int64) -> Flags:
    """Whether each instant lies in a session of the exchange."""
    if not len(ts_ns):
        return np.zeros(0, np.bool_)
    return sessions_over(calendar, int(ts_ns.min()), int(ts_ns.max())).holding(ts_ns) >= 0


def timezone_of(calendar: str) -> str:
    """The time zone of an exchange."""
    return _calendar(calendar, YEAR_OF_ZONES, YEAR_OF_ZONES).timezone


@lru_cache(maxsize=CALENDARS_HELD)
def _calendar(name: str, first_year: int, last_year: int) -> Sessions:
    try:
        import exchange_calendars
    except ImportError:
        raise UsageError(
            f"calendar {name!r}: exchange calendars are not installed; add them with: pip install 'tradetui[calendar]'"
        ) from None
    known = exchange_calendars.get_calendar_names()
    if name not in known:
        import difflib

        near = difflib.get_close_matches(name.upper(), known, 3)
        meant = f"did you mean {' or '.join(near)}?" if near else "use a market's code, as XNYS, XNAS, CMES or XLON"
        raise UsageError(f"there is no calendar {name!r}; {meant}")
    start, end = f"{first_year}-01-01", f"{last_year}-12-31"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library's words to pandas are nothing that a user could mend
            found: Any = exchange_calendars.get_calendar(name, start=start, end=end)
    except ValueError as error:
        raise UsageError(f"calendar {name}: {str(error).splitlines()[0]}") from error
    schedule = found.schedule
    opens, closes = _ns(schedule["open"]), _ns(schedule["close"])
    pause, resume = schedule["break_start"], schedule["break_end"]
    without = pause.isna().to_numpy()
    return Sessions(
        str(found.tz),
        _ns(schedule.index) // DAY_NS,
        opens,
        closes,
        np.asarray(schedule.index.isin(found.early_closes)),
        np.asarray(schedule.index.isin(found.late_opens)),
        np.where(without, closes, _ns(pause.fillna(schedule["close"]))),
        np.where(without, closes, _ns(resume.fillna(schedule["close"]))),
    )


def _ns(times: Any) -> Int64:
    """UTC nanoseconds of the library's times, whatever their unit."""
    in_ns = times.as_unit("ns") if hasattr(times, "as_unit") else times.dt.as_unit("ns")
    return np.asarray(in_ns.astype("int64"), np.int64)
