"""`tradetui doctor`: whether this machine, the broker and the servers are fit to trade, and what to do where not."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from tradetui.engine.errors import UsageError
from tradetui.tui.cli.surroundings import STORED, credentials, default_state_folder, load_settings

if TYPE_CHECKING:
    from tradetui.engine.operations.checkup import Check
    from tradetui.engine.settings import Settings

EXIT_UNFIT = 3
HELP = """Look whether everything is fit to trade: installation, terminal, folders, keys, broker, clock, feed, servers.

Each line says OK, WARN or FAIL and what to do. No key is ever printed, no order is sent, and the feed is not logged in
to. Exit codes: 0 nothing failed, 3 something did.

\b
Examples:
  tradetui doctor
  tradetui doctor --environment live --json
  tradetui doctor --offline
"""
WITHOUT = {"database": f"sessions share {STORED} in their folder", "redis": "none is needed"}
Work = Callable[[], "Check"]


def doctor(
    environment: Annotated[
        str | None, typer.Option("--environment", metavar="ENV", help="dev, paper or live; else that of the settings.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody: look at this machine alone.")] = False,
    timeout: Annotated[float, typer.Option(min=1, max=120, help="Seconds for all that is asked of others.")] = 10.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    import msgspec

    checks = []
    for check in _checks(environment, offline, timeout):
        checks.append(check)
        if not as_json:
            print(_line(check), flush=True)
    fit = all(check.verdict != "FAIL" for check in checks)
    if as_json:
        typer.echo(msgspec.json.encode({"schema_version": 1, "fit": fit, "checks": checks}).decode())
    sys.stdout.flush()
    if not fit:
        raise typer.Exit(EXIT_UNFIT)


doctor.__doc__ = HELP


def _checks(environment: str | None, offline: bool, timeout_s: float) -> Iterator[Check]:
    """This machine first, then what is asked of others, side by side."""
    from tradetui.engine.operations import checkup
    from tradetui.engine.operations.run_files import find_runs

    yield checkup.python()
    yield from checkup.packages()
    yield checkup.terminal(sys.stdout.isatty(), shutil.get_terminal_size(), os.environ)
    yield checkup.kernel()
    settings: Settings | None = None
    try:
        settings = load_settings(environment)
    except UsageError as error:
        yield checkup.Check("settings", "FAIL", str(error), "see docs/settings.md")
    else:
        yield checkup.Check("settings", "OK", f"environment {settings.environment}, orders go to {settings.trading}")
    state = settings.state_folder if settings else default_state_folder()
    yield checkup.folder("state folder", state)
    if settings:
        yield checkup.folder("log folder", settings.log_folder)
    yield checkup.halts(state, ("dev", "paper", "live"))
    yield checkup.sessions(find_runs(state))
    if settings is None or offline:
        return
    works, told = _works(settings)
    yield from told
    yield from _side_by_side(works, timeout_s)


def _works(settings: Settings) -> tuple[dict[str, Work], list[Check]]:
    """What is to be asked, by name; and what is known without."""
    from tradetui.engine.operations import checkup_servers as servers
    from tradetui.engine.operations.checkup import Check
    from tradetui.engine.operations.desk import Desk
    from tradetui.engine.storage.urls import parse_database_url, parse_redis_url

    works: dict[str, Work] = {}
    told: list[Check] = []
    environment = settings.environment
    try:
        found = credentials(environment)
        desk = Desk(settings.trading, found.credentials, servers.PATIENCE_S)
        told.append(Check("keys", "OK", f"from {found.source}"))
        works["account"] = lambda: servers.account(desk, environment)
        works["clock"] = lambda: servers.clock(desk, environment)
        works["calendar"] = lambda: servers.calendar(desk)
    except (UsageError, ValueError) as error:
        told.append(Check("keys", "FAIL", str(error), "or trade without an account: tradetui practice"))
    works["feed"] = lambda: servers.feed(settings.stock_stream)
    for name, secret, parse, ask in (
        ("database", settings.database_url, parse_database_url, servers.database),
        ("redis", settings.redis_url, parse_redis_url, servers.cache),
    ):
        if secret is None:
            told.append(Check(name, "OK", f"none in the settings; {WITHOUT[name]}"))
            continue
        try:
            url = parse(secret.get_secret_value())
        except UsageError as error:
            told.append(Check(name, "FAIL", str(error), "see docs/settings.md"))
            continue
        works[name] = lambda ask=ask, url=url: ask(url)  # type: ignore[misc]
    return works, told


def _side_by_side(works: dict[str, Work], timeout_s: float) -> Iterator[Check]:
    """Every answer in the order of the questions; who does not answer in time has failed, and holds up nobody."""
    from tradetui.engine.operations.checkup import Check

    answers: dict[str, Check] = {}

    def ask(name: str, work: Work) -> None:
        try:
            answers[name] = work()
        except Exception as error:  # noqa: BLE001  # whatever it is, the other lines are wanted; its text may hold a key
            answers[name] = Check(name, "FAIL", f"{type(error).__name__}", "please report it")

    # Threads of a pool would be waited for at the end of the program, and a look-up of a name can take a minute.
    threads = {name: threading.Thread(target=ask, args=(name, work), daemon=True) for name, work in works.items()}
    ends_s = time.monotonic() + timeout_s
    for thread in threads.values():
        thread.start()
    for name, thread in threads.items():
        thread.join(max(0.0, ends_s - time.monotonic()))
        silent = Check(name, "FAIL", f"no answer within {timeout_s:g} s", "is the network there?")
        yield answers.get(name, silent)


def _line(check: Check) -> str:
    return f"{check.verdict:<5} {check.name:<16} {check.seen}" + (f"\n{'':<23}-> {check.do}" if check.do else "")
