"""Strategies of the long runs, as a user's file (`--strategy FILE.py:CLASS`): three in one session, one for speed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from tradetui.engine.model.events import (
    FillEvent,
    MarketData,
    MarketEvent,
    QuoteEvent,
    SignalEvent,
    TimerEvent,
    TradeEvent,
    Wish,
)
from tradetui.engine.model.wakes import Timer
from tradetui.engine.strategy import Strategy
from tradetui.engine.trading.desk import Desk
from tradetui.strategies.market_maker import MarketMaker
from tradetui.strategies.mean_reversion import MeanReversion
from tradetui.strategies.momentum import Momentum


class _OwnSymbols:
    """The desk of a strategy that shares a session: it sees books of its own symbols alone."""

    def __init__(self, desk: Desk, symbols: Sequence[str]) -> None:
        self._desk, self.books = desk, tuple(symbols)

    def __getattr__(self, name: str) -> object:
        return getattr(self._desk, name)


class _Bounded(Momentum):
    """Momentum, each of whose entries brings its levels with it."""

    def __init__(self, stop: float, target: float) -> None:
        super().__init__(3, 52.0, 48.0)
        self._stop, self._target = stop, target

    def on_market_data(self, event: MarketData) -> list[SignalEvent]:
        signals = super().on_market_data(event)
        if not isinstance(event, MarketEvent):
            return []
        return [self._bounded(signal, event.close) if signal.direction else signal for signal in signals]

    def _bounded(self, signal: SignalEvent, close: float) -> SignalEvent:
        stop = round(close * (1 - self._stop), 2) if self._stop else None
        target = round(close * (1 + self._target), 2) if self._target else None
        return msgspec.structs.replace(signal, stop_loss=stop, take_profit=target)


class ThreeStrategies(Strategy):
    """`trend` and `revert` are symbols with commas between, `make` one symbol. Momentum, mean reversion, two quotes.

    Momentum's entries have a stop and a target so far below and above the close, as fractions of it; 0 is none.
    """

    name = "three_strategies"

    def __init__(
        self,
        trend: str = "ACME,CORVUS",
        revert: str = "SYN0003,SYN0004",
        make: str = "BOREAL",
        units: float = 10.0,
        refresh_ms: int = 2_000,
        stop: float = 0.0008,
        target: float = 0.0008,
    ) -> None:
        self.trend, self.revert, self.make = trend, revert, make
        self.stop, self.target = stop, target
        self.units, self.refresh_ms = units, refresh_ms
        momentum, reversion = _Bounded(stop, target), MeanReversion(5, 1.0)
        self._maker = MarketMaker(1.0, units, 5 * units, 1.0, 0.0, refresh_ms)
        self._of: dict[str, Strategy] = {
            **dict.fromkeys(trend.split(","), momentum),
            **dict.fromkeys(revert.split(","), reversion),
            make: self._maker,
        }
        self._parts: tuple[Strategy, ...] = (momentum, reversion, self._maker)
        self.subscribes = ("bar", Timer(refresh_ms))
        self._ready = False

    def on_market_data(self, event: MarketData) -> Sequence[Wish]:
        self._share()
        if type(event) is TimerEvent:
            return self._maker.on_market_data(event)
        part = self._of.get(event.symbol)
        return [] if part is None else part.on_market_data(event)  # type: ignore[arg-type]  # each looks at its type

    def on_fill(self, fill: FillEvent) -> Sequence[Wish]:
        self._share()
        part = self._of.get(fill.symbol)
        return [] if part is None else part.on_fill(fill)

    def calculate_position_size(self, signal: object, capital: Decimal) -> Decimal:
        return Decimal(str(self.units))

    def _share(self) -> None:
        """Each strategy gets what the run gave to all."""
        if self._ready:
            return
        self._ready = True
        for part in self._parts:
            own = [symbol for symbol, owner in self._of.items() if owner is part]
            part.desk = _OwnSymbols(self.desk, own)  # type: ignore[assignment]  # it hands everything else on
            part.quantity, part.allow_short = self.quantity, self.allow_short


class EveryTick(Strategy):
    """Decides at every quote and every trade from a mean that forgets; goes in and out about `orders_s` times a second.

    For measuring: what it earns does not matter, that it works at each tick does. Market time is what it goes by.
    """

    name = "every_tick"
    subscribes = ("quote", "trade")

    def __init__(self, orders_s: float = 5.0, units: float = 1.0) -> None:
        self.orders_s, self.units = orders_s, units
        self._means: dict[str, float] = {}
        self._next_ns = 0

    def on_market_data(self, event: MarketData) -> Sequence[Wish]:
        if isinstance(event, QuoteEvent):
            price = (event.bid + event.ask) / 2
        elif isinstance(event, TradeEvent):
            price = event.price
        else:
            return []
        before = self._means.get(event.symbol, price)
        self._means[event.symbol] = before + 0.05 * (price - before)
        if event.ts_ns < self._next_ns or price == before:
            return []
        self._next_ns = event.ts_ns + round(1e9 / self.orders_s)
        held = self.desk.position(event.symbol) > 0
        return [SignalEvent(event.symbol, 0 if held else 1, quantity=Decimal(str(self.units)))]


class Resting(Strategy):
    """Keeps one order far below each market while it holds nothing: something to cancel."""

    name = "resting"
    subscribes = ("quote",)

    def on_market_data(self, event: MarketData) -> Sequence[Wish]:
        if not isinstance(event, QuoteEvent) or not event.bid or self.desk.open_orders(event.symbol):
            return []
        if self.desk.position(event.symbol):
            return []
        price = round(event.bid * 0.8, 2)
        return [SignalEvent(event.symbol, 1, quantity=Decimal(1), type="limit", limit_price=price)]
