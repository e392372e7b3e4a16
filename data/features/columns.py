"""What the feature expressions are made of: columns, exact windows and recursive smoothing. No feature of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import polars as pl

from tradetui.data.frames import divided
from tradetui.engine.errors import UsageError
from tradetui.engine.model.instrument import NANOS_PER_UNIT

Column = str | pl.Expr
Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)

PRICES = ("open", "high", "low", "close")


def column(name: Column) -> pl.Expr:
    """A column named or given."""
    return pl.col(name) if isinstance(name, str) else name


def with_float_prices(frame: Frame) -> Frame:
    """A table in the layout of bars, whose prices are whole nanos, with prices in units, as features read them."""
    return frame.with_columns(divided(pl.col(*PRICES), NANOS_PER_UNIT))


def check_length(name: str, n: int, least: int = 1) -> None:
    """Refuses a window that no row could fill."""
    if n < least:
        raise UsageError(f"{name}: the window is {n} rows; expected at least {least}")


def nanos(values: pl.Expr) -> pl.Expr:
    """Values to nine decimals as 128-bit integers, whose sums and squares are exact."""
    return (values * NANOS_PER_UNIT).round().cast(pl.Int128)


def window_sum(values: pl.Expr, n: int) -> pl.Expr:
    """Sum of the last `n` integers, exact whatever came before them; null unless all of them are there."""
    return values.rolling_sum(n)


def in_steps(columns: Mapping[str, pl.Expr], compute: Callable[[pl.DataFrame], pl.Series]) -> pl.Expr:
    """What `compute` makes of some columns, each of them computed once, over one symbol at a time.

    An expression that uses another twice computes it twice: what is smoothed thrice over would cost a hundredfold.
    """
    whole = pl.struct([expression.alias(name) for name, expression in columns.items()])
    return whole.map_batches(lambda part: compute(part.struct.unnest()), return_dtype=pl.Float64)


def float_window_sum(values: pl.Expr, n: int) -> pl.Expr:
    """Sum of the last `n` floats, each window added anew: `n` additions a row, no drift."""
    return pl.sum_horizontal([values.shift(age) for age in reversed(range(n))], ignore_nulls=False)


def smoothed(values: pl.Expr, alpha: float, seed_count: int, seed: pl.Expr) -> pl.Expr:
    """y[t] = y[t-1] + alpha * (x[t] - y[t-1]), starting with `seed` at the `seed_count`-th value; null before.

    Null values count for nothing and are null again in the result.
    """
    seen = values.cum_count()
    start = pl.when(values.is_null() | (seen < seed_count)).then(None).when(seen == seed_count).then(seed)
    return start.otherwise(values).ewm_mean(alpha=alpha, adjust=False, ignore_nulls=True, min_samples=1)


def wilder(values: pl.Expr, n: int) -> pl.Expr:
    """Wilder's smoothing, alpha 1/n, seeded with the mean of the first `n` values (Wilder 1978)."""
    return smoothed(values, 1.0 / n, n, values.cum_sum() / n)
