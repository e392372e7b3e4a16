"""Stops: whether one is watched, when it is reached, how a trailing one moves, and what it may cost at worst. Pure."""

from __future__ import annotations

from decimal import Decimal

from tradetui.engine.practice.orders import Orders
from tradetui.engine.practice.words import WORKING, ZERO, Order

STOP_TYPES = ("stop", "stop_limit", "trailing_stop")
CHEAP = Decimal(50)  # stops of buys below it have the wider collar
COLLAR_CHEAP, COLLAR_DEAR = Decimal("1.04"), Decimal("1.025")
CENT = Decimal("0.01")


def armed(order: Order, orders: Orders) -> bool:
    """Whether a stop is watched: it works, or it is the held leg of a group whose entry has filled."""
    if order.status != "held":
        return order.status in WORKING
    if order.parent is None or orders.waits(order):
        return False
    root = orders.by_id[order.parent]
    return root.order_class != "oco" or root.status in WORKING


def reached(order: Order, price: Decimal) -> bool:
    """Whether the market is at the stop or beyond."""
    return order.stop_price is not None and (price - order.stop_price) * order.side >= 0


def trail(order: Order, price: Decimal | None) -> bool:
    """Move the stop of a trailing order with the best price so far; whether there was a better one."""
    better = price is not None and (order.hwm is None or (price - order.hwm) * -order.side > 0)
    if better:
        order.hwm = price
    if order.hwm is None:
        return False
    distance = order.trail_price
    if distance is None:
        distance = order.hwm * (order.trail_percent or ZERO) / 100
    order.stop_price = order.hwm + distance * order.side
    return better


def worst_price(order: Order) -> Decimal | None:
    """The limit that an order meets the book with: its own, or the collar of a stop that buys."""
    if order.type == "stop" and order.side > 0 and order.stop_price is not None:
        return (order.stop_price * (COLLAR_CHEAP if order.stop_price < CHEAP else COLLAR_DEAR)).quantize(CENT)
    return order.limit_price
