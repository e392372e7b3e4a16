"""What an execution costs, exact. One typed schedule covers every model; parts that are not set cost nothing."""

from __future__ import annotations

from decimal import ROUND_CEILING, Context, Decimal

import msgspec

from tradetui.engine.model.instrument import EXACT
from tradetui.engine.model.orders import SELL

ZERO = Decimal(0)
CENT = Decimal("0.01")
_UP = Context(prec=80, rounding=ROUND_CEILING)


class PerShare(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price per unit, with a minimum and a maximum per execution (the maximum as a fraction of its value)."""

    rate: Decimal
    minimum: Decimal = ZERO
    maximum_fraction: Decimal | None = None


class Regulatory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """US charges on sells: SEC section 31 (fraction of value), FINRA TAF (per share, capped), each rounded up to cents.

    Defaults are the rates of 2024-05-22 (27.80 USD per million) and 2024-01-01 (0.000166 USD, at most 8.30 USD).
    """

    sec: Decimal = Decimal("0.0000278")
    taf: Decimal = Decimal("0.000166")
    taf_maximum: Decimal = Decimal("8.30")


class FeeSchedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fees of a venue. `commission`, `maker` and `taker` are fractions of value; `fixed` is per execution."""

    commission: Decimal = ZERO
    fixed: Decimal = ZERO
    maker: Decimal | None = None  # replaces `commission` where set
    taker: Decimal | None = None
    per_share: PerShare | None = None
    regulatory: Regulatory | None = None

    def rate(self, maker: bool) -> Decimal:
        """The part of the fee that is proportional to value."""
        special = self.maker if maker else self.taker
        return self.commission if special is None else special

    def fee(self, side: int, quantity: Decimal, value: Decimal, maker: bool) -> Decimal:
        """The whole fee of one execution of `quantity` units worth `value`; exact."""
        special = self.maker if maker else self.taker
        rate = self.commission if special is None else special
        total = EXACT.multiply(value, rate) if rate else ZERO
        if self.fixed:
            total = EXACT.add(total, self.fixed)
        if self.per_share is not None:
            total = EXACT.add(total, _per_share(self.per_share, quantity, value))
        if self.regulatory is not None and side == SELL:
            total = EXACT.add(total, _regulatory(self.regulatory, quantity, value))
        return total


def _per_share(model: PerShare, quantity: Decimal, value: Decimal) -> Decimal:
    fee = max(EXACT.multiply(model.rate, quantity), model.minimum)
    if model.maximum_fraction is not None:
        fee = min(fee, EXACT.multiply(value, model.maximum_fraction))
    return fee


def _regulatory(model: Regulatory, quantity: Decimal, value: Decimal) -> Decimal:
    sec = EXACT.multiply(value, model.sec)
    taf = min(EXACT.multiply(quantity, model.taf), model.taf_maximum)
    return EXACT.add(_up_to_cent(sec), _up_to_cent(taf))


def _up_to_cent(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, context=_UP)
