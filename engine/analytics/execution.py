"""How well orders were executed: how much of what was sent came back, and at what price against the market."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from tradetui.engine.model.events import FillEvent, OrderEvent
from tradetui.engine.model.instrument import EXACT

BPS = 10_000
ZERO = Decimal(0)


class Execution(msgspec.Struct, frozen=True):
    """Sums over a run. `slippage` is money, above 0 a cost; `decided_value` is what the fills cost at decision."""

    orders_sent: int = 0
    orders_filled: int = 0
    sent: Decimal = ZERO
    filled: Decimal = ZERO
    slippage: float = 0.0
    decided_value: float = 0.0

    @property
    def fill_rate(self) -> float | None:
        """Filled over sent quantity; None when nothing was sent."""
        return float(self.filled) / float(self.sent) if self.sent else None

    @property
    def order_fill_rate(self) -> float | None:
        """Orders filled completely over orders sent; None when none was sent."""
        return self.orders_filled / self.orders_sent if self.orders_sent else None

    @property
    def average_slippage_bps(self) -> float | None:
        """Slippage over the value at decision, so that filling in pieces changes nothing; None without fills."""
        return self.slippage / self.decided_value * BPS if self.decided_value else None


def execution_of(orders: Iterable[OrderEvent], fills: Iterable[FillEvent]) -> Execution:
    """Sums over sent orders and their fills.

    An order sized at its fill (`quantity` 0) has sent what it filled. A fill without a market at its decision
    (`decided_price` 0 or NaN) counts in the fill rate and not in the slippage.
    """
    filled: dict[int, Decimal] = {}
    slippage = decided_value = 0.0
    for fill in fills:
        filled[fill.order_id] = EXACT.add(filled.get(fill.order_id, ZERO), fill.quantity)
        if fill.decided_price > 0:
            quantity = float(fill.quantity)
            slippage += fill.side * (float(fill.price) - fill.decided_price) * quantity
            decided_value += fill.decided_price * quantity
    count = complete = 0
    sent = ZERO
    for order in orders:
        got = filled.get(order.order_id, ZERO)
        count += 1
        complete += bool(got) and got >= order.quantity
        sent = EXACT.add(sent, order.quantity or got)
    total = ZERO
    for quantity_filled in filled.values():
        total = EXACT.add(total, quantity_filled)
    return Execution(count, complete, sent, total, slippage, decided_value)
