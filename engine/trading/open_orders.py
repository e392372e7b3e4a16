"""The orders that are held, queued or working, by number and by symbol, and the cash that entries among them may need.

Knows no rule of trading: who may enter and what ends is the order manager's to say.
"""

from __future__ import annotations

from decimal import Decimal

from tradetui.engine.model.instrument import EXACT
from tradetui.engine.model.orders import Order, OrderStatus
from tradetui.engine.trading.fees import FeeSchedule
from tradetui.engine.trading.sizing import ZERO, cost_of


class OpenOrders:
    """Every order from its number to its end. Look at `by_id` and `by_symbol`, oldest first; change by the methods."""

    def __init__(self, fees: FeeSchedule) -> None:
        self.by_id: dict[int, Order] = {}
        self.by_symbol: dict[str, dict[int, Order]] = {}
        self._fees = fees
        self._reserved: dict[int, tuple[Order, Decimal]] = {}  # working entries and the price each may cost
        self._last_id = 0

    def add(self, order: Order) -> None:
        """Give an order its number and keep it."""
        self._last_id += 1
        order.order_id = self._last_id
        self.by_id[order.order_id] = order
        self.by_symbol.setdefault(order.symbol, {})[order.order_id] = order

    def forget(self, order: Order) -> None:
        """The order ended, or was refused before it had a number."""
        self.by_id.pop(order.order_id, None)
        self.by_symbol.get(order.symbol, {}).pop(order.order_id, None)
        self._reserved.pop(order.order_id, None)

    def of(self, symbol: str) -> list[Order]:
        """Those of one symbol, oldest first; a copy, so that they may end meanwhile."""
        return list(self.by_symbol.get(symbol, {}).values())

    def held(self, symbol: str) -> list[Order]:
        """Those that wait for a close to fill."""
        return [order for order in self.of(symbol) if order.status == OrderStatus.HELD]

    def reserve(self, order: Order, price: Decimal) -> None:
        """A working entry may cost this much a unit."""
        self._reserved[order.order_id] = (order, price)

    def reserved_beside(self, order: Order) -> Decimal:
        """Cash that the other working entries may still need."""
        total = ZERO
        for other, price in self._reserved.values():
            if other is not order and other.left > 0:
                total = EXACT.add(total, cost_of(other.left, price, other.side, self._fees, False))
        return total

    def pending_beside(self, order: Order) -> Decimal:
        """Units that the other entries of its symbol and side, working or queued, may still add to the position."""
        total = ZERO
        for other in self.by_symbol.get(order.symbol, {}).values():
            if (
                other.role == "open"
                and other.side == order.side
                and other is not order
                and other.status != OrderStatus.HELD
            ):
                total = EXACT.add(total, other.left)
        return total

    def count_beside(self, order: Order) -> int:
        """How many others are working or queued."""
        return sum(other is not order and other.status != OrderStatus.HELD for other in self.by_id.values())
