"""How soon the screen answers a key, and how often it repaints its book, on orders replayed as fast as it goes.

`tradetui replay --speed 0` runs in a terminal of its own, read as fast as it writes; what was written when is looked at
afterwards, through a terminal emulator. The key `d` changes how many levels the book shows, which its last line tells:
key-to-repaint is the time until that line says so. A frame is a burst of output after which the book looks different.
Only keys pressed while the replay still moved count. How fast it went is told beside them: a screen that is quick
because the market stands still proves nothing. The kernel is compiled, where it is not yet, before anything is timed.

    pip install -e '.[bench]' && python tests/bench/screen_book.py
    python tests/bench/screen_book.py --events 2000000 --rounds 4 --sizes 160x45
"""

from __future__ import annotations

import argparse
import fcntl
import itertools
import os
import pty
import random
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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyte

import harness
from harness import HERE
from startup import drain

TARGET_MS, TARGET_FRAMES = 60.0, 10.0
KEY, DEPTHS = b"d", ("5", "10", "20", " all")  # each press goes to the next
TOLD = re.compile(r"\bd(\d+| all)\s+grp")  # the last line of the book
LADDER = re.compile(r"\d+\.\d\d")
UNKNOWN = re.compile(
    rb"\x1b\[[<>=?][0-9;]*[a-gi-ku-z]|\x1b\[[?0-9;]*\$[a-z]|\x1bP.*?\x1b\\|\x1b_.*?\x1b\\|\x1b\[[0-9;]*t"
)
BURST_S = 0.002  # output with shorter pauses belongs to one frame
START_S, GAP_S, ANSWER_S = 60.0, (0.25, 0.5), 2.0
FINISHED = b"FINISHED"  # what the top line says when the last row has been played
WARM = "from tradetui.engine.market.kernel.warm import warm; warm(print)"


@dataclass(frozen=True, slots=True)
class Recording:
    """What a terminal saw: when which bytes came, and when keys were pressed."""

    chunks: tuple[tuple[float, bytes], ...]
    keys: tuple[float, ...]
    played_s: float | None  # from the first book to the last row; None where that was not waited for
    cpu_s: float
    wall_s: float


@dataclass(frozen=True, slots=True)
class Seen:
    """Milliseconds from each key to its repaint, keys that were not answered, and repaints of the book a second."""

    answers_ms: tuple[float, ...]
    unanswered: int
    frames_per_s: float
    moved_s: float
    played_s: float | None


def main() -> int:
    options = read_options()
    with tempfile.TemporaryDirectory() as home:
        for name in ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):  # the run leaves no session behind
            os.environ[name] = home
        orders = options.orders or session(Path(home), options.events)
        subprocess.run([sys.executable, "-c", WARM], check=True)
        command = str(Path(sys.executable).with_name("tradetui"))
        argv = [command, "replay", "--data", str(orders), "--strategy", options.strategy, "--speed", "0"]
        events = pl.scan_parquet(orders).select(pl.len()).collect().item()
        results: dict[str, Any] = {"events": events, "rounds": options.rounds}
        rows = []
        for size in options.sizes:
            columns, lines = map(int, size.split("x"))
            seen = []
            for _ in range(options.rounds):
                recorded = record(argv, columns, lines, options.keys)
                seen.append(look(recorded, columns, lines))
            results[size] = [vars_of(one) for one in seen]
            rows.append(row_of(size, seen, events))
    heads = ("screen", "keys", "p50 ms", "p99 ms", "slowest ms", "no answer", "frames/s", "moved s", "M rows/s")
    print(f"target: p99 below {TARGET_MS:.0f} ms, {TARGET_FRAMES:.0f} frames a second")
    harness.print_table(heads, rows)
    harness.write_json(options.json, results)
    return 0


def read_options() -> argparse.Namespace:
    parser = harness.parser(__doc__, rounds=8)
    parser.add_argument("--events", type=int, default=10_000_000, help="order events of the replayed session")
    parser.add_argument("--orders", type=Path, help="replay this Parquet file of orders instead")
    parser.add_argument("--strategy", default="market_maker")
    parser.add_argument("--keys", type=int, default=60, help="most keys pressed in each round")
    parser.add_argument("--sizes", nargs="+", default=["80x24", "160x45"])
    return parser.parse_args()


def session(folder: Path, events: int) -> Path:
    argv = [sys.executable, str(HERE / "make_session.py"), str(folder), "--events", str(events)]
    return Path(subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip())


def record(argv: Sequence[str], columns: int, lines: int, keys: int) -> Recording:
    """Run the program in a terminal, press keys at random moments once its book moves, and end it."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True)
    os.close(slave)
    rng = random.Random(7)
    chunks: list[tuple[float, bytes]] = []
    pressed: list[float] = []
    began = time.perf_counter()
    try:
        read_until_book(master, chunks, began)
        first = chunks[-1][0]
        until = time.perf_counter() + 1.0
        last = None
        while len(pressed) < keys and last is None:
            looked = len(chunks)
            listen(master, chunks, until)
            os.write(master, KEY)
            pressed.append(time.perf_counter())
            until = pressed[-1] + rng.uniform(*GAP_S)
            last = next((at for at, chunk in chunks[looked:] if FINISHED in chunk), None)
        listen(master, chunks, time.perf_counter() + ANSWER_S)
    finally:
        cpu_s, wall_s = cpu_of(process.pid), time.perf_counter() - began
        process.send_signal(signal.SIGTERM)
        drain(master, process)
        os.close(master)
    return Recording(tuple(chunks), tuple(pressed), None if last is None else last - first, cpu_s, wall_s)


def read_until_book(master: int, chunks: list[tuple[float, bytes]], began: float) -> None:
    """Until the last line of a book with depth has been written."""
    told = b""
    while b"grp" not in told:
        if time.perf_counter() - began > START_S:
            raise harness.ProgramFailed(f"no book within {START_S} s; last output: {told[-400:]!r}")
        listen(master, chunks, time.perf_counter() + 0.05)
        told = b"".join(chunk for _, chunk in chunks[-200:])


def listen(master: int, chunks: list[tuple[float, bytes]], until: float) -> None:
    """Keep what is written until then, with the time at which it could be read."""
    while (left := until - time.perf_counter()) > 0:
        if select.select([master], [], [], left)[0]:
            try:
                chunk = os.read(master, 1 << 16)
            except OSError as gone:  # Linux says EIO when the program has closed the terminal
                raise harness.ProgramFailed(f"the program ended: {chunks[-1][1][-400:]!r}") from gone
            chunks.append((time.perf_counter(), chunk))


def cpu_of(pid: int) -> float:
    """CPU seconds of a process so far, from Linux's own count; 0 elsewhere."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def look(recorded: Recording, columns: int, lines: int) -> Seen:
    """Play the output through a terminal emulator, burst by burst, and see when what was on it."""
    screen = pyte.Screen(columns, lines)
    stream = pyte.ByteStream(screen)
    told: list[tuple[float, str]] = []  # when the last line of the book said something else
    frames: list[float] = []
    before: tuple[str, ...] = ()
    for at, burst in bursts(recorded.chunks):
        stream.feed(UNKNOWN.sub(b"", burst))
        display = tuple(screen.display)
        match = next((found for line in display if (found := TOLD.search(line))), None)
        if match is not None and (not told or told[-1][1] != match[1]):
            told.append((at, match[1]))
        book = tuple(line for line in display if LADDER.search(line))
        if book != before:
            frames.append(at)
            before = book
    return judge(recorded.keys, told, frames, recorded.played_s)


def bursts(chunks: Sequence[tuple[float, bytes]]) -> list[tuple[float, bytes]]:
    """Chunks that came together, with the time of the last of them."""
    found: list[tuple[float, bytes]] = []
    for at, chunk in chunks:
        if found and at - found[-1][0] < BURST_S:
            found[-1] = (at, found[-1][1] + chunk)
        else:
            found.append((at, chunk))
    return found


def judge(
    keys: Sequence[float], told: Sequence[tuple[float, str]], frames: Sequence[float], played_s: float | None
) -> Seen:
    first = keys[0]
    moved = [at for at in frames if at >= first]
    end = stood_still(keys, moved)
    answered = answers(keys, [(at, words) for at, words in told if at > first], last_before(told, first))
    waited = [(at - key) * 1000.0 for key, at in zip(keys, answered, strict=False) if key <= end]
    seconds = max(end - first, 1e-9)
    pressed = sum(key <= end for key in keys)
    return Seen(tuple(waited), pressed - len(waited), sum(at <= end for at in moved) / seconds, seconds, played_s)


def stood_still(keys: Sequence[float], frames: Sequence[float]) -> float:
    """The key from which on the book was repainted for keys alone, at most once for each: the replay was at its end."""
    end = keys[-1]
    for key, following in reversed(list(itertools.pairwise(keys))):
        if sum(key < at < following for at in frames) > 1:
            break
        end = key
    return end


def last_before(told: Sequence[tuple[float, str]], at: float) -> str:
    return next(words for when, words in reversed(told) if when <= at)


def answers(keys: Sequence[float], told: Sequence[tuple[float, str]], before: str) -> list[float]:
    """When the last line first said what each key leads to; one repaint may answer several keys."""
    found: list[float] = []
    begin = DEPTHS.index(before)
    for at, words in told:
        steps = (DEPTHS.index(words) - begin - len(found)) % len(DEPTHS)
        found += [at] * steps
    assert len(found) <= len(keys), "more changes than keys"
    return found


def vars_of(seen: Seen) -> dict[str, Any]:
    return {name: getattr(seen, name) for name in Seen.__slots__}


def row_of(size: str, seen: Sequence[Seen], events: int) -> tuple[str, ...]:
    """Percentiles over all rounds; the medians of the rounds' frames and rows a second."""
    answers = sorted(ms for one in seen for ms in one.answers_ms)
    if not answers:
        return (size, "0", "-", "-", "-", str(sum(one.unanswered for one in seen)), "-", "-", "-")
    rates = [events / one.played_s / 1e6 for one in seen if one.played_s]
    return (
        size,
        str(len(answers)),
        f"{answers[len(answers) // 2]:.1f}",
        f"{answers[min(len(answers) - 1, int(len(answers) * 0.99))]:.1f}",
        f"{answers[-1]:.1f}",
        str(sum(one.unanswered for one in seen)),
        f"{statistics.median(one.frames_per_s for one in seen):.1f}",
        f"{statistics.median(one.moved_s for one in seen):.1f}",
        f"{statistics.median(rates):.2f}" if rates else "-",
    )


if __name__ == "__main__":
    sys.exit(main())
