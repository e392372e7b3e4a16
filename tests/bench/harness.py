"""Runs programs side by side, each in its own process, and reports medians, ratios, CPU seconds and peak memory.

It imports nothing heavy: on Linux a child's peak memory is never less than what its parent held when it was started.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


class ProgramFailed(Exception):
    """A measured program ended with an error; its last lines of stderr are the message."""


@dataclass(frozen=True, slots=True)
class Program:
    """One thing to measure: an argv whose last line of stdout is a JSON object with at least `rows` and `seconds`."""

    name: str
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """What one run of a program cost: its own `seconds` of work, and of the whole process wall, CPU and peak memory."""

    seconds: float
    process_s: float
    cpu_s: float
    peak_mb: float
    report: dict[str, Any]


@dataclass(slots=True)
class Measured:
    """All rounds of one program."""

    name: str
    rounds: list[Round] = field(default_factory=list)

    @property
    def report(self) -> dict[str, Any]:
        return self.rounds[-1].report

    @property
    def rows(self) -> int:
        return int(self.report["rows"])

    @property
    def seconds(self) -> float:
        return statistics.median(r.seconds for r in self.rounds)

    @property
    def rate(self) -> float:
        """Rows a second, from the median round."""
        return self.rows / self.seconds

    @property
    def rates(self) -> tuple[float, float]:
        """The slowest and the fastest round."""
        every = [self.rows / r.seconds for r in self.rounds]
        return min(every), max(every)

    @property
    def cpu_s(self) -> float:
        return statistics.median(r.cpu_s for r in self.rounds)

    @property
    def peak_mb(self) -> float:
        return max(r.peak_mb for r in self.rounds)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "rate": self.rate,
            "seconds": self.seconds,
            "cpu_s": self.cpu_s,
            "peak_mb": self.peak_mb,
            "rounds": [asdict(r) for r in self.rounds],
        }


def measure(programs: Sequence[Program], rounds: int) -> list[Measured]:
    """Every program once, then every program again, so that a slow minute of the machine hits all of them."""
    measured = [Measured(program.name) for program in programs]
    for number in range(rounds):
        for program, into in zip(programs, measured, strict=True):
            done = run_once(program)
            into.rounds.append(done)
            print(f"  round {number + 1}: {program.name} {done.seconds:.3f} s", file=sys.stderr, flush=True)
    return measured


def run_once(program: Program) -> Round:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        process = subprocess.Popen(program.argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        process_s = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)  # already waited for, Popen must not do it again
        if process.returncode != 0:
            err.seek(0)
            tail = err.read().decode(errors="replace").strip().splitlines()[-8:]
            raise ProgramFailed(f"{program.name} ended with {process.returncode}:\n" + "\n".join(tail))
        out.seek(0)
        report = json.loads(out.read().decode().strip().splitlines()[-1])
    peak_mb = usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
    return Round(float(report["seconds"]), process_s, usage.ru_utime + usage.ru_stime, peak_mb, report)


def pin_to_one_core() -> int | None:
    """Keeps this process and its children on the last core it may use; None where the system cannot."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def machine() -> dict[str, Any]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor_name(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as their widest cell; the first is left-aligned, the others right."""
    widths = [max(len(row[i]) for row in (headings, *rows)) for i in range(len(headings))]
    for row in (headings, ["-" * w for w in widths], *rows):
        cells = [cell.rjust(w) if i else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))]
        print("  ".join(cells).rstrip())


def parser(description: str | None, rounds: int) -> argparse.ArgumentParser:
    """The options that all benchmarks share."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--rounds", type=int, default=rounds, help="how often everything is run; the median counts")
    made.add_argument("--json", type=Path, metavar="FILE", help="write every round there too")
    return made


def write_json(path: Path | None, results: dict[str, Any]) -> None:
    if path is not None:
        path.write_text(json.dumps({"machine": machine(), **results}, indent=1) + "\n", encoding="utf-8")


def make_bars(folder: Path, rows: int, symbols: int = 1, seed: int = 0) -> list[Path]:
    """Files of seeded bars, made in a process of their own."""
    argv = [sys.executable, str(HERE / "make_bars.py"), str(folder)]
    argv += ["--rows", str(rows), "--symbols", str(symbols), "--seed", str(seed)]
    subprocess.run(argv, check=True)
    return [folder / f"{number}.npz" for number in range(seed, seed + symbols)]


def _processor_name() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
