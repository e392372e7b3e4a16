"""The orders that are held, queued or working, by number and by symbol, and the cash that those may need which open.

Knows no rule of trading: who may enter and what ends is the order manager's to say.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from tradetui.engine.model.instrument import EXACT
from tradetui.engine.model.orders import Order, OrderStatus
from tradetui.engine.trading.fees import FeeSchedule
from tradetui.engine.trading.sizing import ZERO, cost_of


class OpenOrders:
    """Every order from its number to its end. Look at `by_id` and `by_symbol`, oldest first; change by the methods."""

    def __init__(self, fees: FeeSchedule, held: Callable[[str], Decimal]) -> None:
        self.by_id: dict[int, Order] = {}
        self.by_symbol: dict[str, dict[int, Order]] = {}
        self.quoted = 0  # what working quotes may cost at most, fees aside, in nanos of money
        self._quoted: dict[int, int] = {}  # the part of each
        self._fees = fees
        self._makers_pay_more = fees.rate(True) > fees.rate(False)
        self._position = held
        self.leaving: dict[int, Order] = {}  # cancelled by us; the venue may fill them until it has heard of it
        self.keeps_leaving = False  # whether a venue will say of each that it let go
        self.counted: dict[int, Order] = {}  # those of them that count like open ones until then
        self.counts_leaving = False  # whether messages take time: what leaves counts like what is open until let go
        self.guards_shorts = False  # whether the venue itself keeps asks from selling more than is held
        self._reserved: dict[int, tuple[Order, Decimal]] = {}  # working entries and the price each may cost
        self._last_id = 0

    def add(self, order: Order) -> None:
        """Give an order its number and keep it."""
        self._last_id += 1
        order.order_id = self._last_id
        self.by_id[order.order_id] = order
        self.by_symbol.setdefault(order.symbol, {})[order.order_id] = order

    def put_back(self, order: Order) -> None:
        """Keep an order that has its number: one of a session that goes on."""
        self._last_id = max(self._last_id, order.order_id)
        self.by_id[order.order_id] = order
        self.by_symbol.setdefault(order.symbol, {})[order.order_id] = order

    def number_after(self, order_id: int) -> None:
        """Never again give a number up to this one."""
        self._last_id = max(self._last_id, order_id)

    def add_quote(self, order: Order, value: int) -> int:
        """Give a quote its number and keep it; filled whole it is worth `value`, in nanos of money."""
        self._last_id = order.order_id = order_id = self._last_id + 1
        self.by_id[order_id] = order
        self.by_symbol[order.symbol][order_id] = order
        self._quoted[order_id] = value
        self.quoted += value
        return order_id

    def forget(self, order: Order) -> None:
        """The order ended, or was refused before it had a number."""
        self.by_id.pop(order.order_id, None)
        self.by_symbol.get(order.symbol, {}).pop(order.order_id, None)
        if order.order_id in self.counted:
            return
        self._reserved.pop(order.order_id, None)
        self.quoted -= self._quoted.pop(order.order_id, 0)

    def forget_quote(self, order: Order) -> None:
        """We cancelled a quote."""
        order_id = order.order_id
        del self.by_id[order_id]
        del self.by_symbol[order.symbol][order_id]
        if self.keeps_leaving:
            self.leaving[order_id] = order
            if self.counts_leaving:
                self.counted[order_id] = order
                return
        self.quoted -= self._quoted.pop(order_id)

    def leave(self, order: Order, ts_ns: int) -> None:
        """We cancel an order now; one that was sent at this very time gets there before its cancel and may take."""
        self.leaving[order.order_id] = order
        if self.counts_leaving or (order.role == "open" and order.sent_ns == ts_ns):
            self.counted[order.order_id] = order

    def let_go(self, order_id: int) -> None:
        """The venue says that an order which we cancelled cannot fill any more."""
        self.leaving.pop(order_id, None)
        if self.counted.pop(order_id, None) is not None:
            self._reserved.pop(order_id, None)
            self.quoted -= self._quoted.pop(order_id, 0)

    def of(self, symbol: str) -> list[Order]:
        """Those of one symbol, oldest first; a copy, so that they may end meanwhile."""
        return list(self.by_symbol.get(symbol, {}).values())

    def held(self, symbol: str) -> list[Order]:
        """Those that wait for a close to fill."""
        return [order for order in self.of(symbol) if order.status == OrderStatus.HELD]

    @property
    def entries_reserved(self) -> bool:
        """Whether any working entry may still need cash."""
        return bool(self._reserved)

    def reserve(self, order: Order, price: Decimal) -> None:
        """A working entry may cost this much a unit."""
        self._reserved[order.order_id] = (order, price)

    def reserved_beside(self, order: Order) -> Decimal:
        """Cash that the other working entries, and the other quotes where they enlarge a position, may still need."""
        total = ZERO
        for other, price in self._reserved.values():
            if other.order_id != order.order_id and other.left > 0:
                maker = self._makers_pay_more and other.type in ("limit", "stop_limit")
                total = EXACT.add(total, cost_of(other.left, price, other.side, self._fees, maker))
        for order_id in self._quoted:
            other = self.by_id.get(order_id) or self.counted[order_id]
            units = ZERO if order_id == order.order_id else self.enlarging(other, other.left)
            if units and other.limit_price is not None:
                total = EXACT.add(total, cost_of(units, other.limit_price, other.side, self._fees, True))
        return total

    def pending_beside(self, order: Order) -> Decimal:
        """Units that the other entries and quotes of its symbol and side may still add to the position."""
        total = ZERO
        for other in self.by_symbol.get(order.symbol, {}).values():
            if (
                other.role in ("open", "quote")
                and other.side == order.side
                and other.order_id != order.order_id
                and other.status != OrderStatus.HELD
            ):
                total = EXACT.add(total, other.left)
        return EXACT.add(total, self._leaving_beside(order)) if self.counted else total

    def _leaving_beside(self, order: Order) -> Decimal:
        """The same of those that leave."""
        total = ZERO
        for other in self.counted.values():
            if (
                other.role in ("open", "quote")
                and other.side == order.side
                and other.symbol == order.symbol
                and other.order_id != order.order_id
                and not (self.guards_shorts and order.side < 0)
            ):
                total = EXACT.add(total, other.left)
        return total

    def exiting_beside(self, order: Order) -> Decimal:
        """How much of the position exits on the side of `order` may take before it fills; it would open as much more.

        Nothing where messages take no time: what such an exit makes of `order` is taken away at once.
        """
        held = EXACT.multiply(self._position(order.symbol), Decimal(-order.side))
        if held <= 0 or not self.counts_leaving:
            return ZERO
        total = ZERO
        for other in (*self.by_symbol.get(order.symbol, {}).values(), *self.counted.values()):
            if other.role not in ("open", "quote") and (other.symbol, other.side) == (order.symbol, order.side):
                total = EXACT.add(total, other.left)
        return min(held, total)

    def reducible(self, order: Order) -> Decimal:
        """How much `order` would reduce of the position at most, when those beside it on its side filled first."""
        held = EXACT.multiply(self._position(order.symbol), Decimal(-order.side))
        return max(ZERO, EXACT.subtract(held, self.pending_beside(order))) if held > 0 else ZERO

    def enlarging(self, order: Order, quantity: Decimal) -> Decimal:
        """The part of `quantity` units of `order` that would not reduce the position but open or enlarge one."""
        return max(ZERO, EXACT.subtract(quantity, self.reducible(order)))

    def count_beside(self, order: Order) -> int:
        """How many others are working or queued."""
        return sum(o.order_id != order.order_id and o.status != OrderStatus.HELD for o in self.by_id.values())
