"""The part of `tradetui data import` that reads recordings of markets, and what it tells of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from tradetui.engine.errors import DataError, UsageError

if TYPE_CHECKING:
    from tradetui.data.feeds.detect import FeedGuess, FeedName
    from tradetui.data.feeds.importing import FeedImported, FeedStated

FEED_SUFFIXES = {".jsonl", ".ndjson", ".json", ".data", ".dbn", ".zst", ".log"}  # of nothing else that is imported


class Done(NamedTuple):
    """What was written for one file, and the same as `--json` tells it."""

    paths: list[Path]
    told: dict[str, object]


def feed_of(text: str | None) -> FeedName | None:
    """The feed that `--feed` names; UsageError for an unknown one."""
    from tradetui.data.feeds.detect import feed_named

    return None if text is None else feed_named(text)


def refuse_others(said: FeedStated, of_rows: Mapping[str, object]) -> None:
    """UsageError where options of tables and of recordings are mixed."""
    given = [option for option, value in of_rows.items() if value]
    if said.feed is not None and given:
        raise UsageError(f"{', '.join(given)} do not go with --feed {said.feed}: its columns are known")


def import_one(
    path: Path, out: Path, said: FeedStated, written: Collection[Path], *, rows: bool, dry_run: bool
) -> Done | None:
    """Imports a recording; None where the file is none, or where options of tables (`rows`) say so."""
    from tradetui.data.feeds.importing import feed_targets, import_feed

    if rows or not _is_feed(path, said):
        return None

    def tell(found: FeedGuess) -> None:
        facts = [("symbol", said.symbol or found.symbol), ("date", said.date or found.date)]
        lines = [f"{path}", f"  feed    {found.feed}  ({found.because})"]
        lines += [f"  {name:<6}  {value}" for name, value in facts if value]
        typer.echo("\n".join(lines), err=True)
        for target in feed_targets(path, out):
            refuse_again(target, path, written)

    if dry_run:
        from tradetui.data.feeds.detect import settled

        tell(settled(path, said.feed))
        return Done([], {})
    imported = import_feed(path, out, said, tell)
    typer.echo("\n".join(imported.report.lines()), err=True)
    return Done(list(imported.paths.values()), _as_json(imported))


def refuse_again(target: Path, path: Path, written: Collection[Path]) -> None:
    """DataError where a file of the same command was written there: none takes the place of another unseen."""
    if target in written:
        seen, hint = f"{target} is what another file of this command became", "Name another folder for it with --out"
        raise DataError(path, None, seen, "files of different names", hint)


def _is_feed(path: Path, said: FeedStated) -> bool:
    from tradetui.data.feeds.detect import detect_feed

    if said.feed is not None or FEED_SUFFIXES & set(path.suffixes):
        return True
    try:
        return detect_feed(path) is not None
    except DataError:
        return False  # told by the reader of tables, in its own words


def _as_json(imported: FeedImported) -> dict[str, object]:
    from tradetui.data.times import time_text

    return {
        "paths": {table: str(path) for table, path in imported.paths.items()},
        "source": str(imported.source),
        "sha256": imported.sha256,
        "feed": imported.report.feed,
        "symbols": list(imported.symbols),
        "rows": imported.rows,
        "first": time_text(imported.first_ns),
        "last": time_text(imported.last_ns),
        "report": imported.report,
    }
