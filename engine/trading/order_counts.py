"""How many orders were sent and what became of them."""

from __future__ import annotations

from tradetui.engine.model.events import FillEvent
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

    def send(self) -> None:
        """An order left for the venue."""
        self.sent += 1

    def fill(self, order: Order, fill: FillEvent, done: bool) -> None:
        """An execution came back."""
        first = order.filled == fill.quantity
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

    @property
    def working(self) -> int:
        """Orders still at the venue."""
        return self.sent - self.filled - self.cancelled - self.rejected

    def refuse(self, check: str) -> None:
        """One of our own checks said no."""
        self.refused[check] = self.refused.get(check, 0) + 1
