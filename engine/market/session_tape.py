"""A session's rows as a simulation plays them: of each symbol the finest book there is, and its trades. No I/O."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

from tradetui.engine.market.bars import Bars, Int64
from tradetui.engine.market.simulation import (
    EXTRA,
    ID,
    PRICE,
    ROW_DEPTH,
    ROW_DEPTH_CLEAR,
    ROW_QUOTE,
    ROW_TRADE,
    SIDE_SHIFT,
    SIZE,
    SYMBOL_SHIFT,
    TAPE_COLUMNS,
    TS,
    WORD,
    Source,
    Tape,
)
from tradetui.engine.market.tape import (
    DepthChanges,
    MarketSession,
    OrderEvents,
    Quotes,
    Trades,
    no_order_events,
)

PIECE_ROWS = 1 << 16  # 3 MiB of tape: stays in the cache and its memory is used again

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
        self.symbols = session.symbols
        self.sources = sources_of(session) if sources is None else sources
        used = _used(session, self.sources)
        self.trades = used.trades
        orders = no_order_events(session.symbols) if used.orders is None else used.orders
        tables: list[Table] = [table for table in (orders, used.trades, used.depth, used.quotes) if len(table)]
        self._order: Int64 | None = None  # rows of all tables, put one after another, in the order of time
        if len(tables) == 1 and len(session.symbols) == 1:  # its own order is that of the session
            self.at_ns: Int64 = tables[0].ts_ns
        else:
            tables = [_in_order(table) for table in tables]
            at_ns = np.concatenate([np.empty(0, np.int64), *(table.ts_ns for table in tables)])
            self._order = np.argsort(at_ns, kind="stable")  # merges what is sorted in parts: as quick as a copy
            self.at_ns = at_ns[self._order]
        self._tables = tables
        self._ends = np.cumsum([len(table) for table in tables]).tolist()

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
        if self._order is None:
            _write(tape, self._tables[0], slice(start, stop))
            return tape
        order = self._order[start:stop]
        place = np.zeros(len(order), np.int64)  # of each row in `tape`, where each table's rows lie together
        begins, filled = 0, 0
        for table, ends in zip(self._tables, self._ends, strict=True):
            here = order < ends if not begins else (order >= begins) & (order < ends)
            count = int(np.count_nonzero(here))
            if count:
                first = int(order[np.argmax(here)])  # a table is in order of time: its rows of a piece stand together
                rows = slice(first - begins, first - begins + count)
                _write(tape[filled : filled + count], table, rows)
                place += here * (filled - first)
                filled += count
            begins = ends
        place += order
        return np.take(tape, place, axis=0)


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


def _write(tape: Tape, table: Table, rows: slice) -> None:
    tape[:, TS] = table.ts_ns[rows]
    word = tape[:, WORD]
    np.left_shift(table.symbol[rows], SYMBOL_SHIFT, out=word, dtype=np.int64)
    if isinstance(table, Quotes):
        word |= (1 << SIDE_SHIFT) | ROW_QUOTE
        tape[:, PRICE], tape[:, SIZE] = table.bid[rows], table.bid_size[rows]
        tape[:, ID], tape[:, EXTRA] = table.ask[rows], table.ask_size[rows]
        return
    side = table.side[rows].astype(np.int64)
    if isinstance(table, OrderEvents):
        word |= table.action[rows]
        tape[:, ID] = table.order_id[rows]
    else:
        word |= np.where(side == 0, ROW_DEPTH_CLEAR, ROW_DEPTH) if isinstance(table, DepthChanges) else ROW_TRADE
        tape[:, ID] = 0
    word |= side + 1 << SIDE_SHIFT
    tape[:, PRICE], tape[:, SIZE], tape[:, EXTRA] = table.price[rows], table.size[rows], 0
