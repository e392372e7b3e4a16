"""A halt that stands on the disk: set by any process, seen by every session, cleared by an operator with a reason."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from tradetui.engine.keys import Environment
from tradetui.engine.operations.private import write_private


class Halt(msgspec.Struct, frozen=True):
    """Who halted trading, why and when."""

    reason: str
    actor: str
    ts_ns: int


_DECODER = msgspec.json.Decoder(Halt)  # made while one thread imports: several threads read it


class HaltLatch:
    """Of one environment. A session's companion looks at it twenty times a second: `standing` is one system call."""

    def __init__(self, state_folder: Path, environment: Environment) -> None:
        self.path = state_folder / f"halt-{environment}.json"

    def set(self, halt: Halt) -> None:
        """Halt; the first reason stays, the time is the newest. Survives a loss of power once this returns."""
        first = self.read()
        if first is not None and first.ts_ns:
            halt = Halt(first.reason, first.actor, halt.ts_ns)
        write_private(self.path, msgspec.json.encode(halt), durable=True)

    def standing(self) -> bool:
        """Whether trading is halted; where that cannot be seen, it is."""
        try:
            os.stat(self.path)  # noqa: PTH116  # a third of the time that Path takes
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    def read(self) -> Halt | None:
        """The halt that stands; one that cannot be read stands all the same."""
        if not self.standing():
            return None
        try:
            return _DECODER.decode(self.path.read_bytes())
        except (OSError, msgspec.DecodeError):
            return Halt(f"{self.path} cannot be read", "", 0)

    def clear(self, seen: Halt | None = None) -> bool:
        """The operator unlocked, with a reason that is in the journal; a halt that came after `seen` stands."""
        if seen is not None and self.read() != seen:
            return False
        self.path.unlink(missing_ok=True)
        return True
