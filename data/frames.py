"""Bars as a Polars table in the layout of data/schemas/bars.json, and back. No file is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tradetui.engine.market.bars import Bars

if TYPE_CHECKING:
    import polars as pl

BAR_COLUMNS = ("ts_ns", "symbol", "open", "high", "low", "close", "volume")


def divided(values: pl.Expr, by: int) -> pl.Expr:
    """A column divided by a number, correctly rounded.

    Polars multiplies by the reciprocal of a constant, so that 30e9 / 1e9 is 30.000000000000004; by a column it divides.
    """
    import polars as pl

    column = pl.int_range(pl.len()) * 0 + by
    return values.cast(pl.Float64) / column.cast(pl.Float64)


def frame_of_bars(bars: Bars) -> pl.DataFrame:
    """One row a bar; the categories of `symbol` are exactly `bars.symbols`."""
    import polars as pl

    prices = {name: getattr(bars, name) for name in ("open", "high", "low", "close")}
    symbol = pl.Series("symbol", bars.symbols, dtype=pl.Enum(bars.symbols)).gather(bars.symbol)
    return pl.DataFrame({"ts_ns": bars.ts_ns, "symbol": symbol, **prices, "volume": bars.volume})


def bars_of_frame(frame: pl.DataFrame, interval_ns: int) -> Bars:
    """Bars of a table in the layout, by time and ties by symbol; symbols without a row are left out."""
    import polars as pl

    present = frame["symbol"].cast(pl.String).unique(maintain_order=True).to_list()
    kind = frame.schema["symbol"]
    if isinstance(kind, pl.Enum):
        present = [name for name in kind.categories.to_list() if name in set(present)]
    codes = frame["symbol"].cast(pl.String).cast(pl.Enum(present)).to_physical().to_numpy().astype(np.int32)
    ts = frame["ts_ns"].to_numpy()
    order = np.lexsort((codes, ts)) if len(present) > 1 else slice(None)
    columns = [np.ascontiguousarray(frame[name].to_numpy()[order]) for name in BAR_COLUMNS[2:]]
    return Bars(
        tuple(present),
        codes[order],
        np.ascontiguousarray(ts[order]),
        columns[0],
        columns[1],
        columns[2],
        columns[3],
        columns[4],
        interval_ns,
    )
