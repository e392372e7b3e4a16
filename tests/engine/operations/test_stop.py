"""What kills: everything is cancelled at the exchange, and its word is waited for."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.operations.desk import Desk
from tradetui.engine.operations.stop import Stopped, stop_account
from tradetui.engine.practice.faults import Rule
from tradetui.engine.practice.in_thread import ExchangeThread


def rest_orders(server: ExchangeThread, count: int, symbol: str = "ACME") -> None:
    """Orders that somebody placed by hand, far below the market."""
    for _ in range(count):
        server.call(
            lambda venue: venue.exchange.submit(
                {
                    "symbol": symbol,
                    "side": "buy",
                    "qty": "1",
                    "type": "limit",
                    "limit_price": "50",
                    "time_in_force": "day",
                }
            )
        )


def fault(server: ExchangeThread, kind: str, **more: object) -> None:
    rule = Rule(kind, **more)  # type: ignore[arg-type]
    assert rule.fault() is None, rule
    server.call(lambda venue: venue.faults.add(rule))


def stopped(desk: Desk, patience_s: float = 5.0) -> Stopped:
    """No test waits: time passes by looking."""
    now = [0.0]

    def wait(seconds: float) -> None:
        now[0] += seconds

    return stop_account(desk, patience_s, lambda: now[0], wait)


def test_everything_is_cancelled_and_the_exchange_confirms_it(server: ExchangeThread, desk: Desk) -> None:
    rest_orders(server, 3)
    report = stopped(desk)
    assert (report.seen, report.left, report.fault, report.paper) == (3, (), "", True)
    assert report.confirmed
    states = server.call(lambda venue: [order.status for order in venue.exchange.orders.by_id.values()])
    assert states == ["canceled"] * 3


def test_without_orders_it_says_so(desk: Desk) -> None:
    report = stopped(desk)
    assert (report.seen, report.left) == (0, ())


def test_positions_stay_and_are_told(server: ExchangeThread, desk: Desk) -> None:
    server.call(
        lambda venue: venue.exchange.submit(
            {"symbol": "ACME", "side": "buy", "qty": "7", "type": "market", "time_in_force": "day"}
        )
    )
    report = stopped(desk)
    assert [(held.symbol, held.quantity) for held in report.positions] == [("ACME", Decimal(7))]


@pytest.mark.parametrize("kind", ["429", "500_before", "500_after"])
def test_a_refused_cancel_is_asked_again(kind: str, server: ExchangeThread, desk: Desk) -> None:
    rest_orders(server, 2)
    fault(server, kind, method="DELETE", path="/v2/orders", count=2)
    report = stopped(desk)
    assert report.confirmed
    assert report.fault == ""


def test_where_the_exchange_never_cancels_what_is_left_is_told(server: ExchangeThread, desk: Desk) -> None:
    rest_orders(server, 1)
    fault(server, "500_before", method="DELETE", path="/v2/orders", count=1000)
    report = stopped(desk)
    assert not report.confirmed
    assert report.left is not None
    assert "buy 1 ACME limit at 50" in report.left[0]
    assert report.fault


def test_wrong_keys_are_told_at_once_and_nothing_is_claimed(server: ExchangeThread) -> None:
    report = stopped(Desk(server.url, Credentials("PKOTHER", "canary-wrong")))
    assert report.left is None
    assert not report.confirmed
    assert "unauthorized" in report.fault
    assert "canary-wrong" not in f"{report}"


def test_nobody_there_is_no_confirmation(server: ExchangeThread) -> None:
    report = stopped(Desk("http://127.0.0.1:9", Credentials("PK", "s"), timeout_s=0.2))
    assert report.left is None
    assert "no answer" in report.fault


def test_keys_are_sent_to_nobody_in_the_clear_and_follow_no_redirect(server: ExchangeThread) -> None:
    with pytest.raises(ValueError, match="readable to all"):
        Desk("http://api.example.com", Credentials("PK", "s"))
