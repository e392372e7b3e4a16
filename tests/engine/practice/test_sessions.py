from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from practice_market import ACME, BTC, CLOSE_NS, NEXT_OPEN_NS, OPEN_NS, SESSIONS, Story, order
from tradetui.engine.practice.engine_matcher import EngineMatcher
from tradetui.engine.practice.hours import Hours, weekday_sessions
from tradetui.engine.practice.refusals import Refusal
from tradetui.engine.practice.wire import eastern

HOUR = 3600 * 10**9
DAY_END = CLOSE_NS - OPEN_NS


def at(offset_ns: int = 0, **config: object) -> Story:
    story = Story(EngineMatcher(), OPEN_NS + offset_ns, **config)
    if offset_ns >= 0:
        story.quote(100, 100.02)
        story.trade(100.01)
    return story


def sent(story: Story, body: dict[str, object]) -> dict[str, Any]:
    answer = story.exchange.submit(body)
    assert not isinstance(answer, Refusal), answer
    return answer


def test_before_the_open_an_order_is_accepted_and_works_from_the_open_on() -> None:
    story = at(-HOUR)
    assert sent(story, order())["status"] == "accepted"
    assert story.events() == ["accepted market buy"]
    story.exchange.advance(OPEN_NS)
    assert story.events() == ["new market buy"]
    story.quote(100, 100.02)
    assert story.events() == ["fill market buy 10 at 100.02"]


def test_a_day_order_says_when_it_ends_and_ends_then() -> None:
    story = at()
    answer = sent(story, order(kind="limit", limit_price="99"))
    assert answer["expires_at"] == "2026-04-01T20:00:00Z"
    story.exchange.advance(CLOSE_NS)
    found = story.exchange.orders.by_id[answer["id"]]
    assert (found.status, found.expired_ns is not None) == ("expired", True)
    assert story.events()[-1] == "expired limit buy"


def test_after_the_close_a_day_order_is_for_the_next_day() -> None:
    story = at(DAY_END + HOUR)
    answer = sent(story, order())
    assert (answer["status"], answer["expires_at"]) == ("accepted", "2026-04-02T20:00:00Z")


def test_gtc_orders_rest_at_night_and_end_after_ninety_days_in_the_afternoon() -> None:
    story = at()
    answer = sent(story, order(kind="limit", limit_price="99", force="gtc"))
    assert answer["expires_at"] == "2026-06-30T20:15:00Z"
    story.exchange.advance(CLOSE_NS + HOUR)
    story.events()
    story.quote(98, 98.50)
    assert story.events() == []  # nobody trades it at night
    story.exchange.advance(NEXT_OPEN_NS)
    assert story.events() == ["fill limit buy 10 at 98.5"]


def test_gtc_orders_end_by_a_cancel_of_the_venue() -> None:
    story = at(gtc_days=0)
    sent(story, order(kind="limit", limit_price="99", force="gtc"))
    story.exchange.advance(CLOSE_NS + HOUR)
    assert story.events()[-2:] == ["pending_cancel limit buy", "canceled limit buy"]


def test_extended_hours_orders_work_before_the_open() -> None:
    story = at(-HOUR)
    assert sent(story, order(kind="limit", limit_price="101", extended_hours=True))["status"] == "pending_new"
    story.quote(100, 100.50)
    assert story.events()[-1] == "fill limit buy 10 at 101"  # it rested: the market came to its price and beyond


def test_an_order_for_the_open_takes_the_first_quotes_and_what_is_left_expires() -> None:
    story = at(-2 * HOUR)
    sent(story, order(qty="150", force="opg"))
    story.exchange.advance(OPEN_NS)
    story.quote(100, 100.02, size=100)
    assert story.events() == [
        "accepted market buy",
        "new market buy",
        "partial_fill market buy 100 at 100.02",
        "expired market buy",
    ]


def test_an_order_for_the_close_waits_for_it() -> None:
    story = at()
    sent(story, order(force="cls"))
    assert story.events() == ["pending_new market buy", "new market buy"]
    story.exchange.advance(CLOSE_NS)
    assert story.events() == ["fill market buy 10 at 100.02"]


def test_coins_trade_at_night() -> None:
    story = at(DAY_END + 5 * HOUR)
    story.quote(50_000, 50_010, symbol=BTC)
    sent(story, order(qty="0.1", force="gtc", symbol=BTC))
    assert story.events()[-1] == "fill market buy 0.1 at 50010"


def test_after_a_close_the_day_s_gain_is_counted_from_it() -> None:
    story = at()
    sent(story, order())
    story.trade(105)
    story.exchange.advance(NEXT_OPEN_NS)
    story.trade(106)
    (position,) = story.exchange.positions()
    assert (position["lastday_price"], position["unrealized_intraday_pl"]) == ("105", "10")
    assert position["unrealized_pl"] == "59.8"
    assert story.exchange.account.body(NEXT_OPEN_NS)["last_equity"] == "100049.8"


def test_with_a_delay_orders_stay_pending_and_cannot_be_replaced_meanwhile() -> None:
    story = at(ack_delay_ns=10**9)
    answer = sent(story, order(kind="limit", limit_price="99"))
    refused = story.exchange.replace(answer["id"], {"limit_price": "98"})
    assert isinstance(refused, Refusal)
    assert refused.message == "cannot replace order in pending_new status"
    story.at(1)
    assert story.events() == ["pending_new limit buy", "new limit buy"]
    assert story.exchange.cancel(answer["id"]) is None
    assert story.events() == ["pending_cancel limit buy"]
    story.at(2)
    assert story.events() == ["canceled limit buy"]


def test_a_fill_may_be_quicker_than_a_cancel() -> None:
    story = at(ack_delay_ns=10**9)
    answer = sent(story, order(kind="limit", limit_price="99"))
    story.at(1)
    story.exchange.cancel(answer["id"])
    story.quote(98, 99)
    story.at(2)
    assert story.events()[-2:] == ["pending_cancel limit buy", "fill limit buy 10 at 99"]
    refused = story.exchange.cancel(answer["id"])
    assert isinstance(refused, Refusal)
    assert refused.message == 'order is already in "filled" state'


def test_a_fill_may_be_quicker_than_a_replacement_which_is_then_rejected() -> None:
    story = at(ack_delay_ns=10**9)
    answer = sent(story, order(kind="limit", limit_price="99"))
    story.at(1)
    new = story.exchange.replace(answer["id"], {"limit_price": "98"})
    assert isinstance(new, dict)
    story.quote(98.5, 99)
    story.at(2)
    assert story.exchange.orders.by_id[new["id"]].status == "rejected"
    assert story.events()[-2:] == ["fill limit buy 10 at 99", "rejected limit buy"]


def test_a_replacement_takes_over_after_the_delay() -> None:
    story = at(ack_delay_ns=10**9)
    answer = sent(story, order(kind="limit", limit_price="99"))
    story.at(1)
    story.exchange.replace(answer["id"], {"limit_price": "98", "qty": "4"})
    story.at(2)
    assert story.events()[2:] == [
        "pending_replace limit buy",
        "pending_new limit buy",
        "replaced limit buy",
        "new limit buy",
    ]


def test_while_a_replacement_is_on_its_way_money_and_shares_are_held_once() -> None:
    story = at(ack_delay_ns=10**9)
    buy = sent(story, order(kind="limit", limit_price="99", qty="100"))
    story.at(1)
    story.exchange.replace(buy["id"], {"qty": "50"})
    assert story.exchange.account.body(OPEN_NS)["buying_power"] == "390100"  # the larger one
    story.at(2)
    assert story.exchange.account.body(OPEN_NS)["buying_power"] == "395050"
    sent(story, order(qty="10"))
    story.at(3)
    sell = sent(story, order("sell", kind="limit", limit_price="101", qty="10"))
    story.at(4)
    story.exchange.replace(sell["id"], {"limit_price": "102"})
    assert story.exchange.positions()[0]["qty_available"] == "0"


def test_a_cancel_on_its_way_at_the_close_still_arrives() -> None:
    story = at(DAY_END - 10**9, ack_delay_ns=2 * 10**9)
    answer = sent(story, order(kind="limit", limit_price="99", force="gtc"))
    story.exchange.advance(CLOSE_NS - 1)
    story.exchange.orders.by_id[answer["id"]].route_ns = None
    story.exchange.desk.start(story.exchange.orders.by_id[answer["id"]])
    story.exchange.cancel(answer["id"])
    story.exchange.advance(CLOSE_NS + 3 * 10**9)
    assert story.exchange.orders.by_id[answer["id"]].status == "canceled"


def test_a_position_sold_over_money_is_not_turned_over_when_the_price_falls() -> None:
    story = at(-HOUR)
    story.quote(100, 100.02)
    story.exchange.advance(OPEN_NS)
    story.quote(100, 100.02)
    sent(story, order(qty="10"))
    story.exchange.advance(CLOSE_NS + HOUR)
    sent(story, {**order("sell"), "qty": None, "notional": "1000"})
    story.quote(80, 80.02)
    story.exchange.advance(NEXT_OPEN_NS)
    assert story.exchange.positions() == []


def test_the_clock_tells_the_next_open_and_close() -> None:
    hours = Hours(SESSIONS)
    saturday = OPEN_NS + 3 * 24 * HOUR
    assert hours.clock(saturday) == {
        "timestamp": "2026-04-04T09:30:00-04:00",
        "is_open": False,
        "next_open": "2026-04-06T09:30:00-04:00",
        "next_close": "2026-04-06T16:00:00-04:00",
    }


def test_beyond_the_list_of_days_there_are_days_still() -> None:
    hours = Hours(weekday_sessions(date(2026, 4, 1), date(2026, 4, 1)))
    assert eastern(hours.following(CLOSE_NS).open_ns) == "2026-04-02T09:30:00-04:00"


@pytest.mark.parametrize("symbol", [ACME, BTC])
def test_equity_is_noted_once_a_minute_while_the_market_is_open(symbol: str) -> None:
    story = at()
    story.quote(10, 11, symbol=symbol)
    story.exchange.advance(NEXT_OPEN_NS - 1)
    assert len(story.exchange.floor.equity) == 390
