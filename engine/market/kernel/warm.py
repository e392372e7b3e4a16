"""Whether the kernel is compiled already, and compiling it where somebody can be told. Loads numba only for that.

Beside the machine code lies a note of the text that was compiled: their times say nothing after an upgrade, and those
of entries that have moved since stay where they are.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from glob import glob  # not pathlib, which does I/O of every kind: the core only looks where numba keeps its cache
from hashlib import sha1
from os import environ

from platformdirs import user_cache_dir

from tradetui.engine.market.kernel.texts import sources

SECONDS = 20  # what compiling takes on a slow machine
PYTHON = f"py{sys.version_info.major}{sys.version_info.minor}"


def is_compiled() -> bool:
    """Whether this Python has compiled the kernel, as it is now, on this machine before."""
    if environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return True
    return any(_noted(place) == str(sources()) for place in _kept())


def warm(tell: Callable[[str], None]) -> None:
    """Loads the kernel, so that the first market does not wait; where it must be compiled, `tell` hears of it first."""
    compiled = is_compiled()
    if not compiled:
        tell(f"compiling the market kernel, once (about {SECONDS} s)")
    from tradetui.engine.market.kernel import market  # noqa: F401

    for place in () if compiled else _kept():
        # a cache that nobody may write: it is told each time
        with suppress(OSError), open(_note(place), "w", encoding="ascii") as file:  # noqa: PTH123  # see `glob`
            file.write(str(sources()))


def _kept() -> list[str]:
    """The folders in which numba keeps what it compiled of the kernel for this Python."""
    folder = __file__.replace("\\", "/").rpartition("/")[0]
    name = f"kernel_{sha1(folder.encode(), usedforsecurity=False).hexdigest()}"
    places = [f"{folder}/__pycache__", f"{user_cache_dir('numba', False)}/{name}"]
    if environ.get("NUMBA_CACHE_DIR"):
        places = [f"{environ['NUMBA_CACHE_DIR']}/{name}"]
    return [place for place in places if glob(f"{place}/entries.*.{PYTHON}.*.code")]  # noqa: PTH207


def _note(place: str) -> str:
    return f"{place}/kernel.{PYTHON}.text"


def _noted(place: str) -> str:
    try:
        with open(_note(place), encoding="ascii") as file:  # noqa: PTH123  # see `glob`
            return file.read()
    except (OSError, ValueError):
        return ""
