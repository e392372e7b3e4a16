"""Market data of stocks and coins over REST."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import time
from typing import cast

from aiohttp import web

from tradetui.engine.practice.answers import VENUE, Refused, answer, integer, moment, words
from tradetui.engine.practice.config import PracticeConfig
from tradetui.engine.practice.market_data import (
    LIMIT_DEFAULT,
    LIMIT_MAX,
    MINUTE,
    BadToken,
    Kind,
    Query,
    by_symbol,
)
from tradetui.engine.practice.refusals import Refusal, bad_request
from tradetui.engine.practice.rows import Row
from tradetui.engine.practice.timeframes import Timeframe, read_timeframe
from tradetui.engine.practice.venue import Venue
from tradetui.engine.practice.wire import DAY_NS, NS_PER_S, eastern_moment, eastern_ns

STOCKS, COINS = "/v2/stocks", "/v1beta3/crypto/{loc}"
KINDS = ("bars", "trades", "quotes")
SINGULAR = {"bars": "bar", "trades": "trade", "quotes": "quote"}
FEEDS = ("", "sip", "iex", "otc", "boats", "delayed_sip", "overnight")
LOCATIONS = ("us", "us-1", "eu-1", "us-2", "bs-1")
ADJUSTMENTS = ("raw", "split", "dividend", "spin-off", "all")
DELAY_NS = 15 * 60 * NS_PER_S
_COIN = re.compile(r"[A-Z0-9]+x?/[A-Z0-9]+")
routes = web.RouteTableDef()


@routes.get(STOCKS + "/{kind:bars|trades|quotes}")
@routes.get(COINS + "/{kind:bars|trades|quotes}")
async def rows(request: web.Request) -> web.Response:
    """Rows of several symbols, a page at a time."""
    return _page(request, _symbols(request), None)


@routes.get(STOCKS + "/{kind:bars|trades|quotes}/latest")
@routes.get(COINS + "/latest/{kind:bars|trades|quotes}")
async def latest(request: web.Request) -> web.Response:
    """The newest row of each symbol."""
    kind = request.match_info["kind"]
    _feed(request)
    return answer({kind: by_symbol({symbol: _latest(request, kind, symbol) for symbol in _symbols(request)})})


@routes.get(STOCKS + "/snapshots")
async def stock_snapshots(request: web.Request) -> web.Response:
    """The latest of everything, without a wrapper."""
    _feed(request)
    return answer(_snapshots(request))


@routes.get(COINS + "/snapshots")
async def coin_snapshots(request: web.Request) -> web.Response:
    """The latest of everything."""
    return answer({"snapshots": _snapshots(request)})


@routes.get(COINS + "/latest/orderbooks")
async def orderbooks(request: web.Request) -> web.Response:
    """The displayed levels of coins."""
    venue = _venue(request)
    found = {symbol: venue.data.orderbook(symbol, 1 << 16) for symbol in _symbols(request)}
    return answer({"orderbooks": by_symbol(found)})


@routes.get(STOCKS + "/{symbol}/{kind:bars|trades|quotes}")
async def rows_of_one(request: web.Request) -> web.Response:
    """Rows of one symbol, as older clients ask for them."""
    symbol = request.match_info["symbol"].upper()
    return _page(request, (symbol,), symbol)


@routes.get(STOCKS + "/{symbol}/{kind:bars|trades|quotes}/latest")
async def latest_of_one(request: web.Request) -> web.Response:
    """The newest row of one symbol."""
    kind, symbol = request.match_info["kind"], request.match_info["symbol"].upper()
    row = _latest(request, kind, symbol)
    if row is None:
        return answer(Refusal(404, 40410000, f"no {SINGULAR[kind]} found for {symbol}"))
    return answer({"symbol": symbol, SINGULAR[kind]: row})


@routes.get(STOCKS + "/{symbol}/snapshot")
async def snapshot_of_one(request: web.Request) -> web.Response:
    """The latest of everything of one symbol."""
    venue, symbol = _venue(request), request.match_info["symbol"].upper()
    return answer({"symbol": symbol, **venue.data.snapshot(symbol, venue.exchange.now_ns)})


@routes.get(STOCKS + "/meta/exchanges")
async def exchanges(request: web.Request) -> web.Response:  # noqa: ARG001  # every handler is given its request
    """Names of the exchange codes in rows."""
    return answer({"V": "IEX"})


@routes.get(STOCKS + "/meta/conditions/{type}")
async def conditions(request: web.Request) -> web.Response:
    """Names of the condition codes in rows."""
    return answer(
        {"@": "Regular Sale"} if request.match_info["type"] == "trade" else {"R": "Regular Market Maker Open"}
    )


def _page(request: web.Request, symbols: Sequence[str], alone: str | None) -> web.Response:
    venue, kind = _venue(request), cast("Kind", request.match_info["kind"])
    feed = _feed(request)
    query = _query(request, tuple(symbols), kind, venue)
    if feed == "sip" and not venue.config.real_time_data and query.end_ns > venue.exchange.now_ns - DELAY_NS:
        return answer(Refusal(403, 42210000, "subscription does not permit querying recent SIP data"))
    try:
        page = venue.data.page(kind, query, venue.exchange.now_ns)
    except BadToken:
        return answer(bad_request("invalid page token"))
    if alone is not None:
        return answer({kind: page.rows.get(alone), "symbol": alone, "next_page_token": page.token})
    return answer({kind: page.rows, "next_page_token": page.token})


def _query(request: web.Request, symbols: tuple[str, ...], kind: str, venue: Venue) -> Query:
    now = venue.exchange.now_ns
    frame: Timeframe | None = MINUTE
    if kind == "bars":
        text = request.query.get("timeframe", "")
        frame = read_timeframe(text)
        if frame is None:
            raise Refused(bad_request(f"invalid timeframe: {text}"))
        adjustment = request.query.get("adjustment", "raw") or "raw"
        if not set(adjustment.split(",")) <= set(ADJUSTMENTS):
            raise Refused(bad_request(f"invalid adjustment: {adjustment}"))
    sort = request.query.get("sort", "asc") or "asc"
    if sort not in ("asc", "desc"):
        raise Refused(bad_request(f"invalid sort: {sort}"))
    coins = request.path.startswith("/v1beta3")
    start, end = moment(request, "start"), moment(request, "end", end_of_day=True)
    today = now // DAY_NS * DAY_NS if coins else eastern_ns(eastern_moment(now).date(), time())
    latest_ns = now if venue.config.real_time_data or coins else now - DELAY_NS
    start, end = today if start is None else start, latest_ns if end is None else end
    if end < start:
        raise Refused(bad_request("end should not be before start"))
    return Query(
        symbols,
        start,
        end,
        integer(request, "limit", LIMIT_DEFAULT, LIMIT_MAX),
        request.query.get("page_token", ""),
        sort == "asc",
        frame or MINUTE,
    )


def _symbols(request: web.Request) -> tuple[str, ...]:
    found = words(request, "symbols")
    if not found:
        raise Refused(bad_request("symbols is required"))
    if request.path.startswith("/v1beta3"):
        if request.match_info["loc"] not in LOCATIONS:
            raise Refused(bad_request(f"invalid location: {request.match_info['loc']}"))
        for symbol in found:
            if not _COIN.fullmatch(symbol):
                raise Refused(Refusal(400, None, f"invalid symbol: {symbol} does not match ^[A-Z]+x?/[A-Z]+$"))
        return found
    for symbol in found:
        if "/" in symbol or not symbol.isascii():
            raise Refused(Refusal(400, None, f"invalid symbol: {symbol}"))
    return tuple(symbol.upper() for symbol in found)


def _feed(request: web.Request) -> str:
    feed = request.query.get("feed", "") or ""
    if feed not in FEEDS:
        raise Refused(bad_request(f"invalid feed: {feed}"))
    config: PracticeConfig = _venue(request).config
    if feed == "sip" and not config.sip:
        raise Refused(Refusal(403, 42210000, "subscription does not permit querying recent SIP data"))
    return feed


def _latest(request: web.Request, kind: str, symbol: str) -> Row | None:
    venue = _venue(request)
    data, now = venue.data, venue.exchange.now_ns
    if symbol not in venue.world.symbols:
        return None
    find: dict[str, Callable[[], Row | None]] = {
        "bars": lambda: data.latest_bar(symbol, now),
        "trades": lambda: data.latest_trade(symbol),
        "quotes": lambda: data.latest_quote(symbol),
    }
    return find[kind]()


def _snapshots(request: web.Request) -> dict[str, Row]:
    venue = _venue(request)
    known = [symbol for symbol in _symbols(request) if symbol in venue.world.symbols]
    return {symbol: venue.data.snapshot(symbol, venue.exchange.now_ns) for symbol in known}


def _venue(request: web.Request) -> Venue:
    return request.app[VENUE]
