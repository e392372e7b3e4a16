"""Rules that take splits and dividends out of the prices of bars, one symbol at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from tradetui.data.clean.rules import Found, Mended, Rows, Rule, Settings, Table
from tradetui.data.corporate_actions import (
    Action,
    DividendRule,
    actions_in_columns,
    divided,
    divisors,
    splits_in_prices,
)
from tradetui.data.times import DAY_NS, time_text
from tradetui.engine.errors import UsageError
from tradetui.engine.model.instrument import NANOS_PER_UNIT

PRICES = ("open", "high", "low", "close")


def _of_each_symbol(table: Table) -> Iterator[Rows]:
    """The rows of each symbol in time order."""
    codes, ts = table.codes(), table.frame["ts_ns"].to_numpy()
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        yield rows[np.argsort(ts[rows], kind="stable")]


def _actions(table: Table, rows: Rows, settings: Settings, *, dividends: bool) -> list[Action]:
    """The splits of one symbol, or its dividends: by the file's columns where it has them, else splits by price."""
    frame = table.frame[rows]
    if table.has("split_ratio") or table.has("dividend"):
        split = frame["split_ratio"].to_numpy() if table.has("split_ratio") else None
        dividend = frame["dividend"].to_numpy() if table.has("dividend") else None
        named = actions_in_columns(split, dividend)
        if dividends:
            return [Action(action.row, 1.0, action.dividend) for action in named if action.dividend]
        if split is not None:
            return [Action(action.row, action.split) for action in named if action.split != 1.0]
    if dividends:
        return []
    daily = 0 < table.interval_ns >= DAY_NS
    days = frame["ts_ns"].to_numpy() // DAY_NS
    firsts = np.arange(len(frame)) if daily else np.flatnonzero(np.r_[True, np.diff(days) > 0])
    lasts = np.r_[firsts[1:], len(frame)] - 1
    volume = np.add.reduceat(frame["volume"].to_numpy(), firsts) if len(firsts) else np.zeros(0)
    found = splits_in_prices(
        frame["open"].to_numpy()[firsts] / NANOS_PER_UNIT,
        frame["close"].to_numpy()[lasts] / NANOS_PER_UNIT,
        volume,
        tolerance=settings.split_tolerance,
        terms_max=settings.split_terms_max,
        volume_max=settings.split_volume_max,
    )
    return [Action(int(firsts[action.row]), action.split) for action in found]


def _find(table: Table, settings: Settings, *, dividends: bool) -> Found:
    at: list[int] = []
    notes: list[str] = []
    for rows in _of_each_symbol(table):
        for action in _actions(table, rows, settings, dividends=dividends):
            row = int(rows[action.row])
            what = f"{action.dividend:g} a share" if dividends else f"{action.split:g} for 1"
            day = time_text(int(table.frame["ts_ns"][row]))[:10]
            at.append(row)
            notes.append(f"{table.frame['symbol'][row]} {day}: {what}")
    return Found(np.array(at, np.intp), len(at), tuple(notes))


def _apply(table: Table, settings: Settings, *, dividends: bool) -> Mended:
    """Prices before each action in the terms of the last row; volumes too, of splits."""
    price_by, volume_by = np.ones(len(table.frame)), np.ones(len(table.frame))
    rule = _rule(settings)
    for rows in _of_each_symbol(table):
        close = table.frame["close"].to_numpy()[rows] / NANOS_PER_UNIT
        actions = _actions(table, rows, settings, dividends=dividends)
        price_by[rows], volume_by[rows] = divisors(len(rows), close, actions, rule)
    changed = np.flatnonzero((price_by != 1.0) | (volume_by != 1.0))
    columns = [pl.Series(name, divided(table.frame[name].to_numpy(), price_by)) for name in PRICES]
    columns.append(pl.Series("volume", table.frame["volume"].to_numpy() * volume_by))
    return Mended(table.frame.with_columns(columns), changed=changed)


def _rule(settings: Settings) -> DividendRule:
    if settings.dividend_rule == "crsp":
        return "crsp"
    if settings.dividend_rule == "quandl":
        return "quandl"
    raise UsageError(f"dividend_rule {settings.dividend_rule!r}: expected crsp or quandl")


def _find_splits(table: Table, settings: Settings) -> Found:
    return _find(table, settings, dividends=False)


def _find_dividends(table: Table, settings: Settings) -> Found:
    return _find(table, settings, dividends=True)


def _apply_splits(table: Table, _: Found, settings: Settings) -> Mended:
    return _apply(table, settings, dividends=False)


def _apply_dividends(table: Table, _: Found, settings: Settings) -> Mended:
    return _apply(table, settings, dividends=True)


ACTION_RULES = (
    Rule("dividends", ("bars",), "a dividend named in the file's column", "takes it out of the prices before it, by "
         "dividend_rule", _find_dividends, _apply_dividends),
    Rule("splits", ("bars",), "a split named in the file's column or, without one, an overnight jump within "
         "split_tolerance of n:m whose volume is no crash's", "puts prices and volumes before it into the new terms",
         _find_splits, _apply_splits),
)  # fmt: skip
