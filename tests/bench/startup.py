"""Seconds until `tradetui --help` has ended, and until the screen is painted and filled in a terminal.

The screen is painted when the program has written at least nine tenths of the terminal's cells after taking it over
and some of them are not blank; it is filled when enough letters and digits stand there to be more than empty frames.
All runs start from warm file caches.

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
INK_SHARE = {"painted": 0.1, "filled": 0.1}  # of the cells: characters that are not blank; letters and digits
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
        for columns, lines in SIZES:
            first = [first_frame([str(command)], columns, lines) for _ in range(options.rounds + 1)][1:]
            for state in INK_SHARE:
                seconds[f"screen {state} at {columns}x{lines}"] = [times[state] for times in first]
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


def first_frame(argv: list[str], columns: int, lines: int) -> dict[str, float]:
    """Seconds from starting the program in a new terminal to each state of its screen; the program is ended then."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    began = time.perf_counter()
    process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True)
    os.close(slave)
    try:
        return read_until_filled(master, columns * lines, began)
    finally:
        process.send_signal(signal.SIGTERM)
        drain(master, process)
        os.close(master)


def read_until_filled(master: int, cells: int, began: float) -> dict[str, float]:
    seen = bytearray()
    reached: dict[str, float] = {}
    while len(reached) < len(INK_SHARE):
        left = began + GIVE_UP_S - time.perf_counter()
        if left <= 0 or not select.select([master], [], [], left)[0]:
            raise harness.ProgramFailed(f"not filled within {GIVE_UP_S} s; last output: {bytes(seen[-400:])!r}")
        try:
            chunk = os.read(master, 65536)
        except OSError:  # Linux says EIO when the program has closed the terminal
            chunk = b""
        if not chunk:
            raise harness.ProgramFailed(f"the program ended before its screen was filled: {bytes(seen[-400:])!r}")
        seen += chunk
        now = time.perf_counter() - began
        for state in states(bytes(seen), cells):
            reached.setdefault(state, now)
    return reached


def states(output: bytes, cells: int) -> list[str]:
    """The states of the screen that this output has reached."""
    text = CONTROL.sub(b"", output.partition(TAKES_SCREEN)[2]).decode(errors="ignore")
    if len(text) < FRAME_SHARE * cells:
        return []
    ink = {"painted": sum(not c.isspace() for c in text), "filled": sum(c.isalnum() for c in text)}
    return [state for state, share in INK_SHARE.items() if ink[state] >= share * cells]


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
