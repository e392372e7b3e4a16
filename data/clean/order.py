"""Rules about rows as rows, whatever they hold: their order, what is missing in them, what stands there twice."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from tradetui.data.clean.rules import ALL, ROW, Found, Mended, Rows, Rule, Settings, Table, found_rows, remove, times_of
from tradetui.data.dialects.importing import PRICES_OF
from tradetui.data.dialects.words import Kind

Mask = npt.NDArray[np.bool_]
NEEDED: dict[Kind, tuple[str, ...]] = {**PRICES_OF, "trades": ("price", "size")}


def _backwards(table: Table, _: Settings) -> Found:
    """Rows whose time is before that of the row before, of the same symbol."""
    ts, codes = times_of(table), table.codes()
    if table.one_symbol:
        return found_rows(np.r_[False, ts[1:] < ts[:-1]] if len(ts) else np.zeros(0, np.bool_))
    by_symbol = np.argsort(codes, kind="stable")
    late = np.zeros(len(ts), np.bool_)
    late[by_symbol[1:]] = (np.diff(ts[by_symbol]) < 0) & (np.diff(codes[by_symbol]) == 0)
    return found_rows(late)


def _sort(table: Table, _: Found, __: Settings) -> Mended:
    ts = times_of(table)
    by_symbol = table.kind == "bars" and not table.one_symbol
    order = np.lexsort((table.codes(), ts)) if by_symbol else np.argsort(ts, kind="stable")
    return Mended(table.frame[order])


def _missing(table: Table, _: Settings) -> Found:
    columns = [table.frame[name] for name in NEEDED[table.kind]]
    if not any(column.null_count() for column in columns):
        return found_rows(np.zeros(len(table.frame), np.bool_))
    empty = table.frame.select(pl.any_horizontal(pl.col(NEEDED[table.kind]).is_null())).to_series()
    return found_rows(empty.to_numpy())


def _non_positive(table: Table, _: Settings) -> Found:
    """A price at or below zero; of quotes below zero, because there zero means that a side is empty."""
    bad = np.zeros(len(table.frame), np.bool_)
    for name in PRICES_OF[table.kind]:
        values = table.numbers(name)
        bad |= values < 0 if table.kind == "quotes" else values <= 0
    return found_rows(bad)


def same_key(table: Table) -> Rows:
    """Rows that share symbol and time with another row, in file order; cheap where times only rise."""
    ts = times_of(table)
    if len(ts) < 2:
        return np.empty(0, np.intp)
    if table.one_symbol and bool(np.all(ts[1:] > ts[:-1])):
        return np.empty(0, np.intp)
    codes = table.codes()
    order = np.lexsort((codes, ts)) if not table.one_symbol else np.argsort(ts, kind="stable")
    equal = (np.diff(ts[order]) == 0) & (np.diff(codes[order]) == 0)
    return np.unique(np.r_[order[:-1][equal], order[1:][equal]])


def _duplicates(table: Table, _: Settings) -> Found:
    """Rows equal to an earlier one in every column."""
    rows = same_key(table)
    if not len(rows):
        return Found(rows, 0)
    some = table.frame[rows].drop(ROW)
    again = ~some.select(pl.struct(pl.all()).is_first_distinct()).to_series().to_numpy()
    return Found(rows[again], int(again.sum()))


def _same_time(table: Table, settings: Settings) -> Found:
    """Bars of which a later row tells the same symbol and time otherwise: the last one told is kept."""
    rows = np.setdiff1d(same_key(table), _duplicates(table, settings).rows)
    if not len(rows):
        return Found(rows, 0)
    some = table.frame[rows].select("symbol", "ts_ns")
    earlier = ~some.select(pl.struct(pl.all()).is_last_distinct()).to_series().to_numpy()
    return Found(rows[earlier], int(earlier.sum()))


def _repeated_ids(table: Table, _: Settings) -> Found:
    if not table.has("id"):
        return Found(np.empty(0, np.intp), 0)
    again = ~table.frame.select(pl.struct("symbol", "id").is_first_distinct() | pl.col("id").is_null()).to_series()
    return found_rows(again.to_numpy())


ORDER_RULES = (
    Rule("order", ALL, "a time before that of the row before", "sorts by time; equal times keep the file's order",
         _backwards, _sort, default=True),
    Rule("missing", ALL, "a price, or a trade's size, that the file does not have", "removes the row",
         _missing, remove, default=True),
    Rule("non_positive", ALL, "a price at or below zero (of quotes: below)", "removes the row",
         _non_positive, remove, default=True),
    Rule("duplicates", ("bars",), "a bar equal to an earlier one in every column", "removes it",
         _duplicates, remove, default=True),
    Rule("same_time", ("bars",), "a bar of which a later row tells the same time otherwise", "removes the earlier one",
         _same_time, remove, default=True),
    Rule("repeated_ids", ("trades",), "a trade whose id stood there before", "removes it",
         _repeated_ids, remove, default=True),
    Rule("identical", ("trades", "quotes"), "a row equal to an earlier one in every column; prints without an id may "
         "be equal and yet two trades", "removes it", _duplicates, remove),
)  # fmt: skip
