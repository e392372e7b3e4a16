"""Compiling a function with numba, its machine code kept on disk where a folder for it can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(signature: str) -> Callable[[Function], Function]:
    """Compiles for one signature when the module is imported, or takes what an earlier process compiled.

    Never `fastmath`: sums are not reordered and products not fused, so every machine rounds alike, and so does plain
    Python under NUMBA_DISABLE_JIT=1.
    """

    def decorate(function: Function) -> Function:
        try:
            return cast(Function, numba.njit(signature, cache=True, nogil=True)(function))
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            return cast(Function, numba.njit(signature, nogil=True)(function))  # a read-only home: compile each time

    return decorate
