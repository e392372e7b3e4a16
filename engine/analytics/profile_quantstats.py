"""The numbers of quantstats 0.0.86 from a series of returns: same names, same edge cases, nothing of its code.

NaN and infinity are results of that library and are given as such; None stands where it raises an error (a Calmar ratio
without a drawdown), and a series without one observation has no figures. Like it, a series that is never negative and
passes 1 is taken for prices. Ratios against a benchmark look at the times both series have (`returns.aligned`).
"""

from __future__ import annotations

import numpy as np

from tradetui.engine.analytics.returns import NS_PER_DAY, Returns, aligned
from tradetui.engine.analytics.sums import NAN, Floats, deviation_in_order, mean_pairwise, observed

TAIL = 0.05
NORMAL_QUANTILE = -1.6448536269514729  # of TAIL under the standard normal distribution
NORMAL_DENSITY = 0.10313564037537133  # at that quantile


def statistics(returns: Returns, periods: int, benchmark: Returns | None = None) -> dict[str, float | None]:
    """Every figure at its default parameters, by that library's function names; greeks are two entries."""
    raw = returns.values
    r = prepared(raw)
    if observed(r).size == 0:
        return {}
    figures: dict[str, float | None] = _of_size(r) | {
        "comp": comp(raw),
        "gain_to_pain_ratio": gain_to_pain_ratio(returns),
        "max_drawdown": max_drawdown(raw),
        "ulcer_index": ulcer_index(raw),
        "recovery_factor": recovery_factor(r),
        "risk_return_ratio": risk_return_ratio(r),
        "volatility": volatility(r, periods),
        "cagr": cagr(raw, periods),
        "calmar": calmar(raw, periods),
        "sharpe": sharpe(raw, periods),
        "smart_sharpe": sharpe(raw, periods, smart=True),
        "sortino": sortino(raw, periods),
        "smart_sortino": sortino(raw, periods, smart=True),
        "adjusted_sortino": sortino(raw, periods) / float(np.sqrt(2)),
        "omega": omega(raw, periods),
    }
    if benchmark is None:
        return figures
    mine, theirs = (prepared(values) for values in aligned(returns, benchmark))
    slope, intercept = greeks(mine, theirs)
    return figures | {
        "beta": slope,
        "alpha": intercept,
        "information_ratio": information_ratio(mine, theirs),
        "r_squared": r_squared(mine, theirs),
    }


def _of_size(r: Floats) -> dict[str, float | None]:
    """Figures about single returns: how often, how large, how they are spread."""
    return {
        "best": float(np.nanmax(r)),
        "worst": float(np.nanmin(r)),
        "win_rate": win_rate(r),
        "avg_win": mean_pairwise(r[r > 0]),
        "avg_loss": mean_pairwise(r[r < 0]),
        "payoff_ratio": payoff_ratio(r),
        "profit_factor": profit_factor(r),
        "kelly_criterion": kelly_criterion(r),
        "consecutive_wins": longest_run(r > 0),
        "consecutive_losses": longest_run(r < 0),
        "skew": skew(r),
        "kurtosis": kurtosis(r),
        "tail_ratio": tail_ratio(r),
        "value_at_risk": value_at_risk(r),
        "cvar": cvar(r),
        "expected_return": float(np.nanprod(1 + r) ** (1 / observed(r).size)) - 1,
        "common_sense_ratio": profit_factor(r) * tail_ratio(r),
        "outlier_win_ratio": _quantile_over_mean(r, 0.99, r[r >= 0]),
        "outlier_loss_ratio": _quantile_over_mean(r, 0.01, r[r < 0]),
    }


def prepared(values: Floats, risk_free: float = 0.0, periods: int = 1) -> Floats:
    """Returns as that library sees them: prices turned into returns, infinities missing, excess over an annual rate."""
    seen = observed(values)
    if seen.size and seen.min() >= 0 and seen.max() > 1:
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.concatenate(([NAN], values[1:] / values[:-1] - 1))
    values = np.where(np.isinf(values), NAN, values)
    return values - ((1 + risk_free) ** (1 / periods) - 1) if risk_free > 0 else values


def comp(values: Floats) -> float:
    """Compounded return."""
    return float(np.nanprod(values + 1)) - 1


def cagr(values: Floats, periods: int) -> float:
    """Compounded growth a year, counting the observed returns only; NaN for a debt."""
    wealth = comp(prepared(values)) + 1
    if wealth < 0:
        return NAN
    with np.errstate(over="ignore"):
        return float(np.float64(wealth) ** (periods / observed(values).size)) - 1


def calmar(values: Floats, periods: int) -> float | None:
    """Growth a year over the deepest fall; None without a fall."""
    r = prepared(values)
    depth = max_drawdown(r)
    return cagr(r, periods) / abs(depth) if depth else None


def volatility(r: Floats, periods: int) -> float:
    """Sample deviation times the root of the periods."""
    return deviation_in_order(r) * float(np.sqrt(periods))


def sharpe(values: Floats, periods: int, risk_free: float = 0.0, *, smart: bool = False) -> float:
    """Mean over deviation of the excess over an annual rate; `smart` widens the deviation for autocorrelation."""
    excess = prepared(values, risk_free, periods)
    deviation = deviation_in_order(excess) * (autocorrelation_penalty(excess) if smart else 1.0)
    return _divide(mean_pairwise(excess), deviation) * float(np.sqrt(periods))


def sortino(values: Floats, periods: int, risk_free: float = 0.0, *, smart: bool = False) -> float:
    """Mean over downside deviation of the excess over an annual rate; NaN without a loss."""
    excess = prepared(values, risk_free, periods)
    downside = float(np.sqrt((excess[excess < 0] ** 2).sum() / observed(excess).size))
    if smart:
        downside *= autocorrelation_penalty(excess)
    return mean_pairwise(excess) / downside * float(np.sqrt(periods)) if downside else NAN


def autocorrelation_penalty(r: Floats) -> float:
    """Factor by which a deviation understates risk when each return resembles the last one; 1 where it is undefined."""
    seen = observed(r)
    count = seen.size
    if count < 3:
        return 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        resemblance = abs(float(np.corrcoef(seen[:-1], seen[1:])[0, 1]))
    if np.isnan(resemblance):
        return 1.0
    lag = np.arange(1, count)
    return float(np.sqrt(1 + 2 * ((count - lag) / count * resemblance**lag).sum()))


def omega(values: Floats, periods: int, required_return: float = 0.0) -> float:
    """Sum of gains over sum of losses about a required annual return; NaN without a loss."""
    if values.size < 2 or required_return <= -1:
        return NAN
    excess = prepared(values) - (required_return if periods == 1 else (1 + required_return) ** (1 / periods) - 1)
    losses = -float(excess[excess < 0].sum())
    return float(excess[excess > 0].sum()) / losses if losses > 0 else NAN


def max_drawdown(values: Floats) -> float:
    """Deepest fall of the compounded curve that starts at 1, as a negative fraction."""
    worth, base = _worth(values)
    extended = np.concatenate(([base], worth))
    return float((extended / np.maximum.accumulate(extended)).min()) - 1


def ulcer_index(values: Floats) -> float:
    """Root of the mean squared depth below the peak, over one fewer than the periods."""
    worth, base = _worth(values)
    extended = np.concatenate(([base], worth))
    depth = (extended / np.maximum.accumulate(extended) - 1)[1:]
    return float(np.sqrt(_divide(float((depth**2).sum()), values.size - 1)))


def recovery_factor(r: Floats) -> float:
    """Sum of returns over the deepest fall, sizes only; NaN without a fall."""
    depth = max_drawdown(r)
    return abs(float(np.nansum(r))) / abs(depth) if depth else NAN


def risk_return_ratio(r: Floats) -> float:
    """Mean over deviation, not annualised; NaN where the deviation is 0."""
    deviation = deviation_in_order(r)
    return mean_pairwise(r) / deviation if deviation else NAN


def win_rate(r: Floats) -> float:
    """Winning periods over those that moved; 0 if none did."""
    moved = int((r > 0).sum() + (r < 0).sum())
    return int((r > 0).sum()) / moved if moved else 0.0


def payoff_ratio(r: Floats) -> float:
    """Average win over average loss; NaN if either is missing."""
    return mean_pairwise(r[r > 0]) / abs(mean_pairwise(r[r < 0]))


def profit_factor(r: Floats) -> float:
    """Sum of gains over sum of losses; infinite without losses, 0 without either."""
    gains, losses = float(r[r >= 0].sum()), abs(float(r[r < 0].sum()))
    if losses == 0:
        return float("inf") if gains else 0.0
    return gains / losses


def kelly_criterion(r: Floats) -> float:
    """Share of capital that would have grown fastest, from win rate and payoff; NaN without wins or losses."""
    payoff, chance = payoff_ratio(r), win_rate(r)
    return NAN if np.isnan(payoff) else (payoff * chance - (1 - chance)) / payoff


def longest_run(flags: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    """Length of the longest unbroken run; a missing return breaks one."""
    breaks = np.flatnonzero(~np.concatenate(([False], flags, [False])))
    return float(np.diff(breaks).max() - 1)


def skew(r: Floats) -> float:
    """Sample skewness (bias corrected); NaN for fewer than 3 returns or where they do not differ."""
    n, m2, m3, _ = _central_sums(r)
    return NAN if n < 3 or m2 == 0 else float(n * np.sqrt(n - 1) / (n - 2) * m3 / m2**1.5)


def kurtosis(r: Floats) -> float:
    """Sample excess kurtosis (bias corrected); NaN for fewer than 4 returns or where they do not differ."""
    n, m2, _, m4 = _central_sums(r)
    if n < 4 or m2 == 0:
        return NAN
    return (n * (n + 1) * (n - 1) * m4 / m2**2 - 3 * (n - 1) ** 2) / ((n - 2) * (n - 3))


def tail_ratio(r: Floats) -> float:
    """Size of the 95th percentile over the 5th; NaN where that is 0."""
    high, low = np.percentile(observed(r), [95, 5])
    return abs(float(high / low)) if low else NAN


def value_at_risk(r: Floats) -> float:
    """The 5 % quantile of a normal distribution with the series' mean and deviation; NaN without a deviation."""
    deviation = deviation_in_order(r)
    return mean_pairwise(r) + NORMAL_QUANTILE * deviation if deviation > 0 else NAN


def cvar(r: Floats) -> float:
    """Mean of that normal distribution below its 5 % quantile; the mean itself without a deviation."""
    deviation = deviation_in_order(r)
    return mean_pairwise(r) - (deviation * NORMAL_DENSITY / TAIL if deviation > 0 else 0.0)


def gain_to_pain_ratio(returns: Returns) -> float:
    """Sum of returns over the sum of losing calendar days (UTC), each day summed first; NaN without a losing day."""
    r = prepared(returns.values)
    _, day = np.unique(returns.ts_ns // NS_PER_DAY, return_inverse=True)
    totals = np.bincount(day, weights=np.where(np.isnan(r), 0.0, r))
    pain = abs(float(totals[totals < 0].sum()))
    return float(totals.sum()) / pain if pain else NAN


def greeks(values: Floats, benchmark: Floats, periods: int = 252) -> tuple[float, float]:
    """Beta, and alpha as the mean that is left times the periods; 0 where undefined."""
    mine, theirs = _paired(values, benchmark)
    if mine.size < 2:
        return 0.0, 0.0
    (_, cov), (_, var) = np.cov(mine, theirs)
    if var == 0:
        return 0.0, 0.0
    slope = float(cov / var)
    return slope, (float(mine.mean()) - slope * float(theirs.mean())) * periods


def information_ratio(values: Floats, benchmark: Floats) -> float:
    """Mean of the active return over its deviation, not annualised; 0 where the deviation is 0."""
    active = values - benchmark
    deviation = deviation_in_order(active)
    return mean_pairwise(active) / deviation if deviation else 0.0


def r_squared(values: Floats, benchmark: Floats) -> float | None:
    """Share of the variance that the benchmark explains; None where the returns do not differ."""
    mine, theirs = _paired(values, benchmark)
    if mine.size > 1 and mine.max() == mine.min():
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.corrcoef(mine, theirs)[0, 1]) ** 2 if mine.size > 1 else NAN


def _worth(values: Floats) -> tuple[Floats, float]:
    """The compounded curve and its base; a series that cannot be returns is its own curve, based on its first point."""
    seen = observed(values)
    if seen.min() < 0 or seen.max() < 1:
        growth = np.where(np.isfinite(values), values, 0.0) + 1
        return np.cumprod(growth), 1.0
    values = np.where(np.isinf(values), NAN, values)
    seen = observed(values)
    last_seen = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(values.size)))
    filled = values[last_seen]
    filled = np.where(np.isnan(filled), seen[0], filled)
    return filled, float(filled[0])


def _central_sums(r: Floats) -> tuple[int, float, float, float]:
    """Count and the sums of the 2nd, 3rd and 4th powers about the mean; sums of rounding noise are 0."""
    seen = observed(r)
    away = seen - seen.mean()
    noise = np.finfo(np.float64).eps * float(np.abs(seen).max())
    m2 = float((away**2).sum())
    if m2 <= seen.size * noise**2 or seen.max() == seen.min():
        return seen.size, 0.0, 0.0, 0.0
    return seen.size, m2, float((away**3).sum()), float((away**4).sum())


def _quantile_over_mean(r: Floats, quantile: float, among: Floats) -> float:
    mean = mean_pairwise(among)
    return NAN if np.isnan(mean) or mean == 0 else float(np.quantile(observed(r), quantile)) / mean


def _paired(values: Floats, benchmark: Floats) -> tuple[Floats, Floats]:
    both = ~(np.isnan(values) | np.isnan(benchmark))
    return values[both], benchmark[both]


def _divide(numerator: float, denominator: float) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.float64(numerator) / np.float64(denominator))
