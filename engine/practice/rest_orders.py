"""Orders and positions over REST."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tradetui.engine.practice import refusals
from tradetui.engine.practice.answers import VENUE, Refused, answer, empty, integer, json_body, moment, words
from tradetui.engine.practice.orders import LIMIT_DEFAULT, LIMIT_MAX, OrderFilter
from tradetui.engine.practice.refusals import Refusal, shape
from tradetui.engine.practice.venue import Venue
from tradetui.engine.practice.wire import amount, switch
from tradetui.engine.practice.words import Order

routes = web.RouteTableDef()


@routes.post("/v2/orders")
async def submit(request: web.Request) -> web.Response:
    """Send an order."""
    body = await json_body(request)
    return answer(_venue(request).exchange.submit(body))


@routes.get("/v2/orders")
async def list_orders(request: web.Request) -> web.Response:
    """Orders that a filter lets through."""
    venue = _venue(request)
    wanted = read_filter(request)
    coins = [asset.symbol for asset in venue.exchange.assets.all if asset.crypto]
    rows = venue.exchange.orders.select(wanted, coins)
    return answer([venue.exchange.desk.render(order, wanted.nested) for order in rows])


@routes.delete("/v2/orders")
async def cancel_all(request: web.Request) -> web.Response:
    """Cancel whatever is open."""
    return answer(_venue(request).exchange.cancel_all(), 207)


@routes.get("/v2/orders:by_client_order_id")
async def by_client_id(request: web.Request) -> web.Response:
    """An order by the client's own id."""
    exchange = _venue(request).exchange
    name = request.query.get("client_order_id", "")
    order = exchange.orders.of_client(name)
    return answer(refusals.order_not_found(name) if order is None else exchange.desk.render(order))


@routes.get("/v2/orders/{id}")
async def get_order(request: web.Request) -> web.Response:
    """An order by its id."""
    exchange = _venue(request).exchange
    order = exchange.find(request.match_info["id"])
    nested = flag(request, "nested")
    return answer(exchange.desk.render(order, nested) if isinstance(order, Order) else order)


@routes.patch("/v2/orders/{id}")
async def replace(request: web.Request) -> web.Response:
    """Put another order in its place."""
    body = await json_body(request)
    return answer(_venue(request).exchange.replace(request.match_info["id"], body))


@routes.delete("/v2/orders/{id}")
async def cancel(request: web.Request) -> web.Response:
    """Cancel an order."""
    refusal = _venue(request).exchange.cancel(request.match_info["id"])
    return empty() if refusal is None else answer(refusal)


@routes.get("/v2/positions")
async def positions(request: web.Request) -> web.Response:
    """All that is held."""
    return answer(_venue(request).exchange.positions())


@routes.delete("/v2/positions")
async def close_all(request: web.Request) -> web.Response:
    """Close whatever is held, after cancelling orders if asked to."""
    return answer(_venue(request).exchange.close_all(flag(request, "cancel_orders")), 207)


@routes.get("/v2/positions/{name:.+}")
async def position(request: web.Request) -> web.Response:
    """One position."""
    return answer(_venue(request).exchange.position(request.match_info["name"]))


@routes.delete("/v2/positions/{name:.+}")
async def close_position(request: web.Request) -> web.Response:
    """Close a position, or a part of it."""
    given: dict[str, Any] = {}
    for name in ("qty", "percentage"):
        text = request.query.get(name, "")
        value = amount(text) if text else None
        if text and (value is None or value <= 0):
            return answer(shape(f"{name} must be > 0"))
        given[name] = value
    return answer(_venue(request).exchange.close_position(request.match_info["name"], **given))


@routes.post("/v2/positions/{name:.+}/exercise")
async def exercise(request: web.Request) -> web.Response:  # noqa: ARG001  # every handler is given its request
    """Options are not traded here."""
    return answer(refusals.no_position())


def read_filter(request: web.Request) -> OrderFilter:
    """The filter in a query; raises Refused."""
    query = request.query
    status, direction = query.get("status", "open"), query.get("direction", "desc")
    side = query.get("side", "")
    before, after = query.get("before_order_id") or None, query.get("after_order_id") or None
    timed = bool(query.get("after") or query.get("until"))
    checks = (
        (status in ("open", "closed", "all"), f"invalid status: {status}"),
        (direction in ("asc", "desc"), f"invalid direction: {direction}"),
        (side in ("", "buy", "sell"), f"invalid side: {side}"),
        (not (before and after), "before_order_id and after_order_id are mutually exclusive"),
        (not (timed and (before or after)), "order id cursors and after/until are mutually exclusive"),
    )
    for holds, message in checks:
        if not holds:
            raise Refused(shape(message))
    return OrderFilter(
        status=status,
        limit=integer(request, "limit", LIMIT_DEFAULT, LIMIT_MAX),
        after_ns=moment(request, "after"),
        until_ns=moment(request, "until"),
        ascending=direction == "asc",
        nested=flag(request, "nested"),
        symbols=words(request, "symbols"),
        side={"": 0, "buy": 1, "sell": -1}[side],
        asset_class=query.get("asset_class", ""),
        before_id=before,
        after_id=after,
    )


def flag(request: web.Request, name: str) -> bool:
    """A switch in the query, off where it is absent; raises Refused."""
    found = switch(request.query.get(name, ""))
    if found is None:
        raise Refused(Refusal(422, 40010001, f"invalid {name}: {request.query[name]}"))
    return found


def _venue(request: web.Request) -> Venue:
    return request.app[VENUE]
