"""`tradetui journal`: show a recorded session, prove that it is whole, store it elsewhere. Never writes to it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from tradetui.engine.errors import JournalError, UsageError
from tradetui.engine.journal.codec import KINDS, encode_events, kind_of
from tradetui.engine.journal.words import iso_utc, sentence
from tradetui.engine.model.events import Event
from tradetui.tui.cli.journal_export import export
from tradetui.tui.cli.journal_replay import replay

TABLE_ROWS = 500  # rendered at a time, so that a long session begins to show at once
COLUMNS = ("seq", "time", "event", "symbol", "what happened", "cause")

app = typer.Typer(no_args_is_help=True, help="Show a recorded session, and prove that it is whole.")

app.command(
    epilog="Examples:  tradetui journal export runs/today --to sqlite:///trades.db   |   "
    "tradetui journal export session.db --to parquet:///archive"
)(export)
app.command(
    epilog="Examples:  tradetui journal replay session.db --verify   |   "
    "tradetui journal replay session.db --verify --strategy mine.py:Mine --json. "
    "Exit codes: 0 the same, 6 not the same, 3 no session file."
)(replay)

SessionPath = Annotated[Path, typer.Argument(metavar="PATH", help="A session.db, or the folder given to --out.")]


@app.command(
    epilog="Examples:  tradetui journal show runs/today --last 20   |   "
    "tradetui journal show session.db --kind fill --symbol GOOG   |   "
    "tradetui journal show session.db --json --from-seq 1000"
)
def show(
    path: SessionPath,
    kind: Annotated[
        list[str] | None, typer.Option(help=f"Only these kinds; repeatable. One of: {', '.join(KINDS)}.")
    ] = None,
    symbol: Annotated[list[str] | None, typer.Option(help="Only these symbols; repeatable.")] = None,
    from_seq: Annotated[int, typer.Option(help="Begin at this sequence number.")] = 0,
    last: Annotated[int | None, typer.Option(min=1, help="Only the newest N events.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, exactly as stored.")] = False,
) -> None:
    """Print what happened, oldest first: a table on a terminal, tab-separated lines in a pipe.

    `cause` is the number of the event that led to this one. Times are UTC.
    """
    from tradetui.engine.journal.reader import open_journal

    kinds, symbols = _known_kinds(kind or []), symbol or []
    with open_journal(path) as reader:
        if last is None:
            events: Iterable[Event] = reader.events(from_seq, kinds, symbols)
        else:
            events = [event for event in reader.last_events(last, kinds, symbols) if event.seq >= from_seq]
        if as_json:
            for event in events:
                sys.stdout.write(encode_events([event]).decode())
        elif sys.stdout.isatty():
            _print_table(iter(events))
        else:
            sys.stdout.write("\t".join(COLUMNS) + "\n")
            for event in events:
                sys.stdout.write("\t".join(_row(event)) + "\n")


@app.command(
    epilog="Examples:  tradetui journal verify runs/today   |   tradetui journal verify session.db --json. "
    "Exit codes: 0 intact (closed or interrupted), 1 broken, 3 no session file."
)
def verify(
    path: SessionPath,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Recompute every checksum of a session: nothing missing, nothing changed, everything in order."""
    import msgspec

    from tradetui.engine.journal.verify import verify as verify_session

    report = verify_session(path)
    if as_json:
        typer.echo(msgspec.json.encode({"schema_version": 1, **msgspec.structs.asdict(report)}))
        if not report.ok:
            raise typer.Exit(JournalError.exit_code)
        return
    if not report.ok:
        raise JournalError(report.sentence())
    typer.echo(f"{report.sentence()}\nblocks  {report.blocks}\nsha256  {report.digest}")


def _known_kinds(kinds: list[str]) -> list[str]:
    for kind in kinds:
        if kind not in KINDS:
            near = get_close_matches(kind, KINDS, n=1)
            meant = f" Did you mean {near[0]}?" if near else ""
            raise UsageError(f"--kind {kind}: no such kind.{meant} Expected one of {', '.join(KINDS)}")
    return kinds


def _row(event: Event) -> tuple[str, ...]:
    symbol = _one_line(getattr(event, "symbol", ""))  # control and strategy errors concern no single one
    cause = str(event.cause) if event.cause else ""
    return str(event.seq), iso_utc(event.ts_ns), kind_of(event), symbol, _one_line(sentence(event)), cause


def _one_line(text: str) -> str:
    """Text that cannot break a row, nor move the cursor of the terminal that shows it."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _print_table(events: Iterator[Event]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    first = True
    while rows := [_row(event) for event in islice(events, TABLE_ROWS)]:
        table = Table(box=None, show_header=first, header_style="bold", expand=True, pad_edge=False)
        table.add_column("seq", justify="right", width=max(8, len(rows[-1][0])))
        table.add_column("time", width=max(20, *(len(row[1]) for row in rows)), no_wrap=True)
        table.add_column("event", width=max(map(len, KINDS)))
        table.add_column("symbol", width=max(8, *(len(row[3]) for row in rows)))
        table.add_column("what happened", ratio=1, overflow="fold")
        table.add_column("cause", justify="right", width=8)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        console.print(table)
        first = False
