"""Canary keys go through whole practice sessions, without a screen and with one: no trace is left."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "engine" / "practice"))

from practice_market import OPEN_NS, small_world

from tradetui.engine.practice import data_stream
from tradetui.engine.practice.engine_matcher import EngineMatcher
from tradetui.engine.practice.in_thread import ExchangeThread
from tradetui.engine.practice.venue import Venue

KEY, SECRET = "PKCANARY51D0AA77E1C4", "canary-secret-zQ7-never-to-be-seen"
STRATEGY = """
from tradetui import SignalEvent, Strategy

class Raiser(Strategy):
    name = "raiser"
    subscribes = ("quote",)
    seen = 0

    def on_market_data(self, event):
        self.seen += 1
        if self.seen > 3:
            raise RuntimeError(f"planned fault; {vars(self)} {self.desk!r}")
        return [SignalEvent("ACME", 1, quantity=1)] if self.seen == 1 else []

    def get_parameters(self):
        return {}
"""
SCREEN = [sys.executable, "-m", "tradetui", "practice", "--symbol", "ACME", "--strategy", "ma_crossover"]
F8, QUIT = b"\x1b[19~", b"q"
LIMIT_S = 60
STEP_NS = 20 * 10**9  # a quote comes each minute


def of_processes(pid: int) -> bytes:
    """The list of processes, and what the session's children were given."""
    found = b""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found += (folder / "cmdline").read_bytes()
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if parent == str(pid):
                found += (folder / "environ").read_bytes()
        except OSError:  # ended meanwhile
            continue
    return found


def clean_environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("TRADETUI_", "APCA_"))}


def canary_environ(home: Path) -> dict[str, str]:
    return clean_environ() | {
        "HOME": str(home),
        **{f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "STATE", "DATA")},
        "TRADETUI_LOG_LEVEL": "debug",
        "TRADETUI_PRACTICE_KEY": KEY,
        "TRADETUI_PRACTICE_SECRET": SECRET,
    }


def open_venue() -> Venue:
    venue = Venue(small_world(EngineMatcher(), rate_per_minute=10_000), {KEY: SECRET})
    venue.advance(OPEN_NS)
    return venue


def listened_to(server: ExchangeThread) -> bool:
    return any(any(client.subscriptions.channels.values()) for client in server.app[data_stream.STREAMS].clients)


def a_step_on(venue: Venue) -> None:
    venue.advance(venue.exchange.now_ns + STEP_NS)


def assert_no_key_in(places: dict[str, bytes], folder: Path) -> None:
    files = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert any(path.endswith("tradetui.log") and text for path, text in files.items())
    for word in (KEY.encode(), SECRET.encode()):
        assert [place for place, text in {**files, **places}.items() if word in text] == []


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc to look into")
def test_no_key_is_left_in_any_file_output_or_list_of_processes(tmp_path: Path) -> None:
    (tmp_path / "raiser.py").write_text(STRATEGY)
    environ = canary_environ(tmp_path)
    with ExchangeThread(open_venue()) as server, (tmp_path / "said").open("wb") as said:
        command = [sys.executable, "-m", "tradetui", "--headless", "practice", "--exchange", server.url]
        command += ["--strategy", "raiser.py:Raiser", "--symbol", "ACME", "--minutes", "0.1", "--sessions", "sessions"]
        child = subprocess.Popen(command, stdout=said, stderr=said, env=environ, cwd=tmp_path)
        seen = b""
        end_s = time.monotonic() + LIMIT_S
        while child.poll() is None and time.monotonic() < end_s:
            if listened_to(server):
                server.call(a_step_on)
            seen += of_processes(child.pid)
            try:
                child.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        assert child.poll() is not None
    (journal,) = (tmp_path / "sessions").glob("*.db")
    shown = subprocess.run(
        [sys.executable, "-m", "tradetui", "journal", "show", "--json", str(journal)],
        capture_output=True,
        check=True,
        env=clean_environ(),
    )
    assert b"planned fault" in shown.stdout, shown.stdout.decode()[-3000:]  # the session came that far
    assert_no_key_in({"processes": seen, "journal": shown.stdout}, tmp_path)


class Terminal:
    """A program in a terminal of its own, read as fast as it writes."""

    def __init__(self, argv: list[str], environ: dict[str, str], folder: Path) -> None:
        self._master, slave = pty.openpty()
        environ = environ | {"TERM": "xterm-256color", "COLUMNS": "160", "LINES": "45"}
        self.program = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, env=environ, cwd=folder)
        os.close(slave)
        self.written = b""

    def press(self, key: bytes) -> None:
        os.write(self._master, key)

    def until(self, holds: Callable[[], bool]) -> None:
        """Read until something is so; fails after a while, with the last that was written."""
        end_s = time.monotonic() + LIMIT_S
        while not holds():
            assert time.monotonic() < end_s, self.written[-3000:]
            if select.select([self._master], [], [], 0.05)[0]:
                try:
                    self.written += os.read(self._master, 1 << 16)
                except OSError:  # Linux says EIO when the program has closed the terminal
                    assert self.program.wait(LIMIT_S) == 0, self.written[-3000:]
                    assert holds()

    def close(self) -> None:
        self.program.kill()
        self.program.wait(LIMIT_S)
        os.close(self._master)


@pytest.mark.slow
def test_no_key_is_left_on_the_screen_or_in_a_picture_of_it(tmp_path: Path) -> None:
    with ExchangeThread(open_venue()) as server:
        terminal = Terminal([*SCREEN, "--exchange", server.url], canary_environ(tmp_path), tmp_path)
        try:
            terminal.until(lambda: listened_to(server))
            server.call(a_step_on)
            terminal.until(lambda: b"PRACTICE" in terminal.written)
            terminal.press(F8)
            terminal.until(lambda: any(tmp_path.glob("tradetui-*.svg")) and b"Saved" in terminal.written)
            terminal.press(QUIT)
            terminal.until(lambda: terminal.program.poll() is not None)
        finally:
            terminal.close()
    (picture,) = tmp_path.glob("tradetui-*.svg")
    assert "PRACTICE" in picture.read_text().replace("&#160;", " ")
    assert_no_key_in({"terminal": terminal.written}, tmp_path)
