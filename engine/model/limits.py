"""Risk limits as one frozen, typed word. A limit that is not set does not bind; capital always does."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec
from msgspec.structs import force_setattr

from tradetui.engine.errors import UsageError
from tradetui.engine.model.instrument import NotANumber, decimal_from

_COUNTS = ("max_orders_per_second", "max_open_orders")
_AMOUNTS = (
    "max_position",
    "max_position_value",
    "max_order_quantity",
    "max_order_value",
    "price_collar",
    "max_drawdown",
)
_FRACTIONS = ("max_drawdown",)


class RiskLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the order manager enforces. Quantities in units, values in account currency, shares as fractions."""

    capital_buffer: Decimal = Decimal(0)  # cash that must remain after an order
    max_position: Decimal | None = None  # units per symbol, either side
    max_position_value: Decimal | None = None
    position_action: Literal["reduce", "reject"] = "reduce"
    max_order_quantity: Decimal | None = None  # fat finger
    max_order_value: Decimal | None = None  # fat finger
    price_collar: Decimal | None = None  # limit and stop prices at most this fraction from the market
    max_orders_per_second: int | None = None  # more are queued, in order
    max_open_orders: int | None = None
    drawdown_action: Literal["halt", "reduce"] = "halt"  # halt: nothing may be sent any more; reduce: exits still may
    max_drawdown: Decimal | None = None  # fraction below the equity peak that halts all trading

    def __post_init__(self) -> None:
        """Refuse limits that could not be compared with anything, or that would deny everything without saying so."""
        for name in ("capital_buffer", *_AMOUNTS):
            value = getattr(self, name)
            if value is None:
                continue
            try:
                exact = decimal_from(value)
            except NotANumber:
                raise UsageError(f"limits.{name}: {value} was given; allowed is a finite number") from None
            if exact < 0 or (name in _FRACTIONS and exact > 1):
                allowed = "a fraction from 0 to 1" if name in _FRACTIONS else "zero or more"
                raise UsageError(f"limits.{name}: {value} was given; allowed is {allowed}")
            force_setattr(self, name, exact)  # a strategy may have written a float
        for name in _COUNTS:
            count = getattr(self, name)
            if count is not None and (type(count) is not int or count < 1):
                raise UsageError(f"limits.{name}: {count} was given; allowed is a whole number of at least 1")
        if self.position_action not in ("reduce", "reject"):
            raise UsageError(
                f"limits.position_action: {self.position_action!r} was given; allowed are 'reduce', 'reject'"
            )
