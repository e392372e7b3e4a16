"""Bootstrap intervals: repeatable, plausible, and absent where nothing can be said."""

from __future__ import annotations

import numpy as np
import pytest

from tradetui.engine.analytics.confidence import confidence
from tradetui.engine.analytics.ratios import sharpe
from tradetui.engine.errors import UsageError

RETURNS = np.random.default_rng(1).normal(0.001, 0.01, 500)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    first, again, other = (confidence(RETURNS, periods_per_year=252, samples=200, seed=seed) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_the_sharpe_interval_has_the_width_that_theory_gives_independent_returns() -> None:
    estimate = sharpe(RETURNS, 252)
    found = confidence(RETURNS, periods_per_year=252, samples=2_000).sharpe

    assert estimate is not None
    assert found is not None
    assert found.low < estimate < found.high
    expected = 2 * 1.645 * np.sqrt((1 + estimate**2 / 252 / 2) / RETURNS.size) * np.sqrt(252)  # Lo 2002
    assert found.high - found.low == pytest.approx(expected, rel=0.15)


def test_a_wider_level_is_a_wider_interval_and_drawdowns_stay_below_zero() -> None:
    narrow, wide = (confidence(RETURNS, periods_per_year=252, level=level, samples=300) for level in (0.5, 0.98))

    assert narrow.max_drawdown is not None
    assert wide.max_drawdown is not None
    assert wide.max_drawdown.low < narrow.max_drawdown.low < narrow.max_drawdown.high < wide.max_drawdown.high <= 0


def test_bad_days_that_come_together_stay_together() -> None:
    crash = np.full(400, 0.001)
    crash[200:220] = -0.03  # a fortnight that costs nearly half
    found = confidence(crash, periods_per_year=252, samples=500).max_drawdown
    shuffled = confidence(np.random.default_rng(0).permutation(crash), periods_per_year=252, samples=500).max_drawdown

    assert found is not None
    assert shuffled is not None
    assert found.low < shuffled.low  # whole runs of losses are drawn again as runs


@pytest.mark.parametrize("returns", [[], [0.01], [0.01, float("nan")], [0.01, float("inf")]])
def test_too_few_or_broken_returns_have_no_interval(returns: list[float]) -> None:
    found = confidence(np.array(returns, dtype=np.float64), periods_per_year=252)

    assert (found.sharpe, found.max_drawdown) == (None, None)


def test_constant_returns_have_a_drawdown_but_no_sharpe() -> None:
    found = confidence(np.full(10, -0.01), periods_per_year=252, samples=50)

    assert found.sharpe is None
    assert found.max_drawdown is not None
    assert found.max_drawdown.low == pytest.approx(0.99**10 - 1)


def test_a_percentage_is_refused_here_too() -> None:
    with pytest.raises(UsageError, match="looks like a percentage"):
        confidence(RETURNS, periods_per_year=252, rf=4)
