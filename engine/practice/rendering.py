"""The account, orders and positions as the protocol's JSON."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from tradetui.engine.practice.assets import Asset
from tradetui.engine.practice.orders import Orders
from tradetui.engine.practice.wire import maybe_number, maybe_timestamp, number, timestamp
from tradetui.engine.practice.words import BUY, ZERO, Order, Position

CENT = Decimal("0.01")
SHARE_STEP = Decimal("0.0000000000000001")  # of fractions as unrealized_plpc


def order_body(order: Order, asset: Asset, orders: Orders, nested: bool) -> dict[str, Any]:
    """One order; with `nested` its legs inside it."""
    legs = [order_body(leg, asset, orders, False) for leg in orders.legs(order)] if nested and order.legs else None
    return {
        "id": order.id,
        "client_order_id": order.client_order_id,
        "created_at": timestamp(order.created_ns),
        "updated_at": timestamp(order.updated_ns),
        "submitted_at": timestamp(order.submitted_ns),
        "filled_at": maybe_timestamp(order.filled_ns),
        "expired_at": maybe_timestamp(order.expired_ns),
        "expires_at": maybe_timestamp(order.expires_ns),
        "canceled_at": maybe_timestamp(order.canceled_ns),
        "failed_at": maybe_timestamp(order.failed_ns),
        "replaced_at": maybe_timestamp(order.replaced_ns),
        "replaced_by": order.replaced_by,
        "replaces": order.replaces,
        "asset_id": asset.id,
        "symbol": order.symbol,
        "asset_class": asset.asset_class,
        "notional": maybe_number(order.notional),
        "qty": maybe_number(None if order.notional is not None else order.qty),
        "filled_qty": number(order.filled_qty),
        "filled_avg_price": number(average_price(order)) if order.filled_qty else None,
        "order_class": order.order_class,
        "order_type": order.type,
        "type": order.type,
        "side": "buy" if order.side == BUY else "sell",
        "position_intent": order.position_intent,
        "time_in_force": order.time_in_force,
        "limit_price": maybe_number(order.limit_price),
        "stop_price": maybe_number(order.stop_price),
        "status": order.status,
        "extended_hours": order.extended_hours,
        "legs": legs,
        "trail_percent": maybe_number(order.trail_percent),
        "trail_price": maybe_number(order.trail_price),
        "hwm": maybe_number(order.hwm),
        "subtag": None,
        "source": None,
    }


def average_price(order: Order) -> Decimal:
    """Average price of what has filled, to nine decimals."""
    average = order.filled_value / order.filled_qty
    return average.quantize(Decimal("0.000000001"), ROUND_HALF_EVEN)


def position_body(position: Position, asset: Asset, price: Decimal, held: Decimal) -> dict[str, Any]:
    """One position at a price; `held` is what open closing orders have of it."""
    side = 1 if position.qty > 0 else -1
    value = position.qty * price
    profit = value - position.cost
    last = position.lastday_price if position.lastday_price is not None else position.average
    before = position.day_qty * last + (position.cost if not position.day_qty else ZERO)
    # what was held at the last close is measured from its price, what was bought since from what it cost
    today = value - before if position.day_qty == position.qty or not position.day_qty else profit
    basis = abs(position.cost)
    return {
        "asset_id": asset.id,
        "symbol": asset.plain,
        "exchange": "CRYPTO" if asset.crypto else asset.exchange,
        "asset_class": asset.asset_class,
        "asset_marginable": asset.marginable and not asset.crypto,
        "qty": number(position.qty),
        "qty_available": number(position.qty - held * side),
        "avg_entry_price": number(position.average.quantize(Decimal("0.000000001"), ROUND_HALF_EVEN)),
        "side": "long" if side > 0 else "short",
        "market_value": number(value),
        "cost_basis": number(position.cost.quantize(Decimal("0.000000001"), ROUND_HALF_EVEN)),
        "unrealized_pl": number(profit.quantize(Decimal("0.000000001"), ROUND_HALF_EVEN)),
        "unrealized_plpc": share(profit, basis),
        "unrealized_intraday_pl": number(today.quantize(Decimal("0.000000001"), ROUND_HALF_EVEN)),
        "unrealized_intraday_plpc": share(today, abs(before) or basis),
        "current_price": number(price),
        "lastday_price": number(last.quantize(Decimal("0.000000001"), ROUND_HALF_EVEN)),
        "change_today": share(price - last, last),
    }


def share(part: Decimal, whole: Decimal) -> str:
    """A fraction as text."""
    return number((part / whole).quantize(SHARE_STEP, ROUND_HALF_EVEN)) if whole else "0"


def cents(value: Decimal) -> str:
    """Money in whole cents."""
    return number(value.quantize(CENT, ROUND_HALF_EVEN))
