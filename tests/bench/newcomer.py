"""Strategies as a newcomer would write them: plain Python per bar, nothing of ours but the public names."""

from __future__ import annotations

from collections import deque

from tradetui import MarketEvent, SignalEvent, Strategy


class OwnAverages(Strategy):
    """The benchmark's rule with two moving averages of its own."""

    def __init__(self, fast: int = 20, slow: int = 50) -> None:
        self.fast = fast
        self.slow = slow
        self.fast_window: deque[float] = deque(maxlen=fast)
        self.slow_window: deque[float] = deque(maxlen=slow)
        self.fast_sum = 0.0
        self.slow_sum = 0.0
        self.difference = 0.0

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:  # bars only
        if len(self.fast_window) == self.fast:
            self.fast_sum -= self.fast_window[0]
        self.fast_window.append(event.close)
        self.fast_sum += event.close
        if len(self.slow_window) == self.slow:
            self.slow_sum -= self.slow_window[0]
        self.slow_window.append(event.close)
        self.slow_sum += event.close
        if len(self.slow_window) < self.slow:
            return []
        before = self.difference
        self.difference = self.fast_sum / self.fast - self.slow_sum / self.slow
        if before < 0.0 < self.difference:
            return [SignalEvent(event.symbol, +1)]
        if before > 0.0 > self.difference:
            return [SignalEvent(event.symbol, -1 if self.allow_short else 0)]
        return []


class Metronome(Strategy):
    """In and out of the market by turns, one order every `every` bars of a symbol whatever the price does."""

    def __init__(self, every: int = 100) -> None:
        self.every = every
        self.bars: dict[str, int] = {}

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:  # bars only
        count = self.bars.get(event.symbol, 0) + 1
        self.bars[event.symbol] = count
        if count % self.every:
            return []
        return [SignalEvent(event.symbol, count // self.every % 2)]
