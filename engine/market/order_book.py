"""The order book of one symbol, order by order: heaps of price levels, queues in order of arrival.

What a row means is told in docs/book-simulation.md, how the book is made in docs/order-book.md. Sides are +1 bid and
-1 ask; prices and sizes are nanos. No I/O, no clock: every change is told its time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tradetui.engine.market.book_hash import book_hash
from tradetui.engine.market.book_words import BookLevel, BookOrder, Fault, Place, Sweep, Trade
from tradetui.engine.market.levels import PriceSide, RestingOrder, append, unlink
from tradetui.engine.market.simulation import PRICE_MAX, SIZE_MAX, Faults


class OrderBook:
    """Bids and asks of one symbol.

    A change answers None, or why the row (or the part of it that cannot be) was left out; nothing a feed says raises.
    Adding does not trade: a feed may stand crossed, and `match_orders` is for who wants it uncrossed.
    """

    __slots__ = ("_arrivals", "_asks", "_bids", "_faults", "_orders", "ts_ns")

    def __init__(self) -> None:
        self._bids = PriceSide(1)
        self._asks = PriceSide(-1)
        self._orders: dict[int, RestingOrder] = {}
        self._arrivals = 0
        self._faults: Counter[Fault] = Counter()
        self.ts_ns = 0  # the latest time that was told

    def __len__(self) -> int:
        """How many orders rest."""
        return len(self._orders)

    # -- changes

    def add_order(self, order_id: int, side: int, price: int, size: int, ts_ns: int = 0) -> Fault | None:
        """An order comes to rest at the end of the queue at `price`."""
        if ts_ns >= self.ts_ns:
            self.ts_ns = ts_ns
        else:
            ts_ns = self._late()
        if side == 1:
            half = self._bids
        elif side == -1:
            half = self._asks
        else:
            return self._left_out(Fault.BAD_ROW)
        if not 0 < price <= PRICE_MAX:
            return self._left_out(Fault.BAD_PRICE)
        if not 0 < size <= SIZE_MAX:
            return self._left_out(Fault.BAD_SIZE)
        if order_id in self._orders:
            return self._left_out(Fault.DUPLICATE_ID)
        level = half.levels.get(price) or half.open(price)
        total = level.size + size
        if total > SIZE_MAX:
            return self._left_out(Fault.BAD_SIZE)
        self._arrivals += 1
        last = level.last
        order = self._orders[order_id] = RestingOrder(order_id, size, ts_ns, ts_ns, self._arrivals, level, last)
        if last is None:  # `append`, spelled out: the call alone would be a tenth of all this
            level.first = order
            half.revive(level)
        else:
            last.after = order
        level.last = order
        level.orders += 1
        level.size = total
        level.changed_ns = ts_ns
        return None

    def modify_order(self, order_id: int, price: int, size: int, ts_ns: int = 0) -> Fault | None:
        """An order gets another price or size: less at the same price keeps its place, anything else loses it."""
        if ts_ns >= self.ts_ns:
            self.ts_ns = ts_ns
        else:
            ts_ns = self._late()
        if not 0 < price <= PRICE_MAX:
            return self._left_out(Fault.BAD_PRICE)
        if not 0 < size <= SIZE_MAX:
            return self._left_out(Fault.BAD_SIZE)
        order = self._orders.get(order_id)
        if order is None:
            return self._left_out(Fault.UNKNOWN_ID)
        level = order.level
        if price != level.price or size > order.size:
            return self._requeue(order, price, size, ts_ns)
        if size < order.size:
            level.size -= order.size - size
            order.size = size
            order.changed_ns = level.changed_ns = ts_ns
        return None

    def cancel_order(self, order_id: int, ts_ns: int = 0) -> Fault | None:
        """The whole order leaves, unexecuted."""
        if ts_ns >= self.ts_ns:
            self.ts_ns = ts_ns
        else:
            ts_ns = self._late()
        order = self._orders.pop(order_id, None)
        if order is None:
            return self._left_out(Fault.UNKNOWN_ID)
        order.level.changed_ns = ts_ns
        unlink(order)
        return None

    def execute_order(self, order_id: int, size: int, ts_ns: int = 0) -> Fault | None:
        """`size` of an order trades and leaves; of more than it has, what it has."""
        if ts_ns >= self.ts_ns:
            self.ts_ns = ts_ns
        else:
            ts_ns = self._late()
        if not size > 0:
            return self._left_out(Fault.BAD_SIZE)
        order = self._orders.get(order_id)
        if order is None:
            return self._left_out(Fault.UNKNOWN_ID)
        level = order.level
        level.changed_ns = ts_ns
        if size < order.size:
            order.size -= size
            order.changed_ns = ts_ns
            level.size -= size
            return None
        too_much = size > order.size
        del self._orders[order_id]
        unlink(order)
        return self._left_out(Fault.BAD_SIZE) if too_much else None

    def clear(self, ts_ns: int = 0) -> None:
        """Every order leaves: a feed that lost its place starts again from a snapshot."""
        if ts_ns >= self.ts_ns:
            self.ts_ns = ts_ns
        else:
            self._late()
        self._orders.clear()
        self._bids.clear()
        self._asks.clear()

    def match_orders(self, ts_ns: int = 0) -> list[Trade]:
        """Trade the first bid in line with the first ask until the sides are apart; at the price of the earlier one."""
        if ts_ns >= self.ts_ns:
            self.ts_ns = ts_ns
        else:
            ts_ns = self._late()
        trades = []
        bids, asks = self._bids.best(), self._asks.best()
        while bids is not None and asks is not None and bids.price >= asks.price:
            bid, ask = bids.first, asks.first
            assert bid is not None
            assert ask is not None
            side = 1 if bid.arrival > ask.arrival else -1
            size = min(bid.size, ask.size)
            price = asks.price if side == 1 else bids.price
            trades.append(Trade(price, size, side, bid.order_id, ask.order_id, ts_ns))
            self.execute_order(bid.order_id, size, ts_ns)
            self.execute_order(ask.order_id, size, ts_ns)
            bids, asks = self._bids.best(), self._asks.best()
        return trades

    def end_instant(self) -> bool:
        """Whether the book stands crossed or locked after the last row of an instant, which is counted."""
        crossed = self.crossed
        if crossed:
            self._faults[Fault.CROSSED] += 1
        return crossed

    # -- what is there

    def get_best_bid(self) -> int | None:
        """The highest price of a bid."""
        level = self._bids.top
        if level is None or not level.orders:
            level = self._bids.best()
        return None if level is None else level.price

    def get_best_ask(self) -> int | None:
        """The lowest price of an ask."""
        level = self._asks.top
        if level is None or not level.orders:
            level = self._asks.best()
        return None if level is None else level.price

    @property
    def crossed(self) -> bool:
        """Whether the best bid is at or above the best ask."""
        bids, asks = self._bids.best(), self._asks.best()
        return bids is not None and asks is not None and bids.price >= asks.price

    def depth(self, side: int, levels: int) -> list[BookLevel]:
        """The best `levels` of a side, best first."""
        found: list[BookLevel] = []
        for level in self._half(side).best_first():
            if len(found) >= levels:
                break
            found.append(BookLevel(level.price, level.size, level.orders))
        return found

    def size_at(self, side: int, price: int) -> int:
        """The size of all orders at a price; 0 where there is none."""
        level = self._half(side).levels.get(price)
        return 0 if level is None else level.size

    def queue(self, side: int, price: int) -> list[int]:
        """Ids of the orders at a price, first in line first."""
        level = self._half(side).levels.get(price)
        return [] if level is None else [order.order_id for order in level]

    def resting(self, side: int) -> Iterator[RestingOrder]:
        """Every order of a side, best price first and first in line first; nothing may be changed while it runs."""
        for level in self._half(side).best_first():
            yield from level

    def level_changed_ns(self, side: int, price: int) -> int | None:
        """When anything at a price last changed; None where there is no order."""
        level = self._half(side).levels.get(price)
        return level.changed_ns if level is not None and level.orders else None

    def order(self, order_id: int) -> BookOrder | None:
        """A resting order."""
        order = self._orders.get(order_id)
        if order is None:
            return None
        return BookOrder(order_id, order.side, order.price, order.size, order.entered_ns, order.changed_ns)

    def place(self, order_id: int) -> Place | None:
        """How many orders, of what size, stand before an order at its price; costs a step for each of them."""
        order = self._orders.get(order_id)
        if order is None:
            return None
        orders = size = 0
        before = order.before
        while before is not None:
            orders += 1
            size += before.size
            before = before.before
        return Place(orders, size)

    def sweep(self, side: int, quantity: int) -> Sweep | None:
        """What a market order of `side` for `quantity` would pay on the other side; None where that is too thin."""
        if quantity <= 0:
            return None
        left, value = quantity, 0
        for touched, level in enumerate(self._half(-side).best_first(), 1):
            taken = min(left, level.size)
            value += taken * level.price
            left -= taken
            if left <= 0:
                return Sweep(quantity, value, touched)
        return None

    def count_levels(self, side: int) -> int:
        """How many prices of a side have an order."""
        return len(self._half(side))

    def count_orders(self, side: int) -> int:
        """How many orders of a side rest."""
        return sum(level.orders for level in self._half(side).levels.values())

    def state_hash(self) -> int:
        """The `book_hash` of everything that rests: sides, prices, ids and sizes, in order."""
        bids, asks = (
            ((level.price, [(order.order_id, order.size) for order in level]) for level in half.best_first())
            for half in (self._bids, self._asks)
        )
        return book_hash(bids, asks)

    def faults(self) -> Faults:
        """What was left out so far, counted; time that ran backwards was counted and applied."""
        return Faults(**{name: self._faults[Fault(name)] for name in Faults._fields})

    # -- inside

    def _half(self, side: int) -> PriceSide:
        return self._bids if side > 0 else self._asks

    def _requeue(self, order: RestingOrder, price: int, size: int, ts_ns: int) -> Fault | None:
        """To the end of the queue at `price`, if that has room for it."""
        half = order.level.half
        others = self.size_at(half.sign, price) - (order.size if price == order.price else 0)
        if others + size > SIZE_MAX:
            return self._left_out(Fault.BAD_SIZE)
        order.level.changed_ns = ts_ns
        unlink(order)
        level = half.levels.get(price) or half.open(price)
        self._arrivals += 1
        order.arrival, order.level, order.size = self._arrivals, level, size
        order.changed_ns = level.changed_ns = ts_ns
        append(level, order)
        return None

    def _late(self) -> int:
        """Count time that runs backwards; the book's own time stands still."""
        self._faults[Fault.TIME_BACKWARDS] += 1
        return self.ts_ns

    def _left_out(self, fault: Fault) -> Fault:
        self._faults[fault] += 1
        return fault
