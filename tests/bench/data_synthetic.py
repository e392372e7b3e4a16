"""Order events the invented market makes in a second of one core: the books alone, all tables, and written to disk.

Each program runs in its own process; CPU seconds are of its work alone, after the loops are compiled, and peak memory
is of the whole process. `plain Python` is the same loop without its compiler.

    python tests/bench/data_synthetic.py
    python tests/bench/data_synthetic.py --events 5000000 --rounds 5 --json generator.json
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

PLAIN_SHARE = 50  # plain Python is given so many times fewer events
WAYS = ("books alone", "all tables", "on disk", "plain Python", "minute bars")


@dataclass(frozen=True, slots=True)
class Work:
    """What one process did."""

    rows: int
    cpu_s: float
    wall_s: float
    peak_mb: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=2_000_000, help="order events asked for; also bars / 2")
    parser.add_argument("--symbols", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(json.dumps(asdict(work(options.way, options.symbols, options.events))))
        return 0
    rounds = {way: [in_process(way, options) for _ in range(options.rounds)] for way in WAYS}
    print(f"{'':14} {'rows':>11} {'rows a CPU second':>18} {'least .. most':>24} {'peak MB':>8}")
    for way, done in rounds.items():
        rates = sorted(one.rows / one.cpu_s for one in done)
        spread = f"{rates[0]:,.0f} .. {rates[-1]:,.0f}"
        peak = max(one.peak_mb for one in done)
        print(f"{way:14} {done[0].rows:11,} {statistics.median(rates):18,.0f} {spread:>24} {peak:8.0f}")
    if options.json:
        options.json.write_text(json.dumps({way: [asdict(one) for one in done] for way, done in rounds.items()}))
    return 0


def in_process(way: str, options: argparse.Namespace) -> Work:
    events = options.events // PLAIN_SHARE if way == "plain Python" else options.events
    argv = [sys.executable, __file__, "--way", way, "--events", str(events), "--symbols", str(options.symbols)]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"} if way == "plain Python" else dict(os.environ)
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=environment)
    return Work(**json.loads(done.stdout.splitlines()[-1]))


def work(way: str, symbols: int, events: int) -> Work:
    """Does it once, after a small session that compiles the loops or loads them."""
    from tradetui.data.synthetic_market.market import Market
    from tradetui.data.synthetic_market.symbols import market_symbols

    warm = Market(1, market_symbols(1, 1), date(2026, 3, 2), 1)
    warm.whole(0, 1_000)
    each = max(1_000, events // symbols)
    market = Market(7, market_symbols(7, symbols), date(2026, 3, 2), 1)
    with tempfile.TemporaryDirectory(prefix="tradetui-generate-") as folder:
        ways: dict[str, Callable[[], int]] = {
            "books alone": lambda: books_alone(market, each),
            "all tables": lambda: sum(len(piece.orders) for piece in market.play(0, each)),
            "plain Python": lambda: sum(len(piece.orders) for piece in market.play(0, each)),
            "on disk": lambda: on_disk("session", symbols, 1, each, Path(folder)),
            "minute bars": lambda: on_disk("bars", symbols, max(1, events // 780 // symbols), 1_000, Path(folder)),
        }
        wall, cpu = time.perf_counter(), time.process_time()
        rows = ways[way]()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Work(rows, cpu, wall, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def books_alone(market: object, events: int) -> int:
    """The order flow of each symbol in event rows, before it is put into tables."""
    from tradetui.data.synthetic import session_open_ns
    from tradetui.data.synthetic_market.market import Market

    assert isinstance(market, Market)
    rows = 0
    for index in range(len(market.symbols)):
        book = market.book(index, 0, events)
        _, piece = book.open()
        rows += len(piece.events)
        for minute in range(30, 391, 30):
            rows += len(book.advance(session_open_ns(market.days[0]) + minute * 60 * 10**9).events)
    return rows


def on_disk(kind: str, symbols: int, days: int, events: int, folder: Path) -> int:
    from tradetui.data.synthetic_market.generate import Wanted, generate

    return generate(Wanted(kind, symbols, days, events, 7), folder, lambda *_: None).rows


if __name__ == "__main__":
    sys.exit(main())
