"""The compiled market alone over orders, with any number of own orders resting far from the best price."""

from __future__ import annotations

import argparse
import json
import resource
from pathlib import Path

import numpy as np

from make_market import LOT_NANOS, TICK_NANOS, load
from program import Stopwatch
from run_market_ours import session_of
from tradetui.engine.market.kernel.market import KernelMarket
from tradetui.engine.market.session_tape import PIECE_ROWS, SessionTape
from tradetui.engine.market.simulation import WOKE_END, WOKE_REPORT, WOKE_TIMER, Request, SimulationRules

WAKE_NS = 1_000_000_000
WARM_UP_ROWS = 2_000
NEAR_TICKS = 200  # own orders stand from so far below the lowest best bid, one a tick
RULES = SimulationRules(sources=("orders",), timer_ns=WAKE_NS, wake=WOKE_TIMER | WOKE_REPORT, trade_symbols=(False,))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--times", type=int, default=1, help="play the rows so often, one after the other")
    parser.add_argument("--own", type=int, default=10, help="own orders that rest all the time")
    options = parser.parse_args()
    columns = load(options.file, options.rows)
    near = columns["price"][(columns["side"] > 0) & (columns["action"] == 4)]
    low = int(near.min()) if len(near) else int(np.median(columns["price"]))
    tape = SessionTape(session_of("orders", columns))
    warm_up(tape)
    rows, length = len(tape), int(columns["ts_ns"][-1] - columns["ts_ns"][0]) + WAKE_NS
    market = KernelMarket(RULES, 1)
    for order in range(options.own):
        price = max(1, low - NEAR_TICKS - order) * TICK_NANOS
        market.place(Request(order + 1, 0, 1, 1, 0, LOT_NANOS, price, 0, False, 0))
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    market.load(tape.piece(0, 0))
    wakes = 0
    clear = np.zeros((1, 6), np.int64)
    clear[0, 1] = 5 | 1 << 4  # CLEAR of symbol 0: the next time begins with an empty book
    with Stopwatch() as watch:
        for time in range(options.times):
            for start in range(0, rows, PIECE_ROWS):
                piece = tape.piece(start, min(rows, start + PIECE_ROWS)).copy()
                piece[:, 0] += time * length
                if time and not start:
                    clear[0, 0] = piece[0, 0]
                    piece = np.concatenate((clear, piece))
                market.load(piece)
                while market.row < len(piece):
                    woke = market.advance(len(piece), len(piece))
                    if woke & WOKE_REPORT:
                        market.reports()
                    wakes += woke & ~WOKE_END != 0
    after_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = {"rows": rows * options.times, "seconds": watch.seconds, "run_cpu_s": watch.cpu_s, "wakes": wakes}
    print(json.dumps({**told, "grown_mb": after_mb - before_mb, "faults": sum(market.faults())}))


def warm_up(tape: SessionTape) -> None:
    """Have the market compiled, or loaded, before anything is timed."""
    market = KernelMarket(RULES, 1)
    market.place(Request(1, 0, 1, 1, 0, LOT_NANOS, TICK_NANOS, 0, False, 0))
    market.load(tape.piece(0, WARM_UP_ROWS))
    while market.row < WARM_UP_ROWS:
        market.advance(WARM_UP_ROWS, WARM_UP_ROWS)
    market.reports()


if __name__ == "__main__":
    main()
