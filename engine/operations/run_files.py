"""Which sessions run on this machine: one private file each, that says who it is, and how it is. No keys in it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Literal, Self, TypeVar

import msgspec

from tradetui.engine.keys import Environment
from tradetui.engine.operations.health import SessionHealth
from tradetui.engine.operations.private import write_private

FOLDER = "runs"
Life = Literal["running", "stopped", "gone"]
T = TypeVar("T")


class RunFile(msgspec.Struct, frozen=True, kw_only=True):
    """A session as it told at its start. `born` tells its process from a later one with the same number."""

    pid: int
    born: str
    mode: str
    environment: Environment
    paper: bool | None  # as the broker said
    account: str  # its last four signs
    trading_url: str
    journal: str
    strategies: tuple[str, ...] = ()
    started_ns: int = 0


class Run(msgspec.Struct, frozen=True):
    """A run file that was found, whether its process lives, and the last picture it left."""

    file: RunFile
    life: Life
    health: SessionHealth | None


class Registration:
    """Our own run file; `with` it the session is known, and after it no more."""

    def __init__(self, state_folder: Path, file: RunFile) -> None:
        self._path = state_folder / FOLDER / f"{file.pid}.json"
        self._health_path = state_folder / FOLDER / f"{file.pid}.health.json"
        self._file = file

    def __enter__(self) -> Self:
        write_private(self._path, msgspec.json.encode(self._file))
        return self

    def __exit__(self, *_: object) -> None:
        for path in (self._path, self._health_path):
            path.unlink(missing_ok=True)

    def told(self, file: RunFile) -> None:
        """What is known better now: what the broker answered."""
        self._file = file
        write_private(self._path, msgspec.json.encode(file))

    def beat(self, health: SessionHealth) -> None:
        """Leave a picture; a full disk loses it and nothing else."""
        with suppress(OSError):
            write_private(self._health_path, msgspec.json.encode(health))


def born(pid: int) -> str:
    """When a process began, in a word that is only compared; empty where this system does not tell."""
    fields = _stat(pid)
    return fields[19] if len(fields) > 19 else ""


def find_runs(state_folder: Path) -> list[Run]:
    """Every session that registered, oldest first; files of those that are gone are removed."""
    found = []
    for path in sorted((state_folder / FOLDER).glob("*.json")):
        if path.name.endswith(".health.json"):
            continue
        file = _read(path, _RUN_FILES)
        if file is None:
            continue
        run = Run(file, life_of(file), _read(path.with_suffix(".health.json"), _HEALTHS))
        if run.life == "gone":
            for left in (path, path.with_suffix(".health.json")):
                left.unlink(missing_ok=True)
        found.append(run)
    return sorted(found, key=lambda run: (run.file.started_ns, run.file.pid))


def life_of(file: RunFile) -> Life:
    """Whether its process runs, is stopped by a signal, or is gone."""
    try:
        os.kill(file.pid, 0)
    except ProcessLookupError:
        return "gone"
    except PermissionError:  # somebody else's: ours is gone
        return "gone"
    fields = _stat(file.pid)
    if not fields:
        return "running"
    if fields[0] == "Z" or (file.born and fields[19] != file.born):
        return "gone"
    return "stopped" if fields[0] in "tT" else "running"


def _stat(pid: int) -> list[str]:
    """Fields of the process after its name, which may hold anything; none where this system has no /proc."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


# Made while one thread imports: two threads that first look into a type at the same time crash the process.
_RUN_FILES, _HEALTHS = msgspec.json.Decoder(RunFile), msgspec.json.Decoder(SessionHealth)


def _read(path: Path, decoder: msgspec.json.Decoder[T]) -> T | None:
    try:
        return decoder.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):  # being written by another version, or half gone: it tells nothing
        return None
