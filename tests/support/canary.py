"""Keys that must never be seen again, a practice session that is given them, and the search for them. Not a test."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

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
LIMIT_S = 60
STEP_NS = 20 * 10**9  # a quote comes each minute


def clean_environ() -> dict[str, str]:
    """That of this process, without anybody's settings and keys."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("TRADETUI_", "APCA_"))}


def canary_environ(home: Path) -> dict[str, str]:
    """The keys, and a home of its own."""
    return clean_environ() | {
        "HOME": str(home),
        **{f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "STATE", "DATA")},
        "TRADETUI_LOG_LEVEL": "debug",
        "TRADETUI_PRACTICE_KEY": KEY,
        "TRADETUI_PRACTICE_SECRET": SECRET,
    }


def open_venue() -> Venue:
    """The small market at its open, for who has the keys."""
    venue = Venue(small_world(EngineMatcher(), rate_per_minute=10_000), {KEY: SECRET})
    venue.advance(OPEN_NS)
    return venue


def listened_to(server: ExchangeThread) -> bool:
    """Whether a session has subscribed to prices."""
    return any(any(client.subscriptions.channels.values()) for client in server.app[data_stream.STREAMS].clients)


def a_step_on(venue: Venue) -> None:
    """Market time passes."""
    venue.advance(venue.exchange.now_ns + STEP_NS)


def raising_session(folder: Path, more: Mapping[str, str] | None = None) -> dict[str, bytes]:
    """A whole headless session whose strategy raises, in a folder of its own; what processes and its journal showed."""
    (folder / "raiser.py").write_text(STRATEGY)
    environ = canary_environ(folder) | dict(more or {})
    with ExchangeThread(open_venue()) as server, (folder / "said").open("wb") as said:
        command = [sys.executable, "-m", "tradetui", "--headless", "practice", "--exchange", server.url]
        command += ["--strategy", "raiser.py:Raiser", "--symbol", "ACME", "--minutes", "0.1", "--sessions", "sessions"]
        child = subprocess.Popen(command, stdout=said, stderr=said, env=environ, cwd=folder)
        seen = b""
        end_s = time.monotonic() + LIMIT_S
        while child.poll() is None and time.monotonic() < end_s:
            if listened_to(server):
                server.call(a_step_on)
            seen += _of_processes(child.pid)
            try:
                child.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        assert child.poll() is not None
    (journal,) = (folder / "sessions").glob("*.db")
    shown = subprocess.run(
        [sys.executable, "-m", "tradetui", "journal", "show", "--json", str(journal)],
        capture_output=True,
        check=True,
        env=clean_environ(),
    )
    assert b"planned fault" in shown.stdout, shown.stdout.decode()[-3000:]  # the session came that far
    return {"processes": seen, "journal": shown.stdout}


def assert_no_key_in(places: Mapping[str, bytes], *folders: Path, words: tuple[str, ...] = (KEY, SECRET)) -> None:
    """Neither in these texts nor in any file of these folders."""
    files = {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}
    assert any(path.endswith("tradetui.log") and text for path, text in files.items())
    for word in words:
        assert [place for place, text in {**files, **places}.items() if word.encode() in text] == []


def _of_processes(pid: int) -> bytes:
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
