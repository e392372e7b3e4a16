"""Return for risk, as this project defines it; None where a figure is undefined. Rates are a year, returns a period."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tradetui.engine.analytics.returns import NS_PER_DAY
from tradetui.engine.analytics.sums import Floats, total
from tradetui.engine.analytics.trades import Trade
from tradetui.engine.errors import UsageError

RF_MAX = 0.5  # above it somebody passed 4 for 4 %
NOISE = 1e-15  # returns closer together than this differ by rounding alone
CALENDAR_DAYS_PER_YEAR = 365.25


def checked_rf(rf: float) -> float:
    """`rf` as it is, if it can be an annual rate; raises UsageError if it looks like a percentage or is no rate."""
    if rf > RF_MAX:
        raise UsageError(
            f"rf {rf:g} looks like a percentage: it would be {rf:.0%} a year and at most {RF_MAX:.0%} is allowed. "
            f"Give the annual rate as a fraction: {rf / 100:g} for {rf:g} %"
        )
    if not rf > -1:
        raise UsageError(f"rf is {rf:g}; give an annual rate as a fraction above -1, such as 0.04 for 4 %")
    return rf


def rate_per_period(rf: float, periods_per_year: int) -> float:
    """What an annual rate earns in one period, compounded."""
    return float((1 + rf) ** (1 / periods_per_year) - 1)


def sharpe(returns: Floats, periods_per_year: int, rf: float = 0.0) -> float | None:
    """Mean over sample deviation of the excess returns, annualised; None for fewer than two or without deviation."""
    excess = returns - rate_per_period(rf, periods_per_year)
    deviation = _deviation(excess)
    return finite(float(excess.mean()) / deviation * math.sqrt(periods_per_year)) if deviation else None


def sortino(returns: Floats, periods_per_year: int, rf: float = 0.0) -> float | None:
    """Mean excess over the root of the mean squared shortfall of all periods, annualised; None without a shortfall."""
    if returns.size < 2 or not np.isfinite(returns).all():
        return None
    excess = returns - rate_per_period(rf, periods_per_year)
    shortfall = float(np.sqrt(np.mean(np.minimum(excess, 0.0) ** 2)))
    return finite(float(excess.mean()) / shortfall * math.sqrt(periods_per_year)) if shortfall > NOISE else None


def annual_volatility(returns: Floats, periods_per_year: int) -> float | None:
    """Sample deviation of the returns, annualised; None for fewer than two."""
    deviation = _deviation(returns)
    return None if deviation is None else finite(deviation * math.sqrt(periods_per_year))


def cagr(start_equity: float, final_equity: float, lasted_ns: int) -> float | None:
    """Growth a calendar year of 365.25 days; None for less than a day; -1 when everything or more was lost."""
    if lasted_ns < NS_PER_DAY:
        return None
    if final_equity <= 0:
        return -1.0
    years = lasted_ns / NS_PER_DAY / CALENDAR_DAYS_PER_YEAR
    try:
        return finite((final_equity / start_equity) ** (1 / years) - 1)
    except OverflowError:
        return None


def calmar(growth: float | None, max_drawdown: float) -> float | None:
    """Growth a year over the depth of the deepest fall; None without either."""
    return None if growth is None or max_drawdown == 0 else finite(growth / abs(max_drawdown))


def profit_factor(trades: Sequence[Trade]) -> float | None:
    """Net money won over net money lost; None when nothing was lost (a reader is told "no losses", not infinity)."""
    won = total(trade.pnl for trade in trades if trade.pnl > 0)
    lost = total(trade.pnl for trade in trades if trade.pnl < 0)
    return finite(float(won) / -float(lost)) if lost else None


def finite(value: float) -> float | None:
    """The value, or None for NaN and infinity."""
    return float(value) if math.isfinite(value) else None


def _deviation(returns: Floats) -> float | None:
    """Sample deviation; 0 where the returns differ by rounding alone, None for fewer than two or an endless one."""
    if returns.size < 2 or not np.isfinite(returns).all():
        return None
    deviation = finite(float(returns.std(ddof=1)))
    return 0.0 if deviation is not None and deviation <= NOISE else deviation
