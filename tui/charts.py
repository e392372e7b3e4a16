"""A line chart as rows of text, drawn by plotext into a figure of its own. plotext is imported for the first chart."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from threading import Thread
from typing import Any

POINTS_PER_COLUMN = 2  # more cannot be seen and only costs time


def thin(values: Sequence[float], columns: int) -> list[float]:
    """At most two points a column, its lowest and its highest in the order they came: no extreme is lost."""
    if len(values) <= columns * POINTS_PER_COLUMN or columns <= 0:
        return list(values)
    out: list[float] = []
    for column in range(columns):
        part = values[len(values) * column // columns : len(values) * (column + 1) // columns]
        low, high = min(range(len(part)), key=part.__getitem__), max(range(len(part)), key=part.__getitem__)
        out += [part[low], part[high]] if low < high else [part[high], part[low]]
    return out


class Drawing:
    """Imports plotext in a thread of its own when a chart is first wanted: no key may wait 0.2 s for it."""

    def __init__(self) -> None:
        self._thread: Thread | None = None

    def ready(self) -> bool:
        """Whether a chart can be drawn at once; the first question begins what is to be done for it."""
        if self._thread is not None:
            return not self._thread.is_alive()
        if "plotext" in sys.modules:
            return True
        self._thread = Thread(target=_load, name="plotext", daemon=True)
        self._thread.start()
        return False


class LineChart:
    """One figure, reused from drawing to drawing; two charts never share one."""

    def __init__(self, marker: str = "braille") -> None:
        self._marker = marker
        self._figure: Any = None

    def draw(self, values: Sequence[float], width: int, height: int, low: float, high: float) -> list[str]:
        """`height` rows of `width` cells showing `values` from left to right between `low` and `high`."""
        finite = [value for value in values if math.isfinite(value)]
        if width < 2 or height < 1 or not finite:
            return [" " * max(0, width)] * max(0, height)
        points = thin(finite, width)
        if len(points) == 1:
            points *= 2
        figure = self._own_figure()
        figure.clear()
        figure.plot_size(width, height)
        figure.axes(False)
        figure.canvas("default")
        figure.ruler(0).frequency(0)
        figure.ruler(1).frequency(0)
        # plotext works on values around one: huge ones lose its axes, tiny ranges its precision
        span = high - low if high > low else 1.0
        scaled = [(value - low) / span for value in points]
        figure.ruler(1).lim(0.0, 1.0)
        figure.ruler(0).lim(0, len(points) - 1)
        figure.draw(figure.signal(list(range(len(points))), scaled, marker=self._marker).lines())
        rows = figure.build().string(colorless=True).split("\n")[:height]
        return [row.ljust(width)[:width] for row in rows] + [" " * width] * (height - len(rows))

    def _own_figure(self) -> Any:
        """plotext offers one figure for everybody; this makes another one, not clamped to the terminal's size."""
        if self._figure is None:
            import plotext

            terminal = type(plotext.terminal)()
            terminal.limit(False, False)
            self._figure = type(plotext.figure)(parent=terminal)
        return self._figure


def _load() -> None:
    with suppress(Exception):  # what is wrong with it is raised where it is used
        import_module("plotext")
