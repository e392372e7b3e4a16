"""Sums in a stated order, so that a figure made of rounding noise is still the same figure everywhere.

A plain `np.sum` adds pairwise; the compiled helpers behind other libraries add from first to last. The two differ in
the last digits, which shows where a deviation should have been zero (a constant series) and is divided by.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from tradetui.engine.model.instrument import EXACT

Floats = npt.NDArray[np.float64]
NAN = float("nan")


def observed(values: Floats) -> Floats:
    """The values that are not NaN."""
    return values[~np.isnan(values)]


def mean_in_order(values: Floats) -> float:
    """Mean of the observed values, added first to last; NaN if there are none."""
    seen = observed(values)
    return _sum_in_order(seen) / seen.size if seen.size else NAN


def mean_pairwise(values: Floats) -> float:
    """Mean of the observed values, missing ones added as 0 in their places; NaN if there are none."""
    missing = np.isnan(values)
    count = values.size - int(missing.sum())
    return float(np.where(missing, 0.0, values).sum()) / count if count else NAN


def deviation_in_order(values: Floats) -> float:
    """Sample deviation (ddof 1) of the observed values, added first to last; NaN for fewer than two."""
    seen = observed(values)
    if seen.size < 2:
        return NAN
    mean = _sum_in_order(seen) / seen.size
    return float(np.sqrt(_sum_in_order((seen - mean) ** 2) / (seen.size - 1)))


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Exact sum of money, whatever the thread's decimal context, which a strategy may have set for itself."""
    added = Decimal(0)
    for amount in amounts:
        added = EXACT.add(added, amount)
    return added


def _sum_in_order(values: Floats) -> float:
    return float(np.cumsum(values)[-1])
