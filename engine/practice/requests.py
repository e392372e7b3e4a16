"""A client's order as it arrives, read into a typed form; its shape, times in force, ticks and classes are checked.

What depends on the account, its positions or the market is not looked at here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_DOWN, Decimal
from typing import Any, cast

import msgspec

from tradetui.engine.practice import refusals
from tradetui.engine.practice.assets import Asset
from tradetui.engine.practice.config import PracticeConfig
from tradetui.engine.practice.refusals import Refusal, shape, unprocessable
from tradetui.engine.practice.wire import amount, switch
from tradetui.engine.practice.words import BUY, SELL, OrderClass, TimeInForce, Type

DECIMALS_MAX = 9
CLIENT_ID_MAX = 128
LEG_STEP = Decimal("0.01")  # a stop-loss is at least this far beyond the price it protects
TYPES = ("market", "limit", "stop", "stop_limit", "trailing_stop")
FORCES = ("day", "gtc", "opg", "cls", "ioc", "fok")
FRACTIONAL_TYPES = ("market", "limit", "stop", "stop_limit")
INTENTS = ("buy_to_open", "buy_to_close", "sell_to_open", "sell_to_close")
CRYPTO_FORCES = {"market": ("gtc", "ioc"), "limit": ("gtc", "ioc"), "stop_limit": ("gtc",)}
PRICE_WORDS = {
    "market": "market orders require no stop or limit price",
    "limit": "limit orders require only limit price",
    "stop": "stop orders require only stop price",
    "stop_limit": "stop limit orders require both stop and limit price",
    "trailing_stop": "trailing stop orders must specify one of trail_price or trail_percent",
}


class NewOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that is well formed. `qty` or `notional` is None; the legs are prices."""

    asset: Asset
    side: int
    type: Type
    time_in_force: TimeInForce
    order_class: OrderClass = ""
    qty: Decimal | None = None
    notional: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    extended_hours: bool = False
    client_order_id: str | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    stop_loss_limit: Decimal | None = None
    position_intent: str = ""

    @property
    def exit_side(self) -> int:
        """The side of its legs: an OCO is an exit itself."""
        return self.side if self.order_class == "oco" else -self.side


Check = Callable[[NewOrder], Refusal | None]


def read_order(body: Mapping[str, Any], asset: Asset, config: PracticeConfig) -> NewOrder | Refusal:
    """The order in the body of a POST, or why it is none."""
    order = _fields(body, asset)
    if isinstance(order, Refusal):
        return order
    kind: tuple[Check, ...] = (_crypto,) if asset.crypto else (_forces, _fractional, _extended(config))
    for check in (_prices, *kind, _classes, _ticks):
        refusal = check(order)
        if refusal is not None:
            return refusal
    return order


def _fields(body: Mapping[str, Any], asset: Asset) -> NewOrder | Refusal:
    side, kind, force = body.get("side"), body.get("type"), body.get("time_in_force")
    order_class = body.get("order_class") or ""
    order_class = "" if order_class == "simple" else order_class
    extended = switch(body.get("extended_hours") or False)
    client_id = body.get("client_order_id") or None
    intent = body.get("position_intent") or ""
    too_long = f"client_order_id must be no more than {CLIENT_ID_MAX} characters"
    words = (
        (side in ("buy", "sell"), f"invalid side: {side}"),
        (kind in TYPES, f"invalid order type: {kind}"),
        (force in FORCES, f"invalid time_in_force: {force}"),
        (order_class in ("", "bracket", "oco", "oto"), f"invalid order_class: {order_class}"),
        (extended is not None, "extended_hours must be a boolean"),
        (client_id is None or isinstance(client_id, str), "client_order_id must be a string"),
        (len(str(client_id or "")) <= CLIENT_ID_MAX, too_long),
        (intent in ("", *INTENTS), f"invalid position_intent: {intent}"),
    )
    for holds, message in words:
        if not holds:
            return shape(message)
    quantity = _quantity(body, asset)
    prices = _amounts(body, ("limit_price", "stop_price", "trail_price", "trail_percent"))
    legs = _legs(body)
    for part in (quantity, prices, legs):
        if isinstance(part, Refusal):
            return part
    oco = order_class == "oco"
    amounts = {**cast("dict[str, Any]", prices), **cast("dict[str, Any]", legs), **cast("dict[str, Any]", quantity)}
    if oco and amounts["limit_price"] is None:
        amounts["limit_price"] = amounts["take_profit"]
    return NewOrder(
        asset=asset,
        side=BUY if side == "buy" else SELL,
        type=cast("Type", kind),
        time_in_force=cast("TimeInForce", force),
        order_class=cast("OrderClass", order_class),
        extended_hours=bool(extended),
        client_order_id=client_id,
        position_intent=intent,
        **amounts,
    )


def _quantity(body: Mapping[str, Any], asset: Asset) -> dict[str, Decimal | None] | Refusal:
    found = _amounts(body, ("qty", "notional"))
    if isinstance(found, Refusal):
        return found
    qty, notional = found["qty"], found["notional"]
    if qty is None and notional is None:
        return shape("qty or notional is required")
    if qty is not None and notional is not None:
        return shape("only one of qty or notional is accepted")
    for name, value in found.items():
        if value is not None and decimals_of(value) > DECIMALS_MAX and not asset.crypto:
            return shape(f"{name} can have at most {DECIMALS_MAX} decimal places")
    if qty is not None and asset.crypto:
        qty = qty.quantize(asset.trade_increment, ROUND_DOWN)
        if not qty:
            return shape("qty must be > 0")
    return {"qty": qty, "notional": notional}


def _amounts(body: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Decimal | None] | Refusal:
    found: dict[str, Decimal | None] = {}
    for name in names:
        given = body.get(name)
        value = None if given is None or given == "" else amount(given)
        if value is None and given not in (None, ""):
            return shape(f"{name} must be a number")
        if value is not None and value <= 0:
            return shape(f"{name} must be > 0")
        found[name] = value
    return found


def _legs(body: Mapping[str, Any]) -> dict[str, Decimal | None] | Refusal:
    take, stop = body.get("take_profit") or {}, body.get("stop_loss") or {}
    if not isinstance(take, Mapping) or not isinstance(stop, Mapping):
        return shape("take_profit and stop_loss must be objects")
    found = _amounts(
        {
            "take_profit.limit_price": take.get("limit_price"),
            "stop_loss.stop_price": stop.get("stop_price"),
            "stop_loss.limit_price": stop.get("limit_price"),
        },
        ("take_profit.limit_price", "stop_loss.stop_price", "stop_loss.limit_price"),
    )
    if isinstance(found, Refusal):
        return found
    take_profit, stop_loss, stop_loss_limit = found.values()
    return {"take_profit": take_profit, "stop_loss": stop_loss, "stop_loss_limit": stop_loss_limit}


def _prices(order: NewOrder) -> Refusal | None:
    has_limit, has_stop = order.limit_price is not None, order.stop_price is not None
    trails = (order.trail_price is not None) + (order.trail_percent is not None)
    wanted = {
        "market": (False, False, 0),
        "limit": (True, False, 0),
        "stop": (False, True, 0),
        "stop_limit": (True, True, 0),
        "trailing_stop": (False, False, 1),
    }[order.type]
    return None if (has_limit, has_stop, trails) == wanted else shape(PRICE_WORDS[order.type])


def _crypto(order: NewOrder) -> Refusal | None:
    if order.type not in CRYPTO_FORCES:
        return shape("invalid order type for crypto order")
    if order.time_in_force not in CRYPTO_FORCES[order.type]:
        return unprocessable("invalid crypto time_in_force")
    if order.order_class:
        return unprocessable(f"crypto orders not allowed for advanced order_class: {order.order_class}")
    return None


def _forces(order: NewOrder) -> Refusal | None:
    if order.time_in_force not in ("day", "gtc") and order.type not in ("market", "limit"):
        return unprocessable(f"{order.type} orders must be DAY or GTC orders")
    return None


def _fractional(order: NewOrder) -> Refusal | None:
    whole = order.qty is not None and order.qty == order.qty.to_integral_value()
    if whole:
        return None
    if not order.asset.fractionable:
        return refusals.not_fractionable(order.asset.symbol)
    if order.order_class:
        return unprocessable("fractional orders must be simple orders")
    if order.type not in FRACTIONAL_TYPES:
        return unprocessable("fractional orders must be market, limit, stop, or stop_limit orders")
    if order.time_in_force != "day":
        return unprocessable("fractional orders must be DAY orders")
    return None


def _extended(config: PracticeConfig) -> Check:
    def check(order: NewOrder) -> Refusal | None:
        if not order.extended_hours:
            return None
        whole = order.qty is not None and order.qty == order.qty.to_integral_value()
        may = whole or (config.fractional_extended and "fractional_eh_enabled" in order.asset.attributes)
        if order.type == "limit" and order.time_in_force in ("day", "gtc") and not order.order_class and may:
            return None
        return unprocessable("extended hours order must be DAY limit orders")

    return check


def _classes(order: NewOrder) -> Refusal | None:
    take, stop = order.take_profit, order.stop_loss
    if not order.order_class:
        return None if take is None and stop is None else shape("simple orders require no take_profit or stop_loss")
    if order.type == "trailing_stop":
        return unprocessable("trailing stop orders must be simple orders")
    if order.time_in_force not in ("day", "gtc"):
        return unprocessable(f"{order.order_class} orders must be DAY or GTC orders")
    if order.order_class == "oto":
        if (take is None) == (stop is None):
            return shape("oto orders require exactly one of take_profit.limit_price or stop_loss.stop_price")
    elif take is None or stop is None:
        return shape(f"{order.order_class} orders require take_profit.limit_price and stop_loss.stop_price")
    if order.order_class == "oco" and order.type != "limit":
        return unprocessable("oco orders must be limit orders")
    return _leg_order(order)


def _leg_order(order: NewOrder) -> Refusal | None:
    take, stop, exit_side = order.take_profit, order.stop_loss, order.exit_side
    if take is not None and stop is not None and (take - stop) * exit_side >= 0:
        word = "<" if exit_side > 0 else ">"
        return unprocessable(f"take_profit.limit_price must be {word} stop_loss.stop_price")
    base = order.limit_price
    if base is None or stop is None:
        return None
    return stop_distance(stop, base, exit_side)


def stop_distance(stop: Decimal, base: Decimal, exit_side: int) -> Refusal | None:
    """A stop-loss must lie on the losing side of the price it protects."""
    if exit_side < 0 and stop > base - LEG_STEP:
        return unprocessable("stop_loss.stop_price must be <= base_price - 0.01", base_price=str(base))
    if exit_side > 0 and stop < base + LEG_STEP:
        return unprocessable("stop_loss.stop_price must be >= base_price + 0.01", base_price=str(base))
    return None


def _ticks(order: NewOrder) -> Refusal | None:
    named = (
        ("limit_price", order.limit_price),
        ("stop_price", order.stop_price),
        ("take_profit.limit_price", order.take_profit),
        ("stop_loss.stop_price", order.stop_loss),
        ("stop_loss.limit_price", order.stop_loss_limit),
    )
    return next((fault for name, price in named if (fault := off_tick(order.asset, name, price)) is not None), None)


def off_tick(asset: Asset, name: str, price: Decimal | None) -> Refusal | None:
    """Why a price cannot be asked for; None where it can."""
    if price is None or price % asset.tick(price) == 0:
        return None
    return refusals.sub_penny(name, price)


def decimals_of(value: Decimal) -> int:
    """Decimal places that are used."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
