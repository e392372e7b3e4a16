from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradetui.engine.model.snapshot import BookView
from tradetui.tui.panes.ladder import GROUPS, NS, Memory, around, build, nice_step

BOOK = BookView(
    symbol="AAPL",
    bids=((100.04, 5.0), (100.03, 7.0), (100.01, 1.0)),
    asks=((100.06, 2.0), (100.07, 4.0)),
    last=100.04,
    tick=0.01,
    ts_ns=NS,
    mine=((1, 100.02, 3.0), (-1, 100.07, 1.0)),
)


def test_own_orders_have_a_row_even_where_nobody_else_stands():
    ladder = build(BOOK, 1, 0, None)
    assert [(round(rung.price, 2), rung.size, rung.mine) for rung in ladder.bids] == [
        (100.04, 5.0, 0.0),
        (100.03, 7.0, 0.0),
        (100.02, 0.0, 3.0),
        (100.01, 1.0, 0.0),
    ]
    assert [(round(rung.price, 2), rung.mine) for rung in ladder.asks] == [(100.06, 0.0), (100.07, -1.0)]


def test_grouping_rounds_bids_down_and_asks_up_so_that_the_sides_never_meet():
    ladder = build(BOOK, 5, 0, None)
    assert [(round(rung.price, 2), rung.size) for rung in ladder.bids] == [(100.0, 13.0)]
    assert [(round(rung.price, 2), rung.size) for rung in ladder.asks] == [(100.1, 6.0)]


def test_the_spread_the_share_and_the_last_price_are_of_what_is_shown():
    ladder = build(BOOK, 1, 1, None)
    assert (ladder.spread_ticks, ladder.top) == (2, 5.0)
    assert ladder.share == pytest.approx(5 / 7)
    assert [rung.last for rung in ladder.bids] == [True]


LEVELS = st.lists(st.tuples(st.integers(1, 400), st.floats(0.001, 1e6)), max_size=30)


@given(LEVELS, LEVELS, st.sampled_from(GROUPS), st.integers(0, 25))
def test_no_size_is_lost_by_grouping_and_prices_run_away_from_the_middle(bids, asks, group, depth):
    book = BookView(
        "X",
        tuple((1000 - at, size) for at, size in sorted(bids)),
        tuple((1000 + at, size) for at, size in sorted(asks)),
        tick=1.0,
    )
    ladder = build(book, group, depth, None)
    for side, rungs, levels in ((1, ladder.bids, bids), (-1, ladder.asks, asks)):
        prices = [rung.price for rung in rungs]
        assert prices == sorted(prices, reverse=side > 0)
        assert not depth or len(rungs) <= depth
        if not depth:
            assert sum(rung.size for rung in rungs) == pytest.approx(sum(size for _, size in levels))


def test_what_changed_is_counted_against_ten_seconds_ago():
    memory = Memory()
    memory.learn(BOOK)
    assert memory.before(BOOK.ts_ns) is None
    for second in range(2, 15):
        later = BookView("AAPL", ((100.04, 5.0 + second),), (), ts_ns=second * NS)
        memory.learn(later)
    before = memory.before(14 * NS)
    assert before == {(1, 100.04): 5.0 + 4}
    assert build(later, 1, 0, before).bids[0].delta == 10.0


def test_a_level_that_came_into_view_is_not_taken_for_one_that_was_added():
    before = {(1, 100.04): 4.0, (1, 100.03): 4.0, (1, 100.02): 4.0, (-1, 100.06): 4.0}
    bids = ((100.03, 5.0), (100.02, 4.0), (100.01, 9.0))  # the best one went, and a deeper one is seen in its place
    asks = ((100.06, 4.0), (100.07, 2.0))  # one more than there were: nothing had been cut off
    ladder = build(BookView("AAPL", bids, asks, ts_ns=NS), 1, 0, before)
    assert [rung.delta for rung in ladder.bids] == [1.0, 0.0, None]
    assert [rung.delta for rung in ladder.asks] == [0.0, 2.0]


@pytest.mark.parametrize(("last", "bid", "ask"), [(100.04, True, False), (100.06, False, True), (100.05, True, False)])
def test_the_last_price_is_marked_once_where_rows_hold_several_ticks(last, bid, ask):
    book = BookView("AAPL", BOOK.bids, BOOK.asks, last=last)
    ladder = build(book, 10, 0, None)
    assert ([rung.last for rung in ladder.bids], [rung.last for rung in ladder.asks]) == ([bid], [ask])


def test_time_that_goes_back_or_another_symbol_forgets_the_past():
    memory = Memory()
    memory.learn(BOOK)
    memory.learn(BookView("MSFT", ts_ns=9 * NS))
    assert memory.before(10 * NS) == {}
    memory.learn(BookView("MSFT", ts_ns=5 * NS))
    assert memory.before(5 * NS) is None


def test_without_depth_the_ladder_is_of_round_prices_with_the_own_orders_among_them():
    book = BookView("AAPL", last=229.41, mine=((1, 228.88, 100.0), (-1, 230.5, 50.0)))
    ladder = around(book, 229.40, 229.42, 1, 5)
    bids = {round(rung.price, 2): rung.mine for rung in ladder.bids}
    assert bids[228.88] == 100.0
    assert 229.4 in bids
    assert {round(rung.price, 2): rung.mine for rung in ladder.asks}[230.5] == -50.0
    assert all(rung.price <= 229.41 for rung in ladder.bids)


def test_a_best_price_that_is_a_round_one_has_one_row():
    ladder = around(BookView("X", last=184.09, mine=((-1, 184.2, 5.0),)), 184.0, 184.1, 1, 5)
    for rungs in (ladder.asks, ladder.bids):
        shown = [f"{rung.price:.2f}" for rung in rungs]
        assert len(shown) == len(set(shown)), shown
    assert [rung.mine for rung in ladder.asks if rung.mine] == [-5.0]


def test_a_book_that_has_seen_no_price_has_no_ladder():
    assert around(BookView("X"), None, None, 1, 5).bids == ()


@given(st.floats(1e-9, 1e12), st.floats(0, 10))
def test_a_nice_step_is_one_two_or_five_and_never_below_the_tick(wanted, tick):
    step = nice_step(wanted, tick)
    assert step >= max(wanted, tick) * 0.99999
    digits = f"{step:.0e}"
    assert digits[0] in "125"
