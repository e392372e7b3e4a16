"""Runs whose every event can be compared: in one piece or in many, from bars in memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from tradetui import Strategy
from tradetui.engine.backtest import Backtest
from tradetui.engine.bar_loop import change_rows, every_bar, woken_bars
from tradetui.engine.build import build_core, decision_delay_ns
from tradetui.engine.config import RunConfig, run_config
from tradetui.engine.journal.codec import encode_events
from tradetui.engine.market.bars import Bars, bars_from_floats, merge_bars
from tradetui.engine.model.events import Event
from tradetui.engine.result import BacktestResult, Source
from tradetui.engine.strategy_forms import event_driven, wanted_positions
from tradetui.strategies.registry import make_strategy

MINUTE_NS = 60_000_000_000
START_NS = 1_709_303_400_000_000_000

# Everything that could make a run depend on how it is driven: chance, limits, a rate, brackets by the venue, fees.
EVENTFUL: dict[str, Any] = {
    "quantity": "10",
    "allow_short": True,
    "commission": "0.0007",
    "slippage": {"bps": 1.5},
    "volume_cap": "0.0015",
    "chance": {"fill": 0.8, "partial": 0.3, "cancel": 0.05},
    "limits": {"max_drawdown": "0.5", "max_position": "25", "max_orders_per_second": 1},
    "seed": 11,
}


def swinging(symbol: str, rows: int, phase: float = 0.0, step_ns: int = MINUTE_NS) -> Bars:
    """Bars that swing around 100 with gaps between them, prices to the cent."""
    closes = [round(100 + 8 * math.sin(i / 7 + phase) + 3 * math.sin(i / 2.1), 2) for i in range(rows)]
    opens = [round(c + 0.3 * math.sin(3.7 * i), 2) for i, c in enumerate([100.0, *closes[:-1]])]
    highs = [round(max(o, c) + 0.4 + 0.3 * math.cos(i), 2) for i, (o, c) in enumerate(zip(opens, closes, strict=True))]
    lows = [round(min(o, c) - 0.4 + 0.3 * math.sin(i), 2) for i, (o, c) in enumerate(zip(opens, closes, strict=True))]
    ts = [START_NS + i * step_ns for i in range(rows)]
    return bars_from_floats(symbol, ts, opens, highs, lows, closes, [4_000.0 + 37 * (i % 50) for i in range(rows)])


def several(rows: int) -> Bars:
    """Three symbols, one of them with every second bar only."""
    sparse = swinging("CC", rows // 2, 2.9, 2 * MINUTE_NS)
    return merge_bars([swinging("AA", rows), swinging("BB", rows, 1.3), sparse])


def config_of(**options: Any) -> RunConfig:
    return run_config(options, "test")


def events_of(
    strategy: Strategy, bars: Bars, config: RunConfig, cuts: Sequence[int] = (), vectorised: bool = False
) -> list[Event]:
    """Every event of a run that is worked in pieces, cut at `cuts`."""
    core = build_core(config, strategy, bars.symbols)
    delay = decision_delay_ns(bars)
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < len(bars)}), len(bars)]
    work: Callable[[int, int], None]
    if vectorised:
        wanted = wanted_positions(strategy, bars)
        changes = change_rows(bars, wanted)

        def work(start: int, stop: int) -> None:
            woken_bars(core, bars, start, stop, delay, wanted, changes)
    else:
        event_driven(strategy)

        def work(start: int, stop: int) -> None:
            every_bar(core, bars, start, stop, delay)

    events: list[Event] = []
    for start, stop in pairwise(edges):
        work(start, stop)
        core.record(bars.rows(start, stop))
        events += core.take()
    return events


def text(events: Sequence[Event]) -> bytes:
    """Events as the journal has them."""
    return encode_events(events)


def shipped(name: str, **parameters: Any) -> Strategy:
    return make_strategy(name, parameters)


def result_of(strategy: Strategy, bars: Bars, config: RunConfig, **options: Any) -> BacktestResult:
    sources = [Source.of(bars, symbol) for symbol in bars.symbols]
    return Backtest(config, strategy, bars, sources, **options).run()


def until(bars: Bars, row: int) -> Bars:
    """The bars as they were known when row `row` had closed."""
    return bars.rows(0, row + 1)


def poisoned(bars: Bars, row: int) -> Bars:
    """The same bars up to `row`, and after it a market that nobody could have guessed."""
    from dataclasses import replace

    after = np.arange(len(bars)) > row
    wild = np.where(np.arange(len(bars)) % 2, 7, 1)

    def column(values: Any) -> Any:
        return np.where(after, values * wild + 13_000_000_000, values)

    low, high = column(bars.low), column(bars.high)
    return replace(
        bars,
        open=np.clip(column(bars.open), low, high),
        high=high,
        low=low,
        close=np.clip(column(bars.close), low, high),
        volume=np.where(after, bars.volume * 3 + 1, bars.volume),
    )
