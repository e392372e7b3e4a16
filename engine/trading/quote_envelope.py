"""A quick answer for the quotes that every check accepts with room to spare: integers and one float, nothing exact.

`accepts` may say no to a quote that the risk checks would pass, and then they are asked; it never says yes to one that
they would refuse or shrink (a property in the tests). A market maker sends thousands of quotes a minute far inside its
limits, and the exact checks cost ten times as much as the rest of a quote.
"""

from __future__ import annotations

from decimal import Decimal

from tradetui.engine.model.instrument import EXACT, NANO, NANOS_PER_UNIT, Instrument, nanos_from_decimal
from tradetui.engine.model.limits import RiskLimits
from tradetui.engine.trading.fees import FeeSchedule

UNBOUNDED = 10**60  # nanos, or their square: more than any order
MARGIN = 1e-9  # of each amount of money: far more than floats err in the few operations here
_NANOS_SQUARED = float(NANOS_PER_UNIT) * NANOS_PER_UNIT


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
        self._rate = max(0.0, float(fees.rate(True)))
        self._fixed = float(fees.fixed) * (1 + MARGIN)
        self._buffer = float(limits.capital_buffer) * (1 + MARGIN)
        self._extra = any(
            most != UNBOUNDED
            for most in (self._position_value, self._order_quantity, self._order_value, self._open_orders)
        )

    def accepts(
        self,
        side: int,
        price: int,
        quantity: int,
        position: int,
        market: float,
        others: int,
        reserved: int,
        free: float,
    ) -> bool:
        """Whether a quote in an ACTIVE market passes every check as it is, if nothing but quotes is open in its symbol.

        `price`, `quantity` and the signed `position` in nanos, on tick and lot; `others` are the open orders beside it,
        `reserved` at least what all of them may cost in nanos of money, fees aside; `free` is the free cash.
        """
        market_nanos = round(market * NANOS_PER_UNIT)
        if market_nanos <= 0:
            return False
        if self._collar != UNBOUNDED and abs(price - market_nanos) * NANOS_PER_UNIT > self._collar * market_nanos:
            return False
        worst = quantity + position if side > 0 else quantity - position
        if worst <= 0:  # even filled whole it only reduces
            return True
        if worst > self._position or (side < 0 and not self.allow_short):
            return False
        enlarging = min(worst, quantity)
        value = enlarging * price
        if self._extra and not self._within(enlarging, value, worst, market_nanos, others):
            return False
        need = (value / _NANOS_SQUARED + reserved / NANOS_PER_UNIT) * (1 + self._rate) * (1 + MARGIN)
        return need + self._fixed * (others + 1) + self._buffer <= free * (1 - MARGIN)

    def _within(self, enlarging: int, value: int, worst: int, market: int, others: int) -> bool:
        if self._position_value != UNBOUNDED:
            lots = self._position_value * NANOS_PER_UNIT // (market * self._lot)
            if worst > lots * self._lot:
                return False
        return (
            enlarging <= self._order_quantity
            and value <= self._order_value * NANOS_PER_UNIT
            and others < self._open_orders
        )


def _floor(amount: Decimal | None) -> int:
    """Nanos of a limit, never more than it; one that is not set does not bind."""
    if amount is None:
        return UNBOUNDED
    nanos = nanos_from_decimal(amount)
    return nanos if EXACT.scaleb(Decimal(nanos), -9) <= amount else nanos - 1
