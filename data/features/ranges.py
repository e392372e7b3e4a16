"""Features of a bar's range: true range, its average, and directional movement."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import polars as pl

from tradetui.data.features.columns import Column, check_length, column, in_steps, smoothed, wilder


class DirectionalMovement(NamedTuple):
    """The index and the two indicators it is made of."""

    adx: pl.Expr
    plus: pl.Expr
    minus: pl.Expr


def true_range(high: Column = "high", low: Column = "low", close: Column = "close", first_bar: bool = False) -> pl.Expr:
    """Highest of high and last close minus lowest of low and last close (Wilder 1978); null at row 0, as in TA-Lib.

    With `first_bar` row 0 has its high minus its low, as in LEAN.
    """
    last = column(close).shift(1)
    reach = pl.max_horizontal(column(high), last) - pl.min_horizontal(column(low), last)
    return (reach if first_bar else pl.when(last.is_not_null()).then(reach)).alias("true_range")


def atr(
    high: Column = "high", low: Column = "low", close: Column = "close", n: int = 14, first_bar: bool = False
) -> pl.Expr:
    """Average true range in Wilder's smoothing, seeded with the mean of the first `n` true ranges.

    Those are of rows 1 to n, so the first is at row `n`, as in TA-Lib; with `first_bar` of rows 0 to n - 1, as in LEAN.
    """
    check_length("atr", n)
    return wilder(true_range(high, low, close, first_bar), n).alias(f"atr_{n}")


def adx(high: Column = "high", low: Column = "low", close: Column = "close", n: int = 14) -> DirectionalMovement:
    """Average directional index and the directional indicators +DI and -DI, 0 to 100 (Wilder 1978).

    As in TA-Lib: movements and true ranges are smoothed from the sum of their first n - 1 values, the indicators begin
    at row `n`, and the index is seeded with the mean of its first `n` values at row 2n - 1. Where nothing moved the
    index keeps its value.
    """
    check_length("adx", n, least=2)
    prices = {"high": column(high), "low": column(low), "close": column(close)}
    plus, minus, index = (in_steps(prices, partial(_directions, n=n, wanted=name)) for name in ("plus", "minus", "adx"))
    return DirectionalMovement(index.alias(f"adx_{n}"), plus.alias(f"plus_di_{n}"), minus.alias(f"minus_di_{n}"))


def _directions(part: pl.DataFrame, *, n: int, wanted: str) -> pl.Series:
    steps = part.select(true_range(), up=pl.col("high").diff(), down=-pl.col("low").diff())
    moves = steps.select(
        "true_range", up=_movement(pl.col("up"), pl.col("down")), down=_movement(pl.col("down"), pl.col("up"))
    )
    sums = moves.select(_sum_smoothed(pl.col(name), n).alias(name) for name in moves.columns)
    shares = sums.select(
        plus=_percent(pl.col("up"), pl.col("true_range")), minus=_percent(pl.col("down"), pl.col("true_range"))
    )
    if wanted != "adx":
        return shares[wanted]
    together = pl.col("plus") + pl.col("minus")
    index = pl.when(together > 0.0).then(100.0 * (pl.col("plus") - pl.col("minus")).abs() / together)
    return shares.select(index=index).select(wilder(pl.col("index"), n).forward_fill()).to_series()


def _movement(this: pl.Expr, other: pl.Expr) -> pl.Expr:
    moved = pl.when((this > 0.0) & (this > other)).then(this).otherwise(0.0)
    return pl.when(this.is_not_null()).then(moved)


def _sum_smoothed(values: pl.Expr, n: int) -> pl.Expr:
    """Wilder's running sum s = s - s/n + x as a mean s/n, from the sum of n - 1 values, shown from the next one on."""
    mean = smoothed(values, 1.0 / n, n - 1, values.cum_sum() / n)
    return pl.when(values.cum_count() >= n).then(mean)


def _percent(movement: pl.Expr, reach: pl.Expr) -> pl.Expr:
    return pl.when(reach > 0.0).then(100.0 * movement / reach)
