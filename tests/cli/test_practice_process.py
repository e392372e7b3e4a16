"""`tradetui practice` as a process among others: killed and unlocked from other terminals, and killed for good."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import pytest

pytestmark = pytest.mark.slow
PATIENCE_S = 60.0
T = TypeVar("T")


def eventually(find: Callable[[], T | None], what: str) -> T:
    end, pause = monotonic() + PATIENCE_S, threading.Event()
    while not (found := find()):
        assert monotonic() < end, f"{what} did not happen"
        pause.wait(0.05)
    return found


class Terminal:
    """A place for commands, with settings and folders of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("TRADETUI_", "APCA_"))},
            "XDG_CONFIG_HOME": str(folder / "config"),
            "TRADETUI_ENVIRONMENT": "dev",
            "TRADETUI_STATE_FOLDER": str(folder / "state"),
            "TRADETUI_LOG_FOLDER": str(folder / "log"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tradetui", *arguments]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment, text=True, cwd=self.folder
        )

    def do(self, *arguments: str) -> Any:
        """A command's answer as JSON."""
        done = self.start(*arguments, "--json")
        said, complained = done.communicate(timeout=PATIENCE_S)
        assert done.returncode in (0, 1), complained
        return json.loads(said)

    def health(self, pid: int) -> dict[str, Any]:
        """What the session told last; nothing before the first time."""
        try:
            told: dict[str, Any] = json.loads((self.folder / "state" / "runs" / f"{pid}.health.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return told


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


@pytest.fixture
def session(terminal: Terminal) -> Iterator[subprocess.Popen[str]]:
    """A practice session without a screen that trades."""
    options = ("--speed", "30", "--sessions", str(terminal.folder / "sessions"))
    process = terminal.start("--headless", "practice", "--minutes", "5", *options)
    try:
        eventually(lambda: trading(terminal, process) == "ACTIVE" or process.poll(), "a session that trades")
        yield process
    finally:
        process.kill()
        process.communicate()


def trading(terminal: Terminal, process: subprocess.Popen[str]) -> str:
    told = terminal.health(process.pid)
    return str(told["trading"]) if told.get("ticks") else ""


def children(pid: int) -> list[int]:
    found = [int(n) for task in Path(f"/proc/{pid}/task").iterdir() for n in (task / "children").read_text().split()]
    return sorted(set(found))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_session_without_a_screen_is_killed_and_unlocked_step_by_step_from_another_terminal(
    terminal: Terminal, session: subprocess.Popen[str]
) -> None:
    assert terminal.do("kill", "--environment", "dev", "--reason", "quotes look wrong")["faults"] == []
    assert terminal.health(session.pid)["trading"] == "HALTED"
    first = terminal.do("unlock", "--reason", "they are right again")
    assert first["sessions"] == [{"pid": session.pid, "before": "HALTED", "now": "REDUCING"}]
    assert terminal.do("status")["halts"] == {}
    second = terminal.do("unlock", "--reason", "looked twice")
    assert second["sessions"] == [{"pid": session.pid, "before": "REDUCING", "now": "ACTIVE"}]
    session.send_signal(signal.SIGINT)
    session.communicate(timeout=PATIENCE_S)
    (journal,) = (terminal.folder / "sessions").glob("*.db")
    said = terminal.start("journal", "show", str(journal)).communicate(timeout=PATIENCE_S)[0]
    assert "they are right again" in said


def test_a_session_without_a_screen_ends_in_order_by_itself_when_its_market_is_over(terminal: Terminal) -> None:
    options = ("--speed", "0", "--sessions", str(terminal.folder / "sessions"), "--json")
    process = terminal.start("--headless", "practice", *options)
    said, complained = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, complained
    told = json.loads(said)
    assert told["holds"] == ["the practice market is over at 20:00"]
    assert told["market_rows"] > 0
    assert "the practice market is over at 20:00" in complained
    assert terminal.do("journal", "verify", told["journal"])["closed"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_session_that_is_told_to_end_ends_in_order_and_says_what_came_of_it(
    terminal: Terminal, session: subprocess.Popen[str], number: signal.Signals
) -> None:
    session.send_signal(number)
    said, _ = session.communicate(timeout=PATIENCE_S)
    assert (session.returncode, "session file: " in said) == (0, True)
    (journal,) = (terminal.folder / "sessions").glob("*.db")
    assert terminal.do("journal", "verify", str(journal))["closed"]


def test_killing_a_session_for_good_ends_its_exchange_too(terminal: Terminal, session: subprocess.Popen[str]) -> None:
    (exchange,) = children(session.pid)
    assert b"exchange" in Path(f"/proc/{exchange}/cmdline").read_bytes()
    session.kill()
    session.communicate()
    eventually(lambda: not alive(exchange), "the end of the exchange")


def test_metrics_are_answered_at_the_port_that_the_command_line_names(terminal: Terminal) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    options = ("--minutes", "5", "--sessions", str(terminal.folder / "sessions"), "--metrics-port", str(port))
    process = terminal.start("--headless", "practice", *options)
    try:
        eventually(lambda: trading(terminal, process) or process.poll(), "ticks")
        assert "tradetui_ticks_total" in answered(port)
        eventually(lambda: "tradetui_tick_to_signal_seconds_bucket" in answered(port), "a picture with delays")
    finally:
        process.kill()
        process.communicate()


def answered(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return str(answer.read().decode())
