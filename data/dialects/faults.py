"""Values that are there and cannot be read, told from those that are missing: the first is refused with its line."""

from __future__ import annotations

from pathlib import Path

import msgspec
import polars as pl

from tradetui.data.dialects.convert import NUMBERS, SIDES, number_text, without_blank_lines
from tradetui.data.dialects.reading import (
    MISSING,
    fault_at_row,
    first_bad_line,
    guarded,
    has_quotes,
    scan_columns,
    scan_text,
    some_rows,
)
from tradetui.data.dialects.staging import Staged
from tradetui.data.dialects.times import time_expr
from tradetui.data.dialects.words import Dialect
from tradetui.engine.errors import DataError

OURS = {"time": "ts_ns"}  # roles whose column is called otherwise in our layout
AT = "row of the file"
ROWS_MAX = 100_000  # with something missing: more are judged by the column


def refuse_what_is_no_value(
    source: Staged, dialect: Dialect, written: Path, columns: set[str], *, blank_lines: bool
) -> None:
    """Raises DataError for the first row whose time or number is there and is none, or that is too short.

    `columns` are those of the table `written` in which something is missing; only the rows in question are read
    again where lines are rows, else only the columns.
    """
    whole = not blank_lines and not (dialect.symbol and dialect.roles.symbol)  # row for row what the file holds
    if source.kind == "csv" and whole and not has_quotes(source):
        rows = _rows_missing(written, columns, reverse=dialect.newest_first)
        if len(rows) <= ROWS_MAX:
            _refuse_among(source, dialect, rows)
            return
    _refuse_by_columns(source, dialect, columns, blank_lines=blank_lines)


def _rows_missing(written: Path, columns: set[str], *, reverse: bool) -> list[int]:
    """Where rows of the file lack a value, rising."""
    lazy = pl.scan_parquet(written, glob=False).select(sorted(columns)).with_row_index(AT)
    found = lazy.filter(pl.any_horizontal(pl.col(sorted(columns)).is_null())).select(AT).head(ROWS_MAX + 1)
    rows = found.collect(engine="streaming").to_series()
    if not reverse:
        return rows.to_list()
    total = pl.scan_parquet(written, glob=False).select(pl.len()).collect().item()
    return [int(total) - 1 - row for row in reversed(rows.to_list())]


def _refuse_among(source: Staged, dialect: Dialect, rows: list[int]) -> None:
    """Judges the text of a few rows."""
    width = len(dialect.columns)
    read = list(some_rows(source, dialect, rows))
    for _, line, fields in read:
        if len(fields) != width:
            hint = "The file may have been cut off there" if len(fields) < width else ""
            raise DataError(source.path, line, f"{len(fields)} fields", f"{width}, as in the other lines", hint)
    columns = {
        name: pl.Series([None if fields[i] in MISSING else fields[i] for _, _, fields in read], dtype=pl.String)
        for i, name in enumerate(dialect.columns)
    }
    frame = pl.DataFrame(columns)
    roles = dialect.roles.used()
    if dialect.epoch is not None:
        frame = frame.with_columns(pl.col(roles["time"]).cast(pl.Int64, strict=False))
    tests = [_unreadable(role, name, frame.schema[name], dialect).alias(role) for role, name in roles.items()]
    for at, bad in enumerate(frame.select(tests).iter_rows(named=True)):
        for role, is_bad in bad.items():
            if is_bad:
                value = columns[roles[role]][at]
                if role == "time" and dialect.roles.clock is not None:
                    value = f"{value} {columns[dialect.roles.clock][at]}"
                raise DataError(source.path, read[at][1], *_words(dialect, role, roles[role], value))


def _refuse_by_columns(source: Staged, dialect: Dialect, columns: set[str], *, blank_lines: bool) -> None:
    """Judges whole columns as text: for Parquet and Arrow files, and for text of which a row may be several lines."""
    text = dialect if source.kind == "csv" else None
    roles = {role: name for role, name in dialect.roles.used().items() if OURS.get(role, role) in columns}
    frame = scan_columns(source) if text is None else scan_text(source, dialect)
    frame = (without_blank_lines(frame, dialect) if blank_lines else frame).with_row_index(AT)
    types = frame.collect_schema()
    tests = [
        pl.col(AT).filter(_unreadable(role, name, types[name], dialect)).min().alias(role)
        for role, name in roles.items()
    ]
    if text is not None:
        tests.append(pl.col(AT).filter(pl.col(dialect.columns[-1]).is_null()).min().alias("end"))
    found = guarded(source, lambda: frame.select(tests).collect(engine="streaming"), text).row(0, named=True)
    if text is not None and found.pop("end") is not None and (bad := first_bad_line(source, dialect)) is not None:
        raise bad
    rows = [(row, role) for role, row in found.items() if row is not None]
    if not rows:
        return
    row, role = min(rows)
    value = frame.slice(row, 1).select(pl.col(roles[role])).collect().item()
    if role == "time" and dialect.roles.clock is not None:
        value = f"{value} {frame.slice(row, 1).select(pl.col(dialect.roles.clock)).collect().item()}"
    raise fault_at_row(source, dialect, row, *_words(dialect, role, roles[role], value))


def _unreadable(role: str, name: str, dtype: pl.DataType, dialect: Dialect) -> pl.Expr:
    column = pl.col(name)
    if role == "time":
        return time_expr(dialect, dtype if dialect.epoch is None or dtype != pl.String else pl.Int64()).is_null()
    if role == "symbol":
        return column.is_null()
    if dtype == pl.String and role in NUMBERS:
        text = number_text(column, dialect)
        return column.is_not_null() & text.cast(pl.Float64, strict=False).is_null()
    if role == "side":
        return column.is_not_null() & ~column.cast(pl.String).str.strip_chars().str.to_lowercase().is_in(list(SIDES))
    return pl.lit(value=False)


def _words(dialect: Dialect, role: str, name: str, value: object) -> tuple[str, str, str]:
    if role == "side":
        hint = "Import it without: name the columns with --columns, the side as -"
        return f"{name} {value!r} is no side", "buy or sell, bid or ask, b or s", hint
    if role == "symbol":
        return "the symbol is empty", "a symbol on every row", ""
    if role != "time":
        mark = "comma" if dialect.decimal == "," else "point"
        return (
            f"{name} {value!r} is not a number",
            f"a decimal number with a {mark}",
            ("Say how it writes numbers with --dialect decimal=, or --dialect thousands=,"),
        )
    if value is None:
        return f"{name!r} is empty", "a time on every row", "The row may have been cut off"
    form = dialect.time_format or f"a number of {dialect.epoch} since 1970"
    if dialect.timezone != "UTC" and _is_time_in(dialect, "UTC", value):
        if dialect.ambiguous != "refuse" or not _is_time_in(dialect, dialect.timezone, value):
            return (
                f"{value} does not exist in {dialect.timezone}: the clocks go forward there",
                "a time that exists",
                "State the zone that the file is in, or write the times in UTC",
            )
        return (
            f"{value} does not name one instant in {dialect.timezone}: the clocks change there",
            "a time that exists exactly once",
            "Say which with --dialect ambiguous=earliest or latest, or write the times in UTC",
        )
    hint = "Times with and without an offset cannot be mixed" if "z" in form or _has_offset(value) else ""
    return f"time {str(value)!r} is not understood", f"the form {form}", hint


def _has_offset(value: object) -> bool:
    text = str(value)
    return text.endswith("Z") or (":" in text and ("+" in text or text.rfind("-") > text.find(":")))


def _is_time_in(dialect: Dialect, timezone: str, value: object) -> bool:
    """Whether the value alone is a time in a zone, one that is repeated there too."""
    frame = pl.DataFrame({"time": [value]})
    plain = msgspec.structs.replace(
        dialect,
        timezone=timezone,
        ambiguous="earliest",
        roles=msgspec.structs.replace(dialect.roles, time="time", clock=None),
    )
    dtype = frame.schema["time"]
    if dtype == pl.String and dialect.epoch is not None:
        return False
    return frame.select(time_expr(plain, dtype)).to_series()[0] is not None
