"""The first run over a book compiles the market, says so, and the second starts as soon as one that needs no kernel.

Every first run gets an empty NUMBA_CACHE_DIR. Seconds are of whole processes, `tradetui --headless backtest` over a
small session of orders, and over as few bars for comparison. `says so` are the words of the first run that tell it.

    python tests/bench/first_run.py
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import harness
from harness import HERE

TARGET_S = 0.6  # that the second run may take longer than one without a kernel
SAYS_SO = re.compile(r"[^\n]*(?i:compil)[^\n]*")


def main() -> int:
    parser = harness.parser(__doc__, rounds=5)
    parser.add_argument("--events", type=int, default=5_000)
    options = parser.parse_args()
    command = str(Path(sys.executable).with_name("tradetui"))
    firsts: list[float] = []
    seconds: list[float] = []
    without: list[float] = []
    said: set[str] = set()
    with tempfile.TemporaryDirectory() as home:
        for name in ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
            os.environ[name] = home
        argv = [sys.executable, str(HERE / "make_session.py"), home, "--events", str(options.events)]
        orders = Path(subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip())
        bars = orders.with_name(orders.name.replace("_orders", "_bars"))
        over_book = [command, "--headless", "backtest", "--strategy", "market_maker", "--data", str(orders)]
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
            print(f"  round {number + 1}: {first:.2f} {second:.2f} {without[-1]:.2f} s", file=sys.stderr, flush=True)
    named = (("first run over a book", firsts), ("second run over a book", seconds), ("run over bars", without))
    rows = [(name, f"{statistics.median(s):.2f}", f"{min(s):.2f}", f"{max(s):.2f}") for name, s in named]
    harness.print_table((f"seconds, {options.rounds} rounds", "median", "fastest", "slowest"), rows)
    later = statistics.median(a - b for a, b in zip(seconds, without, strict=True))
    print(f"second run later than one over bars by {later:.2f} s; target {TARGET_S} s")
    print(f"says so: {sorted(said) or 'NOTHING'}")
    harness.write_json(options.json, {**dict(named), "later": later, "said": sorted(said)})
    return 0


def run(argv: list[str], cache: Path) -> tuple[float, list[str]]:
    """Seconds of the whole process, and the lines in which it speaks of compiling."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    began = time.perf_counter()
    done = subprocess.run(argv, check=False, capture_output=True, text=True, env=environment)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise harness.ProgramFailed(f"{' '.join(argv)} ended with {done.returncode}: {done.stderr[-600:]}")
    return seconds, [found[0].strip() for found in SAYS_SO.finditer(done.stderr + done.stdout)]


if __name__ == "__main__":
    sys.exit(main())
