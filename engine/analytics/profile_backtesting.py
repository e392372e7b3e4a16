"""The `stats` of backtesting.py 0.6 from an equity curve and its trades: same names and definitions, none of its code.

Its ratios rest on the geometric mean of daily returns: Sharpe is the annualised return over a compounded volatility,
not mean over deviation. Percentages are percentages, durations are seconds, None stands where it says NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tradetui.engine.analytics.curve import Curve
from tradetui.engine.analytics.drawdowns import NOISE
from tradetui.engine.analytics.returns import (
    DAYS_PER_YEAR,
    EPOCH_WEEKDAY,
    NS_PER_DAY,
    NS_PER_SECOND,
    SATURDAY,
    SESSIONS_PER_YEAR,
    Ints,
    changes,
    last_of_each,
    session_days,
)
from tradetui.engine.analytics.sums import NAN, Floats
from tradetui.engine.analytics.trades import Trade

Statistic = float | int | str | None

PERIOD_SAMPLE = 100  # bars at the end of the data whose spacing names its period
WEEKEND_SHARE = 2 / 7 * 0.6  # at least so much of the data on weekends: a market that never closes
PERIODS_BY_SPACING_DAYS = {7: 52, 31: 12, 365: 1}
UNITS_NS = (NS_PER_DAY, 3_600 * NS_PER_SECOND, 60 * NS_PER_SECOND, NS_PER_SECOND, 1_000_000, 1_000)  # coarsest first


@dataclass(frozen=True, slots=True, eq=False)
class Account:
    """How the account did, as fractions and seconds, NaN where undefined."""

    annual_periods: int
    annual_return: float
    annual_volatility: float
    cagr: float
    sharpe: float
    sortino: float
    calmar: float
    max_drawdown: float
    average_drawdown: float
    max_drawdown_duration_s: float
    average_drawdown_duration_s: float


def account(curve: Curve, rf: float = 0.0, timezone: str = "UTC") -> Account:
    """Return and risk of the curve, whose first point is the reference. `rf` is an annual rate."""
    equity, ts_ns = curve.equity, curve.ts_ns
    spacing_ns = _spacing_ns(ts_ns)
    days = session_days(ts_ns, timezone)
    periods = _annual_periods(days, spacing_ns)
    daily = changes(equity[last_of_each(_bins(days, spacing_ns))])
    growth = geometric_mean(daily)
    years = int(ts_ns[-1] - ts_ns[0]) // NS_PER_SECOND / 86_400 / 365.25
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        year = np.float64(1 + growth)
        annual = float(year**periods) - 1
        variance = float(daily.var(ddof=1)) if daily.size > 1 else NAN
        volatility = float(np.sqrt((variance + year**2) ** periods - year ** (2 * periods)))
        downside = float(np.sqrt(np.mean(np.minimum(daily, 0) ** 2)) * np.sqrt(periods)) if daily.size else NAN
        cagr = float(np.float64(equity[-1] / equity[0]) ** (1 / years)) - 1 if years else NAN
    falls = _falls(equity, ts_ns)
    return Account(
        annual_periods=periods,
        annual_return=annual,
        annual_volatility=volatility,
        cagr=cagr,
        sharpe=_ratio(annual - rf, volatility),
        sortino=float(np.float64(annual - rf) / downside) if downside else _signed_infinity(annual - rf),
        calmar=_ratio(annual, falls[0]),
        max_drawdown=-falls[0],
        average_drawdown=-falls[1],
        max_drawdown_duration_s=_ceil_s(falls[2], spacing_ns),
        average_drawdown_duration_s=_ceil_s(falls[3], spacing_ns),
    )


def statistics(
    curve: Curve,
    trades: Sequence[Trade],
    closes: Floats,
    *,
    warmup_bars: int = 0,
    rf: float = 0.0,
    timezone: str = "UTC",
) -> dict[str, Statistic]:
    """Every entry of its `stats` but the private ones, in its order.

    `closes` are the bars' closing prices, as many as the curve has points; `warmup_bars` is the index of the first bar
    at which every indicator is defined: buy and hold starts there. `Commissions [$]` is absent when nothing was paid.
    """
    equity, ts_ns = curve.equity, curve.ts_ns
    result = account(curve, rf, timezone)
    gain = (equity[-1] - equity[0]) / equity[0] * 100
    held = (closes[-1] - closes[warmup_bars]) / closes[warmup_bars] * 100
    slope = _beta(equity, closes)
    fees = float(sum(trade.fees for trade in trades))
    figures: dict[str, float | int | str] = {
        "Start": _iso(ts_ns[0]),
        "End": _iso(ts_ns[-1]),
        "Duration": int(ts_ns[-1] - ts_ns[0]) / NS_PER_SECOND,
        "Exposure Time [%]": exposure(ts_ns, trades) * 100,
        "Equity Final [$]": float(equity[-1]),
        "Equity Peak [$]": float(equity.max()),
        **({"Commissions [$]": fees} if fees else {}),
        "Return [%]": float(gain),
        "Buy & Hold Return [%]": float(held),
        "Return (Ann.) [%]": result.annual_return * 100,
        "Volatility (Ann.) [%]": result.annual_volatility * 100,
        "CAGR [%]": result.cagr * 100,
        "Sharpe Ratio": result.sharpe,
        "Sortino Ratio": result.sortino,
        "Calmar Ratio": result.calmar,
        "Alpha [%]": float(gain - rf * 100 - slope * (held - rf * 100)),
        "Beta": slope,
        "Max. Drawdown [%]": result.max_drawdown * 100,
        "Avg. Drawdown [%]": result.average_drawdown * 100,
        "Max. Drawdown Duration": result.max_drawdown_duration_s,
        "Avg. Drawdown Duration": result.average_drawdown_duration_s,
        **_of_trades(trades, _spacing_ns(ts_ns)),
    }
    return {name: None if figure != figure else figure for name, figure in figures.items()}


def exposure(ts_ns: Ints, trades: Sequence[Trade]) -> float:
    """Share of bars from the entry to the exit of some closed trade, both inclusive."""
    turns = np.zeros(ts_ns.size + 1, dtype=np.int64)
    entries = np.searchsorted(ts_ns, np.array([trade.entry_ts_ns for trade in trades], dtype=np.int64))
    exits = np.searchsorted(ts_ns, np.array([trade.exit_ts_ns for trade in trades], dtype=np.int64), side="right")
    np.add.at(turns, entries, 1)
    np.add.at(turns, exits, -1)
    return float((np.cumsum(turns)[:-1] > 0).mean())


def trade_returns(trades: Sequence[Trade]) -> Floats:
    """Net profit of each trade over what was paid to enter."""
    return np.array(
        [float(trade.pnl) / (float(trade.quantity) * float(trade.entry_price)) for trade in trades], dtype=np.float64
    )


def profit_factor(returns: Floats) -> float:
    """Sum of winning trade returns over losing ones: fractions, not money."""
    losses = abs(float(returns[returns < 0].sum()))
    return _ratio(float(returns[returns > 0].sum()), losses)


def geometric_mean(returns: Floats) -> float:
    """Mean growth a period; 0 if everything was lost once, NaN without a return."""
    factors = np.where(np.isnan(returns), 0.0, returns) + 1
    if (factors <= 0).any():
        return 0.0
    return float(np.expm1(np.log(factors).sum() / factors.size)) if factors.size else NAN


def _of_trades(trades: Sequence[Trade], spacing_ns: int) -> dict[str, float | int]:
    returns = trade_returns(trades)
    profit = np.array([float(trade.pnl) for trade in trades], dtype=np.float64)
    lasted_ns = np.array([trade.exit_ts_ns - trade.entry_ts_ns for trade in trades], dtype=np.int64)
    count = len(trades)
    chance = float((profit > 0).mean()) if count else NAN
    deviation = float(profit.std(ddof=1)) if count > 1 else NAN
    return {
        "# Trades": count,
        "Win Rate [%]": chance * 100,
        "Best Trade [%]": float(returns.max()) * 100 if count else NAN,
        "Worst Trade [%]": float(returns.min()) * 100 if count else NAN,
        "Avg. Trade [%]": geometric_mean(returns) * 100,
        "Max. Trade Duration": _ceil_s(float(lasted_ns.max()), spacing_ns) if count else NAN,
        "Avg. Trade Duration": _ceil_s(float(lasted_ns.mean()), spacing_ns) if count else NAN,
        "Profit Factor": profit_factor(returns),
        "Expectancy [%]": _mean(returns) * 100,
        "SQN": _ratio(float(np.sqrt(count)) * _mean(profit), deviation),
        "Kelly Criterion": chance - (1 - chance) / _ratio(_mean(profit[profit > 0]), -_mean(profit[profit < 0])),
    }


def _falls(equity: Floats, ts_ns: Ints) -> tuple[float, float, float, float]:
    """Depth of the deepest fall, mean depth, longest and mean duration in ns; a fall ends where its peak is met."""
    depth = 1 - equity / np.maximum.accumulate(equity)
    ends = np.unique(np.append(np.flatnonzero(depth < NOISE), depth.size - 1))
    apart = np.diff(ends) > 1
    begins, stops = ends[:-1][apart], ends[1:][apart]
    if (
        begins.size == 0
    ):  # at most a fall on the last bar: that library has its depth, and the depth again for a duration
        return float(depth.max()), _mean(depth[depth >= NOISE]), NAN, NAN
    depths = np.maximum.reduceat(depth, np.column_stack((begins, stops)).ravel())[::2]
    depths = np.maximum(depths, depth[stops])
    lasted_ns = ts_ns[stops] - ts_ns[begins]
    return float(depth.max()), float(depths.mean()), float(lasted_ns.max()), float(lasted_ns.mean())


def _beta(equity: Floats, closes: Floats) -> float:
    if equity.size < 3:
        return NAN
    with np.errstate(divide="ignore", invalid="ignore"):
        (_, cov), (_, var) = np.cov(np.log(equity[1:] / equity[:-1]), np.log(closes[1:] / closes[:-1]))
        return float(cov / var)


def _spacing_ns(ts_ns: Ints) -> int:
    return int(np.median(np.diff(ts_ns[-PERIOD_SAMPLE:]))) if ts_ns.size > 1 else NS_PER_DAY


def _annual_periods(days: Ints, spacing_ns: int) -> int:
    known = PERIODS_BY_SPACING_DAYS.get(spacing_ns // NS_PER_DAY)
    if known is not None:
        return known
    ends = last_of_each(days)
    bars = np.diff(ends, prepend=-1)
    on_weekends = int(bars[(days[ends] + EPOCH_WEEKDAY) % 7 >= SATURDAY].sum())
    return DAYS_PER_YEAR if on_weekends / days.size > WEEKEND_SHARE else SESSIONS_PER_YEAR


def _bins(days: Ints, spacing_ns: int) -> Ints:
    """The bin of each bar whose last equity is a mark: its day, or the week, month or year of bars that far apart."""
    spacing_days = spacing_ns // NS_PER_DAY
    if spacing_days == 7:
        return (days + EPOCH_WEEKDAY) // 7
    if spacing_days in (31, 365):
        unit = "datetime64[M]" if spacing_days == 31 else "datetime64[Y]"
        return days.astype("datetime64[D]").astype(unit).astype(np.int64)
    return days


def _ceil_s(duration_ns: float, spacing_ns: int) -> float:
    """Seconds, rounded up to the coarsest clock unit that the bars' spacing needs: a day for daily bars, an hour ..."""
    if np.isnan(duration_ns):
        return NAN
    unit = next((unit for unit in UNITS_NS if spacing_ns % unit == 0), 1)
    return -(-int(duration_ns) // unit) * unit / NS_PER_SECOND


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator else NAN


def _signed_infinity(value: float) -> float:
    return NAN if value == 0 or np.isnan(value) else float(np.copysign(np.inf, value))


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else NAN


def _iso(ts_ns: np.int64) -> str:
    return str(np.datetime64(int(ts_ns), "ns").astype("datetime64[s]"))
