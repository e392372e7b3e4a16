"""Resting orders where only the best quote and trades are known, or trades alone."""

from __future__ import annotations

import pytest

from market_scene import Scene, Scenes
from tapes import quote, trade


def quoted(scene: Scenes, *limits: float, **rules: str | float) -> Scene:
    """Bid 100 (10), ask 101 (5); own bids 1, 2, ... of 4 at `limits`."""
    s = scene("quotes", **rules)
    s.play(quote(1, 100, 10, 101, 5))
    for number, limit in enumerate(limits, start=1):
        s.buy(number, 4, limit)
    s.settle(5)
    return s


def test_the_queue_is_known_at_the_best_none_above_it_unknown_below_it(scene: Scenes) -> None:
    s = quoted(scene, 100, 100.5, 99)
    assert (s.ahead(1), s.ahead(2), s.ahead(3)) == (10, 0, None)


def test_an_empty_side_has_nobody_before_us(scene: Scenes) -> None:
    s = scene("quotes")
    s.play(quote(1, 0, 0, 101, 5))
    s.buy(1, 4, 50)
    s.settle()
    assert s.ahead(1) == 0


@pytest.mark.parametrize("empty", [(100, 0), (0, 10)])
def test_a_side_without_a_price_or_a_size_is_empty(scene: Scenes, empty: tuple[float, float]) -> None:
    s = scene("quotes")
    s.play(quote(1, *empty, 101, 5))
    assert s.market.best(0) == (0, 0, 101_000_000_000, 5_000_000_000)
    assert s.market.depth(0, 1, 3) == []


def test_the_best_bid_at_our_price_is_a_level(scene: Scenes) -> None:
    s = quoted(scene, 100, cancel_ahead="front")
    assert s.play(trade(10, 100, 3, -1)) == []
    assert s.ahead(1) == 7
    s.play(quote(11, 100, 5, 101, 5))  # 5 fell, 3 of them traded, 2 cancelled
    assert s.ahead(1) == 5
    assert s.play(trade(12, 100, 6, 0)) == ["1: 1 at 100 maker, 3 left"]


def test_a_quote_of_the_other_side_alone_does_not_use_trades_up(scene: Scenes) -> None:
    s = quoted(scene, 100, cancel_ahead="front")
    s.play(trade(10, 100, 3, -1), quote(11, 100, 10, 102, 5), quote(12, 100, 7, 102, 5))
    assert s.ahead(1) == 7


def test_an_unknown_queue_is_known_when_the_best_comes_to_it(scene: Scenes) -> None:
    s = quoted(scene, 99)
    assert s.play(trade(10, 99, 50, -1)) == []  # at our price, with who knows what before us
    assert s.ahead(1) is None
    s.play(quote(11, 99, 8, 101, 5))
    assert s.ahead(1) == 8


def test_a_trade_below_fills_where_the_queue_is_not_known_too(scene: Scenes) -> None:
    s = quoted(scene, 99)
    assert s.play(trade(10, 98, 1, -1)) == ["1: 1 at 99 maker, 3 left"]
    assert s.ahead(1) == 0


@pytest.mark.parametrize("below", [(98.0, 3.0), (0.0, 0.0)])
def test_a_best_bid_below_ours_leaves_nothing_before_it(scene: Scenes, below: tuple[float, float]) -> None:
    s = quoted(scene, 99, 100)
    s.play(quote(10, *below, 101, 5))
    assert (s.ahead(1), s.ahead(2)) == (0, 0)
    s.play(quote(11, 99, 50, 101, 5))
    assert s.ahead(1) == 0


def test_a_known_queue_stays_known_while_the_best_is_better(scene: Scenes) -> None:
    s = quoted(scene, 100)
    s.play(quote(10, 100.5, 1, 101, 5))
    assert s.ahead(1) == 10
    s.play(trade(11, 100, 2, -1))
    assert s.ahead(1) == 8
    s.play(quote(12, 100, 30, 101, 5))
    assert s.ahead(1) == 8
    s.play(quote(13, 100.5, 1, 101, 5), quote(14, 100, 6, 101, 5))
    assert s.ahead(1) == 6


def test_an_ask_at_or_below_ours_fills_up_to_its_display_once(scene: Scenes) -> None:
    s = quoted(scene, 100, 99)
    assert s.play(quote(10, 98, 1, 99, 5)) == ["1: 4 at 100 maker, 0 left", "2: 1 at 99 maker, 3 left"]
    assert s.play(quote(11, 97, 1, 99, 5)) == []
    assert s.play(quote(12, 97, 1, 99, 6)) == ["2: 1 at 99 maker, 2 left"]
    assert s.play(quote(13, 97, 1, 98, 1)) == ["2: 1 at 99 maker, 1 left"]


def test_of_a_crossed_quote_the_bid_is_looked_at_first(scene: Scenes) -> None:
    s = quoted(scene, 100)
    s.sell(2, 3, 101.5)
    s.settle()
    assert s.play(quote(10, 102, 9, 99, 9)) == ["2: 3 at 101.5 maker, 0 left", "1: 4 at 100 maker, 0 left"]


def test_own_asks_on_quotes_are_the_mirror_image(scene: Scenes) -> None:
    s = scene("quotes")
    s.play(quote(1, 100, 10, 101, 5))
    s.sell(1, 2, 101)
    s.sell(2, 2, 100.5)
    s.sell(3, 2, 102)
    s.settle(5)
    assert (s.ahead(1), s.ahead(2), s.ahead(3)) == (5, 0, None)
    assert s.play(trade(10, 101, 6, 1)) == ["2: 2 at 100.5 maker, 0 left"]
    assert s.ahead(1) == 1
    s.play(quote(11, 100, 10, 102, 7))
    assert (s.ahead(1), s.ahead(3)) == (0, 7)


# Trades alone


def test_with_trades_alone_a_trade_through_the_limit_fills_up_to_its_size(scene: Scenes) -> None:
    s = scene("trades")
    s.buy(1, 4, 100)
    s.settle()
    assert s.ahead(1) is None
    assert s.play(trade(10, 100, 9, -1)) == []
    assert s.play(trade(11, 99.5, 3, 1)) == ["1: 3 at 100 maker, 1 left"]
    assert s.play(trade(12, 99.5, 3, -1)) == ["1: 1 at 100 maker, 0 left"]


def test_with_trades_alone_and_touch_a_trade_at_the_limit_fills_too(scene: Scenes) -> None:
    s = scene("trades", touch=True)
    s.buy(1, 4, 100)
    s.sell(2, 4, 102)
    s.settle()
    assert s.play(trade(10, 100, 3)) == ["1: 3 at 100 maker, 1 left"]
    assert s.play(trade(11, 102, 3)) == ["2: 3 at 102 maker, 1 left"]


def test_with_trades_alone_own_orders_share_a_trade_best_price_first(scene: Scenes) -> None:
    s = scene("trades")
    s.buy(1, 4, 100)
    s.buy(2, 4, 101)
    s.buy(3, 4, 100)
    s.settle()
    assert s.play(trade(10, 99, 9)) == [
        "2: 4 at 101 maker, 0 left",
        "1: 4 at 100 maker, 0 left",
        "3: 1 at 100 maker, 3 left",
    ]
