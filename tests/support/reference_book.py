"""The market's own book of one symbol as dicts, and what own orders took from it: slow, obvious, for comparison."""

from __future__ import annotations

from tradetui.engine.market.book_hash import book_hash
from tradetui.engine.market.simulation import Best

ANONYMOUS = 0  # the one order of a level of which only the size is known

Queue = dict[int, int]  # order id → size, first in line first, as a dict keeps its order


def better(side: int, price: int, other: int) -> bool:
    """A higher bid, a lower ask."""
    return side * price > side * other


class ReferenceBook:
    """Both sides, price → queue; a level is there while something rests at it."""

    def __init__(self) -> None:
        self.sides: dict[int, dict[int, Queue]] = {1: {}, -1: {}}
        self.place: dict[int, tuple[int, int]] = {}  # order id → side and price
        self.entered: dict[int, int] = {}  # order id → when it came to the end of its queue
        self.taken: dict[tuple[int, int], int] = {}  # side and price → what own orders took of what is displayed
        self.traded: dict[tuple[int, int], int] = {}  # side and price → trades since that level's last row

    # What is displayed

    def prices(self, side: int) -> list[int]:
        """Best first."""
        return sorted(self.sides[side], reverse=side > 0)

    def best_price(self, side: int) -> int | None:
        prices = self.sides[side]
        if not prices:
            return None
        return max(prices) if side > 0 else min(prices)

    def size(self, side: int, price: int) -> int:
        return sum(self.sides[side].get(price, {}).values())

    def shown(self, side: int, price: int) -> int:
        """What own orders have not yet taken of a level."""
        return self.size(side, price) - self.taken.get((side, price), 0)

    def take(self, side: int, price: int, size: int) -> None:
        self.taken[side, price] = self.taken.get((side, price), 0) + size

    def size_before(self, side: int, price: int, entered: int) -> int:
        """What stands at a price that came there before `entered`."""
        queue = self.sides[side].get(price, {})
        return sum(size for order_id, size in queue.items() if self.entered[order_id] < entered)

    def best(self) -> Best:
        bid, ask = self.best_price(1), self.best_price(-1)
        return Best(
            bid or 0,
            0 if bid is None else self.size(1, bid),
            ask or 0,
            0 if ask is None else self.size(-1, ask),
        )

    def depth(self, side: int, levels: int) -> list[tuple[int, int, int]]:
        return [
            (price, self.size(side, price), sum(order_id in self.place for order_id in self.sides[side][price]))
            for price in self.prices(side)[:levels]
        ]

    def hash(self) -> int:
        bids, asks = ([(price, self.sides[side][price].items()) for price in self.prices(side)] for side in (1, -1))
        return book_hash(bids, asks)

    # What changes it: order by order

    def add(self, order_id: int, side: int, price: int, size: int, entered: int) -> None:
        self.sides[side].setdefault(price, {})[order_id] = size
        self.place[order_id], self.entered[order_id] = (side, price), entered

    def has(self, order_id: int) -> int:
        side, price = self.place[order_id]
        return self.sides[side][price][order_id]

    def shrink(self, order_id: int, size: int) -> None:
        """Less of an order, in its place; nothing left: it is gone."""
        side, price = self.place[order_id]
        if size:
            self.sides[side][price][order_id] = size
        else:
            self._drop(order_id)
        self._remember()

    def move(self, order_id: int, price: int, size: int, entered: int) -> None:
        """An order goes to the end of the queue at a price."""
        side, _ = self.place[order_id]
        self._drop(order_id)
        self.add(order_id, side, price, size, entered)
        self._remember()

    def _drop(self, order_id: int) -> None:
        side, price = self.place.pop(order_id)
        del self.entered[order_id]
        del self.sides[side][price][order_id]
        if not self.sides[side][price]:
            del self.sides[side][price]

    # What changes it: level by level

    def set_level(self, side: int, price: int, size: int) -> None:
        if size != self.size(side, price):
            self.traded.pop((side, price), None)
        if size:
            self.sides[side][price] = {ANONYMOUS: size}
        else:
            self.sides[side].pop(price, None)
        self._remember()

    def set_best(self, side: int, price: int, size: int) -> None:
        """The only level that is known of a side; a price or size of 0 is none."""
        for other in [known for known in self.sides[side] if known != price]:
            self.set_level(side, other, 0)
        if price:
            self.set_level(side, price, size)

    def count_trade(self, side: int, price: int, size: int) -> None:
        if price in self.sides[side]:
            self.traded[side, price] = self.traded.get((side, price), 0) + size

    def clear(self) -> None:
        for prices in self.sides.values():
            prices.clear()
        self.place.clear()
        self.entered.clear()
        self._remember()

    def _remember(self) -> None:
        """What was taken of a level is at most what it has, and ends with it, as the count of its trades does."""
        self.taken = {
            (side, price): min(taken, self.size(side, price))
            for (side, price), taken in self.taken.items()
            if price in self.sides[side]
        }
        self.traded = {(side, price): size for (side, price), size in self.traded.items() if price in self.sides[side]}
