"""Values that are there and cannot be read, told from those that are missing: the first is refused with its line."""

from __future__ import annotations

import msgspec
import polars as pl

from tradetui.data.dialects.convert import NUMBERS, SIDES, number_text
from tradetui.data.dialects.reading import fault_at_row, first_bad_line, guarded, scan_columns, scan_text
from tradetui.data.dialects.staging import Staged
from tradetui.data.dialects.times import time_expr
from tradetui.data.dialects.words import Dialect

NOT_FINITE = ("inf", "+inf", "-inf", "infinity", "-infinity")


def refuse_what_is_no_value(source: Staged, dialect: Dialect) -> None:
    """Raises DataError for the first row whose time or number is there and is none, or that is too short.

    Called when something is missing, so that a whole file is never read twice.
    """
    text = source.kind == "csv"
    if text and (bad := first_bad_line(source, dialect)) is not None:
        raise bad
    frame = scan_text(source, dialect) if text else scan_columns(source)
    roles = dialect.roles.used()
    frame = frame.filter(~pl.all_horizontal(pl.col(sorted(set(roles.values()))).is_null())).with_row_index("row at")
    types = frame.collect_schema()
    unreadable = {name: _unreadable(role, name, types[name], dialect) for role, name in roles.items()}
    tests = [pl.col("row at").filter(test).min().alias(f"{i}") for i, test in enumerate(unreadable.values())]
    found = guarded(source, lambda: frame.select(tests).collect(engine="streaming"), dialect if text else None).row(0)
    rows = [(row, list(roles)[i]) for i, row in enumerate(found) if row is not None]
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
    if dialect.timezone != "UTC" and _exists_in_utc(dialect, value):
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


def _exists_in_utc(dialect: Dialect, value: object) -> bool:
    """Whether the value alone is a time, so that only the zone makes it none."""
    frame = pl.DataFrame({"time": [value]})
    plain = msgspec.structs.replace(
        dialect, timezone="UTC", roles=msgspec.structs.replace(dialect.roles, time="time", clock=None)
    )
    dtype = frame.schema["time"]
    if dtype == pl.String and dialect.epoch is not None:
        return False
    return frame.select(time_expr(plain, dtype)).to_series()[0] is not None
