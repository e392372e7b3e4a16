"""Limits over books bind between bars too: every move of the best price is looked at while one is set."""

from __future__ import annotations

from typing import Any

from book_session import SECOND, START, book_run, session
from tradetui.engine.market.tape import ADD, CANCEL
from tradetui.engine.model.events import MarketData, SignalEvent, TradingState
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
