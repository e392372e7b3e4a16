"""Canary keys go through a whole practice session whose strategy raises: no trace is left."""

from __future__ import annotations

import os
import subprocess
import sys
import time
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


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc to look into")
def test_no_key_is_left_in_any_file_output_or_list_of_processes(tmp_path: Path) -> None:
    venue = Venue(small_world(EngineMatcher(), rate_per_minute=10_000), {KEY: SECRET})
    venue.advance(OPEN_NS)
    (tmp_path / "raiser.py").write_text(STRATEGY)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("TRADETUI_", "APCA_"))}
    environ = inherited | {
        "HOME": str(tmp_path),
        **{f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("CONFIG", "STATE", "DATA")},
        "TRADETUI_LOG_LEVEL": "debug",
        "TRADETUI_PRACTICE_KEY": KEY,
        "TRADETUI_PRACTICE_SECRET": SECRET,
    }
    with ExchangeThread(venue) as server, (tmp_path / "said").open("wb") as said:
        command = [sys.executable, "-m", "tradetui", "--headless", "practice", "--exchange", server.url]
        command += ["--strategy", "raiser.py:Raiser", "--symbol", "ACME", "--minutes", "0.1", "--sessions", "sessions"]
        child = subprocess.Popen(command, stdout=said, stderr=said, env=environ, cwd=tmp_path)
        seen = b""
        end_s = time.monotonic() + LIMIT_S
        while child.poll() is None and time.monotonic() < end_s:
            if any(any(client.subscriptions.channels.values()) for client in server.app[data_stream.STREAMS].clients):
                server.call(lambda venue: venue.advance(venue.exchange.now_ns + STEP_NS))
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
        env=inherited,
    )
    assert b"planned fault" in shown.stdout, shown.stdout.decode()[-3000:]  # the session came that far
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(path.name == "tradetui.log" and text for path, text in files.items())
    places = {**{str(path): text for path, text in files.items()}, "processes": seen, "journal": shown.stdout}
    for word in (KEY.encode(), SECRET.encode()):
        assert [place for place, text in places.items() if word in text] == []
