"""An order in the venue's words, numbers as text; or why the venue has no words for it. No I/O."""

from __future__ import annotations

from tradetui.engine.gateways.alpaca.wire import text_of
from tradetui.engine.model.events import OrderEvent

CLIENT_ID_MAX = 128
Body = dict[str, str]


def body_of(order: OrderEvent, client_order_id: str) -> Body | str:
    """What POST /orders takes, or a refusal in words."""
    fault = _fault(order, client_order_id)
    if fault is not None:
        return fault
    body = {
        "symbol": order.symbol,
        "qty": text_of(order.quantity),
        "side": "buy" if order.side > 0 else "sell",
        "type": order.type,
        "time_in_force": time_in_force(order),
        "client_order_id": client_order_id,
    }
    if order.limit_price is not None and order.type in ("limit", "stop_limit"):
        body["limit_price"] = text_of(order.limit_price)
    if order.stop_price is not None and order.type in ("stop", "stop_limit"):
        body["stop_price"] = text_of(order.stop_price)
    return body


def time_in_force(order: OrderEvent) -> str:
    """Coins have no day that could end: what is good for the day is good till cancelled there.

    Nothing is post-only here. A quote, for which our own side chose that, rests for the day: it was priced not to take
    as far as our view of the market goes. A single order of which post-only was asked is refused.
    """
    force = "day" if _is_quote(order) else order.time_in_force
    return "gtc" if "/" in order.symbol and force == "day" else force


def _fault(order: OrderEvent, client_order_id: str) -> str | None:
    if order.side not in (1, -1) or not order.quantity.is_finite() or order.quantity <= 0:
        return f"an order of side {order.side} for {order.quantity} units cannot be sent: expected a quantity above 0"
    if order.time_in_force == "gtx" and not _is_quote(order):
        return "post-only (gtx) does not exist at this venue: expected day, gtc, ioc or fok"
    if len(client_order_id) > CLIENT_ID_MAX:
        return f"a client order id of {len(client_order_id)} characters is too long: expected at most {CLIENT_ID_MAX}"
    if order.type in ("limit", "stop_limit") and order.limit_price is None:
        return f"a {order.type} order without a limit price cannot be sent"
    if order.type in ("stop", "stop_limit") and order.stop_price is None:
        return f"a {order.type} order without a stop price cannot be sent"
    return None


def _is_quote(order: OrderEvent) -> bool:
    return order.role == "quote" and order.time_in_force == "gtx"
