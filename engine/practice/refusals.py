"""What the venue says no with: one function for each row of the protocol's table of errors. Refusals are values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tradetui.engine.practice.wire import number

FORBIDDEN, SHAPE, UNPROCESSABLE, NOT_FOUND, RATE, FAULT = 40310000, 40010001, 42210000, 40410000, 42910000, 50010000


class Refusal(msgspec.Struct, frozen=True):
    """An answer that is an error: status, code (None where the venue sends none), text, and more keys of the body."""

    status: int
    code: int | None
    message: str
    more: Mapping[str, Any] = {}

    def body(self) -> dict[str, Any]:
        """The JSON body."""
        code = {} if self.code is None else {"code": self.code}
        return {**code, **self.more, "message": self.message}


def shape(message: str) -> Refusal:
    """A parameter that is missing, of the wrong kind, or in company it must not be in."""
    return Refusal(422, SHAPE, message)


def unprocessable(message: str, **more: Any) -> Refusal:
    """Well formed, but nothing that the venue does."""
    return Refusal(422, UNPROCESSABLE, message, more)


def forbidden(message: str, **more: Any) -> Refusal:
    """Well formed, but not with this account now."""
    return Refusal(403, FORBIDDEN, message, more)


def missing(message: str) -> Refusal:
    """There is no such thing."""
    return Refusal(404, NOT_FOUND, message)


def bad_request(message: str) -> Refusal:
    """A body or a parameter that cannot be read."""
    return Refusal(400, 40010000, message)


def too_poor(buying_power: Decimal, cost_basis: Decimal) -> Refusal:
    """Not enough buying power."""
    return forbidden("insufficient buying power", buying_power=number(buying_power), cost_basis=number(cost_basis))


def too_few(
    symbol: str, requested: Decimal, available: Decimal, existing: Decimal, held: Decimal, orders: Sequence[str]
) -> Refusal:
    """More than the free quantity of a position; `orders` are those that hold the rest."""
    related = {"related_orders": list(orders)} if orders else {}
    return forbidden(
        f"insufficient qty available for order (requested: {number(requested)}, available: {number(available)})",
        available=number(available),
        existing_qty=number(existing),
        held_for_orders=number(held),
        symbol=symbol,
        **related,
    )


def too_little_crypto(symbol: str, requested: Decimal, available: Decimal, balance: Decimal) -> Refusal:
    """More of a coin than is free."""
    coin = symbol.partition("/")[0]
    return forbidden(
        f"insufficient balance for {coin} (requested: {number(requested)}, available: {number(available)})",
        available=number(available),
        balance=number(balance),
        symbol=coin,
    )


def wash_trade(existing_order_id: str, reason: str) -> Refusal:
    """The order could meet one of the account's own."""
    return forbidden(
        "potential wash trade detected. use complex orders",
        existing_order_id=existing_order_id,
        reject_reason=reason,
    )


def not_fractionable(symbol: str) -> Refusal:
    """A part of a share of an asset that has none."""
    return forbidden(f'asset "{symbol}" is not fractionable')


def value_too_small(least: Decimal) -> Refusal:
    """Worth less than an order must be."""
    return forbidden(f"cost basis must be >= minimal amount of order {number(least)}")


def opposite_opening(side: int) -> Refusal:
    """The account is flat and an opening order of the other side is open."""
    if side > 0:
        return forbidden("cannot open a long buy while a short sell order is open")
    return forbidden("cannot open a short sell while a long buy order is open")


def intent_mismatch(inferred: str, specified: str) -> Refusal:
    """The order would open where it was meant to close, or the other way round."""
    return unprocessable(f"position intent mismatch, inferred: {inferred}, specified: {specified}")


def not_allowed_to_short() -> Refusal:
    """Shorting is off, or the account too small."""
    return forbidden("account is not allowed to short")


def hard_to_borrow(symbol: str) -> Refusal:
    """The asset cannot be had for a short sale."""
    return unprocessable(f'asset "{symbol}" cannot be sold short')


def suspended() -> Refusal:
    """The user stopped trading in the account's configuration."""
    return forbidden("new orders are rejected by user request")


def restricted() -> Refusal:
    """The venue stopped the account."""
    return forbidden("account is restricted from trading")


def duplicate_id(still_open: bool) -> Refusal:
    """A client_order_id that was used before."""
    return Refusal(422, UNPROCESSABLE if still_open else SHAPE, "client_order_id must be unique")


def unknown_asset(symbol: str) -> Refusal:
    """An order for a symbol that the venue does not have."""
    return shape(f'could not find asset "{symbol}"')


def not_tradable(symbol: str) -> Refusal:
    """An asset that is listed but not traded, or halted."""
    return unprocessable(f'asset "{symbol}" is not tradable')


def sub_penny(field: str, price: Decimal) -> Refusal:
    """A price between two ticks."""
    return unprocessable(
        f"invalid {field} {number(price)}. sub-penny increment does not fulfill minimum pricing criteria"
    )


def stop_on_wrong_side(side: int, market_price: Decimal, stop_price: Decimal) -> Refusal:
    """A stop that would act at once."""
    word = "greater" if side > 0 else "less"
    return unprocessable(
        f"stop price must be {word} than current price",
        market_price=number(market_price),
        stop_price=number(stop_price),
    )


def order_not_found(order_id: str) -> Refusal:
    """No order of that id or client id."""
    return missing(f"order not found for {order_id}")


def order_id_missing() -> Refusal:
    """An order id that is none."""
    return shape("order_id is missing")


def already(status: str) -> Refusal:
    """A cancel of an order that has ended otherwise."""
    return unprocessable(f'order is already in "{status}" state')


def cannot_replace(status: str) -> Refusal:
    """A replace before the order works, or while another change is on its way."""
    return unprocessable(f"cannot replace order in {status} status")


def not_open() -> Refusal:
    """A replace of an order that has ended."""
    return unprocessable("order is not open")


def unchanged() -> Refusal:
    """A replace that replaces nothing."""
    return forbidden("order parameters are not changed")


def no_position() -> Refusal:
    """No position in that symbol."""
    return missing("position does not exist")


def no_asset(name: str) -> Refusal:
    """No asset of that symbol or id."""
    return missing(f"asset not found for {name}")


def bad_activity(kind: str) -> Refusal:
    """An activity type that does not exist."""
    return shape(f"invalid activity type: {kind}")


def server_fault() -> Refusal:
    """The venue broke."""
    return Refusal(500, FAULT, "internal server error occurred")
