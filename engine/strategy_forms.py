"""Brings the two forms of a strategy together: all decisions at once from columns, or one at a time from a trailing window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tradetui.engine.errors import RunFailed
from tradetui.engine.market.bars import Bars
from tradetui.engine.model.events import MarketData, MarketEvent, SignalEvent
from tradetui.engine.model.instrument import NANOS_PER_UNIT
from tradetui.engine.strategy import Strategy

if TYPE_CHECKING:
    import polars as pl


def wanted_positions(strategy: Strategy, bars: Bars) -> npt.NDArray[np.int8]:
    """The wanted position after each row of `bars`, from `generate_signals` symbol by symbol; shape (n,).

    Raises RunFailed when the series has another length, nulls or values other than +1, 0 and -1.
    """
    wanted = np.zeros(len(bars), np.int8)
    for index, symbol in enumerate(bars.symbols):
        rows = np.flatnonzero(bars.symbol == index)
        series = strategy.generate_signals(frame(bars, rows))
        wanted[rows] = _checked(series, len(rows), symbol, strategy)
    return wanted


def frame(bars: Bars, rows: npt.NDArray[np.int64]) -> pl.DataFrame:
    """Rows of one symbol as the frame that `generate_signals` expects."""
    import polars as pl

    return pl.DataFrame(
        {
            "ts_ns": bars.ts_ns[rows],
            "open": bars.open[rows] / NANOS_PER_UNIT,
            "high": bars.high[rows] / NANOS_PER_UNIT,
            "low": bars.low[rows] / NANOS_PER_UNIT,
            "close": bars.close[rows] / NANOS_PER_UNIT,
            "volume": bars.volume[rows],
        }
    )


def event_driven(strategy: Strategy) -> Strategy:
    """The strategy itself when it decides event by event, else made to: `generate_signals` on a trailing window."""
    if not strategy.is_event_driven():
        strategy.on_market_data = TrailingWindow(strategy)  # type: ignore[method-assign]
    return strategy


class TrailingWindow:
    """Evaluates `generate_signals` on the last `window` bars after each bar and signals changes of its last value."""

    def __init__(self, strategy: Strategy) -> None:
        self._strategy = strategy
        self._bars: dict[str, list[tuple[int, float, float, float, float, float]]] = {}
        self._wanted: dict[str, int] = {}

    def __call__(self, event: MarketData) -> list[SignalEvent]:
        """Decide after one bar."""
        if not isinstance(event, MarketEvent):
            return []
        import polars as pl

        rows = self._bars.setdefault(event.symbol, [])
        rows.append((event.ts_ns, event.open, event.high, event.low, event.close, event.volume))
        del rows[: -self._strategy.window]
        names = ["ts_ns", "open", "high", "low", "close", "volume"]
        series = self._strategy.generate_signals(pl.DataFrame(rows, schema=names, orient="row"))
        wanted = int(_checked(series, len(rows), event.symbol, self._strategy)[-1])
        if wanted == self._wanted.get(event.symbol, 0):
            return []
        self._wanted[event.symbol] = wanted
        return [SignalEvent(event.symbol, wanted)]


def _checked(series: pl.Series, rows: int, symbol: str, strategy: Strategy) -> npt.NDArray[np.int8]:
    where = f"{type(strategy).__name__}.generate_signals for {symbol}"
    if len(series) != rows:
        raise RunFailed(f"{where} returned {len(series)} values for {rows} bars; one a bar is expected")
    if series.null_count():
        raise RunFailed(f"{where} returned {series.null_count()} nulls; +1, 0 or -1 are expected")
    values = series.to_numpy()
    if not np.isin(values, (-1, 0, 1)).all():
        odd = values[~np.isin(values, (-1, 0, 1))][0]
        raise RunFailed(f"{where} returned {odd}; +1, 0 or -1 are expected")
    return values.astype(np.int8)
