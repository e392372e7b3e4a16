from __future__ import annotations

from collections.abc import Callable
from math import isclose

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradetui.data import features as f
from tradetui.strategies import indicators as i
from tradetui.strategies import price_indicators as p
from tradetui.strategies import range_indicators as r
from tradetui.strategies import volume_indicators as v

pytestmark = pytest.mark.slow
checked = settings(max_examples=40, deadline=None)  # polars starts threads on the first example

BARS = st.tuples(
    st.integers(1, 3), st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), st.integers(0, 10**6)
)


@st.composite
def bar_tables(draw: st.DrawFn) -> pl.DataFrame:
    """Bars on a tick of some size: flat stretches, jumps and bars without volume among them."""
    tick = draw(st.sampled_from([1e-9, 1e-5, 0.01, 0.25, 50.0]))
    base = draw(st.integers(1, 20_000))
    rows = draw(st.lists(BARS, min_size=1, max_size=60))
    table = []
    for still, high, low, close, volume in rows:
        level = base + (0 if still == 1 else close)
        top, bottom = level + high * (still > 1), max(1, level - low * (still > 1))
        table.append((round(top * tick, 9), round(bottom * tick, 9), round(level * tick, 9), volume / 8))
    return pl.DataFrame(table, schema=["high", "low", "close", "volume"], orient="row").cast(pl.Float64)


def streamed(update: Callable[..., float | None], table: pl.DataFrame, *columns: str) -> list[float | None]:
    return [update(*row) for row in table.select(columns or ("close",)).iter_rows()]


def assert_same(seen: list[float | None], column: pl.Series, scale: float = 0.0, relative: float = 1e-12) -> None:
    """Defined in the same rows and equal there; `scale` is the size of what was subtracted on the way."""
    assert len(seen) == len(column)
    for row, (one, other) in enumerate(zip(seen, column.to_list(), strict=True)):
        same = (
            one == other
            if one is None or other is None
            else isclose(one, other, rel_tol=relative, abs_tol=scale * relative)
        )
        assert same, f"row {row}: {one!r} streamed, {other!r} in columns"


def assert_bits(seen: list[float | None], column: pl.Series) -> None:
    assert seen == column.to_list()


@checked
@given(table=bar_tables(), n=st.integers(1, 12))
def test_means_and_prices_weighted_by_volume_are_the_same_bits(table: pl.DataFrame, n: int) -> None:
    bar = ("high", "low", "close", "volume")
    seen = table.select(sma=f.sma(n=n), cutler=f.rsi_cutler(n=n), vwap=f.vwap(), rolling=f.rolling_vwap(n))
    assert_bits(streamed(i.Sma(n).update, table), seen["sma"])
    assert_bits(streamed(p.CutlerRsi(n).update, table), seen["cutler"])
    assert_bits(streamed(v.Vwap().update, table, *bar), seen["vwap"])
    assert_bits(streamed(v.RollingVwap(n).update, table, *bar), seen["rolling"])


@checked
@given(table=bar_tables(), n=st.integers(2, 12), ddof=st.sampled_from([0, 1]))
def test_scores_and_bands_are_the_same(table: pl.DataFrame, n: int, ddof: int) -> None:
    seen = table.select(f.zscore(n=n, ddof=ddof).alias("score"), *f.bollinger(n=n, width=1.0))
    bands = i.Bands(n)
    upper = [None if (mean := bands.update(close)) is None else mean + bands.deviation for close in table["close"]]
    assert_same(upper, seen[f"bollinger_{n}_1_upper"])
    assert_bits(streamed(p.ZScore(n, ddof).update, table), seen["score"])


@checked
@given(table=bar_tables(), n=st.integers(2, 12))
def test_recursive_means_and_volatilities_are_the_same(table: pl.DataFrame, n: int) -> None:
    close = table["close"]
    seen = table.select(
        ema=f.ema(n=n),
        rsi=f.rsi(n=n),
        realised=f.realised_volatility(n=n, periods_per_year=252),
        volatility=f.volatility(n=n, periods_per_year=252),
    )
    assert_same(streamed(p.Ema(n).update, table), seen["ema"])
    assert_same(streamed(i.Rsi(n).update, table), seen["rsi"], 100.0, 1e-11)
    assert_same(streamed(p.RealisedVolatility(n, 252).update, table), seen["realised"])
    spread = float(close.log().diff().abs().max() or 0.0) * 252**0.5  # type: ignore[arg-type]
    assert_same(streamed(p.Volatility(n, 252).update, table), seen["volatility"], max(spread, 1e-3))


@checked
@given(table=bar_tables(), fast=st.integers(1, 5), more=st.integers(1, 6), signal=st.integers(1, 5))
def test_convergence_and_its_signal_are_the_same(table: pl.DataFrame, fast: int, more: int, signal: int) -> None:
    seen = table.select(**f.macd("close", fast, fast + more, signal)._asdict())
    macd = p.Macd(fast, fast + more, signal)
    rows = [(macd.update(close), macd.signal, macd.histogram) for close in table["close"]]
    scale = float(table["close"].max())  # type: ignore[arg-type]
    for place, name in enumerate(("line", "signal", "histogram")):
        assert_same([row[place] for row in rows], seen[name], scale)


@checked
@given(table=bar_tables(), n=st.integers(2, 8), k=st.integers(1, 4), d=st.integers(1, 4))
def test_ranges_and_directions_are_the_same(table: pl.DataFrame, n: int, k: int, d: int) -> None:
    bar = ("high", "low", "close")
    directions, places = f.adx(n=n), f.stochastic(n=n, k=k, d=d)
    seen = table.select(
        range=f.true_range(), atr=f.atr(n=n), adx=directions.adx, plus=directions.plus, k=places.k, d=places.d
    )
    assert_bits(streamed(r.TrueRange().update, table, *bar), seen["range"])
    assert_same(streamed(r.Atr(n).update, table, *bar), seen["atr"], float(table["high"].max()))  # type: ignore[arg-type]
    adx, stochastic = r.Adx(n), r.Stochastic(n, k, d)
    assert_same(streamed(adx.update, table, *bar), seen["adx"], 100.0, 1e-9)
    rows = [(stochastic.update(*row), stochastic.d) for row in table.select(bar).iter_rows()]
    assert_same([row[0] for row in rows], seen["k"], 100.0)
    assert_same([row[1] for row in rows], seen["d"], 100.0)


@checked
@given(table=bar_tables(), n=st.integers(1, 8))
def test_symbols_of_one_table_do_not_see_each_other(table: pl.DataFrame, n: int) -> None:
    features = [
        f.sma(n=n),
        f.ema(n=n),
        f.atr(n=n),
        f.macd("close", 2, 4, 2).signal,
        f.adx(n=2).adx,
        f.stochastic(n=n).d,
        f.realised_volatility(n=n),
        f.rolling_vwap(n),
    ]
    alone = table.select(features)
    other = table.with_columns(pl.all() * 2, symbol=pl.lit("B"))
    both = pl.concat([table.with_columns(symbol=pl.lit("A")), other])
    names = alone.columns
    together = both.with_columns(feature.over("symbol") for feature in features)
    assert together.filter(symbol="A").select(names).equals(alone)


def test_a_session_starts_its_average_anew() -> None:
    vwap = v.Vwap()
    assert vwap.update(11.0, 9.0, 10.0, 100.0) == 10.0
    vwap.reset()
    assert vwap.value is None
    assert vwap.update(21.0, 19.0, 20.0, 1.0) == 20.0


def test_nothing_traded_has_no_average() -> None:
    assert v.Vwap().update(11.0, 9.0, 10.0, 0.0) is None
    table = pl.DataFrame({"high": [11.0], "low": [9.0], "close": [10.0], "volume": [0.0]})
    assert table.select(f.vwap()).item() is None


def test_an_unknown_volume_makes_the_average_unknown_until_the_session_ends() -> None:
    nan = float("nan")
    table = pl.DataFrame({"price": [1.0, 2.0, 3.0, 4.0], "volume": [1.0, nan, 1.0, 1.0], "day": [1, 1, 1, 2]})
    assert table.select(f.vwap("price").over("day"))["vwap"].to_list() == [1.0, None, None, 4.0]
    assert table.select(f.rolling_vwap(2, "price")).to_series().to_list() == [None, None, None, 3.5]


@pytest.mark.parametrize("close", [1e-9, 0.1, 8_999_999.99])
def test_a_price_that_never_moves_has_no_deviation_at_all(close: float) -> None:
    table = pl.DataFrame({"close": [close] * 30})
    bands = f.bollinger(n=20)
    seen = table.select(upper=bands.upper, lower=bands.lower, score=f.zscore(n=20), rsi=f.rsi())[-1].row(0)
    assert seen == (close, close, None, 50.0)
