"""How strongly prices move: relative strength and the place of the close in its range."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from tradetui.data.features.columns import (
    Column,
    check_length,
    column,
    float_window_sum,
    in_steps,
    nanos,
    wilder,
    window_sum,
)


class Stochastic(NamedTuple):
    """The smoothed %K and its mean %D."""

    k: pl.Expr
    d: pl.Expr


def rsi(price: Column = "close", n: int = 14) -> pl.Expr:
    """Relative strength index, 0 to 100, of gains and losses in Wilder's smoothing; first at row `n`.

    Seeded with the plain means of the first `n` changes, as in Wilder 1978 and TA-Lib; 50 where nothing ever moved.
    """
    check_length("rsi", n)
    change = column(price).diff()
    return _strength(wilder(_gain(change), n), wilder(_gain(-change), n)).alias(f"rsi_{n}")


def rsi_cutler(price: Column = "close", n: int = 14) -> pl.Expr:
    """Cutler's relative strength index: plain means of the last `n` gains and losses; first at row `n`.

    LEAN's RSI with a simple moving average. Unlike Wilder's it does not depend on where the data begin.
    """
    check_length("rsi_cutler", n)
    change = nanos(column(price)).diff()
    gain, loss = (window_sum(_gain(side), n).cast(pl.Float64) for side in (change, 0 - change))
    return _strength(gain, loss).alias(f"rsi_cutler_{n}")


def stochastic(
    high: Column = "high", low: Column = "low", close: Column = "close", n: int = 14, k: int = 3, d: int = 3
) -> Stochastic:
    """Place of the close between the lowest low and highest high of `n` bars, 0 to 100 (Lane).

    %K is the mean of the last `k` raw values and %D the mean of the last `d` %K; both begin together at row
    n + k + d - 3, as in TA-Lib's STOCH. A range of nothing gives 0, as there.
    """
    for length in (n, k, d):
        check_length("stochastic", length)

    def part_named(wanted: str) -> pl.Expr:
        def compute(part: pl.DataFrame) -> pl.Series:
            top, bottom = pl.col("high").rolling_max(n), pl.col("low").rolling_min(n)
            ranges = part.select("close", bottom=bottom, reach=top - bottom)
            place = 100.0 * ((pl.col("close") - pl.col("bottom")) / pl.col("reach"))
            moved = pl.when(pl.col("reach") > 0.0).then(place).when(pl.col("reach") == 0.0).then(0.0)
            slow = ranges.select(raw=moved).select(k=float_window_sum(pl.col("raw"), k) / k)
            both = slow.with_columns(d=float_window_sum(pl.col("k"), d) / d)
            return both.select(k=pl.when(pl.col("d").is_not_null()).then(pl.col("k")), d="d")[wanted]

        return in_steps({"high": column(high), "low": column(low), "close": column(close)}, compute)

    name = f"stochastic_{n}_{k}_{d}"
    return Stochastic(part_named("k").alias(f"{name}_k"), part_named("d").alias(f"{name}_d"))


def _gain(change: pl.Expr) -> pl.Expr:
    """The change where it is up, 0 where it is not, null where there is none."""
    return change.clip(lower_bound=0)


def _strength(gain: pl.Expr, loss: pl.Expr) -> pl.Expr:
    total = gain + loss
    return pl.when(total > 0.0).then(100.0 * gain / total).when(total == 0.0).then(50.0)
