"""Heap book, sorted twin and compiled book on the same random operations: same answers, same trades, same state.

    python tests/bench/book_differential.py --operations 1000000 --seeds 20

Prints one line a seed and ends with exit code 1 at the first difference. Rates are of CPU time, for information alone.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from book_mix import BookMix, Operation
from sorted_book import Book, SortedBook
from tradetui.engine.market.order_book import OrderBook

CHUNK = 20_000  # operations between two comparisons of the whole state


class Ran(NamedTuple):
    """What a book answered to a chunk: a hash of its answers, its state, its counts, and the CPU seconds it took."""

    answers: str
    trades: int
    state: int
    faults: tuple[int, ...]
    best: tuple[int | None, int | None]
    seconds: float


def makers() -> dict[str, Callable[[], Book]]:
    """Every book that there is; the compiled one only where it is built in."""
    found: dict[str, Callable[[], Book]] = {"heaps": OrderBook, "sorted lists": SortedBook}
    try:
        from tradetui.engine.market.kernel.book import KernelBook
    except ImportError:
        return found
    return {**found, "kernel": KernelBook}


def run(book: Book, operations: Sequence[Operation]) -> Ran:
    """Do a chunk of operations on a book."""
    calls = [(getattr(book, method), arguments) for method, arguments in operations]
    began = time.process_time()
    answers = [call(*arguments) for call, arguments in calls]
    seconds = time.process_time() - began
    trades = [answer for answer in answers if isinstance(answer, list)]
    told = hashlib.sha256(
        repr([a if a is None or isinstance(a, list) else str(a) for a in answers]).encode()
    ).hexdigest()
    best = book.get_best_bid(), book.get_best_ask()
    return Ran(told, sum(map(len, trades)), book.state_hash(), tuple(book.faults()), best, seconds)


def compare(seed: int, operations: int, wide: bool) -> tuple[dict[str, float], int, Ran]:
    """Seconds of each book, the trades and the last state; raises at the first difference."""
    books = {name: make() for name, make in makers().items()}
    spent = dict.fromkeys(books, 0.0)
    stream, trades = iter(BookMix(seed, wide, int64=True).operations(operations)), 0
    while chunk := list(islice(stream, CHUNK)):
        ran = {name: run(book, chunk) for name, book in books.items()}
        first = ran["heaps"]
        for name, other in ran.items():
            spent[name] += other.seconds
            if other[:-1] != first[:-1]:
                raise SystemExit(f"seed {seed}: {name} says {other}\nheaps says {first}")
        trades += first.trades
    return spent, trades, first


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=1)
    options = parser.parse_args()
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        wide = seed % 4 == 0  # every fourth with prices far apart
        spent, trades, last = compare(seed, options.operations, wide)
        rates = ", ".join(f"{name} {options.operations / seconds / 1e6:.2f} M/s" for name, seconds in spent.items())
        faults = sum(last.faults)
        print(
            f"seed {seed}: {options.operations} operations, {trades} trades, {faults} faults, state {last.state:016x}"
        )
        print(f"  identical: {rates}", flush=True)
    print(f"{options.seeds} seeds, {' = '.join(makers())}")


if __name__ == "__main__":
    main()
