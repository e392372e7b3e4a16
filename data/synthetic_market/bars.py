"""Minute bars of the invented market without its books: for load tests of many symbols over years."""

from __future__ import annotations

import math
from datetime import date

import numpy as np

from tradetui.data.synthetic import MINUTE_NS, MINUTES, SymbolModel, normals, session_open_ns, session_shape, weekdays
from tradetui.data.synthetic_market.prices import Course, Factor, course, session_starts, stream, trading_shape
from tradetui.data.synthetic_market.symbols import MarketSymbol
from tradetui.engine.market.bars import Bars, Float64, Int64
from tradetui.engine.model.instrument import NANOS_PER_UNIT

SUBSTEPS = 4  # prices inside a minute, from which its open, high, low and close are taken
WITHIN, VOLUME = 20, 21  # streams of random numbers of a symbol's minutes


def minute_bars(seed: int, index: int, symbol: MarketSymbol, first_day: date, factor: Factor) -> Bars:
    """Bars of symbol number `index`, one for each minute of each weekday's session from `first_day` on.

    The believed price is that of the symbol's order-by-order sessions; highs, lows and volumes are drawn around it.
    """
    path = course(seed, index, symbol.model, factor)
    sessions = len(path.gaps)
    starts = np.array([session_open_ns(day) for day in weekdays(first_day, sessions)])
    prices = _prices(stream(seed, WITHIN, index), symbol, path)
    n = sessions * MINUTES
    opens, closes = prices[:, 0], prices[:, -1]
    tick = symbol.tick_nanos
    return Bars(
        (symbol.model.name,),
        np.zeros(n, np.int32),
        (starts[:, None] + np.arange(MINUTES) * MINUTE_NS).reshape(-1),
        opens * tick,
        prices.max(axis=1) * tick,
        prices.min(axis=1) * tick,
        closes * tick,
        _volumes(stream(seed, VOLUME, index), symbol.model, path),
        MINUTE_NS,
    )


def _prices(rng: np.random.Generator, symbol: MarketSymbol, path: Course) -> Int64:
    """Ticks of `SUBSTEPS` prices a minute, (minutes, SUBSTEPS)."""
    sessions = len(path.gaps)
    noise = normals(rng, sessions * MINUTES * SUBSTEPS).reshape(sessions, MINUTES, SUBSTEPS)
    mean = noise[:, :, 0].copy()
    for k in range(1, SUBSTEPS):
        mean += noise[:, :, k]
    steps = (noise - (mean / SUBSTEPS)[:, :, None]) * (path.volatility / math.sqrt(SUBSTEPS))[:, :, None]
    steps += (path.returns / SUBSTEPS)[:, :, None]
    starts = session_starts(symbol.model, path)
    prices = starts[:, None] * np.cumprod(1.0 + steps.reshape(sessions, -1), axis=1)
    ticks = np.rint(prices * (NANOS_PER_UNIT // symbol.tick_nanos)).astype(np.int64)
    positive: Int64 = np.maximum(ticks, 1).reshape(-1, SUBSTEPS)
    return positive


def _volumes(rng: np.random.Generator, model: SymbolModel, path: Course) -> Float64:
    """Whole shares, at least one: more at both ends of a session and when prices move, now and then many times that."""
    usual = model.daily_volatility / math.sqrt(MINUTES)
    moved = path.volatility / (usual * session_shape(0.72, 0.85))
    crowd = 0.5 + 0.3 / (1.0 - 0.9 * rng.random(path.returns.size))
    busy = trading_shape() * (0.5 + 0.5 * moved)
    return np.rint(model.minute_volume * busy.reshape(-1) * crowd) + 1.0
