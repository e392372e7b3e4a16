"""The running venue: exchange, world, keys, faults, streams and what is kept on disk, as the handlers share them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tradetui.engine.clock import FOREVER_NS, ReplayClock
from tradetui.engine.practice.auth import Keys
from tradetui.engine.practice.config import PracticeConfig
from tradetui.engine.practice.exchange import Exchange
from tradetui.engine.practice.faults import FaultPlan
from tradetui.engine.practice.market_data import MarketData
from tradetui.engine.practice.rates import RateLimit
from tradetui.engine.practice.words import TradeUpdate, Watchlist
from tradetui.engine.practice.world import ROWS_A_SLICE, World


class Keeper(Protocol):
    """Writes down what changed."""

    def write(self, exchange: Exchange) -> None:
        """Everything that changed since the last time is on disk afterwards."""
        ...


class Venue:
    """One exchange as it runs. Everything here happens in one thread."""

    def __init__(
        self,
        world: World,
        keys: Mapping[str, str],
        *,
        keeper: Keeper | None = None,
        speed: float = 1.0,
        running: bool = False,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        wall_s: Callable[[], float] = time.time,
    ) -> None:
        self.world, self.exchange = world, world.exchange
        self.config: PracticeConfig = self.exchange.config
        self.keys = Keys(keys, self.config)
        self.data = MarketData(world)
        self.faults = FaultPlan()
        self.rates = RateLimit(self.config.rate_per_minute)
        self.data_rates = RateLimit(self.config.data_rate_per_minute)
        self.monotonic_ns, self.wall_s = monotonic_ns, wall_s
        self.clock = ReplayClock(max(self.exchange.now_ns, world.start_ns), speed, monotonic_ns())
        if running:
            self.clock.play(monotonic_ns())
        self.watchlists: dict[str, Watchlist] = {}
        self._keeper = keeper
        self._tell: list[Callable[[TradeUpdate], None]] = []
        self._changed = asyncio.Event()

    def on_update(self, tell: Callable[[TradeUpdate], None]) -> None:
        """Hear of every trade update."""
        self._tell.append(tell)

    def changed(self) -> None:
        """Wake whoever waits for something to be so: a client listens, or left, or the market went on."""
        waited, self._changed = self._changed, asyncio.Event()
        waited.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it is so; looked at whenever something changed."""
        while not holds():
            await self._changed.wait()

    def catch_up(self) -> None:
        """The market as it is at this moment, before somebody is answered."""
        if self.clock.running and self.clock.speed:
            self.play(self.clock.market_ns(self.monotonic_ns()), 1 << 62)

    def play(self, to_ns: int, rows_max: int = ROWS_A_SLICE) -> bool:
        """Let the market go on; whether it got there."""
        if to_ns == FOREVER_NS:
            to_ns = self.world.end_ns
        return self.world.advance(to_ns, rows_max)

    def advance(self, to_ns: int) -> None:
        """Go to an instant, all of the way, and tell what happened."""
        while not self.play(to_ns):
            self.publish()
        self.clock.jump(max(to_ns, self.exchange.now_ns), self.monotonic_ns())
        self.publish()

    def keep(self) -> None:
        """Write down what changed."""
        if self._keeper is not None:
            self._keeper.write(self.exchange)

    def publish(self) -> None:
        """Write down what changed, then tell the streams."""
        self.keep()
        updates = self.exchange.updates()
        for update in updates:
            for tell in self._tell:
                tell(update)
        if updates:
            self.changed()

    def ledger(self) -> dict[str, Any]:
        """Everything that a client's books are compared with, exactly."""
        exchange = self.exchange
        return {
            "now_ns": exchange.now_ns,
            "cash": str(exchange.account.ledger.cash),
            "equity": str(exchange.account.equity),
            "positions": {symbol: str(p.qty) for symbol, p in exchange.account.ledger.positions.items()},
            "orders": [exchange.desk.render(order, nested=True) for order in exchange.orders.by_id.values()],
            "activities": [row.body for row in exchange.account.ledger.activities],
        }
