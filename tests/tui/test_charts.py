from __future__ import annotations

import math
import sys
from threading import Event

import plotext  # noqa: F401  # as it is once a chart was drawn
from hypothesis import given
from hypothesis import strategies as st

from tradetui.tui import charts
from tradetui.tui.charts import POINTS_PER_COLUMN, Drawing, LineChart, thin


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=500), st.integers(1, 60))
def test_thinning_keeps_two_points_a_column_and_every_extreme(values, columns):
    thinned = thin(values, columns)
    assert len(thinned) <= max(columns * POINTS_PER_COLUMN, 1)
    assert (min(thinned), max(thinned)) == (min(values), max(values))


def test_a_chart_fills_exactly_its_cells_whatever_the_terminal_is():
    rows = LineChart().draw([math.sin(at / 9) for at in range(500)], 200, 60, -1, 1)
    assert [len(row) for row in rows] == [200] * 60
    assert any(row.strip() for row in rows)


def test_two_charts_do_not_share_a_figure():
    one, other = LineChart(), LineChart()
    rising = one.draw(list(range(50)), 20, 5, 0, 49)
    falling = other.draw(list(range(50, 0, -1)), 20, 5, 1, 50)
    assert rising != falling
    assert one.draw(list(range(50)), 20, 5, 0, 49) == rising
    assert one._figure is not other._figure


def test_an_ascii_chart_is_ascii():
    assert all(row.isascii() for row in LineChart("*").draw([1, 3, 2], 20, 5, 1, 3))


def test_nothing_finite_or_no_room_draws_blanks():
    chart = LineChart()
    assert chart.draw([math.nan, math.inf], 10, 3, 0, 1) == [" " * 10] * 3
    assert chart.draw([1.0, 2.0], 1, 3, 1, 2) == [" "] * 3
    assert chart.draw([], 0, 0, 0, 0) == []


def test_a_flat_and_a_huge_curve_are_drawn():
    assert any(row.strip() for row in LineChart().draw([5.0, 5.0], 10, 3, 4, 6))
    assert any(row.strip() for row in LineChart().draw([1e18, 2e18], 10, 3, 1e18, 2e18))


def test_what_charts_need_is_loaded_beside_the_screen_and_once(monkeypatch):
    begun, go_on = [], Event()

    def load(name: str) -> None:
        begun.append(name)
        go_on.wait(10)

    monkeypatch.delitem(sys.modules, "plotext")
    monkeypatch.setattr(charts, "import_module", load)
    drawing = Drawing()
    assert not drawing.ready()
    assert not drawing.ready()
    go_on.set()
    drawing._thread.join(10)
    assert drawing.ready()
    assert begun == ["plotext"]


def test_charts_can_be_drawn_at_once_where_all_is_loaded():
    assert Drawing().ready()
