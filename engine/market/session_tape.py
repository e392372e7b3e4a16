"""A session's rows as a simulation plays them: of each symbol the finest book there is, and its trades. No I/O."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

from tradetui.engine.market.bars import Bars, Int64
from tradetui.engine.market.simulation import TAPE_COLUMNS, Source, Tape
from tradetui.engine.market.tape import (
    DepthChanges,
    MarketSession,
    OrderEvents,
    Quotes,
    Trades,
    no_order_events,
)

PIECE_ROWS = 1 << 16  # 3 MiB of tape: stays in the cache and its memory is used again

# The columns of all tables, in the order in which the compiled merge takes them
MERGED = {
    "symbol": np.int32,
    "ts_ns": np.int64,
    "action": np.int8,
    "order_id": np.int64,
    "side": np.int8,
} | dict.fromkeys(("price", "size", "bid", "bid_size", "ask", "ask_size"), np.int64)

Table = Quotes | Trades | DepthChanges | OrderEvents


def sources_of(session: MarketSession) -> tuple[Source, ...]:
    """Of each symbol: the finest that the session has of its book, "trades" where there is none."""
    tables: tuple[tuple[Source, Table | None], ...] = (
        ("orders", session.orders), ("depth", session.depth), ("quotes", session.quotes)
    )  # fmt: skip
    present = {name: set() if table is None else set(np.unique(table.symbol).tolist()) for name, table in tables}
    return tuple(
        next((name for name, _ in tables if code in present[name]), "trades") for code in range(len(session.symbols))
    )


def traded_symbols(session: MarketSession) -> tuple[bool, ...]:
    """Which symbols have rows of trades."""
    traded = set(np.unique(session.trades.symbol).tolist())
    return tuple(code in traded for code in range(len(session.symbols)))


class SessionTape:
    """The rows that a simulation needs, in the order in which they became known; made into a tape piece by piece.

    Ties: order, trade, depth, quote; then by symbol; then in the table's order. A trade comes before the fall of the
    level that it caused, so that what stood ahead of an own order is not counted as gone twice.
    """

    def __init__(self, session: MarketSession, sources: tuple[Source, ...] | None = None) -> None:
        from tradetui.engine.market.kernel.entries import merge  # loads the compiler: only for whom plays a market
        from tradetui.engine.market.kernel.jit import direct

        self.symbols = session.symbols
        self.sources = sources_of(session) if sources is None else sources
        used = _used(session, self.sources)
        self.trades = used.trades
        orders = no_order_events(session.symbols) if used.orders is None else used.orders
        tables: list[Table] = [orders, used.trades, used.depth, used.quotes]
        self._order = np.empty(0, np.int64)  # rows of all tables, put one after another, in the order of time
        filled = [table for table in tables if len(table)]
        if len(filled) == 1 and len(session.symbols) == 1:  # its own order is that of the session
            self.at_ns: Int64 = filled[0].ts_ns
        else:
            tables = [_in_order(table) for table in tables]
            at_ns = np.concatenate([table.ts_ns for table in tables])
            self._order = np.argsort(at_ns, kind="stable")  # merges what is sorted in parts: as quick as a copy
            self.at_ns = at_ns[self._order]
        self._ends = tuple(np.cumsum([len(table) for table in tables[:-1]]).tolist())
        self._columns = tuple(_columns(table) for table in tables)
        self._merge = direct(merge)  # which takes columns that may only be read

    def __len__(self) -> int:
        return len(self.at_ns)

    def cut(self, start: int, rows: int) -> int:
        """Where a piece of about `rows` rows from `start` ends: never between rows of one time."""
        stop = start + rows
        if stop >= len(self):
            return len(self)
        return stop + int(np.searchsorted(self.at_ns[stop:], self.at_ns[stop - 1], side="right"))

    def piece(self, start: int, stop: int) -> Tape:
        """Rows [start, stop) as a tape."""
        tape = np.empty((stop - start, TAPE_COLUMNS), np.int64)
        self._merge(tape, self._order, start, self._ends, *self._columns)
        return tape


def _in_order(table: Table) -> Table:
    """The table by time, then symbol, then as it was: a feed may tell the symbols of one time in any order."""
    ts, symbol = table.ts_ns, table.symbol
    ahead = ts[1:] < ts[:-1]
    if len(table.symbols) > 1:
        ahead |= (ts[1:] == ts[:-1]) & (symbol[1:] < symbol[:-1])
    return _rows(table, np.lexsort((symbol, ts))) if ahead.any() else table


def _used(session: MarketSession, sources: tuple[Source, ...]) -> MarketSession:
    """The session with the rows that the simulation plays and no others."""

    def of(name: Source, table: Table) -> Table:
        wanted = np.array([source == name for source in sources], np.bool_)
        if wanted.all():
            return table
        return _rows(table, np.flatnonzero(wanted[table.symbol]))

    orders = None if session.orders is None else cast("OrderEvents", of("orders", session.orders))
    return MarketSession(
        _no_bars(session.bars),
        cast("Quotes", of("quotes", session.quotes)),
        session.trades,
        cast("DepthChanges", of("depth", session.depth)),
        orders,
    )


def _rows(table: Table, rows: npt.NDArray[np.intp]) -> Table:
    columns = {name: getattr(table, name)[rows] for name in table.__slots__ if name != "symbols"}
    return type(table)(table.symbols, **columns)


def _no_bars(bars: Bars) -> Bars:
    return bars.rows(0, 0)


def _columns(table: Table) -> tuple[npt.NDArray[np.integer], ...]:
    """A table's columns as the compiled merge takes them, in one piece each."""
    columns = ((name, kind) for name, kind in MERGED.items() if name in table.__slots__)
    return tuple(np.ascontiguousarray(getattr(table, name), kind) for name, kind in columns)
