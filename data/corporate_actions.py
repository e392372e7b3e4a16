"""Splits and dividends: found in the columns of a file or in its prices, and taken out of the prices before them.

A dividend is given by one of two rules: CRSP's (also Yahoo's) divides by 1 - dividend / previous close, Quandl's
multiplies by 1 + dividend / close of the ex-date. Both multiply by the split.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
import numpy.typing as npt

from tradetui.engine.market.bars import Float64, Int64

DividendRule = Literal["crsp", "quandl"]
FACTOR_JUMP_LEAST = 2e-4  # of an adjusted close against the close: smaller steps are its rounding
MONTH_BARS = 20


@dataclass(frozen=True, slots=True)
class Action:
    """One split or dividend. `row` is the first at the new terms; `split` is new shares for each old one."""

    row: int
    split: float = 1.0
    dividend: float = 0.0

    def factor(self, rule: DividendRule, close_before: float, close: float) -> float:
        """What the prices before it are divided by."""
        if rule == "quandl":
            return self.split * (1 + self.dividend / close)
        return self.split / (1 - self.dividend / close_before)


def actions_in_columns(split_ratio: Float64 | None, dividend: Float64 | None) -> list[Action]:
    """The actions that a file names in columns of its own; 0 and 1 in the column of splits both mean none."""
    n = len(split_ratio) if split_ratio is not None else len(dividend) if dividend is not None else 0
    split = np.ones(n) if split_ratio is None else np.where(np.nan_to_num(split_ratio) > 0, split_ratio, 1.0)
    paid = np.zeros(n) if dividend is None else np.nan_to_num(dividend)
    rows = np.flatnonzero((split != 1.0) | (paid != 0.0))
    return [Action(int(row), float(split[row]), float(paid[row])) for row in rows]


def factor_jumps(close: Float64, adj_close: Float64) -> list[tuple[int, float]]:
    """Rows at which the adjusted close steps against the close, and by what factor."""
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = adj_close / close
        jump = factor[1:] / factor[:-1]
    rows = np.flatnonzero(np.abs(jump - 1) > FACTOR_JUMP_LEAST)
    return [(int(row) + 1, float(jump[row])) for row in rows]


def splits_in_prices(
    open: Float64, close: Float64, volume: Float64, *, tolerance: float, terms_max: int, volume_max: float
) -> list[Action]:
    """Overnight jumps that look like n:m splits: the price near the ratio, and no more volume than it explains.

    The step from the last close to the open must be within `tolerance` (in logs) of m/n with n and m up to
    `terms_max` and one of them 1, 2 or 3; the volume, counted in new shares, at most `volume_max` times the median of
    the month before. A crash of half the price trades many times that.
    """
    ratios = sorted({Fraction(n, m) for n in range(1, terms_max + 1) for m in range(1, 4) if n != m})
    ratios += [1 / ratio for ratio in ratios if 1 / ratio not in ratios]
    logs = np.array([math.log(ratio) for ratio in ratios])
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.log(close[:-1] / open[1:])
    near = np.abs(steps[:, None] - logs[None, :])
    best = np.argmin(near, axis=1)
    smallest = math.log(1.5) - tolerance  # 3:2 is the smallest that a jump of prices can prove
    found = []
    for row in np.flatnonzero((near[np.arange(len(steps)), best] <= tolerance) & (np.abs(steps) > smallest)) + 1:
        ratio = ratios[best[row - 1]]
        if not 2 / 3 < ratio < 3 / 2 and _volume_explained(volume, int(row), float(ratio), volume_max):
            found.append(Action(int(row), float(ratio)))
    return found


def divisors(rows: int, close: Float64, actions: list[Action], rule: DividendRule) -> tuple[Float64, Float64]:
    """By row, what its prices are divided and its volume is multiplied by, to be in the terms of the last row."""
    price, volume = np.ones(rows), np.ones(rows)
    for action in actions:
        if 0 < action.row < rows:
            price[: action.row] *= action.factor(rule, float(close[action.row - 1]), float(close[action.row]))
            volume[: action.row] *= action.split
    return price, volume


def divided(nanos: Int64, divisor: Float64) -> Int64:
    """Prices in nanos divided, rounded to the nearest nano; exact for whole divisors."""
    found: npt.NDArray[np.int64] = np.rint(nanos / divisor).astype(np.int64)
    return np.where(divisor == 1.0, nanos, found)


def _volume_explained(volume: Float64, row: int, ratio: float, volume_max: float) -> bool:
    before = volume[max(0, row - MONTH_BARS) : row]
    before = before[np.isfinite(before) & (before > 0)]
    if not len(before) or not math.isfinite(volume[row]):
        return True  # nothing speaks against it
    return bool(volume[row] / ratio <= volume_max * np.median(before))
