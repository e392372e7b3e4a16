"""The end of an executor: what was handed to it still leaves, and what no longer can is told."""

from __future__ import annotations

import pytest
from trading_floor import QUICK, WAIT_S, Inbox, limit, made

from tradetui.engine.gateways.alpaca.config import RestConfig
from tradetui.engine.model.events import VenueReport
from tradetui.engine.practice.in_thread import ExchangeThread


def test_a_kill_right_before_the_end_still_cancels_everything(server: ExchangeThread) -> None:
    """Another cancel is in its way, and the venue fails the first time: who halts and quits must not leave orders."""
    one = made(server, Inbox())
    for number in (1, 2, 3):
        one.send(number, **limit())
        one.inbox.report("accepted", number)
    one.fault("500_before", method="DELETE", count=2)
    one.withdraw(1)
    one.withdraw_all()
    one.stop()
    assert [order["status"] for order in one.orders()] == ["canceled"] * 3


def test_orders_that_wait_at_the_end_still_leave_once(server: ExchangeThread) -> None:
    one = made(server, Inbox())
    for number in range(1, 6):
        one.send(number, **limit())
    one.stop()
    assert [order["client_order_id"] for order in one.orders()] == [f"s1-{number}" for number in range(1, 6)]


def test_an_order_that_cannot_leave_in_time_is_told_to_be_taken_back(
    server: ExchangeThread, caplog: pytest.LogCaptureFixture
) -> None:
    one = made(server, Inbox(), rest=RestConfig(per_minute=30, cancel_share=0.0, waits=QUICK))
    for number in range(1, 41):
        one.send(number, **limit())
    one.inbox.report("accepted", 1)
    one.executor.stop(0.5)
    told = [item for item in one.inbox.items if isinstance(item, VenueReport) and item.what == "cancelled"]
    assert {report.order_id for report in told} == set(range(1, 41)) - {
        int(order["client_order_id"].removeprefix("s1-")) for order in one.orders()
    }
    assert told
    assert "the session ended before all that waited had left" in caplog.text


def test_what_comes_after_the_end_is_not_sent_and_is_told(
    server: ExchangeThread, caplog: pytest.LogCaptureFixture
) -> None:
    one = made(server, Inbox())
    one.executor.stop(WAIT_S)
    one.send()
    assert one.orders() == []
    assert "not sent, as the session has ended: Send" in caplog.text
