"""Ticks and books from files on disk: quotes, trades, depth changes and order events in our layouts, as one session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tradetui.data.column_bars import BARS_LAYOUT, LAYOUT_KEY, codes_of, layout_of, read_frame
from tradetui.data.files import FileContent, read_content
from tradetui.data.formats import DataSource
from tradetui.data.market_files import DEPTH_LAYOUT, ORDERS_LAYOUT, QUOTES_LAYOUT, TRADES_LAYOUT
from tradetui.data.store import is_store
from tradetui.data.times import bound_ns, time_text
from tradetui.engine.errors import DataError, UsageError
from tradetui.engine.market.bars import Bars, Int64
from tradetui.engine.market.session_tape import sources_of
from tradetui.engine.market.tape import CLEAR, Codes, DepthChanges, MarketSession, OrderEvents, Quotes, Trades

AnyPath = str | PathLike[str]

COLUMNS = {
    ORDERS_LAYOUT: ("action", "order_id", "side", "price", "size"),
    DEPTH_LAYOUT: ("side", "price", "size"),
    QUOTES_LAYOUT: ("bid", "bid_size", "ask", "ask_size"),
    TRADES_LAYOUT: ("price", "size", "side"),
}
WORDS = {ORDERS_LAYOUT: "order events", DEPTH_LAYOUT: "depth changes", QUOTES_LAYOUT: "quotes", TRADES_LAYOUT: "trades"}
LAYOUT_OF = {"orders": ORDERS_LAYOUT, "depth": DEPTH_LAYOUT, "quotes": QUOTES_LAYOUT, "trades": TRADES_LAYOUT}
BOOKS = (ORDERS_LAYOUT, DEPTH_LAYOUT)  # whose rows mean something after those before them only
NARROW = {"action": np.int8, "side": np.int8}


@dataclass(frozen=True, slots=True)
class _Part:
    """One table of one file: rows in time order, symbols as the file numbers them."""

    content: FileContent
    layout: str
    symbols: tuple[str, ...]
    symbol: Codes
    ts_ns: Int64
    columns: dict[str, npt.NDArray[Any]]

    def only(self, rows: npt.NDArray[np.bool_] | slice) -> _Part:
        columns = {name: column[rows] for name, column in self.columns.items()}
        return _Part(self.content, self.layout, self.symbols, self.symbol[rows], self.ts_ns[rows], columns)


def market_files(paths: Sequence[AnyPath]) -> list[Path]:
    """The files among `paths`, and in the folders among them, that hold ticks or books; none where all hold bars.

    Raises UsageError where some hold bars and others do not: what a run trades on must be of one kind.
    """
    found: list[Path] = []
    others: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir() and not is_store(path):
            inside = [file for file in sorted(path.glob("*.parquet")) if _layout(file) in COLUMNS]
            (found if inside else others).extend(inside or [path])
        elif _layout(path) in COLUMNS:
            found.append(path)
        else:
            others.append(path)
    if found and others:
        kind = "bars" if _layout(others[0]) == BARS_LAYOUT else "no ticks"
        raise UsageError(
            f"{others[0]} holds {kind} and {found[0]} {WORDS[_layout(found[0])]}; give files of one kind "
            "(bars are built from trades: see --bars)"
        )
    return found


def read_market(
    paths: Sequence[Path],
    *,
    symbol: str = "",
    timezone: str = "UTC",
    start: str | None = None,
    stop: str | None = None,
) -> tuple[MarketSession, list[DataSource]]:
    """The rows of those files as one session without bars, and what each file gave of each symbol that is played.

    Tables of one kind are joined in time order. Options are those of `read_many`; `start` may leave out whole files of
    order events and depth, and no part of one: a book is known from its beginning on only.

    Raises DataError for a file that is damaged, of another layout or out of time order; UsageError for wrong options.
    """
    first_ns, stop_ns = bound_ns(start, timezone, last=False), bound_ns(stop, timezone, last=True)
    parts = [part for path in paths if len((part := _read(path, symbol, first_ns, stop_ns)).ts_ns)]
    if not parts:
        raise UsageError("no row is left of the data: check --symbol, --from and --to")
    symbols = tuple(dict.fromkeys(name for part in parts for name in _present(part)))
    tables = {layout: _joined([part for part in parts if part.layout == layout], layout, symbols) for layout in COLUMNS}
    none = np.empty(0, np.int64)
    bars = Bars(symbols, np.empty(0, np.int32), none, none, none, none, none, np.empty(0), 0)
    session = MarketSession(
        bars,
        Quotes(symbols, *tables[QUOTES_LAYOUT]),
        Trades(symbols, *tables[TRADES_LAYOUT]),
        DepthChanges(symbols, *tables[DEPTH_LAYOUT]),
        OrderEvents(symbols, *tables[ORDERS_LAYOUT]) if len(tables[ORDERS_LAYOUT][0]) else None,
    )
    finest = dict(zip(symbols, sources_of(session), strict=True))
    _require_one_book(parts, finest)
    return session, [source for part in parts for source in _sources(part, finest)]


def _layout(path: Path) -> str:
    """Which of our layouts a file has; empty for anything else, whatever it is."""
    import polars as pl

    if path.suffix.lower() not in (".parquet", ".pq") or not path.is_file():
        return ""
    try:
        return dict(pl.read_parquet_metadata(path)).get(LAYOUT_KEY, "")
    except (pl.exceptions.PolarsError, OSError):
        return ""


def _read(path: Path, symbol: str, first_ns: int | None, stop_ns: int | None) -> _Part:
    content = read_content(path)
    layout = layout_of(content)
    frame = read_frame(content, ["ts_ns", "symbol", *COLUMNS[layout]])
    for name in ("ts_ns", *COLUMNS[layout]):
        if frame[name].null_count() or not frame[name].dtype.is_integer():
            raise DataError(path, None, f"{name} holds {frame[name].dtype} or has gaps", f"layout {layout}")
    symbols, codes = codes_of(content, frame)
    ts = frame["ts_ns"].to_numpy()
    columns = {name: frame[name].to_numpy().astype(NARROW.get(name, np.int64), copy=False) for name in COLUMNS[layout]}
    falls = np.flatnonzero(np.diff(ts) < 0)
    if len(falls):
        row = int(falls[0]) + 1
        seen = f"row {row + 1}: ts_ns goes back from {ts[row - 1]} to {ts[row]}"
        raise DataError(path, None, seen, "times that do not fall", "Import it again from what it was recorded as")
    part = _within(_Part(content, layout, symbols, codes, ts, columns), first_ns, stop_ns)
    if not symbol:
        return part
    return part.only(part.symbol == symbols.index(symbol) if symbol in symbols else slice(0, 0))


def _within(part: _Part, first_ns: int | None, stop_ns: int | None) -> _Part:
    ts = part.ts_ns
    first = 0 if first_ns is None else int(np.searchsorted(ts, first_ns))
    stop = len(ts) if stop_ns is None else int(np.searchsorted(ts, stop_ns))
    if 0 < first < len(ts) and part.layout in BOOKS:
        raise UsageError(
            f"--from lies inside {part.content.path}, which begins at {time_text(int(ts[0]))}: a book is known only "
            "from its beginning on; leave --from out, or name files that begin after it"
        )
    return part.only(slice(first, max(first, stop)))


def _present(part: _Part) -> list[str]:
    return [part.symbols[code] for code in np.unique(part.symbol).tolist()]


def _joined(parts: list[_Part], layout: str, symbols: tuple[str, ...]) -> list[npt.NDArray[Any]]:
    """Symbol, time and the other columns of all parts, in time order and in that of the parts where times are equal."""
    parts = _begun_anew(sorted(parts, key=lambda part: int(part.ts_ns[0])), layout)
    names = ("symbol", "ts_ns", *COLUMNS[layout])
    kinds = {"symbol": np.int32, **NARROW}
    if not parts:
        return [np.empty(0, kinds.get(name, np.int64)) for name in names]
    columns = {name: [part.columns[name] for part in parts] for name in COLUMNS[layout]}
    columns["ts_ns"] = [part.ts_ns for part in parts]
    columns["symbol"] = [_renumbered(part, symbols) for part in parts]
    joined = {name: found[0] if len(found) == 1 else np.concatenate(found) for name, found in columns.items()}
    if np.any(np.diff(joined["ts_ns"]) < 0):
        order = np.argsort(joined["ts_ns"], kind="stable")
        joined = {name: column[order] for name, column in joined.items()}
    return [joined[name] for name in names]


def _begun_anew(parts: list[_Part], layout: str) -> list[_Part]:
    """The parts, each with a row before its first that empties the books which an earlier part has left.

    A file tells its book from the beginning: what rested at the end of the day before is told again, or is gone.
    """
    if layout not in BOOKS:
        return parts
    ended: dict[str, int] = {}  # when the rows of a symbol end, so far
    begun = []
    for part in parts:
        first_ns = int(part.ts_ns[0])
        left = [name for name in _present(part) if ended.get(name, first_ns + 1) <= first_ns]
        for name in _present(part):
            last_ns = int(part.ts_ns[part.symbol == part.symbols.index(name)][-1])
            ended[name] = max(ended.get(name, last_ns), last_ns)
        begun.append(_cleared(part, left) if left else part)
    return begun


def _cleared(part: _Part, symbols: Sequence[str]) -> _Part:
    """The part with a row before its first for each of `symbols`: CLEAR of orders, side 0 of depth."""
    codes = np.array([part.symbols.index(name) for name in symbols], part.symbol.dtype)
    columns = {
        name: np.concatenate((np.full(len(codes), CLEAR if name == "action" else 0, column.dtype), column))
        for name, column in part.columns.items()
    }
    times = np.concatenate((np.full(len(codes), part.ts_ns[0], np.int64), part.ts_ns))
    return _Part(part.content, part.layout, part.symbols, np.concatenate((codes, part.symbol)), times, columns)


def _require_one_book(parts: Sequence[_Part], finest: Mapping[str, str]) -> None:
    """UsageError where a file tells a book at a time for which the finer ones of its symbol, which are played, do not.

    What they showed last would stand there all that time, and orders would fill against it.
    """
    books = [(part, name) for part in parts if part.layout != TRADES_LAYOUT for name in _present(part)]
    mixed = {name for part, name in books if part.layout != LAYOUT_OF[finest[name]]}
    played: dict[str, list[tuple[int, int]]] = {name: [] for name in mixed}
    coarser: list[tuple[_Part, str, tuple[int, int]]] = []
    for part, name in books:
        if name not in mixed:
            continue
        ts = part.ts_ns[part.symbol == part.symbols.index(name)]
        span = int(ts[0]), int(ts[-1])
        if part.layout == LAYOUT_OF[finest[name]]:
            played[name].append(span)
        else:
            coarser.append((part, name, span))
    for part, name, (first, last) in coarser:
        if not any(begin <= last and first <= end for begin, end in played[name]):
            raise UsageError(
                f"{part.content.path} holds {WORDS[part.layout]} of {name} from {time_text(first)} on, when the "
                f"{WORDS[LAYOUT_OF[finest[name]]]} that are played tell nothing; give files of one kind"
            )


def _renumbered(part: _Part, symbols: tuple[str, ...]) -> Codes:
    if part.symbols == symbols:
        return part.symbol
    numbers = np.array([symbols.index(name) if name in symbols else -1 for name in part.symbols], np.int32)
    return numbers[part.symbol]


def _sources(part: _Part, finest: Mapping[str, str]) -> list[DataSource]:
    """What a run trades on of a file: trades, and of each symbol the finest of its books; the others are not played."""
    found = []
    for code in np.unique(part.symbol).tolist():
        if part.layout not in (TRADES_LAYOUT, LAYOUT_OF[finest[part.symbols[code]]]):
            continue
        ts = part.ts_ns[part.symbol == code]
        name, span = part.content.path.name, (int(ts[0]), int(ts[-1]))
        found.append(DataSource(part.symbols[code], name, len(ts), *span, part.content.sha256, WORDS[part.layout]))
    return found
