"""Orders and their life as one table: which state may follow which. No I/O."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Literal

import msgspec

from tradetui.engine.model.instrument import EXACT

BUY = 1
SELL = -1

OrderType = Literal["market", "limit", "stop", "stop_limit"]
TimeInForce = Literal["day", "gtc", "ioc", "fok", "gtx"]  # gtx: good till crossing, that is, post-only
Role = Literal["open", "close", "stop_loss", "take_profit", "quote"]  # a quote may open or reduce


class OrderStatus(StrEnum):
    """Where an order is in its life."""

    __hash__ = str.__hash__  # Enum's own is Python code, and the table below is asked at every step of every order

    NEW = "new"  # decided, risk not yet asked
    HELD = "held"  # waits for its parent: the opening leg of a reversal
    QUEUED = "queued"  # waits for the rate limit
    SENT = "sent"  # at the venue
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"  # the venue said no
    REFUSED = "refused"  # our own risk checks said no


class OrderAction(StrEnum):
    """What may happen to an order."""

    __hash__ = str.__hash__

    HOLD = "hold"
    QUEUE = "queue"
    SEND = "send"
    REFUSE = "refuse"
    FILL = "fill"
    FILL_PART = "fill_part"
    CANCEL = "cancel"
    EXPIRE = "expire"
    REJECT = "reject"


class IllegalTransition(Exception):
    """An order was asked to do what its state does not allow: a bug of ours or of a venue, never ignored."""


_S, _A = OrderStatus, OrderAction
TRANSITIONS: dict[tuple[OrderStatus, OrderAction], OrderStatus] = {
    (_S.NEW, _A.HOLD): _S.HELD,
    (_S.NEW, _A.QUEUE): _S.QUEUED,
    (_S.NEW, _A.SEND): _S.SENT,
    (_S.NEW, _A.REFUSE): _S.REFUSED,
    (_S.HELD, _A.QUEUE): _S.QUEUED,
    (_S.HELD, _A.SEND): _S.SENT,
    (_S.HELD, _A.REFUSE): _S.REFUSED,
    (_S.HELD, _A.CANCEL): _S.CANCELLED,
    (_S.QUEUED, _A.SEND): _S.SENT,
    (_S.QUEUED, _A.REFUSE): _S.REFUSED,
    (_S.QUEUED, _A.CANCEL): _S.CANCELLED,
    (_S.SENT, _A.FILL_PART): _S.PARTIALLY_FILLED,
    (_S.SENT, _A.FILL): _S.FILLED,
    (_S.SENT, _A.CANCEL): _S.CANCELLED,
    (_S.SENT, _A.EXPIRE): _S.EXPIRED,
    (_S.SENT, _A.REJECT): _S.REJECTED,
    (_S.PARTIALLY_FILLED, _A.FILL_PART): _S.PARTIALLY_FILLED,
    (_S.PARTIALLY_FILLED, _A.FILL): _S.FILLED,
    (_S.PARTIALLY_FILLED, _A.CANCEL): _S.CANCELLED,
    (_S.PARTIALLY_FILLED, _A.EXPIRE): _S.EXPIRED,
    (_S.PARTIALLY_FILLED, _A.REJECT): _S.REJECTED,  # the rest could not be paid for
}

WORKING = frozenset({_S.SENT, _S.PARTIALLY_FILLED})  # at the venue and able to fill
DONE = frozenset({_S.FILLED, _S.CANCELLED, _S.EXPIRED, _S.REJECTED, _S.REFUSED})


def next_status(status: OrderStatus, action: OrderAction) -> OrderStatus:
    """The state after `action`; raises IllegalTransition naming both when the table has no such row."""
    try:
        return TRANSITIONS[status, action]
    except KeyError:
        raise IllegalTransition(f"an order that is {status.value} cannot {action.value}") from None


class Order(msgspec.Struct, gc=False):
    """One order as the order manager keeps it; the only mutable word in the model, changed by its owner alone.

    `quantity` is 0 while `fraction` still waits for the fill that sizes it. `side` is +1 buy, -1 sell. An exit's
    shrinks to what there was to close when it fills.
    """

    order_id: int
    symbol: str
    side: int
    quantity: Decimal
    type: OrderType = "market"
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = "day"
    role: Role = "open"
    parent: int = 0
    fraction: float | None = None
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    reason: str = ""
    decided_price: float = 0.0
    ts_ns: int = 0
    cause: int = 0
    status: OrderStatus = OrderStatus.NEW
    filled: Decimal = Decimal(0)
    triggered: bool = False
    stop_share: Decimal | None = (
        None  # distance of a stop-loss from the entry's fill, as a fraction, where no price is set
    )
    target_share: Decimal | None = None
    mate: int = 0  # of a bracket's leg: the other leg, whose units are the same
    sent_ns: int = 0  # later than `ts_ns`, when it was decided, if it had to wait

    @property
    def left(self) -> Decimal:
        """Units that have not filled."""
        return EXACT.subtract(self.quantity, self.filled)


def transitions_table() -> str:
    """The table above as Markdown: states down, what may happen across, the state after in the cell."""
    actions = list(OrderAction)
    lines = [
        "| | " + " | ".join(action.value for action in actions) + " |",
        "|---" * (len(actions) + 1) + "|",
    ]
    for status in OrderStatus:
        cells = [TRANSITIONS.get((status, action)) for action in actions]
        lines.append(f"| **{status.value}** | " + " | ".join("" if c is None else c.value for c in cells) + " |")
    return "\n".join(lines) + "\n"
