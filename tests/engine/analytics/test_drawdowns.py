"""Falls from the peak: how deep, how long, and when the money was back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradetui.engine.analytics.curve import Curve
from tradetui.engine.analytics.drawdowns import Drawdowns, drawdown_series, drawdowns, max_drawdown_of_closes
from tradetui.engine.errors import UsageError

DAY_S = 86_400
HOURLY = 3_600


def curve(*equity: float, start: float = 100.0, step_s: int = DAY_S) -> Curve:
    ts_ns = np.arange(len(equity), dtype=np.int64) * step_s * 1_000_000_000
    return Curve(ts_ns, np.array(equity, dtype=np.float64), np.zeros(len(equity), bool), start)


def test_a_fall_lasts_from_the_peak_to_the_day_the_money_is_back() -> None:
    falls = drawdowns(curve(100, 120, 90, 60, 110, 120))

    assert falls == Drawdowns(-0.5, 1, 4.0 * DAY_S, 4.0 * DAY_S, 2.0 * DAY_S, False)


def test_the_starting_equity_is_a_peak_to_fall_from() -> None:
    assert drawdowns(curve(80, 90)).maximum == pytest.approx(-0.2)
    assert drawdowns(curve(80, 90)).is_open


def test_longest_and_average_look_at_every_fall_and_an_open_one_counts_to_the_end() -> None:
    falls = drawdowns(curve(100, 99, 100, 110, 100, 100, 90, 95))

    assert (falls.count, falls.longest_s, falls.average_s) == (2, 4.0 * DAY_S, 3.0 * DAY_S)
    assert falls.is_open
    assert falls.recovery_s is None  # the deepest one is the open one


def test_recovery_is_told_of_the_deepest_fall_even_if_a_later_one_is_open() -> None:
    assert drawdowns(curve(100, 50, 75, 100, 90)).recovery_s == 2.0 * DAY_S


@pytest.mark.parametrize("equity", [(), (100,), (100, 100), (101, 102, 102)])
def test_a_curve_that_never_falls_has_no_drawdown(equity: tuple[float, ...]) -> None:
    assert drawdowns(curve(*equity)) == Drawdowns(0.0, 0, 0.0, 0.0, None, False)


def test_rounding_noise_below_the_peak_is_not_a_fall() -> None:
    assert drawdowns(curve(100.1, 100.1 - 1e-12, 100.1 - 1e-12)).count == 0


def test_the_intraday_curve_shows_falls_that_closes_hide() -> None:
    twelve_hourly = curve(100, 100, 70, 100, 95, 100, step_s=12 * HOURLY)

    assert drawdowns(twelve_hourly).maximum == pytest.approx(-0.3)
    assert max_drawdown_of_closes(twelve_hourly) == 0.0


def test_an_account_can_lose_more_than_all() -> None:
    assert drawdowns(curve(50, -100)).maximum == pytest.approx(-2.0)


def test_a_starting_equity_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="starting equity is 0"):
        drawdowns(curve(1, 2, start=0.0))


@given(st.lists(st.floats(-1e6, 1e9), max_size=60))
def test_depth_is_never_above_zero_and_zero_exactly_at_new_peaks(equity: list[float]) -> None:
    depth = drawdown_series(np.array(equity, dtype=np.float64), 100.0)

    assert (depth <= 0).all()
    assert drawdowns(curve(*equity)).maximum == (depth.min() if equity else 0.0)


def naive(equity: list[float], start: float) -> tuple[float, list[int]]:
    """The same, as one would do it by hand on paper: depth, and days of each fall."""
    peak, last_at_peak, deepest, lasted = start, 0, 0.0, []
    falling = False
    for day, value in enumerate(equity):
        if value >= peak:
            if falling:
                lasted.append(day - last_at_peak)
            peak, last_at_peak, falling = value, day, False
        else:
            falling = True
            deepest = min(deepest, (value - peak) / peak)
    if falling:
        lasted.append(len(equity) - 1 - last_at_peak)
    return deepest, lasted


@given(st.lists(st.integers(1, 12), min_size=1, max_size=40))
def test_it_agrees_with_a_walk_along_the_curve(equity: list[int]) -> None:
    falls = drawdowns(curve(*equity, start=6.0))

    deepest, lasted = naive([float(value) for value in equity], 6.0)
    assert falls.maximum == pytest.approx(deepest)
    assert falls.count == len(lasted)
    assert falls.longest_s == max(lasted, default=0) * DAY_S
    assert falls.average_s == pytest.approx(sum(lasted) / len(lasted) * DAY_S if lasted else 0.0)
