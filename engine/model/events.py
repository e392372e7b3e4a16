"""Everything that happens, past tense, frozen. Each event has a number and the number of the event that caused it.

Fields come first, `seq` and `cause` last, so that a market event is made positionally. `seq` is dense over a session:
every market row, command and consequence takes the next number.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Literal

import msgspec

from tradetui.engine.model.orders import OrderStatus, OrderType, Role, TimeInForce


class TradingState(StrEnum):
    """What trading is allowed to do, safest last."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"


class Happened(msgspec.Struct, frozen=True, gc=False, tag_field="event"):
    """Base of every event; its JSON names the kind in `event`."""


class MarketEvent(Happened, frozen=True, gc=False, tag="bar"):
    """One bar, readable at its close. `ts_ns` is the bar's start, UTC."""

    symbol: str
    ts_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    seq: int = 0
    cause: int = 0


class QuoteEvent(Happened, frozen=True, gc=False, tag="quote"):
    """Best bid and ask after a change; 0 where a side is empty."""

    symbol: str
    ts_ns: int
    bid: float
    bid_size: float
    ask: float
    ask_size: float
    seq: int = 0
    cause: int = 0


class TradeEvent(Happened, frozen=True, gc=False, tag="trade"):
    """One print. `side` is the aggressor: +1 buy, -1 sell, 0 unknown."""

    symbol: str
    ts_ns: int
    price: float
    size: float
    side: int
    seq: int = 0
    cause: int = 0


class BookEvent(Happened, frozen=True, gc=False, tag="book"):
    """One price level changed: the new total size at `price` on `side` (+1 bid, -1 ask); 0 removes the level."""

    symbol: str
    ts_ns: int
    side: int
    price: float
    size: float
    seq: int = 0
    cause: int = 0


class TimerEvent(Happened, frozen=True, gc=False, tag="timer"):
    """A timer that the strategy asked for (`Timer` in its `subscribes`) went off; `symbol` is empty."""

    symbol: str
    ts_ns: int
    seq: int = 0
    cause: int = 0


class SignalEvent(Happened, frozen=True, gc=False, tag="signal"):
    """A strategy's wish: `direction` is the wanted position, +1 long, 0 flat, -1 short.

    Size: `quantity` in units, or `fraction` of the free cash (sized at the fill, whole lots), or the strategy's own
    `calculate_position_size`. `stop_loss` and `take_profit` are prices. A new signal for a symbol replaces the entry
    orders of that symbol that are still working.
    """

    symbol: str
    direction: int
    quantity: Decimal | float | None = None
    type: OrderType = "market"
    limit_price: Decimal | float | None = None
    stop_price: Decimal | float | None = None
    stop_loss: Decimal | float | None = None
    take_profit: Decimal | float | None = None
    time_in_force: TimeInForce = "day"
    reason: str = ""
    fraction: float | None = None
    ts_ns: int = 0
    seq: int = 0
    cause: int = 0


class TwoSidedQuote(Happened, frozen=True, gc=False, tag="two_sided"):
    """A market maker's wish: these are to be its resting quotes in `symbol`, both post-only; None is no quote there.

    A side that already rests at this price with this quantity keeps its place in the queue; otherwise it is cancelled
    and sent anew. A wish that changes nothing is no event.
    """

    symbol: str
    bid_price: Decimal | float | None = None
    ask_price: Decimal | float | None = None
    bid_quantity: Decimal | float | None = None
    ask_quantity: Decimal | float | None = None
    reason: str = ""
    ts_ns: int = 0
    seq: int = 0
    cause: int = 0


class OrderEvent(Happened, frozen=True, gc=False, tag="order"):
    """An order that passed every check and was sent. `side` is +1 buy, -1 sell."""

    order_id: int
    symbol: str
    side: int
    quantity: Decimal
    type: OrderType
    limit_price: Decimal | None
    stop_price: Decimal | None
    time_in_force: TimeInForce
    role: Role
    parent: int
    fraction: float | None
    reason: str
    ts_ns: int
    seq: int = 0
    cause: int = 0


class OrderStatusEvent(Happened, frozen=True, gc=False, tag="order_status"):
    """An order changed state other than by a fill; `reason` says why."""

    order_id: int
    symbol: str
    status: OrderStatus
    reason: str
    ts_ns: int
    seq: int = 0
    cause: int = 0


class RefusalEvent(Happened, frozen=True, gc=False, tag="refusal"):
    """A wish that our own checks denied: which check, the value seen and the limit, in words a trader understands."""

    symbol: str
    side: int
    quantity: Decimal
    check: str
    seen: str
    limit: str
    message: str
    ts_ns: int
    seq: int = 0
    cause: int = 0


class FillEvent(Happened, frozen=True, gc=False, tag="fill"):
    """An execution. Money fields are exact; `decided_price` is what slippage is measured from.

    For a decision on bars that is the ideal price of the fill rules (the next open for a market order), for one
    on quotes the mid at the decision.
    """

    execution_id: str
    order_id: int
    symbol: str
    side: int
    quantity: Decimal
    price: Decimal
    fee: Decimal
    liquidity: Literal["maker", "taker"]
    role: Role
    ambiguous: bool
    decided_price: float
    ts_ns: int
    leaves: Decimal = Decimal(0)  # what of the order still works (FIX LeavesQty)
    seq: int = 0
    cause: int = 0


class ControlEvent(Happened, frozen=True, gc=False, tag="control"):
    """The trading state changed, by whom and why."""

    state: TradingState
    actor: str
    reason: str
    ts_ns: int
    seq: int = 0
    cause: int = 0


class RiskEvent(Happened, frozen=True, gc=False, tag="risk"):
    """Something a person should know: a limit came near or was passed, an order waits, cash went below zero."""

    severity: Literal["info", "warning", "critical"]
    check: str
    symbol: str
    message: str
    ts_ns: int
    seq: int = 0
    cause: int = 0


class StrategyErrorEvent(Happened, frozen=True, gc=False, tag="strategy_error"):
    """A strategy raised and was stopped; positions are untouched."""

    strategy: str
    error: str
    traceback: str
    ts_ns: int
    seq: int = 0
    cause: int = 0


class CommandEvent(Happened, frozen=True, gc=False, tag="command"):
    """An operator's command as it entered the core."""

    command: Literal["kill", "cancel_all", "pause", "resume", "unlock", "close", "finish"]
    symbol: str
    actor: str
    reason: str
    ts_ns: int
    seq: int = 0
    cause: int = 0


Wish = SignalEvent | TwoSidedQuote  # what a strategy may ask for


class FeedEvent(Happened, frozen=True, gc=False, tag="feed"):
    """A feed changed state, as a whole (`symbol` empty) or for one symbol; `message` says what was seen."""

    symbol: str
    state: Literal["FRESH", "LATE", "STALE", "DOWN", "GAP", "BACKFILLED", "END"]
    message: str
    ts_ns: int
    # Of prices, of what orders do, of our writing down, of the engine that hears nothing:
    source: Literal["market", "orders", "recording", "storage", "engine"] = "market"
    seq: int = 0
    cause: int = 0


class VenueReport(Happened, frozen=True, gc=False, tag="venue"):
    """What a venue that is not ours said about an order: an input, journaled before it acts.

    `order_id` is ours, 0 for an order of somebody else; `leaves` is what still works after it. "unresolved": whether it
    arrived is not known yet; "changed": it works on with other terms, "kept": a change of it came to nothing. The same
    `execution_id` twice counts once.
    """

    order_id: int
    client_order_id: str
    venue_id: str
    symbol: str
    side: int
    what: Literal[
        "accepted", "fill", "cancelled", "expired", "rejected", "replaced", "unresolved", "foreign", "pending_cancel",
        "changed", "kept",
    ]  # fmt: skip
    quantity: Decimal  # of a fill; of the whole order for "accepted" and "foreign"
    price: Decimal  # of a fill; the limit for "foreign", 0 for none
    leaves: Decimal
    fee: Decimal
    liquidity: Literal["maker", "taker", ""]
    execution_id: str
    reason: str
    ts_ns: int  # the venue's own time; `received_ns` where it is our own word, as "unresolved"
    received_ns: int
    fee_units: Decimal = Decimal(0)  # of a fill: what the venue keeps of the units, beside `fee`
    seq: int = 0
    cause: int = 0


class Difference(msgspec.Struct, frozen=True):
    """One thing on which the books and the venue disagree: a position, cash, or an order."""

    kind: Literal["position", "cash", "order"]
    symbol: str
    ours: str
    theirs: str
    message: str


class ReconciliationEvent(Happened, frozen=True, gc=False, tag="reconciliation"):
    """The books were compared with the venue. `differences` is empty where they agree."""

    differences: tuple[Difference, ...]
    orders: int  # compared
    positions: int
    cash_ours: Decimal
    cash_theirs: Decimal
    ts_ns: int
    seq: int = 0
    cause: int = 0


class VenueOrder(msgspec.Struct, frozen=True):
    """A working order as the venue has it."""

    venue_id: str
    client_order_id: str
    symbol: str
    side: int
    quantity: Decimal
    filled: Decimal
    type: str
    limit_price: Decimal | None
    stop_price: Decimal | None
    status: str


class VenuePosition(msgspec.Struct, frozen=True):
    """A position as the venue has it; signed units."""

    symbol: str
    quantity: Decimal
    average_price: Decimal


class VenueState(Happened, frozen=True, gc=False, tag="venue_state"):
    """The whole account at one time: an input; `asked_ns` is when the first question left, `ts_ns` the last answer."""

    account: str  # its last four signs: what a screen may show
    paper: bool  # as the venue says
    blocked: str  # why it may not trade; empty where it may
    cash: Decimal
    equity: Decimal
    buying_power: Decimal
    orders: tuple[VenueOrder, ...]
    positions: tuple[VenuePosition, ...]
    asked_ns: int
    ts_ns: int
    seq: int = 0
    cause: int = 0


class OpeningEvent(Happened, frozen=True, gc=False, tag="opening"):
    """The books of a live session begin with what the venue's account holds: the only entry that is no execution."""

    cash: Decimal
    positions: tuple[VenuePosition, ...]
    ts_ns: int
    seq: int = 0
    cause: int = 0


class Beat(Happened, frozen=True, gc=False, tag="beat"):
    """Time went on: what waited for a time may happen. An input; those by which nothing happens leave no trace."""

    ts_ns: int
    seq: int = 0
    cause: int = 0


class SessionEvent(Happened, frozen=True, gc=False, tag="session"):
    """A live session began, or went on after it had ended or died: an input from which the strategy starts anew."""

    what: Literal["started", "resumed"]
    message: str
    ts_ns: int
    market_ns: int = 0  # where the market stood, of one that has a time of its own; 0 elsewhere
    seq: int = 0
    cause: int = 0


MarketData = MarketEvent | QuoteEvent | TradeEvent | BookEvent | TimerEvent
Event = (
    MarketEvent
    | QuoteEvent
    | TradeEvent
    | BookEvent
    | TimerEvent
    | SignalEvent
    | TwoSidedQuote
    | OrderEvent
    | OrderStatusEvent
    | RefusalEvent
    | FillEvent
    | ControlEvent
    | RiskEvent
    | StrategyErrorEvent
    | CommandEvent
    | FeedEvent
    | VenueReport
    | ReconciliationEvent
    | VenueState
    | OpeningEvent
    | Beat
    | SessionEvent
)
