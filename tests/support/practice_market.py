"""A small market for the practice exchange: one stock and one coin, written by hand, and the exchange that shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import numpy as np

from tradetui.engine.market.bars import Bars
from tradetui.engine.market.tape import DepthChanges, MarketSession, Quotes, Trades
from tradetui.engine.practice.assets import Asset, Assets
from tradetui.engine.practice.config import PracticeConfig
from tradetui.engine.practice.exchange import Exchange
from tradetui.engine.practice.hours import Hours, weekday_sessions
from tradetui.engine.practice.matcher import Matcher
from tradetui.engine.practice.world import World

NANO = 10**9
MINUTE_NS = 60 * NANO
SESSIONS = weekday_sessions(date(2026, 4, 1), date(2026, 6, 30))
OPEN_NS, CLOSE_NS = SESSIONS[0].open_ns, SESSIONS[0].close_ns
NEXT_OPEN_NS = SESSIONS[1].open_ns
ACME, BTC = "ACME", "BTC/USD"
SYMBOLS = (ACME, BTC)
ASSETS = (
    Asset(symbol=ACME, name="Acme Example Corp"),
    Asset(symbol=BTC, name="Bitcoin / US Dollar"),
    Asset(symbol="WHOLE", fractionable=False),
    Asset(symbol="HARD", easy_to_borrow=False, shortable=False),
    Asset(symbol="GONE", status="inactive", tradable=False),
)


def nanos(value: float | str | Decimal) -> int:
    """A price or size as the feed has it."""
    return int(Decimal(str(value)) * NANO)


class Story:
    """An exchange whose market is told step by step; times are seconds after the open of its first day."""

    def __init__(self, matcher: Matcher | None = None, at_ns: int = OPEN_NS, **config: object) -> None:
        self.exchange = Exchange(
            PracticeConfig(**config),  # type: ignore[arg-type]
            Assets(ASSETS),
            Hours(SESSIONS),
            matcher,
            at_ns,
        )

    def quote(self, bid: float | str, ask: float | str, size: float | str = 100, symbol: str = ACME) -> None:
        """The market shows this."""
        self.exchange.quote(symbol, nanos(bid), nanos(size), nanos(ask), nanos(size))

    def trade(self, price: float | str, size: float | str = 100, side: int = 0, symbol: str = ACME) -> None:
        """The market trades."""
        self.exchange.trade(symbol, nanos(price), nanos(size), side)

    def at(self, seconds: float) -> None:
        """Time passes."""
        self.exchange.advance(OPEN_NS + int(seconds * NANO))

    def events(self) -> list[str]:
        """What the stream told since the last call: event, type and side of the order, and a fill's size and price."""
        told = []
        for update in self.exchange.updates():
            order = update.data["order"]
            fill = f" {update.data['qty']} at {update.data['price']}" if "price" in update.data else ""
            told.append(f"{update.event} {order['type']} {order['side']}{fill}")
        return told


def order(
    side: str = "buy", qty: object = "10", kind: str = "market", force: str = "day", **more: object
) -> dict[str, object]:
    """The body of a request."""
    return {"symbol": ACME, "side": side, "qty": qty, "type": kind, "time_in_force": force, **more}


def small_session(minutes: int = 30) -> MarketSession:
    """Both symbols from the open on: a quote and a trade a second apart, prices that go up by a tick a minute."""
    starts = OPEN_NS + np.arange(minutes) * MINUTE_NS
    quotes = [
        (at, code, base + tick * cent, 500 * NANO, base + (tick + 2) * cent, 400 * NANO)
        for tick, at in enumerate(starts.tolist())
        for code, base, cent in ((0, 100 * NANO, NANO // 100), (1, 50_000 * NANO, NANO))
    ]
    trades = [
        (at + NANO, code, base + (tick + 2) * cent, 3 * NANO, 1)
        for tick, at in enumerate(starts.tolist())
        for code, base, cent in ((0, 100 * NANO, NANO // 100), (1, 50_000 * NANO, NANO))
    ]
    return session_of(quotes, trades, starts.tolist())


def session_of(
    quotes: Sequence[tuple[int, int, int, int, int, int]],
    trades: Sequence[tuple[int, int, int, int, int]],
    bar_starts: Sequence[int],
) -> MarketSession:
    """Tables of rows; each minute's bar is made of its trade."""
    q = np.array(quotes, np.int64).reshape(-1, 6)
    t = np.array(trades, np.int64).reshape(-1, 5)
    none = np.empty(0, np.int64)
    bar_ts = np.repeat(np.array(bar_starts, np.int64), len(SYMBOLS))
    bar_price = t[:, 2] if len(t) == len(bar_ts) else np.full(len(bar_ts), 100 * NANO)
    bars = Bars(
        symbols=SYMBOLS,
        symbol=np.tile(np.arange(len(SYMBOLS), dtype=np.int32), len(bar_starts)),
        ts_ns=bar_ts,
        open=bar_price,
        high=bar_price,
        low=bar_price,
        close=bar_price,
        volume=np.full(len(bar_ts), 3.0),
        interval_ns=MINUTE_NS,
    )
    return MarketSession(
        bars,
        Quotes(SYMBOLS, q[:, 1].astype(np.int32), q[:, 0], q[:, 2], q[:, 3], q[:, 4], q[:, 5]),
        Trades(SYMBOLS, t[:, 1].astype(np.int32), t[:, 0], t[:, 2], t[:, 3], t[:, 4].astype(np.int8)),
        DepthChanges(SYMBOLS, np.empty(0, np.int32), none, np.empty(0, np.int8), none, none),
    )


def small_world(matcher: Matcher | None = None, minutes: int = 30, **config: object) -> World:
    """An exchange with the small session in front of it."""
    story = Story(matcher, OPEN_NS - 1, **config)
    return World(small_session(minutes), story.exchange)
