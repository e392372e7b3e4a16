"""What can be traded, and the only place where floats, integer nanos and Decimals are converted into one another.

Prices and sizes in market columns are int64 in units of 1e-9 ("nanos"); strategies see floats; money is Decimal.
"""

from __future__ import annotations

from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from functools import lru_cache

import msgspec

NANOS_PER_UNIT = 1_000_000_000
_CENT_NANOS = 10_000_000
NANO = Decimal("1e-9")
_TWO = Decimal(2)
PRICE_MAX = 9_000_000  # beyond this a double no longer holds nine decimals exactly, and int64 nanos come near their end

EXACT = Context(
    prec=80, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow]
)  # money: an inexact result is a bug

Number = int | float | str | Decimal


class NotANumber(ValueError):
    """A price or quantity that is not a finite number: says what was seen."""


def nanos_from_float(value: float) -> int:
    """Nearest nanos of a float; exact for every value with at most nine decimals and below PRICE_MAX."""
    return round(value * NANOS_PER_UNIT)


def float_from_nanos(nanos: int) -> float:
    """The float nearest to `nanos` * 1e-9: the same one that parsing its decimal text gives."""
    return nanos / NANOS_PER_UNIT


@lru_cache(maxsize=65_536)  # prices and sizes come back again and again, and each costs a Context call
def decimal_from_nanos(nanos: int) -> Decimal:
    """Exact Decimal of an integer amount of nanos, without the zeros that most prices and sizes would drag along."""
    if nanos % _CENT_NANOS:
        return EXACT.scaleb(Decimal(int(nanos)), -9)
    if nanos % NANOS_PER_UNIT:
        return EXACT.scaleb(Decimal(int(nanos) // _CENT_NANOS), -2)
    return Decimal(int(nanos) // NANOS_PER_UNIT)


def decimal_from(value: Number) -> Decimal:
    """Exact Decimal of what the user wrote: a float stands for its shortest text (0.1 is 0.1).

    Raises NotANumber for NaN, infinity and text that is no number.
    """
    try:
        result = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        raise NotANumber(f"{value!r} is not a number") from None
    if not result.is_finite():
        raise NotANumber(f"{value!r} is not a finite number")
    return result


def nanos_from_decimal(value: Decimal) -> int:
    """Nanos of a Decimal, rounded half-even to 1e-9."""
    return round(EXACT.scaleb(value, 9))


class Instrument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tradable thing. `tick` and `lot` in price and quantity units; `calendar` is an exchange code or "24/7"."""

    symbol: str
    tick: Decimal = NANO
    lot: Decimal = Decimal(1)
    currency: str = "USD"
    calendar: str = ""
    timezone: str = "UTC"
    quantity_max: Decimal = Decimal("1e9")

    def on_tick(self, price: Decimal) -> bool:
        """Whether `price` is a multiple of the tick."""
        return _divides(self.tick, price)

    def on_lot(self, quantity: Decimal) -> bool:
        """Whether `quantity` is a multiple of the lot."""
        return _divides(self.lot, quantity)

    def floor_to_lot(self, quantity: Decimal) -> Decimal:
        """The largest multiple of the lot that is not above `quantity`, which is not negative."""
        return EXACT.multiply(EXACT.divide_int(quantity, self.lot), self.lot)

    def nearest_tick(self, price: Decimal) -> Decimal:
        """The point of the tick grid nearest to `price`, halves up; for prices that were thought in floats."""
        half = EXACT.divide(self.tick, _TWO)
        exact = EXACT.multiply(EXACT.divide_int(EXACT.add(price, half), self.tick), self.tick)
        return decimal_from_nanos(nanos_from_decimal(exact)) if self.tick >= NANO else exact  # 99, not 99.000000000


def _divides(step: Decimal, value: Decimal) -> bool:
    try:
        return not EXACT.remainder(value, step)
    except (Inexact, InvalidOperation):  # more digits than any multiple of a step that may be traded has
        return False
