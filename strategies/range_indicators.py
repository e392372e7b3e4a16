"""Streaming indicators of a bar's range, in the conventions of `data.features`, whose columns they equal to 1e-12."""

from __future__ import annotations

from collections import deque

from tradetui.strategies.price_indicators import Wilder, added


class TrueRange:
    """Highest of high and last close minus lowest of low and last close; None on the first bar, as in TA-Lib."""

    __slots__ = ("_last", "value")

    def __init__(self) -> None:
        self.value: float | None = None
        self._last: float | None = None

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next bar and return its range."""
        last, self._last = self._last, close
        if last is not None:
            self.value = max(high, last) - min(low, last)
        return self.value


class Atr:
    """Average true range in Wilder's smoothing, seeded with the mean of the first `n`; first at the bar n + 1."""

    __slots__ = ("_mean", "_range", "n", "value")

    def __init__(self, n: int = 14) -> None:
        self.n = n
        self.value: float | None = None
        self._range = TrueRange()
        self._mean = Wilder(n)

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next bar and return the average."""
        reach = self._range.update(high, low, close)
        if reach is not None:
            self.value = self._mean.update(reach)
        return self.value


class Adx:
    """Average directional index, 0 to 100, as in TA-Lib; `plus` and `minus` are the directional indicators.

    Those begin at the bar n + 1, the index at the bar 2n. Where nothing moved the index keeps its value.
    """

    __slots__ = ("_bars", "_down", "_index", "_last", "_range", "_up", "minus", "n", "plus", "value")

    def __init__(self, n: int = 14) -> None:
        self.n = n
        self.value: float | None = None
        self.plus: float | None = None
        self.minus: float | None = None
        self._range = self._up = self._down = 0.0
        self._last: tuple[float, float, float] | None = None
        self._bars = 0
        self._index = Wilder(n)

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next bar and return the index."""
        last, self._last = self._last, (high, low, close)
        if last is None:
            return None
        up, down = high - last[0], last[1] - low
        keep = 1.0 if self._bars < self.n - 1 else 1.0 - 1.0 / self.n  # sums of n - 1 bars seed the smoothing
        self._bars += 1
        self._range = keep * self._range + (max(high, last[2]) - min(low, last[2]))
        self._up = keep * self._up + (up if up > 0.0 and up > down else 0.0)
        self._down = keep * self._down + (down if down > 0.0 and down > up else 0.0)
        if self._bars < self.n:
            return None
        self.plus = 100.0 * self._up / self._range if self._range > 0.0 else None
        self.minus = 100.0 * self._down / self._range if self._range > 0.0 else None
        if self.plus is not None and self.minus is not None and self.plus + self.minus > 0.0:
            self.value = self._index.update(100.0 * abs(self.plus - self.minus) / (self.plus + self.minus))
        return self.value


class Stochastic:
    """Place of the close between lowest low and highest high of `n` bars, 0 to 100: %K smoothed over `k`, %D over `d`.

    Both begin together, as in TA-Lib's STOCH; a range of nothing counts as 0. `value` is %K.
    """

    __slots__ = ("_highs", "_lows", "_raw", "_slow", "d", "lengths", "value")

    def __init__(self, n: int = 14, k: int = 3, d: int = 3) -> None:
        self.lengths = (n, k, d)
        self.value: float | None = None
        self.d: float | None = None
        self._highs: deque[float] = deque(maxlen=n)
        self._lows: deque[float] = deque(maxlen=n)
        self._raw: deque[float] = deque(maxlen=k)
        self._slow: deque[float] = deque(maxlen=d)

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next bar and return %K."""
        n, k, d = self.lengths
        self._highs.append(high)
        self._lows.append(low)
        if len(self._highs) < n:
            return None
        top, bottom = max(self._highs), min(self._lows)
        self._raw.append(100.0 * ((close - bottom) / (top - bottom)) if top > bottom else 0.0)
        if len(self._raw) < k:
            return None
        self._slow.append(added(self._raw) / k)
        if len(self._slow) == d:
            self.value = self._slow[-1]
            self.d = added(self._slow) / d
        return self.value
