"""New rows joined to those on disk, and what a vendor now tells differently. Texts are kept as they were given."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tradetui.data.download.part import Span
from tradetui.data.formats import read_bars
from tradetui.data.times import time_text
from tradetui.engine.market.bars import Bars
from tradetui.engine.model.instrument import NANOS_PER_UNIT

if TYPE_CHECKING:
    import polars as pl

TIME = "Datetime"
VALUES = ("Open", "High", "Low", "Close", "Volume")
CLOSE_ABSOLUTE = 6e-10  # prices in Parquet are nanos: half of one, and the error of a double, is no difference
CLOSE_RELATIVE = 1e-15


@dataclass(frozen=True, slots=True)
class Comparison:
    """Bars that both have in the overlap, how many differ (absent on one side included), and the first that does."""

    compared: int
    differing: int
    first: str


def frame_of_csv(content: bytes) -> pl.DataFrame:
    """A raw CSV file as columns of text."""
    import polars as pl

    return pl.read_csv(io.BytesIO(content), infer_schema=False).fill_null("")


def frame_of_bars(path: Path, symbol: str) -> pl.DataFrame:
    """Our Parquet as the same columns of text, exact to the nano."""
    import polars as pl

    bars: Bars = read_bars(path, symbol=symbol)
    prices = zip(VALUES[:4], (bars.open, bars.high, bars.low, bars.close), strict=True)
    columns = {name: [_decimal(value) for value in column.tolist()] for name, column in prices}
    volume = [repr(value) for value in bars.volume.tolist()]
    return pl.DataFrame({TIME: [time_text(ts) for ts in bars.ts_ns.tolist()], **columns, "Volume": volume})


def joined(base: pl.DataFrame | None, part: pl.DataFrame) -> pl.DataFrame:
    """Every time once, in order; where both have one, the base's row stands."""
    import polars as pl

    both = part if base is None else pl.concat([base, part])
    return both.unique(TIME, keep="first", maintain_order=True).sort(TIME)


def compared(base: pl.DataFrame, part: pl.DataFrame, regions: Sequence[Span]) -> Comparison:
    """The two where both were asked for: bars that start in one of the regions."""
    import polars as pl

    inside = pl.lit(False)
    for region in regions:
        first, end = time_text(region.start_ns), time_text(region.stop_ns)
        inside |= (pl.col(TIME) >= first) & (pl.col(TIME) < end)
    ours, theirs = base.filter(inside), part.filter(inside)
    both = ours.join(theirs, on=TIME, how="full", suffix=" now", coalesce=True).sort(TIME)
    wrong = both.filter(pl.any_horizontal([~_same(name) for name in VALUES]))
    first_text = _difference(wrong.row(0, named=True)) if len(wrong) else ""
    return Comparison(len(both), len(wrong), first_text)


def _same(name: str) -> pl.Expr:
    """Equal as text or, the forms of numbers apart, as numbers; a bar that one side lacks is not equal."""
    import polars as pl

    old, new = pl.col(name), pl.col(f"{name} now")
    one, other = old.cast(pl.Float64, strict=False), new.cast(pl.Float64, strict=False)
    near = (one - other).abs() <= CLOSE_ABSOLUTE + CLOSE_RELATIVE * one.abs()
    return ((old == new) | near).fill_null(False)


def _difference(row: dict[str, str | None]) -> str:
    when = row[TIME]
    if row["Open"] is None:
        return f"{when}: a bar that was not there before"
    if row["Open now"] is None:
        return f"{when}: the bar is gone"
    pairs = ((name, row[name], row[f"{name} now"]) for name in VALUES)
    name, old, new = next(pair for pair in pairs if not _equal(pair[1], pair[2]))
    return f"{when}: {name.lower()} was {old}, is {new}"


def _equal(old: str | None, new: str | None) -> bool:
    if old == new:
        return True
    try:
        one, other = float(old or "nan"), float(new or "nan")
    except ValueError:
        return False
    return abs(one - other) <= CLOSE_ABSOLUTE + CLOSE_RELATIVE * abs(one)


def _decimal(nanos: int) -> str:
    whole, fraction = divmod(nanos, NANOS_PER_UNIT)
    return f"{whole}.{fraction:09d}".rstrip("0").rstrip(".")
