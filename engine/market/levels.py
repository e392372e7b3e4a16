"""The orders of one side of a book: a heap of price levels, each a queue in order of arrival. Not a whole book."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

import msgspec

EMPTY_LEVELS_SPARE = 64  # empty levels kept beside as many as live: emptying and filling one again costs no heap work


class RestingOrder(msgspec.Struct, eq=False):
    """One order in its queue, linked to those before and after it. Only the book changes it."""

    order_id: int
    size: int
    entered_ns: int
    changed_ns: int
    arrival: int  # its turn among all orders of the book; a new one when it loses its place
    level: Level
    before: RestingOrder | None
    after: RestingOrder | None = None

    @property
    def side(self) -> int:
        """+1 bid, -1 ask."""
        return self.level.half.sign

    @property
    def price(self) -> int:
        """Its limit."""
        return self.level.price


class Level:
    """The orders at one price, first in line first. One without an order is dead until an order comes or it goes."""

    __slots__ = ("changed_ns", "first", "half", "last", "orders", "price", "size")

    first: RestingOrder | None
    last: RestingOrder | None

    def __init__(self, price: int, half: PriceSide) -> None:
        self.price = price
        self.half = half
        self.size = 0
        self.orders = 0
        self.changed_ns = 0
        self.first = None
        self.last = None

    def __iter__(self) -> Iterator[RestingOrder]:
        order = self.first
        while order is not None:
            yield order
            order = order.after


class PriceSide:
    """One side: its levels by price, and a heap of their keys whose least is the best price.

    A level that loses its last order stays in both, dead, until it comes to the top of the heap or until the dead ones
    outnumber the living (lazy deletion): so a change never searches the heap, and memory is bounded by what is alive.
    """

    __slots__ = ("dead", "heap", "levels", "sign", "top")

    def __init__(self, sign: int) -> None:
        self.sign = sign  # +1 bids, -1 asks
        self.heap: list[int] = []  # of -sign * price
        self.levels: dict[int, Level] = {}
        self.dead = 0
        # No level that has an order is better than this one, which was once the best; it may be dead. None: not known
        self.top: Level | None = None

    def __len__(self) -> int:
        """How many prices have an order."""
        return len(self.levels) - self.dead

    def open(self, price: int) -> Level:
        """A new level; `price` must have none, not even a dead one."""
        level = self.levels[price] = Level(price, self)
        self.dead += 1  # until its first order is there
        heappush(self.heap, -self.sign * price)
        return level

    def best(self) -> Level | None:
        """The level of the best price that has an order."""
        heap, levels, sign = self.heap, self.levels, self.sign
        while heap:
            level = levels[-sign * heap[0]]
            if level.orders:
                self.top = level
                return level
            heappop(heap)
            del levels[level.price]
            self.dead -= 1
        return None

    def best_first(self) -> Iterator[Level]:
        """Levels that have an order, best first; the first k cost k log k, however many there are.

        Nothing may be changed while it runs.
        """
        self.best()  # or the dead above it would be walked over again and again by who never asks for the best
        heap, levels, sign = self.heap, self.levels, self.sign
        reach = [(heap[0], 0)] if heap else []  # a part of the heap's tree, itself a heap of keys and their places
        while reach:
            key, place = heappop(reach)
            for child in (2 * place + 1, 2 * place + 2):
                if child < len(heap):
                    heappush(reach, (heap[child], child))
            level = levels[-sign * key]
            if level.orders:
                yield level

    def revive(self, level: Level) -> None:
        """Count a level that gets its first order."""
        self.dead -= 1
        top = self.top
        if top is not None and (level.price - top.price) * self.sign > 0:
            self.top = level

    def bury(self) -> None:
        """Count a level that has just lost its last order; sweep the dead out where they outnumber the living."""
        self.dead += 1
        if 2 * self.dead > len(self.levels) + EMPTY_LEVELS_SPARE:
            self.levels = {price: level for price, level in self.levels.items() if level.orders}
            self.heap = [-self.sign * price for price in self.levels]
            heapify(self.heap)
            self.dead = 0

    def clear(self) -> None:
        """No order and no level is left."""
        self.heap, self.levels, self.dead, self.top = [], {}, 0, None


def append(level: Level, order: RestingOrder) -> None:
    """Put `order` at the end of the queue."""
    last = level.last
    order.before = last
    order.after = None
    if last is None:
        level.first = order
        level.half.revive(level)
    else:
        last.after = order
    level.last = order
    level.orders += 1
    level.size += order.size


def unlink(order: RestingOrder) -> None:
    """Take `order` out of its queue, wherever it stands."""
    level, before, after = order.level, order.before, order.after
    if before is None:
        level.first = after
    else:
        before.after = after
    if after is None:
        level.last = before
    else:
        after.before = before
    level.size -= order.size
    level.orders -= 1
    if before is after:  # both None: it was the only one
        level.half.bury()
