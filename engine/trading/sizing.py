"""How much a budget buys, exactly and in whole lots. No I/O."""

from __future__ import annotations

from decimal import Decimal

from tradetui.engine.model.instrument import EXACT
from tradetui.engine.trading.fees import FeeSchedule

ZERO, ONE = Decimal(0), Decimal(1)


def cost_of(quantity: Decimal, price: Decimal, side: int, fees: FeeSchedule, maker: bool) -> Decimal:
    """Value and fees of an execution: the free cash it needs."""
    value = EXACT.multiply(quantity, price)
    fee = fees.fee(side, quantity, value, maker)
    return EXACT.add(value, fee) if fee else value


def largest_quantity(
    budget: Decimal, price: Decimal, lot: Decimal, side: int, fees: FeeSchedule, maker: bool
) -> Decimal:
    """The most whole lots whose value and fees `budget` covers; 0 when it covers not even one."""
    if budget <= 0:
        return ZERO
    one = EXACT.multiply(EXACT.multiply(price, lot), EXACT.add(ONE, fees.rate(maker)))
    lots = EXACT.divide_int(budget, one)  # right when fees are proportional, else too many
    if lots > 0 and not _covers(budget, lots, lot, price, side, fees, maker):
        lots = _most_lots(budget, int(lots), lot, price, side, fees, maker)
    return EXACT.multiply(lots, lot)


def _covers(
    budget: Decimal, lots: Decimal, lot: Decimal, price: Decimal, side: int, fees: FeeSchedule, maker: bool
) -> bool:
    return cost_of(EXACT.multiply(lots, lot), price, side, fees, maker) <= budget


def _most_lots(
    budget: Decimal, above: int, lot: Decimal, price: Decimal, side: int, fees: FeeSchedule, maker: bool
) -> Decimal:
    """Searches below `above` lots, which cost too much: in widening steps, then by halves, as cost grows with lots."""
    step, enough = 1, above - 1
    while enough > 0 and not _covers(budget, Decimal(enough), lot, price, side, fees, maker):
        above, step = enough, step * 2
        enough = max(0, above - step)
    while above - enough > 1:
        middle = (enough + above) // 2
        if _covers(budget, Decimal(middle), lot, price, side, fees, maker):
            enough = middle
        else:
            above = middle
    return Decimal(enough)
