"""Numbers at the edge of an int64: what is beyond the limits is counted and left out or refused, nothing wraps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_scene import Scenes
from market_traces import Habits, Pieces, first_difference, random_rules, trace_of
from reference_market import ReferenceMarket
from tapes import NANOS, Row, add, depth, modify, tape_of, word
from tradetui.engine.market.simulation import (
    PRICE_MAX,
    REPORT_REJECTED,
    ROW_ADD,
    ROW_DEPTH,
    ROW_EXECUTE,
    ROW_MODIFY,
    ROW_QUOTE,
    ROW_TRADE,
    SIZE_MAX,
    TS_MAX,
    WOKE_BAR,
    WOKE_REPORT,
    WOKE_TIMER,
    Request,
    Source,
)

INT64_MAX = 2**63 - 1
BUY, SELL = 1, -1


def raw(ts: int, kind: int, side: int, price: int, size: int, order_id: int = 0, extra: int = 0) -> Row:
    """A row whose numbers are nanos."""
    return ts, word(kind, side), price, size, order_id, extra


@pytest.mark.parametrize(
    ("source", "kind", "price", "size", "fault"),
    [
        ("orders", ROW_ADD, PRICE_MAX + 1, 1, "bad_price"),
        ("orders", ROW_ADD, INT64_MAX, 1, "bad_price"),
        ("orders", ROW_ADD, 1, SIZE_MAX + 1, "bad_size"),
        ("orders", ROW_MODIFY, PRICE_MAX + 1, 1, "bad_price"),
        ("orders", ROW_MODIFY, 1, SIZE_MAX + 1, "bad_size"),
        ("depth", ROW_DEPTH, PRICE_MAX + 1, 1, "bad_price"),
        ("depth", ROW_DEPTH, 1, INT64_MAX, "bad_size"),
        ("quotes", ROW_QUOTE, PRICE_MAX + 1, 1, "bad_price"),
        ("quotes", ROW_QUOTE, 1, SIZE_MAX + 1, "bad_size"),
        ("depth", ROW_TRADE, PRICE_MAX + 1, 1, "bad_price"),
        ("trades", ROW_TRADE, 1, SIZE_MAX + 1, "bad_size"),
    ],
)
def test_a_price_or_size_beyond_the_limit_is_left_out_and_counted(
    scene: Scenes, source: Source, kind: int, price: int, size: int, fault: str
) -> None:
    market = scene(source)
    before = market.market.state_hash(0)
    market.play(raw(1, kind, BUY, price, size, order_id=1, extra=1))
    assert market.market.faults()._asdict()[fault] == 1
    assert sum(market.market.faults()) == 1
    assert market.market.state_hash(0) == before


def test_the_other_side_of_a_quote_has_the_same_limits(scene: Scenes) -> None:
    market = scene("quotes")
    market.play(raw(1, ROW_QUOTE, 0, 1, 1, PRICE_MAX + 1, 1), raw(2, ROW_QUOTE, 0, 1, 1, 2, SIZE_MAX + 1))
    assert (market.market.faults().bad_price, market.market.faults().bad_size) == (1, 1)
    assert market.market.best(0) == (0, 0, 0, 0)


@pytest.mark.parametrize("side", [BUY, SELL])
def test_the_largest_price_and_size_are_a_level_like_any_other(scene: Scenes, side: int) -> None:
    market = scene("orders")
    market.play(raw(1, ROW_ADD, side, PRICE_MAX, SIZE_MAX, 1), raw(2, ROW_ADD, side, 5, 7, 2))
    levels = [(PRICE_MAX, SIZE_MAX, 1), (5, 7, 1)]
    assert market.market.depth(0, side, 9) == levels[::side]
    market.play(raw(3, ROW_EXECUTE, 0, 0, INT64_MAX, 1))
    assert market.market.depth(0, side, 9) == [(5, 7, 1)]
    assert market.market.faults().bad_size == 1  # more than there was
    assert market.market.faults().crossed == 0


def test_an_order_for_which_a_level_has_no_room_is_left_out(scene: Scenes) -> None:
    market = scene("orders")
    market.play(raw(1, ROW_ADD, BUY, 100, SIZE_MAX - 10, 1), raw(1, ROW_ADD, BUY, 100, 11, 2))
    assert market.market.depth(0, BUY, 9) == [(100, SIZE_MAX - 10, 1)]
    market.play(raw(2, ROW_ADD, BUY, 100, 10, 2), raw(2, ROW_ADD, BUY, 90, 50, 3))
    assert market.market.depth(0, BUY, 9) == [(100, SIZE_MAX, 2), (90, 50, 1)]
    assert market.market.faults().bad_size == 1


@pytest.mark.parametrize(("order_id", "price", "size"), [(2, 100, 11), (3, 100, 1)])
def test_a_change_for_which_a_level_has_no_room_changes_nothing(
    scene: Scenes, order_id: int, price: int, size: int
) -> None:
    market = scene("orders")
    market.play(
        raw(1, ROW_ADD, BUY, 100, SIZE_MAX - 10, 1), raw(1, ROW_ADD, BUY, 100, 10, 2), raw(1, ROW_ADD, BUY, 90, 50, 3)
    )
    before = market.market.state_hash(0)
    market.play(raw(2, ROW_MODIFY, 0, price, size, order_id))
    assert market.market.state_hash(0) == before
    assert market.market.faults().bad_size == 1
    market.play(raw(3, ROW_MODIFY, 0, 100, SIZE_MAX - 11, 1), raw(4, ROW_MODIFY, 0, 100, 11, 2))
    assert market.market.depth(0, BUY, 1) == [(100, SIZE_MAX, 2)]  # it has room for what it gave up


def test_an_own_order_ahead_of_a_change_without_room_keeps_what_stands_before_it(scene: Scenes) -> None:
    market = scene("orders")
    market.play(raw(1, ROW_ADD, BUY, 100 * NANOS, SIZE_MAX, 1), add(1, 2, BUY, 99, 5))
    market.buy(7, 1, 99)
    market.settle()
    market.play(modify(9, 2, 100, 5))
    assert market.ahead(7) == 5


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": SIZE_MAX + 1},
        {"quantity": INT64_MAX},
        {"quantity": 2**70},
        {"limit": PRICE_MAX + 1},
        {"limit": 2**70},
        {"kind": 3, "stop": PRICE_MAX + 1},
        {"kind": 2, "stop": 2**70},
    ],
)
def test_an_own_order_beyond_the_limits_is_rejected(scene: Scenes, changes: dict[str, int]) -> None:
    market = scene("depth")
    plain = Request(1, 0, BUY, 1, 0, NANOS, 100 * NANOS, 100 * NANOS, False, 0)
    order = Request(**(plain._asdict() | changes))
    market.play(depth(1, SELL, 100, 5))
    market.market.place(order)
    (report,) = market.reports(market.tick(9))
    assert (report.what, report.order_id) == (REPORT_REJECTED, 1)
    assert report.size == min(order.quantity, INT64_MAX)


def test_the_largest_own_order_fills_whole_and_the_position_stands_still_at_the_limit(scene: Scenes) -> None:
    market = scene("depth")
    for order_id in (1, 2, 3):
        market.play(raw(10 * order_id, ROW_DEPTH, SELL, PRICE_MAX, SIZE_MAX))
        market.market.place(Request(order_id, 0, BUY, 1, 0, SIZE_MAX, PRICE_MAX, 0, False, 0))
        (report,) = market.reports(market.tick(10 * order_id + 5))
        assert (report.price, report.size, report.leaves) == (PRICE_MAX, SIZE_MAX, 0)
        market.play(raw(10 * order_id + 6, ROW_DEPTH, SELL, PRICE_MAX, 0))
    market.play(raw(50, ROW_DEPTH, BUY, 5, SIZE_MAX))
    market.market.place(Request(4, 0, SELL, 0, 0, SIZE_MAX, 0, 0, True, 0))
    (report,) = market.reports(market.tick(55))
    assert (report.size, report.leaves) == (SIZE_MAX, 0)


@pytest.mark.parametrize(
    "rules", [{"slip_bps": 1e9}, {"slip_bps": 3e4, "slip_nanos": PRICE_MAX}, {"slip_nanos": 2**70}]
)
def test_slippage_ends_at_the_largest_price_and_at_one_nano(scene: Scenes, rules: dict[str, Any]) -> None:
    market = scene("depth", **rules)
    market.play(raw(1, ROW_DEPTH, SELL, PRICE_MAX, 5), raw(1, ROW_DEPTH, BUY, PRICE_MAX - 1, 5))
    market.market.place(Request(1, 0, BUY, 0, 0, 5, 0, 0, False, 0))
    market.market.place(Request(2, 0, SELL, 0, 0, 5, 0, 0, False, 0))
    assert [report.price for report in market.reports(market.tick(5))] == [PRICE_MAX, 1]


def test_trades_at_a_level_and_the_volume_of_a_bar_add_up_to_the_limit_and_no_further(scene: Scenes) -> None:
    market = scene("depth", bar_ns=(100,), cancel_ahead="front", wake=WOKE_BAR | WOKE_REPORT)
    market.play(raw(1, ROW_DEPTH, BUY, 100 * NANOS, SIZE_MAX))
    market.play(*(raw(10 + n, ROW_TRADE, SELL, 100 * NANOS, SIZE_MAX) for n in range(3)))
    market.buy(1, 1, 100)
    market.settle()
    market.play(raw(30, ROW_DEPTH, BUY, 100 * NANOS, 5))
    assert market.market.ahead(1) == 5  # it fell by what traded: nothing of that was cancelled
    assert market.wakes(market.tick(100))[0][0] == WOKE_BAR
    assert market.market.bar().volume == SIZE_MAX


def test_a_time_beyond_the_limit_counts_as_one_that_runs_backwards(scene: Scenes) -> None:
    market = scene("orders", timer_ns=10, wake=WOKE_TIMER)
    market.play(add(5, 1, BUY, 100, 1), add(TS_MAX + 1, 2, BUY, 100, 1), add(INT64_MAX, 3, BUY, 100, 1))
    assert market.market.now_ns == 5
    assert market.market.faults().time_backwards == 3  # and the row after those that lets the instant end
    assert market.market.depth(0, BUY, 1) == [(100 * NANOS, 3 * NANOS, 3)]


EDGES = st.sampled_from(
    (1, 2, 99, 100, 101, 2**61, 2**61 + 1, 2**62 - 3, SIZE_MAX - 1, SIZE_MAX, SIZE_MAX + 1, INT64_MAX, 0, -1, -(2**63))
)
KINDS = {"orders": (1, 1, 1, 2, 3, 3, 4, 5, 8), "depth": (6, 6, 6, 8, 8), "quotes": (9, 9, 8), "trades": (8,)}


@st.composite
def extreme_rows(draw: st.DrawFn, source: str) -> list[Row]:
    """Rows of one symbol, their numbers at the edges."""
    rows, ts = [], 1
    for _ in range(draw(st.integers(1, 25))):
        ts += draw(st.integers(0, 2))
        kind, side = draw(st.sampled_from(KINDS[source])), draw(st.sampled_from((-1, 1)))
        order_id = draw(EDGES) if kind == ROW_QUOTE else draw(st.integers(1, 5))
        when = draw(st.sampled_from((ts, ts, ts, ts, TS_MAX + 1, INT64_MAX)))
        rows.append((when, word(kind, side), draw(EDGES), draw(EDGES), order_id, draw(EDGES)))
    return rows


def extreme_orders() -> st.SearchStrategy[list[Request]]:
    order = st.builds(
        Request,
        st.integers(1, 6),
        st.just(0),
        st.sampled_from((1, -1)),
        st.integers(0, 3),
        st.integers(0, 3),
        EDGES,
        EDGES,
        EDGES,
        st.booleans(),
        st.just(0),
    )
    return st.lists(order, max_size=6)


@pytest.mark.slow
@pytest.mark.parametrize("source", ["orders", "depth", "quotes", "trades"])
def test_both_programs_tell_the_same_at_the_edges(kernel: Any, source: Source) -> None:
    @settings(max_examples=150, deadline=None)
    @given(extreme_rows(source), extreme_orders(), st.integers(0, 10**6))
    def play(rows: list[Row], orders: list[Request], seed: int) -> None:
        rules = random_rules((source,), seed)
        tape = tape_of(rows)
        traces = []
        for make in (ReferenceMarket, kernel):
            market = make(rules, 1)
            for order in orders:
                market.place(order)
            traces.append(trace_of(market, tape, 1, Habits(seed, tick=1, unit=1, reach=2, looks=1), Pieces(0)))
        assert not first_difference(*traces)

    play()
