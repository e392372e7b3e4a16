from __future__ import annotations

from decimal import Decimal

import pytest

from practice_market import MINUTE_NS, NEXT_OPEN_NS, OPEN_NS
from tradetui.engine.practice.portfolio_history import default_frame, history, period_days
from tradetui.engine.practice.words import EquityPoint

BASE = Decimal(100)
POINTS = [EquityPoint(OPEN_NS + n * MINUTE_NS, BASE + n) for n in range(7)]


def test_a_step_shows_its_beginning_and_what_was_there_at_its_end() -> None:
    found = history(POINTS, "5Min", OPEN_NS, OPEN_NS + 60 * MINUTE_NS, BASE, True)
    assert found["timestamp"] == [OPEN_NS // 10**9, (OPEN_NS + 5 * MINUTE_NS) // 10**9]
    assert found["equity"] == [104.0, 106.0]
    assert found["profit_loss"] == [4.0, 6.0]
    assert found["profit_loss_pct"] == [0.04, 0.06]
    assert (found["base_value"], found["timeframe"], found["base_value_asof"]) == (100.0, "5Min", "2026-03-31")


@pytest.mark.parametrize(("per_day", "profits"), [(True, [6.0, 14.0]), (False, [6.0, 20.0])])
def test_each_day_s_profit_is_counted_from_the_day_before_if_asked_for(per_day: bool, profits: list[float]) -> None:
    points = [*POINTS, EquityPoint(NEXT_OPEN_NS, BASE + 20)]
    found = history(points, "1H", OPEN_NS, NEXT_OPEN_NS, BASE, per_day)
    assert found["profit_loss"] == profits


def test_without_a_point_there_is_nothing() -> None:
    found = history([], "1D", 0, NEXT_OPEN_NS, BASE, True)
    assert (found["timestamp"], found["equity"], found["base_value"]) == ([], [], 0)


def test_periods_and_the_steps_that_go_with_them() -> None:
    assert [period_days(text) for text in ("1D", "2W", "3M", "1A", "x", "D", "-1D")] == [
        1,
        14,
        90,
        365,
        None,
        None,
        None,
    ]
    assert [default_frame(days) for days in (1, 7, 30)] == ["1Min", "15Min", "1D"]
