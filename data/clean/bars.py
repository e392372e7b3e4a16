"""Rules about bars: prices that contradict each other, spikes, bars without a trade, gaps and short days."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from tradetui.data.clean.rules import (
    NOTES_MAX,
    Found,
    Mended,
    Rule,
    Settings,
    Table,
    absent,
    found_rows,
    remove,
    times_of,
)
from tradetui.data.times import DAY_NS, time_text
from tradetui.engine.market.bars import Int64

NORMAL_MAD = 1.4826  # standard deviations of a normal distribution in one median absolute deviation
SHORT_DAYS_LEAST = 3  # days from which "as usual" can be told


def _inconsistent(table: Table, _: Settings) -> Found:
    opens, highs, lows, closes = (table.numbers(name) for name in ("open", "high", "low", "close"))
    bad = highs < np.maximum(opens, closes)
    bad |= lows > np.minimum(opens, closes)
    return found_rows(bad)


def _widen(table: Table, found: Found, _: Settings) -> Mended:
    frame = table.frame
    rows = pl.Series(found.rows, dtype=pl.UInt32)
    some = frame[found.rows].select(
        high=pl.max_horizontal("open", "high", "low", "close"), low=pl.min_horizontal("open", "high", "low", "close")
    )
    changed = [frame[name].scatter(rows, some[name]) for name in ("high", "low")]
    return Mended(frame.with_columns(changed), changed=found.rows)


def _negative_volume(table: Table, _: Settings) -> Found:
    return found_rows(table.numbers("volume") < 0)


def _unknown_volume(table: Table, found: Found, _: Settings) -> Mended:
    changed = table.frame["volume"].scatter(pl.Series(found.rows, dtype=pl.UInt32), [float("nan")] * found.count)
    return Mended(table.frame.with_columns(changed), changed=found.rows)


def _no_volume(table: Table, _: Settings) -> Found:
    return found_rows(table.numbers("volume") == 0)


def spikes(prices: npt.NDArray[np.int64], settings: Settings) -> npt.NDArray[np.bool_]:
    """Rows of one symbol whose log return is far out and mostly taken back by the next one.

    Far out is `spike_deviations` robust standard deviations (1.4826 times the median absolute deviation from the
    median), and at least `spike_least`; taken back is `spike_reversal` of it. Ends of a series are never spikes.
    """
    n = len(prices)
    bad = np.zeros(n, np.bool_)
    if n < 3:
        return bad
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(prices.astype(np.float64))
    steps = np.diff(logs)
    steps[~np.isfinite(steps)] = 0.0
    center = np.median(steps)
    limit = max(settings.spike_deviations * NORMAL_MAD * float(np.median(np.abs(steps - center))), settings.spike_least)
    into, out = steps[:-1], steps[1:]
    bad[1:-1] = (np.abs(into) > limit) & (into * out < 0) & (np.abs(out) >= settings.spike_reversal * np.abs(into))
    return bad


def _spikes(table: Table, settings: Settings) -> Found:
    prices, codes = table.numbers("close" if table.kind == "bars" else "price"), table.codes()
    bad = np.zeros(len(prices), np.bool_)
    for code in np.unique(codes):  # each by its own deviation, and against its own neighbours wherever they stand
        rows = np.flatnonzero(codes == code)
        bad[rows] = spikes(prices[rows], settings)
    return found_rows(bad)


def gap_steps(table: Table) -> tuple[Int64, Int64]:
    """The last time before each hole and the first after it, of each symbol's bars in time order."""
    ts, codes = times_of(table), table.codes()
    order = np.lexsort((ts, codes))
    ts, codes = ts[order], codes[order]
    wide = (np.diff(ts) > table.interval_ns) & (np.diff(codes) == 0) & (table.interval_ns > 0)
    holes = np.flatnonzero(wide)
    return ts[holes], ts[holes + 1]


def local_days(ts_ns: Int64, timezone: str) -> Int64:
    """The day number of each instant in a time zone."""
    if timezone == "UTC":
        return ts_ns // DAY_NS
    local = pl.Series(ts_ns).cast(pl.Datetime("ns", "UTC")).dt.convert_time_zone(timezone)
    return local.dt.date().cast(pl.Int32).cast(pl.Int64).to_numpy()


def _gaps(table: Table, _: Settings) -> Found:
    return _told_gaps(*gap_steps(table), table.interval_ns)


def _gaps_inside_days(table: Table, settings: Settings) -> Found:
    before, after = gap_steps(table)
    inside = local_days(before, settings.timezone) == local_days(after, settings.timezone)
    return _told_gaps(before[inside], after[inside], table.interval_ns)


def _told_gaps(before: Int64, after: Int64, interval_ns: int) -> Found:
    notes = [
        f"{time_text(int(one + interval_ns))} to {time_text(int(two))}: {int((two - one) // interval_ns) - 1} bars"
        for one, two in zip(before[:NOTES_MAX], after[:NOTES_MAX], strict=True)
    ]
    return absent(len(before), tuple(notes))


def _short_days(table: Table, settings: Settings) -> Found:
    """Days of intraday bars that end before the usual time of day, the most frequent one."""
    if not 0 < table.interval_ns < DAY_NS or not len(table.frame):
        return absent(0)
    local = pl.from_epoch("ts_ns", time_unit="ns").dt.replace_time_zone("UTC").dt.convert_time_zone(settings.timezone)
    days = (
        table.frame.lazy()
        .group_by("symbol", day=local.dt.date())
        .agg(bars=pl.len(), last=local.max())
        .with_columns(clock=pl.col("last").dt.time())
        .sort("day", "symbol")
        .collect()
    )
    if len(days) < SHORT_DAYS_LEAST:
        return absent(0)
    usual = max(days["clock"].mode().to_list())
    short = days.filter(pl.col("clock") < usual)
    notes = []
    for symbol, day, bars, clock in short.head(NOTES_MAX).select("symbol", "day", "bars", "clock").iter_rows():
        notes.append(f"{symbol} {day}: {bars} bars, the last at {clock:%H:%M}, not {usual:%H:%M}")
    return absent(len(short), tuple(notes))


def _clock_changes(table: Table, settings: Settings) -> Found:
    """Days on which the clocks of the time zone change within the data, with how the first bar moved in UTC."""
    ts = times_of(table)
    if not len(ts) or settings.timezone == "UTC":
        return absent(0)
    hours = np.arange(ts.min(), ts.max() + 1, 3_600 * 10**9)
    local = pl.Series(hours).cast(pl.Datetime("ns", "UTC")).dt.convert_time_zone(settings.timezone)
    offset = (local.dt.base_utc_offset() + local.dt.dst_offset()).dt.total_minutes().to_numpy()
    at = np.flatnonzero(np.diff(offset)) + 1
    notes = [f"{time_text(int(hours[i]))[:10]}: the offset of {settings.timezone} goes from "
             f"{offset[i - 1] / 60:+g} h to {offset[i] / 60:+g} h" for i in at]  # fmt: skip
    return absent(len(at), tuple(notes))


BAR_RULES = (
    Rule("ohlc", ("bars",), "an open or close outside low to high, or a low above the high",
         "widens high and low to hold all four prices", _inconsistent, _widen, default=True),
    Rule("negative_volume", ("bars",), "a volume below zero", "makes it unknown",
         _negative_volume, _unknown_volume, default=True),
    Rule("no_volume", ("bars",), "a bar in which nothing traded", "removes it", _no_volume, remove),
    Rule("spikes", ("bars", "trades"), "a log return beyond spike_deviations robust deviations (and spike_least) of "
         "which the next one takes back spike_reversal", "removes the row", _spikes, remove),
    Rule("gaps", ("bars",), "a step longer than the interval, nights and weekends included", "counts them", _gaps),
    Rule("gaps_inside_days", ("bars",), "a step longer than the interval within one day of the time zone",
         "counts them", _gaps_inside_days),
    Rule("short_days", ("bars",), "a day that ends before the usual time: an early close, or a cut", "counts them",
         _short_days),
    Rule("clock_changes", ("bars",), "a change between summer and winter time within the data", "counts them",
         _clock_changes),
)  # fmt: skip
