"""The figures of a run, worked out by hand on small curves."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradetui.engine.analytics.curve import Curve
from tradetui.engine.analytics.execution import Execution
from tradetui.engine.analytics.metrics import Metrics, ProfitAndLoss, compute_metrics
from tradetui.engine.analytics.profiles import PROFILES
from tradetui.engine.analytics.trades import Trade
from tradetui.engine.errors import UsageError

D = Decimal
DAY_NS = 86_400_000_000_000
PRINTED = [
    "start_equity",
    "final_equity",
    "total_return",
    "cagr",
    "annual_volatility",
    "sharpe",
    "sortino",
    "calmar",
    "max_drawdown",
    "max_drawdown_duration_s",
    "average_drawdown_duration_s",
    "recovery_time_s",
    "trades",
    "win_rate",
    "profit_factor",
    "average_win",
    "average_loss",
    "realized_pnl",
    "unrealized_pnl",
    "fees",
    "fill_rate",
    "average_slippage_bps",
    "exposure",
    "ambiguous_trades",
    "periods_per_year",
]


def curve(equity: Sequence[float], exposed: Sequence[bool] | None = None, step_ns: int = DAY_NS) -> Curve:
    n = len(equity)
    held = np.zeros(n, bool) if exposed is None else np.array(exposed)
    return Curve(np.arange(n, dtype=np.int64) * step_ns, np.array(equity, dtype=np.float64), held, 100.0)


def trade(pnl: str, fees: str = "1", *, ambiguous: bool = False) -> Trade:
    gross = D(pnl) + D(fees)
    return Trade("X", "long", D(10), 0, D(100), DAY_NS, 100 + gross / 10, D(pnl), gross, D(fees), ambiguous)


def measure(equity: Sequence[float], trades: Sequence[Trade] = (), **options: Any) -> Metrics:
    return compute_metrics(curve(equity), trades, pnl=ProfitAndLoss(), **options)


def test_names_and_order_are_those_of_the_printed_object() -> None:
    printed = json.loads(msgspec.json.encode(measure([100, 101, 99])))

    assert list(printed) == PRINTED


def test_sharpe_and_sortino_of_three_days_by_hand() -> None:
    result = measure([100, 110, 99, 99], periods_per_year=252)  # returns 10 %, -10 %, 0 %

    assert result.sharpe == pytest.approx(0.0, abs=1e-12)
    assert result.annual_volatility == pytest.approx(0.1 * math.sqrt(252))
    assert result.sortino == pytest.approx(0.0, abs=1e-12)
    up = measure([100, 110, 99, 118.8], periods_per_year=252)  # returns 10 %, -10 %, 20 %
    assert up.sharpe == pytest.approx((0.2 / 3) / math.sqrt((2 * 0.1**2 + 0.2**2 - 3 * (0.2 / 3) ** 2) / 2) * 252**0.5)
    assert up.sortino == pytest.approx((0.2 / 3) / math.sqrt(0.1**2 / 3) * math.sqrt(252))


def test_the_risk_free_rate_is_a_year_s_and_taken_off_each_day_compounded() -> None:
    daily = 1.04 ** (1 / 365) - 1
    result = measure([100, 110, 99, 118.8], rf=0.04, periods_per_year=365)

    r = np.array([0.1, -0.1, 0.2]) - daily
    assert result.sharpe == pytest.approx(r.mean() / r.std(ddof=1) * math.sqrt(365))
    assert result.sortino == pytest.approx(r.mean() / math.sqrt(r[1] ** 2 / 3) * math.sqrt(365))


def test_growth_a_year_counts_calendar_days() -> None:
    doubled_in_two_years = curve([100, 200], step_ns=int(2 * 365.25 * DAY_NS))

    result = compute_metrics(doubled_in_two_years, [], pnl=ProfitAndLoss())

    assert result.cagr == pytest.approx(math.sqrt(2) - 1)
    assert result.total_return == 1.0


def test_calmar_is_growth_over_the_deepest_fall() -> None:
    result = measure([100, 50, 150])

    assert result.cagr is not None
    assert result.calmar == pytest.approx(result.cagr / 0.5)
    assert measure([100, 110, 120]).calmar is None


def test_durations_are_calendar_seconds() -> None:
    result = measure([100, 90, 80, 100, 95])

    assert (result.max_drawdown_duration_s, result.average_drawdown_duration_s) == (3 * 86_400, 2 * 86_400)
    assert result.recovery_time_s == 86_400


def test_trade_statistics_are_net_of_fees_and_break_even_is_no_win() -> None:
    result = measure([100, 101], [trade("30"), trade("-20"), trade("0"), trade("10", ambiguous=True)])

    assert (result.trades, result.win_rate, result.ambiguous_trades) == (4, 0.5, 1)
    assert (result.profit_factor, result.average_win, result.average_loss) == (2.0, 20.0, -20.0)


def test_no_losses_is_no_profit_factor_and_no_trades_no_statistics() -> None:
    winner = measure([100, 101], [trade("30")])
    idle = measure([100, 101])

    assert (winner.win_rate, winner.profit_factor, winner.average_loss) == (1.0, None, None)
    assert (idle.trades, idle.win_rate, idle.profit_factor, idle.average_win) == (0, None, None, None)


def test_money_orders_and_exposure_are_passed_on() -> None:
    execution = Execution(sent=D(40), filled=D(30), slippage=0.5, decided_value=1000.0)

    result = compute_metrics(
        curve([100, 101, 102, 103], [False, True, True, True]),
        [],
        pnl=ProfitAndLoss(D("5"), D("-1"), D("1")),
        execution=execution,
    )

    assert (result.realized_pnl, result.unrealized_pnl, result.fees) == (5.0, -1.0, 1.0)
    assert (result.fill_rate, result.average_slippage_bps, result.exposure) == (0.75, 5.0, 0.75)


@pytest.mark.parametrize("rf", [4, 0.51, float("inf")])
def test_a_rate_that_looks_like_a_percentage_is_refused(rf: float) -> None:
    with pytest.raises(UsageError, match="looks like a percentage"):
        measure([100, 101], rf=rf)


@pytest.mark.parametrize("rf", [-1.0, float("nan")])
def test_a_rate_that_is_none_is_refused(rf: float) -> None:
    with pytest.raises(UsageError, match="above -1"):
        measure([100, 101], rf=rf)


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"'quantstat' is unknown.*empyrical, quantstats, backtesting\.py"):
        measure([100, 101], profile="quantstat")


def test_less_than_one_period_a_year_and_an_empty_purse_are_refused() -> None:
    with pytest.raises(UsageError, match="periods_per_year is 0"):
        measure([100, 101], periods_per_year=0)
    empty = Curve(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, bool), 0.0)
    with pytest.raises(UsageError, match="starting equity is 0"):
        compute_metrics(empty, [], pnl=ProfitAndLoss())


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("equity", [(), (100,), (90,), (100, 100), (100, 500), (100, 100, 100, 100)])
def test_curves_of_no_or_few_points_give_nothing_where_nothing_is_known(
    profile: str, equity: tuple[float, ...]
) -> None:
    result = measure(equity, profile=profile)

    assert result.sharpe is None
    assert result.sortino is None
    assert result.calmar is None
    json.dumps(msgspec.to_builtins(result), allow_nan=False)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_ruined_account_is_described_without_nan(profile: str) -> None:
    result = measure([100, 50, 0, 0, -10], profile=profile)

    json.dumps(msgspec.to_builtins(result), allow_nan=False)
    assert result.final_equity == -10.0


def test_everything_lost_is_minus_one_a_year() -> None:
    result = measure([100, 50, 0])

    assert (result.cagr, result.max_drawdown) == (-1.0, -1.0)


def test_less_than_a_day_has_no_growth_a_year() -> None:
    hour = compute_metrics(curve([100, 101, 102], step_ns=DAY_NS // 48), [], pnl=ProfitAndLoss())

    assert hour.cagr is None
    assert hour.total_return == pytest.approx(0.02)
    assert hour.sharpe is None


def test_minutes_that_pass_midnight_are_no_two_days() -> None:
    """A session of six minutes up to 24:00 ends on the next calendar day: a Sharpe ratio of -11 was made of that."""
    minute = DAY_NS // 1440
    ends = np.array([DAY_NS - 2 * minute, DAY_NS - minute, DAY_NS], np.int64)
    late = compute_metrics(Curve(ends, np.array([100.0, 99.0, 98.0]), np.ones(3, bool), 100.0), [], pnl=ProfitAndLoss())

    assert (late.annual_volatility, late.sharpe, late.sortino) == (None, None, None)
    assert late.max_drawdown == pytest.approx(-0.02)


def test_a_day_that_multiplies_the_account_does_not_overflow() -> None:
    assert measure([100, 1e300]).cagr is None


def test_growth_without_any_deviation_has_no_sharpe() -> None:
    steady = measure((100 * 1.001 ** np.arange(30)).tolist())

    assert steady.sharpe is None
    assert steady.annual_volatility == 0.0


def test_the_libraries_disagree_on_one_curve_as_they_are_known_to() -> None:
    generator = np.random.default_rng(3)
    equity = (100 * np.cumprod(1 + generator.normal(0.0008, 0.01, 500))).tolist()

    by_profile = {profile: measure(equity, rf=0.04, profile=profile) for profile in PROFILES}

    sharpes = {profile: result.sharpe for profile, result in by_profile.items()}
    assert sharpes["empyrical"] == pytest.approx(sharpes["quantstats"])
    assert sharpes["backtesting.py"] != pytest.approx(sharpes["quantstats"], rel=0.01)
    assert all(result.final_equity == by_profile["tradetui"].final_equity for result in by_profile.values())


def test_the_libraries_profit_factor_is_of_returns_where_it_is_theirs() -> None:
    large = Trade("X", "long", D(10), 0, D(100), DAY_NS, D(110), D(100), D(100), D(0), False)
    small = Trade("X", "long", D(1), 0, D(100), DAY_NS, D(80), D(-20), D(-20), D(0), False)

    assert measure([100, 101, 102], [large, small]).profit_factor == 5.0
    assert measure([100, 101, 102], [large, small], profile="backtesting.py").profit_factor == pytest.approx(0.5)
    assert measure([100, 101, 102], [large, small], profile="quantstats").profit_factor == 5.0


@given(st.lists(st.tuples(st.floats(1, 1e6), st.integers(1, 4)), min_size=1, max_size=40))
def test_telling_the_same_point_again_changes_nothing(points: list[tuple[float, int]]) -> None:
    ts_ns = np.arange(len(points), dtype=np.int64) * DAY_NS
    equity = np.array([value for value, _ in points])
    times = [again for _, again in points]
    held = np.ones(len(points), bool)

    once = compute_metrics(Curve(ts_ns, equity, held, 1000.0), [], pnl=ProfitAndLoss())
    often = compute_metrics(
        Curve(np.repeat(ts_ns, times), np.repeat(equity, times), np.repeat(held, times), 1000.0),
        [],
        pnl=ProfitAndLoss(),
    )

    assert often == once


@given(st.lists(st.floats(-1e9, 1e9), max_size=50), st.sampled_from(PROFILES))
def test_no_curve_gives_a_figure_that_json_cannot_hold(equity: list[float], profile: str) -> None:
    result = measure(equity, profile=profile)

    json.dumps(msgspec.to_builtins(result), allow_nan=False)
    assert result.max_drawdown <= 0
