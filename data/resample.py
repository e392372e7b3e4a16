"""Bars from trades and bars from shorter bars, cut by the clock of a time zone or into the sessions of an exchange.

Tables are in the layouts of data/schemas: times in UTC nanoseconds, prices in nanos, so that nothing is rounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import TypeVar

import polars as pl

from tradetui.data.frames import divided
from tradetui.data.times import zone
from tradetui.engine.errors import UsageError
from tradetui.engine.model.instrument import NANOS_PER_UNIT

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)

SECOND_NS = 10**9
DAY_NS = 86_400 * SECOND_NS
UNITS_NS = {"s": SECOND_NS, "min": 60 * SECOND_NS, "h": 3_600 * SECOND_NS, "d": DAY_NS}
_EVERY = re.compile(r"([1-9]\d{0,5})(s|min|h|d)")
UTC_NAMES = ("UTC", "Etc/UTC")
EVERY_TEXT = "a whole number of s, min, h, or 1d, that divides a day: 1min, 5min, 30min, 1h, 1d"


@dataclass(frozen=True, slots=True)
class Clock:
    """Whose clock cuts the bars. A day begins at `day_start`; a later one than midnight counts to the next date.

    `zone("America/Chicago"), day_start 17:00` is CME's trading day: Sunday evening belongs to Monday.
    """

    timezone: str = "UTC"
    day_start: time = time(0)


UTC_CLOCK = Clock()


def interval_ns(every: str) -> int:
    """Length of a bar written as 30s, 1min, 4h or 1d; UsageError for one that does not divide a day."""
    match = _EVERY.fullmatch(every)
    length = int(match[1]) * UNITS_NS[match[2]] if match else 0
    if not length or DAY_NS % length:
        raise UsageError(f"bar length {every!r} is not understood: expected {EVERY_TEXT}")
    return length


def bars_from_trades(trades: Frame, every: str, clock: Clock = UTC_CLOCK) -> Frame:
    """Bars of trades: first, highest, lowest and last price in the order of the rows, and what was traded.

    Takes `ts_ns`, `symbol`, `price` and `size` in nanos. Gives the layout of bars with `trades`, their number, and
    `vwap`, a float in units; an interval without a trade has no bar. Every row counts: leave out beforehand what
    should not. Sums are exact. With "1d" there is also `session`, the date.
    """
    price, size = pl.col("price").cast(pl.Int128), pl.col("size").cast(pl.Int128)
    vwap = pl.when(pl.col("volume") > 0).then(pl.col("vwap").cast(pl.Float64) / pl.col("volume").cast(pl.Float64))
    bars = _grouped(
        trades,
        every,
        clock,
        [
            pl.col("price").first().alias("open"),
            pl.col("price").max().alias("high"),
            pl.col("price").min().alias("low"),
            pl.col("price").last().alias("close"),
            size.sum().alias("volume"),
            pl.len().alias("trades"),
            (price * size).sum().alias("vwap"),
        ],
    )
    return bars.with_columns(
        divided(pl.col("volume"), NANOS_PER_UNIT).alias("volume"), divided(vwap, NANOS_PER_UNIT).alias("vwap")
    )


def bars_from_bars(bars: Frame, every: str, clock: Clock = UTC_CLOCK) -> Frame:
    """Longer bars of shorter ones, which must be stamped at their start: see `start_stamped`.

    Gives the layout of bars with `bars`, the number of bars in each. A volume that is not known in one of them is not
    known in their sum (NaN). With "1d" there is also `session`, the date, and a bar starts when its day does.
    """
    return _grouped(
        bars,
        every,
        clock,
        [
            pl.col("open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.col("volume").sum(),
            pl.len().alias("bars"),
        ],
    )


def start_stamped(bars: Frame, length_ns: int) -> Frame:
    """Bars that were stamped at their end, moved to their start."""
    return bars.with_columns(pl.col("ts_ns") - length_ns)


def in_session(opens: time, closes: time, timezone: str) -> pl.Expr:
    """Whether a row of `ts_ns` lies in a session's hours, `opens` included, `closes` not; over midnight if it closes
    earlier than it opens. For `filter`."""
    wall = _local(pl.col("ts_ns"), timezone).dt.time()
    if opens < closes:
        return (wall >= opens) & (wall < closes)
    return (wall >= opens) | (wall < closes)


def session_date(clock: Clock) -> pl.Expr:
    """The date of the trading day that a row of `ts_ns` belongs to, as `session`."""
    wall = _wall_ns(pl.col("ts_ns"), clock.timezone) + _ahead_ns(clock)
    return pl.from_epoch(wall, time_unit="ns").dt.date().alias("session")


def _grouped(frame: Frame, every: str, clock: Clock, columns: list[pl.Expr]) -> Frame:
    length = interval_ns(every)
    zone(clock.timezone)
    daily = length == DAY_NS
    keys = ["symbol", "ts_ns", "session"] if daily else ["symbol", "ts_ns"]
    started = _with_start(frame, length, clock.timezone, _ahead_ns(clock) if daily else 0)
    grouped = started.group_by(keys, maintain_order=True).agg(columns)
    return grouped.sort("ts_ns", maintain_order=True).select("ts_ns", "symbol", pl.exclude("ts_ns", "symbol"))


def _with_start(frame: Frame, length: int, timezone: str, ahead: int) -> Frame:
    """The rows with `ts_ns` moved to the instant at which their bin began on the wall clock, and its date as `session`.

    That holds also where the clock changed within the bin. Hours that it shows twice are two bins of an hour, and one
    longer bin where bins are longer.
    """
    ts, begin, guess = pl.col("ts_ns"), pl.col("_begin"), pl.col("_guess")
    seen = frame.with_columns(_wall_ns(ts, timezone).alias("_wall"))
    inside = (pl.col("_wall") + ahead) % length
    guessed = seen.with_columns((pl.col("_wall") - inside).alias("_begin"), (ts - inside).alias("_guess"))
    instant = guess if timezone in UTC_NAMES else guess + (begin - _wall_ns(guess, timezone))
    date = pl.from_epoch(begin + ahead, time_unit="ns").dt.date()
    return guessed.with_columns(instant.alias("ts_ns"), date.alias("session"))


def _ahead_ns(clock: Clock) -> int:
    """How far the trading day runs ahead of the date."""
    start = clock.day_start
    seconds = (start.hour * 60 + start.minute) * 60 + start.second
    return (86_400 - seconds) * SECOND_NS if seconds else 0


def _wall_ns(ts: pl.Expr, timezone: str) -> pl.Expr:
    """What the wall clock shows, as nanoseconds as if it were UTC."""
    return ts if timezone in UTC_NAMES else _local(ts, timezone).dt.replace_time_zone(None).dt.epoch("ns")


def _local(ts: pl.Expr, timezone: str) -> pl.Expr:
    return pl.from_epoch(ts, time_unit="ns").dt.replace_time_zone("UTC").dt.convert_time_zone(timezone)
