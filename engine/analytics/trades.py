"""Trades out of fills: flat-to-flat round trips, and first-in-first-out lots as a second view. No market prices.

Money is exact: profit comes from cash flows, never from averaged prices. Two divisions cannot be exact and are rounded
here and nowhere else: an average price that does not terminate, to 1e-12 (it is for reading), and a fee shared pro
rata, to 1e-18 with the remainder going to the last part, so that the parts always add up to the fee.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact
from typing import Literal

import msgspec

from tradetui.engine.model.events import FillEvent
from tradetui.engine.model.instrument import EXACT

AVERAGE_PRICE_QUANTUM = Decimal("1e-12")
FEE_QUANTUM = Decimal("1e-18")
ZERO = Decimal(0)

Side = Literal["long", "short"]

_ROUNDING = Context(prec=80, rounding=ROUND_HALF_EVEN)  # the two divisions that may be inexact
_NAMES: dict[int, Side] = {1: "long", -1: "short"}


class Trade(msgspec.Struct, frozen=True, gc=False):
    """One closed trade. `quantity` is everything that was entered, prices are averages over entries and over exits.

    `pnl` is net of `fees`, `gross_pnl` is not; both are exact. `ambiguous` says that a fill of it was guessed inside a
    bar. `entry_seq` and `exit_seq` are the event numbers of its first and last fill.
    """

    symbol: str
    side: Side
    quantity: Decimal
    entry_ts_ns: int
    entry_price: Decimal
    exit_ts_ns: int
    exit_price: Decimal
    pnl: Decimal
    gross_pnl: Decimal
    fees: Decimal
    ambiguous: bool
    entry_seq: int = 0
    exit_seq: int = 0


class OpenTrade(msgspec.Struct, frozen=True, gc=False):
    """A trade that is not closed yet. `quantity` is what is open now, `entered` all that was entered.

    `cash` is what it moved on the account so far, fees included; worth now = cash + position x mark.
    """

    symbol: str
    side: Side
    quantity: Decimal
    entered: Decimal
    entry_ts_ns: int
    entry_price: Decimal
    cash: Decimal
    fees: Decimal
    ambiguous: bool
    entry_seq: int = 0


def round_trips(fills: Iterable[FillEvent]) -> list[Trade]:
    """Closed flat-to-flat trades per symbol, in order of closing."""
    return match_round_trips(fills)[0]


def open_round_trips(fills: Iterable[FillEvent]) -> list[OpenTrade]:
    """Trades that the fills leave open, in order of opening."""
    return match_round_trips(fills)[1]


def match_round_trips(fills: Iterable[FillEvent]) -> tuple[list[Trade], list[OpenTrade]]:
    """Closed trades in order of closing and open ones in order of opening, in one pass.

    A fill that crosses zero closes one trade and opens the next at its price. An execution seen twice counts once.
    """
    matching = RoundTrips()
    closed = [trade for fill in fills if (trade := matching.add(fill)) is not None]
    return closed, matching.open()


class RoundTrips:
    """Flat-to-flat trades while the fills come in, one at a time."""

    def __init__(self) -> None:
        self._trips: dict[str, _Trip] = {}
        self._seen: set[str] = set()

    def add(self, fill: FillEvent) -> Trade | None:
        """Take the next fill; returns the trade that it closed, if any."""
        if _seen_before(fill, self._seen):
            return None
        trips, quantity = self._trips, fill.quantity
        trip = trips.get(fill.symbol)
        if trip is None:
            trips[fill.symbol] = _opened(fill, quantity, fill.fee)
        elif fill.side == trip.side:
            _enter(trip, fill)
        elif quantity < trip.open:
            _exit(trip, fill, quantity, fill.fee)
        else:
            closing = trip.open
            fee = _share(fill.fee, closing, quantity)
            _exit(trip, fill, closing, fee)
            del trips[fill.symbol]
            if quantity != closing:
                rest = EXACT.subtract(quantity, closing)
                trips[fill.symbol] = _opened(fill, rest, EXACT.subtract(fill.fee, fee))
            return _closed(trip, fill)
        return None

    def open(self) -> list[OpenTrade]:
        """Trades that are not closed yet, in order of opening."""
        return [_still_open(trip) for trip in self._trips.values()]


def fifo_lots(fills: Iterable[FillEvent]) -> list[Trade]:
    """Closed lots, oldest entry first: a trade for each piece of an exit that meets one entry, in order of closing."""
    closed: list[Trade] = []
    queues: dict[str, deque[_Lot]] = {}
    held: dict[str, Decimal] = {}
    for fill in _once(fills):
        symbol = fill.symbol
        lots = queues.setdefault(symbol, deque())
        left = fill.quantity
        fee_left = fill.fee
        if lots and lots[0].side != fill.side:
            closing = min(held[symbol], left)
            fee = _share(fee_left, closing, left)
            closed += _close_lots(lots, fill, closing, fee)
            held[symbol] = EXACT.subtract(held[symbol], closing)
            left = EXACT.subtract(left, closing)
            fee_left = EXACT.subtract(fee_left, fee)
        if left:
            lots.append(_Lot(symbol, fill.side, left, fill.price, fee_left, fill.ts_ns, fill.ambiguous, fill.seq))
            held[symbol] = EXACT.add(held.get(symbol, ZERO), left)
    return closed


class _Trip(msgspec.Struct, gc=False):
    """A round trip being built: sums of quantity x price on both sides."""

    symbol: str
    side: int
    open: Decimal
    entered: Decimal
    entry_value: Decimal
    exit_value: Decimal
    fees: Decimal
    ambiguous: bool
    entry_ts_ns: int
    entry_seq: int
    entry_price: Decimal | None  # the price while there is one entry; None once an average is needed
    exits: int = 0


class _Lot(msgspec.Struct, gc=False):
    """What is left of one entry."""

    symbol: str
    side: int
    quantity: Decimal
    price: Decimal
    fee: Decimal
    ts_ns: int
    ambiguous: bool
    seq: int


def _once(fills: Iterable[FillEvent]) -> Iterator[FillEvent]:
    seen: set[str] = set()
    return (fill for fill in fills if not _seen_before(fill, seen))


def _seen_before(fill: FillEvent, seen: set[str]) -> bool:
    """Whether this execution came before, as the ledger counts it; one without an id cannot be recognised."""
    key = fill.execution_id
    if not key:
        return False
    if key in seen:
        return True
    seen.add(key)
    return False


def _opened(fill: FillEvent, quantity: Decimal, fee: Decimal) -> _Trip:
    price = fill.price
    value = EXACT.multiply(quantity, price)
    return _Trip(
        fill.symbol, fill.side, quantity, quantity, value, ZERO, fee, fill.ambiguous, fill.ts_ns, fill.seq, price
    )


def _enter(trip: _Trip, fill: FillEvent) -> None:
    trip.open = EXACT.add(trip.open, fill.quantity)
    trip.entered = EXACT.add(trip.entered, fill.quantity)
    trip.entry_value = EXACT.add(trip.entry_value, EXACT.multiply(fill.quantity, fill.price))
    trip.fees = EXACT.add(trip.fees, fill.fee)
    trip.ambiguous |= fill.ambiguous
    if trip.entry_price != fill.price:
        trip.entry_price = None


def _exit(trip: _Trip, fill: FillEvent, quantity: Decimal, fee: Decimal) -> None:
    trip.open = EXACT.subtract(trip.open, quantity)
    trip.exit_value = EXACT.add(trip.exit_value, EXACT.multiply(quantity, fill.price))
    trip.fees = EXACT.add(trip.fees, fee)
    trip.ambiguous |= fill.ambiguous
    trip.exits += 1


def _closed(trip: _Trip, last: FillEvent) -> Trade:
    entry = _average(trip.entry_value, trip.entered) if trip.entry_price is None else trip.entry_price
    leave = last.price if trip.exits == 1 else _average(trip.exit_value, trip.entered)
    gain = (
        EXACT.subtract(trip.exit_value, trip.entry_value)
        if trip.side > 0
        else EXACT.subtract(trip.entry_value, trip.exit_value)
    )
    return Trade(
        trip.symbol,
        _NAMES[trip.side],
        trip.entered,
        trip.entry_ts_ns,
        entry,
        last.ts_ns,
        leave,
        EXACT.subtract(gain, trip.fees),
        gain,
        trip.fees,
        trip.ambiguous,
        trip.entry_seq,
        last.seq,
    )


def _still_open(trip: _Trip) -> OpenTrade:
    entry = _average(trip.entry_value, trip.entered) if trip.entry_price is None else trip.entry_price
    flow = EXACT.multiply(Decimal(trip.side), EXACT.subtract(trip.exit_value, trip.entry_value))
    return OpenTrade(
        trip.symbol,
        _NAMES[trip.side],
        trip.open,
        trip.entered,
        trip.entry_ts_ns,
        entry,
        EXACT.subtract(flow, trip.fees),
        trip.fees,
        trip.ambiguous,
        trip.entry_seq,
    )


def _close_lots(lots: deque[_Lot], fill: FillEvent, quantity: Decimal, fee: Decimal) -> Iterator[Trade]:
    """Closes `quantity` of the oldest lots by `fill`, whose part of the fee is `fee`."""
    while quantity:
        lot = lots[0]
        part = min(lot.quantity, quantity)
        entry_fee = _share(lot.fee, part, lot.quantity)
        exit_fee = _share(fee, part, quantity)
        yield _closed_lot(lot, fill, part, EXACT.add(entry_fee, exit_fee))
        quantity = EXACT.subtract(quantity, part)
        fee = EXACT.subtract(fee, exit_fee)
        lot.quantity = EXACT.subtract(lot.quantity, part)
        lot.fee = EXACT.subtract(lot.fee, entry_fee)
        if not lot.quantity:
            lots.popleft()


def _closed_lot(lot: _Lot, fill: FillEvent, quantity: Decimal, fees: Decimal) -> Trade:
    move = EXACT.subtract(fill.price, lot.price) if lot.side > 0 else EXACT.subtract(lot.price, fill.price)
    gain = EXACT.multiply(quantity, move)
    return Trade(
        lot.symbol,
        _NAMES[lot.side],
        quantity,
        lot.ts_ns,
        lot.price,
        fill.ts_ns,
        fill.price,
        EXACT.subtract(gain, fees),
        gain,
        fees,
        lot.ambiguous or fill.ambiguous,
        lot.seq,
        fill.seq,
    )


def _share(fee: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """The part of a fee that belongs to `part` of `whole`; the caller gives the remainder to the rest."""
    if part == whole or not fee:
        return fee
    return _ROUNDING.quantize(_ROUNDING.divide(EXACT.multiply(fee, part), whole), FEE_QUANTUM)


def _average(value: Decimal, quantity: Decimal) -> Decimal:
    try:
        return EXACT.divide(value, quantity)
    except Inexact:
        return _ROUNDING.quantize(_ROUNDING.divide(value, quantity), AVERAGE_PRICE_QUANTUM)
