"""Every stream through alpaca-py's own classes, with its models (MessagePack times included) and with raw data."""

from __future__ import annotations

from typing import Any

import pytest
from sdk import KEY, SECRET, CryptoDataStream, Heard, StockDataStream, data_updates, socket_url, trade_updates

from practice_market import ACME, BTC, MINUTE_NS, OPEN_NS, order
from tradetui.engine.practice import trade_stream
from tradetui.engine.practice.data_stream import STREAMS
from tradetui.engine.practice.faults import Rule
from tradetui.engine.practice.in_thread import ExchangeThread

RAW = pytest.mark.parametrize("raw", [False, True], ids=["models", "raw"])


def field(message: Any, name: str, key: str) -> Any:
    return message[key] if isinstance(message, dict) else getattr(message, name)


def minutes(server: ExchangeThread, count: int) -> None:
    server.call(lambda venue: venue.advance(OPEN_NS + count * MINUTE_NS))


@RAW
def test_an_order_is_told_from_pending_to_filled(server: ExchangeThread, raw: bool) -> None:
    with trade_updates(server, raw) as heard:
        server.call(lambda venue: venue.exchange.submit(order(client_order_id="mine")))
        told = [update["data"] if raw else update for update in heard.take(3)]
    assert [field(u, "event", "event") for u in told] == ["pending_new", "new", "fill"]
    fill = told[2]
    assert float(field(fill, "price", "price")) == 100.02
    assert float(field(fill, "position_qty", "position_qty")) == 10
    shown = field(fill, "order", "order")
    assert field(shown, "status", "status") == "filled"
    assert field(shown, "client_order_id", "client_order_id") == "mine"
    assert field(told[1], "execution_id", "execution_id") is not None


@RAW
def test_cancels_and_replacements_are_told(server: ExchangeThread, raw: bool) -> None:
    with trade_updates(server, raw) as heard:

        def trade(venue: Any) -> None:
            sent = venue.exchange.submit(order(kind="limit", limit_price="99"))
            new = venue.exchange.replace(sent["id"], {"limit_price": "99.5"})
            venue.exchange.cancel(new["id"])

        server.call(trade)
        told = [update["data"] if raw else update for update in heard.take(6)]
    assert [field(u, "event", "event") for u in told] == [
        "pending_new",
        "new",
        "replaced",
        "pending_new",
        "new",
        "canceled",
    ]
    assert field(field(told[2], "order", "order"), "replaced_by", "replaced_by") is not None


@RAW
def test_stocks_are_streamed_with_trades_quotes_and_bars(server: ExchangeThread, raw: bool) -> None:
    client = StockDataStream(KEY, SECRET, raw_data=raw, url_override=f"{socket_url(server)}/v2/iex")

    def subscribe(stream: Any, heard: Heard) -> None:
        stream.subscribe_trades(heard.handler, ACME)
        stream.subscribe_quotes(heard.handler, ACME)
        stream.subscribe_bars(heard.handler, "*")
        stream.subscribe_daily_bars(heard.handler, ACME)

    with data_updates(server, client, subscribe, 4) as heard:
        minutes(server, 1)
        trade, quote, bar, daily = sorted(heard.take(4), key=kind)
    assert [kind(m) for m in (trade, quote, bar, daily)] == [0, 1, 2, 2]
    assert field(trade, "price", "p") == 100.02
    assert (field(quote, "bid_price", "bp"), field(quote, "ask_size", "as")) == (100.01, 400)
    assert {field(bar, "close", "c"), field(daily, "close", "c")} == {100.02}


def kind(message: Any) -> int:
    """0 for a trade, 1 for a quote, 2 for a bar."""
    if isinstance(message, dict):
        return "tqbd".index(message["T"]) if message["T"] != "d" else 2
    return {"Trade": 0, "Quote": 1, "Bar": 2}[type(message).__name__]


@RAW
def test_times_have_nanoseconds_in_raw_data(server: ExchangeThread, raw: bool) -> None:
    client = StockDataStream(KEY, SECRET, raw_data=raw, url_override=f"{socket_url(server)}/v2/sip")
    with data_updates(server, client, lambda s, heard: s.subscribe_trades(heard.handler, ACME), 1) as heard:
        minutes(server, 1)
        at = field(heard.next(), "timestamp", "t")
    assert (at.to_unix_nano() if raw else int(at.timestamp() * 10**9)) == OPEN_NS + 10**9


@RAW
def test_halts_bands_corrections_and_cancels_are_streamed(server: ExchangeThread, raw: bool) -> None:
    client = StockDataStream(KEY, SECRET, raw_data=raw, url_override=f"{socket_url(server)}/v2/iex")

    def subscribe(stream: Any, heard: Heard) -> None:
        stream.subscribe_trading_statuses(heard.handler, ACME)
        stream.subscribe_updated_bars(heard.handler, ACME)
        stream.register_trade_corrections(heard.handler)
        stream.register_trade_cancels(heard.handler)
        stream.subscribe_trades(heard.handler, ACME)

    sent = [
        {"T": "s", "S": ACME, "sc": "H", "sm": "Trading Halt", "rc": "T12", "rm": "Trading Halted", "z": "C"},
        {"T": "u", "S": ACME, "o": 1.0, "h": 1.0, "l": 1.0, "c": 1.0, "v": 5, "n": 1, "vw": 1.0},
        {"T": "c", "S": ACME, "x": "V", "oi": 1, "op": 1.0, "os": 1, "oc": ["@"], "ci": 2, "cp": 2.0, "cs": 1,
         "cc": ["@"], "z": "C"},
        {"T": "x", "S": ACME, "i": 1, "x": "V", "p": 1.0, "s": 1, "a": "C", "z": "C"},
    ]  # fmt: skip
    with data_updates(server, client, subscribe, 3) as heard:
        streams = server.app[STREAMS]
        server.call(lambda _: [streams.inject(dict(message)) for message in sent])
        told = heard.take(4)
    assert [type(m).__name__ for m in told] == (
        ["dict"] * 4 if raw else ["TradingStatus", "Bar", "TradeCorrection", "TradeCancel"]
    )


@RAW
def test_coins_are_streamed_with_their_order_books(server: ExchangeThread, raw: bool) -> None:
    client = CryptoDataStream(KEY, SECRET, raw_data=raw, url_override=f"{socket_url(server)}/v1beta3/crypto/us")

    def subscribe(stream: Any, heard: Heard) -> None:
        stream.subscribe_orderbooks(heard.handler, BTC)

    with data_updates(server, client, subscribe, 1) as heard:
        minutes(server, 1)
        full, change = heard.take(2)
    assert field(full, "reset", "r") is True
    first = field(full, "bids", "b")[0]
    assert field(first, "price", "p") == 50_000
    sizes = {field(level, "price", "p"): field(level, "size", "s") for level in field(change, "bids", "b")}
    assert sizes == {50_000: 0, 50_001: 500}
    assert change.get("r") is None if raw else change.reset is False


@RAW
def test_coins_are_streamed_with_trades_quotes_and_bars(server: ExchangeThread, raw: bool) -> None:
    client = CryptoDataStream(KEY, SECRET, raw_data=raw, url_override=f"{socket_url(server)}/v1beta3/crypto/us")

    def subscribe(stream: Any, heard: Heard) -> None:
        stream.subscribe_trades(heard.handler, BTC)
        stream.subscribe_quotes(heard.handler, BTC)
        stream.subscribe_bars(heard.handler, BTC)
        stream.subscribe_daily_bars(heard.handler, BTC)
        stream.subscribe_updated_bars(heard.handler, BTC)

    with data_updates(server, client, subscribe, 5) as heard:
        minutes(server, 1)
        told = sorted(heard.take(4), key=kind)
    assert [kind(m) for m in told] == [0, 1, 2, 2]
    assert field(told[0], "price", "p") == 50_002


def test_the_test_feed_shows_its_own_symbol(server: ExchangeThread) -> None:
    client = StockDataStream(KEY, SECRET, raw_data=True, url_override=f"{socket_url(server)}/v2/test")
    with data_updates(server, client, lambda s, heard: s.subscribe_trades(heard.handler, "FAKEPACA"), 1) as heard:
        minutes(server, 1)
        assert heard.next()["S"] == "FAKEPACA"


def test_subscriptions_change_while_a_stream_runs(server: ExchangeThread) -> None:
    client = StockDataStream(KEY, SECRET, raw_data=True, url_override=f"{socket_url(server)}/v2/iex")
    with data_updates(server, client, lambda s, heard: s.subscribe_trades(heard.handler, ACME), 1) as heard:
        minutes(server, 1)
        heard.next()  # before it has read something, the library keeps a change of its subscriptions to itself
        client.subscribe_quotes(heard.handler, ACME)
        client.unsubscribe_trades(ACME)

        def quotes_alone(app: Any) -> bool:
            channels = app[STREAMS].clients[0].subscriptions.channels
            return list(channels["quotes"]) == [ACME] and not channels["trades"]

        server.until(quotes_alone)
        minutes(server, 2)
        assert heard.next()["T"] == "q"


def test_a_subscription_of_many_symbols_arrives_in_fragments(server: ExchangeThread) -> None:
    client = StockDataStream(KEY, SECRET, raw_data=True, url_override=f"{socket_url(server)}/v2/iex")
    many = [f"SYM{n:05d}" for n in range(8_000)]  # 72 kB: three fragments
    with data_updates(server, client, lambda s, heard: s.subscribe_bars(heard.handler, *many, ACME), 1) as heard:
        minutes(server, 1)
        assert heard.next()["S"] == ACME


@pytest.mark.slow  # the library waits half a second or more before it connects again
def test_a_client_whose_socket_broke_off_comes_back_and_hears_again(server: ExchangeThread) -> None:
    with trade_updates(server, raw=True) as heard:
        server.call(lambda venue: venue.faults.add(Rule(kind="disconnect_mid_frame", target="trade_updates")))
        server.call(lambda venue: venue.exchange.submit(order(client_order_id="lost")))
        server.until(lambda app: app[trade_stream.STREAMS].listening == 0)
        server.until(lambda app: app[trade_stream.STREAMS].listening == 1)
        server.call(lambda venue: venue.exchange.submit(order(client_order_id="heard")))
        assert {u["data"]["order"]["client_order_id"] for u in heard.take(3)} == {"heard"}
