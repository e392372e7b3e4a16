"""Streaming indicators, one formula each, shared by every mode: the column functions run the same steps.

Windows of prices are summed as integer nanos, so that a mean does not depend on what came before its window.
"""

from __future__ import annotations

from collections import deque
from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Float64 = npt.NDArray[np.float64]

NANOS = 1_000_000_000


class Sma:
    """Simple moving average of the last `n` values; None until it has seen `n`."""

    __slots__ = ("_full", "_scale", "_sum", "_window", "n", "value")

    def __init__(self, n: int) -> None:
        self.n = n
        self.value: float | None = None
        self._scale = float(n * NANOS)
        self._sum = 0
        self._full = False
        self._window: deque[int] = deque()

    def update(self, value: float) -> float | None:
        """Take the next value and return the mean."""
        return self.push(round(value * NANOS))

    def push(self, nanos: int) -> float | None:
        """The same with the value in nanos, for whoever feeds several means from one price."""
        window = self._window
        window.append(nanos)
        if self._full:
            total = self._sum = self._sum + nanos - window.popleft()
            mean = self.value = total / self._scale
            return mean
        self._sum += nanos
        if len(window) == self.n:
            self._full = True
            self.value = self._sum / self._scale
        return self.value


def sma_column(values: Float64, n: int) -> Float64:
    """Simple moving averages of a column, shape (rows,), NaN for the first n - 1; the same bits as `Sma`."""
    import numpy as np

    nanos = np.rint(values * NANOS).astype(np.int64)
    out = np.full(len(values), np.nan)
    if len(values) >= n:
        total = np.cumsum(nanos)  # may wrap around: differences of sums stay right
        window = total[n - 1 :].copy()
        window[1:] -= total[:-n]
        np.divide(window, float(n * NANOS), out=out[n - 1 :])
    return out


class Bands:
    """Mean and population standard deviation (ddof 0) of the last `n` values, as in Bollinger bands."""

    __slots__ = ("_sma", "_values", "deviation", "mean", "n")

    def __init__(self, n: int) -> None:
        self.n = n
        self.mean: float | None = None
        self.deviation = 0.0
        self._sma = Sma(n)
        self._values: deque[float] = deque(maxlen=n)

    def update(self, value: float) -> float | None:
        """Take the next value and return the mean; `deviation` goes with it."""
        self.mean = self._sma.update(value)
        self._values.append(value)
        if self.mean is not None:
            self.deviation = population_deviation(self._values, self.mean, self.n)
        return self.mean


def population_deviation(values: deque[float] | Float64, mean: float, n: int) -> float:
    """Square root of the mean squared distance from `mean`, summed oldest first."""
    total = 0.0
    for value in values:
        total += (value - mean) * (value - mean)
    return sqrt(total / n)


def bands_columns(values: Float64, n: int) -> tuple[Float64, Float64]:
    """Means and deviations of a column, NaN for the first n - 1; the same bits as `Bands`."""
    import numpy as np

    mean = sma_column(values, n)
    total = np.zeros(max(len(values) - n + 1, 0))
    centre = mean[n - 1 :]
    for age in range(n):  # oldest first, as the streaming form adds
        distance = values[age : age + len(total)] - centre
        total += distance * distance
    deviation = np.full(len(values), np.nan)
    deviation[n - 1 :] = np.sqrt(total / n)
    return mean, deviation


class Rsi:
    """Wilder's relative strength index over `n` changes, seeded with their plain mean; None before n + 1 values."""

    __slots__ = ("_changes", "_gain", "_last", "_loss", "n", "value")

    def __init__(self, n: int) -> None:
        self.n = n
        self.value: float | None = None
        self._last: float | None = None
        self._changes = 0
        self._gain = self._loss = 0.0

    def update(self, value: float) -> float | None:
        """Take the next value and return the index, 0 to 100 (50 where nothing ever moved)."""
        last, self._last = self._last, value
        if last is None:
            return None
        change = value - last
        gain, loss = (change, 0.0) if change > 0 else (0.0, -change)
        n = self.n
        if self._changes < n:
            self._changes += 1
            self._gain += gain
            self._loss += loss
            if self._changes < n:
                return None
            self._gain /= n
            self._loss /= n
        else:
            self._gain = (self._gain * (n - 1) + gain) / n
            self._loss = (self._loss * (n - 1) + loss) / n
        total = self._gain + self._loss
        self.value = 100.0 * (self._gain / total) if total else 50.0
        return self.value


def rsi_column(values: Float64, n: int) -> Float64:
    """Wilder's index of a column, NaN for the first n rows; each step needs the one before, so it streams."""
    import numpy as np

    update = Rsi(n).update
    return np.array([update(value) for value in values.tolist()], dtype=np.float64)
