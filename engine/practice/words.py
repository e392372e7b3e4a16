"""The words of the practice exchange: orders with their states, positions, executions, and what a stream tells."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal, NamedTuple

import msgspec

from tradetui.engine.model.instrument import EXACT

BUY, SELL = 1, -1
ZERO = Decimal(0)

Type = Literal["market", "limit", "stop", "stop_limit", "trailing_stop"]
TimeInForce = Literal["day", "gtc", "opg", "cls", "ioc", "fok"]
OrderClass = Literal["", "bracket", "oco", "oto"]
Status = Literal[
    "accepted", "pending_new", "new", "held", "partially_filled", "filled", "pending_cancel", "canceled",
    "pending_replace", "replaced", "expired", "rejected",
]  # fmt: skip

TERMINAL = frozenset({"filled", "canceled", "replaced", "expired", "rejected"})
WORKING = frozenset({"new", "partially_filled", "pending_cancel", "pending_replace"})  # able to fill
UNROUTED = frozenset({"accepted", "pending_new"})

# Which state may follow which: anything else is a bug of this exchange. A partial fill leaves a pending change pending.
_ENDS = frozenset({"canceled", "expired", "rejected"})
_CHANGES = _ENDS | {"partially_filled", "filled", "pending_cancel", "pending_replace", "replaced"}
FOLLOWS: dict[str, frozenset[str]] = {
    "accepted": _ENDS | {"pending_new", "new", "pending_cancel"},
    "pending_new": _ENDS | {"accepted", "new", "pending_cancel"},
    "held": _ENDS | {"new", "replaced"},
    "new": _CHANGES,
    "partially_filled": _CHANGES,
    "pending_cancel": frozenset({"canceled", "expired", "filled", "pending_cancel"}),
    "pending_replace": frozenset({"replaced", "new", "canceled", "expired", "filled", "pending_replace"}),
}


class IllegalStep(Exception):
    """An order was moved where the table has no way: a bug of this exchange."""


class Order(msgspec.Struct, kw_only=True):
    """One order; changed by the exchange alone. Times are nanoseconds, `side` is +1 or -1."""

    id: str
    number: int  # in order of creation
    client_order_id: str
    symbol: str
    side: int
    type: Type
    time_in_force: TimeInForce
    order_class: OrderClass = ""
    qty: Decimal | None = None  # None for an order over an amount of money
    notional: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    hwm: Decimal | None = None
    extended_hours: bool = False
    position_intent: str = ""
    status: Status = "pending_new"
    filled_qty: Decimal = ZERO
    filled_value: Decimal = ZERO
    created_ns: int
    updated_ns: int
    submitted_ns: int
    filled_ns: int | None = None
    expired_ns: int | None = None
    expires_ns: int | None = None
    canceled_ns: int | None = None
    cancel_requested_ns: int | None = None
    failed_ns: int | None = None
    replaced_ns: int | None = None
    replaced_by: str | None = None
    replaces: str | None = None
    parent: str | None = None  # the id of the group's first order; None for that one
    legs: list[str] = []
    route_ns: int | None = None  # when what was asked for (work, cancel, replace) happens
    elected: bool = False  # its stop was reached
    opens: bool = True  # it adds to a position rather than takes from one
    reserved: Decimal = ZERO  # of buying power
    foreign: bool = False  # placed by hand on the venue's own page

    @property
    def open(self) -> bool:
        """Whether it can still change."""
        return self.status not in TERMINAL

    @property
    def left(self) -> Decimal:
        """Quantity that has not filled; of an order over money, none before its first fill sets one."""
        return ZERO if self.qty is None else EXACT.subtract(self.qty, self.filled_qty)


class Position(msgspec.Struct, kw_only=True):
    """What is held of a symbol; `qty` is signed, `cost` is what was paid for it (negative for a short)."""

    symbol: str
    qty: Decimal = ZERO
    cost: Decimal = ZERO
    day_qty: Decimal = ZERO  # at the last close
    lastday_price: Decimal | None = None

    @property
    def average(self) -> Decimal:
        """Average entry price."""
        return self.cost / self.qty if self.qty else ZERO


class Execution(NamedTuple):
    """A fill as the matcher gives it."""

    order_id: str
    qty: Decimal
    price: Decimal


class Ended(NamedTuple):
    """The matcher took an order out of the book: it would have met another one of the account."""

    order_id: str


Outcome = Execution | Ended


class Activity(msgspec.Struct, kw_only=True, frozen=True):
    """A row of the account's history: a fill, or money that moved otherwise."""

    id: str
    number: int
    activity_type: str
    ts_ns: int
    symbol: str | None = None
    body: dict[str, Any]


class TradeUpdate(NamedTuple):
    """What a trade_updates stream tells: the event, and its data with the order as it was then."""

    event: str
    order_id: str
    data: dict[str, Any]


class EquityPoint(msgspec.Struct, frozen=True, array_like=True):
    """What the account was worth at an instant."""

    ts_ns: int
    equity: Decimal


class Watchlist(msgspec.Struct):
    """A named list of assets that the venue keeps for its user."""

    id: str
    name: str
    created_ns: int
    updated_ns: int
    symbols: list[str]
