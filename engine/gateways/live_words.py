"""What threads say to the engine of a live session, and it to them. Words and Protocols; nothing that runs.

`docs/live.md` says who owns which thread and in which order things happen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from tradetui.engine.model.commands import Command
from tradetui.engine.model.events import (
    Beat,
    FeedEvent,
    MarketData,
    OrderEvent,
    VenueOrder,
    VenuePosition,
    VenueReport,
    VenueState,
)

__all__ = ["Beat", "VenueOrder", "VenuePosition", "VenueState"]  # words of the model that gateways speak too

# -- to the venue: put into the execution thread's queue after the journal has them on disk


class Send(msgspec.Struct, frozen=True):
    """Send this order under this id, which is used for nothing else ever."""

    order: OrderEvent
    client_order_id: str
    received_ns: int = 0  # when the tick that led to it was read, by the monotonic clock; 0: no tick did, or not known


class SendPair(msgspec.Struct, frozen=True):
    """Send two exits of the same units as one: what one fills the other loses, and the end of either ends both.

    The venue knows the pair by the target's id, which names the stop too (`order_names`).
    """

    stop: Send
    target: Send


class SendBracket(msgspec.Struct, frozen=True):
    """Send an entry with one or two exits that begin to work when it has filled whole; its id names them."""

    entry: Send
    stop: Send | None = None
    target: Send | None = None


class SendTrailing(msgspec.Struct, frozen=True):
    """Send a stop that follows the market: `trail` is its distance in money, or in percent of the best price so far."""

    send: Send
    trail: Decimal
    in_percent: bool = False


class Close(msgspec.Struct, frozen=True):
    """Close so much of a position at the market, by the venue's own word for it, which takes no id of ours.

    What comes of it is known by symbol, side and units alone: a session that may go on after a crash sends orders.
    """

    send: Send


class Replace(msgspec.Struct, frozen=True):
    """Change a working order; None stays as it is. The venue gives it a new id, and it goes on as the same order.

    What comes of it is told as "changed" or "kept".
    """

    order_id: int
    client_order_id: str
    new_client_order_id: str
    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail: Decimal | None = None


class Withdraw(msgspec.Struct, frozen=True):
    """Cancel an order, and what the venue keeps as one with it; that it is done already is no fault."""

    order_id: int
    client_order_id: str
    leg_of: str = ""  # the id of the group that the venue knows it by


class WithdrawAll(msgspec.Struct, frozen=True):
    """Cancel everything that the account has working, orders of others included: the kill key."""


class LookUp(msgspec.Struct, frozen=True):
    """Find out what became of an order whose sending had no clear outcome."""

    order_id: int
    client_order_id: str
    leg_of: str = ""  # as for Withdraw


Sending = Send | SendPair | SendBracket | SendTrailing | Close  # what may bring a new order to the venue
Instruction = Sending | Replace | Withdraw | WithdrawAll | LookUp

# -- into the engine: VenueState is the whole account, Beat comes from the session's thread at least every 100 ms


class Arrived(msgspec.Struct, frozen=True, gc=False):
    """Market data with the moment at which its bytes were read off the socket, by the monotonic clock."""

    event: MarketData
    received_ns: int


class Failed(msgspec.Struct, frozen=True):
    """A thread met what it was not made for and cannot be relied on any more: the session is to end, saying so."""

    thread: str
    what: str  # the kind of fault; its words may hold a secret, and stand in the log alone


LiveInput = Arrived | MarketData | FeedEvent | VenueReport | VenueState | Beat | Command | Failed
Put = Callable[[LiveInput], None]  # into the engine's inbox: never blocks


class FeedHealth(msgspec.Struct, frozen=True):
    """A feed as a screen shows it. Times in ns; lag is receive time less the venue's own stamp."""

    name: str
    state: Literal["CONNECTING", "OK", "LATE", "STALE", "DOWN"]
    events: int = 0
    conflated: int = 0  # quotes and books replaced by newer ones before the engine took them
    reconnects: int = 0
    gaps: int = 0
    lag_ns: int | None = None
    last_ns: int = 0
    message: str = ""


class ExecutionHealth(msgspec.Struct, frozen=True):
    """The way to the venue as a screen shows it."""

    name: str
    state: Literal["CONNECTING", "OK", "DOWN", "REFUSED"]
    sent: int = 0
    unresolved: int = 0  # orders whose fate is being looked up
    rate_left: int | None = None  # requests left in this minute; cancels have a reserve beyond
    rate_limit: int | None = None  # of a minute, that reserve aside
    reconnects: int = 0
    round_trip_ns: int | None = None
    message: str = ""


class DataGateway(Protocol):
    """A source of market data on a thread of its own."""

    def start(self, put: Put, symbols: Sequence[str]) -> None:
        """Begin; what comes is put as MarketData and FeedEvents."""
        ...

    def subscribe(self, symbols: Sequence[str]) -> None:
        """From now on these symbols, and no others. Never blocks."""
        ...

    def health(self) -> FeedHealth:
        """The newest picture; may be asked from any thread."""
        ...

    def stop(self, timeout_s: float) -> None:
        """Fully down when it returns, or it says so by raising TimeoutError."""
        ...


class ExecutionGateway(Protocol):
    """A way to a venue on threads of its own; every answer is put as a VenueReport or a VenueState."""

    def start(self, put: Put) -> None:
        """Begin: connect, look up what is open, then take instructions."""
        ...

    def do(self, instruction: Instruction) -> None:
        """Queue an instruction. Never blocks; in order, but cancels overtake sends."""
        ...

    def ask_state(self) -> None:
        """Have a VenueState put soon."""
        ...

    def health(self) -> ExecutionHealth:
        """The newest picture; may be asked from any thread."""
        ...

    def stop(self, timeout_s: float) -> None:
        """Fully down when it returns, or it says so by raising TimeoutError."""
        ...
