from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradetui.data.formats import read_bars
from tradetui.engine.model.instrument import NANOS_PER_UNIT
from tradetui.strategies.indicators import Bands, Rsi, Sma, bands_columns, rsi_column, sma_column

PUBLISHED = {
    "goog_daily": ("daily/GOOG_2004-2013.csv", (10, 50)),
    "orcl_daily": ("daily/ORCL_1995-2014.csv.gz", (20,)),
    "spx_1min": ("minute/SPX_index_1min_2019-11-05_08.csv", (10, 50)),
    "eurusd_1h": ("minute/EURUSD_1h_2017-2018.csv.gz", (10, 20)),
}
PRICES = st.lists(st.integers(1, 10**15).map(lambda nanos: nanos / NANOS_PER_UNIT), min_size=1, max_size=120)
WALKS = st.lists(st.integers(-500, 500), min_size=1, max_size=200).map(
    lambda steps: [max(1, cents) / 100 for cents in np.cumsum([10_000, *steps]).tolist()]
)
LENGTHS = st.integers(1, 30)

Floats = npt.NDArray[np.float64]


def closes(shared: Path, name: str) -> Floats:
    bars = read_bars(shared / "data" / name)
    return bars.close / NANOS_PER_UNIT


def published(shared: Path, case: str) -> pl.DataFrame:
    with gzip.open(shared / "answers" / "indicators" / f"{case}.csv.gz") as file:
        return pl.read_csv(file.read(), infer_schema_length=None)


def assert_equal(ours: Floats, theirs: pl.Series) -> None:
    wanted = theirs.cast(pl.Float64).to_numpy()
    assert np.array_equal(np.isnan(ours), np.isnan(wanted)), "defined at the same rows"
    np.testing.assert_allclose(ours, wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("case", PUBLISHED)
def test_means_bands_and_strength_are_the_published_ones(shared: Path, case: str) -> None:
    name, lengths = PUBLISHED[case]
    close, answer = closes(shared, name), published(shared, case)
    for n in lengths:
        assert_equal(sma_column(close, n), answer[f"sma_{n}"])
    mean, deviation = bands_columns(close, 20)
    assert_equal(mean, answer["bb_20_2.0_mid"])
    assert_equal(mean + 2 * deviation, answer["bb_20_2.0_upper"])
    assert_equal(mean - 2 * deviation, answer["bb_20_2.0_lower"])
    assert_equal(rsi_column(close, 14), answer["rsi_14"])


def as_floats(values: list[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values])


@given(st.one_of(PRICES, WALKS), LENGTHS)
def test_a_mean_has_the_same_bits_streamed_and_in_columns(prices: list[float], n: int) -> None:
    stream = Sma(n)
    np.testing.assert_array_equal(as_floats([stream.update(p) for p in prices]), sma_column(np.array(prices), n))


@given(st.one_of(PRICES, WALKS), LENGTHS)
def test_bands_have_the_same_bits_streamed_and_in_columns(prices: list[float], n: int) -> None:
    stream = Bands(n)
    streamed = [(stream.update(p), stream.deviation) for p in prices]
    mean, deviation = bands_columns(np.array(prices), n)
    np.testing.assert_array_equal(as_floats([m for m, _ in streamed]), mean)
    np.testing.assert_array_equal(as_floats([None if m is None else d for m, d in streamed]), deviation)


@given(st.one_of(PRICES, WALKS), LENGTHS)
def test_strength_has_the_same_bits_streamed_and_in_columns(prices: list[float], n: int) -> None:
    stream = Rsi(n)
    np.testing.assert_array_equal(as_floats([stream.update(p) for p in prices]), rsi_column(np.array(prices), n))


@given(WALKS, LENGTHS, st.integers(0, 50))
def test_a_mean_does_not_depend_on_what_came_before_its_window(prices: list[float], n: int, before: int) -> None:
    whole = sma_column(np.array([9e6] * before + prices), n)[before:]
    own = sma_column(np.array(prices), n)
    np.testing.assert_array_equal(whole[n - 1 :], own[n - 1 :])


@given(WALKS, LENGTHS)
def test_strength_lies_between_0_and_100_and_is_a_half_where_nothing_moves(prices: list[float], n: int) -> None:
    values = rsi_column(np.array(prices), n)
    defined = values[~np.isnan(values)]
    assert ((defined >= 0) & (defined <= 100)).all()
    assert Rsi(2).update(5.0) is None
    still = Rsi(2)
    assert [still.update(5.0) for _ in range(4)] == [None, None, 50.0, 50.0]


def test_nothing_is_defined_before_its_window_is_full() -> None:
    assert np.isnan(sma_column(np.array([1.0, 2.0]), 3)).all()
    assert [Sma(2).update(1.0), Bands(2).update(1.0), Rsi(1).update(1.0)] == [None, None, None]
    assert sma_column(np.array([1.0, 3.0]), 2).tolist()[1] == 2.0
