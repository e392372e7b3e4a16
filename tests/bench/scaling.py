"""Whether tradetui's cost per bar stays flat as bars, orders and symbols grow.

python tests/bench/scaling.py --json scaling.json
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import harness
from harness import HERE, Measured, Program

ORDERS_EVERY = (10_000, 1_000, 100, 10)  # bars between orders: 10^2 to 10^5 orders over 10^6 bars


def main() -> None:
    options = read_options()
    core = harness.pin_to_one_core()
    results: dict[str, Any] = {"rounds": options.rounds, "core": core}
    with tempfile.TemporaryDirectory() as folder:
        for title, programs in series(Path(folder), options.largest, options.form):
            measured = harness.measure(programs, options.rounds)
            show(title, measured)
            results[title] = [m.as_json() for m in measured]
    harness.write_json(options.json, results)


def read_options() -> Any:
    parser = harness.parser(__doc__, rounds=3)
    parser.add_argument("--largest", type=int, default=10_000_000, help="bars of the longest run")
    parser.add_argument(
        "--form", choices=("event", "vectorised"), default="event", help="of the series over bars and symbols"
    )
    return parser.parse_args()


def series(folder: Path, largest: int, form: str) -> list[tuple[str, list[Program]]]:
    """Title and programs of each table; the first program of a table is what the others are compared with."""
    sizes = [rows for rows in (100_000, 1_000_000, 10_000_000) if rows <= largest]
    one = {rows: harness.make_bars(folder / str(rows), rows) for rows in sizes}  # a file each: peak memory is compared
    ten = harness.make_bars(folder / "ten", 100_000, symbols=10, seed=1)
    middle = min(1_000_000, largest)
    return [
        ("bars", [ours(f"{rows:,} bars", one[rows], rows, "--form", form) for rows in sizes]),
        (
            "orders",
            [ours(f"an order every {n:,} bars", one[middle], middle, "--orders-every", str(n)) for n in ORDERS_EVERY],
        ),
        (
            "symbols",
            [
                ours(f"one symbol of {middle:,} bars", one[middle], middle, "--form", form),
                ours("ten symbols of 100,000 bars", ten, 100_000, "--form", form),
            ],
        ),
    ]


def ours(name: str, files: Sequence[Path], rows: int, *options: str) -> Program:
    argv = (sys.executable, str(HERE / "run_ours.py"), *map(str, files), "--rows", str(rows), *options)
    return Program(name, argv)


def show(title: str, measured: Sequence[Measured]) -> None:
    """Cost per bar against the first program's, and what each order beyond the first program's has added."""
    first = measured[0]
    rows = []
    for m in measured:
        each, more_orders = m.seconds / m.rows, m.report["orders_filled"] - first.report["orders_filled"]
        added = f"{(m.seconds - first.seconds) / more_orders * 1e6:.1f}" if title == "orders" and more_orders else "-"
        cost = (f"{each * 1e6:.3f}", f"{each / (first.seconds / first.rows):.2f}", added, f"{m.peak_mb:.0f}")
        rows.append((m.name, f"{m.rows:,}", f"{m.report['orders_filled']:,}", f"{m.rate:,.0f}", *cost))
    print()
    headings = (title, "bars", "orders filled", "bars/s", "µs a bar", "x first", "µs an added order", "peak MB")
    harness.print_table(headings, rows)


if __name__ == "__main__":
    main()
