"""What the core asks of a venue, whatever market is behind it: take an order, take it back."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

import msgspec

from tradetui.engine.market.bar_fills import Window
from tradetui.engine.model.events import OrderEvent
from tradetui.engine.model.orders import OrderStatus


class Dropped(msgspec.Struct, frozen=True, gc=False):
    """The venue gave an order up: cancelled, expired or rejected, and why."""

    order_id: int
    status: OrderStatus
    reason: str


class Lessened(msgspec.Struct, frozen=True, gc=False):
    """The venue took a part off an order, which works on with what is `left`."""

    order_id: int
    left: Decimal
    reason: str


class Venue(Protocol):
    """Takes orders; how its fills come back is between it and whoever moves the market."""

    @property
    def rest(self) -> Window | None:
        """The part of a bar being settled after its last fill, where the legs of that fill may act; None elsewhere."""
        ...

    def submit(
        self, order: OrderEvent, *, wakes_ns: int | None = None, born: Window | None = None, decided: float = 0.0
    ) -> None:
        """Take an order; what is not the order itself matters to venues made of bars alone."""
        ...

    def cancel(self, symbol: str, order_id: int) -> bool:
        """Take an order out of the market; False when it is not there (any more)."""
        ...
