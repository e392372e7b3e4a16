"""Rows of a simulated market's tape, written by hand: prices and sizes in whole units here, in nanos on the tape."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tradetui.engine.market.simulation import (
    ROW_ADD,
    ROW_CANCEL,
    ROW_CLEAR,
    ROW_DEPTH,
    ROW_DEPTH_CLEAR,
    ROW_EXECUTE,
    ROW_MODIFY,
    ROW_QUOTE,
    ROW_TRADE,
    SIDE_SHIFT,
    SYMBOL_SHIFT,
    TAPE_COLUMNS,
    Tape,
)

Row = tuple[int, int, int, int, int, int]
NANOS = 1_000_000_000


def nanos(units: float) -> int:
    """Units as the tape writes them; a tenth is exact."""
    return round(units * NANOS)


def word(kind: int, side: int = 0, symbol: int = 0) -> int:
    return kind | (side + 1) << SIDE_SHIFT | symbol << SYMBOL_SHIFT


def tape(*rows: Row) -> Tape:
    """The rows as an array; of no rows, an empty one."""
    return tape_of(rows)


def tape_of(rows: Iterable[Row]) -> Tape:
    return np.array(list(rows), np.int64).reshape(-1, TAPE_COLUMNS)


def add(ts: int, order_id: int, side: int, price: float, size: float, symbol: int = 0) -> Row:
    """A market's order comes to rest."""
    return ts, word(ROW_ADD, side, symbol), nanos(price), nanos(size), order_id, 0


def cancel(ts: int, order_id: int, symbol: int = 0) -> Row:
    return ts, word(ROW_CANCEL, 0, symbol), 0, 0, order_id, 0


def modify(ts: int, order_id: int, price: float, size: float, symbol: int = 0) -> Row:
    """`size` is what is left."""
    return ts, word(ROW_MODIFY, 0, symbol), nanos(price), nanos(size), order_id, 0


def execute(ts: int, order_id: int, size: float, symbol: int = 0) -> Row:
    return ts, word(ROW_EXECUTE, 0, symbol), 0, nanos(size), order_id, 0


def clear(ts: int, symbol: int = 0) -> Row:
    return ts, word(ROW_CLEAR, 0, symbol), 0, 0, 0, 0


def depth(ts: int, side: int, price: float, size: float, symbol: int = 0) -> Row:
    """The new total size of a level; 0 removes it."""
    return ts, word(ROW_DEPTH, side, symbol), nanos(price), nanos(size), 0, 0


def depth_clear(ts: int, symbol: int = 0) -> Row:
    return ts, word(ROW_DEPTH_CLEAR, 0, symbol), 0, 0, 0, 0


def trade(ts: int, price: float, size: float, side: int = 0, symbol: int = 0) -> Row:
    """`side` is the aggressor's."""
    return ts, word(ROW_TRADE, side, symbol), nanos(price), nanos(size), 0, 0


def quote(ts: int, bid: float, bid_size: float, ask: float, ask_size: float, symbol: int = 0) -> Row:
    """0 where a side is empty."""
    return ts, word(ROW_QUOTE, 0, symbol), nanos(bid), nanos(bid_size), nanos(ask), nanos(ask_size)
