"""One client of a stream: what waits for it, how it is written, and the faults that hit its frames."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from aiohttp import WSMsgType, web

from tradetui.engine.practice.faults import Hit
from tradetui.engine.practice.frames import Message, array, encode

BATCH_MAX = 256  # messages of one frame
BATCH_BYTES_MAX = 1 << 19  # clients refuse frames of 1 MiB
FULL_LENGTH = 4_096  # what the head of a frame that breaks off promises

Item = bytes | Message


class Connection:
    """A websocket with a queue before it. `put` never waits: who reads too slowly is cut off."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request, packed: bool, queue_max: int) -> None:
        self.ws, self.packed = ws, packed
        self.dead = False  # no more is written, and pings are left unanswered: the socket is half open
        self._transport = request.transport
        self._queue: deque[Item] = deque()
        self._queue_max = queue_max
        self._wake = asyncio.Event()
        self._held: Item | None = None  # a frame that the next one overtakes
        self.on_overflow: Callable[[], None] = lambda: None

    def put(self, item: Item) -> None:
        """Something for the client."""
        if self.dead:
            return
        if len(self._queue) >= self._queue_max:
            self.dead = True
            self.on_overflow()
            return
        self._queue.append(item)
        self._wake.set()

    def put_with_faults(self, item: Item, hit: Hit | None) -> None:
        """Something for the client, unless it goes wrong."""
        held, self._held = self._held, None
        kind = "" if hit is None else hit.kind
        if kind in ("drop", "lost_fill"):
            pass
        elif kind == "reorder" and held is None:
            self._held = item
        elif hit is not None and kind == "delay":
            asyncio.get_running_loop().call_later(hit.delay_s, self.put, item)
        elif kind == "half_open":
            self.dead = True
        elif kind == "disconnect_mid_frame":
            self.break_off()
        else:
            self.put(item)
            if kind == "duplicate":
                self.put(item)
        if held is not None:
            self.put(held)

    def break_off(self) -> None:
        """Begin a frame, and close the socket in the middle of it."""
        self.dead = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"\x82\x7e" + FULL_LENGTH.to_bytes(2, "big") + b"\x00" * 100)
            self._transport.close()

    async def write(self) -> None:
        """Send what waits, until the connection breaks or the task is cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue and not self.dead and not self.ws.closed:
                text = isinstance(self._queue[0], Message) and not self.packed  # trade updates: JSON in binary frames
                data = self._next()
                try:
                    await (self.ws.send_str(data.decode()) if text else self.ws.send_bytes(data))
                except (ConnectionError, RuntimeError):
                    return

    def _next(self) -> bytes:
        item = self._queue.popleft()
        if isinstance(item, bytes):
            return item
        parts = [item.encoded(self.packed)]
        size = len(parts[0])
        while self._queue and len(parts) < BATCH_MAX and size < BATCH_BYTES_MAX:
            following = self._queue[0]
            if not isinstance(following, Message):
                break
            self._queue.popleft()
            parts.append(following.encoded(self.packed))
            size += len(parts[-1])
        return array(parts, self.packed)

    async def receive(self, timeout_s: float | None) -> bytes | str | None:
        """The next message; None when the client is gone. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while True:
                message = await self.ws.receive()
                if message.type is WSMsgType.PING and not self.dead:
                    await self.ws.pong(message.data)
                elif message.type is WSMsgType.TEXT:
                    return str(message.data)
                elif message.type is WSMsgType.BINARY:
                    return bytes(message.data)
                elif message.type not in (WSMsgType.PING, WSMsgType.PONG):
                    return None

    async def control(self, value: object) -> None:
        """A message outside the queue: during the handshake, and answers to the client."""
        data = encode(value, self.packed)
        if self.dead or self.ws.closed:
            return
        try:
            await (self.ws.send_bytes(data) if self.packed else self.ws.send_str(data.decode()))
        except (ConnectionError, RuntimeError):
            return
