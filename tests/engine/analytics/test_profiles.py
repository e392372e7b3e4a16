"""Corners of the libraries' definitions that published series do not reach; each value is what the library gives."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest

from tradetui.engine.analytics import profile_backtesting, profile_empyrical, profile_quantstats
from tradetui.engine.analytics.curve import Curve
from tradetui.engine.analytics.returns import Ints, Returns
from tradetui.engine.analytics.sums import Floats, deviation_in_order, mean_in_order, mean_pairwise
from tradetui.engine.analytics.trades import Trade

D = Decimal
DAY_NS = 86_400_000_000_000
MONDAY_NS = 4 * DAY_NS  # 1970-01-05


def values(*numbers: float) -> Floats:
    return np.array(numbers, dtype=np.float64)


def series(*numbers: float) -> Returns:
    return Returns(np.arange(len(numbers), dtype=np.int64) * DAY_NS, values(*numbers))


def curve(ts_ns: Ints, *equity: float) -> Curve:
    return Curve(ts_ns, values(*equity), np.zeros(len(equity), bool), equity[0])


def trade(entry_day: int, exit_day: int, pnl: str, fees: str = "0") -> Trade:
    return Trade(
        "X", "long", D(1), entry_day * DAY_NS, D(100), exit_day * DAY_NS, D(100), D(pnl), D(pnl), D(fees), False
    )


def test_sums_of_nothing_are_not_zero() -> None:
    nothing = values(float("nan"))

    assert math.isnan(mean_in_order(nothing))
    assert math.isnan(mean_pairwise(nothing))
    assert math.isnan(deviation_in_order(values(1.0)))


def test_first_to_last_and_pairwise_are_different_sums() -> None:
    tenths = np.full(1000, 0.1)

    assert mean_in_order(tenths) != mean_pairwise(tenths)
    assert mean_in_order(tenths) == pytest.approx(mean_pairwise(tenths), rel=1e-12)


def test_quantstats_leaves_an_infinite_return_out() -> None:
    with_infinity, without = (
        profile_quantstats.statistics(series(0.1, middle, -0.2), 252) for middle in (float("inf"), float("nan"))
    )

    for name in ("sharpe", "max_drawdown", "volatility", "best", "worst", "win_rate", "ulcer_index"):
        assert with_infinity[name] == without[name]
    assert with_infinity["max_drawdown"] == pytest.approx(-0.2)


def test_quantstats_takes_a_series_that_only_rises_past_one_for_prices() -> None:
    figures = profile_quantstats.statistics(series(1.0, 2.0, 1.5), 252)

    assert (figures["best"], figures["worst"]) == (1.0, -0.25)
    assert figures["max_drawdown"] == -0.25


def test_quantstats_fills_missing_prices_with_the_last_one() -> None:
    assert profile_quantstats.max_drawdown(values(float("nan"), 4.0, float("nan"), 3.0)) == -0.25


def test_quantstats_has_nothing_to_say_about_nothing() -> None:
    assert profile_quantstats.statistics(series(float("nan"), float("nan")), 252) == {}


def test_quantstats_does_not_annualise_a_debt() -> None:
    assert math.isnan(profile_quantstats.cagr(values(0.1, -1.5), 252))


def test_quantstats_against_a_market_that_stands_still() -> None:
    assert profile_quantstats.greeks(values(0.1, 0.2, 0.3), values(0.25, 0.25, 0.25)) == (0.0, 0.0)
    assert profile_quantstats.greeks(values(0.1), values(0.1)) == (0.0, 0.0)
    assert profile_quantstats.information_ratio(values(0.1, 0.2), values(0.1, 0.2)) == 0.0


def test_quantstats_has_no_r_squared_for_returns_that_do_not_differ() -> None:
    assert profile_quantstats.r_squared(values(0.1, 0.1, 0.1), values(0.1, 0.2, 0.3)) is None


@pytest.mark.parametrize("required", [-1.0, -2.0])
def test_omega_about_a_loss_of_everything_is_undefined(required: float) -> None:
    assert math.isnan(profile_quantstats.omega(values(0.1, -0.1), 252, required_return=required))
    assert math.isnan(profile_empyrical.omega_ratio(values(0.1, -0.1), required_return=required))


def test_the_risk_free_rate_is_annual_for_quantstats_and_a_period_s_for_empyrical() -> None:
    returns = values(0.01, -0.005, 0.02, 0.0)
    per_period = 1.04 ** (1 / 252) - 1

    assert profile_quantstats.sharpe(returns, 252, risk_free=0.04) == pytest.approx(
        profile_empyrical.sharpe_ratio(returns, 252, risk_free=per_period)
    )


def test_empyrical_overlooks_depths_that_are_not_numbers() -> None:
    assert profile_empyrical.max_drawdown(values(-0.1, float("inf"), -0.2)) == pytest.approx(-0.1)


def test_empyrical_of_nothing_is_nan_throughout() -> None:
    figures = profile_empyrical.statistics(series(), 252, series())

    assert all(math.isnan(figure) for figure in figures.values())


def test_empyrical_compounds_calendar_periods() -> None:
    days = np.array(["2020-01-31", "2020-02-03", "2020-03-02", "2020-04-01"], dtype="datetime64[ns]").astype(np.int64)
    returns = Returns(days, values(0.1, 0.1, float("nan"), 0.5))

    quarters = profile_empyrical.aggregate_returns(returns, "quarterly")

    assert quarters == pytest.approx({(2020, 1): 0.21, (2020, 2): 0.5})


@pytest.mark.parametrize(("spacing_days", "periods"), [(1, 365), (7, 52), (31, 12), (365, 1)])
def test_backtesting_counts_periods_by_the_spacing_of_bars(spacing_days: int, periods: int) -> None:
    ts_ns = MONDAY_NS + np.arange(14, dtype=np.int64) * spacing_days * DAY_NS

    assert profile_backtesting.account(curve(ts_ns, *range(100, 114))).annual_periods == periods


def test_backtesting_takes_a_market_that_rests_at_weekends_for_252_days() -> None:
    weekdays = np.array([day for day in range(28) if day % 7 < 5], dtype=np.int64)

    account = profile_backtesting.account(curve(MONDAY_NS + weekdays * DAY_NS, *range(100, 120)))

    assert account.annual_periods == 252


def test_backtesting_has_no_trade_figures_without_trades_and_no_commission_entry() -> None:
    ts_ns = MONDAY_NS + np.arange(3, dtype=np.int64) * DAY_NS

    figures = profile_backtesting.statistics(curve(ts_ns, 100, 101, 102), (), values(10, 11, 12))

    assert figures["# Trades"] == 0
    for name in ("Win Rate [%]", "Best Trade [%]", "Avg. Trade Duration", "SQN", "Kelly Criterion", "Profit Factor"):
        assert figures[name] is None
    assert figures["Max. Drawdown Duration"] is None
    assert figures["Exposure Time [%]"] == 0
    assert "Commissions [$]" not in figures


def test_backtesting_rounds_durations_up_to_the_unit_of_the_bars() -> None:
    quarter_hours = MONDAY_NS + np.arange(9, dtype=np.int64) * DAY_NS // 96
    every_day = MONDAY_NS + np.arange(9, dtype=np.int64) * DAY_NS
    equity = (100, 99, 100, 99, 98, 99, 100, 101, 102)  # falls of 2 and 4 bars: 3 on average

    assert profile_backtesting.account(curve(quarter_hours, *equity)).average_drawdown_duration_s == 45 * 60
    assert profile_backtesting.account(curve(every_day, *equity)).average_drawdown_duration_s == 3 * 86_400
    unequal = (100, 99, 100, 99, 98, 100, 101, 102, 103)  # 2 and 3 bars: 2.5 on average
    assert profile_backtesting.account(curve(every_day, *unequal)).average_drawdown_duration_s == 3 * 86_400


def test_backtesting_knows_the_depth_but_no_duration_of_a_fall_on_the_last_bar() -> None:
    account = profile_backtesting.account(curve(np.arange(3, dtype=np.int64) * DAY_NS, 100, 100, 98))

    assert account.average_drawdown == account.max_drawdown == pytest.approx(-0.02)
    assert math.isnan(account.max_drawdown_duration_s)


def test_backtesting_counts_bars_from_entry_to_exit_inclusive_and_overlaps_once() -> None:
    bars = np.arange(10, dtype=np.int64) * DAY_NS

    assert profile_backtesting.exposure(bars, [trade(2, 4, "1"), trade(4, 5, "1"), trade(9, 9, "1")]) == 0.5


def test_backtesting_has_no_beta_from_a_single_move() -> None:
    figures = profile_backtesting.statistics(curve(np.array([0, DAY_NS]), 100, 101), (), values(10, 11))

    assert (figures["Beta"], figures["Alpha [%]"], figures["Return [%]"]) == (None, None, 1.0)


def test_backtesting_growth_of_an_account_that_lost_everything_once_is_none() -> None:
    assert profile_backtesting.geometric_mean(values(0.5, -1.0, 0.5)) == 0.0
