"""All of the cash in something that costs next to nothing: more units than one order may name."""

from __future__ import annotations

import numpy as np
import pytest

from tradetui.engine.backtest import run_backtest
from tradetui.engine.market.bars import Bars, bars_from_floats
from tradetui.engine.model.events import MarketEvent, SignalEvent
from tradetui.engine.strategy import Strategy

DAY_NS = 86_400 * 10**9


class InThenOut(Strategy):
    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        return [SignalEvent(event.symbol, int(event.ts_ns < 2 * DAY_NS))]


def _bars(price: float) -> Bars:
    flat = [price] * 5
    return bars_from_floats("X", DAY_NS * np.arange(5), flat, flat, flat, flat, [1e30] * 5)


@pytest.mark.parametrize("volume_cap", ["0.1", None])
@pytest.mark.parametrize(("cash", "price"), [("100000", 1e-5), ("1000000000", 1e-9)])
def test_a_position_of_billions_is_bought_in_one_execution_and_can_be_left(
    cash: str, price: float, volume_cap: str | None
) -> None:
    result = run_backtest(InThenOut, _bars(price), cash=cash, volume_cap=volume_cap, commission_fixed="1")
    assert [fill.side for fill in result.fills] == [1, -1]
    assert result.fills[0].quantity > 9_999_000_000
    assert result.counts.refused == {}
    assert (result.metrics.fees, result.open_trades) == (2.0, [])
