"""Writing files of a store: new rows joined with those that are there; all files of a write change, or none."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from tradetui.data.column_bars import INTERVAL_KEY, LAYOUT_KEY
from tradetui.data.store_tables import Table
from tradetui.data.times import time_text
from tradetui.engine.errors import DataError

if TYPE_CHECKING:
    import polars as pl

Mode = Literal["append", "replace"]

LOCK = ".lock"
COMMIT = ".commit.json"  # pairs of names: files that are written and belong in places where some may not be yet
ROWS_KEY, FIRST_KEY, LAST_KEY, GAPS_KEY = "tradetui.rows", "tradetui.first_ns", "tradetui.last_ns", "tradetui.gaps"
COMPRESSION_LEVEL = 1  # docs/decisions/0010: reads as fast as any, writes three times as fast as level 6


@dataclass(frozen=True, slots=True)
class Staged:
    """A file written beside its place."""

    beside: Path
    path: Path


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Waits until no other process writes into the store; readers never wait."""
    try:
        with (folder / LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise DataError(
            folder, None, f"it cannot be written ({error.strerror})", "a writable folder with room"
        ) from error


def stage(table: Table, path: Path, rows: pl.DataFrame, mode: Mode) -> Staged | None:
    """Writes what the file is to hold beside it; None where it holds that already."""
    joined = rows
    if path.exists():
        there = read_file(path)
        whole = _joined(path, there, rows, mode)
        if whole is None:
            return None
        joined = whole
    beside = path.with_name(f".{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(table, joined, beside, path)
    return Staged(beside, path)


def commit(folder: Path, staged: list[Staged]) -> None:
    """Puts the files in their places, all or none: from the moment that the list of them stands they are all meant.

    Whoever is stopped half-way leaves the list, and the next one to open the store ends the work by `complete`.
    """
    if len(staged) > 1:
        names = [[str(name.relative_to(folder)) for name in (one.beside, one.path)] for one in staged]
        beside = folder / f"{COMMIT}.part"
        beside.write_text(json.dumps(names, indent=0))
        beside.replace(folder / COMMIT)
    for one in staged:
        one.beside.replace(one.path)
    (folder / COMMIT).unlink(missing_ok=True)


def complete(folder: Path) -> None:
    """Ends a write that was stopped half-way; a live writer is waited for, which is over in milliseconds.

    Raises DataError where files are left to be put in place and the folder cannot be written.
    """
    if not (folder / COMMIT).exists():
        return
    with sole_writer(folder):
        complete_alone(folder)


def complete_alone(folder: Path) -> None:
    """`complete` for one who is the sole writer already."""
    try:
        names = json.loads((folder / COMMIT).read_bytes())
        pairs = [(folder / str(beside), folder / str(place)) for beside, place in names]
    except FileNotFoundError:
        return
    except (ValueError, TypeError) as error:
        hint = "Remove it, and store again what was being stored"
        raise DataError(folder / COMMIT, None, "it is no list of files", "what a store wrote", hint) from error
    for beside, place in pairs:
        if folder.resolve() not in place.resolve().parents:
            raise DataError(folder / COMMIT, None, f"it names {place}", "files of the store")
        if beside.exists():
            beside.replace(place)
    (folder / COMMIT).unlink(missing_ok=True)


def discard(staged: list[Staged]) -> None:
    """Takes staged files away, and the folders that were made for them."""
    for one in staged:
        one.beside.unlink(missing_ok=True)
        for folder in (one.path.parent, one.path.parents[1]):
            if not any(folder.iterdir()):
                folder.rmdir()


def read_file(path: Path) -> pl.DataFrame:
    """One file of a store, whole; DataError where it is damaged."""
    import polars as pl

    try:
        return pl.read_parquet(path, hive_partitioning=False, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(
            path, None, "it cannot be read", "a whole Parquet file", "Remove it and store it again"
        ) from error


def _joined(path: Path, there: pl.DataFrame, rows: pl.DataFrame, mode: Mode) -> pl.DataFrame | None:
    """Stored and new rows in time order; None where the new ones are there already.

    Stored rows within the span of the new ones are refused when appending and give way when replacing.
    """
    import polars as pl

    first, last = int(rows["ts_ns"][0]), int(rows["ts_ns"][-1])
    ts = there["ts_ns"].to_numpy()
    start, stop = int(np.searchsorted(ts, first)), int(np.searchsorted(ts, last, side="right"))
    within = there.slice(start, stop - start)
    if within.equals(rows):
        return None
    if len(within) and mode == "append":
        seen = f"it already has {len(within):,} rows from {time_text(int(within['ts_ns'][0]))} on, and they differ"
        raise DataError(path, None, seen, "new rows of times that are not stored yet", "Replace them if that is meant")
    return pl.concat([there.slice(0, start), rows, there.slice(stop)])


def _write(table: Table, frame: pl.DataFrame, beside: Path, path: Path) -> None:
    import polars as pl

    ts = frame["ts_ns"].to_numpy()
    gaps = int((np.diff(ts) > table.interval_ns).sum()) if table.is_bars else 0
    facts = {ROWS_KEY: len(ts), FIRST_KEY: int(ts[0]), LAST_KEY: int(ts[-1]), GAPS_KEY: gaps}
    if table.is_bars:
        facts[INTERVAL_KEY] = table.interval_ns
    metadata = {LAYOUT_KEY: table.layout, **{key: str(value) for key, value in facts.items()}}
    try:
        frame.write_parquet(beside, compression="zstd", compression_level=COMPRESSION_LEVEL, metadata=metadata)
    except (OSError, pl.exceptions.PolarsError) as error:
        beside.unlink(missing_ok=True)
        raise DataError(path, None, f"it cannot be written ({error})", "a writable place with room") from error
