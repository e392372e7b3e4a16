"""A program for `alpaca-trade-api` 3.2, the SDK before alpaca-py, unmodified: it trades and tells what it was told.

It runs with an interpreter of its own, because that SDK wants older libraries than ours; nothing of tradetui is
imported. The first line that it prints says that its streams listen, the second is JSON. Not a test.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
from typing import Any

import alpaca_trade_api as sdk

URL, KEY, SECRET = sys.argv[1:4]
SYMBOL, COIN = "ACME", "BTC/USD"
WAIT_S = 30.0
heard: dict[str, queue.Queue[Any]] = {name: queue.Queue() for name in ("orders", "quotes", "trades", "bars")}


def listener(name: str) -> Any:
    """A handler that keeps what it is given."""

    async def hear(message: Any) -> None:
        heard[name].put(message)

    return hear


def refused(action: Any) -> dict[str, Any]:
    """What an order that is not accepted raises."""
    try:
        action()
    except sdk.rest.APIError as error:
        return {"status": error.status_code, "code": error.code, "message": str(error)}
    raise SystemExit("this should have been refused")


def streams() -> sdk.Stream:
    """Trade updates and market data, in a thread of their own, subscribed."""
    stream = sdk.Stream(KEY, SECRET, base_url=URL, data_stream_url=URL, data_feed="iex")
    stream.subscribe_trade_updates(listener("orders"))
    stream.subscribe_quotes(listener("quotes"), SYMBOL)
    stream.subscribe_trades(listener("trades"), SYMBOL)
    stream.subscribe_bars(listener("bars"), SYMBOL)
    threading.Thread(target=stream.run, daemon=True).start()
    return stream


def main() -> None:
    """Trade, and print."""
    api = sdk.REST(KEY, SECRET, base_url=URL)
    streams()
    print("listening", flush=True)  # noqa: T201
    quote, trade, bar = (heard[name].get(timeout=WAIT_S) for name in ("quotes", "trades", "bars"))
    sys.stdin.readline()  # the market stands still from here on
    told: dict[str, Any] = {"quote": [quote.bid_price, quote.ask_price], "trade": trade.price, "bar": bar.close}
    told["cash before"] = api.get_account().cash
    bought = api.submit_order(SYMBOL, qty=10, client_order_id="older-1")
    events = [heard["orders"].get(timeout=WAIT_S)]
    while events[-1].event != "fill":
        events.append(heard["orders"].get(timeout=WAIT_S))
    told["events"] = [event.event for event in events]
    told["fill"] = {"qty": events[-1].qty, "price": events[-1].price, "id": events[-1].order["id"] == bought.id}
    told["found"] = api.get_order_by_client_order_id("older-1").status
    told["position"] = {field: getattr(api.get_position(SYMBOL), field) for field in ("qty", "avg_entry_price", "side")}
    bracket = api.submit_order(
        SYMBOL, 2, "buy", "limit", "gtc", 90, order_class="bracket",
        take_profit={"limit_price": 110}, stop_loss={"stop_price": 80, "limit_price": 79},
    )  # fmt: skip
    told["bracket"] = [leg.type for leg in api.get_order(bracket.id, nested=True).legs]
    limit = api.submit_order(SYMBOL, 1, "buy", "limit", "day", 91)
    replaced = api.replace_order(limit.id, qty=3, limit_price=92)
    told["replaced"] = [replaced.qty, replaced.limit_price, replaced.replaces == limit.id]
    api.cancel_order(replaced.id)
    told["cancelled"] = api.get_order(replaced.id).status
    trailing = api.submit_order(SYMBOL, 1, "sell", "trailing_stop", "day", trail_percent=5)
    told["trailing"] = [trailing.trail_percent, trailing.stop_price]
    told["refused"] = refused(lambda: api.submit_order(SYMBOL, 10**6))
    told["open"] = len(api.list_orders(status="open"))
    api.cancel_all_orders()
    told["left"] = len(api.list_orders(status="open"))
    api.close_position(SYMBOL)
    told["positions"] = len(api.list_positions())
    told["fills"] = len(api.get_activities("FILL"))
    told["cash after"] = api.get_account().cash
    told["clock"] = api.get_clock().is_open
    told["calendar"] = str(api.get_calendar("2026-04-01", "2026-04-01")[0].date)[:10]
    told["asset"] = api.get_asset(SYMBOL).tradable
    told["assets"] = len(api.list_assets())
    told["bars"] = len(api.get_bars(SYMBOL, sdk.TimeFrame.Minute, "2026-04-01", "2026-04-02"))
    told["quotes"] = len(api.get_quotes(SYMBOL, "2026-04-01", "2026-04-02"))
    told["trades"] = len(api.get_trades(SYMBOL, "2026-04-01", "2026-04-02"))
    told["snapshot"] = api.get_snapshot(SYMBOL).latest_trade.price
    told["latest"] = [api.get_latest_quote(SYMBOL).ask_price, api.get_latest_trade(SYMBOL).price]
    told["coin"] = api.get_latest_crypto_quotes([COIN])[COIN].ask_price
    told["history"] = len(api.get_portfolio_history(period="1D", timeframe="5Min").equity)
    print(json.dumps(told), flush=True)  # noqa: T201


main()
