"""How the kernel's functions are compiled: parts inside their callers, entries once, kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])

LONG, LONGS, TABLE = "int64", "int64[::1]", "int64[:, ::1]"


COMPILED = cast(Any, numba.njit)  # its stubs do not know all options
# No arrays are made inside, so nothing counts references: less code, compiled in less time. Python reaches entries only.
OPTIONS: Final = {"nogil": True, "error_model": "numpy", "_nrt": False, "no_cfunc_wrapper": True}


def part(function: Function) -> Function:
    """A function that only compiled ones call: compiled with them, never loaded by itself."""
    return cast(Function, COMPILED(**OPTIONS, no_cpython_wrapper=True)(function))


def entry(signature: str) -> Callable[[Function], Function]:
    """A function that Python calls: compiled for one signature at import, or taken from the cache on disk.

    numba notices a change in the file of an entry alone, not in those of the parts it calls; an installed package is
    not edited, and an upgrade writes every file anew.
    """

    def decorate(function: Function) -> Function:
        try:
            return cast(Function, COMPILED(signature, cache=True, **OPTIONS)(function))
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            # a read-only home: compile each time
            return cast(Function, COMPILED(signature, **OPTIONS)(function))

    return decorate
