"""Price text and floats made into int64 nanos, exact for every price with at most nine decimals."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import numpy as np

from tradetui.engine.market.bars import Float64, Int64
from tradetui.engine.model.instrument import NANOS_PER_UNIT, PRICE_MAX, nanos_from_decimal

# From 2^22 on a double is up to 0.47e-9 away from the text it was read from, and the product with 1e9 is rounded to
# steps of 0.5: the two errors together can reach the next nano. Such prices are read from their text instead.
FLOAT_EXACT_BELOW = 2**22


def nanos_from_prices(values: Float64, text_of: Callable[[int], str]) -> Int64:
    """Nearest nanos of each price; 0 where it is NaN, infinite or beyond PRICE_MAX, which the checks refuse.

    `text_of(row)` gives the decimal text of the few prices that are too large for the float to be exact.
    """
    usable = np.abs(values) <= PRICE_MAX  # false for NaN
    nanos: Int64 = np.rint(np.where(usable, values, 0.0) * NANOS_PER_UNIT).astype(np.int64)
    for row in np.flatnonzero(usable & (np.abs(values) >= FLOAT_EXACT_BELOW)):
        nanos[row] = nanos_from_decimal(Decimal(text_of(int(row))))
    return nanos
