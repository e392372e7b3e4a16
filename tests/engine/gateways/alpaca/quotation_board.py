"""A feed in front of the practice exchange, or of a server that says what a test tells it to. Not a test."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any

import msgspec
from trading_floor import QUICK, WAIT_S, Inbox
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from practice_market import ACME
from tradetui.engine.gateways.alpaca.config import FeedConfig, FreshnessConfig, RestConfig, SocketConfig
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.gateways.alpaca.gateway import AlpacaGateway
from tradetui.engine.model.events import FeedEvent, MarketData
from tradetui.engine.practice import data_stream
from tradetui.engine.practice.faults import Rule
from tradetui.engine.practice.in_thread import ExchangeThread


class Board:
    """A feed and what it put."""

    def __init__(self, gateway: AlpacaGateway, inbox: Inbox, server: ExchangeThread | None = None) -> None:
        self.gateway, self.inbox, self._server = gateway, inbox, server

    @property
    def server(self) -> ExchangeThread:
        assert self._server is not None
        return self._server

    def of(self, kind: type[Any]) -> list[Any]:
        """Events of a kind, so far."""
        return [item for item in list(self.inbox.items) if isinstance(item, kind)]

    def take(self, kind: type[Any], count: int) -> list[Any]:
        """Wait for so many."""
        self.inbox.until(lambda _: len(self.of(kind)) >= count, f"{count} {kind.__name__}")
        return self.of(kind)

    def told(self, state: str, symbol: str = ACME) -> FeedEvent:
        """Wait for a state."""

        def find(_: Any) -> FeedEvent | None:
            return next((e for e in self.of(FeedEvent) if (e.state, e.symbol) == (state, symbol)), None)

        found = self.inbox.until(find, f"{state} of {symbol}")
        assert found is not None
        return found

    def market(self) -> list[MarketData]:
        return [item for item in list(self.inbox.items) if not isinstance(item, FeedEvent)]  # type: ignore[misc]

    def advance(self, seconds: float) -> None:
        self.server.call(lambda venue: venue.advance(venue.exchange.now_ns + int(seconds * 1e9)))

    def fault(self, kind: str, **more: Any) -> None:
        self.server.call(lambda venue: venue.faults.add(Rule(kind, target="data", **more)))

    def subscribed(self, *symbols: str, channel: str = "bars") -> None:
        """Wait until the venue sends exactly these."""
        self.server.until(lambda app: set(symbols) == _sent(app, channel))


def _sent(app: Any, channel: str) -> set[str]:
    clients = app[data_stream.STREAMS].clients
    return {symbol for client in clients for symbol in client.subscriptions.channels.get(channel, ())}


def feed_config(url: str, **more: Any) -> FeedConfig:
    """Everything at one address, as patient as a test may be."""
    socket = url.replace("http", "ws")
    found = FeedConfig(
        rest_url=url,
        stock_stream_url=f"{socket}/v2/iex",
        crypto_stream_url=f"{socket}/v1beta3/crypto/us",
        socket=SocketConfig(close_s=0.1, waits=QUICK),
        rest=RestConfig(read_s=5, waits=QUICK, per_minute=10_000),
        freshness=FreshnessConfig(late_s=60, stale_s=120, look_every_s=0.01),
    )
    return msgspec.structs.replace(found, **more)


def opened(
    url: str,
    symbols: Sequence[str],
    server: ExchangeThread | None = None,
    *,
    keys: Credentials | None = None,
    waiting: Callable[[], int] = lambda: 0,
    **more: Any,
) -> Board:
    keys = keys or Credentials("PKTEST", "test-secret")
    gateway = AlpacaGateway(feed_config(url, **more), keys, waiting=waiting, chance=Random(1))
    inbox = Inbox()
    gateway.start(inbox.put, symbols)
    return Board(gateway, inbox, server)


@contextmanager
def scripted(*scripts: Sequence[str | bytes]) -> Iterator[tuple[str, list[Any]]]:
    """A data stream that lets everybody in and then says what it is told to: a script for each connection, in turn."""
    heard: list[Any] = []
    waiting = list(scripts)
    done = threading.Event()

    def talk(ws: ServerConnection) -> None:
        script = waiting.pop(0) if waiting else ()
        ws.send('[{"T":"success","msg":"connected"}]')
        heard.append(json.loads(ws.recv()))
        ws.send('[{"T":"success","msg":"authenticated"}]')
        heard.append(json.loads(ws.recv()))
        ws.send('[{"T":"subscription"}]')
        for frame in script:
            ws.send(frame)
        try:
            while not done.is_set():
                heard.append(json.loads(ws.recv(timeout=WAIT_S)))
        except (ConnectionClosed, TimeoutError):
            return

    with serve(talk, "127.0.0.1", 0, max_size=None) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.socket.getsockname()[1]}", heard
        finally:
            done.set()
            server.shutdown()
            thread.join(WAIT_S)
