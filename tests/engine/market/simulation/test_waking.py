"""What wakes the one who asked, and what the market says of itself then."""

from __future__ import annotations

import pytest

from market_scene import EVERYTHING, Scenes
from tapes import NANOS, Row, add, cancel, clear, depth, execute, modify, quote, tape, trade
from tradetui.engine.market.book_hash import book_hash
from tradetui.engine.market.simulation import (
    WOKE_BEST,
    WOKE_END,
    WOKE_IMBALANCE,
    WOKE_ROW,
    WOKE_TOUCH,
    WOKE_TRADE,
    Best,
    Source,
)


def test_best_is_a_price_that_moved_touch_a_size_too(scene: Scenes) -> None:
    s = scene("quotes", wake=WOKE_BEST | WOKE_TOUCH)
    rows = (quote(1, 9, 1, 10, 1), quote(2, 9, 2, 10, 1), quote(3, 9, 2, 10, 1), quote(4, 9, 2, 11, 1))
    both = WOKE_BEST | WOKE_TOUCH
    assert s.wakes(*rows) == [(both, 1), (WOKE_TOUCH, 2), (both, 4)]


def test_a_best_that_comes_back_within_an_instant_did_not_move(scene: Scenes) -> None:
    s = scene("quotes", wake=WOKE_BEST | WOKE_TOUCH)
    s.play(quote(1, 9, 1, 10, 1))
    assert s.wakes(quote(2, 8, 1, 10, 1), quote(2, 9, 1, 10, 1)) == []


def test_an_order_behind_the_best_moves_nothing(scene: Scenes) -> None:
    s = scene(wake=WOKE_BEST | WOKE_TOUCH)
    s.play(add(1, 1, 1, 9, 1))
    assert s.wakes(add(2, 2, 1, 8, 1), cancel(3, 2), modify(4, 1, 9, 1)) == []


def test_only_what_was_asked_for_wakes(scene: Scenes) -> None:
    s = scene("quotes", wake=WOKE_BEST)
    s.play(quote(1, 9, 1, 10, 1))
    assert s.wakes(quote(2, 9, 2, 10, 1), trade(3, 9, 1)) == []


def test_an_imbalance_wakes_when_it_rises_above_the_share(scene: Scenes) -> None:
    s = scene("quotes", wake=WOKE_IMBALANCE, imbalance=0.5)
    rows = (
        quote(1, 9, 1, 10, 1),  # 0
        quote(2, 9, 3, 10, 1),  # a half: not above it
        quote(3, 9, 4, 10, 1),  # 0.6
        quote(4, 9, 5, 10, 1),  # above it already
        quote(5, 9, 1, 10, 1),
        quote(6, 9, 1, 10, 9),  # 0.8, of asks
    )
    assert s.wakes(*rows) == [(WOKE_IMBALANCE, 3), (WOKE_IMBALANCE, 6)]


def test_one_side_alone_is_an_imbalance_of_one_and_none_is_none(scene: Scenes) -> None:
    s = scene("quotes", wake=WOKE_IMBALANCE, imbalance=0.99)
    assert s.wakes(quote(1, 9, 1, 0, 0), quote(2, 0, 0, 0, 0), quote(3, 0, 0, 10, 1)) == [
        (WOKE_IMBALANCE, 1),
        (WOKE_IMBALANCE, 3),
    ]


def test_each_trade_that_was_asked_for_is_its_own_instant(scene: Scenes) -> None:
    s = scene("quotes", wake=WOKE_TRADE | WOKE_BEST)
    rows = (quote(1, 9, 1, 10, 1), trade(1, 9, 1, -1), trade(1, 10, 2, 1), quote(1, 8, 1, 10, 1))
    assert s.wakes(*rows) == [(WOKE_BEST | WOKE_TRADE, 1), (WOKE_TRADE, 1), (WOKE_BEST, 1)]


def test_the_last_trade_is_told(scene: Scenes) -> None:
    s = scene("quotes", wake=WOKE_TRADE)
    assert s.market.last_trade(0) == (0, 0, 0)
    m = s.market
    m.load(tape(trade(1, 9, 1, -1), trade(1, 10, 2, 1)))
    assert (m.advance(EVERYTHING, EVERYTHING), m.row, m.woken_symbol()) == (WOKE_TRADE, 1, 0)
    assert m.last_trade(0) == (9 * NANOS, NANOS, -1)
    assert (m.advance(EVERYTHING, EVERYTHING), m.row) == (WOKE_TRADE, 2)
    assert m.last_trade(0) == (10 * NANOS, 2 * NANOS, 1)
    assert m.advance(EVERYTHING, EVERYTHING) == WOKE_END


def test_executions_are_the_trades_of_a_book_without_rows_of_them(scene: Scenes) -> None:
    s = scene(wake=WOKE_TRADE)
    assert s.wakes(add(1, 1, -1, 10, 5), execute(2, 1, 9), trade(3, 9, 1)) == [(WOKE_TRADE, 2)]
    assert s.market.last_trade(0) == (10 * NANOS, 5 * NANOS, 1)
    t = scene(wake=WOKE_TRADE, trade_symbols=(True,))
    assert t.wakes(add(1, 1, -1, 10, 5), execute(2, 1, 5), trade(3, 9, 1)) == [(WOKE_TRADE, 3)]


def test_each_row_that_was_asked_for_is_its_own_instant(scene: Scenes) -> None:
    s = scene(wake=WOKE_ROW | WOKE_TRADE)
    rows = (add(1, 1, -1, 10, 5), add(1, 2, -1, 11, 5), execute(1, 1, 1), add(1, 1, -1, 10, 5), depth(1, 1, 9, 1))
    assert s.wakes(*rows) == [(WOKE_ROW, 1), (WOKE_ROW, 1), (WOKE_ROW | WOKE_TRADE, 1)]


def test_the_woken_symbol_is_told(scene: Scenes) -> None:
    s = scene(("quotes", "quotes", "quotes"), wake=WOKE_BEST)
    m = s.market
    m.load(tape(quote(1, 9, 1, 10, 1, 2), quote(1, 9, 1, 10, 1, 1), s.tick(2)))
    assert (m.advance(EVERYTHING, EVERYTHING), m.woken_symbol()) == (WOKE_BEST, 2)
    assert (m.advance(EVERYTHING, EVERYTHING), m.woken_symbol()) == (WOKE_BEST, 1)
    assert m.best(2) == Best(9 * NANOS, NANOS, 10 * NANOS, NANOS)
    assert m.best(0) == Best(0, 0, 0, 0)


# What the book says


def test_depth_is_best_first_with_the_number_of_orders_where_it_is_known(scene: Scenes) -> None:
    s = scene()
    s.play(add(1, 1, 1, 9, 1), add(1, 2, 1, 9, 2), add(1, 3, 1, 8, 4), add(1, 4, -1, 11, 1), add(1, 5, -1, 10, 1))
    assert s.market.depth(0, 1, 1) == [(9 * NANOS, 3 * NANOS, 2)]
    assert s.market.depth(0, -1, 9) == [(10 * NANOS, NANOS, 1), (11 * NANOS, NANOS, 1)]
    t = scene("depth")
    t.play(depth(1, 1, 9, 1), depth(1, 1, 8, 2), depth(2, 1, 9, 0))
    assert t.market.depth(0, 1, 9) == [(8 * NANOS, 2 * NANOS, 0)]


def test_the_hash_of_a_book_is_of_its_sides_levels_and_queues(scene: Scenes) -> None:
    one = NANOS
    s = scene()
    assert s.market.state_hash(0) == book_hash([], [])
    s.play(add(1, 7, 1, 9, 1), add(1, 3, 1, 9, 2), add(1, 5, 1, 8, 1), add(1, 4, -1, 10, 1), modify(2, 7, 9, 3))
    bids = [(9 * one, [(3, 2 * one), (7, 3 * one)]), (8 * one, [(5, one)])]
    assert s.market.state_hash(0) == book_hash(bids, [(10 * one, [(4, one)])])
    t = scene("depth")
    t.play(depth(1, -1, 9, 2), depth(1, -1, 8, 1))
    assert t.market.state_hash(0) == book_hash([], [(8 * one, [(0, one)]), (9 * one, [(0, 2 * one)])])
    q = scene("quotes")
    q.play(quote(1, 9, 2, 0, 0))
    assert q.market.state_hash(0) == book_hash([(9 * one, [(0, 2 * one)])], [])


def test_clearing_empties_the_book_of_its_symbol_alone(scene: Scenes) -> None:
    s = scene(("orders", "orders"))
    s.play(add(1, 1, 1, 9, 1), add(1, 1, 1, 9, 1, 1), clear(2))
    assert s.market.best(0).bid == 0
    assert s.market.best(1).bid == 9 * NANOS
    s.play(add(3, 1, 1, 8, 1))  # its ids may be used again
    assert s.market.best(0).bid == 8 * NANOS


def test_a_piece_of_tape_must_be_played_before_the_next(scene: Scenes) -> None:
    s = scene()
    s.market.load(tape(add(1, 1, 1, 9, 1)))
    with pytest.raises(ValueError, match="played"):
        s.market.load(tape(add(1, 1, 1, 9, 1)))


# Faults


@pytest.mark.parametrize(
    ("source", "row", "fault"),
    [
        ("orders", add(2, 1, 1, 9, 1), "duplicate_id"),
        ("orders", add(2, 1, -1, 12, 1), "duplicate_id"),
        ("orders", cancel(2, 77), "unknown_id"),
        ("orders", modify(2, 77, 9, 1), "unknown_id"),
        ("orders", execute(2, 77, 1), "unknown_id"),
        ("orders", add(2, 2, 1, 9, 0), "bad_size"),
        ("orders", add(2, 2, 1, 9, -1), "bad_size"),
        ("orders", modify(2, 1, 9, 0), "bad_size"),
        ("orders", execute(2, 1, 0), "bad_size"),
        ("orders", add(2, 2, 1, 0, 1), "bad_price"),
        ("orders", modify(2, 1, -9, 1), "bad_price"),
        ("orders", add(2, 1, 1, 0, 0), "bad_price"),
        ("orders", add(2, 1, 1, 9, 0), "bad_size"),
        ("orders", execute(2, 77, -1), "bad_size"),
        ("orders", add(2, 2, 0, 9, 1), "bad_row"),
        ("orders", add(2, 2, 2, 9, 1), "bad_row"),
        ("orders", add(2, 2, 1, 9, 1, 9), "bad_row"),
        ("orders", add(2, 2, 1, 9, 1, -1), "bad_row"),
        ("orders", (2, 16, 0, 0, 0, 0), "bad_row"),
        ("orders", (2, 16 + 10, 0, 0, 0, 0), "bad_row"),
        ("depth", depth(2, 1, 0, 1), "bad_price"),
        ("depth", depth(2, 1, 9, -1), "bad_size"),
        ("depth", depth(2, 0, 9, 1), "bad_row"),
        ("depth", trade(2, 0, 1), "bad_price"),
        ("depth", trade(2, 9, 0), "bad_size"),
        ("depth", trade(2, 9, 1, 2), "bad_row"),
        ("quotes", quote(2, -9, 1, 10, 1), "bad_price"),
        ("quotes", quote(2, 9, 1, -10, 1), "bad_price"),
        ("quotes", quote(2, 9, -1, 10, 1), "bad_size"),
        ("quotes", quote(2, 9, 1, 10, -1), "bad_size"),
    ],
)
def test_a_row_that_cannot_mean_what_it_says_is_left_out_and_counted(
    scene: Scenes, source: Source, row: Row, fault: str
) -> None:
    start = {"orders": add(1, 1, 1, 9, 1), "depth": depth(1, 1, 9, 1), "quotes": quote(1, 9, 1, 10, 1)}[source]
    s = scene(source)
    s.play(start)
    before = s.market.state_hash(0)
    s.play(row)
    assert s.market.state_hash(0) == before
    assert s.market.last_trade(0) == (0, 0, 0)
    assert {name: count for name, count in s.market.faults()._asdict().items() if count} == {fault: 1}


@pytest.mark.parametrize(
    ("source", "row"),
    [
        ("orders", depth(2, 1, 9, 1)),
        ("orders", quote(2, 8, 1, 10, 1)),
        ("orders", trade(2, -9, 1)),
        ("depth", quote(2, 8, 1, 10, 1)),
        ("depth", add(2, 5, 1, 9, -1)),
        ("depth", depth(2, 1, 5, 0)),
        ("quotes", depth(2, 1, 9, 7)),
        ("trades", quote(2, 8, 1, 10, 1)),
    ],
)
def test_a_row_that_a_symbols_source_does_not_take_changes_nothing_and_is_no_fault(
    scene: Scenes, source: Source, row: Row
) -> None:
    s = scene(source)
    before = s.market.state_hash(0)
    assert s.play(row) == []
    assert s.market.state_hash(0) == before
    assert sum(s.market.faults()) == 0


def test_instants_with_a_crossed_book_are_counted(scene: Scenes) -> None:
    s = scene("quotes")
    s.play(quote(1, 9, 1, 10, 1), quote(2, 10, 1, 10, 1), quote(2, 10, 1, 9, 1), quote(3, 11, 1, 10, 1))
    assert s.market.faults().crossed == 2
