"""A session with its book on disk: bars, quotes, trades, depth and orders, one Parquet file each in our layouts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tradetui.data.checks import checked
from tradetui.data.column_bars import (
    BARS_LAYOUT,
    codes_of,
    layout_of,
    no_bars,
    own_bars,
    read_frame,
    symbol_column,
    write_bars,
    write_frame,
)
from tradetui.data.files import FileContent, read_content
from tradetui.engine.errors import DataError
from tradetui.engine.market.bars import Int64
from tradetui.engine.market.tape import ADD, CLEAR, Codes, DepthChanges, MarketSession, OrderEvents, Quotes, Trades

QUOTES_LAYOUT, TRADES_LAYOUT, DEPTH_LAYOUT = "quotes/1", "trades/1", "depth/1"  # described in data/schemas
ORDERS_LAYOUT = "orders/1"
CLEAN_HINT = "Write the session again: it is not repaired silently"

Words = Callable[[int], tuple[str, str]]  # row -> what was seen, what was expected
Columns = Mapping[str, npt.NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class _Least:
    """The smallest value a column may hold, and the largest where there is one."""

    least: int
    most: int | None = None


PRICE, OPTIONAL, SIZE, REST = _Least(1), _Least(0), _Least(1), _Least(0)
QUOTE_COLUMNS = {"bid": OPTIONAL, "bid_size": OPTIONAL, "ask": OPTIONAL, "ask_size": OPTIONAL}
TRADE_COLUMNS = {"price": PRICE, "size": SIZE, "side": _Least(-1, 1)}
DEPTH_COLUMNS = {"side": _Least(-1, 1), "price": OPTIONAL, "size": REST}
ANY_ID = _Least(-(2**63))
ORDER_COLUMNS = {
    "action": _Least(ADD, CLEAR), "order_id": ANY_ID, "side": _Least(-1, 1), "price": OPTIONAL, "size": REST,
}  # fmt: skip


def session_paths(folder: Path, name: str) -> dict[str, Path]:
    """Where the tables that every session has lie, by table."""
    return {table: folder / f"{name}_{table}.parquet" for table in ("bars", "quotes", "trades", "depth")}


def orders_path(folder: Path, name: str) -> Path:
    """Where a session's order events lie; there is no such file where nothing is known of them."""
    return folder / f"{name}_orders.parquet"


def write_session(session: MarketSession, folder: Path, name: str = "session") -> list[Path]:
    """Writes the tables as `<name>_<table>.parquet` and gives their paths; an empty table is written too.

    A file of orders that lay there is removed where the session has none: it would be read with the others.
    """
    paths = session_paths(folder, name)
    write_bars(session.bars, paths["bars"])
    _write(session.quotes, QUOTE_COLUMNS, paths["quotes"], QUOTES_LAYOUT)
    _write(session.trades, TRADE_COLUMNS, paths["trades"], TRADES_LAYOUT)
    _write(session.depth, DEPTH_COLUMNS, paths["depth"], DEPTH_LAYOUT)
    orders = orders_path(folder, name)
    if session.orders is None:
        orders.unlink(missing_ok=True)
        return list(paths.values())
    _write(session.orders, ORDER_COLUMNS, orders, ORDERS_LAYOUT)
    return [*paths.values(), orders]


def read_session(folder: Path, name: str = "session") -> MarketSession:
    """The session that `write_session` wrote, exactly.

    Raises DataError for a table that is missing, damaged, of another layout, out of time order, with an impossible
    value, or with other symbols than the bars.
    """
    contents = {table: read_content(path) for table, path in session_paths(folder, name).items()}
    bars_file = contents["bars"]
    _demand(bars_file, BARS_LAYOUT)
    raw = own_bars(bars_file)
    bars = checked(raw) if len(raw.ts_ns) else no_bars(raw)
    symbols = bars.symbols
    codes, ts, quotes = _read(contents["quotes"], QUOTES_LAYOUT, QUOTE_COLUMNS, symbols)
    quoted = Quotes(symbols, codes, ts, quotes["bid"], quotes["bid_size"], quotes["ask"], quotes["ask_size"])
    codes, ts, trades = _read(contents["trades"], TRADES_LAYOUT, TRADE_COLUMNS, symbols)
    traded = Trades(symbols, codes, ts, trades["price"], trades["size"], trades["side"].astype(np.int8))
    codes, ts, depth = _read(contents["depth"], DEPTH_LAYOUT, DEPTH_COLUMNS, symbols)
    priceless = (depth["side"] != 0) & (depth["price"] == 0)
    _refuse(contents["depth"], priceless, lambda _: ("price is 0", "at least 1, or side 0, which clears the book"))
    changes = DepthChanges(symbols, codes, ts, depth["side"].astype(np.int8), depth["price"], depth["size"])
    orders_file = orders_path(folder, name)
    orders = read_orders(orders_file, symbols) if orders_file.exists() else None
    return MarketSession(bars, quoted, traded, changes, orders)


def read_orders(path: Path, symbols: tuple[str, ...]) -> OrderEvents:
    """The order events of a file in our layout, of these symbols; DataError as of `read_session`."""
    content = read_content(path)
    codes, ts, values = _read(content, ORDERS_LAYOUT, ORDER_COLUMNS, symbols)
    sideless = (values["action"] != CLEAR) & (values["side"] == 0)
    _refuse(content, sideless, lambda _: ("side is 0", "1 (bid) or -1 (ask)"))
    action, side = values["action"].astype(np.int8), values["side"].astype(np.int8)
    return OrderEvents(symbols, codes, ts, action, values["order_id"], side, values["price"], values["size"])


def _write(
    table: Quotes | Trades | DepthChanges | OrderEvents, columns: Mapping[str, _Least], path: Path, layout: str
) -> None:
    import polars as pl

    named = {name: getattr(table, name) for name in columns}
    frame = pl.DataFrame({"ts_ns": table.ts_ns, "symbol": symbol_column(table.symbols, table.symbol), **named})
    write_frame(frame, path, layout, {})


def _read(
    content: FileContent, layout: str, columns: Mapping[str, _Least], symbols: tuple[str, ...]
) -> tuple[Codes, Int64, Columns]:
    _demand(content, layout)
    frame = read_frame(content, ["ts_ns", "symbol", *columns])
    for name in ("ts_ns", *columns):
        if frame[name].null_count() or not frame[name].dtype.is_integer():
            raise DataError(content.path, None, f"{name} holds {frame[name].dtype} or has gaps", f"layout {layout}")
    named, codes = codes_of(content, frame)
    if named != symbols:
        seen = f"symbols are {', '.join(named)}"
        raise DataError(content.path, None, seen, f"those of the bars, {', '.join(symbols)}")
    ts = frame["ts_ns"].to_numpy()
    values = {name: frame[name].to_numpy().astype(np.int64) for name in columns}
    for name, bound in columns.items():
        _check_bound(content, name, values[name], bound)
    back = np.r_[False, np.diff(ts) < 0] if len(ts) else np.zeros(0, np.bool_)
    _refuse(content, back, lambda row: (f"ts_ns goes back from {ts[row - 1]} to {ts[row]}", "times that do not fall"))
    return codes, ts, values


def _check_bound(content: FileContent, name: str, values: Int64, bound: _Least) -> None:
    wrong = values < bound.least
    expected = f"at least {bound.least}"
    if bound.most is not None:
        wrong |= values > bound.most
        expected = f"from {bound.least} to {bound.most}"
    _refuse(content, wrong, lambda row: (f"{name} is {values[row]}", expected))


def _refuse(content: FileContent, wrong: npt.NDArray[np.bool_], words: Words) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        seen, expected = words(row)
        raise DataError(content.path, None, f"row {row + 1}: {seen}", expected, CLEAN_HINT)


def _demand(content: FileContent, layout: str) -> None:
    found = layout_of(content)
    if found != layout:
        hint = "It was not written by this version of tradetui"
        raise DataError(content.path, None, f"the layout is {found or 'not ours'!r}", repr(layout), hint)
