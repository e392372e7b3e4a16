from __future__ import annotations

from collections.abc import Callable
from math import isclose
from pathlib import Path

import polars as pl
import pytest

from tradetui.strategies.indicators import Bands, Rsi, Sma
from tradetui.strategies.price_indicators import Ema, Macd
from tradetui.strategies.range_indicators import Adx, Atr, Stochastic, TrueRange

Row = tuple[float, float, float]


def close_only(update: Callable[[float], float | None]) -> Callable[[Row], float | None]:
    return lambda row: update(row[2])


def whole(update: Callable[[float, float, float], float | None]) -> Callable[[Row], float | None]:
    return lambda row: update(*row)


def band(width: float) -> Callable[[Row], float | None]:
    bands = Bands(20)

    def update(row: Row) -> float | None:
        mean = bands.update(row[2])
        return None if mean is None else mean + width * bands.deviation

    return update


def part(indicator: Macd | Stochastic, name: str) -> Callable[[Row], float | None]:
    def update(row: Row) -> float | None:
        indicator.update(row[2]) if isinstance(indicator, Macd) else indicator.update(*row)
        found: float | None = getattr(indicator, name)
        return found

    return update


STREAMS: dict[str, Callable[[], Callable[[Row], float | None]]] = {
    "sma_10": lambda: close_only(Sma(10).update),
    "sma_50": lambda: close_only(Sma(50).update),
    "ema_12": lambda: close_only(Ema(12).update),
    "ema_26": lambda: close_only(Ema(26).update),
    "rsi_14": lambda: close_only(Rsi(14).update),
    "bb_20_2.0_upper": lambda: band(2.0),
    "bb_20_2.0_mid": lambda: band(0.0),
    "bb_20_2.0_lower": lambda: band(-2.0),
    "trange": lambda: whole(TrueRange().update),
    "atr_14": lambda: whole(Atr(14).update),
    "macd_12_26_9": lambda: part(Macd(), "value"),
    "macd_12_26_9_signal": lambda: part(Macd(), "signal"),
    "macd_12_26_9_hist": lambda: part(Macd(), "histogram"),
    "adx_14": lambda: whole(Adx(14).update),
    "stoch_14_3_3_k": lambda: part(Stochastic(), "value"),
    "stoch_14_3_3_d": lambda: part(Stochastic(), "d"),
}


@pytest.mark.parametrize("name", STREAMS)
def test_streamed_bar_by_bar_it_is_what_ta_lib_gives(shared: Path, name: str) -> None:
    bars = pl.read_csv(shared / "data/daily/GOOG_2004-2013.csv").select("High", "Low", "Close")
    answer = pl.read_csv(shared / "answers/indicators/goog_daily.csv.gz", infer_schema_length=None)[name]
    update = STREAMS[name]()
    seen = [update(row) for row in bars.iter_rows()]
    for one, other in zip(seen, answer.cast(pl.Float64).to_list(), strict=True):
        assert (one is None) == (other is None)
        assert one is None or isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
