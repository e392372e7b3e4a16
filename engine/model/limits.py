"""Risk limits as one frozen, typed word. A limit that is not set does not bind; capital always does."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec


class RiskLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the order manager enforces. Quantities in units, values in account currency, shares as fractions (0.1 = 10 %)."""

    capital_buffer: Decimal = Decimal(0)  # cash that must remain after an order
    max_position: Decimal | None = None  # units per symbol, either side
    max_position_value: Decimal | None = None
    position_action: Literal["reduce", "reject"] = "reduce"
    max_order_quantity: Decimal | None = None  # fat finger
    max_order_value: Decimal | None = None  # fat finger
    price_collar: Decimal | None = None  # limit and stop prices at most this fraction from the market
    max_orders_per_second: int | None = None  # more are queued, in order
    max_open_orders: int | None = None
    max_drawdown: Decimal | None = None  # fraction below the equity peak that halts all trading
