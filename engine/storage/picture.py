"""How a store is doing, as a screen shows it: immutable, made on the writer's thread, read on any."""

from __future__ import annotations

from typing import Literal

import msgspec

State = Literal["CONNECTING", "OK", "BEHIND", "DOWN"]


class StorePicture(msgspec.Struct, frozen=True):
    """One database or cache. `name` and `message` hold no password. Times are those of the writer's clock."""

    name: str
    state: State
    message: str = ""
    behind: int = 0  # events that are in the journal and not here yet
    since_ns: int = 0  # when the state began
    stored_seq: int = -1  # every event up to this one is here
    rows: int = 0  # stored by this process
    connects: int = 0


class StoragePicture(msgspec.Struct, frozen=True):
    """Everything that keeps the session beside the journal; `cache` is None where none is used."""

    database: StorePicture
    cache: StorePicture | None = None
