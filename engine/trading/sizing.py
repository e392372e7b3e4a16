"""How much a budget buys, exactly and in whole lots. No I/O."""

from __future__ import annotations

from decimal import Decimal

from tradetui.engine.model.instrument import EXACT
from tradetui.engine.trading.fees import FeeSchedule

ZERO, ONE = Decimal(0), Decimal(1)


def cost_of(quantity: Decimal, price: Decimal, side: int, fees: FeeSchedule, maker: bool) -> Decimal:
    """Value and fees of an execution: the free cash it needs."""
    value = EXACT.multiply(quantity, price)
    return EXACT.add(value, fees.fee(side, quantity, value, maker))


def largest_quantity(
    budget: Decimal, price: Decimal, lot: Decimal, side: int, fees: FeeSchedule, maker: bool
) -> Decimal:
    """The most whole lots whose value and fees `budget` covers; 0 when it covers not even one."""
    if budget <= 0:
        return ZERO
    one = EXACT.multiply(EXACT.multiply(price, lot), EXACT.add(ONE, fees.rate(maker)))
    lots = EXACT.divide_int(budget, one)  # right when fees are proportional, else too many by a few
    while lots > 0:
        excess = EXACT.subtract(cost_of(EXACT.multiply(lots, lot), price, side, fees, maker), budget)
        if excess <= 0:
            break
        lots -= max(ONE, EXACT.divide_int(excess, one))
    return EXACT.multiply(max(lots, ZERO), lot)
