"""Real money trades only where nothing is missing: each interlock stops it alone."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from math import nan
from typing import Any

import pytest
from msgspec.structs import replace

from tradetui.engine.interlocks import LiveFacts, missing
from tradetui.engine.model.limits import RiskLimits

LIMITS = RiskLimits(
    max_position_value=Decimal(1000),
    max_order_value=Decimal(100),
    max_orders_per_second=1,
    max_drawdown=Decimal("0.05"),
)
WHOLE = LiveFacts(
    environment="live",
    allowed=True,
    expected_account="4321",
    trading_url="https://api.alpaca.markets",
    answered_paper=False,
    answered_account="4321",
    answered_blocked="",
    typed="LIVE 4321",
    on_terminal=True,
    limits=LIMITS,
    clock_skew_s=0.2,
    halted="",
    differences=0,
)
BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"environment": "paper"}, "ENVIRONMENT"),
    ({"environment": "dev"}, "ENVIRONMENT"),
    ({"allowed": False}, "FLAG"),
    ({"allowed": "yes"}, "FLAG"),
    ({"trading_url": "https://paper-api.alpaca.markets"}, "ADDRESS"),
    ({"trading_url": "http://api.alpaca.markets"}, "ADDRESS"),
    ({"trading_url": "https://api.alpaca.markets.example.com"}, "ADDRESS"),
    ({"trading_url": ""}, "ADDRESS"),
    ({"typed": ""}, "TYPED"),
    ({"typed": "live 4321"}, "TYPED"),
    ({"typed": "LIVE 9999"}, "TYPED"),
    ({"typed": "LIVE 4321 "}, "TYPED"),
    ({"on_terminal": False}, "TERMINAL"),
    ({"limits": RiskLimits()}, "LIMITS"),
    ({"limits": replace(LIMITS, max_drawdown=None)}, "LIMITS"),
    ({"answered_paper": True}, "KEYS"),
    ({"answered_paper": None}, "KEYS"),
    ({"expected_account": ""}, "ACCOUNT"),
    ({"expected_account": "9999"}, "ACCOUNT"),
    ({"answered_blocked": "the account is blocked"}, "BLOCKED"),
    ({"clock_skew_s": None}, "CLOCK"),
    ({"clock_skew_s": -1.5}, "CLOCK"),
    ({"clock_skew_s": nan}, "CLOCK"),
    ({"halted": "kill from another terminal"}, "HALTED"),
    ({"differences": None}, "BOOKS"),
    ({"differences": 1}, "BOOKS"),
]


def codes(facts: LiveFacts) -> list[str]:
    return [found.code for found in missing(facts)]


def test_where_everything_holds_nothing_is_missing() -> None:
    assert missing(WHOLE) == ()


@pytest.mark.parametrize(("change", "code"), BROKEN)
def test_each_alone_is_missed_and_says_what_to_do(change: dict[str, Any], code: str) -> None:
    (found,) = missing(replace(WHOLE, **change))
    assert found.code == code
    assert found.seen
    assert found.do


def test_whatever_else_is_wrong_none_hides_another() -> None:
    for (first, one), (second, other) in combinations(BROKEN, 2):
        if one != other:
            assert set(codes(replace(WHOLE, **first, **second))) >= {one, other}


def test_a_broker_that_did_not_answer_opens_nothing() -> None:
    silent = replace(WHOLE, answered_paper=None, answered_account="", expected_account="", typed="LIVE ")
    assert {"KEYS", "ACCOUNT", "TYPED"} <= set(codes(silent))
