"""Watchlists: named lists of assets that the venue keeps for its user. In memory."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tradetui.engine.practice.answers import VENUE, Refused, answer, empty, json_body
from tradetui.engine.practice.ledger import make_id
from tradetui.engine.practice.refusals import Refusal, missing, no_asset, shape
from tradetui.engine.practice.venue import Venue
from tradetui.engine.practice.wire import timestamp
from tradetui.engine.practice.words import Watchlist

NAME_MAX = 64
routes = web.RouteTableDef()


@routes.get("/v2/watchlists")
async def all_lists(request: web.Request) -> web.Response:
    """All of them, without their assets."""
    venue = _venue(request)
    return answer([_body(venue, found, False) for found in venue.watchlists.values()])


@routes.post("/v2/watchlists")
async def create(request: web.Request) -> web.Response:
    """A new list."""
    venue, body = _venue(request), await json_body(request)
    name = _name(venue, body, None)
    symbols = [_symbol(venue, symbol) for symbol in body.get("symbols") or []]
    now = venue.exchange.desk.stamp()
    found = Watchlist(make_id(venue.config.seed, "watchlist", now), name, now, now, symbols)
    venue.watchlists[found.id] = found
    return answer(_body(venue, found))


@routes.get("/v2/watchlists/{id}")
@routes.get("/v2/watchlists:by_name")
async def one(request: web.Request) -> web.Response:
    """One list with its assets."""
    return answer(_body(_venue(request), _find(request)))


@routes.put("/v2/watchlists/{id}")
@routes.put("/v2/watchlists:by_name")
async def update(request: web.Request) -> web.Response:
    """Another name, other assets."""
    venue, found = _venue(request), _find(request)
    body = await json_body(request)
    if body.get("name"):
        found.name = _name(venue, body, found)
    if body.get("symbols") is not None:
        found.symbols = [_symbol(venue, symbol) for symbol in body["symbols"]]
    return _changed(venue, found)


@routes.post("/v2/watchlists/{id}")
@routes.post("/v2/watchlists:by_name")
async def add(request: web.Request) -> web.Response:
    """One more asset."""
    venue, found = _venue(request), _find(request)
    symbol = _symbol(venue, (await json_body(request)).get("symbol"))
    if symbol in found.symbols:
        return answer(shape("duplicate symbol"))
    found.symbols.append(symbol)
    return _changed(venue, found)


@routes.delete("/v2/watchlists/{id}/{symbol:.+}")
async def remove_asset(request: web.Request) -> web.Response:
    """One asset less."""
    venue, found = _venue(request), _find(request)
    symbol = _symbol(venue, request.match_info["symbol"])
    if symbol not in found.symbols:
        return answer(no_asset(symbol))
    found.symbols.remove(symbol)
    return _changed(venue, found)


@routes.delete("/v2/watchlists/{id}")
@routes.delete("/v2/watchlists:by_name")
async def delete(request: web.Request) -> web.Response:
    """The list is gone."""
    _venue(request).watchlists.pop(_find(request).id)
    return empty()


def _find(request: web.Request) -> Watchlist:
    lists = _venue(request).watchlists
    name = request.query.get("name", "")
    identity = request.match_info.get("id", "")
    if identity and len(identity) != len("xxxxxxxx-xxxx-4xxx-xxxx-xxxxxxxxxxxx"):
        raise Refused(shape("watchlist is required"))
    found = lists.get(identity) or next((found for found in lists.values() if name and found.name == name), None)
    if found is None:
        raise Refused(missing(f"watchlist not found: {identity or name}"))
    return found


def _name(venue: Venue, body: dict[str, Any], own: Watchlist | None) -> str:
    name = body.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= NAME_MAX:
        raise Refused(shape(f"watchlist name must be from 1 to {NAME_MAX} characters"))
    if any(found.name == name and found is not own for found in venue.watchlists.values()):
        raise Refused(shape("watchlist name must be unique"))
    return name


def _symbol(venue: Venue, name: object) -> str:
    found = venue.exchange.assets.find(str(name))
    if found is None:
        raise Refused(Refusal(404, 40410000, f"asset not found for {name}"))
    return found.symbol


def _changed(venue: Venue, found: Watchlist) -> web.Response:
    found.updated_ns = venue.exchange.desk.stamp()
    return answer(_body(venue, found))


def _body(venue: Venue, found: Watchlist, with_assets: bool = True) -> dict[str, Any]:
    assets = [venue.exchange.account.asset(symbol).body() for symbol in found.symbols]
    return {
        "id": found.id,
        "account_id": venue.exchange.account.id,
        "name": found.name,
        "created_at": timestamp(found.created_ns),
        "updated_at": timestamp(found.updated_ns),
        **({"assets": assets} if with_assets else {}),
    }


def _venue(request: web.Request) -> Venue:
    return request.app[VENUE]
