"""Bars a second of tradetui and its peers on the same bars and the same rule, side by side.

The rule: moving averages of 20 and 50 closes on seeded one-minute bars, a decision in Python on every bar, one unit a
trade, market orders, no costs. `long-only` is in the market half of the time, `always-in` reverses at every cross. Each
engine runs in its own process on one pinned core; what is timed is the run alone, with imports and data made ready
before. Every engine's orders, trades and final equity are compared with a plain loop over the same bars. Slow engines
run on fewer bars.

    pip install -e '.[bench]' && python tests/bench/bars.py
    python tests/bench/bars.py --python nautilus=other-venv/bin/python --variant always-in --json bars.json
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import harness
from harness import HERE, Measured, Program

VARIANTS = {"long-only": (), "always-in": ("--always-in",)}
BASELINE = "backtesting.py"


@dataclass(frozen=True, slots=True)
class Engine:
    """A program of this folder, the module it needs, how many bars it is given, how near its final equity must be."""

    name: str
    script: str
    module: str
    options: tuple[str, ...] = ()
    rows_max: int = 10**9
    equity_tolerance: float = 1e-9


ENGINES = (
    Engine("tradetui, event", "run_ours.py", "tradetui"),
    Engine("tradetui, event, user file", "run_ours.py", "tradetui", ("--newcomer",)),
    Engine("tradetui, vectorised", "run_ours.py", "tradetui", ("--form", "vectorised")),
    Engine("backtesting.py", "run_backtesting.py", "backtesting"),
    Engine("backtrader", "run_backtrader.py", "backtrader", rows_max=100_000),
    # its account counts whole cents, so each trade may be off by half of one
    Engine("nautilus", "run_nautilus.py", "nautilus_trader", rows_max=100_000, equity_tolerance=1e-6),
)
FLOOR = Engine("plain loop, no engine", "run_bare_loop.py", "numpy")


def main() -> int:
    options = read_options()
    pythons = dict(pair.split("=", 1) for pair in options.python)
    engines = [engine for engine in ENGINES if engine.name not in options.skip]
    present = [e for e in engines if is_installed(e.module, python_of(e, pythons, options.peer_python))]
    for engine in engines:
        if engine not in present:
            print(f"left out: {engine.name}, {engine.module} is not installed", file=sys.stderr)
    core = harness.pin_to_one_core()
    results: dict[str, Any] = {"rows": options.rows, "rounds": options.rounds, "core": core}
    agreed = True
    with tempfile.TemporaryDirectory() as folder:
        (data,) = harness.make_bars(Path(folder), options.rows)
        for variant in VARIANTS if options.variant == "both" else (options.variant,):
            programs = []
            for engine in (*present, FLOOR):
                python = python_of(engine, pythons, options.peer_python)
                programs.append(program_of(engine, data, VARIANTS[variant], options.rows, python))
            measured = harness.measure(programs, options.rounds)
            notes = [disagreement(e, m, data, variant) for e, m in zip((*present, FLOOR), measured, strict=True)]
            agreed = agreed and not any(notes)
            show(variant, measured, notes)
            results[variant] = [m.as_json() for m in measured]
    harness.write_json(options.json, results)
    return 0 if agreed else 1


def read_options() -> Any:
    parser = harness.parser(__doc__, rounds=3)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--variant", choices=(*VARIANTS, "both"), default="both")
    parser.add_argument("--skip", action="append", default=[], choices=[e.name for e in ENGINES], help="repeatable")
    parser.add_argument("--peer-python", default=sys.executable, help="the interpreter that the peers are installed in")
    parser.add_argument(
        "--python", action="append", default=[], metavar="ENGINE=PATH", help="another one for one engine"
    )
    return parser.parse_args()


def python_of(engine: Engine, pythons: dict[str, str], peer_python: str) -> str:
    ours = engine.module in ("tradetui", "numpy")
    return pythons.get(engine.name, sys.executable if ours else peer_python)


def is_installed(module: str, python: str) -> bool:
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", code], check=False).returncode == 0


def program_of(engine: Engine, data: Path, variant: tuple[str, ...], rows: int, python: str) -> Program:
    few = ("--rows", str(min(rows, engine.rows_max)))
    return Program(engine.name, (python, str(HERE / engine.script), str(data), *few, *engine.options, *variant))


def disagreement(engine: Engine, measured: Measured, data: Path, variant: str) -> str:
    """What differs from the plain loop over as many bars; empty where all is equal."""
    loop = harness.run_once(program_of(FLOOR, data, VARIANTS[variant], measured.rows, sys.executable)).report
    found = measured.report
    notes = [f"{key} {found[key]}, not {loop[key]}" for key in ("orders_filled", "trades") if found[key] != loop[key]]
    if abs(found["final_equity"] - loop["final_equity"]) > engine.equity_tolerance * abs(loop["final_equity"]):
        notes.append(f"final equity {found['final_equity']}, not {loop['final_equity']}")
    return "; ".join(notes)


def show(variant: str, measured: Sequence[Measured], notes: Sequence[str]) -> None:
    base = next((m.rate for m in measured if m.name == BASELINE), None)
    headings = (
        "engine",
        "bars",
        "bars/s",
        "slowest-fastest",
        f"x {BASELINE}",
        "process CPU s",
        "peak MB",
        "orders",
        "trades",
    )
    rows = []
    for m in measured:
        ratio = f"{m.rate / base:.2f}" if base else "-"
        spread = f"{m.rates[0]:,.0f}-{m.rates[1]:,.0f}"
        counts = (f"{m.report['orders_filled']:,}", f"{m.report['trades']:,}")
        name = f"{m.name} ({m.report['engine'].split()[-1]})" if m.report["engine"][-1].isdigit() else m.name
        rows.append(
            (name, f"{m.rows:,}", f"{m.rate:,.0f}", spread, ratio, f"{m.cpu_s:.1f}", f"{m.peak_mb:.0f}", *counts)
        )
    print(f"\n{variant}")
    harness.print_table(headings, rows)
    for m, note in zip(measured, notes, strict=True):
        print(f"{m.name}: DIFFERS from the plain loop: {note}" if note else "", end="\n" if note else "")


if __name__ == "__main__":
    sys.exit(main())
