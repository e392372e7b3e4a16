"""The streams of market data: stocks, coins with their order books, and the test feed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import msgspec
from aiohttp import web

from tradetui.engine.market.tape import BAR, DEPTH, QUOTE, TRADE
from tradetui.engine.practice.answers import VENUE
from tradetui.engine.practice.config import FAKE_SYMBOL
from tradetui.engine.practice.connections import Connection
from tradetui.engine.practice.frames import Message, decode
from tradetui.engine.practice.prices import Side
from tradetui.engine.practice.rows import level_row, quote_of, trade_row
from tradetui.engine.practice.subscriptions import (
    ALREADY_AUTHENTICATED,
    AUTH_FAILED,
    AUTH_TIMEOUT,
    CONNECTION_LIMIT,
    INVALID_SYNTAX,
    NO_SUBSCRIPTION,
    NOT_AUTHENTICATED,
    SLOW_CLIENT,
    Feed,
    Subscriptions,
)
from tradetui.engine.practice.venue import Venue
from tradetui.engine.practice.wire import timestamp
from tradetui.engine.practice.world import Tick

PACKED = "application/msgpack"
STOCK_FEEDS = ("iex", "sip", "delayed_sip", "otc", "boats", "overnight", "test")
CONTROL_CHANNELS = {
    "s": "statuses", "l": "lulds", "c": "corrections", "x": "cancelErrors", "i": "imbalances", "u": "updatedBars",
    "t": "trades", "q": "quotes", "b": "bars", "d": "dailyBars", "o": "orderbooks",
}  # fmt: skip


class Client:
    """A connection, what it wants, and who it is."""

    def __init__(self, connection: Connection, subscriptions: Subscriptions, path: str) -> None:
        self.connection, self.subscriptions, self.path = connection, subscriptions, path
        self.key: str | None = None


class DataStreams:
    """Everybody who listens to the market."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self.clients: list[Client] = []  # that are authenticated
        self.open: set[Connection] = set()
        self._books: dict[str, tuple[Side, Side]] = {}  # as the order books were told last
        venue.world.listen(self.tick)
        stocks = [symbol for symbol in venue.world.symbols if "/" not in symbol]
        self._fake = stocks[0] if stocks else ""

    def tick(self, tick: Tick) -> None:
        """The market did something."""
        if not self.clients:
            return
        crypto = "/" in tick.symbol
        feed: Feed = "crypto" if crypto else "stocks"
        if crypto and tick.kind in (DEPTH, QUOTE):
            self._book_moved(tick)
        for message in self._messages(tick):
            self.send(feed, message)
            if tick.symbol == self._fake:
                self.send("test", Message(message.channel, FAKE_SYMBOL, {**message.body, "S": FAKE_SYMBOL}))

    def send(self, feed: Feed, message: Message) -> None:
        """A message to all who want it."""
        for client in self.clients:
            if client.subscriptions.feed == feed and client.subscriptions.wants(message.channel, message.symbol):
                hit = self._venue.faults.frame("data", message.channel)
                client.connection.put_with_faults(message, hit)

    def inject(self, body: dict[str, Any]) -> bool:
        """A message that no recording has, as a halt or a correction; False for one without a known kind."""
        channel, symbol = CONTROL_CHANNELS.get(str(body.get("T"))), str(body.get("S", ""))
        if channel is None:
            return False
        body.setdefault("t", timestamp(self._venue.exchange.now_ns))
        feed: Feed = "crypto" if "/" in symbol else "test" if symbol == FAKE_SYMBOL else "stocks"
        self.send(feed, Message(channel, symbol, body))
        return True

    def _messages(self, tick: Tick) -> list[Message]:
        session, symbol = self._venue.world.session, tick.symbol
        if tick.kind == TRADE:
            last = self._venue.exchange.prices.last[symbol]
            row = trade_row(symbol, last.price, last.size, last.side, last.number, timestamp(last.ts_ns))
            return [Message("trades", symbol, {"T": "t", "S": symbol, **row})]
        if tick.kind == QUOTE:
            return [Message("quotes", symbol, {"T": "q", "S": symbol, **quote_of(session.quotes, symbol, tick.row)})]
        if tick.kind != BAR:
            return []
        found = [Message("bars", symbol, {"T": "b", "S": symbol, **self._venue.data.bar_of_row(tick.row)})]
        if any(client.subscriptions.wants("dailyBars", symbol) for client in self.clients):
            daily = self._venue.data.daily_bar(symbol, tick.at_ns)
            if daily is not None:
                found.append(Message("dailyBars", symbol, {"T": "d", "S": symbol, **daily}))
        return found

    def _book_moved(self, tick: Tick) -> None:
        symbol = tick.symbol
        if not any(client.subscriptions.wants("orderbooks", symbol) for client in self.clients):
            self._books.pop(symbol, None)
            return
        book = self._venue.exchange.prices.book(symbol)
        before = self._books.get(symbol)
        self._books[symbol] = dict(book.bids), dict(book.asks)
        if before is None:
            return
        bids, asks = _changes(before[0], book.bids), _changes(before[1], book.asks)
        if bids or asks:
            body = {"T": "o", "S": symbol, "t": timestamp(tick.at_ns), "b": bids, "a": asks}
            self.send("crypto", Message("orderbooks", symbol, body))

    def full_books(self, client: Client) -> None:
        """The whole books that a client has just asked for; what follows are changes to them."""
        prices = self._venue.exchange.prices
        for symbol in [s for s in self._venue.world.symbols if client.subscriptions.wants("orderbooks", s)]:
            book = self._venue.data.orderbook(symbol, 1 << 16)
            if book is not None:
                self._books[symbol] = dict(prices.book(symbol).bids), dict(prices.book(symbol).asks)
                client.connection.put(Message("orderbooks", symbol, {"T": "o", "S": symbol, **book, "r": True}))

    async def serve(self, request: web.Request, feed: Feed, path: str) -> web.StreamResponse:
        """A client, until it leaves."""
        config = self._venue.config
        ws = web.WebSocketResponse(max_msg_size=config.message_max, autoping=False, compress=True)
        await ws.prepare(request)
        packed = request.headers.get("Content-Type", "") == PACKED
        connection = Connection(ws, request, packed, config.queue_max)
        client = Client(connection, Subscriptions(feed, config.symbols_max, config.books_max), path)
        tasks: set[asyncio.Task[None]] = set()

        def too_slow() -> None:
            tasks.add(asyncio.create_task(self._cut_off(connection)))

        connection.on_overflow = too_slow
        self.open.add(connection)
        tasks.add(asyncio.create_task(connection.write()))
        try:
            await connection.control([{"T": "success", "msg": "connected"}])
            if await self._admit(client, request):
                await self._listen(client)
        finally:
            self.open.discard(connection)
            if client in self.clients:
                self.clients.remove(client)
            self._venue.changed()
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task
            if not ws.closed:
                await ws.close()
        return ws

    async def _cut_off(self, connection: Connection) -> None:
        connection.dead = False
        await connection.control(SLOW_CLIENT.body())
        connection.dead = True
        await connection.ws.close()

    async def _admit(self, client: Client, request: web.Request) -> bool:
        """Wait until the client has said who it is."""
        connection, venue = client.connection, self._venue
        key = venue.keys.admits(request.headers)
        deadline = asyncio.get_running_loop().time() + venue.config.auth_timeout_s
        while key is None:
            try:
                data = await connection.receive(max(0.0, deadline - asyncio.get_running_loop().time()))
            except TimeoutError:
                await connection.control(AUTH_TIMEOUT.body())
                return False
            if data is None:
                return False
            message = _read(data, connection.packed)
            if message is None:
                await connection.control(INVALID_SYNTAX.body())
            elif message.get("action") != "auth":
                await connection.control(NOT_AUTHENTICATED.body())
            elif venue.keys.knows(message.get("key"), message.get("secret")):
                key = str(message["key"])
            else:
                await connection.control(AUTH_FAILED.body())
                return False
        return await self._enter(client, key)

    async def _enter(self, client: Client, key: str) -> bool:
        config, connection = self._venue.config, client.connection
        if client.path == "sip" and not config.sip:
            await connection.control(NO_SUBSCRIPTION.body())
            return False
        others = [c for c in self.clients if c.key == key and c.path == client.path]
        if config.connections_per_stream and len(others) >= config.connections_per_stream:
            await connection.control(CONNECTION_LIMIT.body())
            return False
        client.key = key
        self.clients.append(client)
        await connection.control([{"T": "success", "msg": "authenticated"}])
        return True

    async def _listen(self, client: Client) -> None:
        connection = client.connection
        while (data := await connection.receive(None)) is not None:
            message = _read(data, connection.packed)
            action = None if message is None else message.get("action")
            if message is None or action not in ("auth", "subscribe", "unsubscribe"):
                await connection.control(INVALID_SYNTAX.body())
                continue
            if action == "auth":
                await connection.control(ALREADY_AUTHENTICATED.body())
                continue
            error = client.subscriptions.change(message, action == "subscribe")
            await connection.control(client.subscriptions.body() if error is None else error.body())
            if error is None and action == "subscribe" and message.get("orderbooks"):
                self.full_books(client)
            self._venue.changed()


def _changes(before: Side, now: Side) -> list[dict[str, Any]]:
    gone = [level_row(price, 0) for price in before if price not in now]
    return gone + [level_row(price, size) for price, size in now.items() if before.get(price) != size]


def _read(data: bytes | str, packed: bool) -> dict[str, Any] | None:
    try:
        message = decode(data, packed)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


STREAMS = web.AppKey("data_streams", DataStreams)


async def stocks(request: web.Request) -> web.StreamResponse:
    """GET /v2/{feed}."""
    feed = request.match_info["feed"]
    return await request.app[STREAMS].serve(request, "test" if feed == "test" else "stocks", feed)


async def coins(request: web.Request) -> web.StreamResponse:
    """GET /v1beta3/crypto/{loc}, and the older /v1beta2/crypto."""
    return await request.app[STREAMS].serve(request, "crypto", request.path.rstrip("/"))


def add_routes(app: web.Application) -> None:
    """The endpoints of the data streams."""
    app[STREAMS] = DataStreams(app[VENUE])
    app.router.add_get("/v2/{feed:" + "|".join(STOCK_FEEDS) + "}", stocks)
    app.router.add_get("/v1beta3/crypto/{loc:us|us-1|eu-1}", coins)
    app.router.add_get("/v1beta2/crypto", coins)
