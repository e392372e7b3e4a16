"""Vendors as small local servers: real HTTP, the vendors' shapes, faults on a schedule. Tests reach no further."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from random import Random
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

S = 10**9
NEW_YORK = ZoneInfo("America/New_York")
STEPS = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "1d": 86400}
ALPACA_STEPS = {"1Min": 60, "5Min": 300, "15Min": 900, "1Hour": 3600, "1Day": 86400}
KEY, SECRET = "AKTESTKEY", "sEcReTwOrDs"


@dataclass(frozen=True)
class Bar:
    """Start in whole seconds, and numbers in cents so that every vendor's way of writing them is exact."""

    at_s: int
    open: int
    high: int
    low: int
    close: int
    volume: int


def bar_at(symbol: str, at_s: int, version: int = 0) -> Bar:
    """The bar of a symbol at a time: always the same, whoever asks in whatever order. A version is another history."""
    chance = Random(f"{symbol} {at_s} {version}")
    base = 10_000 + at_s // 60 % 977
    close = base + chance.randrange(-50, 51)
    high = max(base, close) + chance.randrange(40)
    low = min(base, close) - chance.randrange(40)
    return Bar(at_s, base, high, low, close, chance.randrange(1, 100_000))


@dataclass(frozen=True)
class Fault:
    """One answer that goes wrong. `kind` is how, `wait` what Retry-After says."""

    kind: str
    wait: str | None = None


@dataclass
class Market:
    """What a server trades: symbols, hours, its clock, and which of its next answers go wrong."""

    symbols: tuple[str, ...] = ("BTCUSDT",)
    now_s: int = 2_000_000_000
    open_at: Callable[[int], bool] = lambda at_s: True
    version: dict[str, int] = field(default_factory=dict)
    faults: dict[int, Fault] = field(default_factory=dict)  # by the number of the request for bars, from 0
    asked: list[dict[str, str]] = field(default_factory=list)
    page: int | None = None  # rows of a page, where the vendor's own limit is too large for a test
    before_s: int = 0  # its first bar
    lock: threading.Lock = field(default_factory=threading.Lock)

    def bars(self, symbol: str, start_s: int, stop_s: int, step: int, limit: int | None = None) -> list[Bar]:
        """The first bars that start in [start, stop), the one that is still open at its end included, as vendors do."""
        first = -(-max(start_s, self.before_s) // step) * step
        stop = min(stop_s, self.now_s + 1)
        version = self.version.get(symbol, 0)
        times = (at for at in range(first, stop, step) if self.open_at(at))
        return [bar_at(symbol, at, version) for at in islice(times, limit)]

    def next_fault(self, query: dict[str, str]) -> Fault | None:
        """Notes a request and says what is to go wrong with its answer."""
        with self.lock:
            number = len(self.asked)
            self.asked.append(query)
            return self.faults.get(number)


@dataclass(frozen=True)
class Answer:
    """Status, body and headers of an answer."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def as_json(value: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, json.dumps(value).encode(), headers)


def binance(market: Market, path: str, query: dict[str, str], headers: Any) -> Answer:
    """GET /api/v3/klines."""
    if path != "/api/v3/klines":
        return as_json({"code": -1, "msg": f"no {path}"}, 404)
    if query["symbol"] not in market.symbols:
        market.next_fault(query)
        return as_json({"code": -1121, "msg": "Invalid symbol."}, 400)
    fault = market.next_fault(query)
    step = STEPS[query["interval"]]
    start, end = int(query["startTime"]), int(query["endTime"])
    limit = min(int(query["limit"]), market.page or 1000)
    if fault and fault.kind == "repeat":
        start -= limit * step * 1000
    if fault and fault.kind == "skip":
        start += limit * step * 1000
    bars = market.bars(query["symbol"], -(-start // 1000), end // 1000 + 1, step, limit)
    rows = [
        [
            b.at_s * 1000,
            *(f"{price / 100:.8f}" for price in (b.open, b.high, b.low, b.close)),
            f"{b.volume / 1000:.8f}",
            (b.at_s + step) * 1000 - 1,
            "0.0",
            1,
            "0.0",
            "0.0",
            "0",
        ]
        for b in bars
    ]
    if fault and fault.kind == "column":
        rows = [row[:-1] for row in rows]
    if fault and fault.kind == "disorder":
        rows = rows[::-1]
    return spoiled(as_json([] if fault and fault.kind == "empty" else rows), fault)


def alpaca(market: Market, path: str, query: dict[str, str], headers: Any) -> Answer:
    """GET /v2/stocks/bars and /v1beta3/crypto/us/bars, paged by opaque tokens."""
    crypto = path == "/v1beta3/crypto/us/bars"
    if not crypto and path != "/v2/stocks/bars":
        return as_json({"message": f"no {path}"}, 404)
    keys = headers.get("APCA-API-KEY-ID"), headers.get("APCA-API-SECRET-KEY")
    if keys != (KEY, SECRET) and not (crypto and keys == (None, None)):
        market.next_fault(query)
        return as_json({"message": "unauthorized."}, 401)
    symbol = query["symbols"]
    fault = market.next_fault(query)
    if symbol not in market.symbols:
        return as_json({"code": 40010001, "message": f"invalid symbol: {symbol}"}, 400)
    step = ALPACA_STEPS[query["timeframe"]]
    start, end = (int(datetime.fromisoformat(query[name]).timestamp()) for name in ("start", "end"))
    limit = min(int(query["limit"]), market.page or 10_000)
    shift = 0 if crypto or step < 86400 else None  # days of shares are stamped at midnight in New York
    bars = (
        market.bars(symbol, start - 86400, end + 1, step)
        if shift is None
        else market.bars(symbol, start, end + 1, step)
    )
    stamped = [(_midnight(b.at_s) if shift is None else b.at_s, b) for b in bars]
    stamped = [(at, b) for at, b in stamped if start <= at <= end]
    if token := query.get("page_token"):
        after = int(bytes.fromhex(token).decode())
        if fault and fault.kind == "repeat":
            after -= limit * step
        stamped = [(at, b) for at, b in stamped if at > after]
    page, rest = stamped[:limit], stamped[limit:]
    rows = [
        {
            "t": datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z"),
            **{name: price / 100 for name, price in zip("ohlc", (b.open, b.high, b.low, b.close), strict=True)},
            "v": b.volume,
            "n": 1,
            "vw": b.open / 100,
        }
        for at, b in page
    ]
    if fault and fault.kind == "column":
        rows = [{k if k != "c" else "close": v for k, v in row.items()} for row in rows]
    if fault and fault.kind == "disorder":
        rows = rows[::-1]
    more = str(page[-1][0]).encode().hex() if rest else None
    if fault and fault.kind == "empty":
        rows, more = [], None
    return spoiled(as_json({"bars": {symbol: rows} if rows else {}, "next_page_token": more}), fault)


def yahoo(market: Market, path: str, query: dict[str, str], headers: Any) -> Answer:
    """GET /v8/finance/chart/SYMBOL, and the cookie and the crumb that a browser fetches first."""
    if path == "/v1/test/getcrumb":
        return Answer(200, b"crumb123", {"Content-Type": "text/plain"})
    if path == "/consent":
        return Answer(200, b"<html><body>no form here</body></html>", {"Content-Type": "text/html"})
    if not path.startswith("/v8/finance/chart/"):
        return Answer(404, b"", {"Set-Cookie": "A3=abc; Max-Age=31557600; Domain=.yahoo.com; Path=/"})
    symbol = unquote(path.rpartition("/")[2])
    if symbol not in market.symbols:
        market.next_fault(query)
        words = "No data found, symbol may be delisted"
        return as_json({"chart": {"result": None, "error": {"code": "Not Found", "description": words}}}, 404)
    if "period1" not in query:  # the question for the time zone
        return as_json(_chart(symbol, [], 86400))
    fault = market.next_fault(query)
    step = STEPS[query["interval"]]
    opening = 14 * 3600 + 1800 if step == 86400 else 0  # days are stamped when they open
    start, stop = int(query["period1"]), int(query["period2"])
    bars = [
        Bar(b.at_s + opening, b.open, b.high, b.low, b.close, b.volume)
        for b in market.bars(symbol, start - opening, stop - opening, step)
    ]
    if fault and fault.kind == "empty":
        bars = []
    chart = _chart(symbol, bars, step)
    if fault and fault.kind == "column":
        del chart["chart"]["result"][0]["indicators"]["quote"][0]["close"]
    return spoiled(as_json(chart), fault)


def _chart(symbol: str, bars: list[Bar], step: int) -> dict[str, Any]:
    quote: dict[str, Any] = {}
    if bars:
        quote = {name: [getattr(b, name) / 100 for b in bars] for name in ("open", "high", "low", "close")}
        quote["volume"] = [b.volume for b in bars]
    now = bars[-1].at_s if bars else 0
    period = {"timezone": "EST", "start": now, "end": now + step, "gmtoffset": -18000}
    meta = {
        "currency": "USD",
        "symbol": symbol,
        "exchangeName": "NMS",
        "instrumentType": "EQUITY",
        "firstTradeDate": 345479400,
        "gmtoffset": -18000,
        "timezone": "EST",
        "exchangeTimezoneName": "America/New_York",
        "priceHint": 2,
        "currentTradingPeriod": {"pre": period, "regular": period, "post": period},
        "dataGranularity": "1d",
        "range": "",
        "validRanges": ["1d", "max"],
    }
    result = {
        "meta": meta,
        "timestamp": [b.at_s for b in bars],
        "indicators": {"quote": [quote], "adjclose": [{"adjclose": quote.get("close", [])}]},
    }
    if step < 86400:
        meta["tradingPeriods"] = [
            [{"timezone": "EST", "start": day, "end": _midnight(day + 30 * 3600), "gmtoffset": -18000}]
            for day in sorted({_midnight(b.at_s) for b in bars})
        ]
        del result["indicators"]["adjclose"]  # type: ignore[attr-defined]
    return {"chart": {"result": [result], "error": None}}


def _midnight(at_s: int) -> int:
    """Midnight in New York of the UTC date of a time."""
    day = datetime.fromtimestamp(at_s, UTC).date()
    return int(datetime.combine(day, datetime.min.time(), NEW_YORK).timestamp())


def spoiled(answer: Answer, fault: Fault | None) -> Answer:
    """The answer with what its fault does to any vendor's."""
    if fault is None:
        return answer
    wait = {} if fault.wait is None else {"Retry-After": fault.wait}
    if fault.kind.isdigit():
        return Answer(int(fault.kind), b'{"message": "too busy"}', wait)
    if fault.kind == "html":
        return Answer(200, b"<html>Will return shortly</html>")
    if fault.kind == "shape":
        return as_json({"data": "moved"})
    if fault.kind in ("cut", "hang"):
        return Answer(200, answer.body, {"X-Fault": fault.kind})
    return answer


Vendor = Callable[[Market, str, dict[str, str], Any], Answer]


@contextmanager
def serving(vendor: Vendor, market: Market) -> Iterator[str]:
    """The address of a vendor that answers until the block ends."""
    hang = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or each answer waits for the client's kernel

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            self.reply(vendor(market, parts.path, query, self.headers))

        def reply(self, answer: Answer) -> None:
            fault = answer.headers.pop("X-Fault", None)
            if fault == "hang":
                hang.wait()  # the client gives up before the server does
                self.close_connection = True
                return
            self.send_response_only(answer.status)
            headers = {"Content-Type": "application/json", "Date": formatdate(market.now_s, usegmt=True)}
            for name, value in {**headers, **answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if fault == "cut":
                self.wfile.write(answer.body[: len(answer.body) // 2])
                self.close_connection = True
                return
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            if not isinstance(sys.exc_info()[1], ConnectionError):  # a client that was killed is no fault of ours
                super().handle_error(request, client_address)  # type: ignore[arg-type]

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        hang.set()
        server.shutdown()
        server.server_close()
        thread.join()


def weekdays(at_s: int) -> bool:
    """Open from Monday to Friday."""
    return datetime.fromtimestamp(at_s, UTC).weekday() < 5


def seconds(text: str) -> int:
    """Seconds of a date or time in UTC."""
    return int(
        (datetime.fromisoformat(text).replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1)
    )
