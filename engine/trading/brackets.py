"""The legs that protect an entry: a stop-loss and a take-profit, priced at the entry's first fill. No state.

Two legs of the same units are mates: what one fills the other may not, and the end of one by a fill ends both.
"""

from __future__ import annotations

from decimal import Decimal

from tradetui.engine.model.events import OrderEvent
from tradetui.engine.model.instrument import Instrument
from tradetui.engine.model.orders import Order, Role
from tradetui.engine.trading.wishes import level_price

LEGS = ("stop_loss", "take_profit")


def has_levels(entry: Order) -> bool:
    """Whether it asks for any leg."""
    return not (
        entry.stop_loss is None
        and entry.take_profit is None
        and entry.stop_share is None
        and entry.target_share is None
    )


def fix_levels(entry: Order, fill_price: Decimal, instrument: Instrument) -> None:
    """Turn distances into prices with the entry's first fill, so that all of its legs stand at the same ones."""
    if entry.stop_loss is None:
        entry.stop_loss = level_price(fill_price, entry.stop_share, -entry.side, instrument)
    if entry.take_profit is None:
        entry.take_profit = level_price(fill_price, entry.target_share, entry.side, instrument)


def legs_of(entry: Order, quantity: Decimal, ts_ns: int, cause: int) -> list[Order]:
    """The legs that `entry` asks for, the stop first, for so many of its units; neither numbered nor judged yet."""
    legs = []
    if entry.stop_loss is not None:
        legs.append(_leg(entry, "stop_loss", entry.stop_loss, quantity, ts_ns, cause))
    if entry.take_profit is not None:
        legs.append(_leg(entry, "take_profit", entry.take_profit, quantity, ts_ns, cause))
    return legs


def again(leg: Order, quantity: Decimal, ts_ns: int, cause: int) -> Order:
    """A leg that was cancelled, once more, for so many units."""
    return Order(
        0, leg.symbol, leg.side, quantity, leg.type, leg.limit_price, leg.stop_price, leg.time_in_force, leg.role,
        leg.parent, reason=leg.reason, decided_price=leg.decided_price, ts_ns=ts_ns, cause=cause,
    )  # fmt: skip


def make_mates(legs: list[Order]) -> None:
    """Legs of the same units know each other; one that was refused has no number."""
    numbered = [leg for leg in legs if leg.order_id]
    if len(numbered) == len(LEGS):
        stop, target = numbered
        stop.mate, target.mate = target.order_id, stop.order_id


def are_mates(stop: Order | OrderEvent, target: Order | OrderEvent) -> bool:
    """Whether these are the two legs of the same units: numbered one after the other, on account of one event."""
    return (
        (stop.role, target.role) == LEGS
        and stop.parent == target.parent
        and stop.order_id + 1 == target.order_id
        and stop.cause == target.cause
    )


def _leg(entry: Order, role: Role, price: Decimal, quantity: Decimal, ts_ns: int, cause: int) -> Order:
    is_stop = role == "stop_loss"
    return Order(
        0,
        entry.symbol,
        -entry.side,
        quantity,
        "stop" if is_stop else "limit",
        None if is_stop else price,
        price if is_stop else None,
        "gtc",
        role,
        entry.order_id,
        reason=f"{role.replace('_', ' ')} of order {entry.order_id}",
        decided_price=float(price),
        ts_ns=ts_ns,
        cause=cause,
    )
