"""Rows of a market known order by order (L3): the book as told, and what that means for own orders."""

from __future__ import annotations

from tradetui.engine.market.kernel import layout as at
from tradetui.engine.market.kernel.jit import once, part
from tradetui.engine.market.kernel.levels import Memory, side_book
from tradetui.engine.market.kernel.prints import note_trade
from tradetui.engine.market.kernel.queues import (
    clear_book,
    enter_order,
    find_order,
    reduce_order,
    remove_order,
    requeue_order,
    room_at,
    room_for,
    shrink_level,
)
from tradetui.engine.market.kernel.resting import BEHIND_ALL, executed, nothing_ahead, offer_display, withdrawn
from tradetui.engine.market.simulation import (
    PRICE_MAX,
    ROW_ADD,
    ROW_CANCEL,
    ROW_CLEAR,
    ROW_EXECUTE,
    ROW_MODIFY,
    SIZE_MAX,
)


@once
def play_order_row(
    head: Memory, mem: Memory, symbol: int, kind: int, side: int, price: int, size: int, order_id: int
) -> int:
    """One row; 0, or which fault left it out."""
    if kind == ROW_CLEAR:
        clear_side(head, mem, symbol)
        clear_side(head, mem, symbol + at.LEVEL_WORDS)
        return 0
    if (price <= 0 or price > PRICE_MAX) and kind in (ROW_ADD, ROW_MODIFY):
        return at.BAD_PRICE
    if kind != ROW_CANCEL and (size <= 0 or (size > SIZE_MAX and kind != ROW_EXECUTE)):
        return at.BAD_SIZE
    order = find_order(head, mem, symbol, order_id)
    if kind == ROW_ADD:
        if order != at.NONE:
            return at.DUPLICATE_ID
        key = -side * price
        level = room_at(head, mem, side_book(symbol, side), key, size)
        if level == at.NONE:
            return at.BAD_SIZE
        enter_order(head, mem, symbol, order_id, level, size, head[at.ROWS_PLAYED])
        own_book = side_book(symbol, -side) + at.OWN_BOOK
        if mem[own_book + at.NEAREST] <= -key:
            offer_display(head, mem, level, own_book, BEHIND_ALL, -key, size)
        return 0
    if order == at.NONE:
        return at.UNKNOWN_ID
    if kind == ROW_CANCEL:
        own = mem[mem[order + at.LEVEL] + at.OWN]
        if own != at.NONE:
            withdrawn(mem, own, mem[order + at.SINCE], mem[order + at.SIZE])
        remove_order(head, mem, order)
        return 0
    if kind == ROW_EXECUTE:
        return execute_order(head, mem, symbol, order, size)
    return modify_order(head, mem, symbol, order, price, size)


@once
def execute_order(head: Memory, mem: Memory, symbol: int, order: int, size: int) -> int:
    """The market trades with one of its orders, of which it has perhaps less than that."""
    fault = 0
    if size > mem[order + at.SIZE]:
        size = mem[order + at.SIZE]
        fault = at.BAD_SIZE
    level = mem[order + at.LEVEL]
    book, key = mem[level + at.BOOK], mem[level + at.KEY]
    if mem[book + at.OWN_BOOK + at.NEAREST] <= key:
        executed(head, mem, book, key, mem[order + at.SINCE], size)
    reduce_order(head, mem, order, size)
    if mem[symbol + at.EXECUTES_TRADE]:
        note_trade(head, mem, symbol, abs(key), size, -1 if book == symbol else 1)
    return fault


@once
def modify_order(head: Memory, mem: Memory, symbol: int, order: int, price: int, size: int) -> int:
    """Another price or size; 0, or that there is no room for it."""
    level = mem[order + at.LEVEL]
    book, old = mem[level + at.BOOK], mem[level + at.KEY]
    key = -price if book == symbol else price
    before = mem[order + at.SIZE]
    if key == old and size == before:
        return 0
    stays = key == old and size < before
    to = level if stays else room_for(head, mem, order, key, size)
    if to == at.NONE:
        return at.BAD_SIZE
    if mem[level + at.OWN] != at.NONE:
        withdrawn(mem, mem[level + at.OWN], mem[order + at.SINCE], before - size if stays else before)
    if stays:
        shrink_level(mem, level, before - size)
        mem[order + at.SIZE] = size
        return 0
    requeue_order(head, mem, order, to, size, head[at.ROWS_PLAYED])
    if key < old:
        other = 2 * symbol + at.LEVEL_WORDS - book + at.OWN_BOOK
        if mem[other + at.NEAREST] <= -key:
            offer_display(head, mem, to, other, -old, -key, size)
    return 0


@part
def clear_side(head: Memory, mem: Memory, book: int) -> None:
    """All of a side goes; own orders stay, with nothing ahead."""
    clear_book(head, mem, book)
    nothing_ahead(mem, book + at.OWN_BOOK, at.KEY_END)
