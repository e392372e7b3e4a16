"""`tradetui data store`: files put into a store, a folder of which a run reads only what it needs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradetui.engine.errors import DataError, TradetuiError, UsageError

if TYPE_CHECKING:
    from tradetui.data.store import Store
    from tradetui.data.store_writing import Mode

HELP = """Put bars, trades and quotes into a store: Parquet by symbol and month, ticks by day.

A run or a report reads only the part that it needs: tradetui data show AAPL --data store.

Bars are checked as a run checks them: what is faulty is refused, and is for `tradetui data clean`. Stored rows are left
alone unless --replace is given; storing the same rows again changes nothing.

\b
Examples:
  tradetui data store market/AAPL_bars.parquet market/MSFT_bars.parquet --out store
  tradetui data store clean/*_trades.parquet --out store --replace
"""

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files in our layouts, as import writes them.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="The store; made if absent.")]


def store(
    files: Files,
    out: Out = Path("store"),
    replace: Annotated[
        bool, typer.Option("--replace", help="Stored rows within the times of new ones make way for them.")
    ] = False,
) -> None:
    """Stores every file that can be; a refused one is told with its reason and leaves the others alone."""
    from tradetui.data.store import Store

    kept = Store.create(out)
    code = 0
    for path in files:
        try:
            changed, rows = _one(kept, path, replace=replace)
        except TradetuiError as error:
            print(f"tradetui: {error}", file=sys.stderr)
            code = code or error.exit_code
            continue
        typer.echo(f"{path}: {rows:,} rows, {changed:,} file{'s' * (changed != 1)} written")
    raise typer.Exit(code)


def _one(kept: Store, path: Path, *, replace: bool) -> tuple[int, int]:
    """How many files of the store changed, and how many rows the file has."""
    from tradetui.data.clean.files import load
    from tradetui.data.formats import read_bars
    from tradetui.data.store_tables import table_named

    mode: Mode = "replace" if replace else "append"
    if path.is_dir():
        raise UsageError(f"{path} is a folder: name the files in it")
    table = load(path).table
    if table.kind == "bars":
        bars = read_bars(path)
        return kept.write(bars, mode), len(bars)
    kind = table_named(table.kind)
    if kind is None:
        raise DataError(path, None, f"it holds {table.kind}", "bars, trades or quotes")
    return kept.write_rows(kind, table.frame, mode), len(table.frame)
