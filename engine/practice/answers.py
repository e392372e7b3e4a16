"""From a request to an answer: queries read, refusals and results written. What every handler of the shell shares."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from tradetui.engine.practice.refusals import Refusal, bad_request
from tradetui.engine.practice.venue import Venue
from tradetui.engine.practice.wire import instant

VENUE = web.AppKey("venue", Venue)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refused(Exception):
    """A handler's way out with a refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def answer(body: object, status: int = 200) -> web.Response:
    """A JSON answer, or the refusal that the body is."""
    if isinstance(body, Refusal):
        status, body = body.status, body.body()
    return web.Response(
        body=msgspec.json.encode(body), status=status, headers={"Content-Type": "application/json; charset=UTF-8"}
    )


def empty() -> web.Response:
    """204."""
    return web.Response(status=204)


async def json_body(request: web.Request) -> dict[str, Any]:
    """The object in a request's body; numbers stay as written. Raises Refused."""
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Refused(Refusal(413, 41310000, "request body is too large")) from None
    if not raw:
        return {}
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(bad_request("request body format is invalid")) from None
    if not isinstance(body, dict):
        raise Refused(bad_request("request body format is invalid"))
    return body


def words(request: web.Request, name: str) -> tuple[str, ...]:
    """A list joined by commas, or given several times."""
    return tuple(part for text in request.query.getall(name, []) for part in text.split(",") if part)


def moment(request: web.Request, name: str, end_of_day: bool = False) -> int | None:
    """A time in the query; None where it is absent. Raises Refused."""
    text = request.query.get(name, "")
    if not text:
        return None
    found = instant(text, end_of_day)
    if found is None:
        raise Refused(Refusal(422, 42210000, f"invalid {name}: {text}"))
    return found


def integer(request: web.Request, name: str, default: int, most: int) -> int:
    """A positive whole number in the query. Raises Refused."""
    text = request.query.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= most or len(text) > 9:
        raise Refused(Refusal(422, 42210000, f"invalid {name}: {text}, it must be from 1 to {most}"))
    return int(text)
