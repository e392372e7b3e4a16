"""What every measured program takes and prints, so that the harness can start any of them with any interpreter."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

FAST, SLOW = 20, 50
CASH = 10_000_000.0
QUANTITY = 1


@dataclass(frozen=True, slots=True)
class Task:
    """The work: bar files of one symbol each, how many rows of each, and whether the strategy may be short."""

    files: tuple[Path, ...]
    rows: int | None
    always_in: bool
    extra: argparse.Namespace


class Stopwatch:
    """Seconds spent inside `with`, by the clock and of CPU time."""

    seconds = cpu_s = 0.0

    def __enter__(self) -> Stopwatch:
        self._cpu_before = time.process_time()
        self._began = time.perf_counter()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.seconds = time.perf_counter() - self._began
        self.cpu_s = time.process_time() - self._cpu_before


def read_task(description: str | None, add: Callable[[argparse.ArgumentParser], None] | None = None) -> Task:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("files", type=Path, nargs="+", help="files made by make_bars.py")
    parser.add_argument("--rows", type=int, help="use only the first rows of each file")
    parser.add_argument("--always-in", action="store_true", help="go short where the long-only rule goes flat")
    if add is not None:
        add(parser)
    options = parser.parse_args()
    return Task(tuple(options.files), options.rows, options.always_in, options)


def report(engine: str, rows: int, watch: Stopwatch, orders_filled: int, trades: int, final_equity: float) -> None:
    """Prints the line that the harness reads. `trades` counts closed round trips."""
    print(
        json.dumps(
            {
                "engine": engine,
                "rows": rows,
                "seconds": watch.seconds,
                "orders_filled": orders_filled,
                "trades": trades,
                "final_equity": final_equity,
            }
        )
    )
