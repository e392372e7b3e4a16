"""The part of `tradetui data import` that reads recordings of markets, and what it tells of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from tradetui.engine.errors import DataError, UsageError

if TYPE_CHECKING:
    from tradetui.data.dialects.detection import Detection
    from tradetui.data.dialects.words import Stated
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
    from tradetui.data.feeds.importing import feed_targets, import_feed, midnight_of

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

        found = settled(path, said.feed)
        midnight_of(path, found, said)
        tell(found)
        return Done([], {})
    imported = import_feed(path, out, said, tell)
    typer.echo("\n".join([*imported.report.lines(), *wrote(imported.rows)]), err=True)
    return Done(list(imported.paths.values()), _as_json(imported))


def import_own_book(path: Path, out: Path, said: Stated, written: Collection[Path], *, dry_run: bool) -> Done:
    """Imports order events or depth whose columns the user's file names, as `--kind` says."""
    from tradetui.data.feeds.importing import feed_targets
    from tradetui.data.feeds.own_books import import_own, own_actions
    from tradetui.data.feeds.own_rows import own_rows

    def tell(detection: Detection) -> None:
        typer.echo("\n".join([str(detection.path), *detection.lines()]), err=True)
        for target in feed_targets(path, out):
            refuse_again(target, path, written)

    if dry_run:
        own_actions(said.actions)
        tell(own_rows(path, said).detection)
        return Done([], {})
    imported = import_own(path, out, said, tell)
    told = [line for line in imported.report.lines() if not line.startswith("  note: ")]  # those were told before
    typer.echo("\n".join([*told, *wrote(imported.rows)]), err=True)
    return Done(list(imported.paths.values()), _as_json(imported))


def skip_books(path: Path, files: Collection[Path]) -> bool:
    """Whether a file is of LOBSTER's books and its messages are imported by the same command: it is read with them.

    DataError for such a file whose messages were not named.
    """
    from tradetui.data.feeds.detect import messages_of_books, refuse_orderbook

    messages = messages_of_books(path)
    if messages is None:
        return False
    if messages not in files:
        refuse_orderbook(path)
    typer.echo(f"{path}\n  read with {messages.name}", err=True)
    return True


def wrote(rows: Mapping[str, int]) -> list[str]:
    """How many rows of each table came of a file."""
    return [f"  wrote   {count:,} row{'s' * (count != 1)} of {table}" for table, count in rows.items()]


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
