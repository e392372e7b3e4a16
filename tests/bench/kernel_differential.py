"""Plays many markets in the compiled kernel and in the plain-Python reference and says how much was compared.

`python tests/bench/kernel_differential.py --runs 40 --rows 20000 [--data FOLDER]`; FOLDER holds `l2/` and `l3/` of
recorded feeds. Ends with an error at the first difference, and says how to play that market again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from market_traces import Habits, Pieces, Trace, first_difference, random_rules, trace_of
from random_tapes import random_rows
from real_tapes import tape_of_feed
from reference_market import ReferenceMarket
from tapes import NANOS, tape_of
from tradetui.engine.market.kernel.market import KernelMarket
from tradetui.engine.market.simulation import (
    TS,
    WOKE_BEST,
    WOKE_REPORT,
    WOKE_TIMER,
    CancelAhead,
    SimulationRules,
    Source,
    Tape,
)

SOURCES: tuple[tuple[Source, ...], ...] = (
    ("orders",),
    ("depth",),
    ("quotes",),
    ("trades",),
    ("orders", "depth", "quotes", "trades", "orders"),
)
BITSTAMP, NASDAQ = "l3/bitstamp_BTCUSD_2026-05-02_orders.csv.gz", "l3/nasdaq_NVDA_2010-06-08_messages.csv.gz"
LOBSTER = "l3/lobster_MSFT_2012-06-21_message_50_rows_0001-0500.csv.gz"
BINANCE, FUTURES = "l2/binance_spot_BTCUSDT_2024-08-08.jsonl.gz", "l2/binance_coinm_BTCUSD_PERP_2024-08-08.jsonl.gz"
BYBIT = "l2/bybit_linear_XRPUSDT_ob500_2024-12-01.zip"
RECORDED: tuple[tuple[str, Source, float], ...] = (  # file, what is played of it, the unit that orders are sent in
    (NASDAQ, "orders", 50),
    (LOBSTER, "orders", 50),
    (BITSTAMP, "orders", 0.01),
    (BINANCE, "depth", 0.01),
    (BINANCE, "quotes", 0.01),
    (BINANCE, "trades", 0.01),
    (FUTURES, "depth", 1),
    (BYBIT, "depth", 100),
)
WAKES = 2_000  # by the clock, in each recorded market


class Market(NamedTuple):
    """Something to play: its name says how to play it again."""

    name: str
    tape: Tape
    rules: SimulationRules
    habits: Habits


def random_markets(runs: int, rows: int) -> Iterator[Market]:
    for seed, sources in product(range(runs), SOURCES):
        kinds = {"bad": 0.05 if seed % 3 == 0 else 0.0, "spread": 2 + seed % 7}
        tape = tape_of(random_rows(sources, seed, rows, bad=kinds["bad"], spread=int(kinds["spread"])))
        habits = Habits(seed, often=(0.2, 0.4, 0.6)[seed % 3], looks=200)
        yield Market(f"random {'-'.join(sources)}", tape, random_rules(sources, seed), habits)


def recorded_markets(data: Path, rows: int) -> Iterator[Market]:
    models: tuple[CancelAhead, ...] = ("back", "proportional", "front")
    for seed, (file, source, unit) in enumerate(RECORDED):
        with tempfile.TemporaryDirectory() as work:
            lines = None if file == LOBSTER else rows  # its book is read from the file beside it
            tape = tape_of_feed(data / file, Path(work), source, lines)[:rows].copy()
        rules = SimulationRules(
            sources=(source,),
            wake=WOKE_BEST | WOKE_REPORT | WOKE_TIMER,
            timer_ns=max(1, int(tape[-1, TS] - tape[0, TS]) // WAKES),
            entry_ns=(0, 10**6, 10**7),
            report_ns=(0, 10**6),
            cancel_ahead=models[seed % 3],
        )
        tick = NANOS // 10_000 if file == BYBIT else NANOS // 100
        yield Market(f"{Path(file).name} {source}", tape, rules, Habits(seed, tick=tick, unit=round(unit * NANOS)))


def played(market: Market) -> tuple[Trace, str]:
    """What the reference told, and where the kernel told something else."""
    symbols = len(market.rules.sources)
    slow = trace_of(ReferenceMarket(market.rules, symbols), market.tape, symbols, market.habits, Pieces(0))
    pieces = Pieces(market.habits.seed, rows=5_000, budget=997, stop=1_999)
    fast = trace_of(KernelMarket(market.rules, symbols), market.tape, symbols, market.habits, pieces)
    return slow, first_difference(slow, fast)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="random markets of each kind")
    parser.add_argument("--rows", type=int, default=5_000, help="rows of each random market")
    parser.add_argument("--data", type=Path, help="a folder with recorded feeds; none are played without it")
    parser.add_argument("--recorded-rows", type=int, default=20_000, help="rows of each recorded market")
    asked = parser.parse_args()
    markets = random_markets(asked.runs, asked.rows)
    total = [0, 0, 0, 0]
    begun = time.perf_counter()
    for each in (markets, recorded_markets(asked.data, asked.recorded_rows) if asked.data else ()):
        for market in each:
            trace, difference = played(market)
            figures = [len(market.tape), len(trace.wakes), trace.orders, trace.fills]
            total = [a + b for a, b in zip(total, figures, strict=True)]
            if difference:
                print(f"{market.name}, seed {market.habits.seed}: {market.rules}\n{difference}")
                return 1
            if market.habits.seed == 0 or not market.name.startswith("random"):
                print(f"{market.name}: {', '.join(in_words(figures))}", flush=True)
    print(f"all alike: {', '.join(in_words(total))} in {time.perf_counter() - begun:.0f} s")
    return 0


def in_words(figures: list[int]) -> list[str]:
    return [
        f"{number:,} {name}" for number, name in zip(figures, ("rows", "wakes", "own orders", "fills"), strict=True)
    ]


if __name__ == "__main__":
    sys.exit(main())
