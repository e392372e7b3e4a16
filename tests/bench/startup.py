"""Seconds until `tradetui --help` has ended, and until the screen shows its first full frame in a terminal.

A frame counts as full when the program has written at least nine tenths of the terminal's cells after taking over the
screen, and enough of them are not blank to be more than an empty background. All runs start from warm file caches.

    python tests/bench/startup.py
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from pathlib import Path

import harness

SIZES = ((80, 24), (160, 45))
FRAME_SHARE = 0.9
INK_SHARE = 0.1
GIVE_UP_S = 20.0
TAKES_SCREEN = b"\x1b[?1049h"
CONTROL = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]P_^X].*?(?:\x07|\x1b\\)|\x1b[@-_]|[\x00-\x1f\x7f]", re.DOTALL)


def main() -> None:
    options = harness.parser(__doc__, rounds=9).parse_args()
    command = Path(sys.executable).with_name("tradetui")
    with tempfile.TemporaryDirectory() as home:
        for name in ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):  # the run leaves no session behind
            os.environ[name] = home
        seconds = {
            "python -c pass": every(options.rounds, lambda: whole_process([sys.executable, "-c", "pass"])),
            "tradetui --version": every(options.rounds, lambda: whole_process([str(command), "--version"])),
            "tradetui --help": every(options.rounds, lambda: whole_process([str(command), "--help"])),
        }
        for size in SIZES:
            name = f"first frame at {size[0]}x{size[1]}"
            seconds[name] = every(options.rounds, lambda size=size: first_frame([str(command)], *size))  # type: ignore[misc]
    rows = [
        (name, f"{statistics.median(times):.3f}", f"{min(times):.3f}", f"{max(times):.3f}")
        for name, times in seconds.items()
    ]
    harness.print_table((f"seconds, {options.rounds} rounds", "median", "fastest", "slowest"), rows)
    harness.write_json(options.json, {"rounds": options.rounds, "seconds": seconds})


def every(rounds: int, measure: Callable[[], float]) -> list[float]:
    measure()  # fills the file caches, not counted
    return [measure() for _ in range(rounds)]


def whole_process(argv: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    return time.perf_counter() - began


def first_frame(argv: list[str], columns: int, lines: int) -> float:
    """Seconds from starting the program in a new terminal to its first full frame; the program is ended then."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    began = time.perf_counter()
    process = subprocess.Popen(
        argv, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True, close_fds=True
    )
    os.close(slave)
    try:
        read_until_full(master, columns * lines, began)
        return time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGTERM)
        drain(master, process)
        os.close(master)


def read_until_full(master: int, cells: int, began: float) -> None:
    seen = bytearray()
    while not is_full(bytes(seen), cells):
        left = began + GIVE_UP_S - time.perf_counter()
        if left <= 0 or not select.select([master], [], [], left)[0]:
            raise harness.ProgramFailed(f"no full frame within {GIVE_UP_S} s; last output: {bytes(seen[-400:])!r}")
        try:
            chunk = os.read(master, 65536)
        except OSError:  # Linux says EIO when the program has closed the terminal
            chunk = b""
        if not chunk:
            raise harness.ProgramFailed(f"the program ended before its first frame: {bytes(seen[-400:])!r}")
        seen += chunk


def is_full(output: bytes, cells: int) -> bool:
    _, taken, screen = output.partition(TAKES_SCREEN)
    if not taken:
        return False
    text = CONTROL.sub(b"", screen).decode(errors="ignore")
    return len(text) >= FRAME_SHARE * cells and len(text) - text.count(" ") >= INK_SHARE * cells


def drain(master: int, process: subprocess.Popen[bytes]) -> None:
    """Reads what the ending program still writes, so that it cannot hang on a full terminal."""
    deadline = time.perf_counter() + 5.0
    while process.poll() is None and time.perf_counter() < deadline:
        if select.select([master], [], [], 0.05)[0]:
            try:
                os.read(master, 65536)
            except OSError:
                break
    if process.poll() is None:
        process.kill()
    process.wait()


if __name__ == "__main__":
    main()
