"""`tradetui unlock`: lets trading go on after a kill, from another terminal and for sessions without a screen."""

from __future__ import annotations

import getpass
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradetui.engine.errors import TradetuiError, UsageError
from tradetui.tui.cli.operations import EnvironmentOption, JsonOption
from tradetui.tui.cli.surroundings import load_settings

if TYPE_CHECKING:
    from tradetui.engine.keys import Environment
    from tradetui.engine.operations.run_files import Run
    from tradetui.engine.operations.unlock import UnlockWish

LOOK_S = 0.05
WORD = "UNLOCK"  # typed before real money may be at risk again
HELP = """Let trading go on after a kill or a halt: one step, with a reason that stands in the journal.

A halted session may then only reduce; a second unlock lets it trade. Without --environment it is every session that
runs, and the environment of the settings: where none runs there, its halt ends, and the reason is kept in unlocks.jsonl
of the state folder. With a screen, press U there instead.

Exit codes: 0 done or nothing to do, 3 a session did not say that it obeyed.

\b
Examples:
  tradetui unlock --reason "quotes are right again"
  tradetui unlock --environment paper --pid 4711 --reason "looked into it"
"""


class NoWord(TradetuiError):
    """A session did not answer."""

    exit_code = 3


def unlock(
    reason: Annotated[str, typer.Option(help="Why trading may go on.")],
    environment: EnvironmentOption = None,
    pid: Annotated[int | None, typer.Option(metavar="N", help="Only the session of this process.")] = None,
    timeout: Annotated[float, typer.Option(min=0.5, max=120, help="Seconds to wait for a session.")] = 5.0,
    as_json: JsonOption = False,
) -> None:
    from tradetui.engine.operations.run_files import find_runs
    from tradetui.engine.operations.unlock import UnlockWish, clear_halt

    if not reason.strip():
        raise UsageError("--reason is empty; say why trading may go on")
    settings = load_settings(environment)
    folder, chosen = settings.state_folder, settings.environment
    living = [run for run in find_runs(folder) if run.life != "gone"]
    runs = [run for run in living if environment in (None, run.file.environment) and pid in (None, run.file.pid)]
    if pid is not None and not runs:
        raise UsageError(f"--pid {pid}: no session has that process; see tradetui status")
    alone = pid is None and all(run.file.environment != chosen for run in runs)
    if any(run.file.environment == "live" for run in runs) or (alone and chosen == "live"):
        _demand_word()
    wish = UnlockWish(reason.strip(), f"{getpass.getuser()}, process {os.getpid()}", time.time_ns())
    steps = [_step(folder, run, wish, timeout) for run in runs]
    cleared = alone and clear_halt(folder, chosen, wish)
    _tell(steps, cleared, chosen, as_json)
    if any(now is None for _, _, now in steps):
        raise NoWord("a session did not say that it obeyed; see tradetui status")


unlock.__doc__ = HELP
Step = tuple[int, str, str | None]  # of a process: the state before and after, None where it did not tell


def _demand_word() -> None:
    if not sys.stdin.isatty():
        raise UsageError("real money is unlocked by a person at a terminal, not by a script")
    if input(f"type {WORD} to let the live session go on: ").strip() != WORD:
        raise UsageError(f"not unlocked: {WORD} was not typed")


def _step(folder: Path, run: Run, wish: UnlockWish, patience_s: float) -> Step:
    """Leave the wish for a session and wait until its state is another."""
    from tradetui.engine.operations.halt import HaltLatch
    from tradetui.engine.operations.unlock import UnlockBox

    number, end_s = run.file.pid, time.monotonic() + patience_s
    latch = HaltLatch(folder, run.file.environment)
    before = _trading(folder, number)
    while before in ("ACTIVE", "") and latch.standing() and time.monotonic() < end_s:
        time.sleep(LOOK_S)  # it tells once a second: that it was halted just now is not told yet
        before = _trading(folder, number)
    if before == "ACTIVE":
        return number, before, before
    UnlockBox(folder, number).put(wish)
    while time.monotonic() < end_s:
        now = _trading(folder, number)
        if now not in ("", before):
            return number, before, now
        time.sleep(LOOK_S)
    UnlockBox(folder, number).take()  # nobody is to find it later
    return number, before, None


def _trading(folder: Path, pid: int) -> str:
    """The state that a session told last; empty where it told none."""
    from tradetui.engine.operations.run_files import find_runs

    health = next((run.health for run in find_runs(folder) if run.file.pid == pid), None)
    return health.trading if health else ""


def _tell(steps: list[Step], cleared: bool, environment: Environment, as_json: bool) -> None:
    if as_json:
        import msgspec

        told = [{"pid": pid, "before": before, "now": now} for pid, before, now in steps]
        typer.echo(msgspec.json.encode({"schema_version": 1, "sessions": told, "halt_cleared": cleared}).decode())
        return
    for pid, before, now in steps:
        words = f"{before} -> {now}" if now != before else f"{now}, nothing to unlock"
        again = "; unlock once more to let it take new risk" if now == "REDUCING" else ""
        print(f"process {pid}: {'NO WORD' if now is None else words}{again}")
    if cleared or not steps:
        print(f"the halt of {environment} has ended" if cleared else f"nothing of {environment} is halted")
