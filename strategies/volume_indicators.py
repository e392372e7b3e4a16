"""Streaming averages weighted by volume, in whole nanos: the same bits as the columns of `data.features`."""

from __future__ import annotations

from collections import deque

from tradetui.strategies.indicators import NANOS


class Vwap:
    """Volume-weighted average of typical prices since the start or the last `reset`: a session's, if reset at each."""

    __slots__ = ("_paid", "_traded", "value")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin a session: nothing has traded."""
        self.value: float | None = None
        self._paid = self._traded = 0

    def update(self, high: float, low: float, close: float, volume: float) -> float | None:
        """Take the next bar and return the average; None until something traded."""
        paid, size = weights(high, low, close, volume)
        self._paid += paid
        self._traded += size
        self.value = average(self._paid, self._traded)
        return self.value


class RollingVwap:
    """Volume-weighted average of the typical prices of the last `n` bars; None where nothing traded in them."""

    __slots__ = ("_paid", "_traded", "_window", "n", "value")

    def __init__(self, n: int) -> None:
        self.n = n
        self.value: float | None = None
        self._paid = self._traded = 0
        self._window: deque[tuple[int, int]] = deque(maxlen=n)

    def update(self, high: float, low: float, close: float, volume: float) -> float | None:
        """Take the next bar and return the average."""
        if len(self._window) == self.n:
            paid, size = self._window[0]
            self._paid -= paid
            self._traded -= size
        paid, size = weights(high, low, close, volume)
        self._window.append((paid, size))
        self._paid += paid
        self._traded += size
        if len(self._window) == self.n:
            self.value = average(self._paid, self._traded)
        return self.value


def weights(high: float, low: float, close: float, volume: float) -> tuple[int, int]:
    """Three times typical price times volume, and the volume, in whole nanos. The volume must be known."""
    size = round(volume * NANOS)
    return (round(high * NANOS) + round(low * NANOS) + round(close * NANOS)) * size, size


def average(paid: int, traded: int) -> float | None:
    """The price in units; None where nothing traded."""
    return float(paid) / float(traded) / (3.0 * NANOS) if traded else None
