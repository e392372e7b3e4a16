"""How the kernel's functions are compiled: parts inside their callers, entries once, kept on disk."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from importlib.resources import files
from typing import TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])

LONG, LONGS, TABLE = "int64", "int64[::1]", "int64[:, ::1]"


def part(function: Function) -> Function:
    """A function that only compiled ones call: compiled with them, never loaded by itself."""
    return cast(Function, numba.njit(nogil=True, error_model="numpy")(function))


def entry(signature: str) -> Callable[[Function], Function]:
    """A function that Python calls: compiled for one signature at import, or taken from the cache on disk.

    numba's cache looks at the file of the entry alone, so an entry that is made inside a function and names `sources()`
    there is compiled anew whenever any file of this package changed: numba counts what a closure holds to its key.
    """

    def decorate(function: Function) -> Function:
        try:
            return cast(Function, numba.njit(signature, cache=True, nogil=True, error_model="numpy")(function))
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            return cast(
                Function, numba.njit(signature, nogil=True, error_model="numpy")(function)
            )  # a read-only home: compile each time

    return decorate


def sources() -> int:
    """A number that changes with the text of this package."""
    state = 0
    for file in sorted(files(__package__).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".py"):
            state = zlib.crc32(file.read_bytes(), state)
    return state
