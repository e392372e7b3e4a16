"""As-of joins: to each row of one table the last row of another that was known at its time."""

from __future__ import annotations

import polars as pl

from tradetui.data.times import time_text
from tradetui.engine.errors import DataError


def asof_join(
    left: pl.DataFrame,
    right: pl.DataFrame,
    *,
    strictly_before: bool = False,
    by: str | None = "symbol",
    age_max_ns: int | None = None,
    suffix: str = "_right",
) -> pl.DataFrame:
    """Each row of `left` with the last row of `right` at or before its `ts_ns`, or strictly before it.

    Of several rows of `right` with one time the last in their order is taken: it is what stood when that time was
    over. A row with nothing before it, or nothing younger than `age_max_ns`, has nulls. The time of the row found is
    `ts_ns` + suffix; columns that both have carry the suffix too. Pass `by=None` where both are of one symbol.

    Raises DataError where one of them goes back in time: joining would silently find wrong rows.
    """
    for name, table in (("left", left), ("right", right)):
        _demand_time_order(name, table, by)
    stamped = right.with_columns(pl.col("ts_ns").alias(f"ts_ns{suffix}"))
    return left.join_asof(
        stamped,
        on="ts_ns",
        by=by,
        strategy="backward",
        allow_exact_matches=not strictly_before,
        tolerance=age_max_ns,
        suffix=suffix,
        coalesce=True,
        check_sortedness=False,
    )


def _demand_time_order(name: str, table: pl.DataFrame, by: str | None) -> None:
    steps = pl.col("ts_ns").diff()
    back = table.select((steps if by is None else steps.over(by)) < 0).to_series().fill_null(False)
    row = back.arg_max()
    if row is not None and back[row]:
        here = time_text(int(table["ts_ns"][row]))
        raise DataError(f"{name} table", None, f"row {row + 1} goes back to {here}", "times that do not fall")
