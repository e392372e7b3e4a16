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
    DEPTH,
    ORDER,
    QUOTE,
    TRADE,
    DepthChanges,
    MarketSession,
    OrderEvents,
    Quotes,
    Trades,
    no_order_events,
)

PIECE_ROWS = 1 << 18  # 12 MiB of tape: long enough that cutting costs nothing, short enough for any machine

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
    """The rows that a simulation needs, in the order in which they became known; made into a tape piece by piece."""

    def __init__(self, session: MarketSession, sources: tuple[Source, ...] | None = None) -> None:
        self.symbols = session.symbols
        self.sources = sources_of(session) if sources is None else sources
        used = _used(session, self.sources)
        self._tables: dict[int, Table] = {
            ORDER: no_order_events(session.symbols) if used.orders is None else used.orders,
            DEPTH: used.depth,
            TRADE: used.trades,
            QUOTE: used.quotes,
        }
        self.trades = used.trades
        filled = [kind for kind, table in self._tables.items() if len(table)]
        self._only = filled[0] if len(filled) == 1 and len(session.symbols) == 1 else None
        if self._only is not None:  # its own order is that of the session
            self.at_ns: Int64 = self._tables[self._only].ts_ns
        else:
            self._kind, self._row, self.at_ns = used.timeline()

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
        tape = np.zeros((stop - start, TAPE_COLUMNS), np.int64)
        if self._only is not None:
            _write(tape, slice(None), self._tables[self._only], slice(start, stop))
            return tape
        kinds, rows = self._kind[start:stop], self._row[start:stop]
        for kind, table in self._tables.items():
            at = np.flatnonzero(kinds == kind)
            if len(at):
                _write(tape, at, table, rows[at])
        return tape


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


def _write(tape: Tape, at: slice | npt.NDArray[np.intp], table: Table, rows: slice | Int64) -> None:
    tape[at, TS] = table.ts_ns[rows]
    symbol = table.symbol[rows].astype(np.int64) << SYMBOL_SHIFT
    if isinstance(table, Quotes):
        tape[at, WORD] = symbol | (1 << SIDE_SHIFT) | ROW_QUOTE
        tape[at, PRICE], tape[at, SIZE] = table.bid[rows], table.bid_size[rows]
        tape[at, ID], tape[at, EXTRA] = table.ask[rows], table.ask_size[rows]
        return
    side = table.side[rows].astype(np.int64)
    if isinstance(table, OrderEvents):
        kind: Int64 | int = table.action[rows].astype(np.int64)
        tape[at, ID] = table.order_id[rows]
    elif isinstance(table, DepthChanges):
        kind = np.where(side == 0, ROW_DEPTH_CLEAR, ROW_DEPTH)
    else:
        kind = ROW_TRADE
    tape[at, WORD] = symbol | (side + 1 << SIDE_SHIFT) | kind
    tape[at, PRICE], tape[at, SIZE] = table.price[rows], table.size[rows]
