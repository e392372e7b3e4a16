"""Each row of the protocol's table of errors, with its exact body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from practice_market import ACME, BTC, OPEN_NS, Story, order
from tradetui.engine.practice.engine_matcher import EngineMatcher
from tradetui.engine.practice.refusals import Refusal

EXITS = {"take_profit": {"limit_price": "101"}, "stop_loss": {"stop_price": "99"}}


def market(**config: object) -> Story:
    story = Story(EngineMatcher(), **config)
    story.quote(100, 100.02)
    story.trade(100.01)
    story.quote(50_000, 50_010, symbol=BTC)
    return story


def holding(qty: str = "10") -> Story:
    story = market()
    assert not isinstance(story.exchange.submit(order(qty=qty)), Refusal)
    return story


def resting(side: str, kind: str = "limit", **more: object) -> Callable[[], Story]:
    def make() -> Story:
        story = holding() if side == "sell" else market()
        prices = {"limit": {"limit_price": "99" if side == "buy" else "101"}, "stop": {"stop_price": "99"}}[kind]
        assert not isinstance(story.exchange.submit(order(side, kind=kind, **{**prices, **more})), Refusal)
        return story

    return make


@dataclass(frozen=True)
class Row:
    name: str
    body: dict[str, Any]
    status: int
    code: int
    message: str
    make: Callable[[], Story] = market
    more: tuple[tuple[str, object], ...] = ()


def crypto(**more: object) -> dict[str, Any]:
    return {**order(qty="0.01", force="gtc"), "symbol": BTC, **more}


def whole(**more: object) -> dict[str, Any]:
    return {**order(), **more}


ROWS = (
    Row("no money", order(qty="1000000", kind="limit", limit_price="900"), 403, 40310000, "insufficient buying power",
        more=(("buying_power", "400000"), ("cost_basis", "900000003"))),
    Row("too few shares", order("sell", qty="12"), 403, 40310000,
        "insufficient qty available for order (requested: 12, available: 10)", holding,
        (("available", "10"), ("existing_qty", "10"), ("held_for_orders", "0"), ("symbol", "ACME"))),
    Row("too few coins", crypto(side="sell"), 403, 40310000,
        "insufficient balance for BTC (requested: 0.01, available: 0)", more=(("available", "0"), ("balance", "0"))),
    Row("no part of a share", whole(symbol="WHOLE", qty="0.5"), 403, 40310000, 'asset "WHOLE" is not fractionable'),
    Row("too small", whole(qty=None, notional="0.5"), 403, 40310000,
        "cost basis must be >= minimal amount of order 1"),
    Row("too small for a coin", crypto(qty="0.0001"), 403, 40310000,
        "cost basis must be >= minimal amount of order 10"),
    Row("wash trade with a stop", order("buy"), 403, 40310000, "potential wash trade detected. use complex orders",
        resting("sell", "stop"), (("reject_reason", "opposite side market/stop order exists"),)),
    Row("wash trade with a limit", order("buy", kind="limit", limit_price="101"), 403, 40310000,
        "potential wash trade detected. use complex orders", resting("sell"),
        (("reject_reason", "opposite side limit order exists"),)),
    Row("short while an opening buy is open", order("sell", kind="limit", limit_price="101"), 403, 40310000,
        "cannot open a short sell while a long buy order is open", resting("buy")),
    Row("no shorts", order("sell"), 403, 40310000, "account is not allowed to short", lambda: market(shorting=False)),
    Row("hard to borrow", whole(symbol="HARD", side="sell", type="limit", limit_price="50"), 422, 42210000,
        'asset "HARD" cannot be sold short'),
    Row("unknown symbol", whole(symbol="NOPE"), 422, 40010001, 'could not find asset "NOPE"'),
    Row("not tradable", whole(symbol="GONE"), 422, 42210000, 'asset "GONE" is not tradable'),
    Row("between ticks", order(kind="limit", limit_price="290.123"), 422, 42210000,
        "invalid limit_price 290.123. sub-penny increment does not fulfill minimum pricing criteria"),
    Row("stop between ticks", order(kind="stop", stop_price="290.123"), 422, 42210000,
        "invalid stop_price 290.123. sub-penny increment does not fulfill minimum pricing criteria"),
    Row("market with a limit", order(limit_price="100"), 422, 40010001,
        "market orders require no stop or limit price"),
    Row("limit without", order(kind="limit"), 422, 40010001, "limit orders require only limit price"),
    Row("stop limit without", order(kind="stop_limit", stop_price="101"), 422, 40010001,
        "stop limit orders require both stop and limit price"),
    Row("no quantity", whole(qty=None), 422, 40010001, "qty or notional is required"),
    Row("fractional gtc", whole(qty="0.5", time_in_force="gtc"), 422, 42210000, "fractional orders must be DAY orders"),
    Row("fractional bracket", whole(qty="0.5", order_class="bracket", **EXITS), 422, 42210000,
        "fractional orders must be simple orders"),
    Row("fractional trail", whole(qty="0.5", type="trailing_stop", trail_price="1"), 422, 42210000,
        "fractional orders must be market, limit, stop, or stop_limit orders"),
    Row("extended market", whole(extended_hours=True), 422, 42210000, "extended hours order must be DAY limit orders"),
    Row("bracket that closes", order("sell", order_class="bracket", take_profit={"limit_price": "98"},
                                     stop_loss={"stop_price": "102"}), 422, 42210000,
        "bracket orders must be entry orders", holding),
    Row("exits the wrong way round", order("sell", order_class="bracket", **EXITS), 422, 42210000,
        "take_profit.limit_price must be < stop_loss.stop_price"),
    Row("exits of a buy the wrong way round", order(order_class="bracket", take_profit={"limit_price": "98"},
                                                    stop_loss={"stop_price": "99"}), 422, 42210000,
        "take_profit.limit_price must be > stop_loss.stop_price"),
    Row("sell stop above the market", order("sell", kind="stop", stop_price="101"), 422, 42210000,
        "stop price must be less than current price", holding, (("market_price", "100.01"), ("stop_price", "101"))),
    Row("buy stop below the market", order(kind="stop", stop_price="99"), 422, 42210000,
        "stop price must be greater than current price", more=(("market_price", "100.01"), ("stop_price", "99"))),
    Row("coin for the day", crypto(time_in_force="day"), 422, 42210000, "invalid crypto time_in_force"),
    Row("coin with a stop", crypto(type="stop", stop_price="60000"), 422, 40010001,
        "invalid order type for crypto order"),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_an_order_that_cannot_be_is_answered_as_the_protocol_says(row: Row) -> None:
    story = row.make()
    before = len(story.exchange.orders.by_id)
    refusal = story.exchange.submit(row.body)
    assert isinstance(refusal, Refusal), refusal
    assert (refusal.status, refusal.code, refusal.message) == (row.status, row.code, row.message)
    assert {key: refusal.body().get(key) for key, _ in row.more} == dict(row.more)
    assert len(story.exchange.orders.by_id) == before  # a refused order leaves no row


def test_shares_that_orders_hold_are_named_with_the_orders() -> None:
    story = holding()
    held = story.exchange.submit(order("sell", qty="6", kind="limit", limit_price="101"))
    refusal = story.exchange.submit(order("sell", qty="5", kind="limit", limit_price="102"))
    assert isinstance(refusal, Refusal)
    assert isinstance(held, dict)
    assert refusal.body() == {
        "available": "4",
        "code": 40310000,
        "existing_qty": "10",
        "held_for_orders": "6",
        "message": "insufficient qty available for order (requested: 5, available: 4)",
        "related_orders": [held["id"]],
        "symbol": "ACME",
    }


def test_a_refused_order_does_not_use_up_its_client_id_but_a_taken_one_does_for_ever() -> None:
    story = market()
    assert isinstance(story.exchange.submit(order(qty="1000000", client_order_id="a")), Refusal)
    assert not isinstance(story.exchange.submit(order(client_order_id="a")), Refusal)
    again = story.exchange.submit(order(client_order_id="a"))
    assert isinstance(again, Refusal)
    assert again.body() == {"code": 40010001, "message": "client_order_id must be unique"}
    story.exchange.submit(order(kind="limit", limit_price="99", client_order_id="b"))
    resting_one = story.exchange.submit(order(kind="limit", limit_price="99", client_order_id="b"))
    assert isinstance(resting_one, Refusal)
    assert (resting_one.status, resting_one.code) == (422, 42210000)


def test_brackets_and_trails_are_exempt_from_the_wash_rule() -> None:
    story = resting("sell", "stop")()
    assert not isinstance(story.exchange.submit(order(order_class="bracket", **EXITS)), Refusal)


def test_a_suspended_and_a_restricted_account_send_nothing() -> None:
    story = market()
    story.exchange.account.configuration["suspend_trade"] = True
    refusal = story.exchange.submit(order())
    assert isinstance(refusal, Refusal)
    assert refusal.body() == {"code": 40310000, "message": "new orders are rejected by user request"}
    story.exchange.account.configuration["suspend_trade"] = False
    story.exchange.account.restricted = True
    assert isinstance(story.exchange.submit(order()), Refusal)
    assert story.exchange.account.body(OPEN_NS)["trading_blocked"] is True


@pytest.mark.parametrize("qty", ["0", "-1", "NaN", "Infinity", "1e400", "x", True, [], "9" * 60])
def test_a_quantity_that_is_none_is_refused_with_words(qty: object) -> None:
    refusal = market().exchange.submit(order(qty=qty))
    assert isinstance(refusal, Refusal)
    assert refusal.status == 422
    assert "qty" in refusal.message


def test_a_position_is_not_turned_over_by_one_order() -> None:
    story = market()
    assert not isinstance(story.exchange.submit(order("sell", qty="5")), Refusal)
    refusal = story.exchange.submit(order("buy", qty="8"))
    assert isinstance(refusal, Refusal)
    assert refusal.message == "insufficient qty available for order (requested: 8, available: 5)"


def test_a_halted_symbol_takes_no_orders_and_fills_none() -> None:
    story = resting("buy")()
    story.exchange.halt(ACME, True)
    refusal = story.exchange.submit(order())
    assert isinstance(refusal, Refusal)
    story.events()
    story.quote(98, 98.5)
    assert story.events() == []
    story.exchange.halt(ACME, False)
    assert story.events() == ["fill limit buy 10 at 99"]


def test_orders_for_the_open_and_the_close_are_refused_in_their_last_minutes() -> None:
    story = market()
    story.at(6.4 * 3600)
    refusal = story.exchange.submit(order(force="cls"))
    assert isinstance(refusal, Refusal)
    assert refusal.status == 422


def test_limits_of_the_venue_that_are_not_known_are_off_until_asked_for() -> None:
    far = order(kind="limit", limit_price="1")
    assert not isinstance(market().exchange.submit(far), Refusal)
    assert isinstance(market(limit_distance_max=Decimal("0.5")).exchange.submit(far), Refusal)
