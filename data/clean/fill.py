"""Bars added where one is missing, at the last close and without volume, each marked as added."""

from __future__ import annotations

import numpy as np
import polars as pl

from tradetui.data.clean.bars import local_days
from tradetui.data.clean.rules import Found, Mended, Rule, Settings, Table, absent, times_of
from tradetui.data.times import DAY_NS
from tradetui.engine.market.bars import Int64


def fill_rows(before: Int64, after: Int64, interval_ns: int, bars_max: int) -> Int64:
    """The starts of the bars that are missing in holes of at most `bars_max` bars."""
    counts = (after - before) // interval_ns - 1
    counts[counts > bars_max] = 0
    first = np.repeat(before, counts)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    filled: Int64 = first + (place + 1) * interval_ns
    return filled


def _to_fill(table: Table, settings: Settings) -> Found:
    return absent(sum(len(part) for part in _missing_starts(table, settings).values()))


def _missing_starts(table: Table, settings: Settings) -> dict[int, Int64]:
    """By symbol, the starts of bars missing inside days, and inside sessions where a calendar is named."""
    found: dict[int, Int64] = {}
    if not 0 < table.interval_ns < DAY_NS:
        return found
    ts, codes = times_of(table), table.codes()
    for code in np.unique(codes):
        times = np.unique(ts[codes == code])
        holes = np.flatnonzero(np.diff(times) > table.interval_ns)
        before, after = times[holes], times[holes + 1]
        if not settings.calendar:
            inside = local_days(before, settings.timezone) == local_days(after, settings.timezone)
            before, after = before[inside], after[inside]
        starts = fill_rows(before, after, table.interval_ns, settings.fill_bars_max)
        if settings.calendar and len(starts):
            from tradetui.data.calendars import in_sessions

            starts = starts[in_sessions(settings.calendar, starts)]
        if len(starts):
            found[int(code)] = starts
    return found


def _fill(table: Table, _: Found, settings: Settings) -> Mended:
    frame = table.frame.with_columns(filled=pl.lit(value=False))
    parts = [frame]
    kind = frame.schema["symbol"]
    assert isinstance(kind, pl.Enum)
    for code, starts in _missing_starts(table, settings).items():
        symbol = pl.Series(kind.categories, dtype=kind).gather(np.full(len(starts), code, np.uint32))
        own = frame if table.one_symbol else frame.filter(pl.Series(table.codes() == code))
        own = own.sort("ts_ns", maintain_order=True)  # the rule that sorts may have been left out
        ts = own["ts_ns"].to_numpy()
        close = own["close"].gather(np.searchsorted(ts, starts, side="right") - 1)
        made = pl.DataFrame({"ts_ns": starts, "symbol": symbol, "volume": np.zeros(len(starts)), "filled": True})
        parts.append(made.with_columns(close.alias(name) for name in ("open", "high", "low", "close")))
    whole = pl.concat(parts, how="diagonal").sort("ts_ns", "symbol", maintain_order=True)
    return Mended(whole.select(frame.columns), added=len(whole) - len(frame))


FILL_RULES = (
    Rule("fill", ("bars",), "a bar missing inside a day (of a calendar: inside a session), in holes of at most "
         "fill_bars_max", "adds it at the last close without volume, marked in the column filled", _to_fill, _fill),
)  # fmt: skip
