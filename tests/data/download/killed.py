"""Downloads in children that kill themselves in the middle. A program of its own: it forks, so it has one thread.

Reads lines `LINES SEED FOLDER URL` and answers each with `killed` or the lines that a whole run executes. A child is
killed by SIGKILL before the given line of our download code, counted over all of its threads; 0 is never, and -1
neither, without counting, which is faster.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

import httpx  # noqa: F401  # loaded once, before the forks
import numpy as np  # noqa: F401
import polars as pl  # noqa: F401  # loaded and not used: its threads would not survive a fork

import tradetui.data.download.binance  # noqa: F401
from tradetui.data.download.finish import finish  # noqa: F401
from tradetui.data.download.job import Wanted
from tradetui.data.download.patience import Timing
from tradetui.data.download.run import download_all, refuse_failures
from tradetui.data.download.vendors import VENDORS

NOW_NS = 1_709_294_400 * 10**9
START_NS, STOP_NS = 1_704_067_200 * 10**9, 1_704_067_200 * 10**9 + 30 * 3600 * 10**9
SYMBOLS = ("AAA", "BBB", "CCC")


class Killer:
    """Counts the lines of our download code that run, and ends the process at one of them."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.lines = 0

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        name = frame.f_code.co_filename
        if "/download/" not in name and not name.endswith("raw_catalog.py"):
            return None
        if event == "line":
            self.lines += 1
            if self.lines == self.at:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.trace


def download(at: int, seed: int, folder: Path, url: str) -> int:
    """One run, killed or not; the lines it took."""
    chance = Random(seed)
    killer = Killer(at)
    if at >= 0:
        threading.settrace(killer.trace)
    timing = Timing(lambda: NOW_NS, lambda: 0.0, lambda _: None)
    symbols = list(SYMBOLS)
    chance.shuffle(symbols)
    wanted = [Wanted("binance", one, "1hour", url, START_NS, STOP_NS, True, "refuse") for one in symbols]
    refuse_failures(download_all(wanted, VENDORS["binance"], folder, 2, lambda _: None, lambda _: timing))
    return killer.lines


def main() -> None:
    for line in sys.stdin:
        at, seed, folder, url = line.split()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            code = 1
            try:
                os.write(writer, str(download(int(at), int(seed), Path(folder), url)).encode())
                code = 0
            finally:
                os._exit(code)
        os.close(writer)
        _, status = os.waitpid(child, 0)
        said = os.read(reader, 100).decode()
        os.close(reader)
        by_kill = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        sys.stdout.write(("killed" if by_kill else said or f"failed {status}") + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
