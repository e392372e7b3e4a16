"""Rows of a feed gathered into our tables: pieces on disk as they come, one Parquet file a table at the end."""

from __future__ import annotations

import shutil
import tempfile
from array import array
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import polars as pl

from tradetui.data.column_bars import LAYOUT_KEY
from tradetui.data.market_files import DEPTH_LAYOUT, ORDERS_LAYOUT, QUOTES_LAYOUT, TRADES_LAYOUT
from tradetui.engine.errors import DataError

ROWS_IN_MEMORY = 500_000  # of a table, before they become a piece on disk
COMPRESSION_LEVEL = 1  # reads as fast as any, writes three times as fast as level 6
SYMBOLS_MAX = 100_000
LAYOUTS = {"orders": ORDERS_LAYOUT, "depth": DEPTH_LAYOUT, "trades": TRADES_LAYOUT, "quotes": QUOTES_LAYOUT}
# The feed's own time of a row, where `ts_ns` is when it was received or the clock stood still; its own number of the
# message, or of an order event the line of the file.
EXTRAS = ("feed_ts_ns", "feed_id")
COLUMNS = {
    "orders": ("action", "order_id", "side", "price", "size"),
    "depth": ("side", "price", "size"),
    "trades": ("price", "size", "side"),
    "quotes": ("bid", "bid_size", "ask", "ask_size"),
}
NARROW = {"action": pl.Int8, "side": pl.Int8}


Claim = Callable[[Sequence[Path]], None]


class Tables:
    """Takes rows of int64 and writes them; a context that leaves nothing behind unless `finish` was reached."""

    def __init__(self, out: Path, stem: str, claim: Claim | None = None) -> None:
        """Raises DataError where `out` cannot be written. `claim` hears where files are to stand, and may raise."""
        self.out, self.stem, self._claim = out, stem, claim
        self.symbols: dict[str, int] = {}
        self.rows = dict.fromkeys(LAYOUTS, 0)
        self.first_ns, self.last_ns = 0, 0
        self._data = {table: array("q") for table in LAYOUTS}
        self._parts: dict[str, list[Path]] = {table: [] for table in LAYOUTS}
        try:
            out.mkdir(parents=True, exist_ok=True)
            self._work = Path(tempfile.mkdtemp(prefix=f".{stem}.", dir=out))
        except OSError as error:
            raise DataError(out, None, f"it cannot be written ({error.strerror})", "a writable folder") from error

    def __enter__(self) -> Tables:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._work, ignore_errors=True)

    def symbol(self, name: str) -> int:
        """The number of a symbol, the next one for a new name."""
        return self.symbols.setdefault(name, len(self.symbols))

    def order(
        self, ts: int, symbol: int, own_ts: int, own_id: int, action: int, order_id: int, side: int, price: int,
        size: int,
    ) -> None:  # fmt: skip
        """An order event."""
        self._data["orders"].extend((ts, symbol, own_ts, own_id, action, order_id, side, price, size))

    def depth(self, ts: int, symbol: int, own_ts: int, own_id: int, side: int, price: int, size: int) -> None:
        """A level's new size; side 0 clears the book."""
        self._data["depth"].extend((ts, symbol, own_ts, own_id, side, price, size))

    def depth_writer(self) -> Callable[[tuple[int, int, int, int, int, int, int]], None]:
        """What takes the rows of one message, each with the values of `depth`; good until the next `flush`."""
        return self._data["depth"].extend

    def trade(self, ts: int, symbol: int, own_ts: int, own_id: int, price: int, size: int, side: int) -> None:
        """A print; `side` is the aggressor's."""
        self._data["trades"].extend((ts, symbol, own_ts, own_id, price, size, side))

    def quote(
        self, ts: int, symbol: int, own_ts: int, own_id: int, bid: int, bid_size: int, ask: int, ask_size: int
    ) -> None:
        """A best bid and ask."""
        self._data["quotes"].extend((ts, symbol, own_ts, own_id, bid, bid_size, ask, ask_size))

    def flush(self, rows_min: int = ROWS_IN_MEMORY) -> None:
        """Puts tables of at least so many rows on disk; between two blocks of a file."""
        for table, data in self._data.items():
            width = 4 + len(COLUMNS[table])
            if len(data) < max(rows_min, 1) * width:
                continue
            values = np.frombuffer(data, np.int64).reshape(-1, width)
            names = ("ts_ns", "symbol", *EXTRAS, *COLUMNS[table])
            frame = pl.DataFrame({name: np.ascontiguousarray(values[:, k]) for k, name in enumerate(names)})
            part = self._work / f"{table}.{len(self._parts[table])}"
            try:
                frame.write_parquet(part, compression="lz4")
            except OSError as error:
                raise self._not_written(error) from error
            first, last = int(values[0, 0]), int(values[-1, 0])
            self.first_ns = min(self.first_ns or first, first)
            self.last_ns = max(self.last_ns, last)
            self.rows[table] += len(values)
            self._parts[table].append(part)
            self._data[table] = array("q")

    def finish(self, metadata: Mapping[str, str]) -> dict[str, Path]:
        """Writes each table that has rows as `<stem>_<table>.parquet`, all or none, and gives their paths."""
        self.flush(rows_min=1)
        targets = {table: self.out / f"{self.stem}_{table}.parquet" for table, parts in self._parts.items() if parts}
        if self._claim is not None:
            self._claim(list(targets.values()))
        try:
            for table in targets:
                self._join(table, metadata)
            for table, target in targets.items():
                (self._work / table).replace(target)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise self._not_written(error) from error
        return targets

    def _join(self, table: str, metadata: Mapping[str, str]) -> None:
        """One file of all pieces in their order, streamed: never more than some row groups are in memory."""
        lazy = pl.scan_parquet(self._parts[table], glob=False)
        extras = lazy.select(pl.col(name).abs().max() for name in EXTRAS).collect(engine="streaming").row(0)
        absent = [name for name, most in zip(EXTRAS, extras, strict=True) if not most]
        names = list(self.symbols)
        symbol = pl.col("symbol").replace_strict(list(range(len(names))), names, return_dtype=pl.Enum(names))
        made = lazy.drop(absent).with_columns(
            symbol,
            *(pl.col(name).cast(kind) for name, kind in NARROW.items() if name in COLUMNS[table]),
        )
        made.sink_parquet(
            self._work / table,
            compression="zstd",
            compression_level=COMPRESSION_LEVEL,
            metadata={LAYOUT_KEY: LAYOUTS[table], **metadata},
            maintain_order=True,
        )

    def _not_written(self, error: Exception) -> DataError:
        said = getattr(error, "strerror", None) or str(error).splitlines()[0]
        return DataError(self.out, None, f"it cannot be written ({said})", "a writable folder with room")
