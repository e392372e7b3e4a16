"""How the kernel's functions are compiled: parts inside their callers, entries once, kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba
from numba.core import runtime
from numba.core.compiler_lock import global_compiler_lock

from tradetui.engine.market.kernel.kept_code import KeptCode

Function = TypeVar("Function", bound=Callable[..., object])

LONG, LONGS, TABLE = "int64", "int64[::1]", "int64[:, ::1]"
CODES, BYTES = "int32[::1]", "int8[::1]"

unliteral = cast(Any, numba.types).unliteral
COMPILED = cast(Any, numba.njit)  # its stubs do not know all options
# No arrays are made inside, so nothing counts references: less code, compiled in less time.
OPTIONS: Final = {"nogil": True, "error_model": "numpy", "_nrt": False, "no_cfunc_wrapper": True}


def part(function: Function) -> Function:
    """A function that only compiled ones call: compiled with them, never loaded by itself."""
    return _part(function)


def inner(function: Function) -> Function:
    """A small part of what happens at every row, copied into its callers: handing arrays over takes nanoseconds."""
    return _part(function, forceinline=True)


def once(function: Function) -> Function:
    """A part with one caller, compiled as if it were written there: quicker to run and to compile."""
    return _part(function, inline="always")


def _part(function: Function, **more: object) -> Function:
    made = COMPILED(**OPTIONS, **more, no_cpython_wrapper=True)(function)
    if hasattr(made, "get_call_template"):  # else the JIT is off
        choose = made.get_call_template
        # numba would compile a part once for every constant that it is called with: a third of all compiling
        made.get_call_template = lambda args, kws: choose([unliteral(arg) for arg in args], kws)
    return cast(Function, made)


def entry(signature: str) -> Callable[[Function], Function]:
    """A function that Python calls: compiled for one signature at import, or taken from the cache on disk."""

    def decorate(function: Function) -> Function:
        try:
            made = COMPILED(cache=True, **OPTIONS)(function)
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            # a read-only home: compile each time
            return cast(Function, COMPILED(signature, **OPTIONS)(function))
        if made is not function:  # it is itself with the JIT off
            keep(made)
            if not taken_from_disk(made, signature):
                made.compile(signature)
                made.disable_compile()
        return cast(Function, made)

    return decorate


def keep(made: Any) -> None:
    """Give an entry files that are safe to read; where its folder cannot be made, none."""
    cache = made._cache
    try:
        cache._impl.locator.ensure_cache_path()
    except OSError:
        cache.disable()
    cache._cache_file = KeptCode(cache.cache_path, cache._impl.filename_base)


def taken_from_disk(made: Any, signature: str) -> bool:
    """Whether the machine code of an entry was in the cache, and is its own now.

    numba fills its tables of all that it knows to compile before it looks there, 0.1 s at every start. Machine code
    needs but the runtime's symbols; what must be compiled later fills the tables then.
    """
    context = made.targetctx
    with cast(Any, global_compiler_lock):  # nothing else is compiled meanwhile
        cast(Any, runtime).rtsys.initialize(context)
        context.refresh = lambda: None
        try:
            kept = made._cache.load_overload(signature, context)
        finally:
            del context.refresh
    if kept is None:
        return False
    made.add_overload(kept)
    made.disable_compile()
    return True


def direct(function: Function) -> Function:
    """An entry without numba's look at the arguments, 0.15 us a call; they must be just what its signature says."""
    compiled = getattr(function, "overloads", None)  # none with the JIT off
    return cast(Function, next(iter(compiled.values())).entry_point) if compiled else function
