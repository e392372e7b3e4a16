"""A file of any dialect made into one Parquet file in our layout, in pieces, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import polars as pl

from tradetui.data.column_bars import BARS_LAYOUT, INTERVAL_KEY, LAYOUT_KEY
from tradetui.data.dialects.convert import CLOSES_ONLY, needs_text, our_columns, source_frame, without_blank_lines
from tradetui.data.dialects.detect import detect_staged
from tradetui.data.dialects.detection import Detection
from tradetui.data.dialects.faults import refuse_what_is_no_value
from tradetui.data.dialects.reading import guarded
from tradetui.data.dialects.staging import Staged, staged
from tradetui.data.dialects.words import BOOK_KINDS, Dialect, Kind, Stated
from tradetui.data.market_files import QUOTES_LAYOUT, TRADES_LAYOUT
from tradetui.engine.errors import DataError, UsageError

LAYOUTS: dict[Kind, str] = {"bars": BARS_LAYOUT, "trades": TRADES_LAYOUT, "quotes": QUOTES_LAYOUT}
PRICES_OF: dict[Kind, tuple[str, ...]] = {
    "bars": ("open", "high", "low", "close"), "trades": ("price",), "quotes": ("bid", "ask"),
}  # fmt: skip
SOURCE_KEY, SOURCE_SHA256_KEY, DIALECT_KEY = "tradetui.source", "tradetui.source_sha256", "tradetui.dialect"
SYMBOLS_MAX = 100_000  # a symbol column of more is no symbol column
COMPRESSION_LEVEL = 1  # 3 costs half a second more in ten million bars and saves 2 % of the bytes
DOUBLED_SHARE_MAX = 0.5  # of bars without a symbol column that share their time with another

Tell = Callable[[Detection], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import made. `missing` counts values that the file does not have, by column; they are null in `path`."""

    path: Path
    kind: Kind
    symbols: tuple[str, ...]
    rows: int
    first_ns: int
    last_ns: int
    missing: dict[str, int]
    source: Path
    sha256: str
    dialect: Dialect


def import_file(path: Path, out: Path, said: Stated | None = None, tell: Tell | None = None) -> Imported:
    """Writes `<name>_<kind>.parquet` into `out`, and gives what was written; `tell` hears first what was detected.

    Faulty rows are imported as they are: finding and mending them is cleaning's work. The Parquet file names its
    source with the hash of its bytes and the whole dialect. Raises DataError with line and remedy for what cannot be
    read, UsageError for what an option must settle.
    """
    said = said or Stated()
    if said.kind in BOOK_KINDS:
        raise UsageError(
            f"{path}: --kind {said.kind} is for tradetui data import: a book is no table of rows by itself"
        )
    with staged(path, said.member or "") as source:
        detection = detect_staged(source, said)
        if tell is not None:
            tell(detection)
        dialect = detection.settled()
        target = out / f"{stem_of(path)}_{dialect.kind}.parquet"
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(out, None, f"it cannot be made ({error.strerror})", "a writable folder") from error
        if target.resolve() == path.resolve():
            raise DataError(target, None, "this is the file that is imported", "another folder", "Name it with --out")
        return _written(source, dialect, target)


def made_of(target: Path) -> tuple[str, str]:
    """Name and SHA-256 of the file that an import made `target` of; empty for a file that no import made."""
    try:
        metadata = pl.read_parquet_metadata(target)
    except (pl.exceptions.PolarsError, OSError):
        return "", ""
    return metadata.get(SOURCE_KEY, ""), metadata.get(SOURCE_SHA256_KEY, "")


def stem_of(path: Path) -> str:
    """The file's name without what says how it is packed and written."""
    name = path.name
    for suffix in (".gz", ".zip", ".csv", ".txt", ".parquet", ".pq", ".feather", ".arrow", ".ipc"):
        name = name.removesuffix(suffix)
    return name


def _written(source: Staged, dialect: Dialect, target: Path) -> Imported:
    beside = target.with_name(f".{target.name}.part")
    try:
        symbols = _symbols(source, dialect)
        how = _How()
        seen = _sunk(source, dialect, symbols, beside, target, how)
        if "ts_ns" in seen.missing:
            how = _How(blank_lines=True)
            seen = _sunk(source, dialect, symbols, beside, target, how)
        if needs_text(seen.price_max):
            seen = _sunk(source, dialect, symbols, beside, target, _How(how.blank_lines, exact=True))
        if not seen.rows:
            raise DataError(source.path, None, "there is a header and no row", "at least one row")
        if seen.missing:
            refuse_what_is_no_value(source, dialect, beside, set(seen.missing), blank_lines=how.blank_lines)
        _refuse_doubled(source, dialect, beside, seen.rows)
        beside.replace(target)
    except OSError as error:
        raise _not_written(target, error) from error
    finally:
        beside.unlink(missing_ok=True)
    return Imported(
        target, dialect.kind, symbols, seen.rows, seen.first_ns, seen.last_ns, seen.missing,
        source.path, source.sha256, dialect,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _How:
    """What a first pass over the file showed to be needed."""

    blank_lines: bool = False  # leave them out
    exact: bool = False  # prices from their text


def _symbols(source: Staged, dialect: Dialect) -> tuple[str, ...]:
    """Every symbol of the file in the order they appear; one that the user picked, alone."""
    name = dialect.roles.symbol
    if name is None:
        return (dialect.symbol,)
    lazy = source_frame(source, dialect).select(pl.col(name).cast(pl.String).str.strip_chars())
    text = dialect if source.kind == "csv" else None
    found = guarded(source, lambda: lazy.unique(maintain_order=True).collect(engine="streaming"), text).to_series()
    symbols = tuple(str(symbol) for symbol in found.drop_nulls() if symbol)
    if len(symbols) > SYMBOLS_MAX or not symbols:
        seen = f"column {name!r} holds {len(symbols)} different symbols"
        raise DataError(
            source.path, None, seen, f"1 to {SYMBOLS_MAX:,}", "Name the right one with --column symbol=NAME"
        )
    if not dialect.symbol:
        return symbols
    if dialect.symbol not in symbols:
        shown = ", ".join(symbols[:10]) + (", ..." if len(symbols) > 10 else "")
        raise DataError(source.path, None, f"no row is of the symbol {dialect.symbol!r}", f"one of {shown}")
    return (dialect.symbol,)


def _sunk(
    source: Staged, dialect: Dialect, symbols: tuple[str, ...], beside: Path, target: Path, how: _How
) -> _Summary:
    """Writes the file's rows in pieces and sums up what was written."""
    frame = source_frame(source, dialect, exact=how.exact)
    if how.blank_lines:
        frame = without_blank_lines(frame, dialect)
    if dialect.roles.symbol is not None and dialect.symbol:
        frame = frame.filter(pl.col(dialect.roles.symbol).cast(pl.String).str.strip_chars() == dialect.symbol)
    made = our_columns(frame, dialect, symbols, exact=how.exact)
    if dialect.kind == "bars" and dialect.roles.open is None:
        made = made.with_columns(pl.col("close").alias(name) for name in CLOSES_ONLY)
    metadata = {
        LAYOUT_KEY: LAYOUTS[dialect.kind],
        SOURCE_KEY: source.path.name,
        SOURCE_SHA256_KEY: source.sha256,
        DIALECT_KEY: msgspec.json.encode(dialect).decode(),
    }
    if dialect.kind == "bars":
        metadata[INTERVAL_KEY] = str(dialect.interval_ns)

    def sink() -> None:
        try:
            made.sink_parquet(
                beside, compression="zstd", compression_level=COMPRESSION_LEVEL, metadata=metadata, engine="streaming"
            )
        except (OSError, pl.exceptions.PolarsError) as error:
            if isinstance(error, OSError) or "os error" in str(error):
                raise _not_written(target, error) from error
            raise

    guarded(source, sink, dialect if source.kind == "csv" else None)
    return _summary(beside, dialect)


def _not_written(target: Path, error: Exception) -> DataError:
    said = getattr(error, "strerror", None) or str(error).splitlines()[0]
    return DataError(target, None, f"it cannot be written ({said})", "a writable place with room", "Nothing was left")


@dataclass(frozen=True, slots=True)
class _Summary:
    rows: int
    first_ns: int
    last_ns: int
    missing: dict[str, int]
    price_max: int


def _summary(path: Path, dialect: Dialect) -> _Summary:
    """Rows, span, missing values by column and the largest price of what was written."""
    lazy = pl.scan_parquet(path, glob=False)
    columns = list(lazy.collect_schema())
    figures = [pl.len(), pl.col("ts_ns").min().alias("first"), pl.col("ts_ns").max().alias("last")]
    figures += [pl.col(name).null_count().alias(f"{name} missing") for name in columns]
    figures += [pl.col(name).abs().max().alias(f"{name} max") for name in PRICES_OF[dialect.kind]]
    row: dict[str, int | None] = lazy.select(figures).collect(engine="streaming").row(0, named=True)
    missing = {name: count for name in columns if (count := row[f"{name} missing"] or 0)}
    largest = max(row[f"{name} max"] or 0 for name in PRICES_OF[dialect.kind])
    return _Summary(row["len"] or 0, row["first"] or 0, row["last"] or 0, missing, largest)


def _refuse_doubled(source: Staged, dialect: Dialect, written: Path, rows: int) -> None:
    """Refuses bars of which most share their time with another: they are of two symbols that nothing tells apart."""
    if dialect.kind != "bars" or dialect.roles.symbol is not None:
        return
    lazy = pl.scan_parquet(written, glob=False)
    about = lazy.select(pl.col("ts_ns").approx_n_unique()).collect(engine="streaming").item()
    if rows - about < DOUBLED_SHARE_MAX / 4 * rows:
        return  # clearly enough times, and the exact count costs ten times as much
    times = lazy.select(pl.col("ts_ns").n_unique()).collect(engine="streaming").item()
    different = lazy.select(pl.struct("ts_ns", "close").n_unique()).collect(engine="streaming").item()
    if different - times >= DOUBLED_SHARE_MAX / 2 * rows:  # the same bar twice is only a duplicate
        seen = f"{rows} rows stand at {times} times, so this looks like two symbols or more in one file"
        hint = "Name the column that tells them apart with --column symbol=NAME, or split the file"
        raise DataError(source.path, None, seen, "one bar at each time, or a symbol column", hint)
