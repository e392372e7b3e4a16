"""What a table of one symbol holds, in figures. Nothing is judged: what rules of `data.clean` find is only counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from tradetui.data.clean.registry import rules_for
from tradetui.data.clean.rules import Settings, Table
from tradetui.data.clean.run import check
from tradetui.data.describe_days import Day, Gaps, days_of, gaps_of, local_days, sessions_of
from tradetui.engine.errors import DataError
from tradetui.engine.market.bars import Float64, Int64
from tradetui.engine.model.instrument import NANOS_PER_UNIT

if TYPE_CHECKING:
    pass

CLOSES_MAX = 120  # of a sparkline, more than two to a cell of a terminal of 80 columns
TYPICAL_QUANTILE = 0.5


class Extreme(msgspec.Struct, frozen=True):
    """A return and the row it ends at."""

    value: float
    ts_ns: int


class Description(msgspec.Struct, frozen=True):
    """The quality report of one symbol. Prices are in units; of quotes they are the middle of bid and ask.

    `interval_ns` is 0 where rows are no bars. `typical_rows` is what a whole day has without a calendar: the median.
    `faults` counts what each rule of `tradetui data check` finds, rules that find nothing left out.
    """

    source: str
    kind: str
    symbol: str
    rows: int
    first_ns: int
    last_ns: int
    interval_ns: int
    timezone: str
    calendar: str
    gaps: Gaps | None
    zero_volume: int | None
    unknown_volume: int | None
    repeated_times: int
    low: float | None
    high: float | None
    first_price: float | None
    last_price: float | None
    worst_return: Extreme | None
    best_return: Extreme | None
    return_deviation: float | None
    typical_rows: int
    days: tuple[Day, ...]
    closes: tuple[float, ...]
    faults: dict[str, int]


def describe(table: Table, source: str, settings: Settings) -> list[Description]:
    """One description a symbol, by symbol. `settings` names the calendar, if any, and the zone whose days count.

    Raises UsageError for an unknown zone or calendar, DataError for rows that all lack a time.
    """
    parts = table.frame.partition_by("symbol", maintain_order=True)
    found = [_of_symbol(Table(table.kind, part, table.interval_ns), source, settings) for part in parts]
    return sorted(found, key=lambda one: one.symbol)


def _of_symbol(table: Table, source: str, settings: Settings) -> Description:
    ts = np.sort(table.frame["ts_ns"].drop_nulls().to_numpy())
    if not len(ts):
        raise DataError(source, None, "no row has a time", "at least one row with a time")
    interval = table.interval_ns if table.kind == "bars" else 0
    sessions = sessions_of(settings.calendar, ts)
    day_of_row = local_days(ts, settings.timezone)
    prices, times = _prices(table)
    volume = table.frame["volume"].to_numpy() if table.kind == "bars" else None
    changes, ends = _returns(prices, times)
    days = days_of(ts, day_of_row, interval, sessions)
    counts = [day.rows for day in days if day.rows]
    report = check(table, rules_for(table.kind), settings, source)
    return Description(
        source=source,
        kind=table.kind,
        symbol=str(table.frame["symbol"][0]),
        rows=len(table.frame),
        first_ns=int(ts[0]),
        last_ns=int(ts[-1]),
        interval_ns=interval,
        timezone=settings.timezone,
        calendar=settings.calendar,
        gaps=gaps_of(ts, day_of_row, interval, sessions) if interval else None,
        zero_volume=None if volume is None else int((volume == 0).sum()),
        unknown_volume=None if volume is None else int(np.isnan(volume).sum()),
        repeated_times=int((np.diff(ts) == 0).sum()),
        low=float(_lowest(table, prices)) if len(prices) else None,
        high=float(_highest(table, prices)) if len(prices) else None,
        first_price=float(prices[0]) if len(prices) else None,
        last_price=float(prices[-1]) if len(prices) else None,
        worst_return=_extreme(changes, ends, np.argmin),
        best_return=_extreme(changes, ends, np.argmax),
        return_deviation=float(changes.std(ddof=1)) if len(changes) > 1 else None,
        typical_rows=int(np.quantile(counts, TYPICAL_QUANTILE)) if counts else 0,
        days=days,
        closes=_thinned(prices),
        faults={result.rule: result.found for result in report.results if result.found},
    )


def _prices(table: Table) -> tuple[Float64, Int64]:
    """The price of each row that has one, in units and in the order of time, and the rows' times."""
    import polars as pl

    if table.kind == "quotes":
        two_sided = (pl.col("bid") > 0) & (pl.col("ask") > 0)
        price = pl.when(two_sided).then((pl.col("bid") + pl.col("ask")) / 2).otherwise(None)
    else:
        price = pl.col("close" if table.kind == "bars" else "price")
    rows = table.frame.select("ts_ns", price=price.cast(pl.Float64)).drop_nulls().filter(pl.col("price") > 0)
    rows = rows.sort("ts_ns", maintain_order=True)
    return rows["price"].to_numpy() / NANOS_PER_UNIT, rows["ts_ns"].to_numpy()


def _lowest(table: Table, prices: Float64) -> float:
    if table.kind != "bars":
        return float(prices.min())
    low = table.frame["low"].drop_nulls()
    return float(low.filter(low > 0).cast(float).min() or 0.0) / NANOS_PER_UNIT  # type: ignore[arg-type]


def _highest(table: Table, prices: Float64) -> float:
    if table.kind != "bars":
        return float(prices.max())
    return float(table.frame["high"].cast(float).max() or 0.0) / NANOS_PER_UNIT  # type: ignore[arg-type]


def _returns(prices: Float64, times: Int64) -> tuple[Float64, Int64]:
    changes = prices[1:] / prices[:-1] - 1.0 if len(prices) > 1 else np.empty(0)
    return changes, times[1:]


def _extreme(changes: Float64, ends: Int64, pick: object) -> Extreme | None:
    if not len(changes):
        return None
    row = int(pick(changes))  # type: ignore[operator]
    return Extreme(float(changes[row]), int(ends[row]))


def _thinned(prices: Float64) -> tuple[float, ...]:
    """At most `CLOSES_MAX` prices at even distances, the first and the last among them."""
    if len(prices) <= CLOSES_MAX:
        return tuple(prices.tolist())
    rows = np.linspace(0, len(prices) - 1, CLOSES_MAX).round().astype(np.intp)
    return tuple(prices[rows].tolist())
