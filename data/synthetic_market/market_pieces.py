"""A market's day on disk: pieces written as they are made, then joined into one Parquet file a table."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tradetui.data.column_bars import BARS_LAYOUT, INTERVAL_KEY, LAYOUT_KEY, symbol_column
from tradetui.data.market_files import DEPTH_LAYOUT, ORDERS_LAYOUT, QUOTES_LAYOUT, TRADES_LAYOUT
from tradetui.data.synthetic import MINUTE_NS
from tradetui.data.synthetic_market.market import MarketPiece
from tradetui.engine.errors import DataError
from tradetui.engine.market.tape import OrderEvents

if TYPE_CHECKING:
    import polars as pl

AUCTIONS_LAYOUT = "auctions/1"  # described in data/schemas
COMPRESSION_LEVEL = 1  # reads as fast as any, writes three times as fast as level 6
LAYOUTS = {
    "orders": ORDERS_LAYOUT,
    "auctions": AUCTIONS_LAYOUT,
    "bars": BARS_LAYOUT,
    "quotes": QUOTES_LAYOUT,
    "trades": TRADES_LAYOUT,
    "depth": DEPTH_LAYOUT,
}
COLUMNS = {
    "orders": ("action", "order_id", "side", "price", "size"),
    "auctions": ("auction", "price", "volume", "imbalance"),
    "bars": ("open", "high", "low", "close", "volume"),
    "quotes": ("bid", "bid_size", "ask", "ask_size"),
    "trades": ("price", "size", "side"),
    "depth": ("side", "price", "size"),
}


def day_paths(folder: Path, name: str) -> dict[str, Path]:
    """Where the tables of a day lie; bars, quotes, trades and depth are where `read_session` looks for them."""
    return {table: folder / f"{name}_{table}.parquet" for table in LAYOUTS}


def write_day(pieces: Iterable[MarketPiece], folder: Path, name: str, tell: Callable[[int], None]) -> list[Path]:
    """Writes a day of `Market.play` and gives the paths; `tell` hears the number of order events after each piece.

    The pieces lie in a hidden folder until all are there: an interrupted day leaves no file that looks whole. Raises
    DataError where the folder cannot be written or is full.
    """
    import polars as pl

    paths = day_paths(folder, name)
    work = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=folder))
        count = 0
        for count, piece in enumerate(pieces, 1):
            for table in LAYOUTS:
                _frame(piece, table).write_parquet(_part(work, table, count), compression="lz4")
            tell(len(piece.orders))
        for table, layout in LAYOUTS.items():
            _join([_part(work, table, k) for k in range(1, count + 1)], work / table, layout)
        for table, path in paths.items():
            (work / table).replace(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(folder, None, f"it cannot be written ({error})", "a writable folder with room") from error
    finally:
        if work is not None:
            shutil.rmtree(work, ignore_errors=True)  # what is left of it is hidden and named for the day
    return list(paths.values())


def read_orders(path: Path) -> OrderEvents:
    """The order events that `write_day` wrote, exactly; DataError for a file that is not of that layout."""
    import polars as pl

    try:
        layout = dict(pl.read_parquet_metadata(path)).get(LAYOUT_KEY, "")
        if layout != ORDERS_LAYOUT:
            raise DataError(path, None, f"the layout is {layout or 'not ours'!r}", repr(ORDERS_LAYOUT))
        frame = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(path, None, f"it cannot be read ({error})", f"a Parquet file of {ORDERS_LAYOUT}") from error
    dtype = frame["symbol"].dtype
    assert isinstance(dtype, pl.Enum)
    columns = {column: frame[column].to_numpy() for column in ("ts_ns", *COLUMNS["orders"])}
    return OrderEvents(tuple(dtype.categories), frame["symbol"].to_physical().to_numpy().astype(np.int32), **columns)


def _frame(piece: MarketPiece, name: str) -> pl.DataFrame:
    import polars as pl

    table = getattr(piece if name in ("orders", "auctions") else piece.session, name)
    columns = {column: getattr(table, column) for column in COLUMNS[name]}
    return pl.DataFrame({"ts_ns": table.ts_ns, "symbol": symbol_column(table.symbols, table.symbol), **columns})


def _part(work: Path, table: str, count: int) -> Path:
    return work / f"{table}.{count}"


def _join(parts: list[Path], path: Path, layout: str) -> None:
    """One file of all pieces in their order, streamed: never more than some row groups are in memory."""
    import polars as pl

    metadata = {LAYOUT_KEY: layout}
    if layout == BARS_LAYOUT:
        metadata[INTERVAL_KEY] = str(MINUTE_NS)
    pl.scan_parquet(parts, glob=False).sink_parquet(
        path, compression="zstd", compression_level=COMPRESSION_LEVEL, metadata=metadata, maintain_order=True
    )
