"""The invented market beside real ones: every stylised fact within the range that the real files give it.

The ranges in synthetic_ranges.json are the least and greatest values found in real files by
tests/bench/data_synthetic_facts.py, which also measures the invented market: one definition for both.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tradetui.data.synthetic_market import facts

HERE = Path(__file__).parent
RANGES: dict[str, dict[str, float]] = json.loads((HERE / "synthetic_ranges.json").read_text(encoding="utf-8"))
ONE_SOURCE = 0.2  # how far a fact that only one file can give may be from it, as a share
SEEDS = (7, 20_260_302)


@pytest.fixture(scope="module")
def measuring() -> ModuleType:
    path = HERE.parent / "bench" / "data_synthetic_facts.py"
    spec = importlib.util.spec_from_file_location("data_synthetic_facts", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", params=SEEDS)
def invented(measuring: ModuleType, request: pytest.FixtureRequest) -> dict[str, float]:
    """Six symbols on four days in full, and years of minute bars of three."""
    found: dict[str, float] = measuring.invented(request.param, symbols=6, days=4, events=40_000)
    return found


def range_of(fact: str) -> tuple[float, float]:
    values = RANGES[fact].values()
    if len(values) == 1:
        (only,) = values
        return only * (1 - ONE_SOURCE), only * (1 + ONE_SOURCE)
    return min(values), max(values)


@pytest.mark.slow
def test_every_fact_of_the_invented_market_lies_within_what_real_markets_show(invented: dict[str, float]) -> None:
    outside = {}
    for name, value in invented.items():
        low, high = range_of(name.removeprefix("bars: "))
        if not low <= value <= high:
            outside[name] = f"{value:.4g} is not within {low:.4g} .. {high:.4g}"
    assert outside == {}
    assert {name.removeprefix("bars: ") for name in invented} == set(RANGES), "a fact is measured on one side only"


@pytest.mark.slow
def test_the_ranges_are_those_of_the_real_files(measuring: ModuleType, shared: Path) -> None:
    measured = measuring.measured(shared / "data")
    assert {fact: set(sources) for fact, sources in measured.items()} == {f: set(s) for f, s in RANGES.items()}
    for fact, sources in measured.items():
        assert sources == pytest.approx(RANGES[fact], rel=1e-3), fact


def test_a_market_of_independent_normal_steps_would_fail(measuring: ModuleType) -> None:
    """The ranges can tell a market from a coin: what has no memory and no tails lies outside them."""
    rng = np.random.default_rng(1)
    returns = rng.standard_normal(20_000) * 1e-4
    sides = rng.choice(np.array([-1, 1], np.int8), 20_000)
    times = np.cumsum(rng.exponential(1e9, 20_000)).astype(np.int64)
    found = {name: value for name, _, value in (*measuring._returns("", returns), *measuring._signs("", times, sides))}
    inside = {name for name, value in found.items() if range_of(name)[0] <= value <= range_of(name)[1]}
    assert inside == {"returns lag 1"}


def test_facts_of_series_whose_values_are_known() -> None:
    assert facts.autocorrelation([1, -1] * 50, 1) == pytest.approx(-0.99)
    assert np.isnan(facts.autocorrelation([5, 5, 5, 5], 1))
    assert np.isnan(facts.autocorrelation([1, 2], 1))
    assert facts.tail_facts(np.array([-1.0, 1.0] * 50 + [0.0] * 100)).kurtosis == 2.0
    rng = np.random.default_rng(2)
    pareto = rng.random(200_000) ** (-1 / 3.0) * rng.choice([-1.0, 1.0], 200_000)
    assert facts.tail_facts(pareto).hill == pytest.approx(3.0, rel=0.05)
    poisson = facts.arrival_facts(np.cumsum(rng.exponential(1e6, 100_000)).astype(np.int64))
    assert poisson.variation == pytest.approx(1.0, abs=0.02)
    assert poisson.memory == pytest.approx(0.0, abs=0.02)
    spread = facts.spread_facts(np.array([100, 0, 100, 102]), np.array([101, 105, 103, 101]), 1)
    assert spread == (2.0, 2.0, 0.5), "an empty side and a crossed quote are left out"
    assert facts.depth_profile(np.array([[3.0, 1.0], [5.0, 3.0]])).tolist() == [4 / 3, 2 / 3]
    assert facts.ends_to_middle(np.r_[np.full(30, 4.0), np.ones(330), np.full(30, 6.0)]) == (4.0, 6.0)


def test_prints_of_one_instant_and_side_are_one_market_order() -> None:
    ts, side = np.array([1, 1, 1, 2, 3]), np.array([1, 1, -1, -1, -1], np.int8)
    assert facts.market_orders(ts, side).tolist() == [True, False, True, True, True]


def test_returns_are_taken_by_the_clock_from_the_last_price_known() -> None:
    ts, price = np.array([5, 10, 25]), np.array([100, 200, 400])
    assert np.exp(facts.clock_returns(ts, price, 0, 40, 10)).tolist() == pytest.approx([1.0, 2.0, 1.0])
