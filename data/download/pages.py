"""What every vendor gives and takes: timeframes, rows, pages, and a fault that may pass. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import NamedTuple, Protocol

from tradetui.engine.errors import DataError

NS_PER_S = 10**9
MINUTE_NS = 60 * NS_PER_S
TIMEFRAMES = {
    "1min": MINUTE_NS,
    "5min": 5 * MINUTE_NS,
    "15min": 15 * MINUTE_NS,
    "1hour": 60 * MINUTE_NS,
    "1day": 1440 * MINUTE_NS,
}


class Row(NamedTuple):
    """One bar as the vendor wrote it: prices and volume stay text, so that the raw file says what the vendor said."""

    ts_ns: int
    open: str
    high: str
    low: str
    close: str
    volume: str


@dataclass(frozen=True, slots=True)
class Page:
    """One answer. `reached_ns`: every bar that starts before it has now been given. `cursor` is None on the last page.

    `as_of_ns` is the vendor's own clock where it tells it; `rest_s` how long it would like to be left alone.
    """

    rows: Sequence[Row]
    cursor: str | None
    reached_ns: int
    as_of_ns: int | None = None
    rest_s: float = 0.0


class Source(Protocol):
    """A vendor, for one thread. `gapless`: its market never closes, so a hole at the start of a page is asked twice."""

    name: str
    gapless: bool
    cost: float  # of one page, in the units of the vendor's limit

    def page(self, symbol: str, timeframe: str, start_ns: int, stop_ns: int, cursor: str | None) -> Page:
        """Bars of [start, stop) from `cursor` on, None being the start. Raises Transient, DataError, UsageError."""

    def close(self) -> None:
        """Lets connections go."""


class Transient(Exception):
    """A fault that may pass: what was seen, and how long the vendor asks to wait if it says so."""

    def __init__(self, seen: str, wait_s: float | None = None) -> None:
        super().__init__(seen)
        self.seen = seen
        self.wait_s = wait_s


def shape_fault(source: str, symbol: str, seen: str, expected: str) -> DataError:
    """The error for an answer that is not built as the vendor's answers are."""
    hint = "The vendor has changed its format, or this is not its address: nothing of this answer was kept"
    return DataError(f"{source} {symbol}", None, seen, expected, hint)


def number_text(value: object) -> str | None:
    """A number or its text as plain decimal text without an exponent; None for what is no finite number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = Decimal(value if isinstance(value, str) else repr(value))
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    return value if isinstance(value, str) and value.replace(".", "", 1).isdigit() else format(number, "f")


def shortened(text: str, limit: int = 120) -> str:
    """The start of a vendor's words on one line, for a message."""
    line = " ".join(text.split())
    line = "".join(c for c in line if c.isprintable())
    return line if len(line) <= limit else f"{line[: limit - 3]}..."
