"""How the kernel's functions are compiled: parts inside their callers, entries once, kept on disk."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from importlib.resources import files
from typing import Any, Final, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])

LONG, LONGS, TABLE = "int64", "int64[::1]", "int64[:, ::1]"

unliteral = cast(Any, numba.types).unliteral
COMPILED = cast(Any, numba.njit)  # its stubs do not know all options
# No arrays are made inside, so nothing counts references: less code, compiled in less time.
OPTIONS: Final = {"nogil": True, "error_model": "numpy", "_nrt": False, "no_cfunc_wrapper": True}


def part(function: Function) -> Function:
    """A function that only compiled ones call: compiled with them, never loaded by itself."""
    made = COMPILED(**OPTIONS, no_cpython_wrapper=True)(function)
    if hasattr(made, "get_call_template"):  # else the JIT is off
        choose = made.get_call_template
        # numba would compile a part once for every constant that it is called with: a third of all compiling
        made.get_call_template = lambda args, kws: choose([unliteral(arg) for arg in args], kws)
    return cast(Function, made)


def entry(signature: str) -> Callable[[Function], Function]:
    """A function that Python calls: compiled for one signature at import, or taken from the cache on disk."""

    def decorate(function: Function) -> Function:
        try:
            return cast(Function, COMPILED(signature, cache=True, **OPTIONS)(function))
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            # a read-only home: compile each time
            return cast(Function, COMPILED(signature, **OPTIONS)(function))

    return decorate


def sources() -> int:
    """A number that changes with the text of whatever is compiled: parts, and the numbers that they name."""
    package = files(__package__)
    parts = [file for file in package.iterdir() if file.name.endswith(".py") and b"\n@part\n" in file.read_bytes()]
    numbers = [package / "layout.py", files(__package__.rpartition(".")[0]) / "simulation.py"]
    state = 0
    for file in [*sorted(parts, key=lambda file: file.name), *numbers]:
        state = zlib.crc32(file.read_bytes(), state)
    return state
