"""Own orders that meet each other at the venue, or are on their way there when something else of ours fills."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from book_session import book_run, restless_book, session
from tradetui.engine.market.tape import ADD, CANCEL, EXECUTE
from tradetui.engine.model.events import MarketData, SignalEvent, TwoSidedQuote
from tradetui.engine.model.orders import WORKING
from tradetui.engine.model.wakes import BestMoved, Timer
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


def test_the_stop_of_an_entry_that_filled_in_part_leaves_the_units_of_another_entry_alone() -> None:
    more = SignalEvent("X", 1, quantity=15, type="limit", limit_price=100, time_in_force="ioc", stop_loss=98)
    wishes = [[SignalEvent("X", 1, quantity=5)], *[[]] * 9, [more]]
    rows = [
        (0.0, ADD, 1, 1, 99.0, 50.0), (0.0, ADD, 2, -1, 100.0, 5.0), (0.5, ADD, 3, -1, 100.0, 4.0),
        (2.0, CANCEL, 1, 1, 99.0, 50.0), (2.0, ADD, 4, 1, 97.9, 50.0), (2.1, ADD, 5, 1, 98.0, 1.0),
        (2.1, EXECUTE, 5, 1, 98.0, 1.0), (3.0, ADD, 6, 1, 90.0, 1.0),
    ]  # fmt: skip
    run = book_run(EveryTenth(*wishes), session(rows))
    told = [(fill.role, fill.quantity) for fill in run.run().fills]
    assert told == [("open", 5), ("open", 4), ("stop_loss", 4)]
    assert run.core.portfolio.quantity("X") == 5


class EverythingAtOnce(Strategy):
    """Wishes of every kind, drawn from a seed, one contradicting the other while messages are on their way."""

    subscribes = ("bar", BestMoved(), Timer(500))

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)

    def get_parameters(self) -> dict[str, Any]:
        return {}

    def on_market_data(self, event: MarketData) -> list[Any]:  # type: ignore[override]
        bid, _, ask, _ = self.desk.book("X").touch()
        dice = self.dice
        if not 0 < bid < ask:
            return []
        away, units = 0.01 * dice.randint(0, 2), dice.randint(1, 6)
        wishes: list[Any] = [
            TwoSidedQuote("X", round(bid - away, 2), round(ask + away, 2), 3.0, 3.0),
            SignalEvent("X", 1, quantity=units, stop_loss=round(bid - 0.03, 2), take_profit=round(ask + 0.03, 2)),
            SignalEvent("X", -1, quantity=units, type="limit", limit_price=round(ask, 2), time_in_force="gtc"),
            SignalEvent("X", 1, quantity=4, type="stop", stop_price=round(ask + 0.02, 2)),
            SignalEvent("X", 0),
        ]
        return dice.choices([[wish] for wish in wishes] + [[]], (10, 2, 2, 1, 1, 4))[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "told"),
    [(5, {}), (10, {"entry_ms": 300, "report_ms": 700}), (9, {"report_ms": 900, "self_trade": "cancel_both"})],
)
def test_no_race_passes_a_limit_and_money_and_counts_are_those_of_the_fills(seed: int, told: dict[str, Any]) -> None:
    fees = {"maker": "-0.0001", "taker": "0.0005"}
    limits = {"max_position": "8"}
    short = bool(seed % 2)
    market = session(restless_book(seed, 700))
    run = book_run(EverythingAtOnce(seed), market, allow_short=short, limits=limits, fees=fees, simulation=told)
    result = run.run()
    cash, held, filled = Decimal(100_000), Decimal(0), Counter[int]()
    orders = {order.order_id: order for order in result.orders_sent}
    for fill in result.fills:
        worth = fill.quantity * fill.price
        assert fill.fee == worth * Decimal(fees[fill.liquidity])
        cash, held = cash - fill.side * worth - fill.fee, held + fill.side * fill.quantity
        filled[fill.order_id] += int(fill.quantity)
        assert (-8 if short else 0) <= held <= 8
        assert filled[fill.order_id] <= orders[fill.order_id].quantity
    assert len(result.fills) > 50
    assert (run.core.portfolio.cash, run.core.portfolio.quantity("X")) == (cash, held)
    working = [order for order in run.core.orders.open_orders() if order.status in WORKING]
    assert run.core.orders.counts.working == len(working)
    left = run.core.orders._open
    assert set(run.core.venue.sent) == {order.order_id for order in working} | set(left.leaving)
