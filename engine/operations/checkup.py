"""What `tradetui doctor` looks at on this machine: each look is a line with a verdict and what to do."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import msgspec

from tradetui.engine.keys import Environment
from tradetui.engine.operations.halt import HaltLatch
from tradetui.engine.operations.run_files import Run

Verdict = Literal["OK", "WARN", "FAIL"]
PYTHON_LEAST = (3, 11)
COLUMNS_LEAST, LINES_LEAST = 80, 24
FREE_BYTES_LEAST = 1_000_000_000  # a day of recordings
NEEDED = ("msgspec", "numba", "numpy", "platformdirs", "plotext", "polars", "rich", "sqlite-utils", "textual", "typer")
EXTRAS = {
    "paper": ("alpaca-py", "websockets", "pydantic-settings"),
    "practice": ("aiohttp",),
    "postgres": ("psycopg",),
    "redis": ("redis",),
    "keyring": ("keyring",),
    "metrics": ("prometheus-client",),
}


class Check(msgspec.Struct, frozen=True):
    """One line. `do` is empty where there is nothing to do."""

    name: str
    verdict: Verdict
    seen: str
    do: str = ""


def python() -> Check:
    """The interpreter."""
    seen = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    if sys.version_info < PYTHON_LEAST:
        return Check("python", "FAIL", seen, "install Python 3.11 or later")
    return Check("python", "OK", seen)


def packages() -> list[Check]:
    """What every installation needs, and what each extra brings."""
    missing = _missing(NEEDED)
    found = [
        Check("packages", "FAIL", f"missing: {', '.join(missing)}", "pip install --force-reinstall tradetui")
        if missing
        else Check("packages", "OK", f"{len(NEEDED)} needed, all there")
    ]
    for extra, names in EXTRAS.items():
        if missing := _missing(names):
            do = f"where it is wanted: pip install 'tradetui[{extra}]'"
            found.append(Check(f"extra {extra}", "WARN", f"not installed: {', '.join(missing)}", do))
        else:
            found.append(Check(f"extra {extra}", "OK", ", ".join(f"{name} {version(name)}" for name in names)))
    return found


def terminal(on_terminal: bool, size: tuple[int, int], environ: Mapping[str, str]) -> Check:
    """Whether the screen can show itself."""
    if not on_terminal:
        return Check("terminal", "OK", "none here; the screen needs one, --headless does not")
    columns, lines = size
    name = environ.get("TERM", "")
    colours = "24 bit" if environ.get("COLORTERM") in ("truecolor", "24bit") else "256" if "256" in name else "16"
    seen = f"{columns}x{lines}, {name or 'TERM is not set'}, {'no' if environ.get('NO_COLOR') else colours} colours"
    if columns < COLUMNS_LEAST or lines < LINES_LEAST:
        return Check("terminal", "WARN", seen, f"make it at least {COLUMNS_LEAST}x{LINES_LEAST}")
    if name in ("", "dumb"):
        return Check("terminal", "FAIL", seen, "set TERM, as TERM=xterm-256color")
    return Check("terminal", "OK", seen)


def folder(name: str, path: Path) -> Check:
    """Whether sessions can leave files there that nobody else reads."""
    place = path
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        return Check(name, "FAIL", f"{path}: cannot be written", f"chown or chmod {place}")
    if place == path and path.stat().st_mode & 0o077:
        return Check(name, "WARN", f"{path}: others may look into it", f"chmod 700 {path}")
    free = shutil.disk_usage(place).free
    if free < FREE_BYTES_LEAST:
        return Check(name, "WARN", f"{path}: {free / 1e6:.0f} MB free", "make room: recordings of a day need more")
    return Check(name, "OK", f"{path}, {free / 1e9:.0f} GB free")


def kernel() -> Check:
    """Whether the market's kernel is compiled."""
    from tradetui.engine.market.kernel.warm import SECONDS, is_compiled

    if is_compiled():
        return Check("kernel", "OK", "compiled")
    return Check(
        "kernel", "WARN", "not compiled yet", f"nothing: the first run over a book does it, in about {SECONDS} s"
    )


def halts(state_folder: Path, environments: Iterable[Environment]) -> Check:
    """Whether an earlier kill still stands."""
    standing = [(name, halt) for name in environments if (halt := HaltLatch(state_folder, name).read())]
    if not standing:
        return Check("halts", "OK", "none")
    seen = "; ".join(f"{name}: {halt.reason}" for name, halt in standing)
    return Check("halts", "WARN", seen, "unlock in the screen with U, once the reason is gone")


def sessions(runs: Iterable[Run]) -> Check:
    """Whether those that run say that they are well: feed, orders and what stores them."""
    living = [run for run in runs if run.life != "gone"]
    ill = [f"{run.file.pid} {trouble}" for run in living if (trouble := _trouble(run))]
    if ill:
        return Check("sessions", "WARN", "; ".join(ill), "look closer: tradetui status")
    return Check("sessions", "OK", f"{len(living)} running" if living else "none is running")


def _trouble(run: Run) -> str:
    if run.life == "stopped":
        return "is stopped by a signal"
    if run.health is None:
        return ""
    ways = [(feed.name, feed.state) for feed in run.health.feeds]
    ways += [] if run.health.execution is None else [("orders", run.health.execution.state)]
    ill = [f"{name} {state}" for name, state in ways if state not in ("OK", "CONNECTING")]
    return ", ".join([*ill, *filter(None, [run.health.storage])])


def _missing(names: Iterable[str]) -> list[str]:
    found = []
    for name in names:
        try:
            version(name)
        except PackageNotFoundError:
            found.append(name)
    return found
