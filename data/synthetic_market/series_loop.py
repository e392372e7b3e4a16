"""Compiled loops over series: when things arrive, and how volatile a minute is. Arithmetic only, as in `book_loop`."""

from __future__ import annotations

from typing import Final

import numpy as np

from tradetui.data.synthetic_market.jit import compiled
from tradetui.engine.market.bars import Float64, Int64

CLOCK_DRAWS: Final = 3  # uniform numbers that one arrival uses
BUSY, LEVEL, ELAPSED, MINUTE, LAST_NS = 0, 1, 2, 3, 4  # entries of `clock`
CLOCK_ENTRIES: Final = 5

BURST_STARTS, BURST_ENDS = 0.235, 0.265  # chances at each arrival: bursts of about six, as often as calm stretches
BURST_GAP, CALM_GAP = 0.015, 2.1  # mean gaps in and out of a burst, in units of about one arrival
LEVEL_CHANGES: Final = 0.006  # chance at each arrival that trading as a whole becomes slower or faster
MINUTE_NS: Final = 60 * 10**9


@compiled("float64(float64[:, ::1], float64[::1], float64[::1])")
def arrival_gaps(u: Float64, clock: Float64, gaps: Float64) -> float:
    """Fills `gaps` with times between arrivals in units of activity and gives their sum.

    Bursts and calm stretches alternate and a level drifts behind them, so that durations are over-dispersed and
    remember (Engle, Russell (1998), "Autoregressive conditional duration", Econometrica 66, 1127-1162; arrivals that
    excite arrivals: Bacry, Mastromatteo, Muzy (2015), "Hawkes processes in finance"). A single duration is Lomax with
    exponent 4 and mean 1: longer than exponential in its tail, and made with square roots alone.
    """
    total = 0.0
    for k in range(len(gaps)):
        busy = clock[BUSY] > 0.0
        if u[k, 1] < (BURST_ENDS if busy else BURST_STARTS):
            busy = not busy
            clock[BUSY] = 1.0 if busy else 0.0
        if u[k, 2] < LEVEL_CHANGES:
            x = u[k, 2] / LEVEL_CHANGES
            clock[LEVEL] = 0.25 + 3.0 * x * x * x
        lomax = 3.0 * (1.0 / np.sqrt(np.sqrt(1.0 - u[k, 0])) - 1.0)
        gap = lomax * clock[LEVEL] * (BURST_GAP if busy else CALM_GAP)
        gaps[k] = gap
        total += gap
    return total


@compiled("int64(float64[::1], float64[::1], float64[::1], float64, int64, int64[::1])")
def stamp(gaps: Float64, clock: Float64, activity: Float64, scale: float, open_ns: int, times: Int64) -> int:
    """Turns gaps into distinct rising times, UTC nanoseconds; gives how many fall into the session.

    `activity` is the cumulated activity at each minute's start and the session's end, from 0 to 1; `scale` turns a gap
    into a share of it.
    """
    minutes = len(activity) - 1
    minute, elapsed, last = int(clock[MINUTE]), clock[ELAPSED], int(clock[LAST_NS])
    count = 0
    for k in range(len(gaps)):
        elapsed += gaps[k] * scale
        while minute < minutes and elapsed >= activity[minute + 1]:
            minute += 1
        if minute >= minutes:
            break
        part = (elapsed - activity[minute]) / (activity[minute + 1] - activity[minute])
        last = max(last + 1, minute * MINUTE_NS + int(part * MINUTE_NS))
        if last >= minutes * MINUTE_NS:
            break
        times[k] = open_ns + last
        count += 1
    clock[MINUTE], clock[ELAPSED], clock[LAST_NS] = float(minute), elapsed, float(last)
    return count


@compiled("int64(float64[::1], float64, float64, float64)")
def remember(values: Float64, memory: float, news: float, start: float) -> int:
    """Makes noise into a first-order autoregression in place: x = memory * x + news * noise."""
    x = start
    for k in range(len(values)):
        x = memory * x + news * values[k]
        values[k] = x
    return len(values)
