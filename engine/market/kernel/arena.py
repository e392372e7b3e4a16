"""The memory of a simulated market: two flat arrays, and how they grow. Every slot keeps its address."""

from __future__ import annotations

import numpy as np

from tradetui.engine.market.kernel import layout as at
from tradetui.engine.market.kernel.entries import look
from tradetui.engine.market.kernel.levels import Memory
from tradetui.engine.market.kernel.looks import GROW_LEVELS, GROW_ORDERS, GROW_OWN

FIRST_BUCKETS, FIRST_RING = 256, 64
TABLES = (  # what lives there, its buckets, how they are moved
    (at.ORDERS_LIVE, at.ORDER_BUCKETS, GROW_ORDERS),
    (at.LEVELS_LIVE, at.LEVEL_BUCKETS, GROW_LEVELS),
    (at.OWN_LIVE, at.OWN_BUCKETS, GROW_OWN),
)


class Arena:
    """`head` and `mem`, with views of both that answer plain ints."""

    __slots__ = ("head", "head_view", "mem", "mem_view")

    def __init__(self, symbols: int) -> None:
        self.head = np.zeros(at.HEAD_WORDS, np.int64)
        self.head_view = memoryview(self.head)  # type: ignore[arg-type]
        words = at.SYMBOL_START + at.SYMBOL_WORDS * symbols + 3 * FIRST_BUCKETS + 2 * at.SLACK
        self._hold(np.zeros(2 * words, np.int64))
        self.head[at.SYMBOLS] = symbols
        self.head[at.TOP] = at.SYMBOL_START + at.SYMBOL_WORDS * symbols
        for symbol in range(symbols):
            for sentinel in range(6):
                self._empty_book(at.SYMBOL_START + at.SYMBOL_WORDS * symbol + at.LEVEL_WORDS * sentinel, sentinel > 1)
        for _, table, _ in TABLES:
            self.head[table] = self.take(FIRST_BUCKETS)
            self.head[table + 1] = FIRST_BUCKETS - 1
        self.limit()

    def take(self, words: int) -> int:
        """The address of so many words, all 0, never given back."""
        top = self.head_view[at.TOP]
        while top + words > len(self.mem):
            self._double()
        self.head[at.TOP] = top + words
        return top

    def grow(self) -> None:
        """Whatever is short becomes larger: called when the kernel says so."""
        for live, table, move in (
            (at.ORDERS_LIVE, at.ORDER_BUCKETS, GROW_ORDERS),
            (at.LEVELS_LIVE, at.LEVEL_BUCKETS, GROW_LEVELS),
            (at.OWN_LIVE, at.OWN_BUCKETS, GROW_OWN),
        ):
            if self.head_view[live] > self.head_view[table + 1]:
                buckets = 4 * (self.head_view[table + 1] + 1)
                to = self.take(buckets)
                look(self.head, self.mem, self.mem[:0], move, to, buckets - 1)
        self.limit()
        while self.head_view[at.TOP] > self.head_view[at.LIMIT]:
            self._double()
            self.limit()

    def limit(self) -> None:
        """Where the kernel must stop and ask for more."""
        self.head[at.LIMIT] = len(self.mem) - at.SLACK - at.WORDS_AN_OWN * (self.head_view[at.OWN_LIVE] + 2)

    def take_ring(self, ring: int, first: int, end: int, words: int) -> None:
        """Twice the room for a ring; `head` tells where it lies, behind that its mask, and its two ends."""
        head = self.head_view
        old, old_mask, mask = head[ring], head[ring + 1], max(2 * head[ring + 1] + 1, FIRST_RING - 1)
        new = self.take((mask + 1) * words)
        for entry in range(head[first], head[end]):
            place, to = old + (entry & old_mask) * words, new + (entry & mask) * words
            self.mem[to : to + words] = self.mem[place : place + words]
        self.head[ring], self.head[ring + 1] = new, mask
        self.limit()

    def _empty_book(self, book: int, own: bool) -> None:
        self.mem[book + at.KEY] = at.KEY_END
        self.mem[book + at.NEAREST] = at.KEY_END if own else 0
        self.mem[book + at.BOOK] = book
        self.mem[[book + link for link in (at.NEXT, at.PREVIOUS, *range(at.UP, at.UP + at.HEIGHTS))]] = book

    def _double(self) -> None:
        mem = np.zeros(2 * len(self.mem), np.int64)
        mem[: len(self.mem)] = self.mem
        self._hold(mem)

    def _hold(self, mem: Memory) -> None:
        self.mem = mem
        self.mem_view = memoryview(mem)  # type: ignore[arg-type]
        self.head[at.CAPACITY] = len(mem)
