"""Bars from CSV text: the header decides the columns, polars cuts the text, and every fault is traced to its line."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tradetui.data.checks import RawBars, fault_at
from tradetui.data.files import FileContent
from tradetui.data.names import ColumnNames, recognise
from tradetui.data.prices import nanos_from_prices
from tradetui.data.times import Refuse, times_from_text
from tradetui.engine.errors import DataError

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

    import polars as pl

    from tradetui.engine.market.bars import Float64, Int64

TEXT_EXPECTED = "comma-separated text in UTF-8"


def read_text_bars(content: FileContent, symbol: str, timezone: str) -> RawBars:
    """The rows of a CSV file, parsed and not yet checked; `symbol` names them where the file has no symbol column."""
    names = _header(content)
    rows = TextRows(content, names)
    n = len(rows.frame)
    symbols: tuple[str, ...] = (symbol,)
    codes = np.zeros(n, np.int32)
    if names.symbol is not None:
        symbols, codes = symbol_codes(rows.frame[names.symbol].str.strip_chars(), rows.fault)
    ts_ns = times_from_text(rows.filled(names.time), names.time, timezone, rows.fault)
    (opens, open_nanos), (highs, high_nanos), (lows, low_nanos), (closes, close_nanos) = map(rows.prices, names.prices)
    volume = np.full(n, np.nan) if names.volume is None else rows.numbers(names.volume)
    return RawBars(
        content.path,
        symbols,
        codes,
        ts_ns,
        (opens, highs, lows, closes),
        (open_nanos, high_nanos, low_nanos, close_nanos),
        volume,
        rows.row,
        rows.line_of,
        volume_unknown=names.volume is None,
    )


def symbol_codes(values: pl.Series, refuse: Refuse) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    """The distinct symbols of a column in the order they appear, and each row's index into them."""
    empty = values.is_null() | (values == "")
    if empty.any():
        raise refuse(int(empty.arg_max() or 0), "the symbol is empty", "a symbol on every row", "")
    distinct = values.unique(maintain_order=True)
    codes = values.replace_strict(distinct, range(len(distinct)))
    return tuple(str(name) for name in distinct), codes.to_numpy().astype(np.int32)


class TextRows:
    """The used columns of a CSV file as text, and where each row stands in the file."""

    def __init__(self, content: FileContent, names: ColumnNames) -> None:
        self._content = content
        self._quoted = b'"' in content.data  # a quoted field may hold a line end: then rows are not lines
        self.frame = self._cut(names)
        self.row = np.arange(len(self.frame))
        self._drop_blank_lines(names)
        if not len(self.frame):
            raise DataError(content.path, 1, "there is a header and no row", "at least one row")

    def line_of(self, row: int) -> int:
        """The line of the file on which a row (counted with blank lines) ends."""
        if not self._quoted:
            return row + 2
        reader = self._records()
        for count, _ in enumerate(reader):
            if count == row + 1:
                break
        return reader.line_num

    def fault(self, row: int, seen: str, expected: str, hint: str = "") -> DataError:
        """The error for one row of `frame`."""
        return fault_at(self._content.path, self.line_of, int(self.row[row]), seen, expected, hint)

    def filled(self, name: str) -> pl.Series:
        """A column that must have a value on every row."""
        values = self.frame[name]
        empty = values.is_null()
        if empty.any():
            row = int(empty.arg_max() or 0)
            raise self.fault(row, f"{name or 'the time'!r} is empty", "a value", "The row may have been cut off")
        return values

    def numbers(self, name: str) -> Float64:
        """A column as floats. NaN and infinities written as such pass; they are the checks' to refuse."""
        import polars as pl

        values = self.filled(name)
        numbers = values.cast(pl.Float64, strict=False)
        if numbers.null_count():
            numbers = values.str.strip_chars().cast(pl.Float64, strict=False)
        if numbers.null_count():
            row = int(numbers.is_null().arg_max() or 0)
            raise self.fault(row, f"{name} {str(values[row])!r} is not a number", "a decimal number with a point")
        return numbers.to_numpy()

    def prices(self, name: str) -> tuple[Float64, Int64]:
        """A column of prices as floats and as nanos, these from the text where the float is not exact."""
        values = self.numbers(name)
        return values, nanos_from_prices(values, lambda row: str(self.frame[name][row]).strip())

    def _records(self) -> CsvReader:
        return csv.reader(io.StringIO(self._content.data.decode("utf-8-sig"), newline=""))

    def _cut(self, names: ColumnNames) -> pl.DataFrame:
        import polars as pl

        try:
            # All columns are cut, not only the used: with a choice polars lets a row of too many fields pass shifted.
            return pl.read_csv(self._content.data, infer_schema=False).select(names.used())
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, UnicodeError) as error:
            raise _why_not_cut(self._content) from error

    def _drop_blank_lines(self, names: ColumnNames) -> None:
        """Blank lines come as rows without any value; a short or ",,," line is a fault, not a blank."""
        rows = np.flatnonzero(self.frame[names.time].is_null())
        if not len(rows):
            return
        lines = list(self._records()) if self._quoted else self._content.data.splitlines()
        blank = [row for row in rows if not lines[row + 1]]
        keep = np.ones(len(self.frame), np.bool_)
        keep[blank] = False
        self.frame = self.frame.filter(keep)
        self.row = self.row[keep]


def _header(content: FileContent) -> ColumnNames:
    data, path = content.data, content.path
    if b"\x00" in data[:4096]:
        raise DataError(path, None, "this is binary data, not text", TEXT_EXPECTED, "Check the extension")
    first = data.split(b"\n", 1)[0].removeprefix(b"\xef\xbb\xbf")
    try:
        text = first.decode("utf-8").strip("\r\n")
    except UnicodeDecodeError:
        raise DataError(path, 1, "the first line is not UTF-8 text", TEXT_EXPECTED, "Check the extension") from None
    try:
        fields = next(csv.reader([text]), [])
    except csv.Error as error:  # a carriage return inside the line
        raise DataError(path, 1, f"the first line cannot be cut into fields ({error})", TEXT_EXPECTED) from None
    for separator in (";", "\t", "|"):
        if len(fields) < 4 and text.count(separator) >= 4:
            raise DataError(path, 1, f"fields are separated by {separator!r}", TEXT_EXPECTED, "Convert the file first")
    return recognise(path, fields, 1)


def _why_not_cut(content: FileContent) -> DataError:
    """The first line that is no row of the table, found by reading it again slowly."""
    try:
        text = content.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.data.count(b"\n", 0, error.start) + 1
        return DataError(content.path, line, "there are bytes that are not UTF-8", TEXT_EXPECTED)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        width = len(next(reader))
        for fields in reader:
            if len(fields) > width:
                hint = "If the date and the time are two columns, join them into one"
                seen = f"{len(fields)} fields"
                return DataError(content.path, reader.line_num, seen, f"{width}, as in the header", hint)
    except csv.Error as error:
        return DataError(content.path, reader.line_num, f"the text cannot be cut into fields ({error})", TEXT_EXPECTED)
    return DataError(content.path, None, "the text cannot be cut into fields", TEXT_EXPECTED)
