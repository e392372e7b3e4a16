"""Orders that arrive and take what is displayed."""

from __future__ import annotations

import pytest

from market_scene import Scenes
from tapes import add, cancel, clear, depth, depth_clear, execute, modify, quote, trade

ASKS = (add(1, 1, -1, 101, 5), add(1, 2, -1, 102, 3), add(1, 3, -1, 103, 9), add(1, 4, 1, 100, 4))


def test_a_market_order_walks_the_levels_best_first_at_each_levels_price(scene: Scenes) -> None:
    s = scene()
    s.play(*ASKS)
    s.buy(1, 10)
    assert s.settle() == [
        "1: 5 at 101 taker, 5 left",
        "1: 3 at 102 taker, 2 left",
        "1: 2 at 103 taker, 0 left",
    ]


def test_a_level_of_several_orders_is_one_fill(scene: Scenes) -> None:
    s = scene()
    s.play(add(1, 1, -1, 101, 1), add(1, 2, -1, 101, 2), add(1, 3, -1, 101, 3))
    s.buy(1, 5)
    assert s.settle() == ["1: 5 at 101 taker, 0 left"]


def test_a_limit_order_takes_as_far_as_its_limit_and_rests_there_with_the_rest(scene: Scenes) -> None:
    s = scene()
    s.play(*ASKS)
    s.buy(1, 10, 102)
    assert s.settle() == ["1: 5 at 101 taker, 5 left", "1: 3 at 102 taker, 2 left"]
    assert s.ahead(1) == 0


def test_selling_is_the_mirror_image(scene: Scenes) -> None:
    s = scene()
    s.play(add(1, 1, 1, 100, 2), add(1, 2, 1, 99, 3), add(1, 3, 1, 98, 5))
    s.sell(1, 7, 99)
    assert s.settle() == ["1: 2 at 100 taker, 5 left", "1: 3 at 99 taker, 2 left"]
    assert s.ahead(1) == 0


def test_what_was_taken_stays_displayed_but_is_not_shown_to_us_again(scene: Scenes) -> None:
    s = scene()
    s.play(*ASKS)
    s.buy(1, 4, 101)
    s.settle()
    assert s.market.best(0).ask_size == 5_000_000_000
    s.buy(2, 4, 101)
    assert s.settle() == ["2: 1 at 101 taker, 3 left"]


def test_a_level_that_shrinks_forgets_only_what_it_no_longer_has(scene: Scenes) -> None:
    s = scene()
    s.play(add(1, 1, -1, 101, 5), add(1, 2, -1, 101, 5))
    s.buy(1, 6, 101, force="ioc")
    s.settle()
    s.play(cancel(10, 2))  # 5 left, all of them taken
    s.buy(2, 1, 101, force="ioc")
    assert s.settle() == ["2: ioc 1"]
    s.play(add(20, 3, -1, 101, 2))  # 7, of which 5 are taken
    s.buy(3, 9, 101, force="ioc")
    assert s.settle() == ["3: 2 at 101 taker, 7 left", "3: ioc 7"]


def test_a_level_that_ends_and_comes_again_is_new(scene: Scenes) -> None:
    s = scene()
    s.play(add(1, 1, -1, 101, 5))
    s.buy(1, 5, 101)
    s.settle()
    s.play(execute(10, 1, 5), add(11, 2, -1, 101, 3))
    s.buy(2, 3, 101)
    assert s.settle() == ["2: 3 at 101 taker, 0 left"]


def test_a_modify_at_one_price_does_not_end_the_level_in_between(scene: Scenes) -> None:
    s = scene()
    s.play(add(1, 1, -1, 101, 5))
    s.buy(1, 5, 101)
    s.settle()
    s.play(modify(10, 1, 101, 8))
    s.buy(2, 9, 101, force="ioc")
    assert s.settle() == ["2: 3 at 101 taker, 6 left", "2: ioc 6"]


def test_clearing_forgets_what_was_taken(scene: Scenes) -> None:
    s = scene()
    s.play(add(1, 1, -1, 101, 5))
    s.buy(1, 5, 101)
    s.settle()
    s.play(clear(10), add(10, 7, -1, 101, 5))
    s.buy(2, 5, 101)
    assert s.settle() == ["2: 5 at 101 taker, 0 left"]
    t = scene("depth")
    t.play(depth(1, -1, 101, 5))
    t.buy(1, 5, 101)
    t.settle()
    t.play(depth_clear(10), depth(10, -1, 101, 5))
    t.buy(2, 5, 101)
    assert t.settle() == ["2: 5 at 101 taker, 0 left"]


def test_the_display_of_a_quote_is_forgotten_when_that_sides_price_changes(scene: Scenes) -> None:
    s = scene("quotes")
    s.play(quote(1, 100, 5, 101, 5))
    s.buy(1, 9, 102, force="ioc")
    assert s.settle() == ["1: 5 at 101 taker, 4 left", "1: ioc 4"]
    s.play(quote(10, 99, 5, 101, 6))  # the same ask, one more
    s.buy(2, 9, 102, force="ioc")
    assert s.settle() == ["2: 1 at 101 taker, 8 left", "2: ioc 8"]
    s.play(quote(20, 99, 5, 100, 6), quote(21, 99, 5, 101, 6))
    s.buy(3, 9, 102, force="ioc")
    assert s.settle() == ["3: 6 at 101 taker, 3 left", "3: ioc 3"]


def test_what_is_left_of_a_market_order_takes_again_after_each_row_that_shows_something(scene: Scenes) -> None:
    s = scene()
    s.play(add(1, 1, -1, 101, 2))
    s.buy(1, 6)
    s.buy(2, 6)
    assert s.settle() == ["1: 2 at 101 taker, 4 left"]
    assert s.ahead(1) is None
    assert s.play(add(10, 2, -1, 105, 5)) == ["1: 4 at 105 taker, 0 left", "2: 1 at 105 taker, 5 left"]
    assert s.play(add(20, 3, 1, 90, 5)) == []
    assert s.play(modify(30, 2, 105, 6)) == ["2: 1 at 105 taker, 4 left"]


def test_after_each_row_means_within_an_instant_too(scene: Scenes) -> None:
    s = scene()
    s.buy(1, 6)
    assert s.play(add(1, 1, -1, 105, 2), add(1, 2, -1, 101, 9)) == [
        "1: 2 at 105 taker, 4 left",
        "1: 4 at 101 taker, 0 left",
    ]


def test_a_market_order_on_levels_or_quotes_works_on_likewise(scene: Scenes) -> None:
    for source, rows in (
        ("depth", (depth(1, -1, 101, 2), depth(10, -1, 101, 3))),
        ("quotes", (quote(1, 0, 0, 101, 2), quote(10, 0, 0, 101, 3))),
    ):
        s = scene(source)
        s.play(rows[0])
        s.buy(1, 5)
        assert s.settle() == ["1: 2 at 101 taker, 3 left"]
        assert s.play(rows[1]) == ["1: 1 at 101 taker, 2 left"]


def test_with_trades_alone_a_market_order_fills_at_the_next_trades(scene: Scenes) -> None:
    s = scene("trades")
    s.play(trade(1, 100, 50))
    s.buy(1, 6)
    assert s.settle() == []
    assert s.play(trade(10, 101, 4)) == ["1: 4 at 101 taker, 2 left"]
    s.buy(2, 5)
    s.settle()
    assert s.play(trade(20, 99, 5)) == ["1: 2 at 99 taker, 0 left", "2: 3 at 99 taker, 2 left"]


def test_with_trades_alone_market_orders_have_a_trade_before_resting_ones(scene: Scenes) -> None:
    s = scene("trades")
    s.buy(1, 6, 100)
    s.buy(2, 2)
    assert s.play(trade(10, 99, 5)) == ["2: 2 at 99 taker, 0 left", "1: 3 at 100 maker, 3 left"]


def test_with_trades_alone_buys_and_sells_each_have_the_trade_to_themselves(scene: Scenes) -> None:
    s = scene("trades")
    s.sell(1, 4)
    s.buy(2, 4)
    s.buy(3, 4)
    assert s.play(trade(10, 99, 5)) == [
        "1: 4 at 99 taker, 0 left",
        "2: 4 at 99 taker, 0 left",
        "3: 1 at 99 taker, 3 left",
    ]


@pytest.mark.parametrize(
    ("rules", "buys", "sells"),
    [
        ({"slip_nanos": 10_000_000}, 101.01, 99.99),
        ({"slip_bps": 10.0}, 101.101, 99.9),
        ({"slip_nanos": 10_000_000, "slip_bps": 10.0}, 101.111, 99.89),
    ],
)
def test_slippage_is_against_us_on_each_fill_of_a_market_order(
    scene: Scenes, rules: dict[str, float], buys: float, sells: float
) -> None:
    s = scene(**rules)
    s.play(add(1, 1, -1, 101, 5), add(1, 2, 1, 100, 5))
    s.buy(1, 1)
    s.sell(2, 1)
    assert s.settle() == [f"1: 1 at {buys:g} taker, 0 left", f"2: 1 at {sells:g} taker, 0 left"]


def test_slippage_does_not_touch_a_limit_order_and_rounds_half_to_even(scene: Scenes) -> None:
    s = scene(slip_bps=5_000.0)  # a half
    s.play((1, *add(1, 1, -1, 0, 5)[1:2], 5, 10, 1, 0), (1, *add(1, 2, 1, 0, 5)[1:2], 3, 10, 2, 0))
    s.buy(1, 1e-9, 5e-9)
    s.buy(2, 1e-9)
    s.sell(3, 1e-9)
    told = s.reports(s.tick(2))
    assert [(r.order_id, r.price) for r in told] == [(1, 5), (2, 5 + 2), (3, 3 - 2)]


def test_a_price_with_slippage_is_never_below_one_nano(scene: Scenes) -> None:
    s = scene(slip_nanos=10**12)
    s.play(add(1, 1, 1, 100, 5))
    s.sell(1, 1)
    assert [r.price for r in s.reports(s.tick(2))] == [1]
