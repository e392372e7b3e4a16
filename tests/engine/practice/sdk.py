"""alpaca-py as anybody installs it, and its streams in threads of their own. Not a test.

The library still imports what its websocket library calls legacy, and says so in a warning that is not ours to mend.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from alpaca.common.exceptions import APIError
    from alpaca.data.historical import CryptoHistoricalDataClient, StockHistoricalDataClient
    from alpaca.data.live import CryptoDataStream, StockDataStream
    from alpaca.trading.client import TradingClient
    from alpaca.trading.stream import TradingStream

from tradetui.engine.practice import data_stream, trade_stream
from tradetui.engine.practice.in_thread import ExchangeThread

__all__ = [
    "APIError",
    "CryptoDataStream",
    "CryptoHistoricalDataClient",
    "StockDataStream",
    "StockHistoricalDataClient",
    "TradingClient",
    "TradingStream",
    "data_updates",
    "running",
    "trade_updates",
]

KEY, SECRET = "PKTEST", "test-secret"
WAIT_S = 5.0


class Heard:
    """What a stream's handler was given, in order."""

    def __init__(self) -> None:
        self._queue: Queue[Any] = Queue()

    async def handler(self, message: Any) -> None:
        self._queue.put(message)

    def next(self) -> Any:
        """Wait for the next one."""
        return self._queue.get(timeout=WAIT_S)

    def take(self, count: int) -> list[Any]:
        """Wait for so many."""
        return [self.next() for _ in range(count)]


@contextmanager
def running(client: Any, server: ExchangeThread, ready: Callable[[], None]) -> Iterator[None]:
    """A stream client in its own thread, connected; it is stopped, then cut off, which ends its wait for a frame."""
    thread = threading.Thread(target=client.run, daemon=True)
    thread.start()
    try:
        ready()
        yield
    finally:
        client.stop()
        server.disconnect()
        thread.join(WAIT_S)


@contextmanager
def trade_updates(server: ExchangeThread, raw: bool = False) -> Iterator[Heard]:
    """Trade updates through the library's own class."""
    client = TradingStream(KEY, SECRET, raw_data=raw, url_override=f"{socket_url(server)}/stream")
    heard = Heard()
    client.subscribe_trade_updates(heard.handler)
    with running(client, server, lambda: server.until(lambda app: app[trade_stream.STREAMS].listening > 0)):
        yield heard


@contextmanager
def data_updates(
    server: ExchangeThread, client: Any, subscribe: Callable[[Any, Heard], None], channels: int = 1
) -> Iterator[Heard]:
    """Market data through one of the library's classes; waits until so many channels are subscribed."""
    heard = Heard()
    subscribe(client, heard)

    def subscribed(app: Any) -> bool:
        clients = app[data_stream.STREAMS].clients
        return any(sum(map(bool, c.subscriptions.channels.values())) >= channels for c in clients)

    with running(client, server, lambda: server.until(subscribed)):
        yield heard


def socket_url(server: ExchangeThread) -> str:
    """The address of streams."""
    return server.url.replace("http", "ws")
