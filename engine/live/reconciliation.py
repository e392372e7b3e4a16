"""Compares our books with the venue's account: orders, positions and cash, over the symbols of both. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from tradetui.engine.gateways.order_names import number_of
from tradetui.engine.live.outbox import AtVenue
from tradetui.engine.model.events import Difference, VenueOrder, VenueState
from tradetui.engine.model.instrument import EXACT
from tradetui.engine.trading.sizing import ZERO

CASH_TOLERANCE = Decimal("0.01")  # USD
UNITS_TOLERANCE = Decimal("0.001")


class Found(msgspec.Struct, frozen=True):
    """A difference, the orders of ours that it may be about, and what makes it the same one when it is seen again."""

    difference: Difference
    order_ids: tuple[int, ...]
    key: tuple[str, str, str]


class Seen(msgspec.Struct, frozen=True):
    """What one look at the account showed."""

    found: tuple[Found, ...]
    orders: int  # how many were compared
    positions: int
    strangers: tuple[VenueOrder, ...]  # working orders of somebody else that were not known
    revived: tuple[int, ...]  # orders of ours that work there though they are over here


def compare(
    state: VenueState,
    cash: Decimal,
    positions: Mapping[str, Decimal],
    sent: Mapping[int, AtVenue],
    session_id: str,
    foreign: Iterable[str],
) -> Seen:
    """Everything on which the two disagree by more than the tolerances. What is in flight is for the caller to tell."""
    found: list[Found] = []
    theirs = {held.symbol: held.quantity for held in state.positions}
    symbols = sorted({*positions, *theirs})
    for symbol in symbols:
        difference = _position(symbol, positions.get(symbol, ZERO), theirs.get(symbol, ZERO))
        if difference is not None:
            about = tuple(number for number, known in sent.items() if known.order.symbol == symbol)
            found.append(Found(difference[0], about, ("position", symbol, difference[1])))
    off = EXACT.subtract(state.cash, cash)
    if off.copy_abs() > CASH_TOLERANCE:
        message = f"cash is {cash} here and {state.cash} at the venue"
        found.append(
            Found(Difference("cash", "", str(cash), str(state.cash), message), tuple(sent), ("cash", "", str(off)))
        )
    orders, strangers, revived = _orders(state, sent, session_id, set(foreign))
    found += orders
    compared = len({*sent} | {order.client_order_id for order in state.orders})
    return Seen(tuple(found), compared, len(symbols), tuple(strangers), tuple(revived))


def _position(symbol: str, ours: Decimal, theirs: Decimal) -> tuple[Difference, str] | None:
    off = EXACT.subtract(theirs, ours)
    if off.copy_abs() <= UNITS_TOLERANCE:
        return None
    message = f"{symbol}: {ours} units here and {theirs} at the venue"
    return Difference("position", symbol, str(ours), str(theirs), message), str(EXACT.normalize(off))


def _orders(
    state: VenueState, sent: Mapping[int, AtVenue], session_id: str, known: set[str]
) -> tuple[list[Found], list[VenueOrder], list[int]]:
    found: list[Found] = []
    strangers: list[VenueOrder] = []
    revived: list[int] = []
    there: dict[int, VenueOrder] = {}
    for order in state.orders:
        number = number_of(order.client_order_id, session_id)
        if not number:
            if order.venue_id not in known:
                strangers.append(order)
        elif number in sent:
            there[number] = order
        else:
            revived.append(number)
            message = f"order {number} for {order.symbol} is over here and {order.status} at the venue"
            found.append(_order(number, order.symbol, "over", order.status, message))
    for number, ours in sent.items():
        if ours.cancelled or ours.stage != "accepted":  # under way: what it is will be told
            continue
        theirs = there.get(number)
        symbol = ours.order.symbol
        if theirs is None:
            message = f"order {number} for {symbol} works here and not at the venue"
            found.append(_order(number, symbol, "works", "not there", message))
        elif EXACT.subtract(theirs.filled, ours.filled).copy_abs() > UNITS_TOLERANCE:
            message = f"order {number} for {symbol}: {ours.filled} filled here and {theirs.filled} at the venue"
            found.append(_order(number, symbol, str(ours.filled), str(theirs.filled), message))
    return found, strangers, revived


def _order(number: int, symbol: str, ours: str, theirs: str, message: str) -> Found:
    return Found(Difference("order", symbol, ours, theirs, message), (number,), ("order", str(number), theirs))
