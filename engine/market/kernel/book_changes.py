"""What `KernelBook` does to a book of one symbol: one change, many, and trading the two sides apart."""

from __future__ import annotations

from typing import Final

from tradetui.engine.market.kernel import layout as at
from tradetui.engine.market.kernel.jit import once, part
from tradetui.engine.market.kernel.levels import Memory, side_book
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
from tradetui.engine.market.simulation import PRICE_MAX, SIZE_MAX

BOOK_ADD, BOOK_CANCEL, BOOK_MODIFY, BOOK_EXECUTE, BOOK_CLEAR, BOOK_MATCH = 1, 2, 3, 4, 5, 6
TRADES_A_CALL: Final = 256
TRADE_WORDS: Final = 5  # price, size, side of the one that came last, bid's id, ask's id


@part
def side_of(mem: Memory, order: int) -> int:
    """+1 for a bid, -1 for an ask; a sentinel's address says it."""
    return 1 - 2 * ((int(mem[mem[order + at.LEVEL] + at.BOOK]) >> 4) & 1)


@once
def change_book(head: Memory, mem: Memory, what: int, order_id: int, side: int, price: int, size: int, ts: int) -> int:
    """One change of the book; 0, or which fault it was."""
    if ts < head[at.NOW]:
        head[at.TIME_BACKWARDS] += 1
    else:
        head[at.NOW] = ts
    head[at.ROWS_PLAYED] += 1
    symbol = at.SYMBOL_START
    if what == BOOK_CLEAR:
        clear_book(head, mem, symbol)
        clear_book(head, mem, symbol + at.LEVEL_WORDS)
        return 0
    if what < BOOK_ADD or what > BOOK_EXECUTE or (what == BOOK_ADD and side != 1 and side != -1):
        return at.BAD_ROW
    if (price <= 0 or price > PRICE_MAX) and what in (BOOK_ADD, BOOK_MODIFY):
        return at.BAD_PRICE
    if what != BOOK_CANCEL and (size <= 0 or (size > SIZE_MAX and what != BOOK_EXECUTE)):
        return at.BAD_SIZE
    order = find_order(head, mem, symbol, order_id)
    if what == BOOK_ADD:
        if order != at.NONE:
            return at.DUPLICATE_ID
        level = room_at(head, mem, side_book(symbol, side), -side * price, size)
        if level == at.NONE:
            return at.BAD_SIZE
        enter_order(head, mem, symbol, order_id, level, size, head[at.ROWS_PLAYED])
        return 0
    if order == at.NONE:
        return at.UNKNOWN_ID
    return change_order(head, mem, what, order, price, size)


@once
def change_order(head: Memory, mem: Memory, what: int, order: int, price: int, size: int) -> int:
    """One change of an order that rests."""
    if what == BOOK_CANCEL:
        remove_order(head, mem, order)
        return 0
    if what == BOOK_EXECUTE:
        too_much = size > mem[order + at.SIZE]
        reduce_order(head, mem, order, size)
        return at.BAD_SIZE if too_much else 0
    level = mem[order + at.LEVEL]
    key = -side_of(mem, order) * price
    if key != mem[level + at.KEY] or size > mem[order + at.SIZE]:
        to = room_for(head, mem, order, key, size)
        if to == at.NONE:
            return at.BAD_SIZE
        requeue_order(head, mem, order, to, size, head[at.ROWS_PLAYED])
    else:
        shrink_level(mem, level, mem[order + at.SIZE] - size)
        mem[order + at.SIZE] = size
    return 0


@once
def match_book(head: Memory, mem: Memory, out: int) -> int:
    """Trades the first bid with the first ask until the sides are apart, or there is no room for more trades."""
    bids, asks = at.SYMBOL_START, at.SYMBOL_START + at.LEVEL_WORDS
    count = 0
    while count < TRADES_A_CALL and mem[bids + at.NEXT] != bids and mem[asks + at.NEXT] != asks:
        bid = mem[mem[bids + at.NEXT] + at.FIRST]
        ask = mem[mem[asks + at.NEXT] + at.FIRST]
        highest, lowest = -mem[mem[bids + at.NEXT] + at.KEY], mem[mem[asks + at.NEXT] + at.KEY]
        if highest < lowest:
            break
        bid_came_last = mem[bid + at.SINCE] > mem[ask + at.SINCE]
        size = min(mem[bid + at.SIZE], mem[ask + at.SIZE])
        mem[out] = lowest if bid_came_last else highest
        mem[out + 1] = size
        mem[out + 2] = 1 if bid_came_last else -1
        mem[out + 3] = mem[bid + at.ID]
        mem[out + 4] = mem[ask + at.ID]
        reduce_order(head, mem, bid, size)
        reduce_order(head, mem, ask, size)
        out += TRADE_WORDS
        count += 1
    return count


@part
def change(head: Memory, mem: Memory, what: int, order_id: int, side: int, price: int, size: int, ts: int) -> int:
    """One change: 0 or the fault; of BOOK_MATCH the number of trades, which are written at address `order_id`."""
    if head[at.TOP] > head[at.LIMIT]:
        return at.GROW
    if what == BOOK_MATCH:
        if ts < head[at.NOW]:
            head[at.TIME_BACKWARDS] += 1
        else:
            head[at.NOW] = ts
        return match_book(head, mem, order_id)
    fault = change_book(head, mem, what, order_id, side, price, size, ts)
    if fault != 0:
        head[fault] += 1
    return fault


@part
def change_all(head: Memory, mem: Memory, rows: Memory, first: int) -> int:
    """Rows of what, id, side, price, size and time, from `first` on; how many are done, fewer where it must grow."""
    for k in range(first, len(rows)):
        if change(head, mem, rows[k, 0], rows[k, 1], rows[k, 2], rows[k, 3], rows[k, 4], rows[k, 5]) == at.GROW:
            return k
    return len(rows)
