"""What a rule of cleaning is: a name, what it finds, what it does about it. The rules themselves stand beside."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from tradetui.data.dialects.words import Kind
from tradetui.engine.market.bars import Int64

Rows = npt.NDArray[np.intp]
ROW = "row"  # where a row stood in the input; null for one that was added
ALL: tuple[Kind, ...] = ("bars", "trades", "quotes")
NOTES_MAX = 20  # of one rule in a report; the count is always whole


class Range(NamedTuple):
    """The numbers that a setting may be: from `least`, or above it where it is `open`, to `most`."""

    least: float
    most: float = math.inf
    open: bool = False

    def holds(self, value: float) -> bool:
        """Whether a number is one of them; NaN and infinities are none."""
        return (
            math.isfinite(value) and (self.least < value if self.open else self.least <= value) and value <= self.most
        )

    def __str__(self) -> str:
        low = f"above {self.least:g}" if self.open else f"{self.least:g} or more"
        return low if self.most == math.inf else f"{low}, and at most {self.most:g}"


POSITIVE, SHARE = Range(0, open=True), Range(0, 1)
RANGES = {
    "lot": POSITIVE,
    "spike_deviations": POSITIVE,
    "spike_least": Range(0),
    "spike_reversal": SHARE,
    "spread_medians": POSITIVE,
    "split_tolerance": SHARE,
    "split_terms_max": Range(2),
    "split_volume_max": POSITIVE,
    "fill_bars_max": Range(1),
}


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers that rules judge by. Each is named in the text of its rule."""

    calendar: str = ""  # of the exchange, as XNYS; without one nothing is compared with a calendar
    timezone: str = "UTC"  # whose midnight parts the days
    lot: float = 100.0  # shares of a round lot
    venue: str = ""  # the one to keep
    spike_deviations: float = 12.0  # robust standard deviations of the log returns
    spike_least: float = 0.01  # and never less than this log return
    spike_reversal: float = 0.75  # share of the jump that the next step takes back
    spread_medians: float = 50.0
    split_tolerance: float = 0.08  # of the overnight jump about n:m
    split_terms_max: int = 10  # n and m
    split_volume_max: float = 4.0  # times the volume that the split explains: beyond it is a crash and no split
    dividend_rule: str = "crsp"  # or quandl
    fill_bars_max: int = 60  # longer holes are not filled


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in our layout with their place in the input; `interval_ns` of bars, 0 if unknown."""

    kind: Kind
    frame: pl.DataFrame
    interval_ns: int = 0

    def has(self, *names: str) -> bool:
        """Whether the table has all these columns."""
        return all(name in self.frame.columns for name in names)

    def numbers(self, name: str) -> npt.NDArray[Any]:
        """A column as numpy, without a copy where nothing is missing; floats with NaN where something is."""
        return self.frame[name].to_numpy()

    @property
    def one_symbol(self) -> bool:
        """Whether all rows are of one symbol."""
        kind = self.frame.schema["symbol"]
        return isinstance(kind, pl.Enum) and len(kind.categories) == 1

    def codes(self) -> npt.NDArray[np.int32]:
        """Each row's symbol as a number."""
        if self.one_symbol:
            return np.zeros(len(self.frame), np.int32)
        return self.frame["symbol"].to_physical().cast(pl.Int32).to_numpy()


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule found: rows of the table, or, where a fault is an absence, only a count. Notes are for people."""

    rows: Rows
    count: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mended:
    """The table after a rule: `changed` are rows of the table before, `order` gives its rows in their new order."""

    frame: pl.DataFrame
    removed: Rows = field(default_factory=lambda: np.empty(0, np.intp))
    changed: Rows = field(default_factory=lambda: np.empty(0, np.intp))
    added: int = 0


Find = Callable[[Table, Settings], Found]
Mend = Callable[[Table, Found, Settings], Mended]


@dataclass(frozen=True, slots=True)
class Rule:
    """One repair. `mend` is None for what is only counted; only `default` rules run without being asked for."""

    name: str
    kinds: tuple[Kind, ...]
    finds: str
    does: str
    find: Find
    mend: Mend | None = None
    default: bool = False


def found_rows(mask: npt.NDArray[np.bool_], notes: tuple[str, ...] = ()) -> Found:
    """The rows where a mask is true."""
    rows = np.flatnonzero(mask)
    return Found(rows, len(rows), notes)


def absent(count: int, notes: tuple[str, ...] = ()) -> Found:
    """Something counted that is no row of the table."""
    return Found(np.empty(0, np.intp), count, notes[:NOTES_MAX])


def remove(table: Table, found: Found, _: Settings) -> Mended:
    """Takes the rows out."""
    keep = np.ones(len(table.frame), np.bool_)
    keep[found.rows] = False
    return Mended(table.frame.filter(keep), removed=found.rows)


def times_of(table: Table) -> Int64:
    """The times of all rows."""
    return table.frame["ts_ns"].to_numpy()
