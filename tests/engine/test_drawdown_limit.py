"""The drawdown limit looks at every change of equity, however a position ended: over bars, quotes and live."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from book_session import SECOND, START, config_of, session
from tradetui.engine.backtest import run_backtest
from tradetui.engine.build import build_core
from tradetui.engine.market.bars import Bars, bars_from_floats
from tradetui.engine.market.tape import MarketSession
from tradetui.engine.model.events import ControlEvent, Event, MarketEvent, QuoteEvent, SignalEvent, TradingState
from tradetui.engine.strategy import Strategy
from tradetui.engine.tape_loop import TapePlayer

MINUTE = 60 * SECOND


def flat_bars(rows: int = 8) -> Bars:
    ten = [10.0] * rows
    return bars_from_floats("X", [k * MINUTE for k in range(rows)], ten, ten, ten, ten, [1e6] * rows, MINUTE)


WANTED = [0, 1, 1, 0, 0, 1, 1, 1]  # in, out, and in again


class InColumns(Strategy):
    """Decides everything at once."""

    def generate_signals(self, data: pl.DataFrame) -> pl.Series:
        return pl.Series(WANTED)

    def get_parameters(self) -> dict[str, Any]:
        return {}


class BarByBar(Strategy):
    """The same decisions, each at its bar."""

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        row = event.ts_ns // MINUTE
        before = WANTED[row - 1] if row else 0
        return [SignalEvent(event.symbol, WANTED[row])] if WANTED[row] != before else []

    def get_parameters(self) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize("strategy", [InColumns, BarByBar])
@pytest.mark.parametrize(("same_close", "halted_at"), [(True, 4), (False, 5)])
def test_fees_of_an_exit_over_bars_halt_at_the_exit(strategy: type[Strategy], same_close: bool, halted_at: int) -> None:
    """1,000 units of 10 cost 300 to enter and 300 to leave; 5 % of 10,300 is less than both, more than one."""
    options = {"quantity": 1000, "commission": "0.03", "cash": "10300", "limits": {"max_drawdown": "0.05"}}
    result = run_backtest(strategy, flat_bars(), same_close=same_close, **options)
    assert [fill.side for fill in result.fills] == [1, -1]
    assert [(control.state, control.ts_ns) for control in result.controls] == [
        (TradingState.HALTED, halted_at * MINUTE)
    ]


class OnQuotes(Strategy):
    """Wants at each quote what its number says."""

    subscribes = ("quote",)

    def __init__(self, *wanted: int) -> None:
        self.wanted = list(wanted)

    def on_market_data(self, event: QuoteEvent) -> list[SignalEvent]:  # type: ignore[override]
        return [SignalEvent("X", self.wanted.pop(0), quantity=9)] if self.wanted else []

    def get_parameters(self) -> dict[str, Any]:
        return {}


def test_a_position_closed_at_a_loss_over_recorded_quotes_halts_at_the_quote_that_closed_it() -> None:
    quotes = [(float(k), bid, 50.0, 100.0, 50.0) for k, bid in enumerate([99.0, 99.0, 99.0, 70.0, 70.0, 70.0])]
    told = session(quotes=quotes)
    none = Bars(("X",), np.empty(0, np.int32), *(np.empty(0, np.int64) for _ in range(5)), np.empty(0), MINUTE)
    whole = MarketSession(none, told.quotes, told.trades, told.depth)
    config = config_of(cash="1000", limits={"max_drawdown": "0.15"})
    strategy = OnQuotes(1, 1, 0, 0, 1)
    player = TapePlayer(build_core(config, strategy, ("X",)), whole)
    player.play(len(player))
    events: list[Event] = player.core.take()
    assert [event.ts_ns for event in events if isinstance(event, ControlEvent)] == [START + 3 * SECOND]
    assert not player.core.portfolio.open
