"""The text of all that the kernel compiles, as one number: what was compiled from another text is of no use."""

from __future__ import annotations

import zlib
from importlib.resources import files

KINDS = (b"part", b"inner", b"once")  # how jit.py marks what is compiled


def sources() -> int:
    """A number that changes with the text of whatever is compiled: parts, and the numbers that they name."""
    package = files(__package__)
    parts = [
        file
        for file in package.iterdir()
        if file.name.endswith(".py") and any(b"\n@%b\n" % kind in file.read_bytes() for kind in KINDS)
    ]
    simulation = files(__package__.rpartition(".")[0]) / "simulation.py"
    named = [*(package / name for name in ("layout.py", "entries.py", "book_entries.py")), simulation]
    state = 0
    for file in [*sorted(parts, key=lambda file: file.name), *named]:
        state = zlib.crc32(file.read_bytes(), state)
    return state
