"""Stops wait at the venue until a trade, or where there are none the best price, reaches them."""

from __future__ import annotations

from market_scene import Scene, Scenes
from tapes import NANOS, Row, add, depth, execute, quote, tape, trade
from tradetui.engine.market.simulation import WOKE_END, WOKE_REPORT


def traded(scene: Scenes, **rules: object) -> Scene:
    """A book of orders with rows of trades: bids 100 (9), asks 101 (5) and 102 (9)."""
    s = scene(trade_symbols=(True,), **rules)
    s.play(add(1, 1, 1, 100, 9), add(1, 2, -1, 101, 5), add(1, 3, -1, 102, 9))
    return s


def then(s: Scene, *rows: Row) -> list[str]:
    """What own orders are told of rows and when their time is over."""
    return s.play(*rows) + s.settle()


def test_a_buy_stop_becomes_a_market_order_with_a_trade_at_or_above_it(scene: Scenes) -> None:
    s = traded(scene)
    s.buy(1, 6, stop=101)
    s.settle()
    assert s.ahead(1) is None
    assert s.play(trade(10, 100.5, 1)) == []
    assert then(s, trade(11, 101, 1)) == ["1: 5 at 101 taker, 1 left", "1: 1 at 102 taker, 0 left"]


def test_a_sell_stop_is_the_mirror_image(scene: Scenes) -> None:
    s = traded(scene)
    s.sell(1, 6, stop=99)
    s.settle()
    assert s.play(trade(10, 99.5, 1, 1)) == []
    assert then(s, trade(11, 98, 1, 1)) == ["1: 6 at 100 taker, 0 left"]


def test_a_trade_before_its_arrival_does_not_trigger_a_stop(scene: Scenes) -> None:
    s = traded(scene)
    s.play(trade(5, 103, 1))
    s.buy(1, 6, stop=101)
    assert s.settle() == []
    assert s.play(add(20, 7, 1, 99, 1)) == []


def test_a_stop_limit_rests_with_what_it_cannot_take(scene: Scenes) -> None:
    s = traded(scene)
    s.play(add(2, 8, 1, 101, 1))
    s.buy(1, 6, 101, stop=101)
    s.settle()
    assert then(s, trade(10, 101, 1)) == ["1: 5 at 101 taker, 1 left"]
    assert s.ahead(1) == 1


def test_the_time_in_force_of_a_stop_counts_when_it_is_triggered(scene: Scenes) -> None:
    s = traded(scene)
    s.buy(1, 6, 101, stop=101, force="ioc")
    s.buy(2, 6, 101, stop=101, force="fok")
    s.buy(3, 6, 101, stop=101, force="gtx")
    s.settle()
    assert then(s, trade(10, 101, 1)) == ["1: 5 at 101 taker, 1 left", "1: ioc 1", "2: fok 6", "3: gtx 6"]


def test_those_triggered_by_one_row_act_in_order_of_arrival(scene: Scenes) -> None:
    s = traded(scene)
    s.buy(9, 4, stop=102)
    s.buy(3, 4, stop=101)
    s.settle()
    assert then(s, trade(10, 103, 1)) == [
        "9: 4 at 101 taker, 0 left",
        "3: 1 at 101 taker, 3 left",
        "3: 3 at 102 taker, 0 left",
    ]


def test_a_stop_acts_after_its_row_has_done_everything_else(scene: Scenes) -> None:
    s = scene()  # no rows of trades: executions are the trades
    s.play(add(1, 1, 1, 100, 9), add(1, 2, -1, 105, 9))
    s.sell(1, 3, 101)
    s.buy(2, 2, 105, stop=103)
    s.settle()
    assert s.play(add(10, 4, -1, 103, 1)) == []
    # the execution fills our own ask at 101 before the stop of our bid could meet it
    assert then(s, execute(11, 4, 1)) == ["1: 1 at 101 maker, 2 left", "2: self-trade 2, 0 left"]


def test_market_orders_that_work_on_come_before_a_stop_of_the_same_row(scene: Scenes) -> None:
    s = scene("depth", trade_symbols=(False,))
    s.buy(1, 4, stop=101)
    s.buy(2, 4)
    s.settle()
    assert then(s, depth(10, -1, 102, 5)) == ["2: 4 at 102 taker, 0 left", "1: 1 at 102 taker, 3 left"]
    assert then(s, depth(11, -1, 102, 9)) == ["1: 3 at 102 taker, 0 left"]


def test_executions_trigger_where_there_are_no_rows_of_trades(scene: Scenes) -> None:
    s = scene()
    s.play(add(1, 1, 1, 100, 9), add(1, 2, -1, 101, 5))
    s.sell(1, 2, stop=100)
    s.settle()
    assert s.play(execute(10, 2, 1)) == []
    assert then(s, execute(11, 1, 1)) == ["1: 2 at 100 taker, 0 left"]


def test_executions_do_not_trigger_where_there_are_rows_of_trades(scene: Scenes) -> None:
    s = traded(scene)
    s.sell(1, 2, stop=100)
    s.settle()
    assert s.play(execute(10, 1, 1)) == []


def test_without_trades_the_best_opposite_price_triggers(scene: Scenes) -> None:
    s = scene("quotes", trade_symbols=(False,))
    s.play(quote(1, 100, 5, 101, 5))
    s.buy(1, 2, stop=101.5)
    s.sell(2, 2, stop=99.5)
    s.settle()
    assert s.play(quote(10, 101, 5, 101.4, 5), quote(11, 99.6, 5, 101.4, 5)) == []
    assert then(s, quote(12, 99.5, 5, 101.4, 5)) == ["2: 2 at 99.5 taker, 0 left"]
    assert then(s, quote(13, 99.5, 5, 102, 5)) == ["1: 2 at 102 taker, 0 left"]


def test_without_trades_an_empty_side_triggers_nothing(scene: Scenes) -> None:
    s = scene("quotes", trade_symbols=(False,))
    s.play(quote(1, 100, 5, 101, 5))
    s.sell(1, 2, stop=99.5)
    s.settle()
    assert s.play(quote(10, 0, 0, 101, 5)) == []
    assert then(s, quote(11, 99, 5, 101, 5)) == ["1: 2 at 99 taker, 0 left"]


def test_a_triggered_stop_slips_like_a_market_order_a_stop_limit_does_not(scene: Scenes) -> None:
    s = traded(scene, slip_nanos=500_000_000)
    s.buy(1, 1, stop=101)
    s.buy(2, 1, 101, stop=101)
    s.settle()
    assert then(s, trade(10, 101, 1)) == ["1: 1 at 101.5 taker, 0 left", "2: 1 at 101 taker, 0 left"]


def test_a_stop_triggered_with_trades_alone_fills_at_the_next_trade(scene: Scenes) -> None:
    s = scene("trades")
    s.sell(1, 2, stop=99)
    s.settle()
    assert s.play(trade(10, 98, 9)) == []
    assert then(s, trade(11, 97, 9)) == ["1: 2 at 97 taker, 0 left"]


# When they act


def waiting(scene: Scenes, **rules: object) -> Scene:
    """Levels: asks 101 (5) and 102 (9); a buy stop at 101 waits."""
    s = scene("depth", **rules)
    s.play(depth(1, -1, 101, 5), depth(1, -1, 102, 9))
    s.buy(1, 2, stop=101)
    s.settle()
    return s


def test_a_stop_does_not_see_what_the_trade_that_triggers_it_took(scene: Scenes) -> None:
    s = waiting(scene)
    assert then(s, trade(10, 101, 5, 1), depth(10, -1, 101, 0)) == ["1: 2 at 102 taker, 0 left"]


def test_it_waits_for_all_rows_of_the_time_whatever_comes_between(scene: Scenes) -> None:
    s = scene(("depth", "depth"))
    s.play(depth(1, -1, 101, 5), depth(1, -1, 102, 9))
    s.buy(1, 2, stop=101)
    s.settle()
    rows = [
        trade(10, 101, 5, 1),
        depth(10, 1, 50, 1, symbol=1),
        depth(9, -1, 101, 0),
    ]  # a late row has the clock's time
    assert then(s, *rows) == ["1: 2 at 102 taker, 0 left"]


def test_it_does_not_wait_for_rows_of_a_later_time(scene: Scenes) -> None:
    s = waiting(scene)
    assert s.play(trade(10, 101, 5, 1), depth(11, -1, 101, 0)) == ["1: 2 at 101 taker, 0 left"]


def test_a_stop_that_was_triggered_acts_at_the_time_of_its_trade(scene: Scenes) -> None:
    s = waiting(scene)
    (report,) = s.reports(trade(10, 101, 5, 1), depth(10, -1, 101, 0), s.tick(500))
    assert (report.at_ns, report.known_ns) == (10, 10)


def test_it_comes_before_a_request_that_arrives_at_that_time(scene: Scenes) -> None:
    s = waiting(scene, entry_ns=(8,))
    s.settle(20)
    s.cancel(1)
    assert then(s, trade(28, 101, 5, 1)) == ["1: 2 at 101 taker, 0 left"]
    s = waiting(scene, entry_ns=(8,))
    s.settle(20)
    s.cancel(1)
    assert then(s, trade(29, 101, 5, 1)) == ["1: cancelled 2"]


def test_those_of_one_time_act_in_the_order_in_which_they_were_triggered(scene: Scenes) -> None:
    s = waiting(scene)
    s.buy(2, 9, stop=101)
    s.buy(3, 1, stop=100)
    s.settle()
    assert then(s, trade(10, 100, 1, 1), trade(10, 101, 1, 1)) == [
        "3: 1 at 101 taker, 0 left",
        "1: 2 at 101 taker, 0 left",
        "2: 2 at 101 taker, 7 left",
        "2: 7 at 102 taker, 0 left",
    ]


def test_the_time_of_the_last_row_ends_with_the_market(scene: Scenes) -> None:
    s = waiting(scene)
    s.market.load(tape(trade(10, 101, 5, 1), depth(10, -1, 101, 0)))
    assert s.market.advance(9, 9) == WOKE_END
    assert s.market.finish() == WOKE_REPORT
    assert [report.price for report in s.market.reports()] == [102 * NANOS]
    assert s.market.finish() == WOKE_END


def test_a_stop_is_triggered_once_however_many_trades_reach_it(scene: Scenes) -> None:
    s = waiting(scene)
    assert then(s, *[trade(10, 101, 1, 1)] * 3) == ["1: 2 at 101 taker, 0 left"]
