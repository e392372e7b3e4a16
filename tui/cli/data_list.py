"""`tradetui data list`: what lies in a folder of market data, one line a symbol."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tradetui.data.describe_folder import Listed

HELP = """List the market data in a folder: symbols, kinds, rows, first and last time (UTC), gaps and size.

Files in other layouts are named with their size: `tradetui data import` reads them. Gaps are steps longer than a bar,
nights and weekends included. Without DIR it is ./market, where import writes, or else the bundled samples.

\b
Examples:
  tradetui data list
  tradetui data list market --json
"""

MARKET = Path("market")  # where `data import` writes unless told otherwise
SIZES = ((10**9, "G"), (10**6, "M"), (10**3, "k"))


def list_(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Folder of files, or a store.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Prints a table, and on stderr the files that could not be looked into; those end it with code 3."""
    from tradetui.data.describe_folder import list_folder

    where = folder or default_folder()
    found, bad = list_folder(where)
    if as_json:
        typer.echo(_json(where, found))
    else:
        typer.echo("\n".join(_lines(where, found)))
    for one in bad:
        print(f"tradetui: {one.reason}", file=sys.stderr)
    raise typer.Exit(3 if bad else 0)


def default_folder() -> Path:
    """The folder that is meant where none is named."""
    if MARKET.is_dir():
        return MARKET
    from tradetui.data.catalog import samples_folder

    return samples_folder()


def size_text(size: int) -> str:
    """A size of bytes in three digits: 436k, 1.25G."""
    for unit, name in SIZES:
        if size >= unit:
            number = size / unit
            return f"{number:.{2 if number < 9.995 else 1 if number < 99.95 else 0}f}{name}"
    return str(size)


def moment(ts_ns: int, *, date_only: bool) -> str:
    """A time to the minute, UTC, or only its date."""
    from tradetui.data.times import time_text

    return time_text(ts_ns)[: 10 if date_only else 16].replace("T", " ")


def _lines(where: Path, found: list[Listed]) -> Iterator[str]:
    yield str(where)
    if not found:
        yield "  no market data"
        return
    yield _row("symbol", "kind", "rows", "first", "last", "gaps", "bytes")
    for one in found:
        size = size_text(one.size_bytes)
        if one.rows is None or one.first_ns is None or one.last_ns is None:
            yield f"{'-':<9} {_fit(one.what, 11):<11} {'-':>10} {_fit(one.path, 40):<40} {size:>5}"
            continue
        first, last = (moment(ts, date_only=one.is_daily) for ts in (one.first_ns, one.last_ns))
        gaps = "-" if one.gaps is None else f"{one.gaps:,}"
        yield _row(one.symbol, one.what, f"{one.rows:,}", first, last, gaps, size)
    symbols = {one.symbol for one in found if one.symbol}
    total = sum({one.path: one.size_bytes for one in found}.values())
    rows = sum(one.rows or 0 for one in found)
    yield f"{len(symbols):,} symbol{'s' * (len(symbols) != 1)}, {rows:,} rows, {size_text(total)} bytes"


def _row(symbol: str, kind: str, rows: str, first: str, last: str, gaps: str, size: str) -> str:
    return f"{_fit(symbol, 9):<9} {_fit(kind, 11):<11} {rows:>10} {first:<16} {last:<16} {gaps:>6} {size:>5}"


def _fit(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "~"


def _json(where: Path, found: list[Listed]) -> str:
    import msgspec

    from tradetui.data.times import time_text

    def times(one: Listed) -> dict[str, object]:
        row = msgspec.structs.asdict(one)
        for name in ("first", "last"):
            ts = row.pop(f"{name}_ns")
            row[name] = None if ts is None else time_text(ts)
        return row

    told = {"schema_version": 1, "folder": str(where), "data": [times(one) for one in found]}
    return msgspec.json.encode(told).decode()
