"""The numbers of empyrical-reloaded 0.7 from a series of returns: same names, same edge cases, nothing of its code.

Functions take simple returns, shape (n,), NaN where missing, and give NaN or infinity where that library does. Ratios
against a benchmark take both series on the same times (`returns.aligned`) and always count 252 periods a year.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from tradetui.engine.analytics.returns import Returns, aligned
from tradetui.engine.analytics.sums import NAN, Floats, deviation_in_order, mean_in_order, observed

DAILY_PERIODS = 252
TAIL = 0.05
VARIANCE_MIN = 1e-30  # a benchmark that moves less has no beta


def statistics(returns: Returns, periods: int, benchmark: Returns | None = None) -> dict[str, float]:
    """Every figure at its default parameters, by that library's function names."""
    values = returns.values
    figures = {
        "cum_returns_final": cum_returns_final(values),
        "max_drawdown": max_drawdown(values),
        "stability_of_timeseries": stability_of_timeseries(values),
        "tail_ratio": tail_ratio(values),
        "annual_return": annual_return(values, periods),
        "annual_volatility": annual_volatility(values, periods),
        "sharpe_ratio": sharpe_ratio(values, periods),
        "sortino_ratio": sortino_ratio(values, periods),
        "calmar_ratio": calmar_ratio(values, periods),
        "downside_risk": downside_risk(values, periods),
        "omega_ratio": omega_ratio(values),
        "value_at_risk": value_at_risk(values),
        "conditional_value_at_risk": conditional_value_at_risk(values),
    }
    if benchmark is None:
        return figures
    mine, theirs = aligned(returns, benchmark)
    return figures | {
        "alpha": alpha(mine, theirs),
        "beta": beta(mine, theirs),
        "excess_sharpe": excess_sharpe(mine, theirs),
        "up_capture": up_capture(mine, theirs),
        "down_capture": down_capture(mine, theirs),
        "capture": capture(mine, theirs),
    }


def cum_returns_final(values: Floats) -> float:
    """Compounded return of the whole series; missing returns count as none."""
    return float(np.nanprod(values + 1)) - 1 if values.size else NAN


def max_drawdown(values: Floats) -> float:
    """Deepest fall of the compounded curve that starts at 1, as a negative fraction."""
    if values.size == 0:
        return NAN
    worth = np.concatenate(([1.0], np.cumprod(np.where(np.isnan(values), 0.0, values) + 1)))
    peak = np.fmax.accumulate(worth)
    with np.errstate(invalid="ignore"):
        return float(np.fmin.reduce(((worth - peak) / peak)[1:]))


def annual_return(values: Floats, periods: int) -> float:
    """Compounded growth a year; missing returns count as periods."""
    if values.size == 0:
        return NAN
    with np.errstate(invalid="ignore", over="ignore"):
        return float(np.float64(cum_returns_final(values) + 1) ** (periods / values.size)) - 1


def annual_volatility(values: Floats, periods: int) -> float:
    """Sample deviation times the root of the periods."""
    return deviation_in_order(values) * float(np.sqrt(periods)) if values.size > 1 else NAN


def sharpe_ratio(values: Floats, periods: int, risk_free: float = 0.0) -> float:
    """Mean over deviation of the excess, annualised; infinite where all returns are equal; `risk_free` a period."""
    if values.size < 2:
        return NAN
    return _over_deviation(values - risk_free) * float(np.sqrt(periods))


def sortino_ratio(values: Floats, periods: int, required_return: float = 0.0) -> float:
    """Annual mean over annual downside risk, both against a required return per period."""
    if values.size < 2:
        return NAN
    return _divide(mean_in_order(values - required_return) * periods, downside_risk(values, periods, required_return))


def downside_risk(values: Floats, periods: int, required_return: float = 0.0) -> float:
    """Root of the mean squared shortfall over all periods, annualised."""
    if values.size == 0:
        return NAN
    shortfall = np.minimum(values - required_return, 0.0)
    return float(np.sqrt(mean_in_order(shortfall**2)) * np.sqrt(periods))


def calmar_ratio(values: Floats, periods: int) -> float:
    """Annual return over the depth of the deepest fall; NaN without a fall."""
    depth = max_drawdown(values)
    ratio = annual_return(values, periods) / abs(depth) if depth < 0 else NAN
    return NAN if np.isinf(ratio) else ratio


def omega_ratio(values: Floats, required_return: float = 0.0) -> float:
    """Sum of gains over sum of losses about a required annual return; NaN without a loss."""
    if values.size < 2 or required_return <= -1:
        return NAN
    excess = values - ((1 + required_return) ** (1 / DAILY_PERIODS) - 1)
    losses = -float(excess[excess < 0].sum())
    return float(excess[excess > 0].sum()) / losses if losses > 0 else NAN


def tail_ratio(values: Floats) -> float:
    """Size of the 95th percentile over the size of the 5th."""
    seen = observed(values)
    if seen.size == 0:
        return NAN
    high, low = np.abs(np.percentile(seen, [95, 5]))
    return _divide(float(high), float(low))


def value_at_risk(values: Floats, cutoff: float = TAIL) -> float:
    """The historic quantile; NaN as soon as one return is missing."""
    return float(np.percentile(values, 100 * cutoff)) if values.size else NAN


def conditional_value_at_risk(values: Floats, cutoff: float = TAIL) -> float:
    """Mean of the lowest returns up to and including the quantile's rank."""
    seen = observed(values)
    if seen.size == 0:
        return NAN
    rank = int((seen.size - 1) * cutoff)
    return float(np.partition(seen, rank)[: rank + 1].mean())


def stability_of_timeseries(values: Floats) -> float:
    """R-squared of the cumulative log return against a straight line."""
    seen = observed(values)
    if values.size < 2 or seen.size < 2:
        return NAN
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = np.cumsum(np.log1p(seen))
        (var_x, cov), (_, var_y) = np.cov(np.arange(worth.size, dtype=np.float64), worth, ddof=0)
        if not (var_x > 0 and var_y > 0):
            return NAN
        return float(np.clip(cov / np.sqrt(var_x * var_y), -1.0, 1.0)) ** 2


def beta(values: Floats, benchmark: Floats) -> float:
    """Covariance with the benchmark over the benchmark's variance, where both are observed."""
    if values.size < 1 or benchmark.size < 2:
        return NAN
    market = np.where(np.isnan(values), NAN, benchmark)
    residual = market - mean_in_order(market)
    variance = mean_in_order(residual**2)
    return mean_in_order(residual * values) / variance if variance >= VARIANCE_MIN else NAN


def alpha(values: Floats, benchmark: Floats) -> float:
    """What is left of the mean after beta times the benchmark, compounded over a year."""
    if values.size < 2:
        return NAN
    return (1 + mean_in_order(values - beta(values, benchmark) * benchmark)) ** DAILY_PERIODS - 1


def excess_sharpe(values: Floats, benchmark: Floats) -> float:
    """Mean of the active return over its deviation, not annualised."""
    return _over_deviation(values - benchmark) if values.size > 1 else NAN


def capture(values: Floats, benchmark: Floats) -> float:
    """Annual return over the benchmark's."""
    return _divide(annual_return(values, DAILY_PERIODS), annual_return(benchmark, DAILY_PERIODS))


def up_capture(values: Floats, benchmark: Floats) -> float:
    """Capture over the periods in which the benchmark rose."""
    chosen = ~np.isnan(values) & (benchmark > 0)
    return capture(values[chosen], benchmark[chosen])


def down_capture(values: Floats, benchmark: Floats) -> float:
    """Capture over the periods in which the benchmark fell."""
    chosen = ~np.isnan(values) & (benchmark < 0)
    return capture(values[chosen], benchmark[chosen])


def aggregate_returns(returns: Returns, by: Literal["yearly", "quarterly", "monthly"]) -> dict[tuple[int, ...], float]:
    """Compounded return of each calendar period (UTC), keyed by (year,), (year, quarter) or (year, month)."""
    months = returns.ts_ns.astype("datetime64[ns]").astype("datetime64[M]").astype(np.int64)
    size = {"yearly": 12, "quarterly": 3, "monthly": 1}[by]
    groups = months // size
    factors = np.where(np.isnan(returns.values), 0.0, returns.values) + 1
    totals: dict[tuple[int, ...], float] = {}
    for group in np.unique(groups).tolist():
        year, place = 1970 + group * size // 12, group % (12 // size) + 1
        key = (year,) if by == "yearly" else (year, place)
        totals[key] = float(factors[groups == group].prod()) - 1
    return totals


def _over_deviation(values: Floats) -> float:
    """Mean over deviation, where a constant series has the deviation 0 and not its rounding noise."""
    deviation = deviation_in_order(values)
    seen = observed(values)
    if seen.size > 1 and seen.max() == seen.min():
        deviation = 0.0
    return _divide(mean_in_order(values), deviation)


def _divide(numerator: float, denominator: float) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.float64(numerator) / np.float64(denominator))
