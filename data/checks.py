"""Columns as a file gave them, and the checks that make them bars: the first wrong row is refused with its line.

Repair is not done here: a cleaning step takes a `RawBars`, mends it and hands it to the same checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from tradetui.data.times import time_text
from tradetui.engine.errors import DataError
from tradetui.engine.market.bars import Bars, Float64, Int64, commonest_step
from tradetui.engine.model.instrument import NANOS_PER_UNIT, PRICE_MAX, float_from_nanos

Mask = npt.NDArray[np.bool_]
T = TypeVar("T", bound=np.generic)
Columns4 = tuple[npt.NDArray[T], npt.NDArray[T], npt.NDArray[T], npt.NDArray[T]]
Words = Callable[[int], tuple[str, str, str]]  # row -> what was seen, what was expected, what to do

FIELDS = ("open", "high", "low", "close")
HALF_HOUR_NS = 1_800 * 10**9
NIGHT_NS = 4 * 3_600 * 10**9  # a longer hole ends a session
SESSIONS_TO_JUDGE = 5  # fewer could begin and end like this by chance
CLEAN_HINT = "Clean the file first: bad bars are not repaired silently"


@dataclass(frozen=True, slots=True, eq=False)
class RawBars:
    """Rows of one file in its own order, unchecked. `nanos` are open, high, low, close; 0 stands for no price.

    `prices` are the same as the file writes them, for messages; None where it writes nanos.

    `volume` is NaN where the file does not tell it. `row` keeps the file's row numbers, from 0, when rows are left
    out; `line_of` makes a line of such a number and is None for a file without lines.
    """

    path: Path
    symbols: tuple[str, ...]
    symbol: npt.NDArray[np.int32]
    ts_ns: Int64
    prices: Columns4[np.float64] | None
    nanos: Columns4[np.int64]
    volume: Float64
    row: Int64
    line_of: Callable[[int], int] | None
    volume_unknown: bool = False  # the file does not tell volumes: NaN is then no fault
    interval_ns: int | None = None  # where the file states it

    def only(self, mask: Mask) -> RawBars:
        """The rows where `mask` is true."""
        one, two, three, four = self.nanos
        kept = replace(self, nanos=(one[mask], two[mask], three[mask], four[mask]))
        if self.prices is not None:
            opens, highs, lows, closes = self.prices
            kept = replace(kept, prices=(opens[mask], highs[mask], lows[mask], closes[mask]))
        return replace(kept, **{name: getattr(self, name)[mask] for name in ("symbol", "ts_ns", "volume", "row")})

    def fault(self, row: int, seen: str, expected: str, hint: str = "") -> DataError:
        """The error that names where `row` stands in the file."""
        return fault_at(self.path, self.line_of, int(self.row[row]), seen, expected, hint)


def fault_at(
    path: Path, line_of: Callable[[int], int] | None, row: int, seen: str, expected: str, hint: str = ""
) -> DataError:
    """An error at a row of a file: by line for text, by row number (from 1) for column files."""
    if line_of is None:
        return DataError(path, None, f"row {row + 1}: {seen}", expected, hint)
    return DataError(path, line_of(row), seen, expected, hint)


def checked(raw: RawBars) -> Bars:
    """The rows as Bars in time order, or DataError for the first row that cannot be true."""
    worst: tuple[int, Words] | None = None
    for mask, words in _faults(raw):
        row = int(np.argmax(mask))
        if mask[row] and (worst is None or row < worst[0]):
            worst = (row, words)
    if worst is not None:
        row, words = worst
        raise raw.fault(row, *words(row))
    if raw.interval_ns is None:
        _refuse_end_stamps(raw)
    order: Int64 | slice = slice(None)
    if len(raw.symbols) > 1:
        order = np.lexsort((raw.symbol, raw.ts_ns))
    columns = [column[order] for column in raw.nanos]
    return Bars(
        raw.symbols,
        raw.symbol[order],
        raw.ts_ns[order],
        columns[0],
        columns[1],
        columns[2],
        columns[3],
        raw.volume[order],
        interval_of(raw.ts_ns, raw.symbol, len(raw.symbols)) if raw.interval_ns is None else raw.interval_ns,
    )


def interval_of(ts_ns: Int64, symbol: npt.NDArray[np.int32], symbols: int) -> int:
    """The smallest of the symbols' commonest steps; 0 if no symbol has two rows."""
    steps = [commonest_step(ts_ns[symbol == code] if symbols > 1 else ts_ns) for code in range(symbols)]
    return min((step for step in steps if step > 0), default=0)


def _refuse_end_stamps(raw: RawBars) -> None:
    """Refuses minute bars that are stamped at their end: read as starts, they would all be one bar late.

    Seen where every session opens one bar after a half hour and ends on one (09:31 to 16:00), five sessions or more.
    """
    for code, name in enumerate(raw.symbols):
        ts = raw.ts_ns[raw.symbol == code]
        step = commonest_step(ts)
        nights = np.flatnonzero(np.diff(ts) > NIGHT_NS)
        if len(nights) + 1 < SESSIONS_TO_JUDGE or not 0 < step < HALF_HOUR_NS or HALF_HOUR_NS % step:
            continue
        first, last = ts[np.r_[0, nights + 1]], ts[np.r_[nights, len(ts) - 1]]
        if np.all(first % HALF_HOUR_NS == step) and np.all(last % HALF_HOUR_NS == 0):
            seen = f"{name} has sessions like {time_text(int(first[0]))} to {time_text(int(last[0]))}"
            hint = "These look like the ends of bars: subtract a bar's length from every time"
            raise DataError(raw.path, None, seen, "the time at which each bar starts", hint)


def _faults(raw: RawBars) -> Iterator[tuple[Mask, Words]]:
    """Every check as the rows that fail it and the words for one of them."""
    for index, name in enumerate(FIELDS):
        yield _price_fault(raw, index, name)
    opens, highs, lows, closes = raw.nanos
    body_top, body_bottom = np.maximum(opens, closes), np.minimum(opens, closes)
    yield highs < body_top, _impossible("high", highs, "below", "highest", body_top, opens)
    yield lows > body_bottom, _impossible("low", lows, "above", "lowest", body_bottom, opens)
    bad = ~(raw.volume >= 0) | np.isinf(raw.volume)
    if raw.volume_unknown:
        bad &= ~np.isnan(raw.volume)
    yield bad, lambda row: (f"volume is {raw.volume[row]:g}", "a finite number that is not negative", CLEAN_HINT)
    yield from _order_faults(raw)


def _price_fault(raw: RawBars, index: int, name: str) -> tuple[Mask, Words]:
    nanos = raw.nanos[index]

    def words(row: int) -> tuple[str, str, str]:
        value = nanos[row] / NANOS_PER_UNIT if raw.prices is None else raw.prices[index][row]
        return f"{name} is {float(value)!r}", f"a finite price above 0 and at most {PRICE_MAX:,}", CLEAN_HINT

    return (nanos <= 0) | (nanos > PRICE_MAX * NANOS_PER_UNIT), words


def _impossible(name: str, edge: Int64, relation: str, which: str, body: Int64, opens: Int64) -> Words:
    def words(row: int) -> tuple[str, str, str]:
        of = "open" if body[row] == opens[row] else "close"
        prices = f"{name} {float_from_nanos(int(edge[row]))} is {relation} {of} {float_from_nanos(int(body[row]))}"
        return prices, f"a {name} that is the {which} price of the bar", CLEAN_HINT

    return words


def _order_faults(raw: RawBars) -> Iterator[tuple[Mask, Words]]:
    """Per symbol, the rows whose time is not after the row before."""
    for code, name in enumerate(raw.symbols):
        rows = np.arange(len(raw.ts_ns)) if len(raw.symbols) == 1 else np.flatnonzero(raw.symbol == code)
        ts = raw.ts_ns[rows]
        steps = np.diff(ts)
        late = np.zeros(len(raw.ts_ns), np.bool_)
        late[rows[1:]] = steps <= 0
        falling = len(steps) > 1 and bool(np.all(steps < 0))
        yield late, _order_words(raw, rows, name, falling)


def _order_words(raw: RawBars, rows: npt.NDArray[np.intp], name: str, falling: bool) -> Words:
    def words(row: int) -> tuple[str, str, str]:
        before = int(rows[int(np.searchsorted(rows, row)) - 1])
        this, last = int(raw.ts_ns[row]), int(raw.ts_ns[before])
        if this == last:
            return f"{name} has the time {time_text(this)} twice", "one row for each time", CLEAN_HINT
        hint = "The whole file runs newest first: reverse it" if falling else "The rows are shuffled: sort them by time"
        return f"{name} goes back from {time_text(last)} to {time_text(this)}", "times that rise", hint

    return words
