"""A quick answer for the quotes that every check accepts with room to spare: integers and one float, nothing exact.

It may say no to a quote that the risk checks would pass, and then they are asked; it never says yes to one that they
would refuse or cut (a property in the tests). A market maker sends thousands of quotes a minute far inside its limits,
and the exact checks cost ten times as much as the rest of a quote. For an ACTIVE market, and a symbol in which nothing
but its quotes is open.
"""

from __future__ import annotations

from decimal import Decimal

from tradetui.engine.model.instrument import EXACT, NANO, NANOS_PER_UNIT, Instrument, nanos_from_decimal
from tradetui.engine.model.limits import RiskLimits
from tradetui.engine.trading.fees import FeeSchedule

UNBOUNDED = 10**60  # nanos, or their square: more than any order
MARGIN = 1e-9  # of each amount of money: far more than floats err in the few operations here
NOT_ALLOWED = -1
_SQUARE = float(NANOS_PER_UNIT) * NANOS_PER_UNIT


class Envelope:
    """The limits of a run as they bind one symbol, in nanos. `usable` is false where they are no integers."""

    def __init__(self, limits: RiskLimits, instrument: Instrument, fees: FeeSchedule, allow_short: bool) -> None:
        self.usable = (
            instrument.tick % NANO == 0
            and instrument.lot % NANO == 0
            and limits.max_orders_per_second is None
            and fees.per_share is None
            and fees.regulatory is None
        )
        self.allow_short = allow_short
        self._lot = _floor(instrument.lot)
        self._position = _floor(limits.max_position)
        self._position_value = _floor(limits.max_position_value)
        self._order_quantity = _floor(limits.max_order_quantity)
        self._order_value = _floor(limits.max_order_value)
        self._collar = _floor(limits.price_collar)
        self._open_orders = limits.max_open_orders or UNBOUNDED
        self.looks_at_prices = any(
            most != UNBOUNDED for most in (self._position_value, self._order_value, self._collar, self._open_orders)
        )
        bound = (self._position, self._order_quantity)
        self.looks_at_units = self.looks_at_prices or not allow_short or any(most != UNBOUNDED for most in bound)
        self._rate = (1 + max(0.0, float(fees.rate(True)))) * (1 + MARGIN)
        self._fixed = max(0.0, float(fees.fixed)) * (1 + MARGIN)
        self._buffer = float(limits.capital_buffer) * (1 + MARGIN)

    def enlarges(self, side: int, quantity: int, position: int) -> int:
        """How much of a quote would open or enlarge the signed `position`; NOT_ALLOWED where a limit may bind that."""
        after = quantity + position if side > 0 else quantity - position
        if after <= 0:  # even filled whole it only reduces
            return 0
        if after > self._position or (side < 0 and not self.allow_short):
            return NOT_ALLOWED
        units = min(quantity, after)
        return units if units <= self._order_quantity else NOT_ALLOWED

    def allows(self, price: int, enlarging: int, position: int, market: float, others: int) -> bool:
        """Whether the limits that look at prices and counts accept a side; only to be asked if there are any."""
        nanos = round(market * NANOS_PER_UNIT)
        if self._collar != UNBOUNDED and abs(price - nanos) * NANOS_PER_UNIT > self._collar * nanos:
            return False
        if not enlarging:
            return True
        if self._position_value != UNBOUNDED:
            lots = self._position_value * NANOS_PER_UNIT // (nanos * self._lot)
            if enlarging + abs(position) > lots * self._lot:
                return False
        return enlarging * price <= self._order_value * NANOS_PER_UNIT and others < self._open_orders

    def affords(self, value: int, reserved: int, orders: int, free: float, amounts: float) -> bool:
        """Whether `free` cash pays `value` (nanos of price times nanos of units) beside what else is `reserved`.

        `reserved` in nanos of money, for at most `orders` orders, those of `value` among them; fees come on top.
        `amounts` is what `free` was added up from, signs aside.
        """
        need = (value / _SQUARE + reserved / NANOS_PER_UNIT) * self._rate
        return need + self._fixed * orders + self._buffer <= free - amounts * MARGIN


def _floor(amount: Decimal | None) -> int:
    """Nanos of a limit, never more than it; one that is not set does not bind."""
    if amount is None:
        return UNBOUNDED
    nanos = nanos_from_decimal(amount)
    return nanos if EXACT.scaleb(Decimal(nanos), -9) <= amount else nanos - 1
