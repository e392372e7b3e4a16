"""The core at its edges: strategies that raise when asked for a size, quotes with one side, slippage on quotes."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from tradetui.engine.bar_loop import every_bar
from tradetui.engine.build import build_core
from tradetui.engine.config import RunConfig
from tradetui.engine.market.bar_fills import Window
from tradetui.engine.market.bars import Bars, bars_from_floats
from tradetui.engine.model.events import FillEvent, MarketEvent, OrderEvent, SignalEvent, StrategyErrorEvent
from tradetui.engine.settling import settle_quote
from tradetui.engine.step import Core
from tradetui.engine.strategy import Strategy

DAY_NS = 86_400 * 10**9


class RaisesWhenSized(Strategy):
    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        return [SignalEvent(event.symbol, 1)]

    def calculate_position_size(self, signal: SignalEvent, capital: Decimal) -> Decimal:
        raise ValueError("no size today")


class RaisesWhenAskedForAStop(Strategy):
    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        return [SignalEvent(event.symbol, 1, quantity=1)]

    def get_stop_loss(self) -> float:
        raise ValueError("no stop today")


class Silent(Strategy):
    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        return []


def three_bars() -> Bars:
    return bars_from_floats("X", DAY_NS * np.arange(1, 4), [100] * 3, [101] * 3, [99] * 3, [100] * 3, [1e6] * 3)


def quoted_core(**options: object) -> Core:
    core = build_core(RunConfig(cash=Decimal(1000), **options), Silent(), ["X"])  # type: ignore[arg-type]
    core.view.quotes["X"] = (99.0, 100.0)
    return core


@pytest.mark.parametrize("kind", [RaisesWhenSized, RaisesWhenAskedForAStop])
def test_it_is_stopped_and_recorded_and_the_run_goes_on(kind: type[Strategy]) -> None:
    core = build_core(RunConfig(cash=Decimal(1000)), kind(), ["X"])
    every_bar(core, three_bars(), 0, 3, DAY_NS)
    events = core.take()
    errors = [event for event in events if isinstance(event, StrategyErrorEvent)]
    assert len(errors) == 1
    assert "today" in errors[0].error
    assert core.stopped
    assert not [event for event in events if isinstance(event, OrderEvent)]
    assert core.seq == 3 + len(events)


@pytest.mark.parametrize(("direction", "gone"), [(1, (0.0, 100.0)), (-1, (99.0, 0.0))])
def test_a_position_whose_side_of_the_quote_vanished_is_worth_its_cost(
    direction: int, gone: tuple[float, float]
) -> None:
    core = quoted_core(allow_short=True)
    core.signals([SignalEvent("X", direction, quantity=5)], 1, core.input())
    core.input()
    window = Window(2, *[100 * 10**9] * 4, 50)
    settle_quote(core, "X", window if direction > 0 else None, window if direction < 0 else None)
    assert core.portfolio.quantity("X") == 5 * direction
    core.view.quotes["X"] = gone
    assert core.equity() == 1000
    assert core.free() == 500
    assert not core.portfolio.imbalance(core.marks())


def test_slippage_on_quotes_is_measured_from_the_middle_at_the_decision() -> None:
    core = quoted_core()
    core.signals([SignalEvent("X", 1, quantity=5)], 1, core.input())
    core.view.quotes["X"] = (100.0, 101.0)  # the market moves before the order is there
    core.input()
    settle_quote(core, "X", Window(2, *[101 * 10**9] * 4, 50), None)
    fill = next(event for event in core.take() if isinstance(event, FillEvent))
    assert (float(fill.price), fill.decided_price) == (101.0, 99.5)
