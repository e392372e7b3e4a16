"""What an order's time in force, its faults and its end decide when it arrives; reduce-only; day orders."""

from __future__ import annotations

from typing import Any

import pytest

from market_scene import Scenes, in_words
from tapes import add, clear, depth, execute, quote, trade

ASKS = (add(1, 1, -1, 101, 5), add(1, 2, -1, 102, 3))


def test_ioc_ends_what_is_left(scene: Scenes) -> None:
    s = scene()
    s.play(*ASKS)
    s.buy(1, 7, 101, force="ioc")
    s.buy(2, 9, force="ioc")
    assert s.settle() == [
        "1: 5 at 101 taker, 2 left",
        "1: ioc 2",
        "2: 3 at 102 taker, 6 left",
        "2: ioc 6",
    ]


def test_fok_is_filled_whole_or_ended_whole(scene: Scenes) -> None:
    s = scene()
    s.play(*ASKS)
    s.buy(1, 6, 101, force="fok")
    s.buy(2, 9, force="fok")
    s.buy(3, 8, 102, force="fok")
    assert s.settle() == [
        "1: fok 6",
        "2: fok 9",
        "3: 5 at 101 taker, 3 left",
        "3: 3 at 102 taker, 0 left",
    ]


def test_fok_counts_only_what_is_still_shown(scene: Scenes) -> None:
    s = scene()
    s.play(*ASKS)
    s.buy(1, 2, 101)
    s.buy(2, 4, 101, force="fok")
    s.buy(3, 3, 101, force="fok")
    assert s.settle() == ["1: 2 at 101 taker, 0 left", "2: fok 4", "3: 3 at 101 taker, 0 left"]


def test_gtx_is_ended_whole_where_it_would_take_and_rests_where_not(scene: Scenes) -> None:
    s = scene()
    s.play(*ASKS)
    s.buy(1, 6, 101, force="gtx")
    s.buy(2, 6, 100.9, force="gtx")
    assert s.settle() == ["1: gtx 6"]
    assert s.ahead(2) == 0


def test_gtx_looks_at_the_best_price_whatever_we_took_of_it(scene: Scenes) -> None:
    s = scene()
    s.play(*ASKS)
    s.buy(1, 5, 101)
    s.buy(2, 1, 101, force="gtx")
    assert s.settle() == ["1: 5 at 101 taker, 0 left", "2: gtx 1"]


def test_with_trades_alone_nothing_is_displayed_to_take(scene: Scenes) -> None:
    s = scene("trades")
    s.play(trade(1, 100, 50))
    s.buy(1, 1, 105, force="ioc")
    s.buy(2, 1, 105, force="fok")
    s.buy(3, 1, force="ioc")
    s.buy(4, 1, 105, force="gtx")
    assert s.settle() == ["1: ioc 1", "2: fok 1", "3: ioc 1"]
    assert s.play(trade(10, 104, 5)) == ["4: 1 at 105 maker, 0 left"]


@pytest.mark.parametrize(
    "order",
    [
        {"side": 0, "size": 1, "limit": 100},
        {"side": 1, "size": 0, "limit": 100},
        {"side": 1, "size": -1, "limit": 100},
        {"side": 1, "size": 1, "limit": -100},
        {"side": 1, "size": 1, "stop": -100},
        {"side": 1, "size": 1, "limit": 100, "stop": -1},
        {"side": 1, "size": 1, "limit": 100, "symbol": 2},
        {"side": 1, "size": 1, "limit": 100, "symbol": -1},
        {"side": 1, "size": 1, "force": "gtx"},
        {"side": 1, "size": 1, "stop": 105, "force": "gtx"},
    ],
)
def test_an_order_that_cannot_be_one_is_rejected_on_arrival(scene: Scenes, order: dict[str, Any]) -> None:
    s = scene()
    s.play(*ASKS)
    s.send(1, **order)
    (report,) = s.reports(s.tick(2))
    assert in_words(report) == f"1: rejected {order['size']:g}"
    assert report.leaves == 0
    assert s.ahead(1) is None


def test_an_id_is_rejected_only_while_another_order_lives_by_it(scene: Scenes) -> None:
    s = scene()
    s.play(*ASKS)
    s.buy(1, 1, 100)
    s.buy(1, 2, 99)
    assert s.settle() == ["1: rejected 2"]
    s.cancel(1)
    s.buy(1, 3, 99)
    assert s.settle() == ["1: cancelled 1"]
    s.cancel(1)
    assert s.settle() == ["1: cancelled 3"]


def test_cancelling_what_is_done_or_never_was_is_no_fault(scene: Scenes) -> None:
    s = scene()
    s.play(*ASKS)
    s.buy(1, 1)
    s.settle()
    s.cancel(1)
    s.cancel(77)
    assert s.settle() == []


def test_a_cancel_ends_what_rests_what_works_on_and_what_waits(scene: Scenes) -> None:
    s = scene()
    s.play(add(1, 1, -1, 101, 2))
    s.buy(1, 4, 100)
    s.buy(2, 5)
    s.sell(3, 6, stop=90)
    assert s.settle() == ["2: 2 at 101 taker, 3 left"]
    for order_id in (1, 2, 3):
        s.cancel(order_id)
    assert s.settle() == ["1: cancelled 4", "2: cancelled 3", "3: cancelled 6"]


# Ends of day orders


def test_an_order_ends_at_its_time_before_the_rows_of_that_time(scene: Scenes) -> None:
    s = scene()
    s.play(add(1, 1, 1, 100, 2))
    s.buy(1, 4, 101, expires=50)
    s.buy(2, 4, 100, expires=51)
    s.settle()
    assert s.play(add(50, 2, -1, 101, 1)) == ["1: expired 4"]
    told = s.reports(s.tick(60))
    assert [(r.what, r.order_id, r.size, r.at_ns) for r in told] == [(3, 2, 4_000_000_000, 51)]


def test_orders_that_end_at_one_time_end_by_arrival(scene: Scenes) -> None:
    s = scene()
    s.buy(9, 1, 99, expires=50)
    s.buy(3, 1, 98, expires=50)
    s.sell(5, 1, stop=90, expires=50)
    assert s.play(add(50, 2, -1, 101, 1)) == ["9: expired 1", "3: expired 1", "5: expired 1"]


def test_an_order_that_arrives_after_its_end_takes_nothing(scene: Scenes) -> None:
    s = scene(entry_ns=(10,))
    s.play(*ASKS)
    s.buy(1, 1, 101, expires=10)
    s.buy(2, 9, 101, expires=11)  # arrives at its end: a request is before it
    assert s.settle(12) == ["1: expired 1", "2: 5 at 101 taker, 4 left", "2: expired 4"]


# Reduce-only


def test_a_fill_of_an_exit_is_cut_to_the_position_and_then_the_exit_ends(scene: Scenes) -> None:
    s = scene()
    s.play(*ASKS, add(1, 3, 1, 100, 9))
    s.buy(1, 2)
    s.sell(2, 3, reduce_only=True)
    assert s.settle() == [
        "1: 2 at 101 taker, 0 left",
        "2: 2 at 100 taker, 1 left",
        "2: nothing to reduce 1",
    ]


def test_an_exit_may_rest_while_there_is_nothing_to_reduce_and_ends_when_it_would_fill(scene: Scenes) -> None:
    s = scene()
    s.play(add(1, 1, -1, 101, 5))
    s.sell(1, 3, 102, reduce_only=True)
    assert s.settle() == []
    assert s.ahead(1) == 0
    assert s.play(add(10, 2, 1, 102, 4)) == ["1: nothing to reduce 3"]


def test_exits_share_the_position(scene: Scenes) -> None:
    s = scene()
    s.play(*ASKS, add(1, 9, -1, 103, 9))
    s.buy(1, 4, 101)
    s.sell(2, 3, 102.5, reduce_only=True)
    s.sell(3, 3, 102.5, reduce_only=True)
    s.settle()
    assert s.play(execute(10, 9, 9)) == [
        "2: 3 at 102.5 maker, 0 left",
        "3: 1 at 102.5 maker, 2 left",
        "3: nothing to reduce 2",
    ]


def test_a_resting_exit_is_filled_up_to_the_position(scene: Scenes) -> None:
    s = scene()
    s.play(*ASKS, add(1, 9, -1, 103, 9))
    s.buy(1, 4, 101)
    s.sell(2, 9, 102.5, reduce_only=True)
    s.settle()
    assert s.play(execute(10, 9, 9)) == ["2: 4 at 102.5 maker, 5 left", "2: nothing to reduce 5"]


def test_an_exit_on_the_side_of_the_position_has_nothing_to_reduce(scene: Scenes) -> None:
    s = scene()
    s.play(*ASKS)
    s.buy(1, 1)
    s.buy(2, 1, reduce_only=True)
    assert s.settle() == ["1: 1 at 101 taker, 0 left", "2: nothing to reduce 1"]


def test_a_fok_that_only_reduces_must_find_its_whole_quantity_in_the_position(scene: Scenes) -> None:
    s = scene()
    s.play(*ASKS, add(1, 3, 1, 100, 9))
    s.buy(1, 2)
    s.sell(2, 3, force="fok", reduce_only=True)
    s.sell(3, 2, force="fok", reduce_only=True)
    assert s.settle() == ["1: 2 at 101 taker, 0 left", "2: fok 3", "3: 2 at 100 taker, 0 left"]


def test_a_market_exit_that_works_on_ends_when_another_order_has_closed_the_position(scene: Scenes) -> None:
    s = scene()
    s.play(add(1, 1, -1, 101, 2))
    s.buy(1, 2)
    s.sell(2, 2, reduce_only=True)
    s.sell(3, 2, reduce_only=True)
    assert s.settle() == ["1: 2 at 101 taker, 0 left"]
    assert s.play(add(10, 5, 1, 99, 9)) == ["2: 2 at 99 taker, 0 left", "3: nothing to reduce 2"]


def test_positions_are_of_each_symbol(scene: Scenes) -> None:
    s = scene(("quotes", "quotes"))
    s.play(quote(1, 100, 9, 101, 9, 0), quote(1, 200, 9, 201, 9, 1))
    s.buy(1, 2)
    s.sell(2, 2, symbol=1, reduce_only=True)
    assert s.settle() == ["1: 2 at 101 taker, 0 left", "2: nothing to reduce 2"]


# Own orders against each other


def test_cancel_newest_ends_the_arriving_order(scene: Scenes) -> None:
    s = scene(self_trade="cancel_newest")
    s.play(*ASKS)
    s.sell(1, 4, 100)
    s.settle()
    s.buy(2, 9, 102)
    assert s.settle() == ["2: self-trade 9, 0 left"]
    s.buy(3, 1, 99)
    assert s.settle() == []


def test_cancel_oldest_ends_every_resting_order_within_the_limit_best_first(scene: Scenes) -> None:
    s = scene(self_trade="cancel_oldest")
    s.play(add(1, 1, -1, 110, 5))
    s.sell(1, 4, 102)
    s.sell(2, 5, 101)
    s.sell(3, 6, 103)
    s.sell(4, 7, 101)
    s.settle()
    s.buy(5, 9, 102)
    assert s.settle() == [
        "2: self-trade 5, 0 left",
        "4: self-trade 7, 0 left",
        "1: self-trade 4, 0 left",
    ]
    assert s.ahead(3) == 0
    assert s.ahead(5) == 0


def test_cancel_both_ends_the_arriving_order_and_the_first_it_meets(scene: Scenes) -> None:
    s = scene(self_trade="cancel_both")
    s.play(add(1, 1, -1, 110, 5))
    s.sell(1, 4, 102)
    s.sell(2, 5, 101)
    s.settle()
    s.buy(3, 9, 102)
    assert s.settle() == ["2: self-trade 5, 0 left", "3: self-trade 9, 0 left"]
    assert s.ahead(1) == 0


def test_decrement_takes_the_smaller_size_off_both(scene: Scenes) -> None:
    s = scene(self_trade="decrement")
    s.play(add(1, 1, -1, 102, 5))
    s.sell(1, 4, 101)
    s.sell(2, 5, 101.5)
    s.settle()
    s.buy(3, 6, 102)
    assert s.settle() == [
        "1: self-trade 4, 0 left",
        "3: self-trade 4, 2 left",
        "2: self-trade 2, 3 left",
        "3: self-trade 2, 0 left",
    ]
    assert s.ahead(1) is None
    assert s.ahead(2) == 0
    s.buy(4, 7, 102)
    assert s.settle() == [
        "2: self-trade 3, 0 left",
        "4: self-trade 3, 4 left",
        "4: 4 at 102 taker, 0 left",
    ]


def test_a_market_order_meets_ours_only_when_it_comes_to_its_price(scene: Scenes) -> None:
    s = scene(self_trade="cancel_newest")
    s.play(*ASKS, add(1, 3, 1, 100, 5))
    s.buy(1, 1, 90)
    s.settle()
    s.sell(2, 1)
    assert s.settle() == ["2: 1 at 100 taker, 0 left"]
    s.sell(3, 9)
    assert s.settle() == ["3: 4 at 100 taker, 5 left", "3: self-trade 5, 0 left"]
    assert s.ahead(1) == 0


def test_what_stands_before_ours_at_its_price_trades_first(scene: Scenes) -> None:
    s = scene("depth", self_trade="cancel_both")
    s.play(depth(1, 1, 100, 5))
    s.buy(1, 1, 100)
    s.settle()
    s.play(depth(3, 1, 100, 9))
    s.sell(2, 3, 100)
    assert s.settle() == ["2: 3 at 100 taker, 0 left"]
    s.sell(3, 3, 100)
    assert s.settle() == ["3: 2 at 100 taker, 1 left", "1: self-trade 1, 0 left", "3: self-trade 1, 0 left"]
    s.sell(4, 9, 100)
    assert s.settle() == ["4: 4 at 100 taker, 5 left"]


def test_where_ours_gives_way_the_rest_of_the_level_follows(scene: Scenes) -> None:
    s = scene("depth", self_trade="cancel_oldest")
    s.play(depth(1, -1, 101, 5), depth(1, -1, 103, 5))
    s.sell(1, 2, 101)
    s.sell(2, 2, 102)
    s.settle()
    s.play(depth(3, -1, 101, 8))
    s.buy(3, 10)
    assert s.settle() == [
        "3: 5 at 101 taker, 5 left",
        "1: self-trade 2, 0 left",
        "3: 3 at 101 taker, 2 left",
        "2: self-trade 2, 0 left",
        "3: 2 at 103 taker, 0 left",
    ]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("cancel_newest", ["2: fok 6", "3: 5 at 101 taker, 0 left"]),
        ("cancel_both", ["2: fok 6", "3: 5 at 101 taker, 0 left"]),
        ("decrement", ["2: fok 6", "3: 5 at 101 taker, 0 left"]),
        (
            "cancel_oldest",
            ["2: 5 at 101 taker, 1 left", "1: self-trade 1, 0 left", "2: 1 at 103 taker, 0 left", "3: fok 5"],
        ),
    ],
)
def test_fok_counts_only_what_it_can_have_without_meeting_ours(scene: Scenes, rule: str, told: list[str]) -> None:
    s = scene("depth", self_trade=rule)
    s.play(depth(1, -1, 101, 5), depth(1, -1, 103, 5))
    s.sell(1, 1, 102)
    s.settle()
    s.buy(2, 6, 103, force="fok")
    s.buy(3, 5, 103, force="fok")
    assert s.settle() == told


def test_with_trades_alone_a_market_order_meets_none_of_ours(scene: Scenes) -> None:
    s = scene("trades", self_trade="cancel_newest")
    s.sell(1, 4, 105)
    s.buy(2, 1)
    s.buy(3, 1, 106)
    assert s.settle() == ["3: self-trade 1, 0 left"]
    assert s.play(trade(9, 100, 5)) == ["2: 1 at 100 taker, 0 left"]


def test_gtx_and_fok_end_before_they_could_end_a_resting_order(scene: Scenes) -> None:
    s = scene(self_trade="cancel_oldest")
    s.play(*ASKS, add(1, 3, 1, 100, 5))
    s.sell(1, 4, 100.5)
    s.settle()
    s.buy(2, 1, 101, force="gtx")
    s.buy(3, 99, 101, force="fok")
    assert s.settle() == ["2: gtx 1", "3: fok 99"]
    assert s.ahead(1) == 0


def test_neither_stops_nor_market_orders_that_work_on_are_met(scene: Scenes) -> None:
    s = scene()
    s.buy(1, 5)
    s.buy(2, 5, 101, stop=101)
    s.settle()
    s.sell(3, 4, 100)
    assert s.settle() == []
    assert s.ahead(3) == 0


def test_orders_of_another_symbol_are_not_met(scene: Scenes) -> None:
    s = scene(("orders", "orders"))
    s.play(*ASKS)
    s.sell(1, 4, 100)
    s.buy(2, 4, 100, symbol=1)
    assert s.settle() == []
    s.play(clear(9))
    assert (s.ahead(1), s.ahead(2)) == (0, 0)
