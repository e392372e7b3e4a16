"""Averages of prices and what is measured from them: bands, z-scores, convergence and divergence."""

from __future__ import annotations

from typing import Literal, NamedTuple

import polars as pl

from tradetui.data.features.columns import Column, check_length, column, in_steps, nanos, smoothed, window_sum
from tradetui.data.frames import divided
from tradetui.engine.errors import UsageError
from tradetui.engine.model.instrument import NANOS_PER_UNIT


class BollingerBands(NamedTuple):
    """The three lines."""

    upper: pl.Expr
    middle: pl.Expr
    lower: pl.Expr


class Macd(NamedTuple):
    """The line, its signal, and the line above its signal."""

    line: pl.Expr
    signal: pl.Expr
    histogram: pl.Expr


def sma(price: Column = "close", n: int = 20) -> pl.Expr:
    """Mean of the last `n` prices; first at row n - 1. The same bits as the strategies' `Sma`."""
    check_length("sma", n)
    return _mean(column(price), n).alias(f"sma_{n}")


def ema(price: Column = "close", n: int = 20) -> pl.Expr:
    """Exponential mean, alpha 2 / (n + 1), seeded with the plain mean of the first `n` prices; first at row n - 1.

    The convention of TA-Lib's EMA and of LEAN.
    """
    check_length("ema", n)
    values = column(price)
    return smoothed(values, _alpha(n), n, _mean(values, n)).alias(f"ema_{n}")


def macd(
    price: Column = "close",
    fast: int = 12,
    slow: int = 26,
    signal: int = 9,
    convention: Literal["talib", "lean"] = "talib",
) -> Macd:
    """Fast minus slow exponential mean, the exponential mean of that as signal, and their difference (Appel).

    "talib": both means start at row slow - 1, the fast one from the mean of its last `fast` prices there, and all three
    results begin together at row slow + signal - 2. "lean": each mean starts on its own first window, so the line is
    there from row slow - 1 on; the signal starts at the same row as in the other.
    """
    check_length("macd", fast)
    check_length("macd", signal)
    if fast >= slow:
        raise UsageError(f"macd: fast={fast} slow={slow}; expected fast < slow")
    fast_seed_count = slow if convention == "talib" else fast

    def part_named(wanted: str) -> pl.Expr:
        def compute(part: pl.DataFrame) -> pl.Series:
            values, line = pl.col("value"), pl.col("line")
            fast_mean = smoothed(values, _alpha(fast), fast_seed_count, _mean(values, fast))
            slow_mean = smoothed(values, _alpha(slow), slow, _mean(values, slow))
            lines = part.select(line=fast_mean - slow_mean)
            both = lines.with_columns(signal=smoothed(line, _alpha(signal), signal, line.cum_sum() / signal))
            shown = pl.when(pl.col("signal").is_not_null()).then(line) if convention == "talib" else line
            return both.select(line=shown, signal="signal", histogram=line - pl.col("signal"))[wanted]

        return in_steps({"value": column(price)}, compute)

    name = f"macd_{fast}_{slow}_{signal}"
    return Macd(
        part_named("line").alias(name),
        part_named("signal").alias(f"{name}_signal"),
        part_named("histogram").alias(f"{name}_histogram"),
    )


def bollinger(price: Column = "close", n: int = 20, width: float = 2.0, ddof: Literal[0, 1] = 0) -> BollingerBands:
    """Mean of `n` prices, and `width` standard deviations above and below it; first at row n - 1.

    The population deviation (ddof 0) is Bollinger's own, TA-Lib's and LEAN's; the sample deviation (ddof 1) is that of
    mplfinance and pandas.
    """
    check_length("bollinger", n, least=1 + ddof)
    values = column(price)
    mean, reach = _mean(values, n), _deviation(values, n, ddof) * width
    name = f"bollinger_{n}_{width:g}"
    return BollingerBands(
        (mean + reach).alias(f"{name}_upper"), mean.alias(f"{name}_middle"), (mean - reach).alias(f"{name}_lower")
    )


def zscore(price: Column = "close", n: int = 20, ddof: Literal[0, 1] = 0) -> pl.Expr:
    """Distance of a price from the mean of the last `n`, itself included, in their standard deviations.

    The deviation is the population's by default, as in `bollinger`; null where nothing moved. First at row n - 1.
    """
    check_length("zscore", n, least=2)
    values = column(price)
    deviation = _deviation(values, n, ddof)
    return pl.when(deviation > 0.0).then((values - _mean(values, n)) / deviation).alias(f"zscore_{n}")


def _alpha(n: int) -> float:
    return 2.0 / (n + 1)


def _mean(values: pl.Expr, n: int) -> pl.Expr:
    return divided(window_sum(nanos(values), n), n * NANOS_PER_UNIT)


def _deviation(values: pl.Expr, n: int, ddof: int) -> pl.Expr:
    """From exact sums of whole nanos: n * sum(x^2) - sum(x)^2 loses nothing, however close the prices lie."""
    whole = nanos(values)
    total = window_sum(whole, n)
    spread = (n * window_sum(whole * whole, n) - total * total).cast(pl.Float64)
    return divided(divided(spread, n * (n - ddof)).sqrt(), NANOS_PER_UNIT)
