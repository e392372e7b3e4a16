"""Seeded random operations on a book: what a feed says, what no feed should say, and matching now and then."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

Operation = tuple[str, tuple[Any, ...]]  # a method of Book and its arguments

BAD_SHARE = 0.02  # of rows that cannot mean what they say
MATCH_SHARE = 0.02
CLEAR_SHARE = 0.000_02
LIVE_MAX = 4_000  # ids that may rest; beyond it more leave than come


class BookMix:
    """Operations from one seed, the same in every run; `wide` spreads prices over a million levels.

    With `int64` nothing is said that a column of int64 could not hold.
    """

    def __init__(self, seed: int, wide: bool = False, int64: bool = False) -> None:
        self.random = random.Random(seed)
        self.ids: list[int] = []  # that may rest; what matching took is still among them
        self.next_id, self.ts_ns, self.middle = 1, 10**9, 10**6
        self.spread = 10**6 if wide else 60
        self.huge, self.hugest = (-(2**63), 2**63 - 1) if int64 else (2**63, 10**30)

    def operations(self, count: int) -> Iterator[Operation]:
        """The next `count` operations."""
        for _ in range(count):
            self.ts_ns += self.random.choice((0, 0, 1, 1_000, 1_000_000))
            yield self.one()

    def one(self) -> Operation:
        draw = self.random.random()
        if draw < BAD_SHARE:
            return self.bad()
        if draw < BAD_SHARE + MATCH_SHARE:
            return "match_orders", (self.ts_ns,)
        if draw < BAD_SHARE + MATCH_SHARE + CLEAR_SHARE:
            self.ids.clear()
            return "clear", (self.ts_ns,)
        if not self.ids or draw < (0.3 if len(self.ids) > LIVE_MAX else 0.52):
            return self.add()
        if draw < 0.66:
            order_id = self.some_id()
            return "modify_order", (order_id, self.price(side_of(order_id)), self.size(), self.ts_ns)
        if draw < 0.8:
            return "execute_order", (self.some_id(), self.size(), self.ts_ns)
        return "cancel_order", (self.take_id(), self.ts_ns)

    def add(self) -> Operation:
        self.ids.append(self.next_id)
        self.next_id += 1
        self.middle += self.random.choice((-1, 0, 0, 0, 1))
        side = side_of(self.ids[-1])
        return "add_order", (self.ids[-1], side, self.price(side), self.size(), self.ts_ns)

    def bad(self) -> Operation:
        """A row that is wrong in one way or another; ids may be reused or unknown, time may run backwards."""
        pick, order_id = self.random.choice, self.some_id() if self.ids else 1
        size, price = pick((0, -1, self.huge, 5, 5)), pick((0, -7, self.huge, self.hugest, self.middle, self.middle))
        late = self.ts_ns - pick((0, 1, 10**9))
        return pick(
            (
                ("add_order", (order_id, pick((1, -1, 0, 2)), price, size, late)),
                ("add_order", (order_id, 1, self.middle, 5, late)),
                ("modify_order", (pick((order_id, -order_id)), price, size, late)),
                ("execute_order", (pick((order_id, -order_id)), pick((size, 10**15)), late)),
                ("cancel_order", (-order_id, late)),
                ("match_orders", (late,)),
            )
        )

    def price(self, side: int) -> int:
        """Mostly on its own side of the middle, so that a book builds up there."""
        behind = abs(round(self.random.gauss(0, self.spread)))
        return max(1, self.middle + side * (self.random.randrange(5) if self.random.random() < 0.03 else -behind))

    def size(self) -> int:
        return self.random.choice((1, 5, 10, 50, 100, self.random.randint(1, 1_000)))

    def some_id(self) -> int:
        return self.random.choice(self.ids)

    def take_id(self) -> int:
        """Any id, which leaves the list: the last takes its place."""
        place = self.random.randrange(len(self.ids))
        self.ids[place], self.ids[-1] = self.ids[-1], self.ids[place]
        return self.ids.pop()


def side_of(order_id: int) -> int:
    """The side that an id is added on."""
    return 1 if order_id % 2 else -1
