"""Alpaca's historical bars of shares and crypto, page by page through alpaca-py; keys by the environment or given."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from tradetui.data.download.answers import is_local, refuse_status
from tradetui.data.download.pages import NS_PER_S, TIMEFRAMES, Page, Row, Transient, number_text, shape_fault, shortened
from tradetui.data.download.patience import http_date_ns
from tradetui.data.times import DAY_NS, EPOCH
from tradetui.engine.errors import DataError, UsageError

if TYPE_CHECKING:
    from alpaca.common.rest import RESTClient

URL = "https://data.alpaca.markets"
KEY_NAMES = ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY")
INTERVALS = {"1min": "1Min", "5min": "5Min", "15min": "15Min", "1hour": "1Hour", "1day": "1Day"}
LIMIT = 10_000  # rows of a page, the most that is served
REQUESTS_PER_MINUTE = 200
EXCHANGE_ZONE = ZoneInfo("America/New_York")


class AlpacaSource:
    """Bars of one symbol: shares by ticker, crypto as BTC/USD. Prices of shares are as traded, not adjusted."""

    name = "alpaca"
    gapless = False  # crypto here has no bar for a minute without a trade
    cost = 1.0

    def __init__(
        self, url: str, now_ns: Callable[[], int], timeout_s: float, keys: Callable[[], tuple[str, str]] | None = None
    ) -> None:
        self._keys = keys or _keys_of_environment
        self._url = url.rstrip("/")
        self._now_ns = now_ns
        self._timeout_s = timeout_s
        self._clients: dict[bool, RESTClient] = {}
        self._headers: Mapping[str, str] = {}

    def page(self, symbol: str, timeframe: str, start_ns: int, stop_ns: int, cursor: str | None) -> Page:
        """As Source.page; the cursor is the vendor's page token."""
        crypto = "/" in symbol
        body = self._get(symbol, crypto, timeframe, start_ns, stop_ns, cursor)
        if not isinstance(body, dict) or "next_page_token" not in body or "bars" not in body:
            seen = f"an answer with {', '.join(map(repr, body)) or 'nothing'}" if isinstance(body, dict) else repr(body)
            raise shape_fault(self.name, symbol, shortened(seen), "an object with 'bars' and 'next_page_token'")
        token = body["next_page_token"]
        if token is not None and not isinstance(token, str):
            raise shape_fault(self.name, symbol, f"the page token {token!r}", "text or null")
        rows = [self._row(symbol, item, timeframe, crypto) for item in self._items(symbol, body["bars"])]
        after = rows[-1].ts_ns + TIMEFRAMES[timeframe] if rows else start_ns
        return Page(rows, token or None, after if token else stop_ns, self._as_of_ns(), self._rest_s())

    def close(self) -> None:
        """As Source.close."""
        for client in self._clients.values():
            client._session.close()

    def _get(
        self, symbol: str, crypto: bool, timeframe: str, start_ns: int, stop_ns: int, token: str | None
    ) -> Any:  # whatever JSON came
        from alpaca.common.exceptions import APIError

        path = "/crypto/us/bars" if crypto else "/stocks/bars"
        query: dict[str, Any] = {
            "symbols": symbol,
            "timeframe": INTERVALS[timeframe],
            "start": _iso(start_ns),
            "end": _iso(stop_ns - NS_PER_S),  # theirs is included, and no bar starts between two seconds
            "limit": LIMIT,
            "sort": "asc",
            **({} if crypto else {"adjustment": "raw"}),
            **({} if token is None else {"page_token": token}),
        }
        client = self._client(crypto)
        try:
            return client.get(path, query)
        except APIError as error:
            self._refuse(symbol, error)
        except ValueError as error:  # before OSError: a body that is not JSON is both
            raise Transient("an answer that is not JSON") from error
        except OSError as error:  # every fault of the connection is one, timeouts too
            raise Transient(f"the connection failed ({type(error).__name__})") from error

    def _refuse(self, symbol: str, error: Any) -> None:
        """Raises for an HTTP error; the words of the answer never hold the keys, those of the request are not shown."""
        where, response = f"{self.name} {symbol}", error.response
        hint = "Shares are written as AAPL, crypto as BTC/USD"
        said = shortened(response.text)
        if "recent SIP data" in response.text:
            hint = "Your plan has no data of the last 15 minutes: end earlier with --to"
            raise DataError(where, None, f"HTTP {response.status_code} ({said})", "bars", hint)
        refuse_status(where, response.status_code, response.headers, response.text, self._now_ns())
        raise DataError(where, None, f"HTTP {response.status_code} ({said})", "a symbol that the vendor lists", hint)

    def _client(self, crypto: bool) -> RESTClient:
        if crypto not in self._clients:
            self._clients[crypto] = self._new_client(crypto)
        return self._clients[crypto]

    def _new_client(self, crypto: bool) -> RESTClient:
        from alpaca.data.historical import CryptoHistoricalDataClient, StockHistoricalDataClient

        key, secret = self._keys()
        if not (key and secret) and (key or secret or not crypto):
            missing = " and ".join(name for name, value in zip(KEY_NAMES, (key, secret), strict=True) if not value)
            raise UsageError(f"alpaca needs keys: expected {missing} in the environment")
        if key and urlsplit(self._url).scheme != "https" and not is_local(self._url):
            raise UsageError(f"--url {self._url}: the keys would travel readable to all; expected https://")
        kind = CryptoHistoricalDataClient if crypto else StockHistoricalDataClient
        client: RESTClient = kind(key or None, secret or None, raw_data=True, url_override=self._url)
        # alpaca-py has no timeout at all, and retries blindly with a blocking sleep: both are ours to decide.
        client._retry = 0
        client._session.request = partial(client._session.request, timeout=self._timeout_s)  # type: ignore[method-assign]
        client._session.hooks["response"].append(self._heard)
        client._session.trust_env = not is_local(self._url)
        return client

    def _heard(self, response: Any, *_: object, **__: object) -> None:
        self._headers = response.headers

    def _items(self, symbol: str, bars: object) -> list[Any]:
        if bars is None:
            return []
        if not isinstance(bars, dict) or any(name != symbol for name in bars):
            raise shape_fault(self.name, symbol, f"bars {shortened(repr(bars), 60)}", f"an object with {symbol!r}")
        items = bars.get(symbol) or []
        if not isinstance(items, list):
            raise shape_fault(self.name, symbol, f"bars {shortened(repr(items), 60)}", "a list of bars")
        return items

    def _row(self, symbol: str, item: object, timeframe: str, crypto: bool) -> Row:
        if not isinstance(item, dict) or not {"t", "o", "h", "l", "c", "v"} <= item.keys():
            seen = f"a bar with {', '.join(map(repr, item))}" if isinstance(item, dict) else f"a bar {item!r}"
            raise shape_fault(self.name, symbol, shortened(seen), "a bar with t, o, h, l, c and v")
        try:
            moment = datetime.fromisoformat(item["t"])
        except (TypeError, ValueError):
            raise shape_fault(self.name, symbol, f"the time {item['t']!r}", "an RFC 3339 time") from None
        values = [None if isinstance(item[name], str) else number_text(item[name]) for name in "ohlcv"]
        if None in values or moment.tzinfo is None:
            raise shape_fault(
                self.name, symbol, f"a bar {shortened(repr(item), 80)}", "numbers and a time with its zone"
            )
        if timeframe == "1day" and not crypto:  # stamped at midnight in New York: its trading day is what it is of
            moment = datetime.combine(moment.astimezone(EXCHANGE_ZONE).date(), datetime.min.time(), UTC)
        ts_ns = (moment - EPOCH) // timedelta(seconds=1) * NS_PER_S
        return Row(ts_ns, *(value for value in values if value is not None))

    def _as_of_ns(self) -> int | None:
        return http_date_ns(self._headers.get("Date"))

    def _rest_s(self) -> float:
        """Until the vendor's minute is over, once its last request is spent."""
        reset = self._headers.get("X-RateLimit-Reset", "")
        if self._headers.get("X-RateLimit-Remaining") != "0" or not reset.isdigit():
            return 0.0
        return min(60.0, max(0.0, int(reset) - (self._as_of_ns() or self._now_ns()) / NS_PER_S))


def _keys_of_environment() -> tuple[str, str]:
    key, secret = (os.environ.get(name, "") for name in KEY_NAMES)
    return key, secret


def _iso(ts_ns: int) -> str:
    days, rest = divmod(ts_ns, DAY_NS)
    moment = EPOCH + timedelta(days=days, seconds=rest // NS_PER_S)
    return moment.isoformat().replace("+00:00", "Z")
