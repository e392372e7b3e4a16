"""Whether a message of an order book costs the same after 10^7 of them, and with 10^4 own orders resting.

The compiled market alone, woken every second. The long runs play the same million messages again and again, the book
emptied between: memory that grows from one to the next would be kept for orders that are gone. Rates are of CPU time.

    python tests/bench/book_scaling.py --json book_scaling.json
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import harness
from harness import HERE, Measured, Program
from market_bench import cpu_rate, market_file

PLAYED = 1_000_000
OWN = (10, 100, 1_000, 10_000)


def main() -> int:
    parser = harness.parser(__doc__, rounds=5)
    parser.add_argument("--largest", type=int, default=10_000_000)
    parser.add_argument("--data", type=Path, help="a folder that keeps the data for the next time")
    options = parser.parse_args()
    harness.pin_to_one_core()
    with tempfile.TemporaryDirectory() as folder:
        played = min(PLAYED, options.largest)
        data, facts = market_file(options.data or Path(folder), "orders", played)
        print(facts)
        sizes = [rows for rows in (100_000, 1_000_000, 10_000_000) if rows <= options.largest]
        long = [program(f"{rows:,} messages", data, min(rows, played), max(1, rows // played), 10) for rows in sizes]
        many = [program(f"{own:,} own orders", data, played, 1, own) for own in OWN]
        results = {}
        for title, programs in (("messages", long), ("own orders", many)):
            measured = harness.measure(programs, options.rounds)
            show(title, measured)
            results[title] = [m.as_json() for m in measured]
    harness.write_json(options.json, {"rounds": options.rounds, "facts": facts, **results})
    return 0


def program(name: str, data: Path, rows: int, times: int, own: int) -> Program:
    told = ("--rows", str(rows), "--times", str(times), "--own", str(own))
    return Program(name, (sys.executable, str(HERE / "run_scaling_market.py"), str(data), *told))


def show(title: str, measured: Sequence[Measured]) -> None:
    first = measured[0]
    heads = (title, "messages", "messages/s", "messages/CPU s", "ns each", "x first", "peak MB", "grown in the run MB")
    rows = [
        (
            m.name,
            f"{m.rows:,}",
            f"{m.rate:,.0f}",
            f"{cpu_rate(m):,.0f}",
            f"{1e9 / cpu_rate(m):.0f}",
            f"{cpu_rate(first) / cpu_rate(m):.2f}",
            f"{m.peak_mb:.0f}",
            f"{m.report['grown_mb']:.0f}",
        )
        for m in measured
    ]
    print()
    harness.print_table(heads, rows)


if __name__ == "__main__":
    sys.exit(main())
