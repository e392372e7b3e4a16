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
SIZES = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


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
    """A size with three digits: 436 kB, 1.25 GB."""
    for unit, name in SIZES:
        if size >= unit:
            number = size / unit
            return (
                f"{number:.0f} {name}"
                if number >= 100
                else f"{number:.1f} {name}"
                if number >= 10
                else f"{number:.2f} {name}"
            )
    return f"{size} B"


def moment(ts_ns: int, *, date_only: bool) -> str:
    """A time to the minute, UTC, or only its date."""
    from tradetui.data.times import time_text

    return time_text(ts_ns)[: 10 if date_only else 16].replace("T", " ")


def _lines(where: Path, found: list[Listed]) -> Iterator[str]:
    yield str(where)
    if not found:
        yield "  no market data"
        return
    yield f"{'symbol':<10} {'kind':<12} {'rows':>10}  {'first':<16}  {'last':<16} {'gaps':>4} {'size':>7}".rstrip()
    for one in found:
        if one.rows is None or one.first_ns is None or one.last_ns is None:
            yield f"{'-':<10} {one.what:<12} {'-':>10}  {_fit(one.path, 39):<39} {size_text(one.size_bytes):>7}"
            continue
        first, last = (moment(ts, date_only=one.is_daily) for ts in (one.first_ns, one.last_ns))
        gaps = "-" if one.gaps is None else f"{one.gaps:,}"
        yield (
            f"{_fit(one.symbol, 10):<10} {one.what:<12} {one.rows:>10,}  {first:<16}  {last:<16} {gaps:>4} "
            f"{size_text(one.size_bytes):>7}"
        )
    symbols = {one.symbol for one in found if one.symbol}
    size = sum({one.path: one.size_bytes for one in found}.values())
    rows = sum(one.rows or 0 for one in found)
    yield f"{len(symbols):,} symbols, {rows:,} rows, {size_text(size)}"


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
