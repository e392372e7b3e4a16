"""Buy strength: long when Wilder's RSI crosses above one level, flat when it crosses below another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradetui.engine.errors import UsageError
from tradetui.engine.model.events import MarketData, MarketEvent, SignalEvent
from tradetui.engine.strategy import Strategy
from tradetui.strategies.indicators import Rsi, rsi_column
from tradetui.strategies.positions import hold_last

if TYPE_CHECKING:
    import polars as pl


class Momentum(Strategy):
    """`period` in bars; `entry` and `exit` are RSI levels. Crosses are strict on both bars."""

    name = "momentum"

    def __init__(self, period: int = 14, entry: float = 55.0, exit: float = 45.0) -> None:
        if period < 1 or not 0 < exit <= entry < 100:
            raise UsageError(
                f"momentum: period={period} entry={entry} exit={exit}; expected period >= 1 and 0 < exit <= entry < 100"
            )
        self.period = period
        self.entry = entry
        self.exit = exit
        self.window = max(1000, 50 * period)  # Wilder's smoothing forgets slowly
        self._rsi: dict[str, Rsi] = {}

    def on_market_data(self, event: MarketData) -> list[SignalEvent]:
        """Signal at the bar where the index crosses a level."""
        if type(event) is not MarketEvent:
            return []
        rsi = self._rsi.get(event.symbol)
        if rsi is None:
            rsi = self._rsi[event.symbol] = Rsi(self.period)
        before = rsi.value
        now = rsi.update(event.close)
        if before is None or now is None:
            return []
        if before < self.entry < now:
            return [SignalEvent(event.symbol, 1, reason=f"RSI {now:.4g} crossed above {self.entry:g}")]
        if before > self.exit > now:
            return [SignalEvent(event.symbol, 0, reason=f"RSI {now:.4g} crossed below {self.exit:g}")]
        return []

    def generate_signals(self, data: pl.DataFrame) -> pl.Series:
        """+1 from a cross above `entry` until a cross below `exit`."""
        import numpy as np

        rsi = rsi_column(data["close"].to_numpy(), self.period)
        up, down = np.zeros(len(rsi), bool), np.zeros(len(rsi), bool)
        up[1:] = (rsi[:-1] < self.entry) & (rsi[1:] > self.entry)
        down[1:] = (rsi[:-1] > self.exit) & (rsi[1:] < self.exit)
        return hold_last(up.astype(np.int8), up | down)
