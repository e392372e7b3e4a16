"""Writes down the market as the engine took it: Parquet tables in our layouts, each row with its number.

The engine thread hands rows over and never waits; whoever calls `flush`, at least each second, does the writing. A
file is whole or not there; one that still grows is written anew under its name. Each holds a digest of its rows: one
that was changed is refused, however little it would have changed.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tradetui.data.column_bars import BARS_LAYOUT, INTERVAL_KEY, write_frame
from tradetui.data.market_files import DEPTH_LAYOUT, QUOTES_LAYOUT, TRADES_LAYOUT
from tradetui.engine.errors import DataError
from tradetui.engine.model.events import BookEvent, MarketData, MarketEvent, QuoteEvent, TradeEvent
from tradetui.engine.model.instrument import NANOS_PER_UNIT

if TYPE_CHECKING:
    import polars as pl

PIECE_ROWS = 20_000  # a file with so many is finished: the last is written anew each second, some 10 ms at that length
DIGEST_KEY = "tradetui.rows_sha256"
EXACT = "exact_"  # before the name of a column of floats, where nanos would not give the same number back

_NAMES = {QuoteEvent: "quotes", TradeEvent: "trades", BookEvent: "depth", MarketEvent: "bars"}
_LAYOUTS = {"quotes": QUOTES_LAYOUT, "trades": TRADES_LAYOUT, "depth": DEPTH_LAYOUT, "bars": BARS_LAYOUT}
FLOATS = {
    "quotes": ("bid", "bid_size", "ask", "ask_size"),
    "trades": ("price", "size"),
    "depth": ("price", "size"),
    "bars": ("open", "high", "low", "close"),
}
PLAIN = {"quotes": (), "trades": ("side",), "depth": ("side",), "bars": ("volume",)}


class Recorder:
    """The recording of one session, in a folder of its own."""

    def __init__(self, folder: Path, symbols: Sequence[str], bar_ns: int, piece_rows: int = PIECE_ROWS) -> None:
        self.folder = folder
        self._symbols, self._bar_ns, self._piece_rows = tuple(symbols), bar_ns, piece_rows
        self._rows: deque[MarketData] = deque()
        self.take: Callable[[MarketData], None] = self._rows.append  # one call of C a row, from the engine thread
        self._pieces: dict[str, tuple[Path, list[pl.DataFrame]]] = {}
        self._unwritten: set[str] = set()

    def flush(self) -> int:
        """Write what came since the last call; how many rows that were. After a DataError the next call tries again."""
        found: dict[str, list[Any]] = {}
        for _ in range(len(self._rows)):
            event = self._rows.popleft()
            found.setdefault(_NAMES[type(event)], []).append(event)
        for name, rows in found.items():
            self._add(name, rows)
        self._unwritten |= found.keys()
        for name in sorted(self._unwritten):
            self._write(name)
            self._unwritten.discard(name)
        return sum(map(len, found.values()))

    def _add(self, name: str, rows: list[Any]) -> None:
        frame = self._frame(name, rows)
        piece = self._pieces.get(name)
        if piece is None:
            self._pieces[name] = (self.folder / f"{name}-{rows[0].seq:012d}.parquet", [frame])
        else:
            piece[1].append(frame)

    def _write(self, name: str) -> None:
        import polars as pl

        path, frames = self._pieces[name]
        whole = pl.concat(frames, how="diagonal").sort("ts_ns", maintain_order=True)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        more = {INTERVAL_KEY: str(self._bar_ns)} if name == "bars" else {}
        write_frame(whole, path, _LAYOUTS[name], {**more, DIGEST_KEY: _digest(whole)}, level=1)
        if len(whole) >= self._piece_rows:
            del self._pieces[name]
        else:
            self._pieces[name] = (path, [whole])

    def _frame(self, name: str, rows: list[Any]) -> pl.DataFrame:
        import polars as pl

        columns: dict[str, Any] = {
            "ts_ns": np.array([row.ts_ns for row in rows], np.int64),
            "symbol": pl.Series("symbol", [row.symbol for row in rows], dtype=pl.Enum(self._symbols)),
        }
        for field in FLOATS[name]:
            values = np.array(list(map(attrgetter(field), rows)), np.float64)
            nanos = np.rint(values * NANOS_PER_UNIT).astype(np.int64)
            columns[field] = nanos
            if not np.array_equal(nanos / NANOS_PER_UNIT, values):
                columns[EXACT + field] = values
        for field in PLAIN[name]:
            columns[field] = np.array(list(map(attrgetter(field), rows)), np.float64 if name == "bars" else np.int64)
        columns["seq"] = np.array([row.seq for row in rows], np.int64)
        return pl.DataFrame(columns)


def recording_of(journal: Path) -> Path:
    """The folder of the recording that belongs to a session file."""
    return journal.with_suffix(".market")


def read_recording(folder: Path) -> list[MarketData]:
    """Every row of a recording in the order of its numbers, each as the event that the engine took.

    Raises DataError for a file that is damaged or not as it was written.
    """
    rows: list[MarketData] = []
    for name in _LAYOUTS:
        for file in sorted(folder.glob(f"{name}-*.parquet")):
            rows += _events(name, _as_written(file))
    rows.sort(key=attrgetter("seq"))
    return rows


def _as_written(file: Path) -> pl.DataFrame:
    import polars as pl

    try:
        frame, wanted = pl.read_parquet(file), pl.read_parquet_metadata(file).get(DIGEST_KEY)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(file, None, f"it cannot be read ({error})", "a recording", "What it held is lost") from error
    if wanted is None:
        raise DataError(file, None, "no digest of its rows", "a recording", "It is none, or of an older version")
    if (found := _digest(frame)) != wanted:
        raise DataError(file, None, f"rows of digest {found[:12]}", f"{wanted[:12]}, as written", "It was changed")
    return frame


def _digest(frame: pl.DataFrame) -> str:
    """SHA-256 over names, types and values of all columns."""
    told = hashlib.sha256()
    for column in frame:
        told.update(f"{column.name} {column.dtype.base_type().__name__} {column.null_count()} ".encode())
        told.update(column.to_physical().to_numpy().tobytes())
    return told.hexdigest()


def _events(name: str, frame: pl.DataFrame) -> list[MarketData]:
    column: dict[str, list[Any]] = {}
    for field in FLOATS[name]:
        values = frame[field].to_numpy() / NANOS_PER_UNIT
        if EXACT + field in frame.columns:
            exact = frame[EXACT + field].to_numpy()
            values = np.where(np.isnan(exact), values, exact)
        column[field] = values.tolist()
    for field in (*PLAIN[name], "ts_ns", "seq"):
        column[field] = frame[field].to_list()
    column["symbol"] = frame["symbol"].to_list()
    kind: Any = next(kind for kind, named in _NAMES.items() if named == name)
    fields = list(column)
    return [kind(**dict(zip(fields, row, strict=True))) for row in zip(*column.values(), strict=True)]
