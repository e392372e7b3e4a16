"""What a PATCH asks of an order, as the request for the order that takes its place."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from tradetui.engine.practice import refusals
from tradetui.engine.practice.account import Account
from tradetui.engine.practice.refusals import Refusal, shape, unprocessable
from tradetui.engine.practice.requests import CLIENT_ID_MAX, NewOrder, off_tick
from tradetui.engine.practice.wire import amount
from tradetui.engine.practice.words import Order, TimeInForce

FIELDS = ("qty", "limit_price", "stop_price", "trail")


def read_replacement(old: Order, body: Mapping[str, Any], account: Account) -> NewOrder | Refusal:
    """The new order, with what the PATCH does not name taken from the old one; without a quantity, what was left."""
    refusal = _may_be_replaced(old)
    if refusal is not None:
        return refusal
    given: dict[str, Decimal] = {}
    for name in FIELDS:
        raw = body.get(name)
        if raw is None or raw == "":
            continue
        value = amount(raw)
        if value is None or value <= 0:
            return shape(f"{name} must be > 0")
        given[name] = value
    force = body.get("time_in_force") or old.time_in_force
    if force not in ("day", "gtc", "opg", "cls", "ioc", "fok"):
        return shape(f"invalid time_in_force: {force}")
    client_id = body.get("client_order_id") or None
    return _checked(old, given, cast("TimeInForce", force), client_id, account)


def _may_be_replaced(old: Order) -> Refusal | None:
    if not old.open:
        return refusals.not_open()
    if old.status in ("accepted", "pending_new", "pending_cancel", "pending_replace"):
        return refusals.cannot_replace(old.status)
    if old.notional is not None:
        return unprocessable("notional orders cannot be replaced")
    return unprocessable("oto orders cannot be replaced") if old.order_class == "oto" else None


def _checked(
    old: Order, given: dict[str, Decimal], force: TimeInForce, client_id: object, account: Account
) -> NewOrder | Refusal:
    asset = account.asset(old.symbol)
    qty = given.get("qty")
    if qty is not None and not asset.crypto and qty != qty.to_integral_value():
        return unprocessable("qty must be a whole number")
    takes = {"limit_price": old.limit_price, "stop_price": old.stop_price}
    for name, before in takes.items():
        if name in given and (before is None or old.type == "trailing_stop"):
            return shape(f"{old.type} orders have no {name}")
    if "trail" in given and old.type != "trailing_stop":
        return shape("only trailing stop orders have a trail")
    if client_id is not None and (not isinstance(client_id, str) or len(client_id) > CLIENT_ID_MAX):
        return shape(f"client_order_id must be text of no more than {CLIENT_ID_MAX} characters")
    if isinstance(client_id, str) and (other := account.orders.of_client(client_id)) is not None:
        return refusals.duplicate_id(other.open)
    trail = given.get("trail")
    new = NewOrder(
        asset=asset,
        side=old.side,
        type=old.type,
        time_in_force=force,
        order_class=old.order_class,
        qty=old.left if qty is None else qty,
        limit_price=given.get("limit_price", old.limit_price),
        stop_price=given.get("stop_price", old.stop_price),
        trail_price=trail if trail is not None and old.trail_price is not None else old.trail_price,
        trail_percent=trail if trail is not None and old.trail_percent is not None else old.trail_percent,
        extended_hours=old.extended_hours,
        client_order_id=client_id if isinstance(client_id, str) else None,
    )
    for name, price in (("limit_price", given.get("limit_price")), ("stop_price", given.get("stop_price"))):
        fault = off_tick(asset, name, price)
        if fault is not None:
            return fault
    same = (
        new.qty == (old.left if qty is None else old.qty)
        and new.time_in_force == old.time_in_force
        and (new.limit_price, new.stop_price) == (old.limit_price, old.stop_price)
        and (new.trail_price, new.trail_percent) == (old.trail_price, old.trail_percent)
    )
    return refusals.unchanged() if same else new
