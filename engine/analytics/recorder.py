"""Writes the equity curve while a run goes on: the engine reports fills, columns do the rest once a chunk."""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from tradetui.engine.analytics.curve import Curve
from tradetui.engine.market.bars import Bars
from tradetui.engine.model.instrument import NANOS_PER_UNIT


class Change(msgspec.Struct, frozen=True, gc=False):
    """A fill as the curve sees it: at which row of the chunk, which symbol, and the change of units and of cash."""

    row: int
    symbol: int
    quantity: float
    cash: float


class CurveRecorder:
    """Equity and exposure at every bar close. Floats: a picture of the ledger, re-anchored to it at every chunk."""

    def __init__(self, start_equity: float) -> None:
        self._start = start_equity
        self._cash = start_equity
        self._held: dict[int, float] = {}
        self._price: dict[int, float] = {}
        self._points: list[tuple[int, float, bool]] = []
        self._began_ns = self._at_ns = self._open_ns = 0
        self._open = False  # a position is open since `_at_ns`
        self._parts: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.bool_]]] = []

    def add(self, bars: Bars, changes: list[Change], cash: float, held: dict[int, float]) -> None:
        """One chunk of bars and the fills inside it; `cash` and `held` are the ledger's at its end."""
        n = len(bars)
        close = bars.close / NANOS_PER_UNIT
        cash_step = np.zeros(n)
        for change in changes:
            cash_step[change.row] += change.cash
        total = self._cash + np.cumsum(cash_step)
        exposed = np.zeros(n, np.int64)
        present = {change.symbol for change in changes} | {s for s, q in self._held.items() if q}
        for symbol in sorted(present):
            value, holding = self._value(bars, symbol, close, [c for c in changes if c.symbol == symbol])
            total += value
            exposed += holding
        for symbol in range(len(bars.symbols)):
            rows = np.flatnonzero(bars.symbol == symbol) if len(bars.symbols) > 1 else slice(None)
            closes = close[rows]
            if len(closes):
                self._price[symbol] = float(closes[-1])
        self._parts.append((bars.ts_ns, total, exposed > 0))
        self._cash, self._held = cash, {s: q for s, q in held.items() if q}

    def _value(
        self, bars: Bars, symbol: int, close: npt.NDArray[np.float64], changes: list[Change]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """What one symbol's holding is worth at each row, and whether there was one at any time of it."""
        n = len(bars)
        step, touched = np.zeros(n), np.zeros(n, np.int64)
        for change in changes:
            step[change.row] += change.quantity
            touched[change.row] = 1
        quantity = self._held.get(symbol, 0.0) + np.cumsum(step)
        quantity[np.abs(quantity) < 1e-9] = 0.0  # less than a nano: the residue of adding floats
        if len(bars.symbols) == 1:
            price = close
        else:
            own = np.flatnonzero(bars.symbol == symbol)
            last = np.searchsorted(own, np.arange(n), side="right") - 1
            known = self._price.get(symbol, 0.0)
            price = np.where(last >= 0, close[own[np.maximum(last, 0)]] if len(own) else known, known)
        return quantity * price, ((quantity != 0) | (touched == 1)).astype(np.int64)

    def begin(self, ts_ns: int) -> None:
        """The market begins: from here on time counts for the share of it in which a position was open."""
        self._began_ns = self._at_ns = ts_ns

    def point(self, ts_ns: int, equity: float, held: bool, *, traded: bool = False) -> None:
        """One point that was computed elsewhere: for sessions whose fills come between bars.

        `held` says that a position is open from here on, `traded` that a fill made this point.
        """
        if not self._began_ns:
            self.begin(ts_ns)
        if self._open:
            self._open_ns += ts_ns - self._at_ns
        self._at_ns, self._open = ts_ns, held
        self._points.append((ts_ns, equity, held or traded))

    def _share_held(self) -> float | None:
        lasted_ns = self._at_ns - self._began_ns
        return self._open_ns / lasted_ns if lasted_ns > 0 else None

    def curve(self) -> Curve:
        """Everything recorded so far, one point a market time (the last of several)."""
        if self._points:
            times, equities, flags = zip(*self._points, strict=True)
            self._parts.append((np.array(times, np.int64), np.array(equities), np.array(flags)))
            self._points = []
        if not self._parts:
            empty = np.zeros(0)
            return Curve(empty.astype(np.int64), empty, empty.astype(bool), self._start)
        ts, equity, exposed = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        self._parts = [(ts, equity, exposed)]
        last = np.flatnonzero(np.append(ts[1:] != ts[:-1], True))
        if len(last) != len(ts):
            exposed = np.logical_or.reduceat(exposed, np.concatenate(([0], last[:-1] + 1)))
        return Curve(ts[last], equity[last], exposed, self._start, self._share_held())
