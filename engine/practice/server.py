"""The exchange on a port: routes, what every request passes through, and the task that lets the market go on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from uuid import uuid4

from aiohttp import web

from tradetui.engine.clock import FOREVER_NS
from tradetui.engine.errors import RunFailed
from tradetui.engine.practice import (
    control,
    data_stream,
    rest_account,
    rest_data,
    rest_orders,
    trade_stream,
    watchlists,
)
from tradetui.engine.practice.answers import VENUE, Handler, Refused, answer
from tradetui.engine.practice.faults import Hit
from tradetui.engine.practice.refusals import Refusal, missing, server_fault
from tradetui.engine.practice.venue import Venue

LOOPBACK = "127.0.0.1"
PUMP_S, PUMP_MIN_S = 0.005, 0.000_5  # between looks at the clock: until the next row is due, within these
RETRY_S = 1.0  # after a step that failed
HANG_S = 60.0  # how long a request is left without an answer that was asked to time out
SHUTDOWN_S = 0.2
DATA_PATHS = ("/v2/stocks/", "/v1beta3/crypto/")
CONTROL_PATH = "/_practice/"

log = logging.getLogger(__name__)


def make_app(venue: Venue) -> web.Application:
    """The application; its market runs while it does."""
    app = web.Application(middlewares=[_stamped, _guarded], client_max_size=venue.config.body_max)
    app[VENUE] = venue
    for module in (rest_orders, rest_account, rest_data, control, watchlists):
        app.router.add_routes(module.routes)
    trade_stream.add_routes(app)
    data_stream.add_routes(app)
    app.cleanup_ctx.append(_pumping)
    app.on_shutdown.append(close_streams)
    return app


async def start(app: web.Application, host: str = LOOPBACK, port: int = 0) -> tuple[web.AppRunner, int]:
    """Listen; gives the runner, to be cleaned up by the caller, and the port. Raises RunFailed if it is taken."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        raise RunFailed(f"cannot listen on {host}:{port}: {error.strerror}; choose another port with --port") from error
    return runner, int(runner.addresses[0][1])


async def close_streams(app: web.Application) -> None:
    """Close the sockets of all streams."""
    connections = [*app[trade_stream.STREAMS].open, *app[data_stream.STREAMS].open]
    await asyncio.gather(*(connection.ws.close() for connection in connections))


def _is_stream(request: web.Request) -> bool:
    """Streams ask for keys themselves. Decided by the route: whatever a client says in its headers is no key."""
    return request.match_info.handler in (trade_stream.stream, data_stream.stocks, data_stream.coins)


@web.middleware
async def _stamped(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors as the protocol's bodies, and the headers that every answer has."""
    if _is_stream(request):
        return await handler(request)
    request_id = uuid4().hex
    try:
        response = await handler(request)
    except Refused as refused:
        response = answer(refused.refusal)
    except web.HTTPNotFound:
        response = answer(missing("endpoint not found"))
    except web.HTTPMethodNotAllowed:
        response = answer(Refusal(405, 40510000, "method not allowed"))
    except web.HTTPException:
        raise
    except Exception:
        log.exception("a request failed: %s %s", request.method, request.path)
        response = answer(server_fault())
    if not response.prepared:
        response.headers["X-Request-ID"] = request_id
    return response


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keys, rates and faults around a request; what it changed is told after it was answered."""
    venue = request.app[VENUE]
    if _is_stream(request):
        return await handler(request)
    controls = request.path.startswith(CONTROL_PATH)
    data = request.path.startswith(DATA_PATHS)
    key = venue.keys.admits(request.headers)
    if key is None and not request.path.startswith("/v1beta3/crypto/"):
        return answer(venue.keys.refusal(request.headers))
    hit = None if controls else venue.faults.request(request.method, request.path)
    limits = {} if controls else _count(venue, key or "", data)
    if limits.pop("refused", None) or (hit is not None and hit.kind == "429"):
        message = venue.config.data_rate_message if data else venue.config.rate_message
        return _with(answer(Refusal(429, 42910000, message)), limits)
    return await _served(request, handler, venue, hit, limits)


async def _served(
    request: web.Request, handler: Handler, venue: Venue, hit: Hit | None, limits: dict[str, str]
) -> web.StreamResponse:
    kind = "" if hit is None else hit.kind
    if kind == "500_before":
        return _with(answer(server_fault()), limits)
    if kind == "drop":
        return _cut(request)
    venue.catch_up()
    try:
        response = await handler(request)
    except Refused as refused:
        response = answer(refused.refusal)
    venue.keep()  # before anybody is told: what was answered must be there after a crash
    if kind == "500_after":
        response = answer(server_fault())
    if kind in ("timeout_after", "fill_before_ack", "delay") and hit is not None:
        if kind != "delay":
            venue.publish()  # the stream is quicker than the answer
        await asyncio.sleep(HANG_S if kind == "timeout_after" else hit.delay_s)
        if kind == "timeout_after":
            return _cut(request)
    _with(response, limits)
    response.headers["X-Request-ID"] = uuid4().hex
    try:
        await response.prepare(request)
        await response.write_eof()
    finally:
        venue.publish()
    return response


def _count(venue: Venue, key: str, data: bool) -> dict[str, str]:
    budget = (venue.data_rates if data else venue.rates).ask(key, venue.wall_s())
    headers = {
        "X-RateLimit-Limit": str(budget.limit),
        "X-RateLimit-Remaining": str(budget.remaining),
        "X-RateLimit-Reset": str(budget.reset_s),
    }
    return headers if budget.allowed else {**headers, "refused": "1"}


def _with(response: web.StreamResponse, headers: dict[str, str]) -> web.StreamResponse:
    response.headers.update(headers)
    return response


def _cut(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=500)


async def _pumping(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(_pump(app[VENUE]))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _pump(venue: Venue) -> None:
    """Let the market go on as the clock says, in slices, so that requests get their turn."""
    failing = False
    while True:
        try:
            done = _pump_once(venue)
            failing = False
        except Exception:
            if not failing:  # said once, and tried again: a disk that was full may have room by then
                log.exception("the market stands still: the step from %s on failed", venue.exchange.now_ns)
            failing = done = True
            venue.clock.pause(venue.monotonic_ns())
        await asyncio.sleep(RETRY_S if failing else _pause_s(venue) if done else 0)


def _pause_s(venue: Venue) -> float:
    next_ns = venue.world.next_ns()
    wall_ns = None if next_ns is None else venue.clock.wall_ns_until(next_ns, venue.monotonic_ns())
    return PUMP_S if wall_ns is None else min(PUMP_S, max(PUMP_MIN_S, wall_ns / 1e9))


def _pump_once(venue: Venue) -> bool:
    """Play what is due, at most a slice; whether all of it was played."""
    to_ns = venue.clock.market_ns(venue.monotonic_ns())
    done = not venue.clock.running or venue.play(to_ns)
    venue.publish()
    if done and to_ns == FOREVER_NS and venue.clock.running:
        venue.clock.jump(venue.world.end_ns, venue.monotonic_ns())
        venue.clock.pause(venue.monotonic_ns())
    return done


def describe(port: int, host: str = LOOPBACK) -> dict[str, Any]:
    """The addresses that clients are given."""
    return {
        "trading": f"http://{host}:{port}",
        "trade_updates": f"ws://{host}:{port}/stream",
        "data": f"http://{host}:{port}",
        "stock_stream": f"ws://{host}:{port}/v2/iex",
        "crypto_stream": f"ws://{host}:{port}/v1beta3/crypto/us",
        "test_stream": f"ws://{host}:{port}/v2/test",
    }
