"""Limits over books bind between bars too: every move of the best price is looked at while one is set."""

from __future__ import annotations

from typing import Any

import pytest

from book_session import SECOND, START, book_run, session
from tradetui.engine.market.tape import ADD, CANCEL, EXECUTE
from tradetui.engine.model.events import FillEvent, MarketData, SignalEvent, TradingState
from tradetui.engine.model.wakes import Timer
from tradetui.engine.strategy import Strategy


class EveryMinute(Strategy):
    """Hears of a timer alone, and answers the n-th with the n-th of its wishes."""

    subscribes = (Timer(60_000),)

    def __init__(self, *answers: list[SignalEvent]) -> None:
        self.answers = list(answers)

    def get_parameters(self) -> dict[str, Any]:
        return {}

    def on_market_data(self, event: MarketData) -> list[SignalEvent]:  # type: ignore[override]
        return self.answers.pop(0) if self.answers else []


BOOK = [(0.0, ADD, 1, 1, 99.0, 50.0), (0.0, ADD, 2, -1, 100.0, 50.0), (59.0, ADD, 3, 1, 90.0, 50.0)]


def test_a_drawdown_halts_at_the_move_of_the_book_that_made_it() -> None:
    falls = [(70.0, ADD, 4, 1, 80.0, 5.0), (71.0, CANCEL, 1, 1, 99.0, 50.0), (72.0, CANCEL, 3, 1, 90.0, 50.0)]
    later = [(80.0, ADD, 5, 1, 98.0, 5.0), (130.0, ADD, 6, 1, 98.5, 5.0)]
    strategy = EveryMinute([SignalEvent("X", 1, quantity=9)], [SignalEvent("X", 1, quantity=10)])
    run = book_run(strategy, session([*BOOK, *falls, *later]), cash="1000", limits={"max_drawdown": "0.15"})
    result = run.run()
    assert [control.state for control in result.controls] == [TradingState.HALTED]
    assert result.controls[0].ts_ns == START + 72 * SECOND  # nine bought at 100 are worth 80 each: 180 of 1,000 gone
    assert run.core.orders.counts.refused == {"STATE": 1}


def test_an_order_that_waits_for_the_rate_limit_is_sent_at_a_move_of_the_book() -> None:
    moves = [(60.5, ADD, 4, 1, 99.1, 5.0), (61.5, ADD, 5, 1, 99.2, 5.0), (65.0, ADD, 6, 1, 99.3, 5.0)]
    both = [SignalEvent("X", 1, quantity=1, stop_loss=90), SignalEvent("X", 1, quantity=3, stop_loss=90)]
    strategy = EveryMinute(both)
    result = book_run(strategy, session([*BOOK, *moves]), limits={"max_orders_per_second": 1}).run()
    entries = [order for order in result.orders_sent if order.role == "open"]
    assert [(order.ts_ns - START) / SECOND for order in entries] == [60.0, 61.5]


class Reentering(EveryMinute):
    """Enters again as soon as it hears of an exit."""

    def on_fill(self, fill: FillEvent) -> list[SignalEvent]:
        return [SignalEvent("X", 1, quantity=1)] if fill.side < 0 and not fill.leaves else []


def test_a_position_closed_at_a_loss_halts_before_the_strategy_hears_of_the_fill() -> None:
    """The mark of 99 is within the limit; the fills below it are not, and then nothing is held that could be marked."""
    thin = [(0.0, ADD, 1, 1, 99.0, 1.0), (0.0, ADD, 2, -1, 100.0, 50.0), (0.0, ADD, 3, 1, 80.0, 50.0)]
    later = [(90.0, ADD, 4, 1, 81.0, 1.0), (130.0, ADD, 5, 1, 82.0, 1.0), (190.0, ADD, 6, 1, 83.0, 1.0)]
    strategy = Reentering([SignalEvent("X", 1, quantity=9)], [SignalEvent("X", 0)])
    run = book_run(strategy, session([*thin, *later]), cash="1000", limits={"max_drawdown": "0.15"})
    result = run.run()
    assert [control.ts_ns for control in result.controls] == [result.fills[-1].ts_ns]
    assert not run.core.portfolio.open
    assert {order.role for order in result.orders_sent} == {"open", "close"}
    assert len(result.orders_sent) == 2
    assert run.core.orders.counts.refused == {"STATE": 1}


def test_fees_alone_reach_the_drawdown_limit() -> None:
    strategy = EveryMinute([SignalEvent("X", 1, quantity=5)], [SignalEvent("X", 0)], [SignalEvent("X", 1, quantity=5)])
    moves = [(130.0, ADD, 4, 1, 98.0, 5.0), (190.0, ADD, 5, 1, 97.0, 5.0)]
    market = session([*BOOK, *moves])
    result = book_run(strategy, market, cash="1000", commission="0.05", limits={"max_drawdown": "0.05"}).run()
    assert [control.state for control in result.controls] == [TradingState.HALTED]
    assert [fill.side for fill in result.fills] == [1, -1]
    assert result.controls[0].ts_ns == result.fills[-1].ts_ns  # 25 paid to enter and 24.75 to leave, 5 of spread


def test_a_profit_taken_above_the_mark_raises_the_peak_that_the_next_fall_is_measured_from() -> None:
    rows = [
        *BOOK,
        (70.0, ADD, 4, -1, 160.0, 50.0),
        (125.0, CANCEL, 2, -1, 100.0, 50.0),
        (126.0, EXECUTE, 4, -1, 160.0, 50.0),
    ]
    strategy = EveryMinute([SignalEvent("X", 1, quantity=9, take_profit=150)])
    run = book_run(strategy, session([*rows, (150.0, ADD, 9, 1, 98.5, 1.0)]), limits={"max_drawdown": "0.2"})
    assert [fill.price for fill in run.run().fills] == [100, 150]  # never worth more than 99 while it was held
    assert run.core.guard.peak == 100_000 + 9 * 50


def test_exposure_over_books_is_the_share_of_time_with_a_position_however_many_fills_there_were() -> None:
    rows = [*BOOK, (600.0, ADD, 9, 1, 98.5, 1.0)]
    wishes = [SignalEvent("X", 1, quantity=60)], [], [SignalEvent("X", 0)]
    result = book_run(EveryMinute(*wishes), session([*rows, (61.0, ADD, 4, -1, 101.0, 50.0)])).run()
    assert result.metrics.exposure == 120 / 600  # from 60 s to 180 s of ten minutes


@pytest.mark.parametrize(
    ("fees", "limit", "force", "afforded"),
    [
        ({"maker": "0", "taker": "0.01"}, 100, "gtc", 9),  # it takes at once: 909 with fees, ten would cost 1,010
        ({"maker": "0", "taker": "0.01"}, 100, "ioc", 9),
        ({"maker": "0", "taker": "0.01"}, 99, "gtx", 10),  # it never takes
        ({"maker": "0.02", "taker": "0"}, 99, "gtc", 9),  # it may rest
    ],
)
def test_a_limit_order_is_sized_and_paid_for_with_the_dearer_of_the_fees_that_it_may_meet(
    fees: dict[str, str], limit: int, force: Any, afforded: int
) -> None:
    wish = SignalEvent("X", 1, type="limit", limit_price=limit, time_in_force=force)
    later = [(61.0, EXECUTE, 1, 1, 99.0, 50.0), (62.0, ADD, 9, 1, 98.0, 1.0)]
    run = book_run(EveryMinute([wish]), session([*BOOK, *later]), cash="1000", fees=fees)
    result = run.run()
    assert [order.quantity for order in result.orders_sent if order.role == "open"] == [afforded]
    assert run.core.portfolio.cash >= 0


def test_a_limit_order_that_would_take_is_refused_where_its_fee_could_not_be_paid() -> None:
    wish = SignalEvent("X", 1, quantity=10, type="limit", limit_price=100, time_in_force="gtc")
    market = session([*BOOK, (61.0, ADD, 4, 1, 98.0, 1.0)])
    run = book_run(EveryMinute([wish]), market, cash="1000", fees={"maker": "0", "taker": "0.01"})
    assert run.run().orders_sent == []
    assert run.core.orders.counts.refused == {"CAPITAL": 1}
