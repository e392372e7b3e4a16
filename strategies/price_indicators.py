"""Streaming indicators of closes, in the conventions of `data.features`, whose columns they equal.

`ZScore` and `CutlerRsi` sum whole nanos and equal the columns to the bit, the others to 1e-12 of the
prices or returns that they are made of. Each is None until it is defined.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from math import log, sqrt

from tradetui.strategies.indicators import NANOS, Sma


class Ema:
    """Exponential mean, alpha 2 / (n + 1), seeded with the plain mean of the first `n` values, as TA-Lib's EMA."""

    __slots__ = ("_alpha", "_seed", "n", "value")

    def __init__(self, n: int) -> None:
        self.n = n
        self.value: float | None = None
        self._alpha = 2.0 / (n + 1)
        self._seed = Sma(n)

    def update(self, value: float) -> float | None:
        """Take the next value and return the mean."""
        if self.value is None:
            self.value = self._seed.update(value)
        else:
            self.value += self._alpha * (value - self.value)
        return self.value


class Wilder:
    """Wilder's smoothing, alpha 1 / n, seeded with the mean of the first `n` values."""

    __slots__ = ("_count", "_total", "n", "value")

    def __init__(self, n: int) -> None:
        self.n = n
        self.value: float | None = None
        self._count = 0
        self._total = 0.0

    def update(self, value: float) -> float | None:
        """Take the next value and return the mean."""
        if self.value is not None:
            self.value += (value - self.value) / self.n
            return self.value
        self._count += 1
        self._total += value
        if self._count == self.n:
            self.value = self._total / self.n
        return self.value


class Macd:
    """Fast minus slow exponential mean and its signal, seeded as in TA-Lib: all begin together.

    At the `slow`-th value the fast mean starts from the last `fast` values. `signal` and `histogram` go with `value`.
    """

    __slots__ = ("_alphas", "_count", "_fast", "_seeds", "_slow", "_total", "histogram", "lengths", "signal", "value")

    def __init__(self, fast: int = 12, slow: int = 26, signal: int = 9) -> None:
        self.lengths = (fast, slow, signal)
        self.value: float | None = None
        self.signal: float | None = None
        self.histogram: float | None = None
        self._alphas = (2.0 / (fast + 1), 2.0 / (slow + 1), 2.0 / (signal + 1))
        self._seeds = (Sma(fast), Sma(slow))
        self._fast: float | None = None
        self._slow: float | None = None
        self._count = 0
        self._total = 0.0

    def update(self, value: float) -> float | None:
        """Take the next value and return the line."""
        if self._fast is None or self._slow is None:
            fast, self._slow = (seed.update(value) for seed in self._seeds)
            if self._slow is None:
                return None
            self._fast = fast
        else:
            self._fast += self._alphas[0] * (value - self._fast)
            self._slow += self._alphas[1] * (value - self._slow)
        return self._signalled((self._fast or 0.0) - self._slow)

    def _signalled(self, line: float) -> float | None:
        if self.signal is not None:
            self.signal += self._alphas[2] * (line - self.signal)
        else:
            self._count += 1
            self._total += line
            if self._count < self.lengths[2]:
                return None
            self.signal = self._total / self._count
        self.value = line
        self.histogram = line - self.signal
        return line


class ZScore:
    """Distance of a value from the mean of the last `n`, itself included, in their standard deviations.

    Population deviation unless `ddof` is 1; None where nothing moved.
    """

    __slots__ = ("_divisor", "_squares", "_sum", "_window", "n", "value")

    def __init__(self, n: int, ddof: int = 0) -> None:
        self.n = n
        self.value: float | None = None
        self._divisor = float(n * (n - ddof))
        self._window: deque[int] = deque(maxlen=n)
        self._sum = self._squares = 0

    def update(self, value: float) -> float | None:
        """Take the next value and return its score."""
        nanos, n = round(value * NANOS), self.n
        if len(self._window) == n:
            oldest = self._window[0]
            self._sum -= oldest
            self._squares -= oldest * oldest
        self._window.append(nanos)
        self._sum += nanos
        self._squares += nanos * nanos
        if len(self._window) < n:
            return None
        spread = n * self._squares - self._sum * self._sum
        if not spread:
            self.value = None
        else:
            deviation = sqrt(float(spread) / self._divisor) / NANOS
            self.value = (value - float(self._sum) / (n * NANOS)) / deviation
        return self.value


class RealisedVolatility:
    """Root of the sum of the last `n` squared log returns, scaled to a year where `periods_per_year` is given."""

    __slots__ = ("_last", "_scale", "_squares", "n", "value")

    def __init__(self, n: int, periods_per_year: float | None = None) -> None:
        self.n = n
        self.value: float | None = None
        self._scale = 1.0 if periods_per_year is None else periods_per_year / n
        self._squares: deque[float] = deque(maxlen=n)
        self._last: float | None = None

    def update(self, value: float) -> float | None:
        """Take the next price and return the volatility."""
        last, self._last = self._last, value
        if last is not None:
            change = log(value / last)
            self._squares.append(change * change)
            if len(self._squares) == self.n:
                self.value = sqrt(added(self._squares) * self._scale)
        return self.value


class Volatility:
    """Sample standard deviation of the last `n` log returns, times the root of `periods_per_year` where given."""

    __slots__ = ("_changes", "_last", "_scale", "n", "value")

    def __init__(self, n: int, periods_per_year: float | None = None) -> None:
        self.n = n
        self.value: float | None = None
        self._scale = 1.0 if periods_per_year is None else sqrt(periods_per_year)
        self._changes: deque[float] = deque(maxlen=n)
        self._last: float | None = None

    def update(self, value: float) -> float | None:
        """Take the next price and return the volatility."""
        last, self._last = self._last, value
        if last is not None:
            self._changes.append(log(value / last))
            if len(self._changes) == self.n:
                mean = added(self._changes) / self.n
                squares = added((change - mean) * (change - mean) for change in self._changes)
                self.value = sqrt(squares / (self.n - 1)) * self._scale
        return self.value


class CutlerRsi:
    """Relative strength index of plain means of the last `n` gains and losses, 0 to 100; 50 where nothing moved."""

    __slots__ = ("_changes", "_gain", "_last", "_loss", "n", "value")

    def __init__(self, n: int) -> None:
        self.n = n
        self.value: float | None = None
        self._changes: deque[int] = deque(maxlen=n)
        self._gain = self._loss = 0
        self._last: int | None = None

    def update(self, value: float) -> float | None:
        """Take the next price and return the index."""
        nanos = round(value * NANOS)
        last, self._last = self._last, nanos
        if last is None:
            return None
        if len(self._changes) == self.n:
            self._count(self._changes[0], -1)
        self._changes.append(nanos - last)
        self._count(nanos - last, 1)
        if len(self._changes) == self.n:
            total = float(self._gain) + float(self._loss)
            self.value = 100.0 * float(self._gain) / total if total else 50.0
        return self.value

    def _count(self, change: int, sign: int) -> None:
        if change > 0:
            self._gain += sign * change
        else:
            self._loss -= sign * change


def added(values: Iterable[float]) -> float:
    """The sum, oldest first: what `sum` gives differs between versions of Python."""
    total = 0.0
    for value in values:
        total += value
    return total
