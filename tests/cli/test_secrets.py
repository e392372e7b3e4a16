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

from canary import LIMIT_S, a_step_on, assert_no_key_in, canary_environ, listened_to, open_venue, raising_session
from tradetui.engine.practice.in_thread import ExchangeThread

SCREEN = [sys.executable, "-m", "tradetui", "practice", "--symbol", "ACME", "--strategy", "ma_crossover"]
F8, QUIT = b"\x1b[19~", b"q"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc to look into")
def test_no_key_is_left_in_any_file_output_or_list_of_processes(tmp_path: Path) -> None:
    assert_no_key_in(raising_session(tmp_path), tmp_path)


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
