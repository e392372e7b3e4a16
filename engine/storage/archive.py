"""Finished sessions as Parquet files, one folder each: typed columns that every analysis tool reads."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from tradetui.engine.storage.faults import StorageError
from tradetui.engine.storage.grouping import by_table, session_values
from tradetui.engine.storage.rows import Row, Value
from tradetui.engine.storage.schema import Column, Table, stored_schema
from tradetui.engine.storage.sessions import SessionInfo

if TYPE_CHECKING:
    import polars as pl

DIGITS, DECIMALS = 38, 18
_UNIT = Decimal(1).scaleb(-DECIMALS)
_LARGEST = Decimal(10) ** (DIGITS - DECIMALS)
_ROUNDING = Context(prec=DIGITS + DECIMALS + 2, rounding=ROUND_HALF_EVEN)


class ParquetArchive:
    """A folder of sessions. A Database for export alone: rows wait in memory until the session is whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: list[Row] = []
        self._info: SessionInfo | None = None
        self._seq = -1

    @property
    def name(self) -> str:
        """The folder."""
        return str(self._folder)

    async def open(self, info: SessionInfo) -> int:
        """Begin a session; it is written whole, whatever was there."""
        self._info, self._rows, self._seq = info, [], -1
        return -1

    async def store(self, session: str, rows: Sequence[Row], seq: int) -> None:
        """Take rows."""
        self._rows += rows
        self._seq = max(self._seq, seq)

    async def finish(self, session: str, digest: str) -> None:
        """Write the session that ended in order."""
        self.write(digest)

    async def ping(self) -> None:
        """A folder has nothing to answer."""

    async def close(self) -> None:
        """Forget what was not written."""
        self._rows = []

    def write(self, digest: str | None) -> Path:
        """Write every table; the folder appears whole or not at all. Raises StorageError."""
        info = self._info
        if info is None:
            raise StorageError(f"{self.name}: no session was begun")
        folder = self._folder / f"session={quote(info.session, safe='')}"
        partial = folder.with_name(f".{folder.name}.part")
        tables = stored_schema().tables()
        values: dict[str, Sequence[tuple[Value, ...]]] = dict.fromkeys(tables, ())
        values.update(by_table(self._rows))
        values["sessions"] = [(*session_values(info)[:-3], self._seq, digest is not None, digest)]
        try:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True, mode=0o700)
            for name, table in tables.items():
                self._write_table(partial / f"{name}.parquet", table, values[name])
            _replace(partial, folder)
        except OSError as fault:
            shutil.rmtree(partial, ignore_errors=True)
            raise StorageError(
                f"{folder}: the archive cannot be written: {fault.strerror or fault}. "
                "Free some space or name another folder"
            ) from fault
        return folder

    def _write_table(self, path: Path, table: Table, rows: Sequence[tuple[Value, ...]]) -> None:
        from polars.exceptions import PolarsError

        try:
            frame(table, rows).write_parquet(path, compression="zstd")
        except PolarsError as fault:  # polars reports a full disk as an error of its own
            raise OSError(f"{path.name}: {fault}") from fault


def frame(table: Table, rows: Sequence[tuple[Value, ...]]) -> pl.DataFrame:
    """Rows of a table with the archive's types; raises StorageError for an amount of 1e20 or more."""
    import polars as pl

    columns = list(zip(*rows, strict=True)) if rows else [()] * len(table.columns)
    series = [
        pl.Series(column.name, _amounts(column, values) if column.type == "money" else values, dtype=kind, strict=True)
        for (column, values), kind in zip(
            zip(table.columns, columns, strict=True), archive_types(table).values(), strict=True
        )
    ]
    return pl.DataFrame(series)


def archive_types(table: Table) -> Mapping[str, pl.DataType]:
    """Each column's type in Parquet."""
    import polars as pl

    types: dict[str, pl.DataType] = {
        "text": pl.String(),
        "int": pl.Int64(),
        "money": pl.Decimal(DIGITS, DECIMALS),
        "float": pl.Float64(),
        "flag": pl.Boolean(),
    }
    return {column.name: types[column.type] for column in table.columns}


def _amounts(column: Column, values: Sequence[Value]) -> list[Decimal | None]:
    return [None if value is None else _amount(column, value) for value in values]


def _amount(column: Column, value: Value) -> Decimal:
    assert isinstance(value, Decimal)
    if abs(value) >= _LARGEST:
        raise StorageError(f"{column.name} is {value}: an archive holds amounts below {_LARGEST:g}; use a database")
    return _ROUNDING.quantize(value, _UNIT)


def _replace(partial: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    partial.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
