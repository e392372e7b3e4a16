"""Every market data endpoint through alpaca-py's own historical clients, with its models and with raw data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sdk import KEY, SECRET, APIError, CryptoHistoricalDataClient, StockHistoricalDataClient

from practice_market import ACME, BTC, MINUTE_NS, OPEN_NS
from tradetui.engine.practice.in_thread import ExchangeThread

R = pytest.importorskip("alpaca.data.requests")
T = pytest.importorskip("alpaca.data.timeframe")
START = datetime.fromtimestamp(OPEN_NS / 10**9, UTC)


@pytest.fixture(params=[False, True], ids=["models", "raw"])
def stocks(request: pytest.FixtureRequest, server: ExchangeThread) -> Iterator[Any]:
    yield from client(StockHistoricalDataClient(KEY, SECRET, raw_data=request.param, url_override=server.url), server)


@pytest.fixture(params=[False, True], ids=["models", "raw"])
def coins(request: pytest.FixtureRequest, server: ExchangeThread) -> Iterator[Any]:
    yield from client(CryptoHistoricalDataClient(raw_data=request.param, url_override=server.url), server)  # no keys


def client(made: Any, server: ExchangeThread) -> Iterator[Any]:
    server.call(lambda venue: venue.advance(OPEN_NS + 10 * MINUTE_NS))
    yield made
    made._session.close()


def rows(answer: Any, symbol: str) -> list[Any]:
    return list(answer[symbol])


def field(row: Any, name: str, key: str) -> Any:
    return row[key] if isinstance(row, dict) else getattr(row, name)


def closes(found: list[Any]) -> list[float]:
    return [field(row, "close", "c") for row in found]


def test_bars_of_a_minute_are_those_that_have_ended(stocks: Any) -> None:
    wanted = R.StockBarsRequest(symbol_or_symbols=ACME, timeframe=T.TimeFrame.Minute, start=START)
    found = rows(stocks.get_stock_bars(wanted), ACME)
    assert closes(found) == [100.02, 100.03, 100.04, 100.05, 100.06, 100.07, 100.08, 100.09, 100.1, 100.11]
    assert field(found[0], "trade_count", "n") == 1


@pytest.mark.parametrize(
    ("frame", "count", "last"),
    [("5Min", 2, 100.11), ("1Hour", 1, 100.11), ("1Day", 1, 100.11), ("1Week", 1, 100.11), ("3Month", 1, 100.11)],
)
def test_longer_bars_are_made_of_minutes(stocks: Any, frame: str, count: int, last: float) -> None:
    answer = stocks.get("/stocks/bars", {"symbols": ACME, "timeframe": frame, "start": "2026-01-01"}, api_version="v2")
    found = answer["bars"][ACME]
    assert (len(found), found[-1]["c"]) == (count, last)
    if frame == "1Day":
        assert found[0]["t"] == "2026-04-01T04:00:00Z"  # midnight in New York


def test_trades_and_quotes_are_rows_of_the_recording(stocks: Any) -> None:
    trades = rows(stocks.get_stock_trades(R.StockTradesRequest(symbol_or_symbols=ACME, start=START)), ACME)
    quotes = rows(stocks.get_stock_quotes(R.StockQuotesRequest(symbol_or_symbols=ACME, start=START)), ACME)
    assert (len(trades), field(trades[0], "price", "p"), field(trades[0], "id", "i")) == (10, 100.02, 1)
    assert (len(quotes), field(quotes[0], "ask_price", "ap"), field(quotes[0], "bid_size", "bs")) == (11, 100.02, 500)


def test_pages_follow_each_other_over_all_symbols(coins: Any) -> None:
    token, seen = None, []
    while True:
        query = {"symbols": BTC, "timeframe": "1Min", "limit": 4, "start": "2026-04-01", "page_token": token}
        answer = coins.get("/crypto/us/bars", {k: v for k, v in query.items() if v}, api_version="v1beta3")
        seen.append(len(answer["bars"].get(BTC, [])))
        token = answer["next_page_token"]
        if token is None:
            break
    assert seen == [4, 4, 2]


def test_the_newest_rows_come_first_if_asked_for(stocks: Any) -> None:
    query = {"symbols": ACME, "timeframe": "1Min", "sort": "desc", "limit": 3}
    first = stocks.get("/stocks/bars", query, api_version="v2")
    second = stocks.get("/stocks/bars", {**query, "page_token": first["next_page_token"]}, api_version="v2")
    assert [b["c"] for b in first["bars"][ACME]] == [100.11, 100.1, 100.09]
    assert [b["c"] for b in second["bars"][ACME]] == [100.08, 100.07, 100.06]


def test_the_latest_of_stocks(stocks: Any) -> None:
    bar = stocks.get_stock_latest_bar(R.StockLatestBarRequest(symbol_or_symbols=ACME))[ACME]
    trade = stocks.get_stock_latest_trade(R.StockLatestTradeRequest(symbol_or_symbols=ACME))[ACME]
    quote = stocks.get_stock_latest_quote(R.StockLatestQuoteRequest(symbol_or_symbols=ACME))[ACME]
    assert field(bar, "close", "c") == 100.11
    assert field(trade, "price", "p") == 100.11
    assert field(quote, "bid_price", "bp") == 100.10


def test_snapshots_of_stocks_have_no_wrapper(stocks: Any) -> None:
    found = stocks.get_stock_snapshot(R.StockSnapshotRequest(symbol_or_symbols=[ACME, "NOPE"]))
    assert list(found) == [ACME]
    daily = found[ACME]["dailyBar"] if isinstance(found[ACME], dict) else found[ACME].daily_bar
    assert field(daily, "open", "o") == 100.02


def test_coins_need_no_keys(coins: Any) -> None:
    bars = rows(
        coins.get_crypto_bars(R.CryptoBarsRequest(symbol_or_symbols=BTC, timeframe=T.TimeFrame.Minute, start=START)),
        BTC,
    )
    trades = rows(coins.get_crypto_trades(R.CryptoTradesRequest(symbol_or_symbols=BTC, start=START)), BTC)
    quotes = rows(coins.get_crypto_quotes(R.CryptoQuoteRequest(symbol_or_symbols=BTC, start=START)), BTC)
    assert (len(bars), len(trades), len(quotes)) == (10, 10, 11)
    assert field(trades[0], "price", "p") == 50_002


def test_the_latest_of_coins_with_their_order_books(coins: Any) -> None:
    wanted = {"symbol_or_symbols": BTC}
    bar = coins.get_crypto_latest_bar(R.CryptoLatestBarRequest(**wanted))[BTC]
    trade = coins.get_crypto_latest_trade(R.CryptoLatestTradeRequest(**wanted))[BTC]
    quote = coins.get_crypto_latest_quote(R.CryptoLatestQuoteRequest(**wanted))[BTC]
    book = coins.get_crypto_latest_orderbook(R.CryptoLatestOrderbookRequest(**wanted))[BTC]
    snapshot = coins.get_crypto_snapshot(R.CryptoSnapshotRequest(**wanted))
    assert field(bar, "close", "c") == field(trade, "price", "p") == 50_011
    assert field(quote, "bid_price", "bp") == field(field(book, "bids", "b")[0], "price", "p") == 50_010
    assert list(snapshot) == [BTC]


def test_older_clients_ask_for_one_symbol_in_the_path(stocks: Any) -> None:
    page = stocks.get(f"/stocks/{ACME}/bars", {"timeframe": "1Min", "limit": 2}, api_version="v2")
    assert (page["symbol"], len(page["bars"])) == (ACME, 2)
    latest = stocks.get(f"/stocks/{ACME}/trades/latest", api_version="v2")
    assert (latest["symbol"], latest["trade"]["p"]) == (ACME, 100.11)
    assert stocks.get(f"/stocks/{ACME}/snapshot", api_version="v2")["symbol"] == ACME


@pytest.mark.parametrize(
    ("path", "query", "status", "message"),
    [
        (
            "/v1beta3/crypto/us/bars",
            {"symbols": "BTCUSD", "timeframe": "1Min"},
            400,
            "invalid symbol: BTCUSD does not match ^[A-Z]+x?/[A-Z]+$",
        ),
        ("/v2/stocks/bars", {"symbols": ACME, "timeframe": "60Min"}, 400, "invalid timeframe: 60Min"),
        ("/v2/stocks/bars", {"timeframe": "1Min"}, 400, "symbols is required"),
        ("/v2/stocks/trades", {"symbols": ACME, "page_token": "garbage"}, 400, "invalid page token"),
        ("/v2/stocks/trades", {"symbols": ACME, "limit": "10001"}, 422, "invalid limit: 10001"),
        ("/v2/stocks/trades", {"symbols": ACME, "feed": "moon"}, 400, "invalid feed: moon"),
        ("/v2/stocks/trades", {"symbols": ACME, "start": "yesterday"}, 422, "invalid start: yesterday"),
    ],
)  # fmt: skip
def test_a_wrong_question_is_answered_with_words(
    stocks: Any, path: str, query: dict[str, str], status: int, message: str
) -> None:
    version, _, rest = path.lstrip("/").partition("/")
    with pytest.raises(APIError) as raised:
        stocks.get(f"/{rest}", query, api_version=version)
    assert raised.value.status_code == status
    assert message in str(raised.value)
