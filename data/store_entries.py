"""What a store holds of each symbol, from the footers of its files. No row is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tradetui.data.store_tables import Table
from tradetui.data.store_writing import FIRST_KEY, GAPS_KEY, LAST_KEY, ROWS_KEY
from tradetui.engine.errors import DataError


@dataclass(frozen=True, slots=True)
class Entry:
    """What a store holds of one symbol in one table. `gaps` counts steps longer than a bar, nights included.

    `files` and `size_bytes` are of the Parquet files.
    """

    table: str
    symbol: str
    rows: int
    first_ns: int
    last_ns: int
    gaps: int
    files: int
    size_bytes: int


def entry_of(table: Table, symbol: str, paths: list[Path]) -> Entry:
    """The entry of a symbol whose files, one or more in time order, are `paths`; DataError for a damaged one."""
    import polars as pl

    try:
        facts = [pl.read_parquet_metadata(path) for path in paths]
        firsts, lasts = ([int(fact[key]) for fact in facts] for key in (FIRST_KEY, LAST_KEY))
        rows, inside = (sum(int(fact[key]) for fact in facts) for key in (ROWS_KEY, GAPS_KEY))
    except (OSError, KeyError, ValueError, pl.exceptions.PolarsError) as error:
        hint = "Remove the damaged file and store its data again"
        seen = f"a file cannot be read ({error})"
        raise DataError(paths[0].parent, None, seen, "files that a store wrote", hint) from error
    between = sum(later - last > table.interval_ns for last, later in zip(lasts, firsts[1:], strict=False))
    size = sum(path.stat().st_size for path in paths)
    gaps = inside + between if table.is_bars else 0
    return Entry(table.name, symbol, rows, firsts[0], lasts[-1], gaps, len(paths), size)
