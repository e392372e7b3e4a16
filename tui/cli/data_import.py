"""`tradetui data import`: other people's files into our layout, after saying what each was taken for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradetui.engine.errors import TradetuiError
from tradetui.tui.cli.feed_import import (
    Done,
    Places,
    feed_of,
    import_one,
    import_own_book,
    refuse_others,
    skip_books,
    wrote,
)

if TYPE_CHECKING:
    from tradetui.data.dialects.detection import Detection
    from tradetui.data.dialects.importing import Imported
    from tradetui.data.dialects.words import Stated

HELP = """Import bars, trades, quotes and recorded books: CSV, Parquet, feather, JSON lines, also in .gz or .zip.

What each file was taken for, and why, is told first. What a file cannot tell, as the time zone of times without one,
must be stated. Files are only read: each gives one Parquet file beside the hash of its source; faulty rows come along
as they are and are for `tradetui data clean`.

Order events and depth of no known vendor are imported with --kind orders and --kind depth: columns are found by their
names or said with --column (time, symbol, side, price, size; of orders also action and id; of depth also snapshot).

Recordings of books (Binance, Bybit, LOBSTER, NASDAQ messages, Bitstamp, Databento) are told by their first lines, or
by --feed. Each gives a Parquet file of orders, depth, trades and quotes, as it has them, and a report of its gaps,
unknown orders, crossed books and worthless values: they are counted, never mended.

\b
Examples:
  tradetui data import GOOG_2004-2013.csv --out market
  tradetui data import XYZ_1min.csv.gz --timezone America/New_York --stamp end --out market
  tradetui data import export.txt --columns time,open,high,low,close,volume --timezone UTC --out market
  tradetui data import trades.csv --column time=id --column size=amount --out market
  tradetui data import prices.csv --dialect date_order=dmy --dialect decimal=, --dry-run
  tradetui data import btcusdt_20240808.gz --feed binance-spot --out market
  tradetui data import MSFT_2012-06-21_34200000_57600000_message_10.csv --out market
  tradetui data import l3.csv --kind orders --column id=oid --column action=event --dialect actions=N:add,X:cancel
  tradetui data import updates.parquet --kind depth --symbol BTCUSDT --timezone UTC --out market
  tradetui data import messages.csv --feed nasdaq --symbol NVDA --date 2010-06-08 --json
"""

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files to read; they are never changed.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write into; made if absent.")]
Symbol = Annotated[
    str | None,
    typer.Option("--symbol", metavar="NAME", help="Symbol of a file without such a column, or the one to take."),
]
Timezone = Annotated[
    str | None, typer.Option("--timezone", metavar="ZONE", help="Zone of times that name none, as America/New_York.")
]
Stamp = Annotated[
    str | None, typer.Option("--stamp", metavar="start|end", help="Whether a bar's time is its start or its end.")
]
Kind = Annotated[
    str | None,
    typer.Option(
        "--kind",
        metavar="bars|trades|quotes|orders|depth",
        help="What the rows are, if columns leave it open; orders and depth must be said.",
    ),
]
Columns = Annotated[
    str | None,
    typer.Option("--columns", metavar="LIST", help="All columns in the file's order, with commas; - ignores one."),
]
Column = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="ROLE=NAME", help="What a column is, as time=id; repeatable."),
]
DialectPairs = Annotated[
    list[str] | None,
    typer.Option("--dialect", metavar="FIELD=VALUE", help="Any other field of the dialect, as decimal=,; repeatable."),
]
Feed = Annotated[
    str | None, typer.Option("--feed", metavar="NAME", help="Whose recording it is, as binance-spot, if not detected.")
]
Date = Annotated[
    str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="Day of times that count from midnight.")
]
Orderbook = Annotated[
    Path | None,
    typer.Option("--orderbook", metavar="FILE", help="LOBSTER's file of books, if not beside that of messages."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def import_(
    files: Files,
    out: Out = Path("market"),
    symbol: Symbol = None,
    timezone: Timezone = None,
    stamp: Stamp = None,
    kind: Kind = None,
    columns: Columns = None,
    column: Column = None,
    dialect: DialectPairs = None,
    feed: Feed = None,
    date: Date = None,
    orderbook: Orderbook = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over what was made of another file of the same name.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what each file was taken for.")] = False,
    as_json: Json = False,
) -> None:
    """Imports every file that can be; a refused one is told with its reason and leaves the others alone."""
    from tradetui.data.dialects.words import stated
    from tradetui.data.feeds.importing import FeedStated, check_stated

    of_rows = {"--stamp": stamp, "--kind": kind, "--columns": columns, "--column": column, "--dialect": dialect}
    feed_said = FeedStated(feed=feed_of(feed), symbol=symbol, date=date, timezone=timezone, orderbook=orderbook)
    refuse_others(feed_said, of_rows)
    check_stated(feed_said)
    said = stated(
        dialect or (), column or (), symbol=symbol, timezone=timezone, stamp=stamp, kind=kind, columns=columns
    )
    done: list[Done] = []
    places = Places(replace=replace)
    code = 0
    for path in files:
        try:
            if not any(of_rows.values()) and skip_books(path, files):
                continue
            found = import_one(path, out, feed_said, places, rows=any(of_rows.values()), dry_run=dry_run)
            if found is None:
                found = _one(path, out, said, places, dry_run=dry_run)
        except TradetuiError as error:
            print(f"tradetui: {error}", file=sys.stderr)
            code = code or error.exit_code
            continue
        if found.paths:
            done.append(found)
            places.add(found.paths)
            if not as_json:
                typer.echo("\n".join(map(str, found.paths)))
    if as_json:
        import msgspec

        typer.echo(msgspec.json.encode({"imported": [one.told for one in done]}).decode())
    raise typer.Exit(code)


def _one(path: Path, out: Path, said: Stated, places: Places, *, dry_run: bool) -> Done:
    from tradetui.data.dialects.detect import detect
    from tradetui.data.dialects.importing import import_file, stem_of
    from tradetui.data.dialects.words import BOOK_KINDS

    if said.kind in BOOK_KINDS:
        return import_own_book(path, out, said, places, dry_run=dry_run)

    def tell(detection: Detection) -> None:
        typer.echo("\n".join([str(detection.path), *detection.lines()]), err=True)
        places.claim([out / f"{stem_of(path)}_{detection.dialect.kind}.parquet"], path)

    if dry_run:
        tell(detect(path, said))
        return Done([], {})
    imported = import_file(path, out, said, tell)
    for name, count in imported.missing.items():
        typer.echo(
            f"  missing   {count:,} values of {name}: kept as missing, for the rule `missing` of data clean", err=True
        )
    typer.echo("\n".join(wrote({imported.kind: imported.rows})), err=True)
    return Done([imported.path], _as_json(imported))


def _as_json(imported: Imported) -> dict[str, object]:
    from tradetui.data.times import time_text

    return {
        "path": str(imported.path),
        "source": str(imported.source),
        "sha256": imported.sha256,
        "kind": imported.kind,
        "symbols": list(imported.symbols),
        "rows": imported.rows,
        "first": time_text(imported.first_ns),
        "last": time_text(imported.last_ns),
        "missing": imported.missing,
        "dialect": imported.dialect,
    }
