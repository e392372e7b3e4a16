"""The legs that protect an entry: a stop-loss and a take-profit, priced at the entry's first fill. No state."""

from __future__ import annotations

from decimal import Decimal

from tradetui.engine.model.instrument import Instrument
from tradetui.engine.model.orders import Order, Role
from tradetui.engine.trading.wishes import level_price

LEGS = ("stop_loss", "take_profit")


def legs_of(entry: Order, fill_price: Decimal, instrument: Instrument, ts_ns: int, cause: int) -> list[Order]:
    """The legs that `entry` asks for, the stop first, for all of its quantity; neither numbered nor judged yet."""
    if (
        entry.stop_loss is None
        and entry.take_profit is None
        and entry.stop_share is None
        and entry.target_share is None
    ):
        return []
    stop = entry.stop_loss or level_price(fill_price, entry.stop_share, -entry.side, instrument)
    target = entry.take_profit or level_price(fill_price, entry.target_share, entry.side, instrument)
    legs = []
    if stop is not None:
        legs.append(_leg(entry, "stop_loss", stop, ts_ns, cause))
    if target is not None:
        legs.append(_leg(entry, "take_profit", target, ts_ns, cause))
    return legs


def _leg(entry: Order, role: Role, price: Decimal, ts_ns: int, cause: int) -> Order:
    is_stop = role == "stop_loss"
    return Order(
        0,
        entry.symbol,
        -entry.side,
        entry.quantity,
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
