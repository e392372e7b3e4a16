"""What an execution costs. Shares cost nothing; coins pay a part of what is received, in coins or in money."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from tradetui.engine.model.instrument import EXACT

ZERO = Decimal(0)
COIN_STEP = Decimal("0.000000001")  # what a purchase brings is rounded down to it


def fee_of(symbol: str, side: int, value: Decimal, crypto_rate: Decimal) -> Decimal:
    """The fee in the account's money: of a sale of coins."""
    return EXACT.multiply(value, crypto_rate) if "/" in symbol and side < 0 else ZERO


def fee_units_of(symbol: str, side: int, quantity: Decimal, crypto_rate: Decimal) -> Decimal:
    """The fee in units: of a purchase of coins, whose position is smaller by it."""
    if "/" not in symbol or side < 0 or not crypto_rate:
        return ZERO
    net = EXACT.multiply(quantity, EXACT.subtract(Decimal(1), crypto_rate)).quantize(COIN_STEP, ROUND_DOWN)
    return EXACT.subtract(quantity, net)
