"""Levels of a book in order of price: a hash map to find one, a list with express links to place a new one.

A level's height is a hash of its price: one in sixteen stands on the first express list, one in 256 on the second, and
so on. The best is one step from the sentinel, a new level near it a few, any other O(log n) steps.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tradetui.engine.market.kernel import layout as at
from tradetui.engine.market.kernel.jit import inner, part

Memory = npt.NDArray[np.int64]

NEAR = 12  # levels that are walked from the best before the express lists are asked


@inner
def scattered(word: int) -> int:
    """A number below 2^48 whose every bit depends on the word's; never overflows, so plain Python agrees."""
    return (((word ^ (word >> 31)) & 0x7FFFFFFF) * 0x9E3779B1) >> 15


@inner
def height(key: int) -> int:
    """How many express lists a price stands on."""
    bits = (((key ^ (key >> 29)) & 0x7FFFFFFF) * 0x85EBCA6B) >> 32
    count = 0
    while count < at.HEIGHTS and bits & 15 == 0:
        bits >>= 4
        count += 1
    return count


@inner
def find_level(head: Memory, mem: Memory, book: int, key: int) -> int:
    """The level at a price, or at.NONE."""
    level: int = mem[head[at.LEVEL_BUCKETS] + (scattered(key ^ book) & head[at.LEVEL_MASK])]
    while level != at.NONE and (mem[level + at.KEY] != key or mem[level + at.BOOK] != book):
        level = mem[level + at.CHAIN]
    return level


@part
def open_level(head: Memory, mem: Memory, book: int, key: int) -> int:
    """A new level at a price that has none."""
    level: int = head[at.LEVELS_FREE]
    if level == at.NONE:
        level = head[at.TOP]
        head[at.TOP] = level + at.LEVEL_WORDS
    else:
        head[at.LEVELS_FREE] = mem[level + at.CHAIN]
    head[at.LEVELS_LIVE] += 1
    if head[at.LEVELS_LIVE] > head[at.LEVEL_MASK]:
        head[at.LIMIT] = -1  # the hash map wants to grow
    bucket = head[at.LEVEL_BUCKETS] + (scattered(key ^ book) & head[at.LEVEL_MASK])
    mem[level + at.CHAIN] = mem[bucket]
    mem[bucket] = level
    mem[level + at.KEY] = key
    mem[level + at.BOOK] = book
    mem[level + at.TOTAL] = 0
    mem[level + at.COUNT] = 0
    mem[level + at.FIRST] = at.NONE
    mem[level + at.LAST] = at.NONE
    mem[level + at.TAKEN] = 0
    mem[level + at.OWN] = at.NONE
    mem[level + at.TRADED] = 0
    place_level(mem, book, key, level)
    return level


@part
def place_level(mem: Memory, book: int, key: int, level: int) -> None:
    """Links a level into the order of prices."""
    heights = height(key)
    after = mem[book + at.NEXT]
    if heights == 0:
        steps = NEAR
        while mem[after + at.KEY] < key and steps > 0:
            after = mem[after + at.NEXT]
            steps -= 1
    if heights > 0 or mem[after + at.KEY] < key:
        before = book
        for up in range(at.UP + at.HEIGHTS - 1, at.UP - 1, -1):
            after = mem[before + up]
            while mem[after + at.KEY] < key:
                before = after
                after = mem[before + up]
            if heights > up - at.UP:
                mem[level + up] = after
                mem[before + up] = level
        after = mem[before + at.NEXT]
        while mem[after + at.KEY] < key:
            after = mem[after + at.NEXT]
    before = mem[after + at.PREVIOUS]
    mem[level + at.NEXT] = after
    mem[level + at.PREVIOUS] = before
    mem[before + at.NEXT] = level
    mem[after + at.PREVIOUS] = level


@part
def close_level(head: Memory, mem: Memory, level: int) -> None:
    """Takes a level out of the order and the hash map, and frees it."""
    key = mem[level + at.KEY]
    book = mem[level + at.BOOK]
    before = mem[level + at.PREVIOUS]
    after = mem[level + at.NEXT]
    mem[before + at.NEXT] = after
    mem[after + at.PREVIOUS] = before
    if height(key) > 0:
        before = book
        for up in range(at.UP + at.HEIGHTS - 1, at.UP - 1, -1):
            while mem[mem[before + up] + at.KEY] < key:
                before = mem[before + up]
            if mem[before + up] == level:
                mem[before + up] = mem[level + up]
    link = head[at.LEVEL_BUCKETS] + (scattered(key ^ book) & head[at.LEVEL_MASK])
    while mem[link] != level:
        link = mem[link] + at.CHAIN
    mem[link] = mem[level + at.CHAIN]
    mem[level + at.CHAIN] = head[at.LEVELS_FREE]
    head[at.LEVELS_FREE] = level
    head[at.LEVELS_LIVE] -= 1


@part
def empty_book(mem: Memory, book: int) -> None:
    """A sentinel alone."""
    mem[book + at.KEY] = at.KEY_END
    mem[book + at.BOOK] = book
    mem[book + at.NEXT] = book
    mem[book + at.PREVIOUS] = book
    for up in range(at.UP, at.UP + at.HEIGHTS):
        mem[book + up] = book


@inner
def side_book(symbol: int, side: int) -> int:
    """The market's book of a side."""
    return symbol + ((1 - side) >> 1) * at.LEVEL_WORDS


@inner
def displayed(head: Memory, mem: Memory, symbol: int, book: int, key: int) -> int:
    """The level that the market shows at a price, or NONE."""
    if mem[symbol + at.SOURCE] != at.BY_QUOTES:
        return find_level(head, mem, book, key)
    best: int = mem[book + at.NEXT]
    return best if best != book and mem[best + at.KEY] == key else at.NONE
