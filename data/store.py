"""A folder of market data in Parquet, cut by symbol and time, of which a question reads only the files it needs."""

from __future__ import annotations

import hashlib
import json
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from tradetui.data.frames import bars_of_frame, frame_of_bars
from tradetui.data.store_entries import Entry, entry_of
from tradetui.data.store_tables import (
    MARKER,
    STORE_LAYOUT,
    SUFFIX,
    SYMBOL_PREFIX,
    Table,
    bars_table,
    symbol_folder,
    symbol_of,
    table_named,
)
from tradetui.data.store_writing import Mode, Staged, commit, complete, complete_alone, discard, sole_writer, stage
from tradetui.data.times import bound_ns
from tradetui.engine.errors import DataError, UsageError
from tradetui.engine.market.bars import Bars

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl

Bound = int | str | None  # nanoseconds UTC, or what --from and --to take


class Store:
    """Tables of bars, trades, quotes and depth below one folder: `TABLE/symbol=NAME/PERIOD.parquet`.

    Every file is in the layout of its table and can be read alone. A write changes all of its files or none, also one
    that is killed: what it began is ended when the store is next opened. Described in data/schemas/store.json.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        _demand_layout(folder)
        complete(folder)

    @staticmethod
    def create(folder: Path) -> Store:
        """The store in that folder, made if there is none; DataError if it cannot be."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            marker = folder / MARKER
            if not marker.exists():
                beside = folder / f".{MARKER}.part"
                beside.write_text(json.dumps({"layout": STORE_LAYOUT}, indent=1) + "\n")
                beside.replace(marker)
        except OSError as error:
            raise DataError(folder, None, f"it cannot be made ({error.strerror})", "a writable folder") from error
        return Store(folder)

    def tables(self) -> list[Table]:
        """The tables that are there, by name."""
        found = [table_named(path.name) for path in sorted(self.folder.iterdir()) if path.is_dir()]
        return [table for table in found if table is not None]

    def symbols(self, table: Table) -> list[str]:
        """The symbols of a table, by name; a folder without a whole file is none."""
        folders = (self.folder / table.name).glob(f"{SYMBOL_PREFIX}*")
        return sorted(symbol_of(folder) for folder in folders if _file_names(folder))

    def write(self, bars: Bars, mode: Mode = "append") -> int:
        """Stores bars and returns how many files changed; the other files are not touched.

        Rows that are there already are left alone. Stored rows that differ, at times from the first to the last new
        row of a symbol and file, are refused when appending and removed when replacing. Everything is written beside
        its place first: a full disk changes nothing.
        """
        return self.write_rows(bars_table(bars.interval_ns), frame_of_bars(bars), mode)

    def write_rows(self, table: Table, rows: pl.DataFrame, mode: Mode = "append") -> int:
        """As `write`, for a table in its layout, whose rows of one symbol are in time order."""
        staged: list[Staged] = []
        with sole_writer(self.folder):
            complete_alone(self.folder)
            try:
                for path, part in _parts(self.folder, table, rows):
                    one = stage(table, path, part, mode)
                    if one is not None:
                        staged.append(one)
            except BaseException:
                discard(staged)
                raise
            commit(self.folder, staged)
        return len(staged)

    def scan(
        self, symbols: Sequence[str] = (), start: Bound = None, stop: Bound = None, table: Table | None = None
    ) -> pl.LazyFrame:
        """The rows of some symbols (all, if none is named) with start <= time < stop, as a lazy table.

        Only files that can hold such rows are in its plan, and of those only the columns that the query uses are
        read. Rows are in time order within each symbol, symbols in the order named. A bare date as `stop` includes
        that day. Raises DataError for a symbol that is not there.
        """
        import polars as pl

        table = table or self.only_bars()
        wanted = tuple(dict.fromkeys(symbols)) or tuple(self.symbols(table))
        first, end = _bound(start, last=False), _bound(stop, last=True)
        paths = [path for symbol in wanted for path in self.files(table, symbol, first, end)]
        schema = table.schema(wanted)
        if not paths:
            return pl.LazyFrame(schema=schema)
        hive = {"symbol": schema["symbol"]}
        rows = pl.scan_parquet(paths, hive_partitioning=True, hive_schema=hive, glob=False).select(*schema)
        if first is not None:
            rows = rows.filter(pl.col("ts_ns") >= first)
        return rows if end is None else rows.filter(pl.col("ts_ns") < end)

    def load(
        self, symbols: Sequence[str] = (), start: Bound = None, stop: Bound = None, table: Table | None = None
    ) -> Bars:
        """The bars that `scan` finds, in time order across symbols."""
        import polars as pl

        table = table or self.only_bars()
        if not table.is_bars:
            raise UsageError(f"{self.folder}: {table.name} are not bars; expected one of {self._bar_names()}")
        try:
            frame = self.scan(symbols, start, stop, table).collect()
        except (OSError, pl.exceptions.PolarsError) as error:
            hint = "A file in it is damaged or not of the store: see `tradetui data list`"
            raise DataError(self.folder, None, f"it cannot be read ({error})", "whole Parquet files", hint) from error
        return bars_of_frame(frame, table.interval_ns)

    def files(self, table: Table, symbol: str, first: int | None = None, end: int | None = None) -> list[Path]:
        """The files of a symbol that can hold rows with first <= time < end, in time order."""
        complete(self.folder)
        folder = self.folder / table.name / symbol_folder(symbol)
        if not folder.is_dir():
            self._refuse_symbol(table, symbol)
        least = "" if first is None else table.period_of(first)
        most = "~" if end is None else table.period_of(end - 1)  # "~" is after every digit
        return [folder / name for name in _file_names(folder) if least <= name.removesuffix(SUFFIX) <= most]

    def entries(self) -> list[Entry]:
        """What is in the store, by table and symbol, read from the files' footers alone."""
        return [
            entry_of(table, symbol, self.files(table, symbol))
            for table in self.tables()
            for symbol in self.symbols(table)
        ]

    def digest(self, table: Table, symbol: str, start: Bound = None, stop: Bound = None) -> str:
        """SHA-256 of the files that a question reads of one symbol, in time order."""
        whole = hashlib.sha256()
        for path in self.files(table, symbol, _bound(start, last=False), _bound(stop, last=True)):
            whole.update(hashlib.sha256(path.read_bytes()).digest())
        return whole.hexdigest()

    def only_bars(self) -> Table:
        """The one table of bars; where there are several the caller must say which."""
        found = [table for table in self.tables() if table.is_bars]
        if len(found) != 1:
            raise UsageError(f"{self.folder}: expected one table of bars, or its name; it has {self._bar_names()}")
        return found[0]

    def _bar_names(self) -> str:
        return ", ".join(table.name for table in self.tables() if table.is_bars) or "none"

    def _refuse_symbol(self, table: Table, symbol: str) -> None:
        known = self.symbols(table)
        near = get_close_matches(symbol, known, 3) or known[:10]
        raise DataError(self.folder / table.name, None, f"there is no symbol {symbol!r}", f"one of {', '.join(near)}")


def is_store(path: Path) -> bool:
    """Whether a folder is a store."""
    return (path / MARKER).is_file()


def bars_by_symbol(folder: Path, symbol: str = "", start: Bound = None, stop: Bound = None) -> list[tuple[Bars, str]]:
    """The bars of each symbol of a store, or of the one named, and the SHA-256 of the files that they are from.

    A symbol without bars between `start` and `stop` is left out. This is how a run reads a store.
    """
    store = Store(folder)
    table = store.only_bars()
    names = [symbol] if symbol else store.symbols(table)
    found = [(store.load([name], start, stop, table), name) for name in names]
    return [(bars, store.digest(table, name, start, stop)) for bars, name in found if len(bars)]


def _parts(folder: Path, table: Table, rows: pl.DataFrame) -> Iterator[tuple[Path, pl.DataFrame]]:
    """The rows of each file, which carry the one symbol of their file."""
    import polars as pl

    for part in rows.partition_by("symbol", maintain_order=True):
        symbol = str(part["symbol"][0])
        part = part.with_columns(pl.col("symbol").cast(pl.String).cast(pl.Enum([symbol])))
        part = part.select(pl.col(name).cast(kind) for name, kind in table.schema((symbol,)).items())
        ts = part["ts_ns"].to_numpy()
        if (ts[1:] < ts[:-1]).any():
            raise DataError(f"rows of {symbol}", None, "they go back in time", "times that do not fall")
        place = folder / table.name / symbol_folder(symbol)
        for start, stop in pairwise([*table.period_starts(ts).tolist(), len(ts)]):
            yield place / (table.period_of(int(ts[start])) + SUFFIX), part.slice(start, stop - start)


def _file_names(folder: Path) -> list[str]:
    """The files of a symbol, in time order; those that are being written begin with a dot."""
    return sorted(path.name for path in folder.iterdir() if path.suffix == SUFFIX and path.name[0] != ".")


def _bound(edge: Bound, last: bool) -> int | None:
    return bound_ns(edge, "UTC", last) if isinstance(edge, str) else edge


def _demand_layout(folder: Path) -> None:
    try:
        found = json.loads((folder / MARKER).read_bytes())["layout"]
    except OSError as error:
        hint = "Make one with: tradetui data import"
        raise DataError(folder, None, f"it has no readable {MARKER} ({error.strerror})", "a store", hint) from error
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(folder / MARKER, None, "it does not name its layout", repr(STORE_LAYOUT)) from error
    if found != STORE_LAYOUT:
        raise DataError(folder / MARKER, None, f"the layout is {found!r}", repr(STORE_LAYOUT), "Update tradetui")
