"""Resting orders in a book that is known by its levels (L2): trades and a model of cancels move the queue."""

from __future__ import annotations

import pytest

from market_scene import Scene, Scenes
from tapes import depth, depth_clear, trade


def joined(scene: Scenes, **rules: str | float) -> Scene:
    """Own bid 1 of 4 at 100, where 10 are displayed; asks at 101 (5)."""
    s = scene("depth", **rules)
    s.play(depth(1, 1, 100, 10), depth(1, -1, 101, 5))
    s.buy(1, 4, 100)
    s.settle(5)
    return s


def test_an_order_rests_behind_the_displayed_size(scene: Scenes) -> None:
    s = joined(scene)
    s.buy(2, 1, 99)
    s.settle()
    assert (s.ahead(1), s.ahead(2)) == (10, 0)


@pytest.mark.parametrize("side", [-1, 0])
def test_a_trade_at_the_price_takes_the_queue_before_it_fills_ours(scene: Scenes, side: int) -> None:
    s = joined(scene)
    assert s.play(trade(10, 100, 7, side)) == []
    assert s.ahead(1) == 3
    assert s.play(trade(11, 100, 4, side)) == ["1: 1 at 100 maker, 3 left"]
    assert s.ahead(1) == 0
    assert s.play(trade(12, 100, 1, side)) == ["1: 1 at 100 maker, 2 left"]


def test_a_buyers_trade_does_nothing_to_bids(scene: Scenes) -> None:
    s = joined(scene)
    assert s.play(trade(10, 100, 70, 1), trade(10, 99, 70, 1)) == []
    assert s.ahead(1) == 10


def test_a_trade_below_the_price_fills_ours_at_our_limit_and_leaves_nothing_before_it(scene: Scenes) -> None:
    s = joined(scene)
    assert s.play(trade(10, 99, 3, -1)) == ["1: 3 at 100 maker, 1 left"]
    assert s.ahead(1) == 0


def test_a_trade_above_the_price_does_nothing(scene: Scenes) -> None:
    s = joined(scene)
    assert s.play(trade(10, 101, 30, 0)) == []
    assert s.ahead(1) == 10


def test_a_sellers_own_ask_is_the_mirror_image(scene: Scenes) -> None:
    s = scene("depth")
    s.play(depth(1, -1, 101, 10))
    s.sell(1, 4, 101)
    s.settle(5)
    assert s.play(trade(10, 101, 11, -1)) == []
    assert s.play(trade(11, 101, 11, 1)) == ["1: 1 at 101 maker, 3 left"]
    assert s.play(trade(12, 102, 1, 0)) == ["1: 1 at 101 maker, 2 left"]
    assert s.play(depth(13, 1, 101, 1)) == ["1: 1 at 101 maker, 1 left"]


@pytest.mark.parametrize(("model", "ahead"), [("back", 6), ("proportional", 4.8), ("front", 2)])
def test_what_a_level_loses_without_a_trade_was_cancelled_where_the_model_says(
    scene: Scenes, model: str, ahead: float
) -> None:
    # 10 before ours and 10 behind it. A trade of 4 leaves 6 before it; then the level falls by 8, of which 4 were that
    # trade and 4 cancelled. back: none of those stood before ours; front: all; proportional: 4 * 6 / 20 = 1.2.
    s = joined(scene, cancel_ahead=model)
    s.play(depth(10, 1, 100, 20))
    assert s.ahead(1) == 10
    s.play(trade(11, 100, 4, -1))
    assert s.ahead(1) == 6
    s.play(depth(12, 1, 100, 12))
    assert s.ahead(1) == ahead


def test_a_proportion_is_rounded_down_to_a_nano(scene: Scenes) -> None:
    s = joined(scene, cancel_ahead="proportional")
    s.play(depth(10, 1, 100, 15))  # ahead 10 of 15
    s.play(depth(11, 1, 100, 14))  # 1 * 10 / 15 = 0.666666666 before ours
    assert s.market.ahead(1) == 10_000_000_000 - 666_666_666


@pytest.mark.parametrize("model", ["back", "proportional", "front"])
def test_what_stands_before_ours_is_at_most_the_level(scene: Scenes, model: str) -> None:
    s = joined(scene, cancel_ahead=model)
    s.play(depth(10, 1, 100, 3))
    assert s.ahead(1) == 3
    s.play(depth(11, 1, 100, 0))
    assert s.ahead(1) == 0
    s.play(depth(12, 1, 100, 50))
    assert s.ahead(1) == 0


def test_a_level_that_loses_less_than_was_traded_had_no_cancels(scene: Scenes) -> None:
    s = joined(scene, cancel_ahead="front")
    s.play(trade(10, 100, 4, -1))
    s.play(depth(11, 1, 100, 8))  # 2 fell where 4 traded: 2 came behind ours
    assert s.ahead(1) == 6
    s.play(depth(12, 1, 100, 7))  # and now 1 was cancelled: those trades are used up
    assert s.ahead(1) == 5


def test_a_row_that_leaves_the_level_as_it_was_does_not_use_its_trades_up(scene: Scenes) -> None:
    s = joined(scene, cancel_ahead="front")
    s.play(trade(10, 100, 4, -1), depth(10, 1, 100, 10), depth(11, 1, 100, 6))
    assert s.ahead(1) == 6


def test_trades_of_the_other_side_do_not_explain_a_fall(scene: Scenes) -> None:
    s = joined(scene, cancel_ahead="front")
    s.play(trade(10, 100, 4, 1), depth(11, 1, 100, 6))
    assert s.ahead(1) == 6  # 4 cancelled before ours: 10 - 4
    t = joined(scene, cancel_ahead="front")
    t.play(trade(10, 100, 4, 0), depth(11, 1, 100, 6))
    assert t.ahead(1) == 6  # 4 traded before ours, none cancelled


def test_a_rise_stands_behind_ours(scene: Scenes) -> None:
    s = joined(scene, cancel_ahead="front")
    s.play(depth(10, 1, 100, 99))
    assert s.ahead(1) == 10


def test_an_ask_level_at_or_below_ours_fills_up_to_what_is_not_yet_taken_of_it(scene: Scenes) -> None:
    s = joined(scene)
    assert s.play(depth(10, -1, 100, 3)) == ["1: 3 at 100 maker, 1 left"]
    assert s.play(depth(11, -1, 100, 3)) == []  # the same three
    assert s.play(depth(12, -1, 100, 5)) == ["1: 1 at 100 maker, 0 left"]
    s.buy(2, 9, 100, force="ioc")
    assert s.settle() == ["2: 1 at 100 taker, 8 left", "2: ioc 8"]


def test_several_own_orders_share_a_trade(scene: Scenes) -> None:
    s = joined(scene)
    s.play(depth(6, 1, 100, 12))
    s.buy(2, 5, 100)
    s.buy(3, 2, 101 - 0.5)
    s.settle()
    assert (s.ahead(1), s.ahead(2), s.ahead(3)) == (10, 12, 0)
    # 3 has 2 of 18. 16 are left: 10 stood before 1, which has its 4. Of the 12 then left 12 stood before 2.
    assert s.play(trade(10, 100, 18, -1)) == ["3: 2 at 100.5 maker, 0 left", "1: 4 at 100 maker, 0 left"]
    assert s.ahead(2) == 0
    assert s.play(trade(11, 100, 1, -1)) == ["2: 1 at 100 maker, 4 left"]


def test_a_trade_below_several_own_orders_clears_the_way_of_each(scene: Scenes) -> None:
    s = joined(scene)
    s.buy(2, 5, 100)
    s.settle()
    assert s.play(trade(10, 99, 2, -1)) == ["1: 2 at 100 maker, 2 left"]
    assert (s.ahead(1), s.ahead(2)) == (0, 0)


def test_an_opportunity_not_taken_leaves_the_queue_as_it_is(scene: Scenes) -> None:
    s = joined(scene, fill_chance=0.0)
    assert s.play(trade(10, 100, 15, -1)) == []
    assert s.ahead(1) == 10
    assert s.play(trade(11, 99, 15, -1)) == []
    assert s.ahead(1) == 10
    assert s.play(trade(12, 100, 10, -1)) == []  # no opportunity: it only shortens the queue
    assert s.ahead(1) == 0


def test_a_trade_at_a_price_where_nothing_is_displayed_fills_ours(scene: Scenes) -> None:
    s = joined(scene)
    s.buy(2, 5, 99)
    s.settle()
    s.cancel(1)
    s.settle()
    assert s.play(trade(10, 99, 2, -1)) == ["2: 2 at 99 maker, 3 left"]


def test_clearing_levels_leaves_nothing_before_ours(scene: Scenes) -> None:
    s = joined(scene)
    s.play(depth_clear(10))
    assert s.ahead(1) == 0
    assert s.market.depth(0, -1, 9) == []
