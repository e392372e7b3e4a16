"""The control endpoints `/_practice/...`: time, faults, what the venue does by itself, and its own ledger."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from aiohttp import web

from tradetui.engine.practice import data_stream, trade_stream
from tradetui.engine.practice.answers import VENUE, Refused, answer, json_body
from tradetui.engine.practice.faults import Chance, Rule
from tradetui.engine.practice.refusals import bad_request, no_asset
from tradetui.engine.practice.venue import Venue
from tradetui.engine.practice.wire import NS_PER_S, amount, instant, timestamp

routes = web.RouteTableDef()


@routes.get("/_practice/status")
async def status(request: web.Request) -> web.Response:
    """Where the market stands."""
    return answer(_status(_venue(request)))


@routes.get("/_practice/ledger")
async def ledger(request: web.Request) -> web.Response:
    """The venue's own books, exactly."""
    return answer(_venue(request).ledger())


@routes.post("/_practice/advance")
async def advance(request: web.Request) -> web.Response:
    """Let market time go on: `to` an instant, or by so many `seconds`."""
    venue, body = _venue(request), await json_body(request)
    seconds = amount(body.get("seconds", 0))
    to_ns = instant(str(body["to"])) if "to" in body else None
    if to_ns is None and ("to" in body or seconds is None):
        return answer(bad_request("to must be a time, or seconds a number"))
    if to_ns is None:
        to_ns = venue.exchange.now_ns + int((seconds or 0) * NS_PER_S)
    venue.advance(to_ns)
    return answer(_status(venue))


@routes.post("/_practice/clock")
async def clock(request: web.Request) -> web.Response:
    """Set `speed` (0: as fast as it goes) and whether time is `running`."""
    venue, body = _venue(request), await json_body(request)
    now = venue.monotonic_ns()
    try:
        if "speed" in body:
            venue.clock.set_speed(float(body["speed"]), now)
    except (TypeError, ValueError) as error:
        raise Refused(bad_request(f"speed: {error}")) from None
    if "running" in body:
        (venue.clock.play if body["running"] else venue.clock.pause)(now)
    return answer(_status(venue))


@routes.get("/_practice/faults")
async def faults(request: web.Request) -> web.Response:
    """Rules that still wait, and what has been made to go wrong."""
    plan = _venue(request).faults
    return answer({"rules": plan.rules, "chance": plan.chance, "injected": plan.log})


@routes.post("/_practice/faults")
async def add_fault(request: web.Request) -> web.Response:
    """One more rule, or, with a `seed`, faults by chance."""
    plan, body = _venue(request).faults, await json_body(request)
    try:
        if "seed" in body:
            plan.set_chance(msgspec.convert(body, Chance))
        else:
            rule = msgspec.convert(body, Rule)
            fault = rule.fault()
            if fault is not None:
                return answer(bad_request(fault))
            plan.add(rule)
    except msgspec.ValidationError as error:
        return answer(bad_request(str(error)))
    return answer({"rules": plan.rules, "chance": plan.chance})


@routes.delete("/_practice/faults")
async def clear_faults(request: web.Request) -> web.Response:
    """Nothing goes wrong from now on."""
    _venue(request).faults.clear()
    return answer({})


@routes.post("/_practice/manual_order")
async def manual_order(request: web.Request) -> web.Response:
    """An order that somebody placed by hand: no client sent it."""
    return answer(_venue(request).exchange.submit(await json_body(request), foreign=True))


@routes.post("/_practice/account")
async def account(request: web.Request) -> web.Response:
    """Restrict the account or set it free; move cash; revoke a key."""
    venue, body = _venue(request), await json_body(request)
    exchange = venue.exchange
    if "restricted" in body:
        exchange.account.restricted = bool(body["restricted"])
        exchange.account_changed = True
    if "cash" in body:
        cash = amount(body["cash"])
        if cash is None:
            return answer(bad_request("cash must be a number"))
        exchange.account.ledger.move_cash(cash, "JNLC", "moved by hand", exchange.desk.stamp())
    if "revoke_key" in body:
        venue.keys.revoke(str(body["revoke_key"]))
    return answer(exchange.account.body(exchange.now_ns))


@routes.post("/_practice/asset")
async def asset(request: web.Request) -> web.Response:
    """Change an asset: `tradable`, `shortable`, `fractionable`, `easy_to_borrow`, `status`; or halt it: `halted`."""
    venue, body = _venue(request), await json_body(request)
    found = venue.exchange.assets.find(str(body.pop("symbol", "")))
    if found is None:
        return answer(no_asset("that symbol"))
    halted = body.pop("halted", None)
    try:
        venue.exchange.assets.replace(msgspec.convert({**msgspec.structs.asdict(found), **body}, type(found)))
    except msgspec.ValidationError as error:
        return answer(bad_request(str(error)))
    if halted is not None:
        venue.exchange.halt(found.symbol, bool(halted))
        word = ("H", "Trading Halt", "T12", "Trading Halted") if halted else ("T", "Trading Resumption", "", "")
        names = dict(zip(("sc", "sm", "rc", "rm"), word, strict=True))
        request.app[data_stream.STREAMS].inject({"T": "s", "S": found.symbol, **names, "z": "C"})
    return answer(found.body())


@routes.post("/_practice/disconnect")
async def disconnect(request: web.Request) -> web.Response:
    """Close the sockets of all streams."""
    connections = [*request.app[trade_stream.STREAMS].open, *request.app[data_stream.STREAMS].open]
    await asyncio.gather(*(connection.ws.close() for connection in connections))
    return answer({"closed": len(connections)})


@routes.post("/_practice/stream")
async def inject(request: web.Request) -> web.Response:
    """Send a message of a data stream as it is given: `T` and `S`, and the fields of its kind."""
    if not request.app[data_stream.STREAMS].inject(await json_body(request)):
        return answer(bad_request("T must be the letter of a channel"))
    return answer({})


def _status(venue: Venue) -> dict[str, Any]:
    return {
        "now": timestamp(venue.exchange.now_ns),
        "start": timestamp(venue.world.start_ns),
        "end": timestamp(venue.world.end_ns),
        "over": venue.world.next_ns() is None,
        "played": venue.world.played,
        "speed": venue.clock.speed,
        "running": venue.clock.running,
    }


def _venue(request: web.Request) -> Venue:
    return request.app[VENUE]
