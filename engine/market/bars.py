"""Bars as columns: the only form in which bars travel until a strategy needs one as an object. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tradetui.engine.model.instrument import NANOS_PER_UNIT

Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Rows in time order, of one or several symbols; every array has one entry a row.

    Shapes: all (n,). `symbol` indexes `symbols`; prices are int64 nanos; `volume` is float64 units, because an index
    day of 10^10 shares does not fit int64 nanos. `ts_ns` is the bar's start, UTC; `interval_ns` its length.
    """

    symbols: tuple[str, ...]
    symbol: npt.NDArray[np.int32]
    ts_ns: Int64
    open: Int64
    high: Int64
    low: Int64
    close: Int64
    volume: Float64
    interval_ns: int

    def __len__(self) -> int:
        return len(self.ts_ns)

    def rows(self, start: int, stop: int) -> Bars:
        """The rows [start, stop) without copying."""
        s = slice(start, stop)
        return Bars(
            self.symbols,
            self.symbol[s],
            self.ts_ns[s],
            self.open[s],
            self.high[s],
            self.low[s],
            self.close[s],
            self.volume[s],
            self.interval_ns,
        )

    def of(self, symbol: str) -> Bars:
        """The rows of one symbol, copied; the result knows only that symbol."""
        mask = self.symbol == self.symbols.index(symbol)
        return Bars(
            (symbol,),
            np.zeros(int(mask.sum()), np.int32),
            self.ts_ns[mask],
            self.open[mask],
            self.high[mask],
            self.low[mask],
            self.close[mask],
            self.volume[mask],
            self.interval_ns,
        )


def bars_from_floats(
    symbol: str,
    ts_ns: npt.ArrayLike,
    open: npt.ArrayLike,
    high: npt.ArrayLike,
    low: npt.ArrayLike,
    close: npt.ArrayLike,
    volume: npt.ArrayLike,
    interval_ns: int | None = None,
) -> Bars:
    """Columns of floats made into Bars of one symbol; prices are rounded to nanos.

    The interval is the commonest step unless given.
    """
    ts = np.ascontiguousarray(ts_ns, dtype=np.int64)
    return Bars(
        (symbol,),
        np.zeros(len(ts), np.int32),
        ts,
        _nanos(open),
        _nanos(high),
        _nanos(low),
        _nanos(close),
        np.ascontiguousarray(volume, dtype=np.float64),
        commonest_step(ts) if interval_ns is None else interval_ns,
    )


def merge_bars(parts: Sequence[Bars]) -> Bars:
    """Bars of several symbols in one stream: by time, ties in the order of `parts`. Parts of one symbol are joined."""
    if len(parts) == 1:
        return parts[0]
    symbols = tuple(dict.fromkeys(name for part in parts for name in part.symbols))
    renumber = [np.array([symbols.index(name) for name in part.symbols], np.int32) for part in parts]
    symbol = np.concatenate([table[part.symbol] for table, part in zip(renumber, parts, strict=True)])
    ts = np.concatenate([part.ts_ns for part in parts])
    order = np.lexsort((symbol, ts))  # stable: rows of one symbol and time keep their order

    def column(name: str) -> npt.NDArray[np.int64]:
        return np.concatenate([getattr(part, name) for part in parts])[order]

    return Bars(
        symbols,
        symbol[order],
        ts[order],
        column("open"),
        column("high"),
        column("low"),
        column("close"),
        np.concatenate([part.volume for part in parts])[order],
        min(part.interval_ns for part in parts),
    )


def commonest_step(ts_ns: Int64) -> int:
    """The most frequent distance between neighbouring times, in ns; 0 for fewer than two rows."""
    steps = np.diff(ts_ns)
    steps = steps[steps > 0]
    if len(steps) == 0:
        return 0
    values, counts = np.unique(steps, return_counts=True)
    return int(values[np.argmax(counts)])


def _nanos(prices: npt.ArrayLike) -> Int64:
    return np.rint(np.asarray(prices, dtype=np.float64) * NANOS_PER_UNIT).astype(np.int64)
