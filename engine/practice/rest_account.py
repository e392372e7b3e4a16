"""The account, its history, assets, clock and calendar over REST."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from aiohttp import web

from tradetui.engine.practice import refusals
from tradetui.engine.practice.answers import VENUE, Refused, answer, integer, json_body, moment, words
from tradetui.engine.practice.portfolio_history import FRAMES, INTRADAY_DAYS, default_frame, history, period_days
from tradetui.engine.practice.refusals import Refusal, shape
from tradetui.engine.practice.venue import Venue
from tradetui.engine.practice.wire import DAY_NS, eastern_moment, switch
from tradetui.engine.practice.words import Activity

_TYPES = (
    "FILL TRANS MISC ACATC ACATS CFEE CSD CSW CSR CIL DIV DIVCGL DIVCGS DIVFEE DIVFT DIVNRA DIVROC DIVTW DIVTXEX FEE "
    "FXTRD INT INTNRA INTTW JNL JNLC JNLS MA MEM NC OCT OPASN OPEXP OPXRC OPTRD PTC PTR REORG SC SPIN SPLIT SSO SSP "
    "SWP"
)
ACTIVITY_TYPES = frozenset(_TYPES.split())
PAGE_MAX = 100
routes = web.RouteTableDef()


@routes.get("/v2/account")
async def account(request: web.Request) -> web.Response:
    """The account."""
    exchange = _venue(request).exchange
    return answer(exchange.account.body(exchange.now_ns))


@routes.get("/v2/account/configurations")
async def configurations(request: web.Request) -> web.Response:
    """How the account is configured."""
    return answer(_venue(request).exchange.account.configuration)


@routes.patch("/v2/account/configurations")
async def configure(request: web.Request) -> web.Response:
    """Change some of it; nulls change nothing."""
    body = await json_body(request)
    exchange = _venue(request).exchange
    known = exchange.account.configuration
    for name, value in body.items():
        if name not in known:
            return answer(shape(f"unknown configuration: {name}"))
        if value is None:
            continue
        wanted: Any = switch(value) if isinstance(known[name], bool) else value
        if wanted is None or (name == "max_margin_multiplier" and str(value) not in ("1", "2", "4")):
            return answer(shape(f"invalid {name}: {value}"))
        known[name] = str(wanted) if name == "max_margin_multiplier" else wanted
    exchange.account_changed = True
    return answer(known)


@routes.get("/v2/account/activities")
@routes.get("/v2/account/activities/{type}")
async def activities(request: web.Request) -> web.Response:
    """The account's history, row by row."""
    path = request.match_info.get("type", "")
    kinds = (path,) if path else words(request, "activity_types")
    for kind in kinds:
        if kind not in ACTIVITY_TYPES:
            return answer(refusals.bad_activity(kind))
    category = request.query.get("category", "")
    if category not in ("", "trade_activity", "non_trade_activity"):
        return answer(shape(f"invalid category: {category}"))
    day = request.query.get("date", "")
    size = integer(request, "page_size", PAGE_MAX, PAGE_MAX if not day else 1 << 20)
    direction = request.query.get("direction", "desc")
    if direction not in ("asc", "desc"):
        return answer(shape(f"invalid direction: {direction}"))
    after, until = moment(request, "after"), moment(request, "until")
    rows = [
        row
        for row in _venue(request).exchange.account.ledger.activities
        if (not kinds or row.activity_type in kinds)
        and (not category or (row.activity_type == "FILL") == (category == "trade_activity"))
        and (after is None or row.ts_ns > after)
        and (until is None or row.ts_ns < until)
        and (not day or f"{eastern_moment(row.ts_ns):%Y-%m-%d}" == day)
    ]
    if direction == "desc":
        rows.reverse()
    rows = _beyond(rows, request.query.get("page_token", ""))
    return answer([row.body for row in (rows if day and "page_size" not in request.query else rows[:size])])


def _beyond(rows: list[Activity], token: str) -> list[Activity]:
    if not token:
        return rows
    places = [index for index, row in enumerate(rows) if row.id == token]
    return rows[places[0] + 1 :] if places else []


@routes.get("/v2/account/portfolio/history")
async def portfolio_history(request: web.Request) -> web.Response:
    """What the account was worth."""
    query, exchange = request.query, _venue(request).exchange
    given = [name for name in ("start", "end", "period", "date_end") if query.get(name)]
    if {"start", "end", "period"} <= set(given):
        return answer(refusals.unprocessable("only two of start, end and period can be specified"))
    days = period_days(query.get("period", "") or "1M")
    if days is None:
        return answer(refusals.unprocessable(f"invalid period: {query['period']}"))
    end = moment(request, "end") or exchange.now_ns
    start = moment(request, "start") or end - days * DAY_NS
    if start and "period" in given and "end" not in given and query.get("start"):
        end = start + days * DAY_NS
    span = (end - start) // DAY_NS
    frame = query.get("timeframe") or default_frame(span)
    if frame not in FRAMES:
        return answer(refusals.unprocessable(f"invalid timeframe: {frame}"))
    if frame != "1D" and span > INTRADAY_DAYS:
        return answer(refusals.unprocessable("intraday timeframes are limited to 30 days"))
    per_day = query.get("pnl_reset", "per_day") == "per_day"
    base = Decimal(exchange.config.start_cash)
    body = history(exchange.floor.equity, frame, start, end, base, per_day)
    if query.get("cashflow_types"):
        body["cashflow"] = {}
    return answer(body)


@routes.get("/v2/assets")
async def assets(request: web.Request) -> web.Response:
    """What can be traded."""
    query = request.query
    wanted_class = query.get("asset_class") or "us_equity"
    attributes = set(words(request, "attributes"))
    found = [
        asset
        for asset in _venue(request).exchange.assets.all
        if asset.asset_class == wanted_class
        and (not query.get("status") or asset.status == query["status"])
        and (not query.get("exchange") or asset.body()["exchange"] == query["exchange"])
        and (not attributes or attributes & set(asset.attributes))
    ]
    return answer([asset.body() for asset in found])


@routes.get("/v2/assets/{name:.+}")
async def asset(request: web.Request) -> web.Response:
    """One asset."""
    name = request.match_info["name"]
    found = _venue(request).exchange.assets.find(name)
    return answer(refusals.no_asset(name) if found is None else found.body())


@routes.get("/v2/clock")
async def clock(request: web.Request) -> web.Response:
    """Market time, and whether the market is open."""
    exchange = _venue(request).exchange
    return answer(exchange.hours.clock(exchange.now_ns))


@routes.get("/v2/calendar")
async def calendar(request: web.Request) -> web.Response:
    """The days of the market."""
    return answer(_venue(request).exchange.hours.calendar(_day(request, "start"), _day(request, "end")))


def _day(request: web.Request, name: str) -> date | None:
    text = request.query.get(name, "")
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        raise Refused(Refusal(422, 40010001, f"invalid {name}: {text}")) from None


def _venue(request: web.Request) -> Venue:
    return request.app[VENUE]
