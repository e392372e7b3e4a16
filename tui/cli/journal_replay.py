"""`tradetui journal replay`: run a recorded live session again and compare, event by event. Reads only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tradetui.engine.errors import TradetuiError

MISMATCH = 6


class NotTheSame(TradetuiError):
    """A second run of a session gave other events than its journal holds."""

    exit_code = MISMATCH


def replay(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The session file; its recording lies beside it.")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Fail, with both sides of the first difference, where anything differs.")
    ] = False,
    strategy: Annotated[
        str | None, typer.Option(metavar="FILE.py:CLASS", help="The session's strategy, where it is one of your own.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
) -> None:
    """Run a live session's inputs through a fresh core: the same signals, orders and fills must come out.

    Market rows come from the recording, everything else from the journal; the venue is its recorded reports.
    """
    import msgspec

    from tradetui.engine.live.sessions import replay_session

    found = replay_session(path, strategy or "")
    if as_json:
        typer.echo(msgspec.json.encode({"schema_version": 1, **msgspec.structs.asdict(found)}).decode())
        if verify and not found.same:
            raise typer.Exit(MISMATCH)
        return
    if verify and not found.same:
        raise NotTheSame(f"{path}: {found.sentence()}")
    typer.echo(found.sentence())
