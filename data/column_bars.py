"""Bars from and to Parquet and Arrow files: our own layout exactly, others by their column names."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tradetui.data.checks import RawBars, fault_at
from tradetui.data.files import FileContent
from tradetui.data.names import EXPECTED_TEXT, ColumnNames, recognise
from tradetui.data.prices import nanos_from_prices
from tradetui.data.text_bars import symbol_codes
from tradetui.data.times import EPOCH_DIGITS, EPOCH_NAMES, EPOCH_TEXT, epoch_ns, times_from_text, to_utc
from tradetui.engine.errors import DataError
from tradetui.engine.market.bars import Bars, Float64, Int64
from tradetui.engine.model.instrument import NANOS_PER_UNIT

if TYPE_CHECKING:
    import polars as pl

LAYOUT_KEY = "tradetui.layout"
BARS_LAYOUT = "bars/1"  # data/schemas/bars.json; a change of the columns or their units takes the next number
INTERVAL_KEY = "tradetui.interval_ns"
PRICES = ("open", "high", "low", "close")


def read_column_bars(content: FileContent, symbol: str, timezone: str) -> RawBars:
    """The rows of a Parquet or Arrow file, not yet checked; `symbol` names them where the file has no symbol column."""
    if content.kind == "parquet" and layout_of(content) == BARS_LAYOUT:
        return _some(own_bars(content))
    names = recognise(content.path, _column_names(content), None)
    frame = read_frame(content, names.used())
    if not len(frame):
        raise DataError(content.path, None, "there are columns and no row", "at least one row")
    return _foreign(content, frame, names, symbol, timezone)


def write_bars(bars: Bars, path: Path) -> None:
    """Bars as Parquet in our own layout, which `read_bars` gives back exactly; DataError if they cannot be written."""
    import polars as pl

    frame = pl.DataFrame(
        {
            "ts_ns": bars.ts_ns,
            "symbol": symbol_column(bars.symbols, bars.symbol),
            **{name: getattr(bars, name) for name in PRICES},
            "volume": bars.volume,
        }
    )
    write_frame(frame, path, BARS_LAYOUT, {INTERVAL_KEY: str(bars.interval_ns)})


def symbol_column(symbols: tuple[str, ...], codes: npt.NDArray[np.int32]) -> pl.Series:
    """Symbols as a Parquet dictionary column whose categories are exactly `symbols`, in their order."""
    import polars as pl

    return pl.Series("symbol", symbols, dtype=pl.Enum(symbols)).gather(codes)


def codes_of(content: FileContent, frame: pl.DataFrame) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    """The symbols of a table in our layout and each row's index into them."""
    import polars as pl

    column = frame["symbol"]
    if not isinstance(column.dtype, pl.Enum) or column.null_count():
        raise DataError(content.path, None, f"symbol holds {column.dtype}", "our own layout", "Write it again")
    return tuple(column.dtype.categories), column.to_physical().to_numpy().astype(np.int32)


def write_frame(frame: pl.DataFrame, path: Path, layout: str, more: dict[str, str], level: int = 6) -> None:
    """One table as zstd Parquet marked with its layout, whole or not at all: a full disk leaves no half file."""
    import polars as pl

    beside = path.with_name(f".{path.name}.part")
    try:
        frame.write_parquet(beside, compression="zstd", compression_level=level, metadata={LAYOUT_KEY: layout, **more})
        beside.replace(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        beside.unlink(missing_ok=True)
        raise DataError(path, None, f"it cannot be written ({error})", "a writable place with room") from error


def no_bars(raw: RawBars) -> Bars:
    """Bars of the same symbols and interval without a row."""
    none = np.empty(0, np.int64)
    return Bars(raw.symbols, raw.symbol, none, none, none, none, none, np.empty(0), raw.interval_ns or 0)


def layout_of(content: FileContent) -> str:
    """Which of our layouts a Parquet file says it has; empty for a file that is not ours."""
    return metadata_of(content).get(LAYOUT_KEY, "")


def metadata_of(content: FileContent) -> dict[str, str]:
    """The key-value metadata of a Parquet file."""
    import polars as pl

    return dict(_guarded(content, lambda: pl.read_parquet_metadata(io.BytesIO(content.data))))


def read_frame(content: FileContent, columns: list[str]) -> pl.DataFrame:
    """Those columns of a Parquet or Arrow file."""
    import polars as pl

    read: Any = pl.read_parquet if content.kind == "parquet" else pl.read_ipc
    frame: pl.DataFrame = _guarded(content, lambda: read(io.BytesIO(content.data), columns=columns))
    return frame.rechunk()


def _column_names(content: FileContent) -> list[str]:
    import polars as pl

    read: Any = pl.read_parquet_schema if content.kind == "parquet" else pl.read_ipc_schema
    return list(_guarded(content, lambda: read(io.BytesIO(content.data))))


def _guarded(content: FileContent, read: Any) -> Any:
    """What `read` gives; whatever polars makes of broken bytes becomes a DataError."""
    import polars as pl

    what = "Parquet" if content.kind == "parquet" else "Arrow (feather version 2)"
    magic = b"PAR1" if content.kind == "parquet" else b"ARROW1"
    if not content.data.startswith(magic):
        raise DataError(content.path, None, f"this is not a {what} file", f"the bytes {magic.decode()} at its start")
    try:
        return read()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        hint = "It may be cut off or damaged: fetch or write it again"
        raise DataError(content.path, None, f"the {what} data cannot be read", f"a whole {what} file", hint) from error


def own_bars(content: FileContent) -> RawBars:
    """The rows of a Parquet file in our layout, not yet checked; there may be none."""
    frame = read_frame(content, ["ts_ns", "symbol", *PRICES, "volume"])
    symbols, codes = codes_of(content, frame)
    if any(frame[name].null_count() for name in ("ts_ns", *PRICES, "volume")):
        raise DataError(content.path, None, "there are empty values", "bars without", "Mend it: tradetui data clean")
    opens, highs, lows, closes = (frame[name].to_numpy() for name in PRICES)
    return RawBars(
        content.path,
        symbols,
        codes,
        frame["ts_ns"].to_numpy(),
        None,
        (opens, highs, lows, closes),
        frame["volume"].to_numpy(),
        np.arange(len(frame)),
        None,
        volume_unknown=True,
        interval_ns=int(metadata_of(content)[INTERVAL_KEY]),
    )


def _some(raw: RawBars) -> RawBars:
    if not len(raw.ts_ns):
        raise DataError(raw.path, None, "there are columns and no row", "at least one row")
    return raw


def _foreign(content: FileContent, frame: pl.DataFrame, names: ColumnNames, symbol: str, timezone: str) -> RawBars:
    def fault(row: int, seen: str, expected: str, hint: str = "") -> DataError:
        return fault_at(content.path, None, row, seen, expected, hint)

    for name in names.used():
        if frame[name].null_count():
            raise fault(int(frame[name].is_null().arg_max() or 0), f"{name!r} is empty", "a value")
    symbols: tuple[str, ...] = (symbol,)
    codes = np.zeros(len(frame), np.int32)
    if names.symbol is not None:
        symbols, codes = symbol_codes(frame[names.symbol].cast(_string()), fault)
    opens, highs, lows, closes = (_numbers(content.path, frame[name]) for name in names.prices)
    volume = np.full(len(frame), np.nan) if names.volume is None else _numbers(content.path, frame[names.volume])
    return RawBars(
        content.path,
        symbols,
        codes,
        _times(content.path, frame[names.time], timezone, fault),
        (opens, highs, lows, closes),
        (_nanos(opens), _nanos(highs), _nanos(lows), _nanos(closes)),
        volume,
        np.arange(len(frame)),
        None,
        volume_unknown=names.volume is None,
    )


def _times(path: Path, values: pl.Series, timezone: str, fault: Any) -> Int64:
    """UTC nanoseconds of a column of dates, datetimes, epoch integers or text."""
    import polars as pl

    kind = values.dtype
    if kind == pl.String:
        return times_from_text(values, values.name, timezone, fault)
    if kind.is_integer():
        first = str(int(values[0]))
        unit = EPOCH_NAMES.get(values.name.strip().lower()) or EPOCH_DIGITS.get(len(first))
        if unit is None:
            raise fault(0, f"time {first} has {len(first)} digits", EPOCH_TEXT, "")
        return epoch_ns(values.cast(pl.Int64).to_numpy(), unit, fault)
    if isinstance(kind, pl.Datetime):
        scale = {"ms": 10**6, "us": 10**3, "ns": 1}[kind.time_unit]
        wall = epoch_ns(values.to_physical().to_numpy(), scale, fault)
        return wall if kind.time_zone else to_utc(pl.Series(wall), timezone, fault)
    if kind == pl.Date:
        days = values.to_physical().cast(pl.Int64).to_numpy()
        return to_utc(pl.Series(epoch_ns(days, 86_400 * NANOS_PER_UNIT, fault)), timezone, fault)
    raise DataError(path, None, f"column {values.name!r} holds {kind}", "dates, times, epoch integers or text")


def _numbers(path: Path, values: pl.Series) -> Float64:
    import polars as pl

    if not values.dtype.is_numeric():
        raise DataError(path, None, f"column {values.name!r} holds {values.dtype}", "numbers", EXPECTED_TEXT)
    return values.cast(pl.Float64).to_numpy()


def _nanos(values: Float64) -> Int64:
    return nanos_from_prices(values, lambda row: repr(float(values[row])))


def _string() -> Any:
    import polars as pl

    return pl.String
