"""`tradetui journal export`: load a recorded session into a database or a Parquet archive."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradetui.engine.errors import UsageError

if TYPE_CHECKING:
    from tradetui.engine.storage.export import Progress

URL_VARIABLE = "TRADETUI_DATABASE_URL"


def export(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A session.db, or the folder given to --out.")],
    to: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="sqlite:///FILE, postgresql://USER@HOST/DATABASE or parquet:///FOLDER; "
            f"without it what {URL_VARIABLE} says. A password belongs into that variable, never here.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was stored as one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Store a session's orders, fills, trades, positions and equity; what is there already is left as it is.

    The session may be finished, interrupted, or still running: run it again and what is new is added.
    """
    import msgspec

    from tradetui.engine.storage.export import export_journal
    from tradetui.engine.storage.opening import open_target

    target = open_target(_address(to))
    with _progress(quiet) as progress:
        exported = export_journal(path, target, progress)
    if as_json:
        typer.echo(msgspec.json.encode({"schema_version": 1, **msgspec.structs.asdict(exported)}))
        return
    told = ", ".join(f"{count:,} {table.replace('_', ' ')}" for table, count in sorted(exported.rows.items()))
    state = "finished" if exported.finished else "not closed: running, or interrupted"
    typer.echo(f"session {exported.session} ({state}) is in {exported.target}: {told or 'no rows'}")


def _address(to: str | None) -> str:
    if to is None:
        to = os.environ.get(URL_VARIABLE, "")
        if not to:
            raise UsageError(f"where to? Give --to URL, or set {URL_VARIABLE}")
        return to
    from tradetui.engine.storage.urls import parse_database_url

    if to.startswith("postgres") and parse_database_url(to).has_password:
        raise UsageError(
            f"--to holds a password, which every user of this machine can read; put the address into {URL_VARIABLE}, "
            "or the password into PGPASSWORD or ~/.pgpass"
        )
    return to


@contextmanager
def _progress(quiet: bool) -> Iterator[Progress | None]:
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("storing"), BarColumn(), MofNCompleteColumn(), TextColumn("blocks"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("storing")
        yield lambda done, total: bar.update(task, completed=done, total=total)
