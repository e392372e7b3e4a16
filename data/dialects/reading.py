"""A file's columns under their own names as a lazy frame, read in pieces; polars' errors become ours, with a line."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import polars as pl

from tradetui.data.dialects.staging import SNIFF_BYTES, Staged
from tradetui.data.dialects.words import Dialect
from tradetui.engine.errors import DataError

T = TypeVar("T")
TEXT_EXPECTED = "text in UTF-8, a row a line"
MISSING = ["", "NaN", "nan", "NAN", "null", "NULL", "None", "NA", "N/A", "#N/A", "n/a", "-"]  # how files write no value
PIECE_BYTES = 1 << 22
BROKEN_HINT = "It may be cut off or damaged: fetch or write it again"


def head_lines(source: Staged) -> list[str]:
    """The first whole lines of a text file, without a byte order mark; DataError for binary data."""
    with source.plain.open("rb") as file:
        data = file.read(SNIFF_BYTES)
        whole = not file.read(1)
    if b"\x00" in data:
        seen = "this is binary data, not text"
        raise DataError(source.path, None, seen, TEXT_EXPECTED, "Check the extension")
    if not whole and b"\n" in data:
        data = data[: data.rindex(b"\n")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = "Check the extension, or convert it to UTF-8"
        raise DataError(source.path, line, "there are bytes that are not UTF-8", TEXT_EXPECTED, hint) from None
    return text.splitlines()


def ends_mid_line(source: Staged) -> bool:
    """Whether the last line has no line end: the file may have been cut off there."""
    with source.plain.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) not in (b"\n", b"\r")


def column_schema(source: Staged) -> dict[str, pl.DataType]:
    """Names and types of a Parquet or Arrow file's columns."""
    magic = b"PAR1" if source.kind == "parquet" else b"ARROW1"
    what = what_of(source)
    with source.plain.open("rb") as file:
        if not file.read(8).startswith(magic):
            raise DataError(source.path, None, f"this is not a {what} file", f"the bytes {magic.decode()} at its start")
    scan = pl.scan_parquet if source.kind == "parquet" else pl.scan_ipc
    return guarded(source, lambda: dict(scan(source.plain, glob=False).collect_schema()))


def scan_text(source: Staged, dialect: Dialect, types: dict[str, pl.DataType] | None = None) -> pl.LazyFrame:
    """The columns of a text file; as text where `types` names no other. What has no value or cannot be read is null."""
    schema: dict[str, pl.DataType] = {name: pl.String() for name in dialect.columns} | (types or {})
    return pl.scan_csv(
        source.plain,
        has_header=False,
        separator=dialect.separator,
        skip_lines=lines_before_rows(source, dialect),
        schema=schema,
        null_values=MISSING,
        ignore_errors=types is not None,
        decimal_comma=dialect.decimal == ",",
        truncate_ragged_lines=False,
        raise_if_empty=False,
        glob=False,
    )


def lines_before_rows(source: Staged, dialect: Dialect) -> int:
    """How many lines stand before the first row: those stated, the header, and blank ones about it."""
    lines = head_lines(source)
    at = _first_of_text(lines, dialect.skip_lines)
    return _first_of_text(lines, at + 1) if dialect.header else at


def _first_of_text(lines: Sequence[str], at: int) -> int:
    return next((i for i in range(at, len(lines)) if lines[i].strip()), at)


def scan_columns(source: Staged) -> pl.LazyFrame:
    """The columns of a Parquet or Arrow file."""
    scan = pl.scan_parquet if source.kind == "parquet" else pl.scan_ipc
    return scan(source.plain, glob=False)


def guarded(source: Staged, read: Callable[[], T], dialect: Dialect | None = None) -> T:
    """What `read` gives; whatever polars makes of broken data becomes a DataError, for text with its line."""
    try:
        return read()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        if dialect is not None and (found := first_bad_line(source, dialect)) is not None:
            raise found from error
        said = str(error).splitlines()[0][:200]
        seen = f"the {what_of(source)} data cannot be read ({said})"
        raise DataError(source.path, None, seen, f"a whole {what_of(source)} file", BROKEN_HINT) from error


def what_of(source: Staged) -> str:
    return {"csv": "text", "parquet": "Parquet", "arrow": "Arrow (feather version 2)"}[source.kind]


def rows_with_lines(source: Staged, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of each row that is not blank. Slow: only for telling where a fault stands."""
    with source.plain.open(encoding="utf-8-sig", newline="") as file:
        before = lines_before_rows(source, dialect)
        for _ in range(before):
            next(file, None)
        reader = csv.reader(file, delimiter=dialect.separator)
        for fields in reader:
            if fields:
                yield before + reader.line_num, fields


def first_bad_line(source: Staged, dialect: Dialect) -> DataError | None:
    """The error of the first line that does not have the file's fields; None if every line has."""
    width = len(dialect.columns)
    try:
        for line, fields in rows_with_lines(source, dialect):
            if len(fields) != width:
                hint = "The file may have been cut off there" if len(fields) < width else ""
                return DataError(source.path, line, f"{len(fields)} fields", f"{width}, as in the other lines", hint)
    except csv.Error as error:
        return DataError(source.path, None, f"the text cannot be cut into fields ({error})", TEXT_EXPECTED)
    except UnicodeDecodeError:
        return DataError(source.path, _line_not_utf8(source.plain), "there are bytes that are not UTF-8", TEXT_EXPECTED)
    return None


def line_of_row(source: Staged, dialect: Dialect, row: int) -> tuple[int | None, list[str]]:
    """Where a row (from 0, blank lines not counted) stands in a text file, and its fields."""
    if source.kind != "csv":
        return None, []
    return next(itertools.islice(rows_with_lines(source, dialect), row, None), (None, []))


def some_rows(source: Staged, dialect: Dialect, rows: Sequence[int]) -> Iterator[tuple[int, int, list[str]]]:
    """Row, line number and fields of a few rows of a text file without quotes and blank lines, rows rising.

    Line ends are counted in pieces, so that nothing else of the file is looked at.
    """
    before = lines_before_rows(source, dialect)
    wanted = iter(rows)
    row = next(wanted, None)
    line, rest = 0, b""  # how many whole lines lie before the piece, and the beginning of one that goes on in it
    with source.plain.open("rb") as file:
        while row is not None and (piece := file.read(PIECE_BYTES)):
            text = rest + piece
            count = text.count(b"\n")
            if row + before < line + count:
                lines = text.split(b"\n")
                while row is not None and row + before < line + count:
                    fields = lines[row + before - line].decode("utf-8-sig").rstrip("\r")
                    yield row, row + before + 1, next(csv.reader([fields], delimiter=dialect.separator), [])
                    row = next(wanted, None)
                rest = lines[-1]
            else:
                rest = text[text.rindex(b"\n") + 1 :] if count else text
            line += count
    if row is not None and row + before == line and rest:
        fields = rest.decode("utf-8-sig").rstrip("\r")
        yield row, row + before + 1, next(csv.reader([fields], delimiter=dialect.separator), [])


def has_quotes(source: Staged) -> bool:
    """Whether a text file has a quotation mark: then a row may be more than a line."""
    with source.plain.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            if b'"' in piece:
                return True
    return False


def fault_at_row(source: Staged, dialect: Dialect, row: int, seen: str, expected: str, hint: str = "") -> DataError:
    """The error that names the line of a row of text, or the row's number (from 1) in a file without lines."""
    line, _ = line_of_row(source, dialect, row)
    return DataError(source.path, line, seen if line is not None else f"row {row + 1}: {seen}", expected, hint)


def _line_not_utf8(plain: Path) -> int:
    with plain.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1


def fields_of(lines: Sequence[str], separator: str) -> list[list[str]]:
    """Lines cut into fields."""
    return [fields for fields in csv.reader(lines, delimiter=separator) if fields]
