"""Moves the core over bars: row by row, or from wake to wake for a strategy that decided in columns.

Both number inputs and order consequences the same way, so that the same decisions give the same events to the byte, and
neither depends on how a run is cut into chunks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from itertools import count, repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from tradetui.engine.control import check_drawdown
from tradetui.engine.market.bar_fills import NEVER, Window, next_touch
from tradetui.engine.market.bars import Bars, Int64
from tradetui.engine.market.watch import Watch
from tradetui.engine.model.events import MarketEvent, SignalEvent, Wish
from tradetui.engine.model.instrument import NANOS_PER_UNIT
from tradetui.engine.settling import BarCore, settle
from tradetui.engine.strategy import check_signals

NEVER_ROW = 2**62
EVERY_LOW = float("inf")  # a watch that every bar touches


def every_bar(core: BarCore, bars: Bars, start: int, stop: int, interval_ns: int, fills: bool = True) -> None:
    """Ask the strategy after each of the rows [start, stop). Without `fills` the bars fill no orders: quotes do."""
    core.view.load(bars)
    core.first_row = start
    columns = _columns(bars, start, stop)
    core.view.follow(columns[1], stop)
    watches: Mapping[str, Watch] = core.venue.watches if fills else {}
    waiting: Sized = core.orders.waiting if fills else ()
    guarded, held = core.guard.limit is not None, core.portfolio.open
    decide: Callable[[MarketEvent], Sequence[Wish] | None] = core.strategy.on_market_data
    numbers = count(core.seq + 1)
    event: MarketEvent | None = None
    for event in map(MarketEvent, *columns, numbers):
        busy = False
        if watches or waiting:
            watch = watches.get(event.symbol)
            if waiting or (
                watch is not None
                and (event.low <= watch.low or event.high >= watch.high or event.ts_ns >= watch.expires_ns)
            ):
                _react(core, bars, core.view.row, event.symbol, event.ts_ns, event.seq)
                busy = True
        if guarded and (busy or held):
            busy = check_drawdown(core, event.ts_ns + interval_ns, event.seq) or busy
        if core.stopped:
            decide = _nothing
        try:
            signals = decide(event)
            if signals:
                check_signals(signals)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever a strategy raises stops it and is recorded
            core.reach(event.seq)
            core.fail(error, event.ts_ns + interval_ns, event.seq)
            signals, busy = None, True
        if signals:
            core.reach(event.seq)
            _act(core, bars, core.view.row, event.symbol, event.ts_ns, event.seq, signals, interval_ns)
            busy = True
        if busy:
            core.reach(event.seq)
            for _ in range(core.seq - event.seq):  # taken by what was put out; the next bar comes after them
                next(numbers)
    if event is not None:
        core.reach(event.seq)
    core.view.move(stop - 1)


def woken_bars(
    core: BarCore,
    bars: Bars,
    start: int,
    stop: int,
    interval_ns: int,
    wanted: npt.NDArray[np.int8],
    changes: Int64,
) -> None:
    """Work the rows [start, stop), stopping only at `changes` of the wanted position and where an order is touched.

    `wanted` has one entry a row of `bars`: the position after it; `changes` comes from `change_rows`.
    """
    core.view.load(bars)
    core.first_row = start
    pending = iter(changes[np.searchsorted(changes, start) : np.searchsorted(changes, stop)].tolist())
    change, row = next(pending, NEVER_ROW), start - 1
    names, waiting, watches, guarded = (
        bars.symbols,
        core.orders.waiting,
        core.venue.watches,
        core.guard.limit is not None,
    )
    while (
        wake := min(change, _next_touch(core, bars, row + 1, stop) if watches or waiting or guarded else stop)
    ) < stop:
        seq = core.input(wake - row)
        row = wake
        core.view.move(row)
        symbol, ts_ns = names[bars.symbol.item(row)], bars.ts_ns.item(row)
        if waiting or symbol in watches:
            _react(core, bars, row, symbol, ts_ns, seq)
        if guarded:
            check_drawdown(core, ts_ns + interval_ns, seq)
        if wake == change:
            if not core.stopped:
                signal = SignalEvent(symbol, wanted.item(row))
                _act(core, bars, row, symbol, ts_ns, seq, [signal], interval_ns)
            change = next(pending, NEVER_ROW)
    core.input(stop - 1 - row)
    core.view.move(stop - 1)


def change_rows(bars: Bars, wanted: npt.NDArray[np.int8]) -> Int64:
    """Rows after which the wanted position of their symbol is another than before; it is 0 before the first."""
    found = []
    for index in range(len(bars.symbols)):
        rows = np.flatnonzero(bars.symbol == index)
        own = wanted[rows]
        before = np.concatenate((np.zeros(1, own.dtype), own[:-1]))
        found.append(rows[own != before])
    return np.sort(np.concatenate(found))


def _react(core: BarCore, bars: Bars, row: int, symbol: str, ts_ns: int, seq: int) -> None:
    """Let waiting orders go and the venue react to one bar; `seq` is the bar's number."""
    core.reach(seq)
    if core.orders.waiting:
        core.release(ts_ns)
    if symbol in core.venue.watches:
        bar = Window(
            ts_ns,
            bars.open.item(row),
            bars.high.item(row),
            bars.low.item(row),
            bars.close.item(row),
            bars.volume.item(row),
        )
        settle(core, symbol, bar, row)


def _act(
    core: BarCore,
    bars: Bars,
    row: int,
    symbol: str,
    ts_ns: int,
    seq: int,
    signals: Sequence[Wish],
    delay_ns: int,
) -> None:
    """Put the wishes through, and with `same_close` fill them at the close they were decided on."""
    close = bars.close.item(row)
    core.signals(signals, ts_ns + delay_ns, seq, symbol=symbol, price=close / NANOS_PER_UNIT)
    if core.same_close and symbol in core.venue.watches:
        settle(core, symbol, Window(ts_ns, close, close, close, close, bars.volume.item(row)), row)
        if core.guard.limit is not None:
            check_drawdown(core, ts_ns + delay_ns, core.seq)


def _next_touch(core: BarCore, bars: Bars, start: int, stop: int) -> int:
    """The first row from `start` on that the venue, the rate limit or the drawdown guard must see."""
    if start >= stop:
        return NEVER_ROW
    if core.orders.waiting or (core.guard.limit is not None and core.portfolio.open):
        return start
    first = NEVER_ROW
    for symbol, watch in core.venue.watches.items():
        single = len(bars.symbols) == 1
        if single:
            if watch.low == EVERY_LOW:
                return start
            rows, at = None, start
            lows, highs, times = bars.low, bars.high, bars.ts_ns
        else:
            rows = core.view.all_rows(symbol)
            at = int(np.searchsorted(rows, start))
            if watch.low == EVERY_LOW:
                first = min(first, int(rows[at]) if at < len(rows) else NEVER_ROW)
                continue
            lows, highs, times = core.view.columns(symbol)
        found = next_touch(lows, highs, at, watch.low * NANOS_PER_UNIT, watch.high * NANOS_PER_UNIT)
        if watch.expires_ns != NEVER:
            found = min(found, int(np.searchsorted(times, watch.expires_ns)))
            found = max(found, at)
        if found < len(times):
            first = min(first, found if rows is None else int(rows[found]))
    return first


def _columns(bars: Bars, start: int, stop: int) -> tuple[Iterator[Any], ...]:
    """Iterators over the rows' symbols, times, prices and volumes as Python values; the second counts the rows."""
    names = bars.symbols
    rows = slice(start, stop)
    symbols: Iterator[str] = repeat(names[0]) if len(names) == 1 else map(names.__getitem__, bars.symbol[rows].tolist())
    prices = ((column[rows] / NANOS_PER_UNIT).tolist() for column in (bars.open, bars.high, bars.low, bars.close))
    return (symbols, iter(bars.ts_ns[rows].tolist()), *map(iter, prices), iter(bars.volume[rows].tolist()))


def _nothing(event: MarketEvent) -> None:
    """Stands in for a strategy that was stopped."""
