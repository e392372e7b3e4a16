"""Every trading endpoint through alpaca-py's own TradingClient, with its models and with raw data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sdk import KEY, SECRET, APIError, TradingClient
from test_refusals import ROWS, Row

from practice_market import ACME, BTC, MINUTE_NS, OPEN_NS, Story, small_session
from tradetui.engine.practice.in_thread import ExchangeThread
from tradetui.engine.practice.venue import Venue
from tradetui.engine.practice.world import World

sdk_requests = pytest.importorskip("alpaca.trading.requests")
R = sdk_requests


@pytest.fixture(params=[False, True], ids=["models", "raw"])
def client(request: pytest.FixtureRequest, server: ExchangeThread) -> Iterator[Any]:
    with_models = TradingClient(KEY, SECRET, raw_data=request.param, url_override=server.url)
    yield with_models
    with_models._session.close()


def get(answer: Any, name: str) -> Any:
    """A field of a model or of raw data, as text."""
    value = answer[name] if isinstance(answer, dict) else getattr(answer, name)
    return getattr(value, "value", value)


def market(side: str = "buy", qty: float = 10, symbol: str = ACME, force: str = "day", **more: Any) -> Any:
    return R.MarketOrderRequest(symbol=symbol, qty=qty, side=side, time_in_force=force, **more)


def limit(price: float, side: str = "buy", qty: float = 10, **more: Any) -> Any:
    return R.LimitOrderRequest(symbol=ACME, qty=qty, side=side, limit_price=price, **{"time_in_force": "day", **more})


def test_the_account_has_the_buying_power_of_a_fresh_margin_account(client: Any) -> None:
    account = client.get_account()
    assert (get(account, "cash"), get(account, "buying_power"), get(account, "regt_buying_power")) == (
        "100000",
        "400000",
        "200000",
    )
    assert get(account, "status") == "ACTIVE"
    assert "pattern_day_trader" not in account if isinstance(account, dict) else account.pattern_day_trader is None


def test_configurations_are_read_and_changed(client: Any) -> None:
    found = client.get_account_configurations()
    assert get(found, "suspend_trade") is False
    assert client.patch("/account/configurations", {"no_shorting": True})["no_shorting"] is True
    assert client.get_account()["shorting_enabled"] is False if isinstance(found, dict) else True


def test_all_configurations_are_written_back_with_nulls(server: ExchangeThread) -> None:
    client = TradingClient(KEY, SECRET, url_override=server.url)
    found = client.get_account_configurations()
    found.suspend_trade = True
    assert client.set_account_configurations(found).suspend_trade is True
    client._session.close()


@pytest.mark.parametrize(
    ("order", "status"),
    [
        (market(), "filled"),
        (limit(99.5), "new"),
        (R.StopOrderRequest(symbol=ACME, qty=1, side="buy", time_in_force="gtc", stop_price=101), "new"),
        (
            R.StopLimitOrderRequest(
                symbol=ACME, qty=1, side="buy", time_in_force="day", stop_price=101, limit_price=101.5
            ),
            "new",
        ),
        (R.TrailingStopOrderRequest(symbol=ACME, qty=1, side="buy", time_in_force="day", trail_percent=1), "new"),
        (R.MarketOrderRequest(symbol=ACME, notional=500, side="buy", time_in_force="day"), "filled"),
        (market(symbol=BTC, qty=0.1, force="gtc"), "filled"),
        (limit(100.02, time_in_force="ioc"), "filled"),
        (limit(99, time_in_force="fok"), "canceled"),
        (
            market(order_class="bracket", take_profit={"limit_price": 101}, stop_loss={"stop_price": 99}),
            "filled",
        ),
        (market(order_class="oto", stop_loss={"stop_price": 99}), "filled"),
    ],
    ids=["market", "limit", "stop", "stop limit", "trail", "money", "coin", "ioc", "fok", "bracket", "oto"],
)
def test_each_kind_of_order_is_sent_and_read_back(client: Any, order: Any, status: str) -> None:
    sent = client.submit_order(order)
    found = client.get_order_by_id(get(sent, "id"))
    assert get(found, "status") == status
    again = client.get_order_by_client_id(get(sent, "client_order_id"))
    assert get(again, "id") == get(sent, "id")


def test_an_oco_exits_a_position(client: Any) -> None:
    client.submit_order(market())
    sent = client.submit_order(
        limit(101, "sell", order_class="oco", take_profit={"limit_price": 101}, stop_loss={"stop_price": 99})
    )
    nested = client.get_order_by_id(get(sent, "id"), R.GetOrderByIdRequest(nested=True))
    assert len(get(nested, "legs")) == 1


def test_a_client_id_with_odd_characters_is_found(client: Any) -> None:
    client.submit_order(limit(99.5, client_order_id="a b:c/1"))
    assert get(client.get_order_by_client_id("a b:c/1"), "client_order_id") == "a b:c/1"


def test_orders_are_listed_by_status_symbol_side_time_and_direction(client: Any) -> None:
    first = client.submit_order(limit(99.5))
    client.submit_order(market())
    third = client.submit_order(market(symbol=BTC, qty=0.1, force="gtc"))

    def ids(**filters: Any) -> list[str]:
        return [str(get(o, "id")) for o in client.get_orders(R.GetOrdersRequest(**filters))]

    assert ids() == [str(get(first, "id"))]
    assert len(ids(status="closed")) == 2
    assert ids(status="all", direction="asc")[0] == str(get(first, "id"))
    assert ids(status="all", limit=1) == [str(get(third, "id"))]
    assert ids(status="all", symbols=[BTC, "NOPE"]) == [str(get(third, "id"))]
    assert len(ids(status="all", side="sell")) == 0
    after = {"status": "all", "after": get(first, "submitted_at")}
    assert len(ids(**after)) == 2
    cursor = client.get("/orders", {"status": "all", "after_order_id": str(get(first, "id"))})
    assert len(cursor) == 2


def test_an_order_is_replaced_and_the_chain_is_told(client: Any) -> None:
    sent = client.submit_order(limit(99.5))
    new = client.replace_order_by_id(get(sent, "id"), R.ReplaceOrderRequest(limit_price=99.6, qty=5))
    old = client.get_order_by_id(get(sent, "id"))
    assert str(get(new, "replaces")) == str(get(sent, "id"))
    assert (get(old, "status"), str(get(old, "replaced_by"))) == ("replaced", str(get(new, "id")))
    assert str(get(new, "qty")) == "5"


def test_orders_are_canceled_alone_and_together(client: Any) -> None:
    sent = client.submit_order(limit(99.5))
    assert client.cancel_order_by_id(get(sent, "id")) is None
    assert client.cancel_order_by_id(get(sent, "id")) is None  # silently succeeds
    client.submit_order(limit(99.4))
    client.submit_order(limit(99.3))
    assert [get(item, "status") for item in client.cancel_orders()] == [200, 200]
    assert client.get_orders() == []


def test_positions_are_shown_and_closed(client: Any) -> None:
    client.submit_order(market())
    client.submit_order(market(symbol=BTC, qty=0.1, force="gtc"))
    assert sorted(get(p, "symbol") for p in client.get_all_positions()) == [ACME, "BTCUSD"]
    assert get(client.get_open_position(BTC), "qty") == "0.09975"
    assert get(client.get_open_position(ACME), "side") == "long"
    part = client.close_position(ACME, R.ClosePositionRequest(percentage="50"))
    assert str(get(part, "qty")) == "5"
    rest = client.close_position(ACME, R.ClosePositionRequest(qty="5"))
    assert get(rest, "side") == "sell"
    client.close_position("BTCUSD")
    assert client.get_all_positions() == []


def test_everything_is_closed_after_orders_are_canceled(client: Any) -> None:
    client.submit_order(market())
    held = client.submit_order(limit(101, "sell"))
    (refused,) = client.close_all_positions()
    assert get(refused, "status") == 403
    items = client.close_all_positions(cancel_orders=True)
    assert [get(item, "symbol") for item in items] == [str(get(held, "id")), ACME]
    assert client.get_all_positions() == []


def test_assets_are_listed_and_found(client: Any) -> None:
    assert [get(a, "symbol") for a in client.get_all_assets()] == [ACME, "GONE", "HARD", "WHOLE"]
    coins = client.get_all_assets(R.GetAssetsRequest(asset_class="crypto"))
    assert [get(a, "symbol") for a in coins] == [BTC]
    coin = client.get_asset(BTC)
    assert get(client.get_asset(str(get(coin, "id"))), "symbol") == BTC


def test_the_clock_is_in_new_york(client: Any) -> None:
    clock = client.get_clock()
    assert get(clock, "is_open") is True
    text = str(get(clock, "next_close"))
    assert text.startswith("2026-04-01")
    assert text.endswith("16:00:00-04:00")


def test_the_calendar_has_the_days_asked_for(client: Any) -> None:
    days = client.get_calendar(R.GetCalendarRequest(start=date(2026, 4, 2), end=date(2026, 4, 6)))
    assert [str(get(day, "date")) for day in days] == ["2026-04-02", "2026-04-03", "2026-04-06"]


def test_the_history_of_the_account_has_a_point_a_minute(client: Any, server: ExchangeThread) -> None:
    server.call(lambda venue: venue.advance(OPEN_NS + 5 * MINUTE_NS))
    found = client.get_portfolio_history(R.GetPortfolioHistoryRequest(period="1D", timeframe="1Min"))
    assert get(found, "equity") == [100_000.0] * 6
    assert get(found, "timestamp")[0] == OPEN_NS // 10**9
    assert get(found, "base_value") == 100_000.0


def test_fills_are_in_the_activities_and_paged(client: Any) -> None:
    sent = client.submit_order(market())
    client.submit_order(market("sell", 4))
    rows = client.get("/account/activities/FILL")
    assert [(row["side"], row["qty"], row["leaves_qty"]) for row in rows] == [("sell", "4", "0"), ("buy", "10", "0")]
    assert rows[1]["order_id"] == str(get(sent, "id"))
    assert rows[1]["id"].startswith("20260401093000000::")
    page = client.get("/account/activities", {"activity_types": "FILL", "page_size": 1, "page_token": rows[0]["id"]})
    assert page == rows[1:]


def test_watchlists_are_kept(client: Any) -> None:
    made = client.create_watchlist(R.CreateWatchlistRequest(name="mine", symbols=[ACME]))
    identity = str(get(made, "id"))
    client.add_asset_to_watchlist_by_id(identity, BTC)
    assert len(get(client.get_watchlist_by_id(identity), "assets")) == 2
    client.remove_asset_from_watchlist_by_id(identity, BTC)
    assert len(client.get_watchlists()) == 1
    client.update_watchlist_by_id(identity, R.UpdateWatchlistRequest(name="other"))
    client.delete_watchlist_by_id(identity)
    assert client.get_watchlists() == []


def error(work: Any) -> tuple[int, int, str]:
    with pytest.raises(APIError) as raised:
        work()
    return raised.value.status_code, raised.value.code, raised.value.message


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_row_of_errors_reaches_the_client_as_it_is(row: Row) -> None:
    story = row.make()
    with served(story) as server, closing_client(server) as client:
        assert error(lambda: client.post("/orders", row.body)) == (row.status, row.code, row.message)


def test_errors_about_orders_and_positions(client: Any) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    filled = str(get(client.submit_order(market()), "id"))
    canceled = str(get(client.submit_order(limit(99)), "id"))
    client.cancel_order_by_id(canceled)
    resting = str(get(client.submit_order(limit(99)), "id"))
    rows = [
        (lambda: client.get_order_by_id(unknown), (404, 40410000, f"order not found for {unknown}")),
        (lambda: client.get_order_by_client_id("no"), (404, 40410000, "order not found for no")),
        (lambda: client.get("/orders/not-an-id"), (422, 40010001, "order_id is missing")),
        (lambda: client.cancel_order_by_id(filled), (422, 42210000, 'order is already in "filled" state')),
        (
            lambda: client.replace_order_by_id(canceled, R.ReplaceOrderRequest(qty=1)),
            (422, 42210000, "order is not open"),
        ),
        (
            lambda: client.replace_order_by_id(resting, R.ReplaceOrderRequest(limit_price=99)),
            (403, 40310000, "order parameters are not changed"),
        ),
        (lambda: client.get_open_position("BTCUSD"), (404, 40410000, "position does not exist")),
        (lambda: client.close_position("NOPE"), (404, 40410000, "position does not exist")),
        (lambda: client.get_asset("NOPE"), (404, 40410000, "asset not found for NOPE")),
        (
            lambda: client.get("/account/activities/FFFFF"),
            (422, 40010001, "invalid activity type: FFFFF"),
        ),
        (
            lambda: client.get_watchlist_by_id(unknown),
            (404, 40410000, f"watchlist not found: {unknown}"),
        ),
        (lambda: client.get("/watchlists/short"), (422, 40010001, "watchlist is required")),
    ]
    assert [error(work) for work, _ in rows] == [wanted for _, wanted in rows]


def test_an_order_that_is_not_at_the_market_yet_cannot_be_replaced() -> None:
    story = Story(at_ns=OPEN_NS - 3600 * 10**9)
    with served(story) as server, closing_client(server) as client:
        sent = client.post("/orders", limit(99.5).to_request_fields())
        assert sent["status"] == "accepted"
        assert error(lambda: client.patch(f"/orders/{sent['id']}", {"qty": "1"})) == (
            422,
            42210000,
            "cannot replace order in accepted status",
        )


def test_wrong_keys_and_keys_of_another_environment_are_refused(server: ExchangeThread) -> None:
    for key, status, message in (("PKWRONG", 401, "unauthorized."), ("AKLIVE", 403, "forbidden.")):
        client = TradingClient(key, "nothing", url_override=server.url)
        with pytest.raises(APIError) as raised:
            client.get_account()
        client._session.close()
        assert (raised.value.status_code, raised.value.message) == (status, message)


def test_too_many_requests_a_minute_are_refused(server: ExchangeThread) -> None:
    story = Story(rate_per_minute=2)
    with served(story) as limited, closing_client(limited) as client:
        client._retry = 0
        client.get_clock()
        client.get_clock()
        assert error(client.get_clock) == (429, 42910000, "rate limit exceeded")


def served(story: Story) -> ExchangeThread:
    """A story's exchange on a port; nothing more happens in its market."""
    return ExchangeThread(Venue(World(small_session(0), story.exchange), {KEY: SECRET}))


class closing_client:  # noqa: N801  # used like a function
    def __init__(self, server: ExchangeThread) -> None:
        self.client = TradingClient(KEY, SECRET, raw_data=True, url_override=server.url)

    def __enter__(self) -> Any:
        return self.client

    def __exit__(self, *_: object) -> None:
        self.client._session.close()
