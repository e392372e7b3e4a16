"""The first run over a book compiles the market, says so, and the second starts as soon as one that needs no kernel.

Every first run gets an empty NUMBA_CACHE_DIR. Seconds are of whole processes, `tradetui --headless backtest` with the
same strategy over a small session of orders, and for comparison over the minute bars of the same session. `says so` are
the words of a run that tell of compiling; those of a second run are marked AGAIN.

    python tests/bench/first_run.py
"""

from __future__ import annotations

import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import harness
from harness import HERE

TARGET_S = 0.6  # that the second run may take longer than one without a kernel
SAYS_SO = re.compile(r"[^\n]*(?i:compil)[^\n]*")


class Cost(NamedTuple):
    """Of a whole process."""

    wall_s: float
    cpu_s: float


def main() -> int:
    parser = harness.parser(__doc__, rounds=5)
    parser.add_argument("--events", type=int, default=5_000)
    options = parser.parse_args()
    command = str(Path(sys.executable).with_name("tradetui"))
    firsts: list[Cost] = []
    seconds: list[Cost] = []
    without: list[Cost] = []
    said: set[str] = set()
    with tempfile.TemporaryDirectory() as home:
        for name in ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
            os.environ[name] = home
        argv = [sys.executable, str(HERE / "make_session.py"), home, "--events", str(options.events)]
        orders = Path(subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip())
        bars = orders.with_name(orders.name.replace("_orders", "_bars"))
        over_book = [command, "--headless", "backtest", "--strategy", "ma_crossover", "--data", str(orders)]
        over_bars = [command, "--headless", "backtest", "--strategy", "ma_crossover", "--data", str(bars)]
        for number in range(options.rounds):
            cache = Path(home) / f"cache{number}"
            first, told = run(over_book, cache)
            said.update(told)
            firsts.append(first)
            second, told = run(over_book, cache)
            said.update(f"AGAIN: {words}" for words in told)
            seconds.append(second)
            run(over_bars, cache)
            without.append(run(over_bars, cache)[0])
            walls = " ".join(f"{cost.wall_s:.2f}" for cost in (first, second, without[-1]))
            print(f"  round {number + 1}: {walls} s", file=sys.stderr, flush=True)
    named = (("first run over a book", firsts), ("second run over a book", seconds), ("run over bars", without))
    rows = [
        (
            name,
            f"{statistics.median(cost.wall_s for cost in costs):.2f}",
            f"{min(cost.wall_s for cost in costs):.2f}",
            f"{max(cost.wall_s for cost in costs):.2f}",
            f"{statistics.median(cost.cpu_s for cost in costs):.2f}",
        )
        for name, costs in named
    ]
    harness.print_table((f"seconds, {options.rounds} rounds", "median", "fastest", "slowest", "CPU"), rows)
    later = statistics.median(a.wall_s - b.wall_s for a, b in zip(seconds, without, strict=True))
    more = statistics.median(a.cpu_s - b.cpu_s for a, b in zip(seconds, without, strict=True))
    print(f"second run later than one over bars by {later:.2f} s ({more:.2f} s of CPU); target {TARGET_S} s")
    print(f"says so: {sorted(said) or 'NOTHING'}")
    harness.write_json(options.json, {**dict(named), "later": later, "more_cpu_s": more, "said": sorted(said)})
    return 0


def run(argv: list[str], cache: Path) -> tuple[Cost, list[str]]:
    """Seconds of the whole process, and the lines in which it speaks of compiling."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    began, before = time.perf_counter(), children_cpu_s()
    done = subprocess.run(argv, check=False, capture_output=True, text=True, env=environment)
    cost = Cost(time.perf_counter() - began, children_cpu_s() - before)
    if done.returncode:
        raise harness.ProgramFailed(f"{' '.join(argv)} ended with {done.returncode}: {done.stderr[-600:]}")
    return cost, [found[0].strip() for found in SAYS_SO.finditer(done.stderr + done.stdout)]


def children_cpu_s() -> float:
    """CPU seconds of all processes that have ended so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
