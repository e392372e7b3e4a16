"""One number for the whole state of a book, the same for every implementation of it (FNV-1a over 64-bit words)."""

from __future__ import annotations

from collections.abc import Iterable

OFFSET, PRIME, MASK = 0xCBF29CE484222325, 0x100000001B3, 0xFFFFFFFFFFFFFFFF

Queue = Iterable[
    tuple[int, int]
]  # order id and size, first in line first; one anonymous (0, size) where only levels are known


def fold(state: int, word: int) -> int:
    """`state` with one more word; negative words count as their two's complement."""
    return ((state ^ (word & MASK)) * PRIME) & MASK


def book_hash(bids: Iterable[tuple[int, Queue]], asks: Iterable[tuple[int, Queue]]) -> int:
    """The hash of both sides, each a sequence of price and queue, best first.

    In the order: side (+1, -1), then for each level its price, then the id and the size of each order.
    """
    state = OFFSET
    for side, levels in ((1, bids), (-1, asks)):
        state = fold(state, side)
        for price, queue in levels:
            state = fold(state, price)
            for order_id, size in queue:
                state = fold(fold(state, order_id), size)
    return state
