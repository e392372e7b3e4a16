"""How a file writes market data, stated field by field. No files are read here and nothing is guessed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from tradetui.engine.errors import UsageError

Kind = Literal["bars", "trades", "quotes", "orders", "depth"]
BOOK_KINDS: tuple[Kind, ...] = ("orders", "depth")  # must be stated, and become books by the rules of feeds
Stamp = Literal["start", "end"]
Epoch = Literal["s", "ms", "us", "ns"]
DateOrder = Literal["mdy", "dmy"]
Ambiguous = Literal["refuse", "earliest", "latest"]

EPOCH_UNIT_NS: dict[Epoch, int] = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
INTERVAL_UNIT_NS = {"s": 10**9, "min": 60 * 10**9, "h": 3600 * 10**9, "hour": 3600 * 10**9, "d": 86_400 * 10**9}
INTERVAL_UNIT_NS |= {"day": 86_400 * 10**9, "w": 7 * 86_400 * 10**9, "week": 7 * 86_400 * 10**9}
IGNORED = "-"  # in a list of columns: one that is not used

_INTERVAL = re.compile(r"(\d+) ?([a-z]+?)s?")


class Roles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file's own name of the column for each thing we use; None where it has none."""

    time: str | None = None
    clock: str | None = None  # the time of day, where it stands apart from the date
    symbol: str | None = None
    open: str | None = None
    high: str | None = None
    low: str | None = None
    close: str | None = None
    volume: str | None = None
    adj_close: str | None = None
    dividend: str | None = None
    split_ratio: str | None = None
    price: str | None = None
    size: str | None = None
    side: str | None = None
    id: str | None = None
    exchange: str | None = None
    condition: str | None = None
    correction: str | None = None
    bid: str | None = None
    bid_size: str | None = None
    ask: str | None = None
    ask_size: str | None = None
    action: str | None = None  # of an order event
    snapshot: str | None = None  # whether a row of depth is of a snapshot

    def used(self) -> dict[str, str]:
        """Each role that has a column, and that column."""
        return {role: name for role in self.__struct_fields__ if (name := getattr(self, role)) is not None}


class Dialect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that must be known to read one file; nothing in it is left to a guess.

    `columns` are the file's, in its order, made unique; `roles` name those that are used. Prices in the file are
    multiplied by `price_scale`, sizes by `size_scale`.
    """

    kind: Kind
    columns: tuple[str, ...]
    roles: Roles
    symbol: str  # of a file without a symbol column
    separator: str = ","
    header: bool = True
    skip_lines: int = 0  # before the header
    time_format: str = ""  # of times written as text, in the words of strptime
    epoch: Epoch | None = None  # of times written as numbers
    timezone: str = "UTC"  # of times without an offset
    wall_clock: bool = False  # numbers or UTC times that are a wall clock of `timezone` stored as if it were UTC
    ambiguous: Ambiguous = "refuse"  # which of the two instants, where a clock going back repeats a wall time
    stamp: Stamp = "start"
    interval_ns: int = 0
    newest_first: bool = False
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    price_scale: float = 1.0
    size_scale: float = 1.0


class Stated(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the user says of a file; None where the file itself shall tell."""

    kind: Kind | None = None
    columns: str | None = None  # roles or names of all columns in the file's order, with commas; "-" ignores one
    symbol: str | None = None
    separator: str | None = None
    header: bool | None = None
    skip_lines: int | None = None
    time_format: str | None = None
    epoch: Epoch | None = None
    date_order: DateOrder | None = None
    timezone: str | None = None
    wall_clock: bool | None = None
    ambiguous: Ambiguous | None = None
    stamp: Stamp | None = None
    interval: str | None = None
    newest_first: bool | None = None
    decimal: Literal[".", ","] | None = None
    thousands: Literal["", ",", ".", " ", "'"] | None = None
    price_scale: float | None = None
    size_scale: float | None = None
    member: str | None = None  # which file of a zip archive
    actions: str | None = None  # the file's own words for what happens to orders, as new:add,3:cancel
    roles: Roles = Roles()


def stated(pairs: Sequence[str] = (), column: Sequence[str] = (), **named: str | None) -> Stated:
    """What options say: `pairs` are FIELD=VALUE of a Dialect, `column` ROLE=NAME, `named` the fields with an option.

    Raises UsageError with the nearest known name for an unknown one.
    """
    fields = {name: value for name, value in named.items() if value is not None}
    fields |= dict(_pair(text, "--dialect", Stated.__struct_fields__[:-1]) for text in pairs)
    if fields.get("separator") in ("tab", "\\t"):
        fields["separator"] = "\t"
    roles = dict(_pair(text, "--column", Roles.__struct_fields__) for text in column)
    try:
        said = msgspec.convert({**fields, "roles": roles}, Stated, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(f"--dialect: {error}") from None
    if said.interval is not None:
        interval_ns_of(said.interval)
    if said.separator is not None and len(said.separator.encode()) != 1:
        raise UsageError(f"--dialect separator={said.separator!r}: expected one character, or tab")
    return said


def interval_ns_of(text: str) -> int:
    """Nanoseconds of 1min, 5min, 1h, 1day and the like; UsageError for anything else."""
    match = _INTERVAL.fullmatch(text.strip().lower())
    if match is None or match[2] not in INTERVAL_UNIT_NS or not int(match[1]):
        raise UsageError(
            f"interval {text!r} is not understood: expected a number and s, min, h, day or week, as in 5min"
        )
    return int(match[1]) * INTERVAL_UNIT_NS[match[2]]


def interval_text(interval_ns: int) -> str:
    """The length of a bar as a person says it: 5min, 1h, 1day; the number of seconds where nothing fits."""
    for unit in ("day", "h", "min", "s"):
        if interval_ns and interval_ns % INTERVAL_UNIT_NS[unit] == 0:
            return f"{interval_ns // INTERVAL_UNIT_NS[unit]}{unit}"
    return f"{interval_ns / 10**9:g}s" if interval_ns else "unknown"


def _pair(text: str, option: str, known: Sequence[str]) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    name = name.strip().replace("-", "_")
    if not equals:
        raise UsageError(f"{option} {text!r}: expected NAME=VALUE")
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        meant = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}"
        raise UsageError(f"{option} {text!r}: there is no {name!r}; {meant}")
    return name, value
