from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tradetui.data import features as f

PRICES = ("Open", "High", "Low", "Close")
CASES = {
    "goog_daily": "daily/GOOG_2004-2013.csv",
    "orcl_daily": "daily/ORCL_1995-2014.csv.gz",
    "eurusd_1h": "minute/EURUSD_1h_2017-2018.csv.gz",
    "spx_1min": "minute/SPX_index_1min_2019-11-05_08.csv",
}
BANDS, MACD, STOCHASTIC = f.bollinger(n=20), f.macd(), f.stochastic()
TA_LIB = {
    "sma_10": f.sma(n=10),
    "sma_20": f.sma(n=20),
    "sma_50": f.sma(n=50),
    "ema_12": f.ema(n=12),
    "ema_20": f.ema(n=20),
    "ema_26": f.ema(n=26),
    "rsi_14": f.rsi(n=14),
    "bb_20_2.0_upper": BANDS.upper,
    "bb_20_2.0_mid": BANDS.middle,
    "bb_20_2.0_lower": BANDS.lower,
    "trange": f.true_range(),
    "atr_14": f.atr(n=14),
    "macd_12_26_9": MACD.line,
    "macd_12_26_9_signal": MACD.signal,
    "macd_12_26_9_hist": MACD.histogram,
    "adx_14": f.adx(n=14).adx,
    "stoch_14_3_3_k": STOCHASTIC.k,
    "stoch_14_3_3_d": STOCHASTIC.d,
}


def bars(path: Path) -> pl.DataFrame:
    return pl.read_csv(path).rename({name: name.lower() for name in PRICES})


def assert_close(seen: pl.Series, expected: pl.Series, relative: float, absolute: float = 1e-9) -> None:
    """Equal within the tolerance, and undefined in the same rows."""
    expected = expected.cast(pl.Float64)
    assert seen.is_null().to_list() == expected.is_null().to_list()
    off = (seen - expected).abs() - pl.Series([absolute] * len(seen)).zip_with(
        (expected.abs() * relative).fill_null(0.0) < absolute, expected.abs() * relative
    )
    worst = off.arg_max()
    assert worst is None or off[worst] <= 0, f"row {worst}: {seen[worst]} is not {expected[worst]}"


@pytest.mark.parametrize("case", CASES)
def test_every_column_is_that_of_ta_lib(shared: Path, case: str) -> None:
    answers = pl.read_csv(shared / f"answers/indicators/{case}.csv.gz", infer_schema_length=None)
    names = answers.columns[1:]
    seen = bars(shared / "data" / CASES[case]).select(**{name: TA_LIB[name] for name in names})
    assert len(names) >= 8
    for name in names:
        assert_close(seen[name], answers[name], 1e-9)


def test_moving_averages_and_both_strength_indices_are_those_of_lean(shared: Path) -> None:
    answers = pl.read_csv(
        shared / "answers/indicators_published/lean_spy_with_indicators.txt", infer_schema_length=None
    )
    seen = answers.select(
        sma=f.sma("Close", 14), ema=f.ema("Close", 14), wilder=f.rsi("Close", 14), cutler=f.rsi_cutler("Close", 14)
    )
    assert_close(seen["sma"], answers["SMA14"], 4e-7)
    assert_close(seen["ema"], answers["EMA14"], 4e-7)
    assert_close(seen["wilder"], answers["RSI 14 Wilder"], 4e-7)
    assert_close(seen["cutler"][15:], answers["RSI 14"][15:], 1.2e-5)  # of closes that the source had rounded to cents


def test_convergence_of_lean_starts_from_means_of_their_own(shared: Path) -> None:
    answers = pl.read_csv(
        shared / "answers/indicators_published/lean_spy_with_indicators.txt", infer_schema_length=None
    )
    expected = answers["MACD 12 26"].cast(pl.Float64)
    seen = answers.select(line=f.macd("Close", convention="lean").line)["line"]
    first = seen.is_not_null().arg_max()
    assert first == expected.is_not_null().arg_max() == 25
    assert_close(seen, expected, 0.0, absolute=2e-4)  # closes near 15,000, rounded to cents


def test_average_range_of_lean_takes_the_first_bar_too(shared: Path) -> None:
    answers = pl.read_csv(shared / "answers/indicators_published/lean_spy_atr_wilder.txt", infer_schema_length=None)
    frame = answers.rename({name: name.lower() for name in PRICES})
    seen = frame.select(atr=f.atr(n=14, first_bar=True))["atr"]
    assert_close(seen, answers["Average True Range 14"], 0.0, absolute=6e-6)


def test_bands_of_lean_are_of_the_population(shared: Path) -> None:
    answers = pl.read_csv(
        shared / "answers/indicators_published/lean_spy_bollinger_bands.txt", infer_schema_length=None
    )
    seen = answers.select(**f.bollinger("Close", 20)._asdict())
    assert_close(seen["middle"], answers["Moving Average 20"], 4e-7)
    assert_close(seen["upper"], answers["Bollinger Bands® 20 2 Top"], 4e-7)
    assert_close(seen["lower"], answers["Bollinger Bands® 20 2 Bottom"], 4e-7)


def test_bands_of_mplfinance_are_of_the_sample(shared: Path) -> None:
    path = shared / "answers/indicators_published/mplfinance_SPY_20110701_20120630_Bollinger.csv"
    answers = pl.read_csv(path)
    seen = answers.select(**f.bollinger("Close", 20, ddof=1)._asdict())[19:]  # the file's first rows saw earlier bars
    assert_close(seen["upper"], answers["UpperB"][19:], 1e-13)
    assert_close(seen["lower"], answers["LowerB"][19:], 1e-13)
