"""The compiled kernel tells what the plain-Python reference tells, whatever is played, sent and asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from market_scene import EVERYTHING, FORCES, in_words
from market_traces import Habits, Pieces, first_difference, random_rules, trace_of
from random_tapes import random_rows
from real_tapes import tape_of_feed, tape_of_random_l3
from reference_market import ReferenceMarket
from tapes import NANOS, Row, add, cancel, depth, execute, modify, quote, tape, tape_of, trade
from tradetui.engine.market.simulation import (
    WOKE_BEST,
    WOKE_END,
    WOKE_REPORT,
    WOKE_TIMER,
    WOKE_TOUCH,
    MarketSimulation,
    Request,
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
SMALL_PIECES = Pieces(7, rows=90, budget=13, stop=41)

Make = Callable[[SimulationRules, int], MarketSimulation]


def differences(kernel: Make, tape: Tape, rules: SimulationRules, habits: Habits) -> str:
    symbols = len(rules.sources)
    slow = trace_of(ReferenceMarket(rules, symbols), tape, symbols, habits, Pieces(0))
    fast = trace_of(kernel(rules, symbols), tape, symbols, habits, SMALL_PIECES)
    assert slow.wakes[-1][0] == WOKE_END
    return first_difference(slow, fast)


@pytest.mark.parametrize("sources", SOURCES, ids="-".join)
def test_random_markets_are_played_alike(kernel: Make, sources: tuple[Source, ...]) -> None:
    for seed in range(2):
        rows = tape_of(random_rows(sources, seed, 200))
        assert differences(kernel, rows, random_rules(sources, seed), Habits(seed)) == ""


@pytest.mark.slow
@pytest.mark.parametrize("sources", SOURCES, ids="-".join)
def test_many_random_markets_are_played_alike(kernel: Make, sources: tuple[Source, ...]) -> None:
    for seed in range(100, 110):
        rows = tape_of(random_rows(sources, seed, 700, bad=0.05 if seed % 3 == 0 else 0.0, spread=2 + seed % 7))
        habits = Habits(seed, often=(0.2, 0.4, 0.6)[seed % 3])
        assert differences(kernel, rows, random_rules(sources, seed), habits) == "", f"seed {seed}"


@pytest.mark.parametrize("program", ["reference", "kernel"])
@pytest.mark.parametrize("sources", SOURCES, ids="-".join)
def test_what_is_told_does_not_depend_on_how_the_tape_is_cut(
    request: pytest.FixtureRequest, program: str, sources: tuple[Source, ...]
) -> None:
    make: Make = ReferenceMarket if program == "reference" else request.getfixturevalue("kernel")
    symbols = len(sources)
    for seed in range(3):
        rows, rules = tape_of(random_rows(sources, seed, 250)), random_rules(sources, seed)
        whole = trace_of(make(rules, symbols), rows, symbols, Habits(seed), Pieces(0))
        for pieces in (
            Pieces(1, rows=1),
            Pieces(2, rows=30, budget=1),
            Pieces(3, rows=60, stop=2),
            Pieces(4, budget=5),
        ):
            cut = trace_of(make(rules, symbols), rows, symbols, Habits(seed), pieces)
            assert first_difference(whole, cut) == ""


# Small markets that Hypothesis can make smaller still: rows, orders and cancels, one after the other

PRICES, SIZES, SIDES = st.integers(98, 102), st.integers(1, 4), st.sampled_from((1, -1))
STEPS = st.integers(0, 2)
IDS = st.integers(1, 4)
ROWS: dict[Source, st.SearchStrategy[Any]] = {
    "orders": st.one_of(
        st.builds(lambda i, s, p, v: (add, (i, s, p, v)), IDS, SIDES, PRICES, SIZES),
        st.builds(lambda i, p, v: (modify, (i, p, v)), IDS, PRICES, SIZES),
        st.builds(lambda i: (cancel, (i,)), IDS),
        st.builds(lambda i, v: (execute, (i, v)), IDS, SIZES),
    ),
    "depth": st.one_of(
        st.builds(lambda s, p, v: (depth, (s, p, v)), SIDES, PRICES, st.integers(0, 6)),
        st.builds(lambda p, v, s: (trade, (p, v, s)), PRICES, SIZES, st.sampled_from((-1, 0, 1))),
    ),
    "quotes": st.one_of(
        st.builds(
            lambda b, bs, gap, as_: (quote, (b, bs, b + gap, as_)), PRICES, st.integers(0, 6), st.integers(0, 2), SIZES
        ),
        st.builds(lambda p, v, s: (trade, (p, v, s)), PRICES, SIZES, st.sampled_from((-1, 0, 1))),
    ),
    "trades": st.builds(lambda p, v, s: (trade, (p, v, s)), PRICES, SIZES, st.sampled_from((-1, 0, 1))),
}
ORDERS = st.builds(
    lambda side, kind, force, size, limit, stop, reduces: Request(
        0, 0, side, kind, force, size * NANOS, limit * NANOS, stop * NANOS, reduces, 0
    ),
    SIDES,
    st.sampled_from((1, 0, 2, 3)),
    st.integers(0, len(FORCES) - 1),
    st.integers(1, 6),
    PRICES,
    PRICES,
    st.booleans(),
)


@st.composite
def stories(draw: st.DrawFn) -> tuple[SimulationRules, list[tuple[int, Any]]]:
    """Rules of one symbol, and steps: how much later, and a row, an order, or the number of an order to cancel."""
    source: Source = draw(st.sampled_from(("orders", "depth", "quotes", "trades")))
    rules = SimulationRules(
        sources=(source,),
        entry_ns=draw(st.sampled_from(((0,), (1,), (0, 2, 1)))),
        report_ns=draw(st.sampled_from(((0,), (1, 3)))),
        cancel_ahead=draw(st.sampled_from(("back", "proportional", "front"))),
        touch=draw(st.booleans()),
        self_trade=draw(st.sampled_from(("cancel_newest", "cancel_oldest", "cancel_both", "decrement"))),
        fill_chance=draw(st.sampled_from((1.0, 0.5))),
        trade_symbols=draw(st.sampled_from(((), (False,), (True,)))),
        answers_wake=draw(st.booleans()),
        timer_ns=3,
        wake=draw(st.sampled_from((WOKE_REPORT, WOKE_BEST | WOKE_TOUCH | WOKE_REPORT | WOKE_TIMER))),
    )
    step = st.one_of(ROWS[source], ORDERS, st.integers(1, 5))
    return rules, draw(st.lists(st.tuples(STEPS, step), max_size=30))


def told(market: MarketSimulation, steps: list[tuple[int, Any]]) -> list[object]:
    """Everything the market says, a row a piece of tape, after each step."""
    ts, orders, said = 1, 0, list[object]()
    for later, step in steps:
        ts += later
        if isinstance(step, Request):
            orders += 1
            market.place(step._replace(order_id=orders))
        elif isinstance(step, int):
            market.cancel(step)
        else:
            make, numbers = step
            row: Row = make(ts, *numbers)
            market.load(tape(row))
            bits = 0
            while bits != WOKE_END:
                bits = market.advance(EVERYTHING, EVERYTHING)
                said.append((bits, market.now_ns, *map(in_words, market.reports())))
            said += [[market.ahead(n) for n in range(orders)], market.state_hash(0), market.best(0), market.faults()]
    while (bits := market.finish()) != WOKE_END:
        said.append((bits, market.now_ns, *map(in_words, market.reports())))
    return said


@settings(deadline=None, max_examples=150)
@given(story=stories())
def test_any_small_market_is_played_alike(kernel: Make, story: tuple[SimulationRules, list[tuple[int, Any]]]) -> None:
    rules, steps = story
    assert told(kernel(rules, 1), steps) == told(ReferenceMarket(rules, 1), steps)


# Recorded markets


def played_alike(kernel: Make, tape: Tape, source: Source, habits: Habits, **rules: Any) -> None:
    asked: dict[str, Any] = {
        "wake": WOKE_BEST | WOKE_REPORT,
        "entry_ns": (0, 10**6, 10**7),
        "cancel_ahead": "proportional",
    }
    assert differences(kernel, tape, SimulationRules(sources=(source,), **asked | rules), habits) == ""


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_random_orders_of_the_known_answers_are_played_alike(kernel: Make, shared: Path, seed: int) -> None:
    rows = tape_of_random_l3(shared / "answers" / "orderbook" / f"random_l3_seed{seed}.csv.gz")[:6_000].copy()
    played_alike(kernel, rows, "orders", Habits(seed, unit=40 * NANOS), wake=WOKE_TOUCH | WOKE_REPORT)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "lines", "source", "rows", "habits"),
    [
        ("l3/nasdaq_NVDA_2010-06-08_messages.csv.gz", None, "orders", 4_000, Habits(1, unit=50 * NANOS)),
        (
            "l3/lobster_MSFT_2012-06-21_message_50_rows_0001-0500.csv.gz",
            None,
            "orders",
            600,
            Habits(2, unit=50 * NANOS),
        ),
        ("l3/bitstamp_BTCUSD_2026-05-02_orders.csv.gz", 9_000, "orders", 8_000, Habits(3, reach=9, unit=NANOS // 100)),
        ("l2/bybit_linear_XRPUSDT_ob500_2024-12-01.zip", None, "depth", 4_000, Habits(4, tick=NANOS // 10_000)),
        ("l2/binance_spot_BTCUSDT_2024-08-08.jsonl.gz", 4_000, "depth", 5_000, Habits(5, unit=NANOS // 100)),
        ("l2/binance_spot_BTCUSDT_2024-08-08.jsonl.gz", 4_000, "quotes", 3_000, Habits(6, unit=NANOS // 100)),
        ("l2/binance_spot_BTCUSDT_2024-08-08.jsonl.gz", 9_000, "trades", 3_000, Habits(7, unit=NANOS // 100)),
    ],
    ids=["nasdaq", "lobster", "bitstamp", "bybit", "binance-depth", "binance-quotes", "binance-trades"],
)
def test_a_recorded_market_is_played_alike(
    kernel: Make,
    shared: Path,
    tmp_path: Path,
    file: str,
    lines: int | None,
    source: Source,
    rows: int,
    habits: Habits,
) -> None:
    whole = tape_of_feed(shared / "data" / file, tmp_path, source, lines)
    assert len(whole) > rows / 2
    played_alike(kernel, whole[:rows].copy(), source, habits)
