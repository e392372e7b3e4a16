"""Sessions, daily returns and periods a year, on clocks that change and markets that close."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradetui.engine.analytics.curve import Curve
from tradetui.engine.analytics.returns import (
    Ints,
    Returns,
    aligned,
    closing_returns,
    daily_returns,
    periods_per_year,
    session_days,
)
from tradetui.engine.errors import UsageError

HOUR_NS = 3_600_000_000_000
DAY_NS = 24 * HOUR_NS


def times(*texts: str) -> Ints:
    return np.array(texts, dtype="datetime64[ns]").astype(np.int64)


def curve(ts_ns: Ints, equity: Sequence[float], exposed: Sequence[bool] | None = None, start: float = 100.0) -> Curve:
    held = np.zeros(len(equity), bool) if exposed is None else np.array(exposed)
    return Curve(ts_ns, np.array(equity, dtype=np.float64), held, start)


def test_a_day_returns_what_happened_between_two_session_closes() -> None:
    two_bars_a_day = times("2024-01-02T15:00", "2024-01-02T20:00", "2024-01-03T15:00", "2024-01-03T20:00")

    returns = daily_returns(curve(two_bars_a_day, [100, 100, 50, 110]))

    assert returns.values.tolist() == pytest.approx([0.10])
    assert returns.ts_ns.tolist() == two_bars_a_day[3:].tolist()


def test_a_first_session_with_a_position_has_a_return_of_its_own() -> None:
    days = times("2024-01-02T20:00", "2024-01-03T20:00")

    assert daily_returns(curve(days, [95, 95], [True, False])).values.tolist() == pytest.approx([-0.05, 0.0])
    assert daily_returns(curve(days, [100, 95], [True, True])).values.tolist() == pytest.approx([0.0, -0.05])


def test_a_first_session_without_a_position_is_the_starting_mark() -> None:
    days = times("2024-01-02", "2024-01-03", "2024-01-04")

    assert daily_returns(curve(days, [100, 100, 102])).values.tolist() == pytest.approx([0.0, 0.02])


def test_libraries_see_returns_between_closing_marks_alone() -> None:
    days = times("2024-01-02", "2024-01-03")

    assert closing_returns(curve(days, [95, 190], [True, True])).values.tolist() == [1.0]


def test_an_empty_curve_has_no_returns() -> None:
    nothing = curve(times(), [])

    assert daily_returns(nothing).values.size == closing_returns(nothing).values.size == 0
    assert periods_per_year(nothing.ts_ns) == 252


def test_an_evening_in_new_york_belongs_to_the_new_york_day() -> None:
    evening_and_morning = times("2024-01-03T01:00", "2024-01-03T15:00")

    assert len(set(session_days(evening_and_morning, "America/New_York").tolist())) == 2
    assert len(set(session_days(evening_and_morning).tolist())) == 1


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe"])
@given(start=st.integers(-1_000_000_000, 4_000_000_000), days=st.integers(1, 900))
def test_local_days_are_those_of_the_calendar_across_clock_changes(zone: str, start: int, days: int) -> None:
    ts_s = np.arange(start, start + days * 86_400, 7 * 3_600 + 13, dtype=np.int64)[:200]

    ours = session_days(ts_s * 1_000_000_000, zone)

    epoch = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))
    local = [(epoch + timedelta(seconds=int(s))).astimezone(ZoneInfo(zone)).date() for s in ts_s]
    assert ours.tolist() == [(day - epoch.date()).days for day in local]


def test_a_timezone_nobody_knows_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="Mars/Olympus"):
        session_days(times("2024-01-02"), "Mars/Olympus")


MONDAY = times("2024-01-01")[0]


@pytest.mark.parametrize(
    ("market", "periods"),
    [
        (np.arange(60 * 24) * HOUR_NS, 365),  # never closes
        (np.array([d for d in range(60) if d % 7 < 5]) * DAY_NS, 252),  # closes at weekends
        (np.array([d for d in range(60) if d % 7 != 5]) * DAY_NS, 252),  # currencies: open on Sunday evening
        (np.array([d for d in range(60) if d % 7 < 5 or d == 5]) * DAY_NS, 252),  # one stray print on a Saturday
        (np.arange(60) * 7 * DAY_NS, 52),
        (np.array([0]), 252),
    ],
)
def test_periods_a_year_are_read_off_the_days_on_which_the_market_trades(market: Ints, periods: int) -> None:
    assert periods_per_year(MONDAY + market) == periods


def test_monthly_quarterly_and_yearly_bars_are_annualised_as_such() -> None:
    months = np.arange("2012-01", "2022-01", dtype="datetime64[M]").astype("datetime64[ns]").astype(np.int64)

    assert [periods_per_year(months[::step]) for step in (1, 3, 12)] == [12, 4, 1]


def test_a_benchmark_is_compared_on_shared_times_only() -> None:
    mine = Returns(times("2024-01-02", "2024-01-03", "2024-01-05"), np.array([0.1, 0.2, 0.3]))
    theirs = Returns(times("2024-01-03", "2024-01-04", "2024-01-05"), np.array([1.0, 2.0, 3.0]))

    left, right = aligned(mine, theirs)

    assert (left.tolist(), right.tolist()) == ([0.2, 0.3], [1.0, 3.0])
