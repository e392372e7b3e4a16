"""A venue that says what no venue should: nothing of it ends a thread, and what would end one is told as a failure."""

from __future__ import annotations

import json
from typing import Any

import pytest
from quotation_board import opened, scripted
from test_order_stream import LISTENING, YES, event, saying, trading
from trading_floor import AFTER_THE_MINUTE, Inbox, made

from practice_market import ACME
from tradetui.engine.gateways.alpaca.models import order_of
from tradetui.engine.gateways.alpaca.wire import amount, instant, real
from tradetui.engine.gateways.live_words import Failed
from tradetui.engine.model.events import FeedEvent, QuoteEvent
from tradetui.engine.practice.in_thread import ExchangeThread

AT = "2026-04-01T13:30:00.5Z"
QUOTE = {"T": "q", "S": ACME, "bp": 1, "bs": 2, "ap": 3, "as": 4, "t": AT}
TRADE = {"T": "t", "S": ACME, "p": 1, "s": 1, "t": AT}
ENORMOUS = int("1" * 400)  # no float holds it
FAR = "9999-12-31T23:59:59.5Z"  # no table holds its nanoseconds
ODD = "2026-04-01T13:30:00.²Z"  # a digit that is none


@pytest.mark.parametrize("text", [ODD, FAR, "1969-12-31T23:59:59.5Z", "2263-01-01T00:00:00.5Z"])
def test_a_time_that_nothing_can_hold_is_none(text: str) -> None:
    assert instant(text) is None


def test_a_number_that_nothing_can_hold_is_none() -> None:
    assert real(ENORMOUS) is None
    assert [amount(text) for text in ("1e999999999", "1e-999999999", "1e31")] == [None] * 3
    assert amount("0e999") == 0


def test_legs_within_legs_without_end_are_left_out() -> None:
    body: dict[str, Any] = {"id": "v0"}
    for number in range(400):
        body = {"id": f"v{number}", "legs": [body]}
    found = order_of(body)
    assert found is not None
    assert found.legs[0].legs[0].legs == ()


def test_absurd_rows_are_counted_and_the_market_goes_on() -> None:
    rows = [
        {**QUOTE, "t": ODD},
        {**QUOTE, "t": FAR},
        {**QUOTE, "bp": ENORMOUS},
        {**QUOTE, "bp": 1e300},
        {**QUOTE, "bs": 1e300},
        {**TRADE, "p": 1e300},
        {**TRADE, "s": 1e300},
        {"T": "b", "S": ACME, "o": 1, "h": 1e300, "l": 1, "c": 1, "v": 1, "t": AT},
    ]
    with scripted([json.dumps(rows), json.dumps([QUOTE])]) as (url, _):
        board = opened(url, [ACME])
        (quote,) = board.take(QuoteEvent, 1)
        board.gateway.stop(5)
    assert (quote.bid, quote.ask) == (1.0, 3.0)
    assert board.gateway.counts.garbage == len(rows)
    assert board.of(Failed) == []


def test_a_row_from_the_future_makes_nothing_late_that_comes_after_it() -> None:
    later = {**QUOTE, "t": "2026-04-01T13:30:01.5Z", "bp": 2}
    frames = [[QUOTE], [{**row, "t": "2126-04-01T13:30:00.5Z"} for row in (QUOTE, TRADE)], [later]]
    with scripted([json.dumps(rows) for rows in frames]) as (url, _):
        board = opened(url, [ACME])
        quotes = board.take(QuoteEvent, 2)
        board.gateway.stop(5)
    assert [quote.bid for quote in quotes] == [1.0, 2.0]
    assert board.gateway.counts.garbage == 2


def test_absurd_orders_do_not_end_the_stream_of_orders(server: ExchangeThread) -> None:
    deep = '{"id": "v", "legs": [' * 450 + "]}" * 450
    frames: list[str | bytes] = [
        json.dumps(event(submitted_at=ODD, filled_qty="1e999999999", qty=ENORMOUS)),
        f'{{"stream": "trade_updates", "data": {{"event": "new", "order": {deep}}}}}',
        json.dumps(event(id="v2", client_order_id="by hand too")),
    ]
    with saying(YES, LISTENING, frames=frames) as url, trading(server, url) as one:
        one.inbox.until(lambda _: any(r.client_order_id == "by hand too" for r in one.inbox.reports()))
        assert one.executor.health().state == "OK"
    assert not any(isinstance(item, Failed) for item in one.inbox.items)


def test_a_fault_of_ours_in_the_thread_of_the_feed_is_told() -> None:
    def waiting() -> int:
        raise ZeroDivisionError

    with scripted([json.dumps([QUOTE])]) as (url, _):
        board = opened(url, [ACME], waiting=waiting)
        (failed,) = board.take(Failed, 1)
        board.gateway.stop(5)
    assert failed == Failed("alpaca-data", "ZeroDivisionError")


def test_a_fault_of_ours_in_the_thread_of_orders_is_told(server: ExchangeThread) -> None:
    def halted() -> bool:
        raise ZeroDivisionError

    one = made(server, Inbox(), halted=halted)
    one.send()
    told = one.inbox.until(lambda items: [i for i in items if isinstance(i, Failed)])
    assert told == [Failed("alpaca-orders", "ZeroDivisionError")]
    assert one.orders() == []
    one.stop()


def test_a_clock_that_is_wrong_is_told_with_what_to_do(
    server: ExchangeThread, caplog: pytest.LogCaptureFixture
) -> None:
    one = made(server, Inbox(), clocks=AFTER_THE_MINUTE, wait=False)
    told = one.inbox.until(lambda items: [i for i in items if isinstance(i, FeedEvent) and i.state == "LATE"])
    one.inbox.until(lambda _: "set it by NTP" in one.executor.health().message)
    one.stop()
    assert [event.source for event in told] == ["orders"]
    assert "s ahead of the venue's: set it by NTP" in told[0].message
    assert "s ahead of the venue's: set it by NTP" in caplog.text


def test_a_clock_that_is_right_is_not_told_of(server: ExchangeThread) -> None:
    one = made(server, Inbox())
    one.send()
    one.inbox.report("accepted")
    one.stop()
    assert "clock" not in one.executor.health().message
