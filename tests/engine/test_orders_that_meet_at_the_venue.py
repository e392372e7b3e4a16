"""Own orders that meet each other at the venue, or are on their way there when something else of ours fills."""

from __future__ import annotations

from typing import Any

import pytest

from book_session import book_run, session
from tradetui.engine.market.tape import ADD, CANCEL, EXECUTE
from tradetui.engine.model.events import MarketData, SignalEvent, TwoSidedQuote
from tradetui.engine.model.wakes import Timer
from tradetui.engine.strategy import Strategy

BOOK = [(0.0, ADD, 1, 1, 99.0, 50.0), (0.0, ADD, 2, -1, 100.0, 50.0), (1.0, ADD, 3, 1, 90.0, 50.0)]
LONG = SignalEvent("X", 1, quantity=4, take_profit=99.8, stop_loss=80)


class EveryTenth(Strategy):
    """Answers the n-th tenth of a second with the n-th of its wishes."""

    subscribes = (Timer(100),)

    def __init__(self, *answers: list[Any]) -> None:
        self.answers = list(answers)

    def get_parameters(self) -> dict[str, Any]:
        return {}

    def on_market_data(self, event: MarketData) -> list[Any]:  # type: ignore[override]
        return self.answers.pop(0) if self.answers else []


@pytest.mark.parametrize(("bid", "leaves_of_target"), [(10.0, None), (3.0, 1)])
def test_what_decrement_takes_off_is_no_end_of_the_order_that_goes_on(bid: float, leaves_of_target: int | None) -> None:
    strategy = EveryTenth([LONG], [], [TwoSidedQuote("X", 99.9, None, bid, None)])
    fills = [(2.0, ADD, 5, -1, 99.4, 30.0), (3.0, ADD, 6, 1, 99.8, 9.0), (4.0, ADD, 7, 1, 89.0, 1.0)]
    run = book_run(strategy, session([*BOOK, *fills]), simulation={"self_trade": "decrement"})
    result = run.run()
    told = [(fill.role, fill.quantity) for fill in result.fills]
    target = [] if leaves_of_target is None else [("take_profit", leaves_of_target)]
    assert told == [("open", 4), *target]
    assert {"stop_loss"} == {order.role for order in run.core.orders.open_orders("X")}
    assert set(run.core.venue.sent) == {order.order_id for order in run.core.orders.open_orders("X")}


@pytest.mark.parametrize("allow_short", [False, True])
def test_an_ask_on_its_way_out_sells_nothing_short_where_that_is_not_allowed(allow_short: bool) -> None:
    wishes = [[SignalEvent("X", 1, quantity=4, stop_loss=98.0)], *[[]] * 7, [TwoSidedQuote("X", None, 100.5, None, 4)]]
    rows = [
        (0.0, ADD, 1, 1, 99.0, 50.0), (0.0, ADD, 2, -1, 100.0, 10.0), (1.0, ADD, 3, 1, 90.0, 50.0),
        (1.3, ADD, 4, -1, 101.0, 5.0), (2.0, EXECUTE, 1, 1, 99.0, 50.0), (2.0, ADD, 7, 1, 97.5, 9.0),
        (2.01, ADD, 8, 1, 98.0, 1.0), (2.02, EXECUTE, 8, 1, 98.0, 1.0),  # the stop goes off
        (2.03, CANCEL, 2, -1, 100.0, 10.0), (2.04, EXECUTE, 4, -1, 101.0, 5.0),  # and before its fill is known, the ask
        (3.0, ADD, 5, 1, 91.0, 1.0),
    ]  # fmt: skip
    delays = {"entry_ms": 30, "report_ms": 30}
    run = book_run(EveryTenth(*wishes), session(rows), simulation=delays, allow_short=allow_short)
    roles = [fill.role for fill in run.run().fills]
    assert roles == (["open", "stop_loss", "quote"] if allow_short else ["open", "stop_loss"])
    assert run.core.portfolio.quantity("X") == (-4 if allow_short else 0)
