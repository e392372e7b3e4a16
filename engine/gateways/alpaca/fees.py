"""What an execution costs in money. Shares cost nothing; coins pay a part of what is received."""

from __future__ import annotations

from decimal import Decimal

ZERO = Decimal(0)


def fee_of(symbol: str, side: int, value: Decimal, crypto_rate: Decimal) -> Decimal:
    """The fee in the account's money: of a sale of coins. A purchase pays in coins, which the position then lacks."""
    return value * crypto_rate if "/" in symbol and side < 0 else ZERO
