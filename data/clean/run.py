"""Rules run over a table: each on what the one before left, or, for a check, each on the table as it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from tradetui.data.clean.report import EXAMPLES_MAX, CleaningReport, Example, RuleResult
from tradetui.data.clean.rules import ROW, Found, Mended, Rule, Settings, Table
from tradetui.data.times import time_text
from tradetui.engine.model.instrument import float_from_nanos

NANO_COLUMNS = ("open", "high", "low", "close", "price", "size", "bid", "bid_size", "ask", "ask_size")


@dataclass(frozen=True, slots=True)
class Touched:
    """Rows that one rule removed or changed, as they were before it."""

    rule: str
    was: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A table after its rules; `touched` holds, in the order of the rules, what is no longer as it was."""

    table: Table
    report: CleaningReport
    touched: tuple[Touched, ...]


def numbered(frame: pl.DataFrame) -> pl.DataFrame:
    """A table's rows with their place in it, which they keep whatever rules do."""
    return frame.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(ROW))


def check(table: Table, rules: Sequence[Rule], settings: Settings, path: str = "") -> CleaningReport:
    """What each rule finds in the table as it is; nothing is changed."""
    whole = Table(table.kind, numbered(table.frame), table.interval_ns)
    results = [_result(whole, rule, rule.find(whole, settings), None) for rule in rules]
    return _report(path, _span(table), len(table.frame), results)


def clean(table: Table, rules: Iterable[Rule], settings: Settings, path: str = "") -> Cleaned:
    """The table mended by each rule in turn; what is only counted is counted on what was left."""
    before = _span(table)
    current = Table(table.kind, numbered(table.frame), table.interval_ns)
    del table  # whoever called may let go of it too: two copies of all rows are held otherwise
    results: list[RuleResult] = []
    touched: list[Touched] = []
    for rule in rules:
        found = rule.find(current, settings)
        mended = None
        if rule.mend is not None and (found.count or (rule.name == "order" and not _is_sorted(current))):
            mended = rule.mend(current, found, settings)
            touched.append(Touched(rule.name, current.frame[np.r_[mended.removed, mended.changed]]))
        results.append(_result(current, rule, found, mended))
        if mended is not None:
            current = Table(current.kind, mended.frame, current.interval_ns)
            del mended
    return Cleaned(current, _report(path, before, len(current.frame), results), tuple(touched))


def _is_sorted(table: Table) -> bool:
    return bool(table.frame["ts_ns"].is_sorted())


def _result(table: Table, rule: Rule, found: Found, mended: Mended | None) -> RuleResult:
    examples: list[Example] = []
    for at in found.rows[:EXAMPLES_MAX]:
        before = _shown(table.frame, int(at))
        after = None
        if mended is not None and len(mended.changed) and not len(mended.removed):
            after = _shown(mended.frame, int(at))
        examples.append(Example(int(table.frame[ROW][int(at)] or 0), before, after))
    if mended is None:
        return RuleResult(rule.name, rule.finds, found.count, examples=tuple(examples), notes=found.notes)
    return RuleResult(
        rule.name, rule.finds, found.count, len(mended.removed), len(mended.changed), mended.added,
        tuple(examples), found.notes, rule.name == "order",
    )  # fmt: skip


def _shown(frame: pl.DataFrame, at: int) -> dict[str, Any]:
    """A row as a person reads it: its time, prices as decimals, what is missing left out."""
    row = frame.row(at, named=True)
    shown: dict[str, Any] = {"time": time_text(row["ts_ns"]) if row["ts_ns"] is not None else "no time"}
    for name, value in row.items():
        if name not in ("ts_ns", ROW, "symbol") and value is not None:
            shown[name] = float_from_nanos(value) if name in NANO_COLUMNS else value
    return shown


@dataclass(frozen=True, slots=True)
class _Span:
    kind: str
    symbols: tuple[str, ...]
    rows: int
    first: str
    last: str


def _span(table: Table) -> _Span:
    ts, kind = table.frame["ts_ns"], table.frame.schema["symbol"]
    first, last = (time_text(value) if isinstance(value, int) else "" for value in (ts.min(), ts.max()))
    symbols = tuple(kind.categories) if isinstance(kind, pl.Enum) else ()
    return _Span(table.kind, symbols, len(table.frame), first, last)


def _report(path: str, before: _Span, rows_after: int, results: list[RuleResult]) -> CleaningReport:
    return CleaningReport(
        path, before.kind, before.symbols, before.rows, rows_after, before.first, before.last, tuple(results)
    )


def moved_rows(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows that stand elsewhere among the kept ones than in the input: `row` and its `position` in the result."""
    rows = frame[ROW].drop_nulls().to_numpy()
    if not len(rows) or bool(np.all(rows[1:] > rows[:-1])):
        return pl.DataFrame(schema={ROW: pl.UInt32, "position": pl.UInt32})
    elsewhere = rows != np.sort(rows, kind="stable")  # quick where little moved
    positions = np.flatnonzero(frame[ROW].is_not_null().to_numpy())
    return pl.DataFrame({ROW: rows[elsewhere], "position": positions[elsewhere].astype(np.uint32)})
