"""What the venue says, read tolerantly: unknown fields are left, unknown words survive, wrong values become None."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from tradetui.engine.gateways.alpaca.wire import amount, instant, words
from tradetui.engine.gateways.order_names import leg_names

ZERO = Decimal(0)
FILLED, CANCELLED, EXPIRED, REJECTED, REPLACED = "filled", "canceled", "expired", "rejected", "replaced"
LEGS_DEPTH_MAX = 2  # a bracket's entry, its exits, what took an exit's place
ENDED = frozenset({FILLED, CANCELLED, EXPIRED, REJECTED, REPLACED})  # any other status may still change


class RawOrder(msgspec.Struct, frozen=True):
    """An order as the venue has it; `status` and `type` are its own words, known to us or not."""

    venue_id: str
    client_order_id: str
    symbol: str
    side: int  # 0 where it is neither
    quantity: Decimal  # 0 for one given in money
    filled: Decimal
    average_price: Decimal | None
    type: str
    limit_price: Decimal | None
    stop_price: Decimal | None
    status: str
    submitted_ns: int
    updated_ns: int
    replaced_by: str
    reason: str
    legs: tuple[RawOrder, ...] = ()


class RawUpdate(msgspec.Struct, frozen=True):
    """One message of the order stream."""

    event: str
    order: RawOrder
    quantity: Decimal | None  # of this execution
    price: Decimal | None
    execution_id: str
    ts_ns: int


class RawFill(msgspec.Struct, frozen=True):
    """One row of the FILL activities."""

    order_id: str
    symbol: str
    side: int
    quantity: Decimal
    price: Decimal
    cumulative: Decimal
    ts_ns: int
    row_id: str


def order_of(body: Any, depth: int = 0) -> RawOrder | None:
    """An order; None for what cannot be one. Legs of legs of legs are left out."""
    if not isinstance(body, dict) or not isinstance(body.get("id"), str) or not body["id"]:
        return None
    submitted = instant(body.get("submitted_at")) or instant(body.get("created_at")) or 0
    return RawOrder(
        venue_id=body["id"],
        client_order_id=_text(body.get("client_order_id")),
        symbol=_text(body.get("symbol")),
        side=side_of(body.get("side")),
        quantity=amount(body.get("qty")) or ZERO,
        filled=amount(body.get("filled_qty")) or ZERO,
        average_price=amount(body.get("filled_avg_price")),
        type=_text(body.get("type")) or _text(body.get("order_type")),
        limit_price=amount(body.get("limit_price")),
        stop_price=amount(body.get("stop_price")),
        status=_text(body.get("status")),
        submitted_ns=submitted,
        updated_ns=instant(body.get("updated_at")) or submitted,
        replaced_by=_text(body.get("replaced_by")),
        reason=words(body.get("reject_reason") or ""),
        legs=_legs_of(body, depth + 1) if depth < LEGS_DEPTH_MAX else (),
    )


def _legs_of(body: dict[str, Any], depth: int) -> tuple[RawOrder, ...]:
    """The legs of a group; those of a group of ours have the ids that its own id gives them."""
    items = body.get("legs")
    found = (order_of(item, depth) for item in (items if isinstance(items, list) else ()))
    legs = [leg for leg in found if leg is not None]
    names = leg_names(_text(body.get("client_order_id")), [leg.type == "limit" for leg in legs])
    return tuple(
        msgspec.structs.replace(leg, client_order_id=name) if name else leg
        for leg, name in zip(legs, names, strict=True)
    )


def orders_of(body: Any) -> list[RawOrder]:
    """A list of orders, legs of others included; what is none is left out."""
    found: list[RawOrder] = []
    for item in body if isinstance(body, list) else ():
        order = order_of(item)
        if order is not None:
            found += (order, *order.legs)
    return found


def update_of(body: Any) -> RawUpdate | None:
    """The data of a trade update; None for what cannot be one."""
    order = order_of(body.get("order")) if isinstance(body, dict) else None
    if order is None or not isinstance(body.get("event"), str):
        return None
    return RawUpdate(
        event=body["event"],
        order=order,
        quantity=amount(body.get("qty")),
        price=amount(body.get("price")),
        execution_id=_text(body.get("execution_id")),
        ts_ns=instant(body.get("timestamp")) or instant(body.get("at")) or order.updated_ns,
    )


def fill_of(body: Any) -> RawFill | None:
    """A row of the FILL activities; None for what cannot be one."""
    if not isinstance(body, dict) or body.get("activity_type") != "FILL":
        return None
    quantity, price, cumulative = (amount(body.get(name)) for name in ("qty", "price", "cum_qty"))
    ts_ns = instant(body.get("transaction_time"))
    if quantity is None or price is None or cumulative is None or ts_ns is None:
        return None
    return RawFill(
        order_id=_text(body.get("order_id")),
        symbol=_text(body.get("symbol")),
        side=side_of(body.get("side")),
        quantity=quantity,
        price=price,
        cumulative=cumulative,
        ts_ns=ts_ns,
        row_id=_text(body.get("id")),
    )


def side_of(value: object) -> int:
    """+1, -1, or 0 for neither."""
    return {"buy": 1, "sell": -1, "sell_short": -1}.get(value, 0) if isinstance(value, str) else 0


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
