"""Rules of the known answers that tradetui does not ship, written as a user would write them: public names only."""

from __future__ import annotations

from collections import deque

from tradetui import FillEvent, MarketEvent, SignalEvent, Strategy
from tradetui.strategies.indicators import Bands, Rsi, Sma


class SmaCrossAllIn(Strategy):
    """Always in the market with all the free cash, turned at each cross of two means."""

    def __init__(self, fast: int = 10, slow: int = 20) -> None:
        self.fast, self.slow = fast, slow
        self._fast, self._slow = Sma(fast), Sma(slow)
        self._gap = 0.0

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        fast, slow = self._fast.update(event.close), self._slow.update(event.close)
        if slow is None or fast is None:
            return []
        before, self._gap = self._gap, fast - slow
        if before < 0 < self._gap:
            return [SignalEvent(event.symbol, 1, fraction=1.0)]
        if before > 0 > self._gap:
            return [SignalEvent(event.symbol, -1, fraction=1.0)]
        return []


class RsiLong(Strategy):
    """Buy when the RSI falls below `low`, sell when it rises above `high`."""

    def __init__(self, period: int = 14, low: float = 30, high: float = 70) -> None:
        self.period, self.low, self.high = period, low, high
        self._rsi = Rsi(period)

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        before = self._rsi.value
        now = self._rsi.update(event.close)
        if before is None or now is None:
            return []
        held = self.desk.position(event.symbol)
        if not held and before >= self.low > now:
            return [SignalEvent(event.symbol, 1)]
        if held and before <= self.high < now:
            return [SignalEvent(event.symbol, 0)]
        return []


class BollBracket(Strategy):
    """Buy below the lower band with a stop and a target around the signal bar's close; no other exit."""

    def __init__(self, period: int = 20, width: float = 2.0, stop: float = 0.05, target: float = 0.05) -> None:
        self.period, self.width, self.stop, self.target = period, width, stop, target
        self._bands = Bands(period)
        self._bars = 0

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        close, mean = event.close, self._bands.update(event.close)
        self._bars += 1
        if mean is None or self._bars <= self.period or self.desk.position(event.symbol):
            return []
        if close < mean - self.width * self._bands.deviation:
            stop, target = close * (1 - self.stop), close * (1 + self.target)
            return [SignalEvent(event.symbol, 1, stop_loss=stop, take_profit=target)]
        return []


class StopBreakout(Strategy):
    """A resting buy stop at the highest high; out when the close falls below the lowest low before it."""

    def __init__(self, up: int = 20, down: int = 10) -> None:
        self.up, self.down = up, down
        self._highs: deque[float] = deque(maxlen=up)
        self._lows: deque[float] = deque(maxlen=down + 1)
        self._bars = 0

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        self._highs.append(event.high)
        self._lows.append(event.low)
        self._bars += 1
        if self._bars <= 1 + max(self.up - 1, self.down):
            return []
        if not self.desk.position(event.symbol):
            return [SignalEvent(event.symbol, 1, type="stop", stop_price=max(self._highs))]
        if event.close < min(list(self._lows)[:-1]):
            return [SignalEvent(event.symbol, 0)]
        return []


class LimitDip(Strategy):
    """A resting buy limit below the close; out after a number of bars."""

    def __init__(self, dip: float = 0.02, hold: int = 5) -> None:
        self.dip, self.hold = dip, hold
        self._bars = 0
        self._entered = 0

    def on_fill(self, fill: FillEvent) -> list[SignalEvent]:
        if fill.role == "open":
            self._entered = self._bars  # the fill is inside the bar that comes to on_market_data next
        return []

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        bar, self._bars = self._bars, self._bars + 1
        if bar == 0:
            return []
        if not self.desk.position(event.symbol):
            return [SignalEvent(event.symbol, 1, type="limit", limit_price=event.close * (1 - self.dip))]
        if bar - self._entered >= self.hold:
            return [SignalEvent(event.symbol, 0)]
        return []
