"""The files of a finished run: JSON, page and tables. Each is written beside its name and moved there when whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tradetui.engine.errors import RunFailed

if TYPE_CHECKING:
    import polars as pl

    from tradetui.engine.result import BacktestResult


Columns = tuple[tuple[str, str], ...]  # name and kind of each column, in their order

TRADES: Columns = (
    ("symbol", "text"), ("side", "text"), ("quantity", "float"), ("entry_ts", "text"), ("entry_price", "float"),
    ("exit_ts", "text"), ("exit_price", "float"), ("pnl", "float"), ("fees", "float"), ("ambiguous", "flag"),
)  # fmt: skip
FILLS: Columns = (
    ("seq", "int"), ("ts_ns", "int"), ("execution_id", "text"), ("order_id", "int"), ("symbol", "text"),
    ("side", "sign"), ("quantity", "money"), ("price", "money"),
    ("fee", "digits"),  # may need more digits than Decimal(38)
    ("liquidity", "text"), ("role", "text"), ("ambiguous", "flag"),
)  # fmt: skip
ORDERS: Columns = (
    ("seq", "int"), ("ts_ns", "int"), ("order_id", "int"), ("symbol", "text"), ("side", "sign"), ("quantity", "money"),
    ("type", "text"), ("limit_price", "money"), ("stop_price", "money"), ("role", "text"), ("parent", "int"),
    ("reason", "text"),
)  # fmt: skip


def write_result(result: BacktestResult, folder: Path) -> None:
    """Write every file of the run; raises RunFailed naming the file that could not be written."""
    from tradetui.engine.analytics.report_html import report_html

    run = result.to_dict()
    _whole(folder / "run.json", lambda path: path.write_bytes(msgspec.json.encode(run) + b"\n"))
    _whole(folder / "report.html", lambda path: path.write_text(report_html(run, result.curve), encoding="utf-8"))
    for name, table in _tables(result, run["trades"]).items():
        _whole(folder / f"{name}.parquet", lambda path, table=table: table.write_parquet(path))  # type: ignore[misc]


def _whole(path: Path, write: Callable[[Path], object]) -> None:
    from polars.exceptions import PolarsError

    partial = path.with_name(f".{path.name}.part")
    try:
        write(partial)
        partial.replace(path)
    except (OSError, PolarsError) as error:  # polars reports a full disk as an error of its own
        partial.unlink(missing_ok=True)
        why = getattr(error, "strerror", None) or error
        raise RunFailed(
            f"{path} could not be written: {why}. Free some space or choose another folder; "
            "the session file is complete"
        ) from error


def _tables(result: BacktestResult, trade_rows: list[dict[str, Any]]) -> dict[str, pl.DataFrame]:
    import polars as pl

    curve = result.curve
    return {
        "trades": _table([[row[name] for row in trade_rows] for name, _ in TRADES], TRADES),
        "fills": _table([[getattr(fill, name) for fill in result.fills] for name, _ in FILLS], FILLS),
        "orders": _table([[getattr(order, name) for order in result.orders_sent] for name, _ in ORDERS], ORDERS),
        "equity": pl.DataFrame({"ts_ns": curve.ts_ns, "equity": curve.equity, "exposed": curve.exposed}),
    }


def _table(columns: list[list[Any]], named: Columns) -> pl.DataFrame:
    import polars as pl

    types: dict[str, pl.DataType | type[pl.DataType]] = {
        "text": pl.String, "float": pl.Float64, "int": pl.Int64, "sign": pl.Int8, "flag": pl.Boolean,
        "money": pl.Decimal(38, 18), "digits": pl.String,
    }  # fmt: skip
    made = {}
    for (name, kind), values in zip(named, columns, strict=True):
        given = [str(value) for value in values] if kind == "digits" else values
        made[name] = pl.Series(given, dtype=types[kind], strict=kind != "money")
    return pl.DataFrame(made)
