"""Bars from files on disk: one file or several, read, checked and joined. The headless path enters here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

import msgspec
import numpy as np

from tradetui.data.checks import RawBars, checked, interval_of
from tradetui.data.column_bars import read_column_bars, write_bars
from tradetui.data.files import FileContent, read_content, symbol_from_name
from tradetui.data.store import bars_by_symbol, is_store
from tradetui.data.text_bars import read_text_bars
from tradetui.data.times import bound_ns, time_text
from tradetui.engine.errors import DataError, UsageError
from tradetui.engine.market.bars import Bars, merge_bars

__all__ = ["DataSource", "read_bars", "read_many", "write_bars"]

AnyPath = str | PathLike[str]


class DataSource(msgspec.Struct, frozen=True):
    """What a run read: one symbol of one file. `path` is the file's name; `sha256` is of its bytes on disk."""

    symbol: str
    path: str
    rows: int
    first_ns: int
    last_ns: int
    sha256: str
    kind: str = "bars"  # what the rows are, in words


def read_bars(
    path: AnyPath, *, symbol: str = "", timezone: str = "UTC", start: str | None = None, stop: str | None = None
) -> Bars:
    """The bars of one CSV, Parquet or Arrow file, each also gzipped, in time order.

    A file without a symbol column is of `symbol`, else of its name up to the first "_" or "."; of a file with one,
    `symbol` picks its rows. Times without an offset are in `timezone`. `start` is included, `stop` is not, except
    that a bare date as `stop` includes that day; rows outside are not judged. `volume` is NaN where the file has no
    such column: unknown, which is not the zero of a bar that did not trade.

    Raises DataError with file and line for whatever cannot be true of bars, UsageError for options that are wrong.
    """
    return _read(read_content(Path(path)), symbol, timezone, start, stop)


def read_many(
    paths: Sequence[AnyPath],
    *,
    symbol: str = "",
    timezone: str = "UTC",
    start: str | None = None,
    stop: str | None = None,
) -> tuple[Bars, list[DataSource]]:
    """The bars of several files as one stream, and what each file gave.

    Files of one symbol are joined in time order, in whatever order they are named; a time that two files of one
    symbol both have is refused. Options and errors are those of `read_bars`.
    """
    if not paths:
        raise UsageError("no data file is named: give at least one with --data")
    parts: list[tuple[Path, Bars]] = []
    sources: list[DataSource] = []
    for path in map(Path, paths):
        if is_store(path):
            first_ns, stop_ns = bound_ns(start, timezone, last=False), bound_ns(stop, timezone, last=True)
            for part, sha256 in bars_by_symbol(path, symbol, first_ns, stop_ns):
                parts.append((path, part))
                first, last = int(part.ts_ns[0]), int(part.ts_ns[-1])
                sources.append(DataSource(part.symbols[0], path.name, len(part), first, last, sha256))
            continue
        content = read_content(path)
        bars = _read(content, symbol, timezone, start, stop)
        for name in bars.symbols:
            part = bars if len(bars.symbols) == 1 else bars.of(name)
            if not len(part):
                continue
            parts.append((path, part))
            first, last = int(part.ts_ns[0]), int(part.ts_ns[-1])
            sources.append(DataSource(name, path.name, len(part), first, last, content.sha256))
    symbols = dict.fromkeys(source.symbol for source in sources)
    joined = [_join([(path, part) for path, part in parts if part.symbols[0] == name]) for name in symbols]
    merged = merge_bars(joined)
    return replace(merged, interval_ns=_interval(joined)), sources


def _read(content: FileContent, symbol: str, timezone: str, start: str | None, stop: str | None) -> Bars:
    first, end = bound_ns(start, timezone, last=False), bound_ns(stop, timezone, last=True)
    if first is not None and end is not None and first >= end:
        raise UsageError(f"the time range from {start} to {stop} is empty: expected a start before the end")
    name = symbol or symbol_from_name(content.path)
    if not name:
        raise DataError(content.path, None, "its name begins with no symbol", "a symbol", "Name it with --symbol")
    read = read_text_bars if content.kind == "csv" else read_column_bars
    raw = _of_symbol(read(content, name, timezone), symbol)
    return checked(_within(raw, first, end))


def _of_symbol(raw: RawBars, symbol: str) -> RawBars:
    if not symbol or raw.symbols == (symbol,):
        return raw
    if symbol not in raw.symbols:
        shown = ", ".join(raw.symbols[:10]) + (", ..." if len(raw.symbols) > 10 else "")
        raise DataError(raw.path, None, f"no row is of the symbol {symbol!r}", f"one of {shown}")
    picked = raw.only(raw.symbol == raw.symbols.index(symbol))
    return replace(picked, symbols=(symbol,), symbol=np.zeros(len(picked.ts_ns), np.int32))


def _within(raw: RawBars, first: int | None, end: int | None) -> RawBars:
    if first is None and end is None:
        return raw
    keep = np.ones(len(raw.ts_ns), np.bool_)
    if first is not None:
        keep &= raw.ts_ns >= first
    if end is not None:
        keep &= raw.ts_ns < end
    if not keep.any():
        seen = f"no row between {_edge(first)} and {_edge(end)}"
        span = f"a time within {time_text(int(raw.ts_ns.min()))} to {time_text(int(raw.ts_ns.max()))}"
        raise DataError(raw.path, None, seen, span, "Check --from, --to and --timezone")
    kept = raw.only(keep)
    present = np.unique(kept.symbol)
    symbols = tuple(raw.symbols[code] for code in present)  # a symbol that has no row left is not in the result
    return replace(kept, symbols=symbols, symbol=np.searchsorted(present, kept.symbol).astype(np.int32))


def _edge(ts_ns: int | None) -> str:
    return "any time" if ts_ns is None else time_text(ts_ns)


def _join(parts: list[tuple[Path, Bars]]) -> Bars:
    """The files of one symbol as one; a time that two of them have is refused with both names."""
    if len(parts) == 1:
        return parts[0][1]
    parts = sorted(parts, key=lambda part: int(part[1].ts_ns[0]))
    ts = np.concatenate([bars.ts_ns for _, bars in parts])
    owner = np.repeat(np.arange(len(parts)), [len(bars) for _, bars in parts])
    order = np.argsort(ts, kind="stable")
    twice = np.flatnonzero(np.diff(ts[order]) == 0)
    if len(twice):
        one, other = (parts[owner[order[i]]][0] for i in (twice[0], twice[0] + 1))
        seen = f"{parts[0][1].symbols[0]} at {time_text(int(ts[order[twice[0]]]))} is in this file and in {one}"
        raise DataError(other, None, seen, "one row for each time", "Leave one file out, or cut the overlap")
    joined = merge_bars([bars for _, bars in parts])
    return replace(joined, interval_ns=interval_of(joined.ts_ns, joined.symbol, 1))


def _interval(parts: list[Bars]) -> int:
    return min((part.interval_ns for part in parts if part.interval_ns > 0), default=0)
