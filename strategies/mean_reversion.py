"""Buy dips: long when the close falls below its lower Bollinger band, flat at the mean again; mirrored if short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradetui.engine.errors import UsageError
from tradetui.engine.model.events import MarketData, MarketEvent, SignalEvent
from tradetui.engine.strategy import Strategy
from tradetui.strategies.indicators import Bands, bands_columns
from tradetui.strategies.positions import enter_and_leave

if TYPE_CHECKING:
    import polars as pl


class MeanReversion(Strategy):
    """`period` in bars, `width` in population standard deviations."""

    name = "mean_reversion"

    def __init__(self, period: int = 20, width: float = 2.0) -> None:
        if period < 2 or not width > 0:
            raise UsageError(f"mean_reversion: period={period} width={width}; expected period >= 2 and width > 0")
        self.period = period
        self.width = width
        self._bands: dict[str, Bands] = {}

    def on_market_data(self, event: MarketData) -> list[SignalEvent]:
        """Look for an entry while flat, for the mean while held."""
        if type(event) is not MarketEvent:
            return []
        symbol, close = event.symbol, event.close
        bands = self._bands.get(symbol)
        if bands is None:
            bands = self._bands[symbol] = Bands(self.period)
        mean = bands.update(close)
        if mean is None:
            return []
        held = self.desk.position(symbol)
        if held > 0:
            return [SignalEvent(symbol, 0, reason=f"back at the mean {mean:.6g}")] if close >= mean else []
        if held < 0:
            return [SignalEvent(symbol, 0, reason=f"back at the mean {mean:.6g}")] if close <= mean else []
        reach = self.width * bands.deviation
        if close < mean - reach:
            return [SignalEvent(symbol, 1, reason=f"below the lower band {mean - reach:.6g}")]
        if self.allow_short and close > mean + reach:
            return [SignalEvent(symbol, -1, reason=f"above the upper band {mean + reach:.6g}")]
        return []

    def generate_signals(self, data: pl.DataFrame) -> pl.Series:
        """The same rules over columns, taking every wish as filled."""
        import numpy as np

        close = data["close"].to_numpy()
        mean, deviation = bands_columns(close, self.period)
        reach = self.width * deviation
        with np.errstate(invalid="ignore"):  # NaN before the first full window compares false
            above = close > mean + reach if self.allow_short else np.zeros(len(close), bool)
            return enter_and_leave(close < mean - reach, close >= mean, above, close <= mean)
