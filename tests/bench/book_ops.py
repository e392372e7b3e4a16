"""Book operations a second, one call each from Python, on the same orders: our two books and nautilus_trader's.

pip install -e '.[bench]' && python tests/bench/book_ops.py
python tests/bench/book_ops.py --rows 500000 --nautilus-python other-venv/bin/python --json book_ops.json
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import harness
import market_bench
from harness import HERE, Program
from market_bench import is_installed, market_file

TARGET = 800_000
WAYS = (("", ()), (", best read each time", ("--look",)))


def main() -> int:
    parser = harness.parser(__doc__, rounds=5)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--nautilus-python", default=sys.executable, help="the interpreter that nautilus is in")
    parser.add_argument("--data", type=Path, help="a folder that keeps the data for the next time")
    options = parser.parse_args()
    harness.pin_to_one_core()
    theirs = options.nautilus_python
    books: list[tuple[str, str, str, tuple[str, ...]]] = []
    books += [("ours, heaps", sys.executable, "heaps", ()), ("ours, compiled", sys.executable, "compiled", ())]
    if is_installed("nautilus_trader", theirs):
        for book in ("cython", "pyo3"):
            books.append((f"nautilus {book}, deltas made before", theirs, book, ()))
            books.append((f"nautilus {book}, orders made in the run", theirs, book, ("--make",)))
    else:
        print("left out: nautilus_trader is not installed", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        data, facts = market_file(options.data or Path(folder), "orders", options.rows)
        print(facts)
        programs = []
        for way, more in WAYS:
            for name, python, book, made in books:
                argv = (python, "-W", "ignore", str(HERE / "run_book_ops.py"), book, str(data), *made, *more)
                programs.append(Program(name + way, argv))
        measured = harness.measure(programs, options.rounds)
    base = measured[0].rate
    rows = [
        (
            f"{m.name} ({m.report['engine'].split()[-1]})" if m.report["engine"][-1].isdigit() else m.name,
            f"{m.rate:,.0f}",
            f"{m.rates[0]:,.0f}-{m.rates[1]:,.0f}",
            f"{m.rate / base:.2f}",
            f"{market_bench.cpu_rate(m):,.0f}",
            f"{m.peak_mb:.0f}",
            f"{m.report['bid']} {m.report['ask']}",
        )
        for m in measured
    ]
    heads = ("book", "calls/s", "slowest-fastest", "x ours, heaps", "calls/CPU s", "peak MB", "best at the end")
    print(f"{options.rows:,} messages; target {TARGET:,} calls a second")
    harness.print_table(heads, rows)
    harness.write_json(options.json, {"rows": options.rows, "facts": facts, "books": [m.as_json() for m in measured]})
    return int(len({(m.report["bid"], m.report["ask"]) for m in measured}) > 1)


if __name__ == "__main__":
    sys.exit(main())
