"""The common quote in as few steps as Python allows: plain floats, nothing else open in the symbol, far inside limits.

Does what the keeper of quotes would do, event for event (a property in the tests), or nothing at all.
"""

from __future__ import annotations

from decimal import Decimal

from tradetui.engine.model.events import Event, OrderEvent, OrderStatusEvent, TradingState, TwoSidedQuote
from tradetui.engine.model.instrument import NANOS_PER_UNIT, PRICE_MAX, decimal_from_nanos, nanos_from_decimal
from tradetui.engine.model.orders import WORKING, Order, OrderAction, OrderStatus, next_status
from tradetui.engine.trading.moment import Moment
from tradetui.engine.trading.open_orders import OpenOrders
from tradetui.engine.trading.order_counts import OrderCounts
from tradetui.engine.trading.portfolio import Portfolio
from tradetui.engine.trading.quote_pair import ZERO, Pair, Side

REPLACED, TAKEN_AWAY = "replaced by a new quote", "no longer quoted"
SENT = next_status(OrderStatus.NEW, OrderAction.SEND)
CANCELLED = next_status(SENT, OrderAction.CANCEL)
_ACTIVE = TradingState.ACTIVE


class QuickQuotes:
    """Looks first, acts only if every side that changes may change; shares its state with the keeper of quotes."""

    def __init__(self, portfolio: Portfolio, open_orders: OpenOrders, counts: OrderCounts) -> None:
        self._positions = portfolio.open
        self._open = open_orders
        self._counts = counts
        self._cash = ZERO  # the free cash seen last
        self._free = 0.0  # and as a float

    def quote(self, pair: Pair, wish: TwoSidedQuote, now: Moment) -> list[Event] | None:
        """The cancels and orders that bring the quotes to `wish`; None where that takes a closer look."""
        if now.state is not _ACTIVE or not pair.envelope.usable or self._open.entries_reserved:
            return None
        bid, ask = pair.bid, pair.ask
        changes = self._change(pair, bid, wish.bid_price, wish.bid_quantity, now)
        if changes is None:
            return None
        others = self._change(pair, ask, wish.ask_price, wish.ask_quantity, now)
        if others is None or (bid.wish_price >= ask.wish_price and ask.wish_price):
            return None
        resting = (bid.order is not None) + (ask.order is not None)
        if resting != len(pair.orders):
            return None
        return self._act(pair, (bid,) * changes + (ask,) * others, wish.reason, now)

    def _change(self, pair: Pair, side: Side, price: object, quantity: object, now: Moment) -> bool | None:
        """Whether a side must be renewed, None where that is not plain; notes the price that it is to have."""
        order = side.order
        if order is not None and order.status is not SENT:
            if order.status in WORKING:  # filled in part
                return None
            side.order = order = None
        if side.told:
            return None
        held = self._positions.get(pair.symbol)
        position = ZERO if held is None else held.quantity
        if price is None or (side.sign < 0 and not position and not pair.envelope.allow_short):
            side.wish_price = 0
            return order is not None
        if type(price) is not float or type(quantity) is not float or quantity != side.asked:
            return None
        if not 0 < price < PRICE_MAX:
            return None
        tick = pair.tick
        side.wish_price = nanos = (2 * round(price * NANOS_PER_UNIT) + tick) // (2 * tick) * tick  # halves up
        if order is not None and side.price == nanos:
            return None if side.units != side.wish_units else False
        if position is not pair.held:
            pair.held, pair.position = position, nanos_from_decimal(position)
        if now.free is not self._cash:
            self._cash, self._free = now.free, float(now.free)
        accepted = pair.envelope.accepts(
            side.sign,
            nanos,
            side.wish_units,
            pair.position,
            now.price,
            len(self._open.by_id) - (order is not None),
            self._open.quoted,
            self._free,
        )
        return True if accepted else None

    def _act(self, pair: Pair, sides: tuple[Side, ...], reason: str, now: Moment) -> list[Event]:
        opened, symbol, ts_ns = self._open, pair.symbol, now.ts_ns
        events: list[Event] = []
        for side in sides:
            order = side.order
            if order is not None:
                order.status = CANCELLED
                opened.forget_quote(order)
                self._counts.cancelled += 1
                why = REPLACED if side.wish_price else TAKEN_AWAY
                events.append(OrderStatusEvent(order.order_id, symbol, CANCELLED, why, ts_ns))
                side.order = None
        for side in sides:
            price, units, quantity, sign = side.wish_price, side.wish_units, side.quantity, side.sign
            if not price:
                continue
            limit: Decimal = decimal_from_nanos(price)
            order = Order(
                0, symbol, sign, quantity, "limit", limit, None, "gtx", "quote", 0, None, None, None, reason,
                now.price, ts_ns, now.cause, SENT,
            )  # fmt: skip
            number = opened.add_quote(order, units * price // NANOS_PER_UNIT + 1)
            side.order, side.price, side.units = order, price, units
            self._counts.sent += 1
            events.append(
                OrderEvent(number, symbol, sign, quantity, "limit", limit, None, "gtx", "quote", 0, None, reason, ts_ns)
            )
        return events
