"""Market data on a thread of its own: streams of shares and of coins, and what was missed while one was gone."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from random import Random
from typing import Any, Literal

from tradetui.engine.backoff import Backoff
from tradetui.engine.gateways.alpaca.backfill import Backfill, Missed
from tradetui.engine.gateways.alpaca.budget import Budget
from tradetui.engine.gateways.alpaca.config import FeedConfig
from tradetui.engine.gateways.alpaca.conflation import Conflator
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.gateways.alpaca.feed_stream import FeedStream
from tradetui.engine.gateways.alpaca.freshness import Change, Freshness
from tradetui.engine.gateways.alpaca.intake import Counts, Intake
from tradetui.engine.gateways.alpaca.lane import Lane
from tradetui.engine.gateways.alpaca.rest import Clocks, Rest
from tradetui.engine.gateways.alpaca.wire import NS_PER_S, unread
from tradetui.engine.gateways.live_words import Failed, FeedHealth, Put
from tradetui.engine.loop_thread import LoopThread, raise_again
from tradetui.engine.model.events import FeedEvent

NAME = "alpaca"
STOCKS = ("trades", "quotes", "bars", "statuses")
COINS = ("trades", "quotes", "bars")
BACKFILL_TRIES = 4  # in a row, while everything waits; then quotes and books go on, and it is tried more rarely
FeedState = Literal["FRESH", "LATE", "STALE", "DOWN", "GAP", "BACKFILLED"]
log = logging.getLogger(__name__)


class AlpacaGateway:
    """A DataGateway. `waiting` says how many inputs the engine has not taken yet: what conflation goes by."""

    def __init__(
        self,
        config: FeedConfig,
        credentials: Credentials,
        *,
        waiting: Callable[[], int] = lambda: 0,
        chance: Random | None = None,
        clocks: Clocks | None = None,
    ) -> None:
        self._config, self._credentials = config, credentials
        self._chance, self._clocks = chance or Random(), clocks or Clocks()
        self._waiting = waiting
        self._stop = threading.Event()
        self._freshness = Freshness(config.freshness)
        self.counts = Counts()
        self._garbage_told = 1
        self._lines: dict[str, Line] = {}
        self._symbols: tuple[str, ...] = ()
        self._gaps = 0
        self._lag_ns: int | None = None
        self._last_ns = 0
        self._flush: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._started = False

    def __repr__(self) -> str:
        return f"AlpacaGateway({self._config.rest_url})"

    def start(self, put: Put, symbols: Sequence[str]) -> None:
        """Begin; what comes is put as MarketData and FeedEvents."""
        config = self._config
        self._out = Conflator(put, self._waiting, config.waiting_max)
        budget = Budget(config.rest.per_minute, 0.0)
        self._rest = Rest(config.rest_url, self._credentials, config.rest, budget, self._clocks, self._stop)
        self._backfill = Backfill(self._rest, config.stock_feed)
        self._put = put
        self._history = Lane(f"{NAME}-history", self._clocks, partial(self._failed, f"{NAME}-history"))
        self._symbols = tuple(dict.fromkeys(symbols))
        self._loop = LoopThread(f"{NAME}-data", self._main, partial(self._failed, f"{NAME}-data"))
        self._started = True
        self._history.start()
        self._loop.start()

    def subscribe(self, symbols: Sequence[str]) -> None:
        """From now on these symbols, and no others; nothing happens to those that stay."""
        wanted = tuple(dict.fromkeys(symbols))
        self._loop.call(lambda: self._want(wanted))

    def health(self) -> FeedHealth:
        """The newest picture."""
        lines = list(self._lines.values())
        streams = [line.stream for line in lines]
        return FeedHealth(
            name=NAME,
            state=self._state(streams),
            events=self.counts.events,
            conflated=self._out.conflated if self._started else 0,
            reconnects=sum(stream.socket.reconnects for stream in streams),
            gaps=self._gaps,
            lag_ns=self._lag_ns,
            last_ns=self._last_ns,
            message="; ".join(filter(None, (*(stream.message for stream in streams), unread(self.counts.garbage)))),
        )

    def stop(self, timeout_s: float) -> None:
        """End both threads. Raises TimeoutError."""
        if not self._started:
            return
        self._stop.set()
        self._history.stop()
        end = self._clocks.steady_s() + timeout_s
        ended = self._loop.stop(max(0.0, timeout_s)) and self._history.join(end - self._clocks.steady_s())
        self._rest.close()
        if not ended:
            raise TimeoutError(f"the feed did not end within {timeout_s:g} s: a request may still be on its way")

    def _failed(self, thread: str, error: BaseException) -> None:
        self._put(Failed(thread, type(error).__name__))

    # -- in the loop

    async def _main(self) -> None:
        self._want(self._symbols)
        try:
            while True:
                await asyncio.sleep(self._config.freshness.look_every_s)
                for change in self._freshness.look(self._clocks.steady_s()):
                    self._changed(change)
                if self.counts.garbage >= self._garbage_told:
                    self._garbage_told = 10 * self.counts.garbage  # the log has each tenfold
                    log.warning("feed: %s", unread(self.counts.garbage))
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _want(self, symbols: tuple[str, ...]) -> None:
        self._symbols = symbols
        self._freshness.want(symbols, self._clocks.steady_s())
        for name in ("shares", "coins"):
            wanted = tuple(symbol for symbol in symbols if ("/" in symbol) == (name == "coins"))
            if name not in self._lines and wanted:
                self._lines[name] = line = Line(self, name)
                line.want(wanted)
                task = asyncio.ensure_future(line.stream.socket.run())
                task.add_done_callback(raise_again)
                self._tasks.add(task)
            elif name in self._lines:
                self._lines[name].want(wanted)

    def _heard(self, symbol: str, ts_ns: int) -> None:
        self._lag_ns, self._last_ns = self._clocks.wall_ns() - ts_ns, ts_ns
        change = self._freshness.heard(symbol, self._clocks.steady_s())
        if change is not None:
            self._changed(change)

    def _changed(self, change: Change) -> None:
        self._tell(change.symbol, change.state, change.message)

    def _tell(self, symbol: str, state: FeedState, message: str) -> None:
        self._out.put(FeedEvent(symbol, state, message, self._clocks.wall_ns()))

    def _flush_later(self) -> None:
        if self._flush is None and self._out.holds:
            self._flush = asyncio.get_running_loop().call_later(self._config.flush_every_s, self._flush_now)

    def _flush_now(self) -> None:
        self._flush = None
        self._out.flush()
        self._flush_later()

    def _state(self, streams: Sequence[FeedStream]) -> Literal["CONNECTING", "OK", "LATE", "STALE", "DOWN"]:
        if any(not stream.connected and stream.message for stream in streams):
            return "DOWN"
        if not streams or not all(stream.connected for stream in streams):
            return "CONNECTING"
        worst = self._freshness.worst()
        return "OK" if worst == "FRESH" else worst


class Line:
    """One stream of the gateway with what belongs to it; a part of it, in the same thread."""

    def __init__(self, gateway: AlpacaGateway, name: str) -> None:
        config = gateway._config
        coins = name == "coins"
        url = config.crypto_stream_url if coins else config.stock_stream_url
        channels = (*COINS, "orderbooks") if coins and config.books else COINS
        if not coins and not url.endswith("/test"):
            channels = STOCKS
        self._gateway = gateway
        self._was_up = False
        self._told_down = ""
        self._breaks = 0
        self.stream = FeedStream(name, url, channels, config.socket, gateway._credentials, gateway._chance, self)
        self._intake = Intake(
            gateway._out,
            gateway.counts,
            config.hold_max,
            heard=gateway._heard,
            book_lost=self.stream.book_anew,
            halted=self._halted,
        )

    def want(self, symbols: tuple[str, ...]) -> None:
        """These and no others."""
        self._intake.want(symbols)
        self.stream.want(symbols)

    def row(self, row: dict[str, Any]) -> None:
        """As Hears.row."""
        out = self._gateway._out
        out.received_ns = self.stream.socket.received_ns
        self._intake.row(row)
        out.received_ns = 0  # what is told otherwise was not read just now
        self._gateway._flush_later()

    def garbage(self) -> None:
        """As Hears.garbage."""
        self._gateway.counts.garbage += 1

    def refused(self, symbols: Iterable[str], message: str) -> None:
        """As Hears.refused."""
        self._tell_all(symbols, "DOWN", message)

    def down(self, stream: FeedStream, message: str) -> None:
        """As Hears.down."""
        if message != self._told_down:  # once, however often it is tried again
            self._told_down = message
            log.warning("%s: %s", stream.name, message)
            self._gateway._tell("", "DOWN", f"{stream.name}: {message}")
        if self._was_up:
            self._breaks += 1
            self._intake.hold()

    def up(self, stream: FeedStream) -> None:
        """As Hears.up: what was missed is fetched before what comes now is told."""
        first, self._was_up, self._told_down = not self._was_up, True, ""
        if all(line.stream.connected for line in self._gateway._lines.values()):  # of the whole feed, not of this one
            self._gateway._tell("", "FRESH", f"{stream.name}: connected")
        known = {s: ns for s in stream.wanted if (ns := self._intake.last_ns(s)) is not None}
        if first or not known:
            self._intake.release()
            return
        self._gateway._gaps += 1
        self._tell_all(known, "GAP", "the stream was gone: what was missed is fetched")
        waits = Backoff(self._gateway._config.rest.waits, self._gateway._chance)
        self._fetch(known, BACKFILL_TRIES, waits)

    def _fetch(self, known: dict[str, int], tries: int, waits: Backoff, delay_s: float = 0.0) -> None:
        gateway, breaks = self._gateway, self._breaks
        span_ns = int(gateway._config.backfill_max_s * NS_PER_S)
        trades_ns, bars_ns = self._intake.missed_from_ns(tuple(known), span_ns)

        def ask() -> None:
            missed = gateway._backfill.fetch(tuple(known), trades_ns, bars_ns)
            gateway._loop.call(lambda: self._fetched(known, missed, tries - 1, waits, breaks))

        gateway._history.put(ask, delay_s)

    def _fetched(self, known: dict[str, int], missed: Missed, tries: int, waits: Backoff, breaks: int) -> None:
        if breaks != self._breaks:
            return  # it broke off again meanwhile: what is asked for after that begins where this did
        if not self._intake.holds:
            self._tell_all(known, "GAP", "what was missed cannot be had: too much came after it to wait any longer")
            return
        if missed.fault:
            if not tries:
                self._intake.hold_series()
                words = f"what was missed cannot be had yet ({missed.fault}): prints and bars wait, it is tried again"
                self._tell_all(known, "GAP", words)
            self._fetch(known, tries, waits, waits.next_s(longest=tries <= 0))
            return
        for symbol, (prints, bars) in self._intake.fill(missed).items():
            if symbol in known:
                self._gateway._tell(symbol, "BACKFILLED", f"{prints} trades and {bars} bars that were missed")
        self._intake.release()
        self._gateway._flush_later()

    def _tell_all(self, symbols: Iterable[str], state: FeedState, message: str) -> None:
        for symbol in symbols:
            self._gateway._tell(symbol, state, message)

    def _halted(self, symbol: str, halted: bool, said: str) -> None:
        word = "halted" if halted else "trading again"
        self._gateway._tell(symbol, "STALE" if halted else "FRESH", f"{word}: the exchange says {said}")
