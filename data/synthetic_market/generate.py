"""Any amount of invented market data on disk, in bounded memory: minute bars as a store, or sessions day by day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tradetui.data.synthetic import FIRST_DAY, MINUTES
from tradetui.data.synthetic_market.symbols import SYMBOLS_MAX, market_symbols
from tradetui.engine.errors import UsageError

DAYS_MAX = 5_000  # twenty years: a factor's minutes are held in memory
EVENTS_MIN = 1_000  # a symbol and day; fewer do not fill a book
SESSION_EVENTS_MAX = 1_000_000_000  # of all symbols together: a minute of it must fit into memory
SESSION_SYMBOLS_MAX = 1_000  # whose books are in memory together, half a megabyte each

Progress = Callable[[str, int, int], None]  # what is being made, done, of how many


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to generate. `events` counts order events a symbol and day; bars do not need it."""

    kind: str
    symbols: int
    days: int
    events: int
    seed: int
    first_day: date = FIRST_DAY

    def __post_init__(self) -> None:
        if self.kind not in ("bars", "session"):
            raise UsageError(f"kind is {self.kind!r}; expected bars or session")
        _demand("symbols", self.symbols, 1, SYMBOLS_MAX if self.kind == "bars" else SESSION_SYMBOLS_MAX)
        _demand("days", self.days, 1, DAYS_MAX)
        _demand("events", self.events, EVENTS_MIN, SESSION_EVENTS_MAX // self.symbols)
        _demand("seed", self.seed, 0, 2**63 - 1)


@dataclass(frozen=True, slots=True)
class Made:
    """What was generated: rows are bars or order events."""

    paths: tuple[Path, ...]
    rows: int


def generate(wanted: Wanted, out: Path, progress: Progress) -> Made:
    """Writes the wanted data below `out`, which is made if absent; the same wish writes the same data everywhere.

    Bars become a store; a session becomes six files a day, `DAY_TABLE.parquet`. Raises DataError where `out` cannot be
    written.
    """
    if wanted.kind == "bars":
        return _bars(wanted, out, progress)
    return _sessions(wanted, out, progress)


def _bars(wanted: Wanted, out: Path, progress: Progress) -> Made:
    from tradetui.data.store import Store
    from tradetui.data.synthetic_market.bars import minute_bars
    from tradetui.data.synthetic_market.prices import common_factor

    store = Store.create(out)
    factor = common_factor(wanted.seed, wanted.days)
    symbols = market_symbols(wanted.seed, wanted.symbols)
    for index, symbol in enumerate(symbols):
        progress(symbol.model.name, index, len(symbols))
        store.write(minute_bars(wanted.seed, index, symbol, wanted.first_day, factor), "replace")
    progress("done", len(symbols), len(symbols))
    return Made((out,), len(symbols) * wanted.days * MINUTES)


def _sessions(wanted: Wanted, out: Path, progress: Progress) -> Made:
    from tradetui.data.synthetic_market.market import Market
    from tradetui.data.synthetic_market.market_pieces import write_day

    market = Market(wanted.seed, market_symbols(wanted.seed, wanted.symbols), wanted.first_day, wanted.days)
    whole = wanted.events * wanted.symbols * wanted.days
    paths: list[Path] = []
    rows = 0

    def tell(more: int) -> None:
        nonlocal rows
        rows += more
        progress(name, min(rows, whole), whole)

    for day, at in enumerate(market.days):
        name = at.isoformat()
        progress(name, min(rows, whole), whole)
        paths += write_day(market.play(day, wanted.events), out, name, tell)
    progress("done", whole, whole)
    return Made(tuple(paths), rows)


def _demand(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise UsageError(f"{name} is {value:,}; expected from {least:,} to {most:,}")
