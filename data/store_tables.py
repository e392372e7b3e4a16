"""What a store holds and where: its tables, how each is cut into files, and the names of folders and files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, unquote

import numpy as np

from tradetui.data.column_bars import BARS_LAYOUT
from tradetui.data.market_files import DEPTH_LAYOUT, QUOTES_LAYOUT, TRADES_LAYOUT
from tradetui.data.times import NS_PER_S
from tradetui.engine.errors import UsageError

if TYPE_CHECKING:
    import numpy.typing as npt
    import polars as pl

    from tradetui.engine.market.bars import Int64

Period = Literal["D", "M", "Y"]

MARKER = "store.json"
STORE_LAYOUT = "store/1"  # data/schemas/store.json; a change of folders, names or metadata takes the next number
SUFFIX = ".parquet"
SYMBOL_PREFIX = "symbol="

MINUTE_NS = 60 * NS_PER_S
DAY_NS = 86_400 * NS_PER_S
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = (("d", DAY_NS), ("h", 60 * MINUTE_NS), ("min", MINUTE_NS), ("s", NS_PER_S), ("ns", 1))
_TICK_COLUMNS = {
    TRADES_LAYOUT: ("price", "size", "side"),
    QUOTES_LAYOUT: ("bid", "bid_size", "ask", "ask_size"),
    DEPTH_LAYOUT: ("side", "price", "size"),
}
LAYOUTS = (BARS_LAYOUT, *_TICK_COLUMNS)
_PERIOD_FORMS: dict[Period, str] = {"D": "%Y-%m-%d", "M": "%Y-%m", "Y": "%Y"}


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of rows: its folder's name, its layout, its columns after `ts_ns` and `symbol`, the time one file spans.

    `interval_ns` is a bar's length, 0 for ticks.
    """

    name: str
    layout: str
    columns: tuple[str, ...]
    period: Period
    interval_ns: int = 0

    @property
    def is_bars(self) -> bool:
        """Whether its rows are bars."""
        return self.layout == BARS_LAYOUT

    def schema(self, symbols: tuple[str, ...]) -> dict[str, pl.DataType | type[pl.DataType]]:
        """Columns and types of the table as it is scanned."""
        import polars as pl

        kinds = {"side": pl.Int8, "volume": pl.Float64}
        columns = {name: kinds.get(name, pl.Int64) for name in self.columns}
        return {"ts_ns": pl.Int64, "symbol": pl.Enum(symbols), **columns}

    def period_of(self, ts_ns: int) -> str:
        """The name of the file that a time belongs to, UTC: such names sort as time does."""
        moment = EPOCH + timedelta(seconds=ts_ns // NS_PER_S)
        return moment.strftime(_PERIOD_FORMS[self.period])

    def period_starts(self, ts_ns: Int64) -> npt.NDArray[np.intp]:
        """Rows of rising times at which another file begins, the first row among them."""
        periods = ts_ns.astype("datetime64[ns]").astype(f"datetime64[{self.period}]")
        return np.flatnonzero(np.r_[True, periods[1:] != periods[:-1]])


TRADES = Table("trades", TRADES_LAYOUT, _TICK_COLUMNS[TRADES_LAYOUT], "D")
QUOTES = Table("quotes", QUOTES_LAYOUT, _TICK_COLUMNS[QUOTES_LAYOUT], "D")
DEPTH = Table("depth", DEPTH_LAYOUT, _TICK_COLUMNS[DEPTH_LAYOUT], "D")


def bars_table(interval_ns: int) -> Table:
    """The table of bars of that length: a file a month, a day below a minute, a year from a day on."""
    if interval_ns <= 0:
        raise UsageError("bars whose length is not known cannot be stored: state the interval")
    period: Period = "Y" if interval_ns >= DAY_NS else "M" if interval_ns >= MINUTE_NS else "D"
    columns = ("open", "high", "low", "close", "volume")
    return Table(f"bars-{length_text(interval_ns)}", BARS_LAYOUT, columns, period, interval_ns)


def table_named(name: str) -> Table | None:
    """The table of a folder's name; None for a folder that is none of ours."""
    for table in (TRADES, QUOTES, DEPTH):
        if table.name == name:
            return table
    kind, _, length = name.partition("-")
    for unit, size in _UNITS:
        number = length.removesuffix(unit)
        if kind == "bars" and number != length and number.isdecimal() and int(number):
            table = bars_table(int(number) * size)
            return table if table.name == name else None
    return None


def length_text(interval_ns: int) -> str:
    """A bar's length in the largest unit that divides it: 1min, 5min, 1h, 1d."""
    for unit, size in _UNITS:
        if interval_ns % size == 0:
            return f"{interval_ns // size}{unit}"
    raise AssertionError(interval_ns)


def symbol_folder(symbol: str) -> str:
    """The folder of a symbol; what a path cannot hold is percent-encoded, BTC/USDT -> symbol=BTC%2FUSDT."""
    return SYMBOL_PREFIX + quote(symbol, safe="")


def symbol_of(folder: Path) -> str:
    """The symbol whose folder that is."""
    return unquote(folder.name.removeprefix(SYMBOL_PREFIX))
