"""Which definitions a run reports: this project's, or those of a library that a reader compares with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from tradetui.engine.analytics import profile_backtesting, profile_empyrical, profile_quantstats
from tradetui.engine.analytics.curve import Curve
from tradetui.engine.analytics.ratios import finite, rate_per_period
from tradetui.engine.analytics.returns import closing_returns
from tradetui.engine.analytics.trades import Trade
from tradetui.engine.errors import UsageError

Profile = Literal["tradetui", "empyrical", "quantstats", "backtesting.py"]
PROFILES: tuple[str, ...] = get_args(Profile)
ALWAYS_DEFINED = frozenset({"total_return", "max_drawdown", "exposure"})


def checked_profile(profile: str) -> str:
    """`profile` as it is, if there is one of that name; raises UsageError naming those there are."""
    if profile not in PROFILES:
        raise UsageError(f"profile {profile!r} is unknown; give one of {', '.join(PROFILES)}")
    return profile


def library_figures(
    profile: str, curve: Curve, trades: Sequence[Trade], *, rf: float, periods_per_year: int, timezone: str
) -> dict[str, float | int | None]:
    """The entries of `Metrics` that a library defines otherwise, by our names; empty for our own profile.

    empyrical and quantstats speak about the curve alone and leave the trade statistics as they are; `backtesting.py`
    replaces those too (its profit factor is of returns, not of money) and chooses its own periods a year. What a
    library calls NaN or infinite is None, or left out where our figure is always defined.
    """
    if curve.equity.size == 0 or profile == "tradetui":
        return {}
    if profile == "backtesting.py":
        return _as_backtesting(curve, trades, rf, timezone)
    values = closing_returns(curve, timezone).values
    if profile == "empyrical":
        rate = rate_per_period(rf, periods_per_year)
        return _nulled(
            cagr=profile_empyrical.annual_return(values, periods_per_year),
            annual_volatility=profile_empyrical.annual_volatility(values, periods_per_year),
            sharpe=profile_empyrical.sharpe_ratio(values, periods_per_year, rate),
            sortino=profile_empyrical.sortino_ratio(values, periods_per_year, rate),
            calmar=profile_empyrical.calmar_ratio(values, periods_per_year),
            max_drawdown=profile_empyrical.max_drawdown(values),
        )
    seen = profile_quantstats.prepared(values)
    if np.isnan(seen).all():
        return dict.fromkeys(("cagr", "annual_volatility", "sharpe", "sortino", "calmar"))
    return _nulled(
        cagr=profile_quantstats.cagr(values, periods_per_year),
        annual_volatility=profile_quantstats.volatility(seen, periods_per_year),
        sharpe=profile_quantstats.sharpe(values, periods_per_year, rf),
        sortino=profile_quantstats.sortino(values, periods_per_year, rf),
        calmar=profile_quantstats.calmar(values, periods_per_year),
        max_drawdown=profile_quantstats.max_drawdown(values),
    )


def _as_backtesting(curve: Curve, trades: Sequence[Trade], rf: float, timezone: str) -> dict[str, float | int | None]:
    account = profile_backtesting.account(curve, rf, timezone)
    returns = profile_backtesting.trade_returns(trades)
    return _nulled(
        total_return=float(curve.equity[-1] / curve.equity[0]) - 1,
        cagr=account.cagr,
        annual_volatility=account.annual_volatility,
        sharpe=account.sharpe,
        sortino=account.sortino,
        calmar=account.calmar,
        max_drawdown=account.max_drawdown,
        profit_factor=profile_backtesting.profit_factor(returns),
        exposure=profile_backtesting.exposure(curve.ts_ns, trades),
    ) | {
        "max_drawdown_duration_s": finite(account.max_drawdown_duration_s) or 0.0,
        "average_drawdown_duration_s": finite(account.average_drawdown_duration_s) or 0.0,
        "periods_per_year": account.annual_periods,
    }


def _nulled(**figures: float | None) -> dict[str, float | int | None]:
    known = {name: None if figure is None else finite(figure) for name, figure in figures.items()}
    return {name: figure for name, figure in known.items() if figure is not None or name not in ALWAYS_DEFINED}
