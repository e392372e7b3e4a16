"""Resting orders in a book that is known order by order (L3): the place in the queue is exact."""

from __future__ import annotations

from market_scene import Scene, Scenes
from tapes import add, cancel, clear, execute, modify, trade


def joined(scene: Scenes, **rules: float) -> Scene:
    """Own bid 1 of 4 at 100 behind the market's orders 1 (5) and 2 (3); order 3 (6) came after it."""
    s = scene(**rules)
    s.play(add(1, 1, 1, 100, 5), add(1, 2, 1, 100, 3), add(1, 9, -1, 105, 9))
    s.buy(1, 4, 100)
    s.settle(5)
    s.play(add(10, 3, 1, 100, 6))
    return s


def test_an_order_rests_behind_everything_displayed_at_its_price(scene: Scenes) -> None:
    s = joined(scene)
    assert s.ahead(1) == 8
    s.buy(2, 1, 99)
    s.buy(3, 1, 100)
    s.settle()
    assert (s.ahead(2), s.ahead(3)) == (0, 14)


def test_an_execution_before_ours_shortens_the_queue_and_fills_nothing(scene: Scenes) -> None:
    s = joined(scene)
    assert s.play(execute(20, 1, 2)) == []
    assert s.ahead(1) == 6
    assert s.play(execute(21, 1, 3), execute(22, 2, 3)) == []
    assert s.ahead(1) == 0


def test_an_execution_behind_ours_would_have_met_ours_first(scene: Scenes) -> None:
    s = joined(scene)
    assert s.play(execute(20, 3, 3)) == ["1: 3 at 100 maker, 1 left"]
    assert s.ahead(1) == 8
    assert s.play(execute(21, 3, 3)) == ["1: 1 at 100 maker, 0 left"]


def test_an_execution_below_our_price_fills_ours_whatever_stands_before_it(scene: Scenes) -> None:
    s = joined(scene)
    s.play(add(20, 4, 1, 99, 7))
    assert s.play(execute(21, 4, 1)) == ["1: 1 at 100 maker, 3 left"]
    assert s.ahead(1) == 8


def test_an_execution_above_our_price_does_nothing(scene: Scenes) -> None:
    s = joined(scene)
    s.play(add(20, 4, 1, 101, 7))
    assert s.play(execute(21, 4, 7)) == []
    assert s.ahead(1) == 8


def test_a_cancel_before_ours_shortens_the_queue_one_behind_does_not(scene: Scenes) -> None:
    s = joined(scene)
    s.play(cancel(20, 3))
    assert s.ahead(1) == 8
    s.play(cancel(21, 1))
    assert s.ahead(1) == 3


def test_a_modify_to_less_keeps_its_place(scene: Scenes) -> None:
    s = joined(scene)
    s.play(modify(20, 1, 100, 2))
    assert s.ahead(1) == 5
    s.play(modify(21, 3, 100, 2))
    assert s.ahead(1) == 5
    assert s.play(execute(22, 1, 2)) == []
    assert s.ahead(1) == 3


def test_a_modify_to_more_or_to_another_price_goes_behind_ours(scene: Scenes) -> None:
    s = joined(scene)
    s.play(modify(20, 1, 100, 6))
    assert s.ahead(1) == 3
    assert s.play(execute(21, 1, 1)) == ["1: 1 at 100 maker, 3 left"]
    s.play(modify(22, 2, 99, 3))
    assert s.ahead(1) == 0
    s.play(modify(23, 2, 100, 3))
    assert s.ahead(1) == 0


def test_a_modify_to_the_same_keeps_its_place(scene: Scenes) -> None:
    s = joined(scene)
    s.play(modify(20, 1, 100, 5))
    assert s.ahead(1) == 8
    assert s.play(execute(21, 1, 5)) == []


def test_an_ask_that_arrives_at_or_below_ours_would_have_met_it(scene: Scenes) -> None:
    s = joined(scene)
    assert s.play(add(20, 4, -1, 100.5, 3)) == []
    assert s.play(add(21, 5, -1, 100, 1)) == ["1: 1 at 100 maker, 3 left"]
    assert s.play(add(22, 6, -1, 99, 9)) == ["1: 3 at 100 maker, 0 left"]


def test_what_an_arriving_ask_filled_is_not_shown_to_us_again(scene: Scenes) -> None:
    s = joined(scene)
    assert s.play(add(20, 4, -1, 99, 5)) == ["1: 4 at 100 maker, 0 left"]
    s.buy(2, 9, 99, force="ioc")
    assert s.settle() == ["2: 1 at 99 taker, 8 left", "2: ioc 8"]


def test_a_modify_that_brings_an_ask_to_ours_offers_its_new_size(scene: Scenes) -> None:
    s = joined(scene)
    assert s.play(modify(20, 9, 101, 9)) == []
    assert s.play(modify(21, 9, 100, 2)) == ["1: 2 at 100 maker, 2 left"]
    assert s.play(modify(22, 9, 99, 9)) == []  # it reached ours before
    assert s.play(modify(23, 9, 99, 12)) == []
    assert s.play(modify(24, 9, 103, 9), modify(25, 9, 99, 9)) == ["1: 2 at 100 maker, 0 left"]


def test_several_own_orders_share_an_event_best_price_first_then_earlier_first(scene: Scenes) -> None:
    s = scene()
    s.buy(1, 2, 99)
    s.buy(2, 2, 100)
    s.buy(3, 2, 99)
    s.buy(4, 2, 98)
    s.settle()
    assert s.play(add(10, 1, -1, 99, 5)) == [
        "2: 2 at 100 maker, 0 left",
        "1: 2 at 99 maker, 0 left",
        "3: 1 at 99 maker, 1 left",
    ]


def test_an_execution_between_two_own_orders_fills_only_the_earlier(scene: Scenes) -> None:
    s = joined(scene)
    s.buy(2, 4, 100)
    s.settle(15)
    s.play(add(16, 4, 1, 100, 9))
    assert s.play(execute(20, 3, 6)) == ["1: 4 at 100 maker, 0 left"]
    assert s.ahead(2) == 8
    assert s.play(execute(21, 4, 5)) == ["2: 4 at 100 maker, 0 left"]


def test_asks_of_ours_are_the_mirror_image(scene: Scenes) -> None:
    s = scene()
    s.play(add(1, 1, -1, 101, 5))
    s.sell(1, 4, 101)
    s.settle(5)
    s.play(add(10, 2, -1, 101, 6), add(10, 3, -1, 102, 6))
    assert s.ahead(1) == 5
    assert s.play(execute(11, 1, 5), execute(12, 2, 1)) == ["1: 1 at 101 maker, 3 left"]
    assert s.play(execute(13, 3, 1)) == ["1: 1 at 101 maker, 2 left"]
    assert s.play(add(14, 4, 1, 102, 1)) == ["1: 1 at 101 maker, 1 left"]


def test_clearing_leaves_own_orders_with_nothing_before_them(scene: Scenes) -> None:
    s = joined(scene)
    s.play(clear(20))
    assert s.ahead(1) == 0
    s.play(add(21, 1, 1, 100, 5))
    assert s.ahead(1) == 0
    assert s.play(execute(22, 1, 5)) == ["1: 4 at 100 maker, 0 left"]


def test_rows_of_trades_fill_nothing_where_orders_are_known(scene: Scenes) -> None:
    s = joined(scene, trade_symbols=(True,))
    assert s.play(trade(20, 90, 50, -1)) == []
    assert s.ahead(1) == 8


def test_an_execution_of_more_than_an_order_has_offers_what_it_has(scene: Scenes) -> None:
    s = joined(scene)
    assert s.play(execute(20, 3, 600)) == ["1: 4 at 100 maker, 0 left"]
    assert s.market.faults().bad_size == 1
    assert s.market.depth(0, 1, 5) == [(100_000_000_000, 8_000_000_000, 2)]


def test_an_order_that_rests_after_taking_has_its_place_then(scene: Scenes) -> None:
    s = scene()
    s.play(add(1, 1, -1, 101, 5), add(1, 2, 1, 101, 3))  # a crossed feed stays crossed
    s.buy(1, 6, 101)
    assert s.settle() == ["1: 5 at 101 taker, 1 left"]
    assert s.ahead(1) == 3
    assert s.market.faults().crossed > 0


# The chance of a fill


def test_a_chance_of_nothing_fills_nothing_that_rests_and_everything_that_takes(scene: Scenes) -> None:
    s = joined(scene, fill_chance=0.0)
    assert s.play(execute(20, 3, 6), add(21, 8, -1, 100, 9)) == []
    s.buy(2, 3, 105)
    assert s.settle() == ["2: 3 at 100 taker, 0 left"]


def test_each_opportunity_draws_once_and_one_not_taken_goes_to_the_next_order(scene: Scenes) -> None:
    # splitmix64((0 ^ 0x5DEECE66D) + n) >> 11 over 2^53, n from 1: 0.6764, 0.3383, 0.0757, 0.2254, 0.5157, 0.6350
    s = scene(fill_chance=0.5)
    s.buy(1, 9, 100)
    s.buy(2, 9, 99)
    s.settle()
    assert s.play(add(10, 1, -1, 99, 1)) == ["2: 1 at 99 maker, 8 left"]  # 0.6764: not 1; 0.3383: 2
    assert s.play(add(11, 2, -1, 99, 1)) == ["1: 1 at 100 maker, 8 left"]  # 0.0757; nothing is left to offer to 2
    assert s.play(add(12, 3, -1, 99, 10)) == ["1: 8 at 100 maker, 0 left"]  # 0.2254; 0.5157: not 2
    assert s.play(add(13, 4, -1, 99, 1)) == []  # 0.6350
