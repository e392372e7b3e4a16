"""Follow the trend: long when a fast mean crosses above a slow one, short or flat when it crosses below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradetui.engine.errors import UsageError
from tradetui.engine.model.events import MarketData, MarketEvent, SignalEvent
from tradetui.engine.strategy import Strategy
from tradetui.strategies.indicators import NANOS, Sma, sma_column
from tradetui.strategies.positions import hold_between

if TYPE_CHECKING:
    import polars as pl


class _Pair:
    """The two means of one symbol and which one was above at the last bar where they differed from crossing."""

    __slots__ = ("above", "fast", "slow")

    def __init__(self, fast: int, slow: int) -> None:
        self.fast, self.slow = Sma(fast), Sma(slow)
        self.above = 0  # sign of fast - slow at the bar before


class MaCrossover(Strategy):
    """`fast` and `slow` are numbers of bars. Crosses are strict on both bars: from below to above, or the reverse."""

    name = "ma_crossover"

    def __init__(self, fast: int = 10, slow: int = 20) -> None:
        if not 1 <= fast < slow:
            raise UsageError(f"ma_crossover: fast={fast} slow={slow}; expected 1 <= fast < slow")
        self.fast = fast
        self.slow = slow
        self.window = slow + 1
        self._pairs: dict[str, _Pair] = {}

    def on_market_data(self, event: MarketData) -> list[SignalEvent]:
        """Signal at the bar where the means cross."""
        if type(event) is not MarketEvent:
            return []
        pair = self._pairs.get(event.symbol)
        if pair is None:
            pair = self._pairs[event.symbol] = _Pair(self.fast, self.slow)
        nanos = round(event.close * NANOS)
        fast, slow = pair.fast.push(nanos), pair.slow.push(nanos)
        if slow is None or fast is None:
            return []
        before = pair.above
        if fast > slow:
            if before > 0:
                return []
            pair.above = direction = 1
        elif fast < slow:
            if before < 0:
                return []
            pair.above = direction = -1
        else:
            pair.above = 0
            return []
        if not before:  # they touched at the bar before: no cross, by the strict rule
            return []
        way = "above" if direction > 0 else "below"
        return [SignalEvent(event.symbol, direction, reason=f"fast {fast:.6g} crossed {way} slow {slow:.6g}")]

    def generate_signals(self, data: pl.DataFrame) -> pl.Series:
        """+1 from an up-cross on, -1 from a down-cross on, 0 before the first."""
        import numpy as np

        close = data["close"].to_numpy()
        gap = np.sign(sma_column(close, self.fast) - sma_column(close, self.slow))
        crossed = np.zeros(len(close), np.int8)
        if len(close) > 1:
            up = (gap[1:] > 0) & (gap[:-1] < 0)
            down = (gap[1:] < 0) & (gap[:-1] > 0)
            crossed[1:] = up.astype(np.int8) - down.astype(np.int8)
        return hold_between(crossed)
