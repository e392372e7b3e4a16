"""The market's own orders: each in the queue of its level, found by its id. They change, nothing trades here."""

from __future__ import annotations

from tradetui.engine.market.kernel import layout as at
from tradetui.engine.market.kernel.jit import inner, part
from tradetui.engine.market.kernel.levels import (
    Memory,
    close_level,
    empty_book,
    find_level,
    open_level,
    scattered,
)
from tradetui.engine.market.simulation import SIZE_MAX


@inner
def find_order(head: Memory, mem: Memory, symbol: int, order_id: int) -> int:
    """A resting order, or at.NONE."""
    order: int = mem[head[at.ORDER_BUCKETS] + (scattered(order_id ^ symbol) & head[at.ORDER_MASK])]
    while order != at.NONE and (mem[order + at.ID] != order_id or mem[order + at.OF] != symbol):
        order = mem[order + at.ORDER_CHAIN]
    return order


@part
def room_at(head: Memory, mem: Memory, book: int, key: int, size: int) -> int:
    """The level at a price, opened if it has none; NONE where it cannot hold so much more."""
    level = find_level(head, mem, book, key)
    if level == at.NONE:
        return open_level(head, mem, book, key)
    return level if mem[level + at.TOTAL] <= SIZE_MAX - size else at.NONE


@part
def room_for(head: Memory, mem: Memory, order: int, key: int, size: int) -> int:
    """The level to which an order goes that is to have another price or more size; NONE where there is no room."""
    level = mem[order + at.LEVEL]
    if mem[level + at.KEY] != key:
        return room_at(head, mem, mem[level + at.BOOK], key, size)
    return level if mem[level + at.TOTAL] - mem[order + at.SIZE] <= SIZE_MAX - size else at.NONE


@part
def enter_order(head: Memory, mem: Memory, symbol: int, order_id: int, level: int, size: int, row: int) -> int:
    """A new order at the end of its queue."""
    order: int = head[at.ORDERS_FREE]
    if order == at.NONE:
        order = head[at.TOP]
        head[at.TOP] = order + at.ORDER_WORDS
    else:
        head[at.ORDERS_FREE] = mem[order + at.ORDER_CHAIN]
    head[at.ORDERS_LIVE] += 1
    if head[at.ORDERS_LIVE] > head[at.ORDER_MASK]:
        head[at.LIMIT] = -1  # the hash map wants to grow
    bucket = head[at.ORDER_BUCKETS] + (scattered(order_id ^ symbol) & head[at.ORDER_MASK])
    mem[order + at.ORDER_CHAIN] = mem[bucket]
    mem[bucket] = order
    mem[order + at.ID] = order_id
    mem[order + at.OF] = symbol
    append_order(mem, order, level, size, row)
    return order


@inner
def append_order(mem: Memory, order: int, level: int, size: int, row: int) -> None:
    """To the end of the queue of a level."""
    last = mem[level + at.LAST]
    mem[order + at.SIZE] = size
    mem[order + at.LEVEL] = level
    mem[order + at.SINCE] = row
    mem[order + at.BEFORE] = last
    mem[order + at.AFTER] = at.NONE
    if last == at.NONE:
        mem[level + at.FIRST] = order
    else:
        mem[last + at.AFTER] = order
    mem[level + at.LAST] = order
    mem[level + at.TOTAL] += size
    mem[level + at.COUNT] += 1


@inner
def unlink_order(mem: Memory, order: int) -> None:
    """Out of its queue; the level stays, even if it is empty now."""
    level = mem[order + at.LEVEL]
    before = mem[order + at.BEFORE]
    after = mem[order + at.AFTER]
    if before == at.NONE:
        mem[level + at.FIRST] = after
    else:
        mem[before + at.AFTER] = after
    if after == at.NONE:
        mem[level + at.LAST] = before
    else:
        mem[after + at.BEFORE] = before
    mem[level + at.COUNT] -= 1
    shrink_level(mem, level, mem[order + at.SIZE])


@inner
def shrink_level(mem: Memory, level: int, size: int) -> None:
    """Less is displayed, and what own orders took of it is at most that."""
    total = mem[level + at.TOTAL] - size
    mem[level + at.TOTAL] = total
    if mem[level + at.TAKEN] > total:
        mem[level + at.TAKEN] = total


@part
def remove_order(head: Memory, mem: Memory, order: int) -> None:
    """The order is gone, and its level if it was the last there."""
    level = mem[order + at.LEVEL]
    unlink_order(mem, order)
    if mem[level + at.COUNT] == 0:
        close_level(head, mem, level)
    free_order(head, mem, order)


@inner
def free_order(head: Memory, mem: Memory, order: int) -> None:
    """Out of the hash map."""
    link = head[at.ORDER_BUCKETS] + (scattered(mem[order + at.ID] ^ mem[order + at.OF]) & head[at.ORDER_MASK])
    while mem[link] != order:
        link = mem[link] + at.ORDER_CHAIN
    mem[link] = mem[order + at.ORDER_CHAIN]
    mem[order + at.ORDER_CHAIN] = head[at.ORDERS_FREE]
    head[at.ORDERS_FREE] = order
    head[at.ORDERS_LIVE] -= 1


@part
def reduce_order(head: Memory, mem: Memory, order: int, size: int) -> None:
    """Takes `size`, at most what it has; at nothing the order is gone."""
    if size >= mem[order + at.SIZE]:
        remove_order(head, mem, order)
    else:
        mem[order + at.SIZE] -= size
        shrink_level(mem, mem[order + at.LEVEL], size)


@part
def requeue_order(head: Memory, mem: Memory, order: int, to: int, size: int, row: int) -> None:
    """To the end of the queue of the level `to`; one that is only left to be joined again does not end in between."""
    level = mem[order + at.LEVEL]
    taken = mem[level + at.TAKEN]
    unlink_order(mem, order)
    append_order(mem, order, to, size, row)
    if mem[level + at.COUNT] == 0:
        close_level(head, mem, level)
    elif to == level:
        mem[level + at.TAKEN] = min(taken, mem[level + at.TOTAL])


@part
def clear_book(head: Memory, mem: Memory, book: int) -> None:
    """All levels of a side of the market, and their orders."""
    level = mem[book + at.NEXT]
    while level != book:
        order = mem[level + at.FIRST]
        while order != at.NONE:
            after = mem[order + at.AFTER]
            free_order(head, mem, order)
            order = after
        key = mem[level]
        link = head[at.LEVEL_BUCKETS] + (scattered(key ^ book) & head[at.LEVEL_MASK])
        while mem[link] != level:
            link = mem[link] + at.CHAIN
        mem[link] = mem[level + at.CHAIN]
        mem[level + at.CHAIN] = head[at.LEVELS_FREE]
        head[at.LEVELS_FREE] = level
        head[at.LEVELS_LIVE] -= 1
        level = mem[level + at.NEXT]
    empty_book(mem, book)
