"""The order book again, slow and obvious: one sorted list of orders a side. It shares no code with the real one.

Same names, same answers, same state hash; what it is compared with in tests and in `tests/bench/book_differential.py`.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from itertools import groupby
from typing import Any, Protocol

from tradetui.engine.market.book_hash import book_hash
from tradetui.engine.market.book_words import BookLevel, BookOrder, Fault, Place, Sweep, Trade

Key = tuple[int, int, int]  # a price that sorts best first, the order's turn, its id

LARGEST = 4_611_686_018_427_387_903  # of a price, of a size, and of all sizes at a price


class Book(Protocol):
    """What every book can do; the methods whose answers are compared."""

    def add_order(self, order_id: int, side: int, price: int, size: int, ts_ns: int = 0) -> Fault | None: ...
    def modify_order(self, order_id: int, price: int, size: int, ts_ns: int = 0) -> Fault | None: ...
    def cancel_order(self, order_id: int, ts_ns: int = 0) -> Fault | None: ...
    def execute_order(self, order_id: int, size: int, ts_ns: int = 0) -> Fault | None: ...
    def clear(self, ts_ns: int = 0) -> None: ...
    def match_orders(self, ts_ns: int = 0) -> list[Trade]: ...
    def get_best_bid(self) -> int | None: ...
    def get_best_ask(self) -> int | None: ...
    def depth(self, side: int, levels: int) -> list[BookLevel]: ...
    def queue(self, side: int, price: int) -> list[int]: ...
    def size_at(self, side: int, price: int) -> int: ...
    def state_hash(self) -> int: ...
    def faults(self) -> Any: ...


class SortedBook:
    """Bids and asks as two lists that are always sorted by price, then by turn."""

    def __init__(self) -> None:
        self.orders: dict[int, BookOrder] = {}
        self.turns: dict[int, int] = {}
        self.sides: dict[int, list[Key]] = {1: [], -1: []}
        self.changed: dict[tuple[int, int], int] = {}  # the time of the last change of a price that has orders
        self.count = dict.fromkeys(Fault, 0)
        self.turn = 0
        self.ts_ns = 0

    def __len__(self) -> int:
        return len(self.orders)

    # -- changes

    def add_order(self, order_id: int, side: int, price: int, size: int, ts_ns: int = 0) -> Fault | None:
        now = self.told(ts_ns)
        if side not in (1, -1):
            return self.wrong(Fault.BAD_ROW)
        if price <= 0 or price > LARGEST:
            return self.wrong(Fault.BAD_PRICE)
        if size <= 0 or size > LARGEST:
            return self.wrong(Fault.BAD_SIZE)
        if order_id in self.orders:
            return self.wrong(Fault.DUPLICATE_ID)
        if self.size_at(side, price) + size > LARGEST:
            return self.wrong(Fault.BAD_SIZE)
        self.put(BookOrder(order_id, side, price, size, now, now))
        return None

    def modify_order(self, order_id: int, price: int, size: int, ts_ns: int = 0) -> Fault | None:
        now = self.told(ts_ns)
        if price <= 0 or price > LARGEST:
            return self.wrong(Fault.BAD_PRICE)
        if size <= 0 or size > LARGEST:
            return self.wrong(Fault.BAD_SIZE)
        if order_id not in self.orders:
            return self.wrong(Fault.UNKNOWN_ID)
        old = self.orders[order_id]
        new = old._replace(price=price, size=size, changed_ns=now)
        if price == old.price and size < old.size:
            self.shrink(new)
        elif (price, size) != (old.price, old.size):
            already = old.size if price == old.price else 0
            if self.size_at(old.side, price) - already + size > LARGEST:
                return self.wrong(Fault.BAD_SIZE)
            self.take_out(old, now)
            self.put(new)
        return None

    def cancel_order(self, order_id: int, ts_ns: int = 0) -> Fault | None:
        now = self.told(ts_ns)
        if order_id not in self.orders:
            return self.wrong(Fault.UNKNOWN_ID)
        self.take_out(self.orders[order_id], now)
        return None

    def execute_order(self, order_id: int, size: int, ts_ns: int = 0) -> Fault | None:
        now = self.told(ts_ns)
        if size <= 0:
            return self.wrong(Fault.BAD_SIZE)
        if order_id not in self.orders:
            return self.wrong(Fault.UNKNOWN_ID)
        old = self.orders[order_id]
        if size < old.size:
            self.shrink(old._replace(size=old.size - size, changed_ns=now))
        else:
            self.take_out(old, now)
        return self.wrong(Fault.BAD_SIZE) if size > old.size else None

    def clear(self, ts_ns: int = 0) -> None:
        self.told(ts_ns)
        self.orders, self.turns, self.sides, self.changed = {}, {}, {1: [], -1: []}, {}

    def match_orders(self, ts_ns: int = 0) -> list[Trade]:
        now = self.told(ts_ns)
        trades = []
        while self.crossed:
            bid, ask = (self.orders[self.sides[side][0][2]] for side in (1, -1))
            first, last = sorted((bid, ask), key=lambda order: self.turns[order.order_id])
            size = min(bid.size, ask.size)
            trades.append(Trade(first.price, size, last.side, bid.order_id, ask.order_id, now))
            for order in (bid, ask):
                self.execute_order(order.order_id, size, now)
        return trades

    def end_instant(self) -> bool:
        self.count[Fault.CROSSED] += self.crossed
        return self.crossed

    # -- what is there

    def get_best_bid(self) -> int | None:
        return -self.sides[1][0][0] if self.sides[1] else None

    def get_best_ask(self) -> int | None:
        return self.sides[-1][0][0] if self.sides[-1] else None

    @property
    def crossed(self) -> bool:
        bid, ask = self.get_best_bid(), self.get_best_ask()
        return bid is not None and ask is not None and bid >= ask

    def levels(self, side: int) -> list[tuple[int, list[BookOrder]]]:
        """Prices and their orders, best first."""
        grouped = groupby((self.orders[order_id] for _, _, order_id in self.sides[side]), key=lambda order: order.price)
        return [(price, list(orders)) for price, orders in grouped]

    def depth(self, side: int, levels: int) -> list[BookLevel]:
        all_levels = [BookLevel(price, sum(o.size for o in orders), len(orders)) for price, orders in self.levels(side)]
        return all_levels[: max(levels, 0)]

    def queue(self, side: int, price: int) -> list[int]:
        keys = self.sides[side]
        first, end = (bisect_left(keys, (-side * price + k, 0, 0)) for k in (0, 1))
        return [order_id for _, _, order_id in keys[first:end]]

    def size_at(self, side: int, price: int) -> int:
        return sum(self.orders[order_id].size for order_id in self.queue(side, price))

    def level_changed_ns(self, side: int, price: int) -> int | None:
        return self.changed[side, price] if self.queue(side, price) else None

    def order(self, order_id: int) -> BookOrder | None:
        return self.orders.get(order_id)

    def place(self, order_id: int) -> Place | None:
        if order_id not in self.orders:
            return None
        queue = self.queue(self.orders[order_id].side, self.orders[order_id].price)
        before = queue[: queue.index(order_id)]
        return Place(len(before), sum(self.orders[other].size for other in before))

    def sweep(self, side: int, quantity: int) -> Sweep | None:
        if quantity <= 0:
            return None
        left, value = quantity, 0
        for touched, (price, orders) in enumerate(self.levels(-side), 1):
            taken = min(left, sum(order.size for order in orders))
            left, value = left - taken, value + taken * price
            if left <= 0:
                return Sweep(quantity, value, touched)
        return None

    def count_levels(self, side: int) -> int:
        return len(self.levels(side))

    def count_orders(self, side: int) -> int:
        return len(self.sides[side])

    def state_hash(self) -> int:
        bids, asks = ([(p, [(o.order_id, o.size) for o in q]) for p, q in self.levels(side)] for side in (1, -1))
        return book_hash(bids, asks)

    def faults(self) -> tuple[int, ...]:
        return tuple(self.count[fault] for fault in Fault)

    # -- inside

    def told(self, ts_ns: int) -> int:
        self.count[Fault.TIME_BACKWARDS] += ts_ns < self.ts_ns
        self.ts_ns = max(self.ts_ns, ts_ns)
        return self.ts_ns

    def wrong(self, fault: Fault) -> Fault:
        self.count[fault] += 1
        return fault

    def put(self, order: BookOrder) -> None:
        self.turn += 1
        self.orders[order.order_id], self.turns[order.order_id] = order, self.turn
        self.changed[order.side, order.price] = order.changed_ns
        insort(self.sides[order.side], (-order.side * order.price, self.turn, order.order_id))

    def shrink(self, order: BookOrder) -> None:
        self.orders[order.order_id] = order
        self.changed[order.side, order.price] = order.changed_ns

    def take_out(self, order: BookOrder, now: int) -> None:
        keys = self.sides[order.side]
        del keys[bisect_left(keys, (-order.side * order.price, self.turns.pop(order.order_id), order.order_id))]
        del self.orders[order.order_id]
        self.changed[order.side, order.price] = now
