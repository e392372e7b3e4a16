"""Returns of prices and the volatility of returns."""

from __future__ import annotations

import polars as pl

from tradetui.data.features.columns import Column, check_length, column, float_window_sum, in_steps


def returns(price: Column = "close", periods: int = 1) -> pl.Expr:
    """Simple returns p[t] / p[t-periods] - 1; null for the first `periods` rows."""
    check_length("returns", periods)
    values = column(price)
    return (values / values.shift(periods) - 1.0).alias(f"return_{periods}")


def log_returns(price: Column = "close", periods: int = 1) -> pl.Expr:
    """Natural logarithm of p[t] / p[t-periods]; null for the first `periods` rows."""
    check_length("log_returns", periods)
    values = column(price)
    return (values / values.shift(periods)).log().alias(f"log_return_{periods}")


def realised_volatility(price: Column = "close", n: int = 20, periods_per_year: float | None = None) -> pl.Expr:
    """Square root of the sum of the last `n` squared log returns, not demeaned; first at row `n`.

    With `periods_per_year` it is scaled to a year: times sqrt(periods_per_year / n). Andersen and Bollerslev 1998.
    """
    check_length("realised_volatility", n)
    scale = 1.0 if periods_per_year is None else periods_per_year / n

    def compute(part: pl.DataFrame) -> pl.Series:
        squares = part.select(pl.col("change") * pl.col("change"))
        return squares.select((float_window_sum(pl.col("change"), n) * scale).sqrt()).to_series()

    return in_steps({"change": log_returns(price)}, compute).alias(f"realised_volatility_{n}")


def volatility(price: Column = "close", n: int = 20, periods_per_year: float | None = None) -> pl.Expr:
    """Sample standard deviation (ddof 1) of the last `n` log returns; first at row `n`.

    With `periods_per_year` times its square root, the historical volatility of option desks (Hull).
    """
    check_length("volatility", n, least=2)
    scale = 1.0 if periods_per_year is None else periods_per_year**0.5
    return (log_returns(price).rolling_std(n, ddof=1) * scale).alias(f"volatility_{n}")
