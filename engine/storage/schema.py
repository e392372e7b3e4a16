"""The one logical schema of stored sessions, read from data/schemas/storage.json and worded for each database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

ColumnType = Literal["text", "int", "money", "float", "flag"]

POSTGRES_TYPES: Mapping[ColumnType, str] = {
    "text": "TEXT",
    "int": "BIGINT",
    "money": "NUMERIC",
    "float": "DOUBLE PRECISION",
    "flag": "BOOLEAN",
}
SQLITE_TYPES: Mapping[ColumnType, str] = {
    "text": "TEXT",
    "int": "INTEGER",
    "money": "TEXT",
    "float": "REAL",
    "flag": "INTEGER",
}
SQLITE_AFTER = " STRICT"  # a number written into a money column would be kept as a float, and is refused instead


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column; `null` says whether a row may have nothing there."""

    name: str
    type: ColumnType
    meaning: str = ""
    unit: str = ""
    null: bool = False


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table and the columns that make a row the same row."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    meaning: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns, in the order of a row's values."""
        return tuple(column.name for column in self.columns)


class AddedColumn(Column, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A column that a later version brought; old rows have nothing there."""

    table: str


class Index(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A look-up."""

    name: str
    table: str
    columns: tuple[str, ...]


class View(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question that is asked often; its text is the same in every database."""

    name: str
    select: str
    meaning: str = ""


class Version(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one version added to the one before. A version that was published is never changed."""

    version: int
    what: str
    tables: tuple[Table, ...] = ()
    columns: tuple[AddedColumn, ...] = ()
    indexes: tuple[Index, ...] = ()
    views: tuple[View, ...] = ()

    def statements(self, types: Mapping[ColumnType, str], after_table: str = "") -> Iterator[str]:
        """The SQL that brings a database from the version before to this one."""
        for table in self.tables:
            columns = ", ".join(_definition(column, types) for column in table.columns)
            yield f"CREATE TABLE {table.name} ({columns}, PRIMARY KEY ({', '.join(table.key)})){after_table}"
        for column in self.columns:
            yield f"ALTER TABLE {column.table} ADD COLUMN {_definition(column, types)}"
        for index in self.indexes:
            yield f"CREATE INDEX {index.name} ON {index.table} ({', '.join(index.columns)})"
        for view in self.views:
            yield f"CREATE VIEW {view.name} AS {view.select}"


class Schema(msgspec.Struct, frozen=True):
    """Every version, oldest first."""

    versions: tuple[Version, ...]

    @property
    def newest(self) -> int:
        """The version that this program writes."""
        return self.versions[-1].version

    def after(self, version: int) -> tuple[Version, ...]:
        """The versions that a database of `version` lacks; 0 is an empty one."""
        return tuple(later for later in self.versions if later.version > version)

    def tables(self) -> dict[str, Table]:
        """The tables of the newest version, by name, in the order in which rows are stored."""
        tables = {table.name: table for version in self.versions for table in version.tables}
        for added in (column for version in self.versions for column in version.columns):
            table = tables[added.table]
            column = Column(added.name, added.type, added.meaning, added.unit, added.null)
            tables[added.table] = msgspec.structs.replace(table, columns=(*table.columns, column))
        return tables


class _Description(msgspec.Struct, frozen=True):
    versions: tuple[Version, ...]


_DECODER = msgspec.json.Decoder(_Description)  # made while one thread imports: each store's thread may be the first


@cache
def stored_schema() -> Schema:
    """The schema as it is shipped."""
    text = (files("tradetui.data") / "schemas" / "storage.json").read_bytes()
    return Schema(_DECODER.decode(text).versions)


def insert_statement(table: Table, mark: str) -> str:
    """The INSERT that leaves a row alone which is there; `mark` is the driver's placeholder."""
    marks = ", ".join([mark] * len(table.columns))
    keys = ", ".join(table.key)
    return f"INSERT INTO {table.name} ({', '.join(table.names)}) VALUES ({marks}) ON CONFLICT ({keys}) DO NOTHING"  # noqa: S608  # names of our own file


def too_new(where: str, found: int) -> str:
    """What is said of a database that a later program made."""
    newest = stored_schema().newest
    return (
        f"{where}: its tables have version {found}, this program knows up to {newest}. "
        "Update tradetui, or name another database"
    )


def _definition(column: Column, types: Mapping[ColumnType, str]) -> str:
    return f"{column.name} {types[column.type]}{'' if column.null else ' NOT NULL'}"
