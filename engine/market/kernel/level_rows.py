"""Rows of a market known by its levels, its best quotes or its trades alone, and what they mean for own orders."""

from __future__ import annotations

from tradetui.engine.market.kernel import layout as at
from tradetui.engine.market.kernel.fills import allowed, fill, paid
from tradetui.engine.market.kernel.jit import inner, once, part
from tradetui.engine.market.kernel.levels import Memory, close_level, displayed, find_level, open_level, side_book
from tradetui.engine.market.kernel.order_rows import clear_side
from tradetui.engine.market.kernel.prints import note_trade
from tradetui.engine.market.kernel.resting import (
    BEHIND_ALL,
    KEEP,
    level_fell,
    nothing_ahead,
    offer_better,
    offer_display,
    traded,
)
from tradetui.engine.market.simulation import PRICE_MAX, ROW_DEPTH_CLEAR, SIZE_MAX


@once
def play_depth_row(head: Memory, mem: Memory, symbol: int, kind: int, side: int, price: int, size: int) -> int:
    """The new size of a level, or the end of all of them; 0, or which fault left it out."""
    if kind == ROW_DEPTH_CLEAR:
        clear_side(head, mem, symbol)
        clear_side(head, mem, symbol + at.LEVEL_WORDS)
        return 0
    if price <= 0 or price > PRICE_MAX:
        return at.BAD_PRICE
    if size < 0 or size > SIZE_MAX:
        return at.BAD_SIZE
    book, key = side_book(symbol, side), -side * price
    level = find_level(head, mem, book, key)
    if level == at.NONE:
        if size == 0:
            return 0
        level = open_level(head, mem, book, key)
        mem[level + at.TOTAL] = size
    else:
        resize(head, mem, level, size)
    if size == 0:
        close_level(head, mem, level)
        return 0
    other = side_book(symbol, -side) + at.OWN_BOOK
    if mem[other + at.NEAREST] <= -key:
        offer_display(head, mem, level, other, BEHIND_ALL, -key, size)
    return 0


@once
def resize(head: Memory, mem: Memory, level: int, size: int) -> None:
    """Another size of a displayed level, or the same."""
    old = mem[level + at.TOTAL]
    if size == old:
        return
    if size < old:
        if mem[level + at.OWN] != at.NONE:
            level_fell(mem, mem[level + at.OWN], old, size, mem[level + at.TRADED], head[at.CANCEL_AHEAD])
        mem[level + at.TAKEN] = min(mem[level + at.TAKEN], size)
    mem[level + at.TOTAL] = size
    mem[level + at.TRADED] = 0


@once
def play_quote_row(head: Memory, mem: Memory, symbol: int, bid: int, bid_size: int, ask: int, ask_size: int) -> int:
    """The best of both sides; 0, or which fault left it out."""
    if min(bid, ask) < 0 or max(bid, ask) > PRICE_MAX:
        return at.BAD_PRICE
    if min(bid_size, ask_size) < 0 or max(bid_size, ask_size) > SIZE_MAX:
        return at.BAD_SIZE
    play_quote(head, mem, symbol, 1, bid, bid_size)
    play_quote(head, mem, symbol, -1, ask, ask_size)
    return 0


@inner
def play_quote(head: Memory, mem: Memory, symbol: int, side: int, price: int, size: int) -> None:
    """One side of a quote."""
    book = side_book(symbol, side)
    best = mem[book + at.NEXT]
    own_book = book + at.OWN_BOOK
    if price == 0 or size == 0:
        if best != book:
            mem[book + at.NEXT] = book
            nothing_ahead(mem, own_book, at.KEY_END)
        return
    level, key = mem[symbol + at.QUOTE_LEVELS + ((1 - side) >> 1)], -side * price
    if best != book and mem[level + at.KEY] == key:
        resize(head, mem, level, size)
    else:
        mem[book + at.NEXT] = level
        mem[level + at.KEY] = key
        mem[level + at.TOTAL] = size
        mem[level + at.TAKEN] = 0
        mem[level + at.TRADED] = 0
        mem[level + at.OWN] = at.NONE
        if mem[own_book + at.NEAREST] <= key:
            nothing_ahead(mem, own_book, key)
            join_display(head, mem, level, own_book, key, size)
    other = side_book(symbol, -side) + at.OWN_BOOK
    if mem[other + at.NEAREST] <= -key:
        offer_display(head, mem, level, other, BEHIND_ALL, -key, size)


@part
def join_display(head: Memory, mem: Memory, level: int, own_book: int, key: int, size: int) -> None:
    """The best came to a price of ours: at most what is displayed stands ahead, all of it where that was not known."""
    own_level = find_level(head, mem, own_book, key)
    mem[level + at.OWN] = own_level
    own = at.NONE if own_level == at.NONE else mem[own_level + at.FIRST]
    while own != at.NONE:
        ahead = mem[own + at.OWN_AHEAD]
        mem[own + at.OWN_AHEAD] = size if ahead < 0 else min(ahead, size)
        own = mem[own + at.OWN_AFTER]


@once
def play_trade(head: Memory, mem: Memory, symbol: int, side: int, price: int, size: int) -> int:
    """A trade, at a symbol that tells its trades; 0, or which fault left it out."""
    if price <= 0 or price > PRICE_MAX:
        return at.BAD_PRICE
    if size <= 0 or size > SIZE_MAX:
        return at.BAD_SIZE
    source = mem[symbol + at.SOURCE]
    if source == at.BY_TRADES:
        trade_alone(head, mem, symbol, price, size)
    elif source != at.BY_ORDERS:
        for own_side in (1, -1):
            if side * own_side <= 0:
                book, key = side_book(symbol, own_side), -own_side * price
                if mem[book + at.OWN_BOOK + at.NEAREST] <= key:
                    traded(head, mem, book, key, size)
                level = displayed(head, mem, symbol, book, key)
                if level != at.NONE:
                    mem[level + at.TRADED] = min(mem[level + at.TRADED] + size, SIZE_MAX)  # no level falls by more
    note_trade(head, mem, symbol, price, size, side)
    return 0


@once
def trade_alone(head: Memory, mem: Memory, symbol: int, price: int, size: int) -> None:
    """A trade where nothing is displayed: market orders share it first, then those that it went through."""
    left_buy, left_sell = size, size
    own = mem[symbol + at.WORKING_FIRST]
    while own != at.NONE:
        after = mem[own + at.OWN_AFTER]
        side = mem[own + at.OWN_SIDE]
        left = left_buy if side > 0 else left_sell
        if left > 0:
            took = allowed(head, mem, own, left)
            if took > 0:
                fill(head, mem, own, paid(head, side, at.MARKET, price), took, 0)
                if side > 0:
                    left_buy -= took
                else:
                    left_sell -= took
        own = after
    through = 0 if head[at.TOUCH] else 1
    offer_better(head, mem, symbol + at.OWN_BOOK, BEHIND_ALL, -price - through, left_buy, KEEP)
    offer_better(head, mem, symbol + at.LEVEL_WORDS + at.OWN_BOOK, BEHIND_ALL, price - through, left_sell, KEEP)
