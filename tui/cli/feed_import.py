"""The part of `tradetui data import` that reads recordings of markets, and what it tells of them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
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


def import_one(path: Path, out: Path, said: FeedStated, places: Places, *, rows: bool, dry_run: bool) -> Done | None:
    """Imports a recording; None where the file is none, or where options of tables (`rows`) say so."""
    from tradetui.data.feeds.importing import feed_targets, import_feed, midnight_of

    if rows or not _is_feed(path, said):
        return None

    def tell(found: FeedGuess) -> None:
        facts = [("symbol", said.symbol or found.symbol), ("date", said.date or found.date)]
        lines = [f"{path}", f"  feed    {found.feed}  ({found.because})"]
        lines += [f"  {name:<6}  {value}" for name, value in facts if value]
        typer.echo("\n".join(lines), err=True)

    if dry_run:
        from tradetui.data.feeds.detect import settled

        found = settled(path, said.feed)
        midnight_of(path, found, said)
        tell(found)
        return Done([], {})
    imported = import_feed(path, out, said, tell, lambda files: places.claim(files, path))
    places.leave_nothing_else(feed_targets(path, out), imported)
    typer.echo("\n".join([*imported.report.lines(), *wrote(imported.rows)]), err=True)
    return Done(list(imported.paths.values()), _as_json(imported))


def import_own_book(path: Path, out: Path, said: Stated, places: Places, *, dry_run: bool) -> Done:
    """Imports order events or depth whose columns the user's file names, as `--kind` says."""
    from tradetui.data.feeds.importing import feed_targets
    from tradetui.data.feeds.own_books import import_own, own_actions
    from tradetui.data.feeds.own_rows import own_rows

    def tell(detection: Detection) -> None:
        typer.echo("\n".join([str(detection.path), *detection.lines()]), err=True)

    if dry_run:
        own_actions(said.actions)
        tell(own_rows(path, said).detection)
        return Done([], {})
    imported = import_own(path, out, said, tell, lambda files: places.claim(files, path))
    places.leave_nothing_else(feed_targets(path, out), imported)
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


class Places:
    """Where one command may write: nothing takes the place of what was made of another file, unless it was said to."""

    def __init__(self, *, replace: bool = False) -> None:
        self._replace = replace
        self._written: set[Path] = set()

    def add(self, paths: Iterable[Path]) -> None:
        """These were written by this command."""
        self._written.update(paths)

    def claim(self, targets: Collection[Path], path: Path) -> None:
        """DataError where one of `targets`, to be made of `path`, holds what was made of something else."""
        for target in targets:
            refuse_again(target, path, self._written)
        for target in targets:
            if not self._replace and target.exists() and target.resolve() != path.resolve():
                _refuse_earlier(target, path)

    def leave_nothing_else(self, targets: Collection[Path], imported: FeedImported) -> None:
        """Removes tables that an earlier state of the imported file gave and this one does not."""
        from tradetui.data.dialects.importing import made_of

        for target in targets:
            if target in imported.paths.values() or not target.exists():
                continue
            name, sha256 = made_of(target)
            if name == imported.source.name and sha256 != imported.sha256:
                target.unlink()
                typer.echo(f"  removed {target}: this file gives no such rows any more", err=True)


def refuse_again(target: Path, path: Path, written: Collection[Path]) -> None:
    """DataError where a file of the same command was written there: none takes the place of another unseen."""
    if target in written:
        seen, hint = f"{target} is what another file of this command became", "Name another folder for it with --out"
        raise DataError(path, None, seen, "files of different names", hint)


def _refuse_earlier(target: Path, path: Path) -> None:
    from tradetui.data.dialects.importing import made_of

    name, sha256 = made_of(target)
    if name == path.name and sha256 == _sha256(path):
        return
    other = "the same name" if name == path.name else f"the name {name}"
    seen = f"{target} was made of another file, of {other}" if name else f"{target} is there, and no import made it"
    raise DataError(path, None, seen, "a name that is free", "Name another folder with --out, or say --replace")


def _sha256(path: Path) -> str:
    with path.open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


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
