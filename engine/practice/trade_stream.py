"""The stream of trade updates: JSON in binary frames, or MessagePack where the handshake asks for it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import msgspec
from aiohttp import web

from tradetui.engine.practice.answers import VENUE
from tradetui.engine.practice.connections import Connection
from tradetui.engine.practice.frames import decode, encode
from tradetui.engine.practice.venue import Venue
from tradetui.engine.practice.words import TradeUpdate

STREAM = "trade_updates"
PACKED = "application/msgpack"


class TradeStreams:
    """Everybody who listens to the account."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self.connections: dict[Connection, str] = {}  # that are authenticated, and with which key
        self._listening: set[Connection] = set()
        self.open: set[Connection] = set()
        venue.on_update(self.tell)

    @property
    def listening(self) -> int:
        """How many clients hear of updates."""
        return len(self._listening)

    def tell(self, update: TradeUpdate) -> None:
        """Send an update to all who listen."""
        body = {"stream": STREAM, "data": update.data}
        frames = {packed: encode(body, packed) for packed in {c.packed for c in self._listening}}
        for connection in [c for c in self.connections if c in self._listening]:
            hit = self._venue.faults.frame("trade_updates", update.event)
            connection.put_with_faults(frames[connection.packed], hit)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A client, until it leaves."""
        config = self._venue.config
        if config.trading_connections and len(self.connections) >= config.trading_connections:
            return web.Response(status=429)
        ws = web.WebSocketResponse(max_msg_size=config.message_max, autoping=False, compress=True)
        await ws.prepare(request)
        packed = request.headers.get("Content-Type", "") == PACKED
        connection = Connection(ws, request, packed, config.queue_max)
        connection.on_overflow = connection.break_off
        self.open.add(connection)
        writer = asyncio.create_task(connection.write())
        try:
            key = self._venue.keys.admits(request.headers)
            if key is not None:
                self.connections[connection] = key
            while (data := await connection.receive(None)) is not None:
                answer = self._answer(connection, data)
                if answer is not None:
                    connection.put(encode(answer, packed))
        finally:
            self.open.discard(connection)
            self.connections.pop(connection, None)
            self._listening.discard(connection)
            self._venue.changed()
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer
        return ws

    def _answer(self, connection: Connection, data: bytes | str) -> dict[str, Any] | None:
        try:
            message = decode(data, connection.packed)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            try:
                message = msgspec.json.decode(data)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                return _error("invalid message format")
        if not isinstance(message, dict):
            return _error("invalid message format")
        action, inner = message.get("action"), message.get("data")
        inner = inner if isinstance(inner, dict) else {}
        if action == "authenticate":
            return self._authenticate(connection, action, inner.get("key_id"), inner.get("secret_key"))
        if action == "auth":
            return self._authenticate(connection, action, message.get("key"), message.get("secret"))
        if action == "listen":
            return self._listen(connection, inner.get("streams"))
        return _error(f"unknown action: {action}")

    def _authenticate(self, connection: Connection, action: str, key: object, secret: object) -> dict[str, Any]:
        known = self._venue.keys.knows(key, secret)
        body = {"status": "authorized" if known else "unauthorized", "action": "authenticate"}
        if known:
            self.connections[connection] = str(key)
        else:
            body["message"] = "access key verification failed"
        return {"stream": "authorization", "data": body}

    def _listen(self, connection: Connection, streams: object) -> dict[str, Any]:
        if connection not in self.connections:
            return {"stream": "authorization", "data": {"status": "unauthorized", "action": "listen"}}
        wanted = STREAM in streams if isinstance(streams, list) else False
        (self._listening.add if wanted else self._listening.discard)(connection)
        self._venue.changed()
        return {"stream": "listening", "data": {"streams": [STREAM] if wanted else []}}


def _error(text: str) -> dict[str, Any]:
    return {"stream": "error", "data": {"error": text}}


STREAMS = web.AppKey("trade_streams", TradeStreams)


async def stream(request: web.Request) -> web.StreamResponse:
    """GET /stream."""
    return await request.app[STREAMS].serve(request)


def add_routes(app: web.Application) -> None:
    """Both spellings: older clients put a slash at the end."""
    app[STREAMS] = TradeStreams(app[VENUE])
    app.router.add_get("/stream", stream)
    app.router.add_get("/stream/", stream)
