"""What the benchmarks of ticks, depth and orders share: engines, data, rounds, and the table of rates and counts."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import harness
from harness import HERE, Measured, Program

COUNTED = ("wakes", "orders", "fills", "position", "cash")


@dataclass(frozen=True, slots=True)
class Engine:
    """A program of this folder, the module it needs, and what it is told beside the data."""

    name: str
    script: str
    module: str
    options: tuple[str, ...] = ()
    rows_max: int = 10**9


OURS = "tradetui"
ENGINES = (
    Engine(OURS, "run_market_ours.py", "tradetui.engine.market.kernel"),
    Engine("tradetui, kernel alone", "run_market_ours.py", "tradetui.engine.market.kernel", ("--engine=kernel alone",)),
    Engine("hftbacktest, hash map", "run_market_hft.py", "hftbacktest"),
    Engine("hftbacktest, roi vector", "run_market_hft.py", "hftbacktest", ("--engine=roi vector",)),
    # its cost grows with its orders, so fewer rows flatter it
    Engine("nautilus", "run_market_nautilus.py", "nautilus_trader", rows_max=200_000),
)


@dataclass(frozen=True, slots=True)
class Bench:
    """One workload: its kind of data, its sizes, the target, and what wakes its strategies."""

    title: str
    kind: str
    rows: int
    targets: dict[tuple[str, ...], str]  # by what the programs are told
    description: str | None


def run(bench: Bench) -> int:
    options = read_options(bench)
    pythons = dict(pair.split("=", 1) for pair in options.python)
    engines = [engine for engine in ENGINES if engine.name not in options.skip]
    present = []
    for engine in engines:
        if is_installed(engine.module, python_of(engine, pythons)):
            present.append(engine)
        else:
            print(f"left out: {engine.name}, {engine.module} is not installed", file=sys.stderr)
    core = harness.pin_to_one_core()
    results: dict[str, Any] = {"rows": options.rows, "rounds": options.rounds, "core": core}
    with tempfile.TemporaryDirectory() as folder:
        data, results["facts"] = market_file(options.data or Path(folder), bench.kind, options.rows)
        print(f"{bench.title}: {results['facts']}")
        for told, target in bench.targets.items():
            programs = [program_of(e, bench.kind, told, data, options.rows, python_of(e, pythons)) for e in present]
            measured = harness.measure(programs, options.rounds)
            show(f"{' '.join(told) or bench.title}; target {target}", measured)
            results[" ".join(told) or bench.title] = [m.as_json() for m in measured]
    harness.write_json(options.json, results)
    return 0


def read_options(bench: Bench) -> argparse.Namespace:
    parser = harness.parser(bench.description, rounds=5)
    parser.add_argument("--rows", type=int, default=bench.rows)
    parser.add_argument("--skip", action="append", default=[], choices=[e.name for e in ENGINES], help="repeatable")
    parser.add_argument(
        "--python", action="append", default=[], metavar="ENGINE=PATH", help="interpreter of one engine"
    )
    parser.add_argument("--data", type=Path, help="a folder that keeps the data for the next time")
    return parser.parse_args()


def python_of(engine: Engine, pythons: dict[str, str]) -> str:
    return pythons.get(engine.name, sys.executable)


def is_installed(module: str, python: str) -> bool:
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", code], check=False, stderr=subprocess.DEVNULL).returncode == 0


def market_file(folder: Path, kind: str, rows: int) -> tuple[Path, dict[str, Any]]:
    """The data, made in a process of their own where they are not there yet, and what was counted in them."""
    file = folder / f"{kind}_{rows}.npz"
    argv = [sys.executable, str(HERE / "make_market.py"), kind, str(file), "--rows", str(rows)]
    made = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True)
    return file, json.loads(made.stdout)


def program_of(engine: Engine, kind: str, told: tuple[str, ...], data: Path, rows: int, python: str) -> Program:
    few = ("--rows", str(min(rows, engine.rows_max)), *told)
    return Program(
        engine.name, (python, "-W", "ignore", str(HERE / engine.script), kind, str(data), *few, *engine.options)
    )


def cpu_rate(measured: Measured) -> float:
    """Rows in a CPU second of the run: what the rate would be if nobody else used the machine."""
    return measured.rows / statistics.median(float(r.report["run_cpu_s"]) for r in measured.rounds)


def show(title: str, measured: Sequence[Measured]) -> None:
    """Rates, and how often ours is the others'; what was done beside it, so that one sees whether it was the same."""
    ours = next((m for m in measured if m.name == OURS), None)
    head = (
        "program",
        "rows",
        "rows/s",
        "slowest-fastest",
        "ours is x",
        "rows/CPU s",
        "ours is x",
        "run s",
        "process CPU s",
        "wall s",
        "peak MB",
    )
    heads = (*head, "prepare s", "compile s", *COUNTED)
    rows = []
    for m in measured:
        of_all = [r.process_s for r in m.rounds]
        last = m.report
        rows.append(
            (
                f"{m.name} ({last['engine'].split()[-1]})" if last["engine"][-1].isdigit() else m.name,
                f"{m.rows:,}",
                f"{m.rate:,.0f}",
                f"{m.rates[0]:,.0f}-{m.rates[1]:,.0f}",
                f"{ours.rate / m.rate:.2f}" if ours else "-",
                f"{cpu_rate(m):,.0f}",
                f"{cpu_rate(ours) / cpu_rate(m):.2f}" if ours else "-",
                f"{m.seconds:.3f}",
                f"{m.cpu_s:.1f}",
                f"{sorted(of_all)[len(of_all) // 2]:.1f}",
                f"{m.peak_mb:.0f}",
                f"{last['prepare_s']:.2f}",
                f"{last['compile_s']:.2f}",
                *(f"{last[name]:,.0f}" for name in COUNTED),
            )
        )
    print(f"\n{title}")
    harness.print_table(heads, rows)
