"""Fill rate and slippage of a few orders."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tradetui.engine.analytics.execution import Execution, execution_of
from tradetui.engine.model.events import FillEvent, OrderEvent

D = Decimal


def order(order_id: int, quantity: str, fraction: float | None = None) -> OrderEvent:
    return OrderEvent(order_id, "X", 1, D(quantity), "market", None, None, "day", "open", 0, fraction, "", 0)


def fill(order_id: int, side: int, quantity: str, price: str, decided: float) -> FillEvent:
    name = f"e{order_id}.{price}"
    return FillEvent(name, order_id, "X", side, D(quantity), D(price), D(0), "taker", "open", False, decided, 0)


def test_what_came_back_of_what_was_sent_by_quantity_and_by_order() -> None:
    result = execution_of([order(1, "10"), order(2, "30")], [fill(1, 1, "10", "5", 5.0), fill(2, 1, "6", "5", 5.0)])

    assert (result.fill_rate, result.order_fill_rate) == (0.4, 0.5)


def test_an_order_sized_at_its_fill_sent_what_it_filled() -> None:
    result = execution_of([order(1, "0", fraction=1.0), order(2, "0", fraction=1.0)], [fill(1, 1, "7", "5", 5.0)])

    assert (result.sent, result.filled, result.orders_filled) == (7, 7, 1)


def test_paying_more_and_receiving_less_are_both_costs() -> None:
    bought = execution_of([], [fill(1, +1, "10", "100.1", 100.0)])
    sold = execution_of([], [fill(1, -1, "10", "99.9", 100.0)])

    assert bought.average_slippage_bps == pytest.approx(10.0)
    assert sold.average_slippage_bps == pytest.approx(10.0)
    assert bought.slippage == pytest.approx(1.0)


def test_slippage_weighs_by_value_so_that_splitting_a_fill_changes_nothing() -> None:
    whole = execution_of([], [fill(1, 1, "100", "101", 100.0), fill(2, 1, "100", "99", 100.0)])
    split = execution_of(
        [],
        [fill(1, 1, "100", "101", 100.0), fill(2, 1, "40", "99", 100.0), fill(3, 1, "60", "99", 100.0)],
    )

    assert whole.average_slippage_bps == pytest.approx(0.0)
    assert split.average_slippage_bps == pytest.approx(0.0)


def test_a_fill_without_a_market_at_its_decision_counts_in_the_fill_rate_alone() -> None:
    result = execution_of([order(1, "1")], [fill(1, 1, "1", "5", float("nan"))])

    assert (result.fill_rate, result.average_slippage_bps) == (1.0, None)


def test_nothing_sent_has_no_rates() -> None:
    assert execution_of([], []) == Execution()
    assert (Execution().fill_rate, Execution().order_fill_rate, Execution().average_slippage_bps) == (None, None, None)
