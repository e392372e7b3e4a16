"""What lies in a folder of data, by symbol: a store, or files of any layout. Read from footers and times alone."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tradetui.data.clean.files import KINDS_OF, load
from tradetui.data.clean.rules import Table
from tradetui.data.column_bars import INTERVAL_KEY, LAYOUT_KEY
from tradetui.data.files import KINDS
from tradetui.data.store import Store, is_store
from tradetui.data.store_tables import LAYOUTS, length_text, symbol_folder, table_named
from tradetui.data.times import DAY_NS
from tradetui.engine.errors import DataError, UsageError

if TYPE_CHECKING:
    import polars as pl

FILES_MAX = 100_000  # beyond it a folder is no collection of market data, and a walk through it is a mistake
PACKED = (".gz", ".zip")


class Listed(msgspec.Struct, frozen=True):
    """One symbol of one file or table. `rows` and what follows are None for a file that is not in our layout.

    `path` is relative to the folder; `gaps` counts steps longer than a bar, nights included; `size_bytes` is of the
    whole file, also where it holds several symbols.
    """

    symbol: str
    kind: str
    path: str
    size_bytes: int
    interval_ns: int = 0
    rows: int | None = None
    first_ns: int | None = None
    last_ns: int | None = None
    gaps: int | None = None

    @property
    def what(self) -> str:
        """Kind and length of the rows: `1min bars`, `trades`."""
        return f"{length_text(self.interval_ns)} {self.kind}" if self.interval_ns else self.kind

    @property
    def is_daily(self) -> bool:
        """Whether its times are dates."""
        return self.interval_ns >= DAY_NS


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be looked into, and why."""

    path: str
    reason: str


def list_folder(folder: Path) -> tuple[list[Listed], list[Unreadable]]:
    """Everything in a folder and below it, by symbol and path, and the files that are damaged.

    Raises DataError for a folder that is missing or not one, and for one with more than `FILES_MAX` files.
    """
    if not folder.is_dir():
        seen = "this is a file" if folder.exists() else "there is no such folder"
        raise DataError(folder, None, seen, "a folder of market data", "For one file: tradetui data show FILE")
    if is_store(folder):
        return _of_store(Store(folder), Path()), []
    found: list[Listed] = []
    bad: list[Unreadable] = []
    for path in _data_files(folder):
        try:
            found += _of_store(Store(path), path.relative_to(folder)) if path.is_dir() else _of_file(path, folder)
        except DataError as error:
            bad.append(Unreadable(str(path.relative_to(folder)), str(error)))
    return sorted(found, key=lambda one: (one.symbol, one.kind, one.path)), bad


def tables_of(wanted: str, folder: Path) -> list[tuple[str, Table]]:
    """The tables of a symbol below a folder, each with where it lies. DataError where there is none."""
    found, _ = list_folder(folder)
    readable = [one for one in found if one.rows is not None]
    matching = [one for one in readable if one.symbol == wanted and one.kind in KINDS_OF.values()]
    if not matching:
        names = sorted({one.symbol for one in readable})
        near = ", ".join(get_close_matches(wanted, names, 3) or names[:10]) or "none: the folder has no table of ours"
        raise DataError(folder, None, f"there is no file and no symbol {wanted!r}", f"a file, or one of {near}")
    return [(one.path, _table(one, folder)) for one in matching]


def table_of_file(path: Path, said: Any = None) -> Table:
    """The rows of a file as they are, faults included; a file in another layout is read as `data import` reads it."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder: list it with `tradetui data list {path}`, then name a file or a symbol")
    return load(path, said).table


def _table(one: Listed, folder: Path) -> Table:
    import polars as pl

    path = folder / one.path
    if path.is_file():
        table = load(path).table
        return Table(table.kind, table.frame.filter(pl.col("symbol") == one.symbol), table.interval_ns)
    store, kind = Store(path.parents[1]), table_named(path.parent.name)
    assert kind is not None  # it was listed by that name
    return Table(KINDS_OF[kind.layout], store.scan([one.symbol], table=kind).collect(), kind.interval_ns)


def _data_files(folder: Path) -> list[Path]:
    """Files of known extensions, and stores as one; hidden ones and what lies in stores are left out."""
    found: list[Path] = []
    for place, folders, names in folder.walk() if hasattr(folder, "walk") else _walk(folder):
        stores = [name for name in folders if is_store(place / name)]
        found += [place / name for name in stores]
        folders[:] = sorted(name for name in folders if name not in stores and not name.startswith("."))
        found += [place / name for name in sorted(names) if not name.startswith(".") and _is_data(Path(name))]
        if len(found) > FILES_MAX:
            raise DataError(folder, None, f"there are more than {FILES_MAX:,} files", "a folder of market data")
    return found


def _walk(folder: Path) -> Any:
    """`Path.walk`, which Python 3.11 has not."""
    import os

    return ((Path(place), folders, names) for place, folders, names in os.walk(folder))


def _is_data(name: Path) -> bool:
    suffixes = [suffix.lower() for suffix in name.suffixes if suffix.lower() not in PACKED]
    return bool(suffixes) and suffixes[-1] in KINDS and not name.name.endswith(".undo.parquet")


def _of_store(store: Store, at: Path) -> list[Listed]:
    listed = []
    for entry in store.entries():
        table = table_named(entry.table)
        kind = "bars" if table is not None and table.is_bars else entry.table
        listed.append(
            Listed(
                entry.symbol,
                kind,
                str(at / entry.table / symbol_folder(entry.symbol)),
                entry.size_bytes,
                0 if table is None else table.interval_ns,
                entry.rows,
                entry.first_ns,
                entry.last_ns,
                entry.gaps if kind == "bars" else None,
            )
        )
    return listed


def _of_file(path: Path, folder: Path) -> list[Listed]:
    """The symbols of a file in our layout, or the file as one of another kind, which only importing can tell."""
    import polars as pl

    at, size = str(path.relative_to(folder)), path.stat().st_size
    metadata: dict[str, str] = {}
    if path.suffix.lower() in (".parquet", ".pq"):
        try:
            metadata = pl.read_parquet_metadata(path)
        except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise DataError(path, None, "it cannot be read", "a whole Parquet file", "Fetch it again") from error
    layout = metadata.get(LAYOUT_KEY, "")
    if layout not in LAYOUTS:
        other = "".join(path.suffixes[-2:] if path.suffix in PACKED else path.suffixes[-1:]).lstrip(".")
        return [Listed("", other, at, size)]
    kind = layout.partition("/")[0]
    interval = int(metadata.get(INTERVAL_KEY, "0"))
    rows = _facts(pl.scan_parquet(path, glob=False), interval).collect()
    return [
        Listed(
            symbol, kind, at, size, interval if kind == "bars" else 0, count, first, last, gaps if interval else None
        )
        for symbol, count, first, last, gaps in rows.iter_rows()
    ]


def _facts(rows: pl.LazyFrame, interval: int) -> pl.LazyFrame:
    import polars as pl

    ts = pl.col("ts_ns")
    gaps = (ts.sort().diff() > interval).sum()
    by = rows.group_by(pl.col("symbol").cast(pl.String))
    return by.agg(pl.len(), ts.min().alias("first"), ts.max().alias("last"), gaps.alias("gaps")).sort("symbol")
