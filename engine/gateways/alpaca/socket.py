"""A websocket that comes back: connects, greets, listens, and after any end waits a while and does it again.

Our own client and not the vendor's: docs/decisions/0013. Runs in one event loop; what it hears it hands on at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from random import Random
from socket import gaierror
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

import msgspec

from tradetui.engine.backoff import Backoff
from tradetui.engine.gateways.alpaca.config import SocketConfig
from tradetui.engine.gateways.alpaca.rest import checked_url, is_local

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

log = logging.getLogger("tradetui.alpaca.socket")
# The library logs frames when asked for details, and the first one holds the secret: it gets a logger that says little.
_quiet = logging.getLogger("tradetui.alpaca.frames")
_quiet.setLevel(logging.WARNING)
_encode = msgspec.json.Encoder().encode


class NotAdmitted(Exception):
    """The venue does not let us in: what it said and what to do. `lasting` where trying again soon is no use."""

    def __init__(self, message: str, lasting: bool = True) -> None:
        super().__init__(message)
        self.message, self.lasting = message, lasting


class Socket:
    """One connection, kept. `greet` proves who we are and says what we want; `hear` takes a frame and never raises."""

    def __init__(
        self,
        url: str,
        config: SocketConfig,
        chance: Random,
        *,
        greet: Callable[[Socket], Awaitable[None]],
        hear: Callable[[str | bytes], None],
        down: Callable[[str, bool], None],
    ) -> None:
        self.url = checked_url(url)
        self.reconnects = 0
        self.received_ns = 0  # when the newest bytes were read, by the monotonic clock: a frame's last ones
        self._config = config
        self._backoff = Backoff(config.waits, chance)
        self._greet, self._hear, self._down = greet, hear, down
        self._ws: ClientConnection | None = None

    async def run(self) -> None:
        """Until the task is cancelled."""
        while True:
            message, lasting = await self._once()
            self._ws = None
            self._down(message, lasting)
            await asyncio.sleep(self._backoff.next_s(lasting))
            self.reconnects += 1

    async def say(self, message: Any) -> None:
        """Send something; nothing happens where there is no connection, as what is wanted is said anew after it."""
        from websockets.exceptions import ConnectionClosed

        if self._ws is not None:
            try:
                await self._ws.send(_encode(message).decode())
            except ConnectionClosed:
                log.info("%s: closed while something was said", self.url)

    async def answer(self) -> str | bytes:
        """The next frame, during the greeting."""
        assert self._ws is not None, "only a greeting asks for frames"
        async with asyncio.timeout(self._config.answer_s):
            return await self._ws.recv()

    async def _once(self) -> tuple[str, bool]:
        """One connection, from its beginning to its end: why it ended."""
        from websockets.asyncio.client import ClientConnection, connect
        from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

        config, socket = self._config, self

        class Connection(ClientConnection):
            def data_received(self, data: bytes) -> None:
                # Frames of one read are all taken before the next one: this is when each of them was there.
                socket.received_ns = monotonic_ns()
                super().data_received(data)

        try:
            async with connect(
                self.url,
                create_connection=Connection,
                open_timeout=config.open_s,
                ping_interval=config.ping_every_s,
                ping_timeout=config.ping_patience_s,
                close_timeout=config.close_s,
                max_size=config.frame_max,
                max_queue=config.queue_max,
                proxy=None if is_local(self.url) else True,
                logger=_quiet,
            ) as ws:
                self._ws = ws
                await self._greet(self)
                self._backoff.reset()
                async for frame in ws:
                    self._hear(frame)
                return "the venue closed the stream", False
        except NotAdmitted as refusal:
            return refusal.message, refusal.lasting
        except ConnectionClosed as closed:
            return f"the stream broke off ({_code(closed)})", False
        except InvalidStatus as refusal:
            return f"the venue answered HTTP {refusal.response.status_code} where a stream was asked for", False
        except TimeoutError:
            return "the venue did not answer in time", False
        except (WebSocketException, OSError) as error:
            return f"no connection ({fault_words(error)})", False


def fault_words(error: Exception) -> str:
    """Why there is no connection, for a person; never the library's own text, which may hold the address."""
    if isinstance(error, gaierror):
        return "no such name, or no network"
    return "nobody listens there" if isinstance(error, ConnectionRefusedError) else type(error).__name__


def _code(closed: Any) -> str:
    if closed.rcvd is not None:
        return f"closed with code {closed.rcvd.code}"
    return "no answer to a ping" if closed.sent is not None and closed.sent.code == 1011 else "in the middle"
