"""Quotes, trades, depth and orders as columns, and the one order in which a session's rows become known. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tradetui.engine.market.bars import Bars, Int64

Codes = npt.NDArray[np.int32]
Sides = npt.NDArray[np.int8]

# The kinds of a timeline; their numbers are the order of rows that become known at the same instant: the book changes,
# the trade that changed it is printed, the new best is quoted, and the bar that ends there is closed last.
ORDER, DEPTH, TRADE, QUOTE, BAR = 0, 1, 2, 3, 4

# What happened to one order of a book: it came to rest, left unexecuted, changed (less at the same price keeps its
# place, anything else is a new place at the end), was executed; and all orders of the symbol went, because a feed that
# lost its place starts again from a snapshot.
ADD, CANCEL, MODIFY, EXECUTE, CLEAR = 1, 2, 3, 4, 5


@dataclass(frozen=True, slots=True, eq=False)
class Quotes:
    """Best bid and ask after each change, in time order. Prices and sizes are int64 nanos; 0 where a side is empty."""

    symbols: tuple[str, ...]
    symbol: Codes
    ts_ns: Int64
    bid: Int64
    bid_size: Int64
    ask: Int64
    ask_size: Int64

    def __len__(self) -> int:
        return len(self.ts_ns)


@dataclass(frozen=True, slots=True, eq=False)
class Trades:
    """Prints in time order. Prices and sizes are int64 nanos; `side` is the aggressor: +1 buy, -1 sell, 0 unknown."""

    symbols: tuple[str, ...]
    symbol: Codes
    ts_ns: Int64
    price: Int64
    size: Int64
    side: Sides

    def __len__(self) -> int:
        return len(self.ts_ns)


@dataclass(frozen=True, slots=True, eq=False)
class DepthChanges:
    """New total sizes of price levels in time order, int64 nanos; `side` +1 bid, -1 ask; size 0 removes the level.

    A row of side 0 removes every level of the symbol: a feed that lost its place starts again from a snapshot.
    """

    symbols: tuple[str, ...]
    symbol: Codes
    ts_ns: Int64
    side: Sides
    price: Int64
    size: Int64

    def __len__(self) -> int:
        return len(self.ts_ns)


@dataclass(frozen=True, slots=True, eq=False)
class OrderEvents:
    """What happened to each resting order, in time order: the whole book, order by order (L3).

    `side` is the resting order's, +1 bid and -1 ask; `price` is its limit; prices and sizes are int64 nanos. `size` is
    the order's size for ADD, what is left for MODIFY (less than before at the same price keeps the place in the queue,
    anything else goes to the end of the one at `price`), and what went for CANCEL (all of it) and EXECUTE. An order
    that is executed to nothing is gone. A marketable order shows only as the executions of those it met. CLEAR removes
    all orders of the symbol; its other fields are 0.
    """

    symbols: tuple[str, ...]
    symbol: Codes
    ts_ns: Int64
    action: npt.NDArray[np.int8]
    order_id: Int64
    side: Sides
    price: Int64
    size: Int64

    def __len__(self) -> int:
        return len(self.ts_ns)


class Timeline(NamedTuple):
    """Rows of a session in the order they become known: which table, which row of it, and when."""

    kind: npt.NDArray[np.uint8]
    row: Int64
    at_ns: Int64


@dataclass(frozen=True, slots=True, eq=False)
class MarketSession:
    """Everything a replay plays. Any table may be empty; all of them number the same symbols the same way."""

    bars: Bars
    quotes: Quotes
    trades: Trades
    depth: DepthChanges
    orders: OrderEvents | None = None  # None where the book is known by its levels at most

    def __post_init__(self) -> None:
        for table in (self.quotes, self.trades, self.depth, *(() if self.orders is None else (self.orders,))):
            if table.symbols != self.bars.symbols:
                name = type(table).__name__
                raise ValueError(f"{name} number {table.symbols}, bars {self.bars.symbols}: expected the same symbols")

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols of every table."""
        return self.bars.symbols

    def timeline(self) -> Timeline:
        """All rows by the time they become known: a bar at its end, anything else at its own time.

        Ties: order, depth, trade, quote, bar; then by symbol; then in the table's own order.
        """
        orders = no_order_events(self.symbols) if self.orders is None else self.orders
        tables = (
            (ORDER, orders), (DEPTH, self.depth), (TRADE, self.trades), (QUOTE, self.quotes), (BAR, self.bars)
        )  # fmt: skip
        kind = np.repeat(np.array([k for k, _ in tables], np.uint8), [len(table) for _, table in tables])
        row = np.concatenate([np.arange(len(table)) for _, table in tables])
        symbol = np.concatenate([table.symbol for _, table in tables])
        ends = self.bars.ts_ns + self.bars.interval_ns
        at_ns = np.concatenate([orders.ts_ns, self.depth.ts_ns, self.trades.ts_ns, self.quotes.ts_ns, ends])
        order = np.lexsort((row, symbol, kind, at_ns))
        return Timeline(kind[order], row[order], at_ns[order])


def no_order_events(symbols: tuple[str, ...]) -> OrderEvents:
    """A table of order events without a row."""
    none, sides, codes = np.empty(0, np.int64), np.empty(0, np.int8), np.empty(0, np.int32)
    return OrderEvents(symbols, codes, none, sides, none, sides, none, none)


def session_of_bars(bars: Bars) -> MarketSession:
    """A session that has bars and nothing finer."""
    none, sides, codes = np.empty(0, np.int64), np.empty(0, np.int8), np.empty(0, np.int32)
    return MarketSession(
        bars,
        Quotes(bars.symbols, codes, none, none, none, none, none),
        Trades(bars.symbols, codes, none, none, none, sides),
        DepthChanges(bars.symbols, codes, none, sides, none, none),
    )
