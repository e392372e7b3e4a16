"""What compares a session with its exchange reads a stop and a target that were sent as one, and finds what differs.

The ids are `s1-<order>`, and `s1-<target>+<stop>` for a pair, whose stop has an id of the exchange's own making.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from practice_books import OwnOrder, SessionBooks, differences, ledger_books

START = Decimal(10_000)


def row(venue_id: str, client_id: str, side: str, status: str, **fields: Any) -> dict[str, Any]:
    """An order at the exchange, of 10 ACME at the market."""
    plain = {
        "symbol": "ACME",
        "type": "market",
        "qty": "10",
        "filled_qty": "0",
        "limit_price": None,
        "stop_price": None,
    }
    return {
        **plain,
        "id": venue_id,
        "client_order_id": client_id,
        "side": side,
        "status": status,
        "legs": None,
        **fields,
    }


def fill(venue_id: str, side: str, qty: int, price: str, left: int) -> dict[str, Any]:
    """A row of the exchange's history."""
    named = {"activity_type": "FILL", "order_id": venue_id, "symbol": "ACME"}
    return {**named, "side": side, "qty": str(qty), "price": price, "leaves_qty": str(left)}


def own(side: int, filled: int, **fields: Any) -> OwnOrder:
    return OwnOrder("ACME", side, Decimal(10), filled=Decimal(filled), **fields)


@pytest.fixture
def ledger() -> dict[str, Any]:
    """Bought 10 at 100; the target at 101 filled 4, then the stop at 99 the other 6."""
    stop = row("v3", "made-there", "sell", "filled", type="stop", stop_price="99", qty="6", filled_qty="6")
    target = row("v2", "s1-3+2", "sell", "canceled", type="limit", limit_price="101", filled_qty="4", legs=[stop])
    return {
        "cash": "9998",
        "positions": {},
        "orders": [row("v1", "s1-1", "buy", "filled", filled_qty="10"), target, stop],
        "activities": [
            fill("v1", "buy", 10, "100", 0),
            fill("v2", "sell", 4, "101", 6),
            fill("v3", "sell", 6, "99", 0),
        ],
    }


@pytest.fixture
def ours() -> SessionBooks:
    return SessionBooks(
        cash=Decimal(9_998),
        orders={
            1: own(+1, 10, over=True),
            2: own(-1, 6, type="stop", stop_price=Decimal(99), lessened_to=Decimal(6), over=True),
            3: own(-1, 4, type="limit", limit_price=Decimal(101), over=True),
        },
    )


def compared(ours: SessionBooks, ledger: Mapping[str, Any]) -> list[str]:
    return differences(ours, ledger_books(ledger, START), "s1")


def test_a_pair_that_filled_in_both_of_its_orders_agrees(ours: SessionBooks, ledger: dict[str, Any]) -> None:
    assert compared(ours, ledger) == []


def test_a_leg_that_was_taken_for_somebody_elses_order_is_found(ours: SessionBooks, ledger: dict[str, Any]) -> None:
    ours.orders[2].filled, ours.others["v3"] = Decimal(0), Decimal(6)
    assert compared(ours, ledger) == [
        "order 2 (made-there): 0 filled by the journal, 6 at the exchange",
        "somebody else's order v3: 6 filled by the journal, 0 at the exchange",
    ]


def test_a_leg_that_was_taken_for_its_mate_is_found(ours: SessionBooks, ledger: dict[str, Any]) -> None:
    ours.orders[2], ours.orders[3] = ours.orders[3], ours.orders[2]
    found = compared(ours, ledger)
    assert "order 2 (made-there): limit 101 None by the journal, stop None 99 at the exchange" in found
    assert "order 3 (s1-3+2): stop None 99 by the journal, limit 101 None at the exchange" in found


def test_a_leg_of_another_size_than_its_mates_fills_leave_is_found(ours: SessionBooks, ledger: dict[str, Any]) -> None:
    ledger["orders"][2]["qty"] = "7"
    assert compared(ours, ledger) == ["order 2 (made-there): of 6 units by the journal, of 7 at the exchange"]


def test_a_working_exit_is_for_what_the_session_heard(ours: SessionBooks, ledger: dict[str, Any]) -> None:
    ledger["orders"][2] |= {"status": "held", "filled_qty": "0"}
    ledger["orders"][1]["status"] = "partially_filled"
    ledger |= {"activities": ledger["activities"][:2], "cash": "9404", "positions": {"ACME": "6"}}
    ours.cash, ours.positions = Decimal(9_404), {"ACME": Decimal(6)}
    ours.orders[2].filled, ours.orders[2].over, ours.orders[3].over = Decimal(0), False, False
    assert compared(ours, ledger) == []
    ours.orders[2].lessened_to = None
    assert compared(ours, ledger) == ["order 2 (made-there): of 10 units by the journal, of 6 at the exchange"]


def test_a_pair_whose_leg_is_not_there_is_found(ours: SessionBooks, ledger: dict[str, Any]) -> None:
    del ledger["orders"][2]
    ledger["orders"][1]["legs"] = None
    found = compared(ours, ledger)
    assert "order s1-3+2 is 1 orders at the exchange" in found
    assert "order 2 (6 filled, over: True) is not at the exchange" in found


def test_an_order_that_is_there_alone_and_in_a_pair_is_found(ours: SessionBooks, ledger: dict[str, Any]) -> None:
    ledger["orders"].append(row("v4", "s1-2", "sell", "canceled", type="stop", stop_price="99"))
    assert "order 2 is at the exchange twice" in compared(ours, ledger)


def test_a_pair_of_another_session_is_somebody_elses(ours: SessionBooks, ledger: dict[str, Any]) -> None:
    ledger["orders"][1]["client_order_id"] = "s2-3+2"
    del ours.orders[2], ours.orders[3]
    ours.others = {"v2": Decimal(4), "v3": Decimal(6)}
    assert compared(ours, ledger) == []
