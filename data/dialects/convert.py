"""Rows of a file in its dialect made into the columns of our layouts, as lazy expressions that run in pieces."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import polars as pl

from tradetui.data.dialects.reading import scan_columns, scan_text
from tradetui.data.dialects.staging import Staged
from tradetui.data.dialects.times import time_expr
from tradetui.data.dialects.words import Dialect
from tradetui.data.prices import FLOAT_EXACT_BELOW
from tradetui.engine.model.instrument import NANOS_PER_UNIT

PRICES = ("open", "high", "low", "close", "price", "bid", "ask")
SIZES = ("size", "bid_size", "ask_size")  # int64 nanos too
EXTRA = ("adj_close", "dividend", "split_ratio")
PLAIN_NUMBERS = ("volume", *EXTRA)
NUMBERS = (*PRICES, *SIZES, *PLAIN_NUMBERS)
WORDS = ("exchange", "condition", "id")
ORDER = ("open", "high", "low", "close", "volume", "price", "size", "side", "bid", "bid_size", "ask", "ask_size")
CLOSES_ONLY = ("open", "high", "low")  # all equal to the close, where a file of closes is asked for as bars

NANOS_HELD_MAX = 9_000_000_000  # int64 nanos end a little beyond

# What files write for the side that took the trade: 1 a buyer, -1 a seller.
SIDES = {"buy": 1, "b": 1, "bid": 1, "1": 1, "sell": -1, "s": -1, "ask": -1, "-1": -1, "": 0, "unknown": 0, "0": 0}


def source_frame(source: Staged, dialect: Dialect, *, exact: bool = False) -> pl.LazyFrame:
    """The file's columns under their own names; numbers already cut as such, unless their text is needed (`exact`)."""
    if source.kind != "csv":
        return scan_columns(source)
    as_text = exact or bool(dialect.thousands)
    roles = dialect.roles.used()
    types: dict[str, pl.DataType] = {}
    if not as_text:
        types = {name: pl.Float64() for role, name in roles.items() if role in NUMBERS}
    if dialect.epoch is not None and dialect.roles.time is not None:
        types[dialect.roles.time] = pl.Int64()
    return scan_text(source, dialect, types)


def our_columns(
    frame: pl.LazyFrame, dialect: Dialect, symbols: tuple[str, ...], *, exact: bool = False
) -> pl.LazyFrame:
    """Columns of our layout, in its order and types, then those that only the file has. Missing values are null."""
    types = frame.collect_schema()
    roles = dialect.roles.used()
    columns = [time_expr(dialect, types[roles["time"]]).alias("ts_ns"), _symbol(dialect, symbols)]
    for role in (
        "open",
        "high",
        "low",
        "close",
        "volume",
        "price",
        "size",
        "side",
        "bid",
        "bid_size",
        "ask",
        "ask_size",
    ):
        if role in roles:
            columns.append(_value(role, roles[role], types[roles[role]], dialect, exact=exact).alias(role))
        elif (made := _absent(role, dialect)) is not None:
            columns.append(made.alias(role))
    more = [role for role in (*EXTRA, *WORDS, "correction") if role in roles]
    columns += [_value(role, roles[role], types[roles[role]], dialect, exact=False).alias(role) for role in more]
    ours = frame.select(columns)
    return ours.reverse() if dialect.newest_first else ours


def without_blank_lines(frame: pl.LazyFrame, dialect: Dialect) -> pl.LazyFrame:
    """Rows of which any used column has a value. Costs a copy of all rows: only for files that have blank lines."""
    return frame.filter(~pl.all_horizontal(pl.col(sorted(set(dialect.roles.used().values()))).is_null()))


def needs_text(largest_price: float | None) -> bool:
    """Whether a price of this size must be read from its text to be exact in nanos."""
    return largest_price is not None and largest_price >= FLOAT_EXACT_BELOW * NANOS_PER_UNIT


def _absent(role: str, dialect: Dialect) -> pl.Expr | None:
    """The column of a role that the file does not have and our layout does."""
    if dialect.kind == "bars":
        if role in CLOSES_ONLY:
            return pl.lit(None, pl.Int64)  # filled with the close where that is what was asked for
        return pl.lit(float("nan"), pl.Float64) if role == "volume" else None
    if dialect.kind == "trades" and role == "side":
        return pl.lit(0, pl.Int8)
    if dialect.kind == "quotes" and role in ("bid_size", "ask_size"):
        return pl.lit(0, pl.Int64)
    return None


def _symbol(dialect: Dialect, symbols: tuple[str, ...]) -> pl.Expr:
    kind = pl.Enum(symbols)
    if dialect.roles.symbol is None:
        return pl.lit(symbols[0], kind).alias("symbol")
    return pl.col(dialect.roles.symbol).cast(pl.String).str.strip_chars().cast(kind, strict=False).alias("symbol")


def _value(role: str, name: str, dtype: pl.DataType, dialect: Dialect, *, exact: bool) -> pl.Expr:
    column = pl.col(name)
    if role in WORDS:
        return column.cast(pl.String)
    if role == "correction":
        return column.cast(pl.Int64, strict=False)
    if role == "side":
        text = column.cast(pl.String).str.strip_chars().str.to_lowercase()
        return text.replace_strict(SIDES, default=None, return_dtype=pl.Int8)
    if exact and dtype == pl.String and role in PRICES:
        return column.map_batches(lambda text: _exact_nanos(text, dialect), return_dtype=pl.Int64)
    number = _number(column, dtype, dialect)
    scale = dialect.price_scale if role in PRICES else dialect.size_scale if role in (*SIZES, "volume") else 1.0
    scaled = number * scale if scale != 1.0 else number
    return _nanos(scaled) if role in (*PRICES, *SIZES) else pl.when(scaled.is_finite()).then(scaled)


def number_text(column: pl.Expr, dialect: Dialect) -> pl.Expr:
    """The text of numbers in the form that every cast reads: no thousands marks, a point for the decimals."""
    text = column.str.strip_chars()
    if dialect.thousands:
        text = text.str.replace_all(dialect.thousands, "", literal=True)
    return text.str.replace(",", ".", literal=True) if dialect.decimal == "," else text


def _number(column: pl.Expr, dtype: pl.DataType, dialect: Dialect) -> pl.Expr:
    if dtype == pl.String:
        column = number_text(column, dialect)
    return column.cast(pl.Float64, strict=False)


def _nanos(number: pl.Expr) -> pl.Expr:
    """Int64 nanos; null for NaN, infinities (which compare as larger) and what int64 cannot hold."""
    nanos = (number * NANOS_PER_UNIT).round().cast(pl.Int64, strict=False)
    return pl.when(number.abs() <= NANOS_HELD_MAX).then(nanos)


def _exact_nanos(values: pl.Series, dialect: Dialect) -> pl.Series:
    """Nanos of decimal text, exactly, for prices beyond what a float holds to the nano."""
    text = values.to_frame("v").select(number_text(pl.col("v"), dialect))["v"]
    scale = Decimal(repr(dialect.price_scale))

    def nanos(word: str | None) -> int | None:
        try:
            return None if word is None else int((Decimal(word) * scale * NANOS_PER_UNIT).to_integral_value())
        except (InvalidOperation, ValueError, OverflowError):
            return None

    return pl.Series([nanos(word) for word in text], dtype=pl.Int64)
