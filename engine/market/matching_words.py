"""What a matching engine is asked and what it answers: requests, rules, outcomes, fees. Nothing that runs a market."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Literal, Protocol

import msgspec

from tradetui.engine.market.simulation import SelfTrade
from tradetui.engine.model.instrument import EXACT
from tradetui.engine.model.orders import OrderType, TimeInForce

NEVER_NS = 2**63 - 1

Owner = int | str  # whose order it is; orders of one owner never trade with each other
Request = Literal["submit", "replace", "cancel"]
Liquidity = Literal["maker", "taker"]


class NewOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order for the venue. Prices and quantity in nanos; `limit` and `stop` are 0 where the type has none."""

    order_id: int
    owner: Owner
    side: int  # +1 buy, -1 sell
    quantity: int
    type: OrderType = "market"
    limit: int = 0
    stop: int = 0
    time_in_force: TimeInForce = "day"


class Cancel(msgspec.Struct, frozen=True, gc=False):
    """Ask for an order's end."""

    order_id: int


class Replace(msgspec.Struct, frozen=True, gc=False):
    """Ask for another quantity (in all, what has filled included) or price; None leaves it as it is."""

    order_id: int
    quantity: int | None = None
    limit: int | None = None
    stop: int | None = None


class MatchingRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a venue treats everybody's orders. Times in ns, prices in nanos, chances from 0 to 1."""

    latency_ns: tuple[int, ...] = (0,)  # one: every request takes that long; several: one is drawn for each
    fill_chance: float = 1.0  # that an arriving order gets a resting one that it meets, and does not pass it by
    slip_nanos: int = 0  # added against the taker to each fill of a market order
    slip_bps: float = 0.0  # likewise, of the price
    self_trade: SelfTrade = "cancel_newest"
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.latency_ns or min(self.latency_ns) < 0:
            raise ValueError(f"latency_ns is {self.latency_ns}: expected at least one time, none below 0")
        if not 0 <= self.fill_chance <= 1:
            raise ValueError(f"fill_chance is {self.fill_chance}: expected 0 to 1")
        if self.slip_nanos < 0 or not 0 <= self.slip_bps < float("inf"):
            raise ValueError(f"slippage is {self.slip_nanos} and {self.slip_bps} bps: expected 0 or more")


class Reason(StrEnum):
    """Why a request was rejected or an order ended unfilled."""

    BAD_SIDE = "bad_side"  # not +1 or -1
    BAD_QUANTITY = "bad_quantity"  # not above 0, or beyond SIZE_MAX
    BAD_LIMIT = "bad_limit"  # not above 0 or beyond PRICE_MAX where the type has a limit, or one where it has none
    BAD_STOP = "bad_stop"
    BAD_TYPE = "bad_type"  # of a type or time in force that is not known, or of two that do not go together
    DUPLICATE_ID = "duplicate_id"  # a living order has that id
    UNKNOWN_ID = "unknown_id"  # no living order has it: it never had, or it is done
    HALTED = "halted"  # the symbol takes cancels alone
    SESSION_OVER = "session_over"  # a day order after the end of the session
    WOULD_TAKE = "would_take"  # a post-only order that met an order within its limit
    ALREADY_FILLED = "already_filled"  # a replacement for no more than what has filled
    ASKED = "asked"  # cancelled by request
    IOC = "ioc"  # what could not be had at once
    FOK = "fok"  # not all of it could be had at once
    NO_LIQUIDITY = "no_liquidity"  # a market order that found nobody left
    SELF_TRADE = "self_trade"  # it would have met an order of its own owner
    LEVEL_FULL = "level_full"  # a price holds no more than SIZE_MAX in all
    PASSED_BY = "passed_by"  # by chance it did not get what it met, and cannot rest where it would cross that


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """Base of everything that can come of a request: of which order and owner, and when at the venue."""

    order_id: int
    owner: Owner
    ts_ns: int


class Accepted(Outcome, frozen=True, gc=False):
    """The order lives: it trades, rests or waits for its stop."""


class Rejected(Outcome, frozen=True, gc=False):
    """A request changed nothing."""

    request: Request
    reason: Reason


class Execution(Outcome, frozen=True, gc=False):
    """One side of a trade; both sides have their own, of the same `trade_id`. `price` includes a taker's slippage."""

    execution_id: int
    trade_id: int
    side: int
    price: int
    quantity: int
    left: int  # of the order, still working
    liquidity: Liquidity
    fee: Decimal  # in the currency of the price; below 0 is a rebate
    maker_id: int
    taker_id: int


class Reduced(Outcome, frozen=True, gc=False):
    """Taken off an order instead of trading with its owner's other one (`decrement`)."""

    quantity: int
    left: int


class Cancelled(Outcome, frozen=True, gc=False):
    """The order ended with this quantity unfilled."""

    quantity: int
    reason: Reason


class Expired(Outcome, frozen=True, gc=False):
    """A day order at the end of its session, with this quantity unfilled."""

    quantity: int


class Replaced(Outcome, frozen=True, gc=False):
    """The order has this total quantity and these prices now; `kept_place`: it stands where it stood in its queue."""

    quantity: int
    limit: int
    stop: int
    kept_place: bool


class Triggered(Outcome, frozen=True, gc=False):
    """A stop was reached: from now on a market or limit order."""


class OpenOrder(msgspec.Struct, gc=False):
    """A living order as the engine keeps it. Others read it and never change it."""

    order_id: int
    owner: Owner
    side: int
    type: OrderType
    time_in_force: TimeInForce
    quantity: int
    limit: int
    stop: int
    filled: int = 0
    waiting: bool = False  # for its stop

    @property
    def left(self) -> int:
        """Quantity that has not filled."""
        return self.quantity - self.filled

    @property
    def is_market(self) -> bool:
        """Whether it takes any price once it works."""
        return self.type in ("market", "stop")


class Fees(Protocol):
    """What one side of a trade costs. Schedules of the accounting floor fit in with a line that converts nanos."""

    def fee(self, side: int, quantity: int, price: int, maker: bool) -> Decimal:
        """Exact fee in the currency of the price; quantity and price are nanos."""
        ...


class MakerTakerFees(msgspec.Struct, frozen=True):
    """Fractions of the traded value, one for each role; below 0 is a rebate."""

    maker: Decimal = Decimal(0)
    taker: Decimal = Decimal(0)

    def fee(self, side: int, quantity: int, price: int, maker: bool) -> Decimal:
        """Exact fee of one side of a trade."""
        rate = self.maker if maker else self.taker
        return EXACT.multiply(EXACT.scaleb(Decimal(quantity * price), -18), rate) if rate else Decimal(0)
