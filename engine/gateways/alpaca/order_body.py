"""What is to be sent in the venue's words, numbers as text; or why the venue has no words for it. No I/O."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple
from urllib.parse import quote

from tradetui.engine.gateways.alpaca.wire import text_of
from tradetui.engine.gateways.live_words import Close, Replace, Send, SendBracket, Sending, SendPair, SendTrailing
from tradetui.engine.model.events import OrderEvent
from tradetui.engine.model.instrument import EXACT

CLIENT_ID_MAX = 128
ORDERS = "/v2/orders"
EXITS = ("close", "stop_loss", "take_profit")
COIN_COLLAR = Decimal("0.05")  # coins know no plain stop: theirs has a limit, so far beyond it
COIN_TICK = Decimal("0.01")
Body = dict[str, Any]


class Request(NamedTuple):
    """What is asked of the venue."""

    method: str
    path: str
    body: Body


def request_of(sending: Sending) -> Request | str:
    """The request that brings an order, or several as one, or a refusal in words."""
    match sending:
        case Send(order=order, client_order_id=name):
            body = body_of(order, name)
        case SendPair():
            body = _pair(sending)
        case SendBracket():
            body = _bracket(sending)
        case SendTrailing():
            body = _trailing(sending)
        case Close(send=send):
            path = f"/v2/positions/{quote(send.order.symbol, safe='/')}"
            return Request("DELETE", path, {"qty": text_of(send.order.quantity)})
    return body if isinstance(body, str) else Request("POST", ORDERS, body)


def change_of(replace: Replace, venue_id: str) -> Request:
    """The request that changes a working order."""
    named = {
        "qty": replace.quantity,
        "limit_price": replace.limit_price,
        "stop_price": replace.stop_price,
        "trail": replace.trail,
    }
    body = {name: text_of(value) for name, value in named.items() if value is not None}
    return Request("PATCH", f"{ORDERS}/{venue_id}", {**body, "client_order_id": replace.new_client_order_id})


def why_no_pair(pair: SendPair) -> str:
    """Why the venue does not keep these two as one; empty where it does."""
    order = pair.target.order
    if "/" in order.symbol:
        return "the venue keeps no two exits of coins as one"
    if order.quantity != order.quantity.to_integral_value():
        return "the venue keeps no two exits of a part of a share as one"
    return ""


def _pair(pair: SendPair) -> Body | str:
    stop, target = pair.stop.order, pair.target.order
    body = body_of(target, pair.target.client_order_id)
    fault = body if isinstance(body, str) else _price_fault(stop)
    if isinstance(body, str) or fault is not None:
        return str(fault)
    del body["limit_price"]
    return {**body, "order_class": "oco", "take_profit": _take_profit(target), "stop_loss": _stop_loss(stop)}


def _bracket(bracket: SendBracket) -> Body | str:
    body = body_of(bracket.entry.order, bracket.entry.client_order_id)
    if isinstance(body, str):
        return body
    stop, target = bracket.stop, bracket.target
    body["order_class"] = "oto" if stop is None or target is None else "bracket"
    if target is not None:
        body["take_profit"] = _take_profit(target.order)
    if stop is not None:
        body["stop_loss"] = _stop_loss(stop.order)
    return body


def _trailing(trailing: SendTrailing) -> Body | str:
    order = trailing.send.order
    fault = _fault(order, trailing.send.client_order_id)
    if fault is None and trailing.trail <= 0:
        fault = f"a trailing stop at a distance of {trailing.trail} cannot be sent: expected one above 0"
    if fault is not None:
        return fault
    body = _plain(order, trailing.send.client_order_id)
    name = "trail_percent" if trailing.in_percent else "trail_price"
    return {**body, "type": "trailing_stop", name: text_of(trailing.trail)}


def _take_profit(target: OrderEvent) -> Body:
    assert target.limit_price is not None, "a target is a limit order"
    return {"limit_price": text_of(target.limit_price)}


def _stop_loss(stop: OrderEvent) -> Body:
    assert stop.stop_price is not None, "it was checked"
    limit = {} if stop.limit_price is None else {"limit_price": text_of(stop.limit_price)}
    return {"stop_price": text_of(stop.stop_price), **limit}


def body_of(order: OrderEvent, client_order_id: str) -> Body | str:
    """What POST /orders takes, or a refusal in words."""
    fault = _fault(order, client_order_id) or _price_fault(order)
    if fault is not None:
        return fault
    body = _plain(order, client_order_id)
    if order.limit_price is not None and order.type in ("limit", "stop_limit"):
        body["limit_price"] = text_of(order.limit_price)
    if order.stop_price is not None and order.type in ("stop", "stop_limit"):
        body["stop_price"] = text_of(order.stop_price)
    if order.type == "stop" and "/" in order.symbol and order.stop_price is not None:
        beyond = EXACT.multiply(order.stop_price, 1 + COIN_COLLAR * order.side)
        limit = beyond.quantize(COIN_TICK, ROUND_HALF_EVEN) or order.stop_price
        body |= {"type": "stop_limit", "limit_price": text_of(limit)}
    return body


def time_in_force(order: OrderEvent) -> str:
    """Coins have no day that could end: what is good for the day is good till cancelled; parts of shares have only it.

    Nothing is post-only here. A quote, for which our own side chose that, rests for the day: it was priced not to take
    as far as our view of the market goes. A single order of which post-only was asked is refused.
    """
    force = "day" if _is_quote(order) else order.time_in_force
    if "/" in order.symbol:
        return "gtc" if force == "day" else force
    whole = order.quantity == order.quantity.to_integral_value()
    return "day" if force == "gtc" and not whole else force


def _plain(order: OrderEvent, client_order_id: str) -> Body:
    """An exit says that it is one: where a quicker one has closed the position it must not open another."""
    side = "buy" if order.side > 0 else "sell"
    exits = order.role in EXITS and "/" not in order.symbol
    return {
        "symbol": order.symbol,
        "qty": text_of(order.quantity),
        "side": side,
        "type": order.type,
        "time_in_force": time_in_force(order),
        "client_order_id": client_order_id,
        **({"position_intent": f"{side}_to_close"} if exits else {}),
    }


def _fault(order: OrderEvent, client_order_id: str) -> str | None:
    if order.side not in (1, -1) or not order.quantity.is_finite() or order.quantity <= 0:
        return f"an order of side {order.side} for {order.quantity} units cannot be sent: expected a quantity above 0"
    if order.time_in_force == "gtx" and not _is_quote(order):
        return "post-only (gtx) does not exist at this venue: expected day, gtc, ioc or fok"
    if len(client_order_id) > CLIENT_ID_MAX:
        return f"a client order id of {len(client_order_id)} characters is too long: expected at most {CLIENT_ID_MAX}"
    return None


def _price_fault(order: OrderEvent) -> str | None:
    if order.type in ("limit", "stop_limit") and order.limit_price is None:
        return f"a {order.type} order without a limit price cannot be sent"
    if order.type in ("stop", "stop_limit") and order.stop_price is None:
        return f"a {order.type} order without a stop price cannot be sent"
    return None


def _is_quote(order: OrderEvent) -> bool:
    return order.role == "quote" and order.time_in_force == "gtx"
