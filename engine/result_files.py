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

    money = pl.Decimal(38, 18)
    fills, orders, curve = result.fills, result.orders_sent, result.curve
    trade_names = ["symbol", "side", "quantity", "entry_ts", "entry_price", "exit_ts", "exit_price", "pnl", "fees"]
    return {
        "trades": pl.DataFrame(
            {name: [row[name] for row in trade_rows] for name in [*trade_names, "ambiguous"]},
            schema={
                "symbol": pl.String,
                "side": pl.String,
                "quantity": pl.Float64,
                "entry_ts": pl.String,
                "entry_price": pl.Float64,
                "exit_ts": pl.String,
                "exit_price": pl.Float64,
                "pnl": pl.Float64,
                "fees": pl.Float64,
                "ambiguous": pl.Boolean,
            },
        ),
        "fills": pl.DataFrame(
            {
                "seq": pl.Series([f.seq for f in fills], dtype=pl.Int64),
                "ts_ns": pl.Series([f.ts_ns for f in fills], dtype=pl.Int64),
                "execution_id": pl.Series([f.execution_id for f in fills], dtype=pl.String),
                "order_id": pl.Series([f.order_id for f in fills], dtype=pl.Int64),
                "symbol": pl.Series([f.symbol for f in fills], dtype=pl.String),
                "side": pl.Series([f.side for f in fills], dtype=pl.Int8),
                "quantity": pl.Series([f.quantity for f in fills], dtype=money, strict=False),
                "price": pl.Series([f.price for f in fills], dtype=money, strict=False),
                "fee": pl.Series([str(f.fee) for f in fills], dtype=pl.String),  # may need more digits than Decimal(38)
                "liquidity": pl.Series([f.liquidity for f in fills], dtype=pl.String),
                "role": pl.Series([f.role for f in fills], dtype=pl.String),
                "ambiguous": pl.Series([f.ambiguous for f in fills], dtype=pl.Boolean),
            }
        ),
        "orders": pl.DataFrame(
            {
                "seq": pl.Series([o.seq for o in orders], dtype=pl.Int64),
                "ts_ns": pl.Series([o.ts_ns for o in orders], dtype=pl.Int64),
                "order_id": pl.Series([o.order_id for o in orders], dtype=pl.Int64),
                "symbol": pl.Series([o.symbol for o in orders], dtype=pl.String),
                "side": pl.Series([o.side for o in orders], dtype=pl.Int8),
                "quantity": pl.Series([o.quantity for o in orders], dtype=money, strict=False),
                "type": pl.Series([o.type for o in orders], dtype=pl.String),
                "limit_price": pl.Series([o.limit_price for o in orders], dtype=money, strict=False),
                "stop_price": pl.Series([o.stop_price for o in orders], dtype=money, strict=False),
                "role": pl.Series([o.role for o in orders], dtype=pl.String),
                "parent": pl.Series([o.parent for o in orders], dtype=pl.Int64),
                "reason": pl.Series([o.reason for o in orders], dtype=pl.String),
            }
        ),
        "equity": pl.DataFrame({"ts_ns": curve.ts_ns, "equity": curve.equity, "exposed": curve.exposed}),
    }
