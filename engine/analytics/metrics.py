"""The figures of a run, by name and in the order of its output. Definitions are in `ratios` and `drawdowns`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec
import numpy as np

from tradetui.engine.analytics import ratios
from tradetui.engine.analytics.curve import Curve
from tradetui.engine.analytics.drawdowns import drawdowns
from tradetui.engine.analytics.execution import Execution
from tradetui.engine.analytics.profiles import checked_profile, library_figures
from tradetui.engine.analytics.returns import NS_PER_DAY, daily_returns
from tradetui.engine.analytics.returns import periods_per_year as periods_of
from tradetui.engine.analytics.sums import total
from tradetui.engine.analytics.trades import Trade
from tradetui.engine.errors import UsageError

ZERO = Decimal(0)


class ProfitAndLoss(msgspec.Struct, frozen=True):
    """The ledger's totals, account currency: final equity = start + realized + unrealized - fees, exactly."""

    realized: Decimal = ZERO
    unrealized: Decimal = ZERO
    fees: Decimal = ZERO


class Metrics(msgspec.Struct, frozen=True):
    """What a run achieved; None is undefined. Fractions, account currency, seconds; names and order are the output's.

    `realized_pnl` is before `fees`; average win and loss are net. `profit_factor` is None when nothing was lost.
    `max_drawdown` looks at every point of the curve, durations are calendar time. Figures of a year are None for less
    than a day.
    """

    start_equity: float
    final_equity: float
    total_return: float
    cagr: float | None
    annual_volatility: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    max_drawdown: float
    max_drawdown_duration_s: float
    average_drawdown_duration_s: float
    recovery_time_s: float | None
    trades: int
    win_rate: float | None
    profit_factor: float | None
    average_win: float | None
    average_loss: float | None
    realized_pnl: float
    unrealized_pnl: float
    fees: float
    fill_rate: float | None
    average_slippage_bps: float | None
    exposure: float
    ambiguous_trades: int
    periods_per_year: int


def compute_metrics(
    curve: Curve,
    trades: Sequence[Trade],
    *,
    pnl: ProfitAndLoss,
    execution: Execution | None = None,
    rf: float = 0.0,
    periods_per_year: int | None = None,
    profile: str = "tradetui",
    timezone: str = "UTC",
) -> Metrics:
    """Every figure of a run from its curve and closed trades; a curve of no or few points gives None where it must.

    `rf` is an annual rate. `periods_per_year` is read off the curve's calendar unless given. `timezone` says where a
    session's day begins. Raises UsageError for an `rf` that looks like a percentage, an unknown profile or timezone,
    fewer than one period a year and a starting equity that is not positive.
    """
    checked_profile(profile)
    ratios.checked_rf(rf)
    if not curve.start_equity > 0:
        raise UsageError(
            f"starting equity is {curve.start_equity:g}; it must be above 0 to measure anything against it"
        )
    periods = periods_of(curve.ts_ns, timezone) if periods_per_year is None else periods_per_year
    if periods < 1:
        raise UsageError(f"periods_per_year is {periods}; it must be 1 or more, such as 252")
    with np.errstate(all="ignore"):  # a ruined account divides by zero; None says so
        ours = _tradetui(curve, trades, pnl, execution or Execution(), rf, periods, timezone)
        theirs = library_figures(profile, curve, trades, rf=rf, periods_per_year=periods, timezone=timezone)
    return msgspec.structs.replace(ours, **theirs)


def _tradetui(
    curve: Curve,
    trades: Sequence[Trade],
    pnl: ProfitAndLoss,
    execution: Execution,
    rf: float,
    periods: int,
    timezone: str,
) -> Metrics:
    points = curve.equity.size
    start = curve.start_equity
    final = float(curve.equity[-1]) if points else start
    lasted_ns = int(curve.ts_ns[-1] - curve.ts_ns[0]) if points else 0
    returns = daily_returns(curve, timezone).values
    if lasted_ns < NS_PER_DAY:  # two ends of a session that passes midnight are no two days: no rate a year follows
        returns = returns[:0]
    falls = drawdowns(curve)
    growth = ratios.cagr(start, final, lasted_ns)
    wins = [trade.pnl for trade in trades if trade.pnl > 0]
    losses = [trade.pnl for trade in trades if trade.pnl < 0]
    return Metrics(
        start_equity=start,
        final_equity=final,
        total_return=final / start - 1,
        cagr=growth,
        annual_volatility=ratios.annual_volatility(returns, periods),
        sharpe=ratios.sharpe(returns, periods, rf),
        sortino=ratios.sortino(returns, periods, rf),
        calmar=ratios.calmar(growth, falls.maximum),
        max_drawdown=falls.maximum,
        max_drawdown_duration_s=falls.longest_s,
        average_drawdown_duration_s=falls.average_s,
        recovery_time_s=falls.recovery_s,
        trades=len(trades),
        win_rate=len(wins) / len(trades) if trades else None,
        profit_factor=ratios.profit_factor(trades),
        average_win=_average(wins),
        average_loss=_average(losses),
        realized_pnl=float(pnl.realized),
        unrealized_pnl=float(pnl.unrealized),
        fees=float(pnl.fees),
        fill_rate=execution.fill_rate,
        average_slippage_bps=execution.average_slippage_bps,
        exposure=_exposure(curve),
        ambiguous_trades=sum(trade.ambiguous for trade in trades),
        periods_per_year=periods,
    )


def _exposure(curve: Curve) -> float:
    """The share of time with a position: of bars, those at any time of which one was open."""
    if curve.exposure is not None:
        return curve.exposure
    return float(curve.exposed.mean()) if curve.exposed.size else 0.0


def _average(amounts: Sequence[Decimal]) -> float | None:
    return float(total(amounts)) / len(amounts) if amounts else None
