from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from tradetui.engine.errors import UsageError
from tradetui.engine.market.bars import bars_from_floats
from tradetui.engine.model.events import MarketEvent, QuoteEvent
from tradetui.engine.strategy_forms import frame
from tradetui.strategies.registry import SHIPPED, find_strategy, make_strategy


class Held:
    """A desk that holds what the strategy last wished for, as if every wish were filled at once."""

    def __init__(self) -> None:
        self.held = 0

    def position(self, symbol: str) -> float:
        return float(self.held)


def wished(name: str, closes: list[float], allow_short: bool = False, **parameters: Any) -> list[int | None]:
    """What the strategy wishes after each close, None for nothing."""
    strategy = make_strategy(name, parameters)
    desk = Held()
    strategy.desk, strategy.allow_short = desk, allow_short  # type: ignore[assignment]
    said: list[int | None] = []
    for row, close in enumerate(closes):
        signals = strategy.on_market_data(MarketEvent("A", row, close, close, close, close, 1.0))
        said.append(signals[0].direction if signals else None)
        if signals:
            desk.held = max(signals[0].direction, 0 if not allow_short else -1)
    return said


def columns(name: str, closes: list[float], allow_short: bool = False, **parameters: Any) -> list[int]:
    strategy = make_strategy(name, parameters)
    strategy.allow_short = allow_short
    bars = bars_from_floats("A", range(len(closes)), closes, closes, closes, closes, [1.0] * len(closes))
    series = strategy.generate_signals(frame(bars, np.arange(len(closes))))
    assert isinstance(series, pl.Series)
    return series.to_list()


def test_a_cross_is_strict_on_both_bars() -> None:
    # means of 1 and 2 bars: the gap is half of the last change
    assert wished("ma_crossover", [5, 4, 5], fast=1, slow=2) == [None, None, 1]
    assert wished("ma_crossover", [5, 4, 4, 5], fast=1, slow=2) == [None] * 4, "they touched between: no cross"
    assert wished("ma_crossover", [4, 5, 4, 5], fast=1, slow=2) == [None, None, -1, 1]
    assert columns("ma_crossover", [4, 5, 4, 4, 5, 4], fast=1, slow=2) == [0, 0, -1, -1, -1, -1]


def test_nothing_is_wished_before_the_first_cross() -> None:
    assert wished("ma_crossover", [1, 2, 3, 4, 5], fast=2, slow=3) == [None] * 5
    assert columns("ma_crossover", [1, 2, 3, 4, 5], fast=2, slow=3) == [0] * 5


def test_momentum_buys_above_its_entry_and_leaves_below_its_exit() -> None:
    closes = [10, 9, 8, 9, 10, 11, 10, 9, 8]  # over one change strength is 0 falling and 100 rising
    assert wished("momentum", closes, period=1, entry=55, exit=45) == [None, None, None, 1, None, None, 0, None, None]
    assert columns("momentum", closes, period=1, entry=55, exit=45) == [0, 0, 0, 1, 1, 1, 0, 0, 0]


def test_mean_reversion_buys_below_its_band_and_leaves_at_the_mean() -> None:
    closes = [10, 10, 10, 10, 6, 7, 9, 10, 10]
    assert wished("mean_reversion", closes, period=4, width=1.0) == [None, None, None, None, 1, None, 0, None, None]
    assert columns("mean_reversion", closes, period=4, width=1.0) == [0, 0, 0, 0, 1, 1, 0, 0, 0]


def test_mean_reversion_is_mirrored_only_where_shorts_are_allowed() -> None:
    closes = [10, 10, 10, 10, 14, 13, 11, 12]
    assert wished("mean_reversion", closes, period=4, width=1.0) == [None] * 8
    assert columns("mean_reversion", closes, period=4, width=1.0) == [0] * 8
    assert wished("mean_reversion", closes, True, period=4, width=1.0) == [None] * 4 + [-1, None, 0, None]
    assert columns("mean_reversion", closes, True, period=4, width=1.0) == [0, 0, 0, 0, -1, -1, 0, 0]


@pytest.mark.parametrize("name", SHIPPED)
def test_only_bars_are_listened_to_and_each_symbol_has_its_own_state(name: str) -> None:
    strategy = make_strategy(name, {})
    strategy.desk = Held()  # type: ignore[assignment]
    assert strategy.on_market_data(QuoteEvent("A", 0, 1.0, 1.0, 2.0, 1.0)) == []
    mixed, alone = make_strategy(name, {}), make_strategy(name, {})
    mixed.desk = alone.desk = Held()  # type: ignore[assignment]
    for row in range(200):
        close = 100 + 10 * ((row * 7919) % 13 - 6)
        event = MarketEvent("A", row, close, close, close, close, 1.0)
        mixed.on_market_data(MarketEvent("B", row, 5.0 + row, 5.0 + row, 5.0 + row, 5.0 + row, 1.0))
        assert mixed.on_market_data(event) == alone.on_market_data(event)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("ma_crossover", {"fast": 0}),
        ("ma_crossover", {"fast": 20}),
        ("ma_crossover", {"fast": 5, "slow": 5}),
        ("ma_crossover", {"fast": -1}),
        ("momentum", {"period": 0}),
        ("momentum", {"entry": 40, "exit": 60}),
        ("momentum", {"entry": 100}),
        ("momentum", {"exit": 0}),
        ("momentum", {"entry": "nan"}),
        ("mean_reversion", {"period": 1}),
        ("mean_reversion", {"width": 0}),
        ("mean_reversion", {"width": "nan"}),
        ("market_maker", {"half_spread_bps": 0}),
        ("market_maker", {"size": 6, "max_inventory": 5}),
        ("market_maker", {"skew": -1}),
        ("market_maker", {"skew": "inf"}),
        ("market_maker", {"imbalance_weight": "nan"}),
        ("market_maker", {"refresh_ms": 0}),
    ],
)
def test_parameters_that_make_no_rule_are_refused_with_what_was_seen_and_expected(
    name: str, parameters: dict[str, Any]
) -> None:
    with pytest.raises(UsageError, match=f"{name}: .*expected"):
        make_strategy(name, parameters)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_strategies_have_both_forms_and_report_their_parameters(name: str) -> None:
    cls = find_strategy(name)
    assert cls.is_event_driven()
    assert cls.is_vectorised() == (name != "market_maker")  # which looks at books, and columns of bars have none
    assert cls().name == name
    assert (
        list(cls().get_parameters())
        == {
            "ma_crossover": ["fast", "slow"],
            "momentum": ["period", "entry", "exit"],
            "market_maker": ["half_spread_bps", "size", "max_inventory", "skew", "imbalance_weight", "refresh_ms"],
            "mean_reversion": ["period", "width"],
        }[name]
    )
