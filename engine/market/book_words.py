"""What a book answers: why a row was left out, trades, levels, orders. Shared by every book; nothing that runs."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Fault(StrEnum):
    """Why a row was left out; the names of `Faults`, where they are counted."""

    __hash__ = str.__hash__  # Enum's own is Python code, and every fault of a bad feed is counted by it

    DUPLICATE_ID = "duplicate_id"
    UNKNOWN_ID = "unknown_id"
    BAD_SIZE = "bad_size"
    BAD_PRICE = "bad_price"
    TIME_BACKWARDS = "time_backwards"
    BAD_ROW = "bad_row"
    CROSSED = "crossed"


class Trade(NamedTuple):
    """Two orders that met, at the limit of the one that came first. Price and size in nanos."""

    price: int
    size: int
    side: int  # of the order that came last: +1 the bid, -1 the ask
    bid_id: int
    ask_id: int
    ts_ns: int


class BookLevel(NamedTuple):
    """A price, the size there and the number of orders it belongs to."""

    price: int
    size: int
    orders: int


class BookOrder(NamedTuple):
    """A resting order: `entered_ns` is when it came to rest, `changed_ns` when anything of it last changed."""

    order_id: int
    side: int
    price: int
    size: int
    entered_ns: int
    changed_ns: int


class Place(NamedTuple):
    """What stands before an order at its price."""

    orders: int
    size: int


class Sweep(NamedTuple):
    """A market order walking the other side: what it pays in all, price times size, and the levels it touches."""

    quantity: int
    value: int  # nanos of price times nanos of size
    levels: int

    @property
    def average(self) -> float:
        """Average price in nanos."""
        return self.value / self.quantity
