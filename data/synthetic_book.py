"""One session of an invented market with its order book: depth, trades, quotes, and the bars those trades make.

A latent price moves as in the month's bars; limit orders, cancels and market orders arrive more often near the open and
the close and push the book after it. Like `synthetic`, it uses only arithmetic that is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

from tradetui.data.aggregate import bars_of_trades
from tradetui.data.synthetic import (
    MINUTE_NS,
    MINUTES,
    MODELS,
    TICK_NANOS,
    TICKS_PER_UNIT,
    SymbolModel,
    generator,
    minute_returns,
    session_open_ns,
    session_shape,
)
from tradetui.engine.market.bars import Float64, Int64
from tradetui.engine.market.tape import DepthChanges, MarketSession, Quotes, Trades
from tradetui.engine.model.instrument import NANOS_PER_UNIT

SESSION_DAY = date(2026, 4, 1)
ARRIVALS = 44_000  # what arrives at each symbol's book in a session
LEVELS_MIN, LEVELS_MAX = 12, 16  # levels held on each side
LOT = 100
BUY, SELL = 1, -1

SPREAD_TICKS_WIDE = 3  # from this spread on somebody steps inside
LEAN_TICKS = 0.8  # farther than this from the latent price the book is pushed after it
MARKET_SHARE, ADD_SHARE = 0.13, 0.55  # of arrivals that push nowhere; the rest are cancels
STEP_NS = 1_000  # arrivals are stamped in whole microseconds


def synthetic_session(
    seed: int,
    day: date = SESSION_DAY,
    arrivals: int = ARRIVALS,
    models: tuple[SymbolModel, ...] = MODELS,
    start_ticks: tuple[int, ...] | None = None,
) -> MarketSession:
    """A regular US session of every model with full depth; `start_ticks` are the first prices, else the models'.

    Depth starts from an empty book. After all changes of one time the book is never crossed, holds at least
    `LEVELS_MIN` levels a side, and its best is the quote of that time. Bars are the aggregation of the trades.
    """
    returns = minute_returns(generator(seed, 2), 1, models)
    open_ns = session_open_ns(day)
    recordings = []
    for i, model in enumerate(models):
        rng = generator(seed, 10 + i)
        start = start_ticks[i] if start_ticks is not None else round(model.start_price * TICKS_PER_UNIT)
        times = _arrival_times(rng, arrivals)
        latent = _latent_ticks(start, returns[:, i], times)
        recordings.append(_play(rng, open_ns, start, times, latent))
    return _session(tuple(model.name for model in models), recordings)


def _arrival_times(rng: np.random.Generator, count: int) -> Int64:
    """Nanoseconds since the open, distinct and rising, denser near both ends of the session."""
    shape = session_shape(0.55, 1.0)
    draws = rng.integers(1, MINUTES * MINUTE_NS // STEP_NS, count * 3)
    kept = rng.random(count * 3) * 1.55 < shape[draws * STEP_NS // MINUTE_NS]
    return np.unique(draws[kept][:count]) * STEP_NS


def _latent_ticks(start: int, returns: Float64, times: Int64) -> Float64:
    """The price that traders believe in at each time, in ticks, straight between the minutes."""
    path = start * np.concatenate(([1.0], np.cumprod(1.0 + returns)))
    minute = times // MINUTE_NS
    part = (times - minute * MINUTE_NS) / MINUTE_NS
    latent: Float64 = path[minute] + (path[minute + 1] - path[minute]) * part
    return latent


@dataclass(slots=True)
class _Recording:
    """Rows of one symbol as they happen: prices in ticks, sizes in shares."""

    depth: list[tuple[int, int, int, int]] = field(default_factory=list)  # ts, side, price, size
    trades: list[tuple[int, int, int, int]] = field(default_factory=list)  # ts, price, size, side
    quotes: list[tuple[int, int, int, int, int]] = field(default_factory=list)  # ts, bid, size, ask, size


class _Book:
    """Sizes by price of both sides; every change is recorded with the time in `now`."""

    def __init__(self, recording: _Recording, now: int, mid: int, sizes: list[int]) -> None:
        self.now = now
        self._recording = recording
        self.levels: dict[int, dict[int, int]] = {BUY: {}, SELL: {}}
        self.best = {BUY: mid - 1, SELL: mid}
        for k in range(LEVELS_MIN + 2):
            self.set(BUY, mid - 1 - k, sizes[2 * k])
            self.set(SELL, mid + k, sizes[2 * k + 1])
        self.quote()

    def set(self, side: int, price: int, size: int) -> None:
        """The level's new total size; the best price follows. A side never empties: see `tend`."""
        level = self.levels[side]
        if size:
            level[price] = size
            if (price - self.best[side]) * side > 0:
                self.best[side] = price
        else:
            del level[price]
            if price == self.best[side]:
                self.best[side] = max(level) if side == BUY else min(level)
        self._recording.depth.append((self.now, side, price, size))

    def add(self, side: int, price: int, size: int) -> None:
        """More size at a price that does not reach the other side."""
        self.set(side, price, self.levels[side].get(price, 0) + size)

    def trade(self, aggressor: int, size: int) -> None:
        """A market order: takes the best levels of the other side one after another, at most half of them."""
        side = -aggressor
        for _ in range(LEVELS_MIN // 2):
            price = self.best[side]
            there = self.levels[side][price]
            taken = min(there, size)
            self.set(side, price, there - taken)
            self._recording.trades.append((self.now, price, taken, aggressor))
            size -= taken
            if not size:
                return

    def tend(self, size: int) -> None:
        """Keeps the number of levels of both sides within bounds, at their far end."""
        for side in (BUY, SELL):
            level = self.levels[side]
            while len(level) < LEVELS_MIN:
                self.set(side, (min(level) - 1) if side == BUY else (max(level) + 1), size)
            if len(level) > LEVELS_MAX:
                self.set(side, min(level) if side == BUY else max(level), 0)

    def quote(self) -> None:
        """Records the best of both sides if it is not what was quoted last."""
        bid, ask = self.best[BUY], self.best[SELL]
        row = (self.now, bid, self.levels[BUY][bid], ask, self.levels[SELL][ask])
        quotes = self._recording.quotes
        if not quotes or quotes[-1][1:] != row[1:]:
            quotes.append(row)


def _play(rng: np.random.Generator, open_ns: int, start: int, times: Int64, latent: Float64) -> _Recording:
    """Lets everything that arrives act on the book, one after another."""
    recording = _Recording()
    opening = (rng.integers(2, 15, 2 * (LEVELS_MIN + 2)) * LOT).tolist()
    book = _Book(recording, open_ns, start, opening)
    draws = rng.random((len(times), 5)).tolist()
    for since, believed, (pushed, what, which, where, much) in zip(times.tolist(), latent.tolist(), draws, strict=True):
        book.now = open_ns + since
        lean = believed - (book.best[BUY] + book.best[SELL]) / 2
        wide = book.best[SELL] - book.best[BUY] >= SPREAD_TICKS_WIDE
        if wide or (abs(lean) > LEAN_TICKS and pushed < 0.6):
            _push(book, BUY if lean > 0 else SELL, which, much)
        else:
            _arrive(book, what, BUY if which < 0.5 else SELL, where, much)
        book.tend(LOT * (4 + int(12 * where)))
        book.quote()
    return recording


def _push(book: _Book, side: int, which: float, much: float) -> None:
    """Moves the book towards `side`: a quote inside the spread, else the other side's best is taken or pulled."""
    spread = book.best[SELL] - book.best[BUY]
    if spread > 1:
        book.add(side, book.best[side] + side * (spread // 2), LOT * (1 + int(6 * much)))
    elif which < 0.45:
        book.trade(side, book.levels[-side][book.best[-side]])
    else:
        book.set(-side, book.best[-side], 0)


def _arrive(book: _Book, what: float, side: int, where: float, much: float) -> None:
    """What happens when the price is about right: a small market order, a limit order or a cancel."""
    if what < MARKET_SHARE:
        book.trade(side, LOT * (1 + int(9 * much * much * much)))
    elif what < ADD_SHARE:
        inside = 1 if book.best[SELL] - book.best[BUY] > 1 and where < 0.5 else 0
        away = int(LEVELS_MIN * where * where)
        price = book.best[side] + side if inside else book.best[side] - side * away
        book.add(side, price, LOT * (1 + int(8 * much)))
    else:
        prices = sorted(book.levels[side], reverse=side == BUY)
        price = prices[int(LEVELS_MIN * where)]
        there = book.levels[side][price]
        lots = there // LOT
        gone = there if much < 0.12 else LOT * min(lots, 1 + int(lots * much * 0.6))
        book.set(side, price, there - gone)


def _session(symbols: tuple[str, ...], recordings: list[_Recording]) -> MarketSession:
    """All symbols' rows in one time order, in nanos."""
    depth, depth_symbol = _merged([r.depth for r in recordings])
    rows, trade_symbol = _merged([r.trades for r in recordings])
    quotes, quote_symbol = _merged([r.quotes for r in recordings])
    sizes = NANOS_PER_UNIT
    trades = Trades(symbols, trade_symbol, rows[0], rows[1] * TICK_NANOS, rows[2] * sizes, rows[3].astype(np.int8))
    return MarketSession(
        bars_of_trades(trades, MINUTE_NS),
        Quotes(
            symbols,
            quote_symbol,
            quotes[0],
            quotes[1] * TICK_NANOS,
            quotes[2] * sizes,
            quotes[3] * TICK_NANOS,
            quotes[4] * sizes,
        ),
        trades,
        DepthChanges(
            symbols, depth_symbol, depth[0], depth[1].astype(np.int8), depth[2] * TICK_NANOS, depth[3] * sizes
        ),
    )


def _merged(tables: Sequence[Sequence[tuple[int, ...]]]) -> tuple[list[Int64], npt.NDArray[np.int32]]:
    """Columns of all symbols' rows by time, ties by symbol and then as recorded; and the symbol of each row."""
    parts = [np.array(table, np.int64) for table in tables]
    symbol = np.repeat(np.arange(len(parts), dtype=np.int32), [len(part) for part in parts])
    rows = np.concatenate(parts)
    order = np.argsort(rows[:, 0], kind="stable")
    return [np.ascontiguousarray(column) for column in rows[order].T], symbol[order]
