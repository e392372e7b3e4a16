"""Where an order fills inside one bar, rule by rule; and the search for the next bar that matters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradetui.engine.market.bar_fills import (
    AT_MARKET,
    AT_OPEN,
    FIRST,
    SECOND,
    Reach,
    Resting,
    Window,
    next_touch,
    reach,
)


def resting(kind: Any, side: int = 1, limit: int = 0, stop: int = 0, **values: Any) -> Resting:
    return Resting(1, "X", side, "open", kind, 10, limit, stop, None, "gtc", 0, **values)


def bar(open_: int, high: int, low: int, close: int) -> Window:
    return Window(0, open_, high, low, close, 100.0)


@pytest.mark.parametrize(
    ("order", "phase", "price", "direction"),
    [
        (resting("market"), AT_MARKET, 100, 0),
        (resting("stop", stop=105, triggered=True), AT_MARKET, 100, 0),
        (resting("limit", limit=101), AT_OPEN, 100, 0),
        (resting("limit", limit=96), SECOND, 96, -1),
        (resting("limit", -1, limit=104), SECOND, 104, 1),
        (resting("limit", -1, limit=99), AT_OPEN, 100, 0),
        (resting("stop", stop=99), AT_OPEN, 100, 0),
        (resting("stop", stop=104), FIRST, 104, 1),
        (resting("stop", -1, stop=96), FIRST, 96, -1),
        (resting("stop_limit", limit=105, stop=103), FIRST, 103, 1),
        (resting("stop_limit", limit=97, stop=103, triggered=True), SECOND, 97, -1),
    ],
)
def test_an_order_within_reach_fills_where_the_rules_say(
    order: Resting, phase: int, price: int, direction: int
) -> None:
    found = reach(order, bar(100, 106, 94, 101), 1, "stop_first")
    assert found == Reach(phase, price, direction)


@pytest.mark.parametrize(
    ("order", "through"),
    [
        (resting("limit", limit=94), 1),
        (resting("limit", limit=93), 0),
        (resting("limit", -1, limit=106), 1),
        (resting("stop", stop=107), 1),
        (resting("stop", -1, stop=93), 1),
        (resting("stop_limit", limit=110, stop=107), 1),
    ],
)
def test_an_order_out_of_reach_does_not_fill(order: Resting, through: int) -> None:
    assert reach(order, bar(100, 106, 94, 101), through, "stop_first") is None
    assert not order.triggered


def test_a_stop_limit_that_is_hit_stays_triggered_though_it_cannot_fill_yet() -> None:
    order = resting("stop_limit", limit=102, stop=103)
    assert reach(order, bar(100, 106, 94, 104), 1, "stop_first") is None
    assert order.triggered


def test_only_what_lies_beyond_and_the_close_come_after_a_price_was_reached() -> None:
    whole = bar(100, 106, 94, 101)
    assert whole.after(103, 1) == bar(103, 106, 101, 101)
    assert whole.after(97, -1) == bar(97, 101, 94, 101)
    assert whole.after(100, 1) == bar(100, 106, 100, 101)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=300), st.integers(0, 310), st.data())
def test_the_next_touch_is_the_first_row_that_a_plain_loop_finds(
    rows: list[tuple[int, int]], start: int, data: st.DataObject
) -> None:
    lows, highs = np.array([min(r) for r in rows], np.int64), np.array([max(r) for r in rows], np.int64)
    low = data.draw(st.one_of(st.just(float("-inf")), st.floats(-1, 10)))
    high = data.draw(st.one_of(st.just(float("inf")), st.floats(45, 60)))
    plain = next((i for i in range(start, len(rows)) if lows[i] <= low or highs[i] >= high), len(rows))
    assert next_touch(lows, highs, start, low, high) == plain
