"""One row of the ladder as cells."""

from __future__ import annotations

import pytest

from tradetui.engine.model.snapshot import BookView
from tradetui.tui.look import Look
from tradetui.tui.panes.ladder import Ladder, Rung
from tradetui.tui.panes.rungs import RungPainter, grid_for
from tradetui.tui.view import View

BOOK = BookView("X", bids=((100.0, 5.0),))


@pytest.mark.parametrize(
    ("delta", "told"), [(0.004, ""), (-0.004, ""), (0.5, "+0.50"), (-3.0, "-3"), (None, ""), (0.0, "")]
)
def test_a_change_too_small_to_be_told_is_not_told_as_nothing(delta, told) -> None:
    rung = Rung(1, 100.0, 5.0, 0.0, delta, last=False)
    rungs = Ladder((), (rung,), 100.0, None, None, None, 5.0)
    painter = RungPainter(View(Look()), BOOK, rungs, grid_for(60, 2, 6, deep=True))
    cells = "".join(segment.text for segment in painter.row(rung)).split()
    assert cells == [word for word in (told, "5", "100.00") if word]
