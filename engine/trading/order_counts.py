"""How many orders were sent and what became of them, and how much of what was asked was filled."""

from __future__ import annotations

from decimal import Decimal

from tradetui.engine.model.events import FillEvent
from tradetui.engine.model.instrument import EXACT
from tradetui.engine.model.orders import Order, OrderStatus


class OrderCounts:
    """Tallies over a run; changed by the order manager alone."""

    def __init__(self) -> None:
        self.sent = 0
        self.filled = 0
        self.partially_filled = 0  # orders with some but not all of their quantity filled
        self.cancelled = 0  # by us, by the venue or by their session's end
        self.rejected = 0
        self.refused: dict[str, int] = {}
        self.quantity_sent = Decimal(0)  # of orders that tried to fill, bracket legs left out
        self.quantity_filled = Decimal(0)

    def send(self, order: Order) -> None:
        """An order left for the venue."""
        self.sent += 1
        if order.parent == 0:
            self.quantity_sent = EXACT.add(self.quantity_sent, order.quantity)

    def fill(self, order: Order, fill: FillEvent, done: bool) -> None:
        """An execution came back."""
        first = order.filled == fill.quantity
        if order.parent == 0:
            self.quantity_filled = EXACT.add(self.quantity_filled, fill.quantity)
            if first and order.fraction is not None:  # its size was not known when it was sent
                self.quantity_sent = EXACT.add(self.quantity_sent, order.quantity)
        if done:
            self.filled += 1
            self.partially_filled -= not first
        else:
            self.partially_filled += first

    def end(self, order: Order) -> None:
        """An order ended without being filled whole."""
        if order.status == OrderStatus.REJECTED:
            self.rejected += 1
        else:
            self.cancelled += 1

    def refuse(self, check: str) -> None:
        """One of our own checks said no."""
        self.refused[check] = self.refused.get(check, 0) + 1
