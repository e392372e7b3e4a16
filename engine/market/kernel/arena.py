"""The memory of a simulated market: two flat arrays, and how they grow. Every slot keeps its address."""

from __future__ import annotations

import numpy as np

from tradetui.engine.market.kernel import layout as at
from tradetui.engine.market.kernel.levels import Memory, empty_book
from tradetui.engine.market.kernel.looks import GROW_LEVELS, GROW_ORDERS, look

FIRST_BUCKETS = 256
TABLES = (  # what lives there, its buckets, how they are moved
    (at.ORDERS_LIVE, at.ORDER_BUCKETS, GROW_ORDERS),
    (at.LEVELS_LIVE, at.LEVEL_BUCKETS, GROW_LEVELS),
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
                empty_book(self.mem, at.SYMBOL_START + at.SYMBOL_WORDS * symbol + at.LEVEL_WORDS * sentinel)
        for table in (at.ORDER_BUCKETS, at.LEVEL_BUCKETS):
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

    def _double(self) -> None:
        mem = np.zeros(2 * len(self.mem), np.int64)
        mem[: len(self.mem)] = self.mem
        self._hold(mem)

    def _hold(self, mem: Memory) -> None:
        self.mem = mem
        self.mem_view = memoryview(mem)  # type: ignore[arg-type]
        self.head[at.CAPACITY] = len(mem)
