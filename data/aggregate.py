"""Trades made into bars. Times are cut by the clock: no calendar, no session."""

from __future__ import annotations

import numpy as np

from tradetui.engine.market.bars import Bars
from tradetui.engine.market.tape import Trades
from tradetui.engine.model.instrument import NANOS_PER_UNIT


def bars_of_trades(trades: Trades, interval_ns: int) -> Bars:
    """The bars that trades in time order make: first, highest, lowest, last price and total size of each interval.

    An interval without a trade has no bar.
    """
    start = trades.ts_ns - trades.ts_ns % interval_ns
    order = np.lexsort((np.arange(len(trades)), trades.symbol, start))
    start, symbol = start[order], trades.symbol[order]
    price, size = trades.price[order], trades.size[order]
    if not len(order):
        none = np.empty(0, np.int64)
        return Bars(trades.symbols, symbol, none, none, none, none, none, np.empty(0), interval_ns)
    first = np.flatnonzero(np.r_[True, (np.diff(start) != 0) | (np.diff(symbol) != 0)])
    last = np.r_[first[1:], len(order)] - 1
    return Bars(
        trades.symbols,
        symbol[first],
        start[first],
        price[first],
        np.maximum.reduceat(price, first),
        np.minimum.reduceat(price, first),
        price[last],
        np.add.reduceat(size, first) / NANOS_PER_UNIT,
        interval_ns,
    )
