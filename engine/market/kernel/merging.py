"""Rows of a session's tables written as a tape, in the order of time: one pass, each column read where it lies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tradetui.engine.market.kernel.jit import inner, once, part
from tradetui.engine.market.kernel.levels import Memory
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
    TS,
    WORD,
)

Codes = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.int8]

# The columns of each table: symbol, time, then what a row of that kind says
OrderColumns = tuple[Codes, Memory, Bytes, Memory, Bytes, Memory, Memory]  # action, id, side, price, size
SidedColumns = tuple[Codes, Memory, Bytes, Memory, Memory]  # side, price, size: of trades, and of depth
QuoteColumns = tuple[Codes, Memory, Memory, Memory, Memory, Memory]  # bid, bid size, ask, ask size


@inner
def write_row(tape: Memory, to: int, ts: int, symbol: int, side: int, kind: int, price: int, size: int) -> None:
    """A row of the tape, as far as all kinds have it."""
    tape[to, TS] = ts
    tape[to, WORD] = (symbol << SYMBOL_SHIFT) | ((side + 1) << SIDE_SHIFT) | kind
    tape[to, PRICE] = price
    tape[to, SIZE] = size


@once
def write_order(tape: Memory, to: int, table: OrderColumns, row: int) -> None:
    """What happened to an order of the book."""
    symbol, ts, action, order_id, side, price, size = table
    write_row(tape, to, ts[row], int(symbol[row]), int(side[row]), int(action[row]), price[row], size[row])
    tape[to, ID] = order_id[row]
    tape[to, EXTRA] = 0


@once
def write_trade(tape: Memory, to: int, table: SidedColumns, row: int) -> None:
    """A trade."""
    symbol, ts, side, price, size = table
    write_row(tape, to, ts[row], int(symbol[row]), int(side[row]), ROW_TRADE, price[row], size[row])
    tape[to, ID] = 0
    tape[to, EXTRA] = 0


@once
def write_depth(tape: Memory, to: int, table: SidedColumns, row: int) -> None:
    """The size of a level, or the end of all."""
    symbol, ts, side, price, size = table
    kind = ROW_DEPTH_CLEAR if side[row] == 0 else ROW_DEPTH
    write_row(tape, to, ts[row], int(symbol[row]), int(side[row]), kind, price[row], size[row])
    tape[to, ID] = 0
    tape[to, EXTRA] = 0


@once
def write_quote(tape: Memory, to: int, table: QuoteColumns, row: int) -> None:
    """The best of both sides."""
    symbol, ts, bid, bid_size, ask, ask_size = table
    write_row(tape, to, ts[row], int(symbol[row]), 0, ROW_QUOTE, bid[row], bid_size[row])
    tape[to, ID] = ask[row]
    tape[to, EXTRA] = ask_size[row]


@part
def merge(
    tape: Memory,
    order: Memory,
    first: int,
    ends: tuple[int, int, int],
    orders: OrderColumns,
    trades: SidedColumns,
    depth: SidedColumns,
    quotes: QuoteColumns,
) -> None:
    """Fills the tape with the rows from `first` on.

    Rows are numbered through all tables, which stand in the order of the arguments and end at `ends`. `order` tells
    which of them comes when; where it is empty they come as they are.
    """
    orders_end, trades_end, depth_end = ends
    for to in range(len(tape)):
        row = first + to
        if len(order) > 0:
            row = order[row]
        if row >= depth_end:
            write_quote(tape, to, quotes, row - depth_end)
        elif row < orders_end:
            write_order(tape, to, orders, row)
        elif row < trades_end:
            write_trade(tape, to, trades, row - orders_end)
        else:
            write_depth(tape, to, depth, row - trades_end)
