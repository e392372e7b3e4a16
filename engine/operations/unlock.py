"""An operator's wish to trade again, left by one process for a session in another: one step, with a reason, once."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from tradetui.engine.keys import Environment
from tradetui.engine.operations.halt import HaltLatch
from tradetui.engine.operations.private import write_private
from tradetui.engine.operations.run_files import FOLDER

HISTORY = "unlocks.jsonl"


class UnlockWish(msgspec.Struct, frozen=True):
    """Who wants it, why and when."""

    reason: str
    actor: str
    ts_ns: int


_DECODER = msgspec.json.Decoder(UnlockWish)  # made while one thread imports


class UnlockBox:
    """Where the session of a process finds the wish; whoever takes it is the only one."""

    def __init__(self, state_folder: Path, pid: int) -> None:
        self._path = state_folder / FOLDER / f"{pid}.unlock"

    def put(self, wish: UnlockWish) -> None:
        """Leave a wish; a newer one replaces one that nobody took."""
        write_private(self._path, msgspec.json.encode(wish))

    def take(self) -> UnlockWish | None:
        """The wish that waits, which is gone then; one that cannot be read is none."""
        try:
            wish = _DECODER.decode(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError):
            wish = None
        self._path.unlink(missing_ok=True)
        return wish

    def waits(self) -> bool:
        """Whether nobody has taken it yet."""
        return self._path.exists()


def clear_halt(state_folder: Path, environment: Environment, wish: UnlockWish) -> bool:
    """End a halt that no session is there to obey; the reason is kept beside it. False where none stood."""
    latch = HaltLatch(state_folder, environment)
    halt = latch.read()
    if halt is None:
        return False
    line = {"environment": environment, "halt": halt, "unlock": wish, "cleared_ns": time.time_ns()}
    path = state_folder / HISTORY
    before = path.read_bytes() if path.exists() else b""
    write_private(path, before + msgspec.json.encode(line) + b"\n", durable=True)
    return latch.clear(halt)
