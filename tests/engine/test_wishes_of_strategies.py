"""What a strategy may return: signals and quotes, mixed, whose fields are what they say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tradetui.engine.model.events import SignalEvent, TwoSidedQuote
from tradetui.engine.strategy import check_signals


def test_signals_and_quotes_may_come_in_one_list() -> None:
    check_signals([SignalEvent("X", 1), TwoSidedQuote("X", 99.0, 101.0, 1.0, 1.0), TwoSidedQuote("Y")])
    check_signals([TwoSidedQuote("X", Decimal(99), "101", np.float64(1), 2)])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"symbol": 7}, "TwoSidedQuote.symbol is 7, a int; expected text"),
        ({"symbol": "X", "bid_price": [99.0]}, r"TwoSidedQuote.bid_price is \[99.0\], a list; expected a number"),
        ({"symbol": "X", "ask_quantity": True}, "TwoSidedQuote.ask_quantity is True, a bool; expected a number"),
        ({"symbol": "X", "reason": None}, "TwoSidedQuote.reason is None, a NoneType; expected text"),
    ],
)
def test_a_quote_whose_field_is_something_else_is_a_fault_of_the_strategy(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        check_signals([TwoSidedQuote(**fields)])


def test_a_quote_of_a_text_that_is_no_number_says_so() -> None:
    with pytest.raises(ValueError, match="'many' is not a number"):
        check_signals([TwoSidedQuote("X", 99.0, None, "many")])  # type: ignore[arg-type]


def test_anything_else_is_refused_with_what_may_be_returned() -> None:
    with pytest.raises(TypeError, match="SignalEvents and TwoSidedQuotes, not dict"):
        check_signals([{"symbol": "X"}])
