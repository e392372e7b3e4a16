"""The two forms of a strategy, brought together: all decisions from columns, or each from a trailing window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from tradetui.engine.errors import RunFailed, UsageError
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
    if len(bars.symbols) == 1:  # no copies of columns: half the time of a long run of one symbol
        series = strategy.generate_signals(frame(bars, slice(None)))
        return checked_series(series, len(bars), bars.symbols[0], strategy)
    wanted = np.zeros(len(bars), np.int8)
    for index, symbol in enumerate(bars.symbols):
        rows = np.flatnonzero(bars.symbol == index)
        series = strategy.generate_signals(frame(bars, rows))
        wanted[rows] = checked_series(series, len(rows), symbol, strategy)
    return wanted


def frame(bars: Bars, rows: npt.NDArray[np.int64] | slice) -> pl.DataFrame:
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


def require_form(strategy: Strategy) -> None:
    """Raise UsageError for a strategy that decides in neither way."""
    if not strategy.is_event_driven() and not strategy.is_vectorised():
        name = strategy.name or type(strategy).__name__
        raise UsageError(f"{name} gives neither on_market_data nor generate_signals; at least one is needed")


def event_driven(strategy: Strategy) -> Strategy:
    """The strategy itself when it decides event by event, else made to: `generate_signals` on a trailing window."""
    if not strategy.is_event_driven():
        strategy.on_market_data = TrailingWindow(strategy)  # type: ignore[method-assign]
    return strategy


class TrailingWindow:
    """Evaluates `generate_signals` on the last `window` bars after each bar and signals changes of its last value."""

    def __init__(self, strategy: Strategy) -> None:
        self._strategy = strategy
        self._wanted: dict[str, int] = {}

    def __call__(self, event: MarketData) -> list[SignalEvent]:
        """Decide after one bar."""
        if not isinstance(event, MarketEvent):
            return []
        import polars as pl

        strategy, symbol = self._strategy, event.symbol
        bars = strategy.desk.history(symbol, strategy.window)
        series = strategy.generate_signals(pl.DataFrame(msgspec.structs.asdict(bars)))
        wanted = int(checked_series(series, len(bars.ts_ns), symbol, strategy)[-1])
        if wanted == self._wanted.get(symbol, 0):
            return []
        self._wanted[symbol] = wanted
        return [SignalEvent(symbol, wanted)]


def checked_series(series: object, rows: int, symbol: str, strategy: Strategy) -> npt.NDArray[np.int8]:
    """What `generate_signals` returned as wanted positions; raises RunFailed when it is not one of +1, 0, -1 a bar."""
    import polars as pl

    where = f"{type(strategy).__name__}.generate_signals for {symbol}"
    if not isinstance(series, pl.Series):
        raise RunFailed(f"{where} returned a {type(series).__name__}; a polars Series is expected")
    if len(series) != rows:
        raise RunFailed(f"{where} returned {len(series)} values for {rows} bars; one a bar is expected")
    if series.null_count():
        raise RunFailed(f"{where} returned {series.null_count()} nulls; +1, 0 or -1 are expected")
    if not (series.dtype.is_numeric() or series.dtype == pl.Boolean):
        raise RunFailed(f"{where} returned a Series of {series.dtype}; +1, 0 or -1 are expected")
    values = series.to_numpy()
    odd = values[(values != 0) & (values != 1) & (values != -1)]
    if len(odd):
        raise RunFailed(f"{where} returned {odd[0]}; +1, 0 or -1 are expected")
    return values.astype(np.int8)
