"""`tradetui status`, `kill` and `reconcile`: from another terminal, whatever the session is doing."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradetui.engine.errors import JournalError, TradetuiError, UsageError
from tradetui.tui.cli.operations_words import day_end_lines, kill_lines, run_line
from tradetui.tui.cli.surroundings import credentials, default_state_folder, load_settings

if TYPE_CHECKING:
    from tradetui.engine.day_end import Books, DayEnd
    from tradetui.engine.keys import Environment
    from tradetui.engine.operations.run_files import Run
    from tradetui.engine.operations.stop import Stopped

EXIT_LEFT = 1  # orders still work, or the books differ
EXIT_CONNECTION = 3
LOOK_S = 0.1
SETTLE_S = 1.5  # between two looks: what is in flight has arrived by then

EnvironmentOption = Annotated[
    str | None,
    typer.Option("--environment", metavar="ENV", help="dev, paper or live; without it, that of the settings."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


class NoConnection(TradetuiError):
    """The broker did not answer."""

    exit_code = EXIT_CONNECTION


def status(as_json: JsonOption = False) -> None:
    from tradetui.engine.operations.run_files import find_runs

    folder = _state_folder(None)
    runs, halts = find_runs(folder), _halts(folder)
    if as_json:
        _print_json({"sessions": runs, "halts": halts, "state_folder": str(folder)})
        return
    for environment, halt in halts.items():
        print(f"■ {environment} is HALTED: {halt.reason} (by {halt.actor or '?'}); it stands until unlocked")
    for run in runs:
        print(run_line(run))
    if not runs:
        print("no session is running")


status.__doc__ = """Show the sessions that run on this machine, how each is, and what halts trading.

\b
Examples:
  tradetui status
  tradetui status --json
"""


def kill(
    environment: EnvironmentOption = None,
    reason: Annotated[str, typer.Option(help="Why; it stands in the halt.")] = "tradetui kill",
    timeout: Annotated[float, typer.Option(min=0.5, max=120, help="Seconds to wait for the broker's word.")] = 10.0,
    as_json: JsonOption = False,
) -> None:
    from tradetui.engine.operations.run_files import find_runs

    folder = _state_folder(environment)
    runs = find_runs(folder)
    targets, troubles = _targets(environment, runs)
    for name in dict.fromkeys(name for name, _ in targets):
        troubles += _halt(folder, name, reason)  # first: a session that wakes up now sends nothing
    copy = dict(os.environ)
    reports = []
    for name, url in targets:
        if not url:
            troubles += _obeyed(folder, name, timeout)
            continue
        report, trouble = _stop(name, url, dict(copy), timeout)
        reports += [report] if report else []
        troubles += [trouble] if trouble else []
    if as_json:
        _print_json(
            {"halted": [name for name, _ in targets], "accounts": reports, "sessions": runs, "faults": troubles}
        )
    else:
        for line in kill_lines(targets, reports, runs):
            print(line)
        for trouble in troubles:
            print(f"tradetui: {trouble}", file=sys.stderr)
    if any(report.left for report in reports):
        raise typer.Exit(EXIT_LEFT)
    if troubles or not all(report.confirmed for report in reports):
        raise typer.Exit(EXIT_CONNECTION)


kill.__doc__ = """Halt trading and cancel every order of the account, over the broker's own interface.

It needs neither the session nor its screen, database or cache: a halt is written that every session obeys before it
sends, the broker is asked to cancel everything, orders by hand included, and then what still works. Positions stay.
Without --environment it is that of the settings and of every session that runs.

Exit codes: 0 the broker confirms that nothing works, 1 something is left, 3 the broker did not say.

\b
Examples:
  tradetui kill
  tradetui kill --environment paper --reason "quotes look wrong"
  tradetui kill --json --timeout 30
"""


def reconcile(
    journal: Annotated[Path, typer.Argument(metavar="PATH", help="A session.db, or the folder that holds it.")],
    environment: EnvironmentOption = None,
    url: Annotated[str | None, typer.Option(help="Address of the broker; without it, that of the settings.")] = None,
    as_json: JsonOption = False,
) -> None:
    from tradetui.engine.day_end import lasting

    settings = load_settings(environment)
    desk = _desk(settings.environment, url or settings.trading)
    report = _day_end(journal, desk)
    if report.differences:
        time.sleep(SETTLE_S)
        report = lasting(report, _day_end(journal, desk))
    if as_json:
        _print_json({"report": report, "agrees": not report.differences})
    else:
        for line in day_end_lines(report):
            print(line)
    if report.differences:
        raise typer.Exit(EXIT_LEFT)


reconcile.__doc__ = """Compare the books of a session's journal with the broker's account: orders, positions, cash.

Over the symbols of both sides, to 0.01 USD and 0.001 shares. A difference is looked at twice, so that what is in flight
is none. Exit codes: 0 they agree, 1 they differ, 3 the broker did not answer.

\b
Examples:
  tradetui reconcile session.db
  tradetui reconcile runs/today --environment paper --json
"""


def _state_folder(environment: str | None) -> Path:
    """Where sessions are; settings that cannot be read stop nobody from killing."""
    try:
        return load_settings(environment).state_folder
    except UsageError as error:
        print(f"tradetui: {error}; going on without settings", file=sys.stderr)
        return default_state_folder()


def _halts(folder: Path) -> dict[str, Any]:
    from tradetui.engine.keys import TRADING_URLS
    from tradetui.engine.operations.halt import HaltLatch

    found = {name: HaltLatch(folder, name).read() for name in TRADING_URLS}
    return {name: halt for name, halt in found.items() if halt is not None}


def _targets(environment: str | None, runs: list[Run]) -> tuple[list[tuple[Environment, str]], list[str]]:
    """Environments and addresses to stop: of the sessions that run, and of the settings."""
    from tradetui.engine.keys import TRADING_URLS

    living = [run.file for run in runs if run.life != "gone" and environment in (None, run.file.environment)]
    found = [(file.environment, file.trading_url) for file in living]
    try:
        settings = load_settings(environment)
        if not found or (environment is not None and not _only_their_own(found)):
            found.append((settings.environment, settings.trading))
        return list(dict.fromkeys(found)), []
    except UsageError as error:
        if found:
            return list(dict.fromkeys(found)), []
        name: Environment = environment if environment in TRADING_URLS else "paper"
        return [(name, TRADING_URLS[name])], [str(error)]


def _only_their_own(found: list[tuple[Environment, str]]) -> bool:
    """Whether the sessions trade on practice exchanges of their own, and no keys are there for another one."""
    from tradetui.engine import keys

    own = all(name == "dev" and not url for name, url in found)
    return own and keys.find("dev", os.environ, keys.keyring_ask()) is None


def _halt(folder: Path, environment: Environment, reason: str) -> list[str]:
    """Write the halt; a disk that is full keeps nobody from cancelling."""
    from tradetui.engine.operations.halt import Halt, HaltLatch

    try:
        HaltLatch(folder, environment).set(Halt(reason, f"tradetui kill, process {os.getpid()}", time.time_ns()))
    except OSError as error:
        return [f"the halt could not be written ({error.strerror}): end the sessions by hand"]
    return []


def _stop(environment: Environment, url: str, environ: dict[str, str], patience_s: float) -> tuple[Stopped | None, str]:
    from tradetui.engine import keys
    from tradetui.engine.operations.desk import Desk
    from tradetui.engine.operations.stop import stop_account

    try:
        found = keys.required(environment, environ, keys.keyring_ask())
        return stop_account(Desk(url, found.credentials), patience_s), ""
    except (UsageError, ValueError) as error:
        return None, f"{environment} at {url} was halted here, but the broker could not be asked: {error}"


def _obeyed(folder: Path, environment: Environment, patience_s: float) -> list[str]:
    """Wait for sessions that trade where only they can ask, as on an exchange of their own."""
    from tradetui.engine.operations.run_files import find_runs

    end_s = time.monotonic() + patience_s
    while True:
        waiting = [
            run.file.pid
            for run in find_runs(folder)
            if run.life != "gone" and run.file.environment == environment and not run.file.trading_url
            if run.health is None or run.health.trading != "HALTED" or run.health.working
        ]
        if not waiting:
            return []
        if time.monotonic() > end_s:
            return [f"process {pid} has not said that it obeys; to end it: kill -9 {pid}" for pid in waiting]
        time.sleep(LOOK_S)


def _desk(environment: Environment, url: str) -> Any:
    from tradetui.engine.operations.desk import Desk

    found = credentials(environment)
    try:
        return Desk(url, found.credentials)
    except ValueError as error:
        raise UsageError(str(error)) from None


def books_of(journal: Path) -> Books:
    """What a session's file leads to. Raises JournalError where it has no account to compare with."""
    from tradetui.engine.day_end import KINDS, Books
    from tradetui.engine.journal.reader import open_journal

    with open_journal(journal) as reader:
        books = Books(reader.header.details.run_id)
        books.follow(reader.events(kinds=KINDS))
    if not books.opened:
        raise JournalError(f"{journal}: a {reader.header.mode} session has no account to compare with")
    return books


def _day_end(journal: Path, desk: Any) -> DayEnd:
    from tradetui.engine.day_end import day_end
    from tradetui.engine.operations.desk import Unanswered

    try:
        return day_end(books_of(journal), desk.state())
    except Unanswered as error:
        raise NoConnection(f"{desk.url}: {error}") from None


def _print_json(fields: dict[str, Any]) -> None:
    import msgspec

    typer.echo(msgspec.json.Encoder(decimal_format="number").encode({"schema_version": 1, **fields}).decode())
