"""Binance's public klines over REST: no account, no key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from tradetui.data.download.answers import is_local, refuse_status
from tradetui.data.download.pages import NS_PER_S, TIMEFRAMES, Page, Row, Transient, number_text, shape_fault, shortened
from tradetui.data.download.patience import http_date_ns
from tradetui.engine.errors import DataError

URL = "https://data-api.binance.vision"  # serves market data alone, also where trading is not offered
INTERVALS = {"1min": "1m", "5min": "5m", "15min": "15m", "1hour": "1h", "1day": "1d"}
LIMIT = 1000  # rows of a page, the most that is served
WEIGHT_PER_MINUTE = 6000
WEIGHT_TO_REST_AT = 5000  # others may share our address: what they use counts too
FIELDS = 12
INVALID_SYMBOL = -1121
NS_PER_MS = 10**6


class BinanceSource:
    """Klines by start time, a thousand at a time."""

    name = "binance"
    gapless = True
    cost = 2.0  # the weight of a klines request

    def __init__(self, url: str, now_ns: Callable[[], int], timeout_s: float) -> None:
        self._client = httpx.Client(
            base_url=url, timeout=timeout_s, follow_redirects=False, trust_env=not is_local(url)
        )
        self._now_ns = now_ns

    def page(self, symbol: str, timeframe: str, start_ns: int, stop_ns: int, cursor: str | None) -> Page:
        """As Source.page; the cursor is a start time."""
        begin_ns = start_ns if cursor is None else int(cursor)
        response = self._get(symbol, INTERVALS[timeframe], begin_ns, stop_ns)
        rows = [self._row(symbol, item) for item in self._items(symbol, response)]
        reached = max(begin_ns, rows[-1].ts_ns + TIMEFRAMES[timeframe]) if rows else stop_ns
        more = None if reached >= stop_ns else str(reached)
        return Page(rows, more, reached, http_date_ns(response.headers.get("Date")), self._rest_s(response))

    def close(self) -> None:
        """As Source.close."""
        self._client.close()

    def _get(self, symbol: str, interval: str, begin_ns: int, stop_ns: int) -> httpx.Response:
        query: dict[str, str | int] = {
            "symbol": symbol,
            "interval": interval,
            "startTime": -(-begin_ns // NS_PER_MS),
            "endTime": -(-stop_ns // NS_PER_MS) - 1,  # theirs is included
            "limit": LIMIT,
        }
        try:
            return self._client.get("/api/v3/klines", params=query)
        except httpx.TimeoutException as error:
            raise Transient(f"no answer in time ({type(error).__name__})") from error
        except httpx.TransportError as error:
            raise Transient(f"the connection failed ({shortened(str(error)) or type(error).__name__})") from error

    def _items(self, symbol: str, response: httpx.Response) -> list[Any]:
        where = f"{self.name} {symbol}"
        refuse_status(where, response.status_code, response.headers, response.text, self._now_ns())
        try:
            body = response.json()
        except ValueError:
            raise Transient(f"an answer that is not JSON ({shortened(response.text, 60)})") from None
        if response.status_code in (400, 404):
            code = body.get("code") if isinstance(body, dict) else None
            if code == INVALID_SYMBOL:
                hint = "Symbols are written as BTCUSDT: base and quote without a separator"
                raise DataError(where, None, "the vendor knows no such symbol", "a symbol it lists", hint)
            said = shortened(response.text)
            raise DataError(where, None, f"HTTP {response.status_code} ({said})", "HTTP 200", "Check symbol and times")
        if not isinstance(body, list):
            raise shape_fault(
                self.name, symbol, f"{type(body).__name__} {shortened(response.text, 60)}", "a list of klines"
            )
        return body

    def _row(self, symbol: str, item: object) -> Row:
        if not isinstance(item, list) or len(item) != FIELDS:
            seen = (
                f"a kline of {len(item)} fields" if isinstance(item, list) else f"a kline {shortened(repr(item), 60)}"
            )
            raise shape_fault(self.name, symbol, seen, f"a list of {FIELDS} fields")
        if type(item[0]) is not int:
            raise shape_fault(self.name, symbol, f"the open time {item[0]!r}", "milliseconds as an integer")
        texts = [number_text(value) for value in item[1:6]]
        if None in texts or not all(isinstance(value, str) for value in item[1:6]):
            raise shape_fault(
                self.name, symbol, f"prices {shortened(repr(item[1:6]), 60)}", "five decimal numbers as text"
            )
        return Row(item[0] * NS_PER_MS, *(text for text in texts if text is not None))

    def _rest_s(self, response: httpx.Response) -> float:
        """Until the vendor's minute is over, if its budget is nearly spent."""
        used = response.headers.get("X-MBX-USED-WEIGHT-1M", "0")
        if not used.isdigit() or int(used) < WEIGHT_TO_REST_AT:
            return 0.0
        as_of = http_date_ns(response.headers.get("Date")) or self._now_ns()
        return 60 - as_of / NS_PER_S % 60
