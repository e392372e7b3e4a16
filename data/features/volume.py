"""Prices weighted by what was traded at them."""

from __future__ import annotations

import polars as pl

from tradetui.data.features.columns import Column, check_length, column, nanos, window_sum
from tradetui.data.frames import divided
from tradetui.engine.model.instrument import NANOS_PER_UNIT


def typical_price(high: Column = "high", low: Column = "low", close: Column = "close") -> pl.Expr:
    """The mean of high, low and close, which stands for a bar's price where its trades are not known."""
    return ((column(high) + column(low) + column(close)) / 3.0).alias("typical_price")


def vwap(price: Column | None = None, volume: Column = "volume") -> pl.Expr:
    """Volume-weighted average price from the first row on: sum(p * v) / sum(v); null until something traded.

    Of a session when taken over one: `vwap().over("symbol", "session")`. `price` is the typical price of bars unless
    named. Sums are exact, in nanos. A volume that is not known (NaN) makes the rest of its session null.
    """
    known, paid, traded = _weights(price, volume)
    unknown = (~known).cum_sum() > 0
    return pl.when(~unknown).then(_average(paid.cum_sum(), traded.cum_sum())).alias("vwap")


def rolling_vwap(n: int = 20, price: Column | None = None, volume: Column = "volume") -> pl.Expr:
    """Volume-weighted average price of the last `n` rows; first at row n - 1, null where nothing traded."""
    check_length("rolling_vwap", n)
    known, paid, traded = _weights(price, volume)
    unknown = window_sum((~known).cast(pl.Int64), n) > 0
    return pl.when(~unknown).then(_average(window_sum(paid, n), window_sum(traded, n))).alias(f"vwap_{n}")


def _weights(price: Column | None, volume: Column) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Whether the volume is known, price times volume and volume, each price three times so that thirds stay whole."""
    weight = column(volume).cast(pl.Float64)
    known = weight.is_not_nan() & weight.is_not_null()
    size = nanos(pl.when(known).then(weight).otherwise(0.0))
    prices = ("high", "low", "close") if price is None else (price,) * 3
    thrice = pl.sum_horizontal([nanos(column(name)) for name in prices])
    return known, thrice * size, size


def _average(paid: pl.Expr, traded: pl.Expr) -> pl.Expr:
    size = traded.cast(pl.Float64)
    return pl.when(traded > 0).then(divided(paid.cast(pl.Float64) / size, 3 * NANOS_PER_UNIT))
