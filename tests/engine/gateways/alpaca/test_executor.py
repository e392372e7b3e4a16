"""Orders out and reports in, where nothing goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from trading_floor import SESSION, Trader, limit

from practice_market import BTC
from tradetui.engine.gateways.live_words import ExecutionGateway
from tradetui.engine.operations.halt import Halt, HaltLatch

Make = Callable[..., Trader]


def test_an_order_is_accepted_and_filled_once_with_the_venues_price(trader: Make) -> None:
    one = trader()
    one.send()
    one.inbox.filled(10)
    accepted, fill = one.inbox.reports(1)
    assert (accepted.what, accepted.quantity, accepted.leaves) == ("accepted", Decimal(10), Decimal(10))
    assert (fill.what, fill.price, fill.leaves, fill.fee) == ("fill", Decimal("100.02"), Decimal(0), Decimal(0))
    assert fill.execution_id == f"{fill.venue_id}@10"
    assert fill.client_order_id == f"{SESSION}-1"
    assert one.position() == 10


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (limit("99.00"), ("limit", "99", None)),
        ({"type": "stop", "stop_price": Decimal("101.5")}, ("stop", None, "101.5")),
        (
            {"type": "stop_limit", "stop_price": Decimal("101.50"), "limit_price": Decimal(102)},
            ("stop_limit", "102", "101.5"),
        ),
        (limit("50000", symbol=BTC, quantity=Decimal("0.001")), ("limit", "50000", None)),
    ],
    ids=["limit", "stop", "stop limit", "coin"],
)
def test_every_type_arrives_with_its_prices_to_the_last_digit(
    trader: Make, wanted: dict[str, object], told: tuple[str, str | None, str | None]
) -> None:
    one = trader()
    one.send(**wanted)
    one.inbox.report("accepted")
    (there,) = one.orders()
    assert (there["type"], there["limit_price"], there["stop_price"]) == told


def test_a_cancel_is_a_wish_and_then_told(trader: Make) -> None:
    one = trader()
    one.send(**limit())
    one.inbox.report("accepted")
    one.withdraw()
    done = one.inbox.report("cancelled")
    assert done.leaves == 0
    assert [word for word in one.inbox.words() if word != "pending_cancel"] == ["accepted", "cancelled"]


def test_cancelling_everything_includes_orders_of_others(trader: Make) -> None:
    one = trader()
    one.server.call(lambda venue: venue.exchange.submit(_by_hand(), foreign=True))
    one.send(**limit())
    one.inbox.report("foreign")
    one.inbox.report("accepted")
    one.withdraw_all()
    one.inbox.report("cancelled", 1)
    one.inbox.report("cancelled", 0)
    assert {o["status"] for o in one.orders()} == {"canceled"}


def test_an_order_that_somebody_placed_by_hand_is_told_as_foreign_with_its_fills(trader: Make) -> None:
    one = trader()
    one.server.call(lambda venue: venue.exchange.submit({**_by_hand(), "limit_price": "100.02"}, foreign=True))
    fill = one.inbox.report("fill", 0)
    foreign = one.inbox.report("foreign")
    assert (foreign.quantity, foreign.price, foreign.side) == (Decimal(5), Decimal("100.02"), 1)
    assert fill.client_order_id == "by hand"


def test_the_account_is_told_as_the_venue_has_it(trader: Make) -> None:
    one = trader()
    one.send(1)
    one.send(2, **limit())
    one.send(3, symbol=BTC, quantity=Decimal("0.1"))
    one.inbox.filled(10)
    one.inbox.filled("0.1", 3)
    one.inbox.report("accepted", 2)
    one.executor.ask_state()
    state = one.inbox.state()
    assert state.paper
    assert state.blocked == ""
    assert len(state.account) == 4
    assert {p.symbol: p.quantity for p in state.positions} == {"ACME": Decimal(10), BTC: Decimal("0.09975")}
    assert [(o.client_order_id, o.quantity, o.filled) for o in state.orders] == [(f"{SESSION}-2", 10, 0)]
    assert state.asked_ns <= state.ts_ns


def test_what_the_venue_has_no_words_for_is_refused_here(trader: Make) -> None:
    one = trader()
    one.send(1, **limit(time_in_force="gtx"))
    assert "post-only" in one.inbox.report("rejected").reason
    assert one.orders() == []


def test_it_is_an_execution_gateway_and_says_how_it_is(trader: Make) -> None:
    one = trader()
    gateway: ExecutionGateway = one.executor
    one.send()
    one.inbox.filled(10)
    health = gateway.health()
    assert (health.state, health.sent, health.unresolved, health.message) == ("OK", 1, 0, "")
    assert health.rate_left is not None
    assert health.round_trip_ns is not None


def test_an_executor_that_never_began_is_down_when_told_so(trader: Make) -> None:
    one = trader()
    one.executor.stop(5)
    one.executor.stop(5)


def _by_hand() -> dict[str, object]:
    return {
        "symbol": "ACME",
        "side": "buy",
        "qty": "5",
        "type": "limit",
        "limit_price": "98",
        "time_in_force": "day",
        "client_order_id": "by hand",
    }


def test_a_halt_of_another_process_is_in_force_for_the_very_next_order_and_for_no_cancel(
    trader: Make, tmp_path: Path
) -> None:
    latch = HaltLatch(tmp_path, "dev")
    one = trader(halted=latch.standing)
    one.send(1, **limit())
    one.inbox.report("accepted", 1)
    latch.set(Halt("quotes look wrong", "tradetui kill", 1))
    one.send(2)
    refused = one.inbox.report("rejected", 2)
    assert "never sent: trading is halted" in refused.reason
    one.withdraw(1)
    one.inbox.report("cancelled", 1)
    assert [o["client_order_id"] for o in one.orders()] == [f"{SESSION}-1"]
    latch.clear()
    one.send(3)
    one.inbox.report("accepted", 3)
