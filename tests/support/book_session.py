"""Small sessions of ticks and books for tests of the whole path, and a run of a strategy over one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from reference_market import ReferenceMarket
from tradetui.engine.book_backtest import BookBacktest
from tradetui.engine.config import RunConfig, run_config
from tradetui.engine.market.bars import Bars
from tradetui.engine.market.tape import (
    ADD,
    CANCEL,
    EXECUTE,
    DepthChanges,
    MarketSession,
    OrderEvents,
    Quotes,
    Trades,
)
from tradetui.engine.model.events import MarketData, QuoteEvent, SignalEvent
from tradetui.engine.model.wakes import BestMoved
from tradetui.engine.run_data import session_sources
from tradetui.engine.strategy import Strategy

NANOS = 10**9
SECOND = 10**9
MINUTE = 60 * SECOND
START = 1_700_000_040 * SECOND  # a full minute

Order = tuple[float, int, int, int, float, float]  # seconds after START, action, id, side, price, size
Print = tuple[float, float, float, int]  # seconds after START, price, size, side


def session(
    orders: Sequence[Order] = (),
    trades: Sequence[Print] = (),
    quotes: Sequence[tuple[float, float, float, float, float]] = (),
    depth: Sequence[tuple[float, int, float, float]] = (),
    symbol: str = "X",
) -> MarketSession:
    """A session of one symbol from rows in plain units."""
    names = (symbol,)
    return MarketSession(
        no_bars(names),
        Quotes(names, _codes(quotes), _times(quotes), *(_nanos(quotes, k) for k in (1, 2, 3, 4))),
        Trades(names, _codes(trades), _times(trades), _nanos(trades, 1), _nanos(trades, 2), _small(trades, 3)),
        DepthChanges(names, _codes(depth), _times(depth), _small(depth, 1), _nanos(depth, 2), _nanos(depth, 3)),
        None
        if not orders
        else OrderEvents(
            names,
            _codes(orders),
            _times(orders),
            _small(orders, 1),
            np.array([row[2] for row in orders], np.int64),
            _small(orders, 3),
            _nanos(orders, 4),
            _nanos(orders, 5),
        ),
    )


def side_by_side(**orders: Sequence[Order]) -> MarketSession:
    """A session of several symbols, each with its order events, in time order."""
    names = tuple(orders)
    rows = sorted(
        ((row, code) for code, name in enumerate(names) for row in orders[name]), key=lambda r: (r[0][0], r[1])
    )
    one = session([row for row, _ in rows]).orders
    assert one is not None
    codes, none = np.array([code for _, code in rows], np.int32), session()
    told = OrderEvents(names, codes, one.ts_ns, one.action, one.order_id, one.side, one.price, one.size)
    quotes, trades, depth = (
        type(table)(names, **{name: getattr(table, name) for name in table.__slots__ if name != "symbols"})
        for table in (none.quotes, none.trades, none.depth)
    )
    return MarketSession(no_bars(names), quotes, trades, depth, told)  # type: ignore[arg-type]


def no_bars(names: tuple[str, ...]) -> Bars:
    none = np.empty(0, np.int64)
    return Bars(names, np.empty(0, np.int32), none, none, none, none, none, np.empty(0), MINUTE)


def restless_book(seed: int, rows: int = 2_000, step_s: float = 0.25) -> list[Order]:
    """Order events around a price that wanders: never crossed, ids never reused, sizes whole."""
    dice = random.Random(seed)
    mid = 10_000
    found: list[Order] = []
    live: dict[int, tuple[int, int, int]] = {}
    for order_id in range(1, rows + 1):
        at = order_id * step_s
        if dice.random() < 0.2:
            mid += dice.choice((-1, 1))
        stale = [k for k, (side, price, _) in live.items() if side * (price - mid) >= 0]
        if stale:
            side, price, size = live.pop(stale[0])
            found.append((at, EXECUTE, stale[0], side, price / 100, float(size)))
        elif live and dice.random() < 0.3:
            gone = dice.choice(sorted(live))
            side, price, size = live.pop(gone)
            found.append((at, CANCEL, gone, side, price / 100, float(size)))
        else:
            side, size = dice.choice((1, -1)), dice.randint(1, 9)
            price = mid - side * dice.randint(1, 5)
            live[order_id] = (side, price, size)
            found.append((at, ADD, order_id, side, price / 100, float(size)))
    return found


def config_of(**options: Any) -> RunConfig:
    return run_config({"cash": "100000", **options}, "test")


def book_run(strategy: Strategy, market: MarketSession, *, run: Any = None, **options: Any) -> BookBacktest:
    """A run ready to be worked; `run` holds arguments of BookBacktest itself."""
    return BookBacktest(config_of(**options), strategy, market, session_sources(market), ReferenceMarket, **(run or {}))


def _codes(rows: Sequence[Any]) -> Any:
    return np.zeros(len(rows), np.int32)


def _times(rows: Sequence[Any]) -> Any:
    return np.array([START + round(Decimal(str(row[0])) * SECOND) for row in rows], np.int64)


def _nanos(rows: Sequence[Any], column: int) -> Any:
    return np.array([round(row[column] * NANOS) for row in rows], np.int64)


def _small(rows: Sequence[Any], column: int) -> Any:
    return np.array([row[column] for row in rows], np.int8)


class Restless(Strategy):
    """Quotes, takes and leaves by what the book looks like: many orders of every kind."""

    name = "restless"
    subscribes = ("bar", BestMoved())

    def on_market_data(self, event: MarketData) -> list[SignalEvent]:
        if not isinstance(event, QuoteEvent) or not (event.bid and event.ask):
            return []
        turn = round(event.bid * 100) % 7
        if turn == 0:
            return [SignalEvent("X", 1, quantity=5)]
        if turn == 1:
            return [SignalEvent("X", -1, quantity=3, type="limit", limit_price=event.ask, time_in_force="gtc")]
        if turn == 2:
            return [SignalEvent("X", 1, quantity=4, stop_loss=event.bid - 0.05, take_profit=event.ask + 0.05)]
        return [SignalEvent("X", 0)] if turn == 3 else []
