"""Limits that make sense, and the checks that hold an order against them."""

from __future__ import annotations

from decimal import Decimal, Inexact, localcontext
from typing import Any

import msgspec
import pytest

from tradetui.engine.errors import UsageError
from tradetui.engine.model.events import TradingState
from tradetui.engine.model.instrument import Instrument
from tradetui.engine.model.limits import RiskLimits
from tradetui.engine.model.orders import Order
from tradetui.engine.trading.drawdown import DrawdownGuard
from tradetui.engine.trading.fees import FeeSchedule
from tradetui.engine.trading.risk import Book, Refused, RiskManager

D = Decimal
X = Instrument(symbol="X", tick=D("0.01"))
ROLES = ("open", "close", "stop_loss", "take_profit")


def order(quantity: Any = 10, **values: Any) -> Order:
    return Order(1, "X", values.pop("side", 1), D(quantity), **values)


def book(**values: Any) -> Book:
    usual = {"state": TradingState.ACTIVE, "position": D(0), "pending": D(0), "free": D(10_000), "reserved": D(0)}
    return Book(**{**usual, "open_orders": 0, **values})


def check(limits: RiskLimits, asked: Order, known: Book | None = None, price: Any = 100) -> Refused | None:
    reference = asked.limit_price or asked.stop_price or D(price)
    return RiskManager(limits).check(asked, X, D(price), reference, FeeSchedule(), known or book())


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("max_position", D("NaN"), "finite"),
        ("max_order_value", D("Infinity"), "finite"),
        ("capital_buffer", D(-1), "zero or more"),
        ("max_drawdown", D("1.5"), "0 to 1"),
        ("max_drawdown", D("NaN"), "finite"),
        ("price_collar", D("-0.1"), "zero or more"),
        ("max_orders_per_second", 0, "at least 1"),
        ("max_open_orders", -1, "at least 1"),
        ("max_open_orders", 1.5, "at least 1"),
        ("position_action", "ignore", "reduce"),
    ],
)
def test_a_limit_that_nothing_could_be_held_against_is_refused(name: str, value: Any, allowed: str) -> None:
    with pytest.raises(UsageError, match=rf"limits\.{name}: .*{allowed}"):
        RiskLimits(**{name: value})


def test_a_limit_written_as_a_float_is_exact() -> None:
    limits = RiskLimits(max_position=0.1)  # type: ignore[arg-type]
    assert limits.max_position == D("0.1")
    assert msgspec.json.decode(msgspec.json.encode(limits), type=RiskLimits) == limits


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("state", list(TradingState))
def test_a_trading_state_lets_through_what_its_name_says(state: TradingState, role: Any) -> None:
    refused = check(RiskLimits(), order(role=role), book(state=state))
    passes = state == TradingState.ACTIVE or (state == TradingState.REDUCING and role != "open")
    assert (refused is None) == passes
    if refused is not None:
        assert (refused.check, refused.seen) == ("STATE", state.value)


@pytest.mark.parametrize(
    ("limits", "asked", "known", "expected"),
    [
        (RiskLimits(), order(0), book(), ("QUANTITY", "0", "above 0")),
        (RiskLimits(), order("NaN"), book(), ("QUANTITY", "NaN", "above 0")),
        (RiskLimits(), order("2e9"), book(), ("QUANTITY", "2000000000", "1000000000")),
        (RiskLimits(), order("1.5"), book(), ("LOT", "1.5", "1")),
        (RiskLimits(), order(limit_price=D("1.005")), book(), ("TICK", "1.005", "0.01")),
        (RiskLimits(), order(stop_price=D(-1)), book(), ("PRICE", "-1", "above 0")),
        (RiskLimits(max_order_quantity=D(9)), order(), book(), ("FAT_FINGER", "10", "9")),
        (RiskLimits(max_order_value=D(999)), order(), book(), ("FAT_FINGER", "1000", "999")),
        (RiskLimits(price_collar=D("0.05")), order(limit_price=D(94)), book(), ("COLLAR", "6.00%", "5.00%")),
        (RiskLimits(max_open_orders=2), order(), book(open_orders=2), ("OPEN_ORDERS", "2", "2")),
        (
            RiskLimits(max_position=D(15), position_action="reject"),
            order(),
            book(position=D(3), pending=D(3)),
            ("POSITION", "16", "15"),
        ),
        (RiskLimits(max_position=D(15)), order(), book(position=D(15)), ("POSITION", "25", "15")),
        (RiskLimits(), order(), book(free=D(999)), ("CAPITAL", "1000", "999")),
        (RiskLimits(capital_buffer=D(1)), order(), book(free=D(1000)), ("CAPITAL", "1001", "1000")),
        (RiskLimits(), order(), book(free=D(1000), reserved=D(1)), ("CAPITAL", "1001", "1000")),
    ],
)
def test_a_refusal_names_the_check_what_it_saw_and_what_it_allows(
    limits: RiskLimits, asked: Order, known: Book, expected: tuple[str, str, str]
) -> None:
    refused = check(limits, asked, known)
    assert refused is not None
    assert refused[:3] == expected
    assert refused.message


@pytest.mark.parametrize("price", ["NaN", "0", "-1", "Infinity"])
def test_without_a_usable_market_price_nothing_is_sent(price: str) -> None:
    refused = RiskManager(RiskLimits()).check(order(), X, D(price), D(1), FeeSchedule(), book())
    assert refused is not None
    assert refused.check == "PRICE"


def test_pending_orders_count_as_filled_when_a_position_is_reduced_to_what_fits() -> None:
    asked = order(10)
    assert check(RiskLimits(max_position=D(15)), asked, book(position=D(3), pending=D(5))) is None
    assert asked.quantity == 7
    assert "reduced from 10 to 7" in asked.reason


def test_a_short_is_bounded_like_a_long() -> None:
    asked = order(10, side=-1)
    assert check(RiskLimits(max_position=D(15)), asked, book(position=D(-8))) is None
    assert asked.quantity == 7


@pytest.mark.parametrize("role", ROLES[1:])
def test_no_size_count_or_capital_limit_keeps_anybody_from_leaving(role: Any) -> None:
    limits = RiskLimits(
        max_order_quantity=D(1),
        max_order_value=D(1),
        max_open_orders=1,
        max_position=D(1),
        capital_buffer=D(1),
        position_action="reject",
    )
    assert check(limits, order(role=role, side=-1), book(free=D(0), open_orders=9, position=D(10))) is None


def test_a_drawdown_is_measured_from_the_peak_and_nan_counts_as_passed() -> None:
    guard = DrawdownGuard(D("0.1"), 1000.0)
    assert guard.check(900.0) is None
    assert guard.check(1200.0) is None
    assert guard.check(1080.0) is None
    assert guard.check(1079.0) is not None
    assert guard.check(float("nan")) is not None
    guard.rearm(1079.0)
    assert guard.check(1000.0) is None
    assert DrawdownGuard(None, 1000.0).check(0.0) is None


def test_a_refusal_can_be_worded_whatever_the_threads_decimal_context() -> None:
    """A strategy may trap what it likes in its own arithmetic; ours runs in the same thread."""
    with localcontext() as context:
        context.prec = 2
        context.traps[Inexact] = True
        refused = check(RiskLimits(price_collar=D("0.05")), order(limit_price=D("93.33")), price=D("100.07"))
        assert refused is not None
        assert refused.check == "COLLAR"
        refused = check(RiskLimits(), order(1234567), book(free=D("999.123456")))
        assert refused is not None
        assert refused.limit == "999.123456"
