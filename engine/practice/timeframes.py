"""Lengths of bars as the protocol names them, and the buckets that rows fall into. Days of stocks are New York's."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tradetui.engine.market.bars import Int64
from tradetui.engine.practice.wire import DAY_NS, EPOCH, NEW_YORK, NS_PER_S, ns_of

MINUTE_NS, HOUR_NS = 60 * NS_PER_S, 3_600 * NS_PER_S
_PATTERN = re.compile(r"(\d{0,2})(Min|T|Hour|H|Day|D|Week|W|Month|M)")
_UNITS = {"T": "Min", "H": "Hour", "D": "Day", "W": "Week", "M": "Month"}
_COUNTS = {"Min": range(1, 60), "Hour": range(1, 24), "Day": (1,), "Week": (1,), "Month": (1, 2, 3, 4, 6, 12)}


class Timeframe(NamedTuple):
    """So many of a unit."""

    number: int
    unit: str

    @property
    def intraday(self) -> bool:
        """Whether it is shorter than a day."""
        return self.unit in ("Min", "Hour")


def read_timeframe(text: str) -> Timeframe | None:
    """`1Min`, `15T`, `1Day`, ...; None for what the protocol does not have."""
    match = _PATTERN.fullmatch(text)
    if match is None:
        return None
    unit = _UNITS.get(match[2], match[2])
    count = int(match[1] or 1)
    return Timeframe(count, unit) if count in _COUNTS[unit] else None


def buckets(ts_ns: Int64, frame: Timeframe, local_days: bool) -> Int64:
    """The start of the bar that each instant belongs to."""
    if frame.intraday:
        step = frame.number * (MINUTE_NS if frame.unit == "Min" else HOUR_NS)
        return ts_ns // step * step
    days, place = _days(ts_ns, local_days)
    starts = np.array([_start(date.fromordinal(int(d)), frame, local_days) for d in days], np.int64)
    return starts[place] if len(starts) else ts_ns


def _days(ts_ns: Int64, local: bool) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.intp]]:
    epoch = EPOCH.toordinal()
    hours, back = np.unique(ts_ns // HOUR_NS, return_inverse=True)  # few: the zone is asked once an hour
    offsets = np.zeros(len(hours), np.int64)
    if local:
        moments = [EPOCH + timedelta(hours=int(hour)) for hour in hours]
        offsets = np.array([_offset_ns(moment) for moment in moments], np.int64)
    days, place = np.unique((ts_ns + offsets[back]) // DAY_NS + epoch, return_inverse=True)
    return days, place


def _offset_ns(moment: datetime) -> int:
    offset = moment.astimezone(NEW_YORK).utcoffset()
    return 0 if offset is None else int(offset.total_seconds()) * NS_PER_S


def _start(day: date, frame: Timeframe, local: bool) -> int:
    if frame.unit == "Week":
        day -= timedelta(days=day.weekday())
    elif frame.unit == "Month":
        day = day.replace(month=(day.month - 1) // frame.number * frame.number + 1, day=1)
    return ns_of(datetime.combine(day, time(), NEW_YORK if local else EPOCH.tzinfo))
