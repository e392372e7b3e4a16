"""Strategies as a user's file (`--strategy FILE.py:CLASS`): one whose positions end by their levels, one that turns."""

from __future__ import annotations

from tradetui.engine.model.events import MarketEvent, SignalEvent
from tradetui.engine.strategy import Strategy


class Bracketed(Strategy):
    """Buys whenever it is flat and nothing works; `stop` and `target` are fractions of the fill price, 0 for none."""

    name = "bracketed"

    def __init__(self, units: float = 10.0, stop: float = 0.01, target: float = 0.01) -> None:
        self.units, self.stop, self.target = units, stop, target

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        if self.desk.position(event.symbol) or self.desk.open_orders(event.symbol):
            return []
        return [SignalEvent(event.symbol, 1, quantity=self.units)]

    def get_stop_loss(self) -> float | None:
        return self.stop or None

    def get_take_profit(self) -> float | None:
        return self.target or None


class RoundTrips(Bracketed):
    """Buys at one bar and sells at the next, whatever its levels say by then."""

    name = "round_trips"

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        if self.desk.position(event.symbol):
            return [SignalEvent(event.symbol, 0)]
        return super().on_market_data(event)
