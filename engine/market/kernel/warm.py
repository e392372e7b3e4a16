"""Whether the kernel is compiled already, and compiling it where somebody can be told. Loads numba only for that."""

from __future__ import annotations

import sys
from collections.abc import Callable
from glob import glob  # not pathlib, which does I/O of every kind: the core only looks where numba keeps its cache
from hashlib import sha1
from os import environ, stat

from platformdirs import user_cache_dir

ENTRIES = 5  # functions that Python calls, a file each
SECONDS = 40  # what compiling takes on a slow machine


def is_compiled() -> bool:
    """Whether this Python has compiled the kernel, as it is now, on this machine before."""
    folder = __file__.replace("\\", "/").rpartition("/")[0]
    name = f"kernel_{sha1(folder.encode(), usedforsecurity=False).hexdigest()}"
    places = [f"{folder}/__pycache__", f"{user_cache_dir('numba', False)}/{name}"]
    if environ.get("NUMBA_CACHE_DIR"):
        places = [f"{environ['NUMBA_CACHE_DIR']}/{name}"]
    if environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return True
    kept = f"entries.*.py{sys.version_info.major}{sys.version_info.minor}.nbi"
    latest = max(stat(file).st_mtime for file in glob(f"{folder}/*.py"))  # noqa: PTH116, PTH207
    found = [[stat(file).st_mtime for file in glob(f"{place}/{kept}")] for place in places]  # noqa: PTH116, PTH207
    return any(len(times) >= ENTRIES and min(times) >= latest for times in found)


def warm(tell: Callable[[str], None]) -> None:
    """Loads the kernel, so that the first market does not wait; where it must be compiled, `tell` hears of it first."""
    if not is_compiled():
        tell(f"compiling the market kernel, once (about {SECONDS} s)")
    from tradetui.engine.market.kernel import market  # noqa: F401
