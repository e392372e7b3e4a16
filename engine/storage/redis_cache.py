"""A session's newest state in Redis: a cache for other programs and a warm start. Losing it costs nothing else.

Keys begin with `tradetui:SESSION:` and die after a while without writing: `ticks:SYMBOL` is a list of JSON ticks,
newest first; `positions` and `orders` are hashes of JSON by symbol and by order id.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

import msgspec

from tradetui.engine.backoff import Backoff, Waits
from tradetui.engine.errors import TradetuiError
from tradetui.engine.loop_thread import LoopThread, raise_again
from tradetui.engine.model.events import Event, MarketData
from tradetui.engine.storage.cache_view import TICKS_KEPT, CacheView, HeldPosition, PendingOrder
from tradetui.engine.storage.faults import StorageError
from tradetui.engine.storage.follower import Follower
from tradetui.engine.storage.picture import StorePicture
from tradetui.engine.storage.urls import StorageUrl

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from redis.asyncio.client import Pipeline

_Word = bytes | bytearray | memoryview | str | int | float  # as the client's types have it

TTL_S = 86_400
POLL_S = 0.05
WAITS = Waits(first_s=0.25, longest_s=15.0)  # between tries to reach the server
PING_S = 1.0
ANSWER_S_MAX = 2.0
EVENTS_PER_TURN = 500
TICKS_WAITING_MAX = 20_000  # older ones are dropped: two seconds of a busy market, of which 1,000 a symbol are kept


def cache_key(session: str, what: str) -> str:
    """The name of a key."""
    return f"tradetui:{session}:{what}"


class RedisCache:
    """Follows one session, and takes the market's ticks beside its events. What comes while the server is away is
    folded, and written when it is back.
    """

    def __init__(
        self,
        url: StorageUrl,
        session: str,
        follower: Follower,
        *,
        clock: Callable[[], int],
        chance: Random,
        ttl_s: int = TTL_S,
        answer_s_max: float = ANSWER_S_MAX,
        backoff: Backoff | None = None,
    ) -> None:
        self._url, self._session, self._follower, self._clock = url, session, follower, clock
        self._ttl_s, self._answer_s_max = ttl_s, answer_s_max
        self._backoff = backoff or Backoff(WAITS, chance)
        self._view = CacheView()
        self._ticks: deque[MarketData] = deque(maxlen=TICKS_WAITING_MAX)
        self.tick: Callable[[MarketData], None] = self._ticks.append  # one call of C, from the engine's thread
        self._loop = LoopThread("cache", self._main, self._failed)
        self._stored = False  # the last writing had everything
        self._picture = StorePicture(url.shown, "CONNECTING", "not connected yet", since_ns=clock())

    def observe(self, events: Sequence[Event]) -> None:
        """Take a batch of events in the engine's thread; never blocks."""
        self._follower.observe(events)

    def start(self) -> None:
        """Connect and go on writing."""
        self._loop.start()

    def close(self, timeout_s: float) -> StorePicture:
        """Write the rest, for at most so long, and end."""
        self._loop.finish(timeout_s)
        return self.picture()

    def picture(self) -> StorePicture:
        """How it is doing; from any thread."""
        return msgspec.structs.replace(self._picture, behind=self._behind())

    # -- the cache's thread: one task folds, whatever the server does, another one writes

    async def _main(self) -> None:
        folding = asyncio.ensure_future(self._fold())
        folding.add_done_callback(raise_again)
        try:
            await self._write()
        finally:
            folding.cancel()
            self._follower.release()

    async def _fold(self) -> None:
        while True:
            try:
                events = self._follower.take(EVENTS_PER_TURN)
            except TradetuiError as fault:
                self._lost(str(fault))
                events = []
            for event in events:
                self._view.add(event)
            for _ in range(min(EVENTS_PER_TURN, len(self._ticks))):
                self._view.add(self._ticks.popleft())
            await asyncio.sleep(0 if events or self._ticks else POLL_S)

    async def _write(self) -> None:
        while not self._over():
            try:
                await self._until_lost()
            except TradetuiError as fault:
                self._lost(str(fault))
                wait_s = self._backoff.next_s()
                await self._loop.rest(min(wait_s, POLL_S) if self._loop.stopping else wait_s)

    async def _until_lost(self) -> None:
        import redis
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        limit = self._answer_s_max
        client: Redis = Redis.from_url(
            self._url.reveal(), socket_timeout=limit, socket_connect_timeout=limit, retry=Retry(NoBackoff(), 0)
        )
        try:
            await self._begin(client)
            quiet = 0
            while not self._over():
                if self._view.changed:
                    await self._write_changes(client)
                    quiet = 0
                else:
                    self._stored = True
                    quiet += 1
                    if quiet * POLL_S >= PING_S:
                        quiet = 0
                        await self._keep_alive(client)
                    await self._loop.rest(POLL_S)
        except (redis.RedisError, OSError, ValueError) as fault:
            raise StorageError(self._said(fault)) from None  # the cause may quote the address
        finally:
            await _let_go(client)

    async def _begin(self, client: Redis) -> None:
        """Write the whole state: what the server still has may be old."""
        view = self._view
        async with client.pipeline(transaction=True) as pipe:
            pipe.delete(self._key("positions"), self._key("orders"))
            for symbol, ticks in view.ticks.items():
                pipe.delete(self._key(f"ticks:{symbol}"))
                self._push(pipe, symbol, list(ticks))
            self._hash(pipe, "positions", {symbol: view.positions.get(symbol) for symbol in view.positions})
            self._hash(pipe, "orders", {str(number): order for number, order in view.orders.items()})
            seq = self._follower.seq
            view.told()
            await pipe.execute()
        self._written(seq, connected=True)

    async def _write_changes(self, client: Redis) -> None:
        view = self._view
        async with client.pipeline(transaction=True) as pipe:
            for symbol, count in view.fresh.items():
                self._push(pipe, symbol, list(view.ticks[symbol])[-count:])
            self._hash(pipe, "positions", {symbol: view.positions.get(symbol) for symbol in view.changed_positions})
            self._hash(pipe, "orders", {str(number): view.orders.get(number) for number in view.changed_orders})
            seq = self._follower.seq
            view.told()  # before the wait, in which more may come; a failed writing begins from the whole state
            await pipe.execute()
        self._written(seq)

    async def _keep_alive(self, client: Redis) -> None:
        """See whether the server is there; a position that nobody trades stays as long as the session does."""
        async with client.pipeline(transaction=False) as pipe:
            pipe.expire(self._key("positions"), self._ttl_s)
            pipe.expire(self._key("orders"), self._ttl_s)
            await pipe.execute()

    def _push(self, pipe: Pipeline, symbol: str, ticks: list[bytes]) -> None:
        key = self._key(f"ticks:{symbol}")
        pipe.lpush(key, *ticks)
        pipe.ltrim(key, 0, TICKS_KEPT - 1)
        pipe.expire(key, self._ttl_s)

    def _hash(self, pipe: Pipeline, what: str, values: Mapping[str, PendingOrder | HeldPosition | None]) -> None:
        key = self._key(what)
        if gone := [name for name, value in values.items() if value is None]:
            pipe.hdel(key, *gone)
        there: dict[_Word, _Word] = {name: msgspec.json.encode(value) for name, value in values.items() if value}
        if there:
            pipe.hset(key, mapping=there)
        pipe.expire(key, self._ttl_s)

    def _key(self, what: str) -> str:
        return cache_key(self._session, what)

    def _over(self) -> bool:
        return self._loop.stopping and self._stored and not self._behind() and not self._view.changed

    def _behind(self) -> int:
        return self._follower.behind + len(self._ticks)

    def _written(self, seq: int, *, connected: bool = False) -> None:
        self._backoff.reset()
        picture = self._picture
        since_ns = self._clock() if picture.state != "OK" else picture.since_ns
        self._picture = msgspec.structs.replace(
            picture, state="OK", message="", since_ns=since_ns, stored_seq=seq, connects=picture.connects + connected
        )

    def _failed(self, fault: BaseException) -> None:
        self._lost(f"{self._url.shown}: {type(fault).__name__} in the cache, a bug. Trading goes on without it")

    def _lost(self, message: str) -> None:
        self._stored = False
        picture = self._picture
        since_ns = picture.since_ns if picture.state == "DOWN" else self._clock()
        self._picture = msgspec.structs.replace(picture, state="DOWN", message=message, since_ns=since_ns)

    def _said(self, fault: Exception) -> str:
        seen = self._url.redact(" ".join(str(fault).split())) or type(fault).__name__
        return f"{self._url.shown}: the cache cannot be written: {seen}. Trading goes on without it"


async def _let_go(client: Redis) -> None:
    import redis

    with suppress(redis.RedisError, OSError):  # it may be lost already
        await client.aclose()
