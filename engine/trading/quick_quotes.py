"""The common quote in as few steps as Python allows: plain floats, nothing else open in the symbol, far inside limits.

Does what the keeper of quotes would do, event for event (a property in the tests), or nothing at all.
"""

from __future__ import annotations

import msgspec

from tradetui.engine.model.events import Event, OrderEvent, OrderStatusEvent, TwoSidedQuote
from tradetui.engine.model.instrument import NANOS_PER_UNIT, PRICE_MAX, decimal_from_nanos, nanos_from_decimal
from tradetui.engine.model.orders import WORKING, Order, OrderAction, OrderStatus, next_status
from tradetui.engine.trading.open_orders import OpenOrders
from tradetui.engine.trading.order_counts import OrderCounts
from tradetui.engine.trading.portfolio import Portfolio
from tradetui.engine.trading.quote_pair import ZERO, Pair, Side

REPLACED, TAKEN_AWAY = "replaced by a new quote", "no longer quoted"
SENT = next_status(OrderStatus.NEW, OrderAction.SEND)
CANCELLED = next_status(SENT, OrderAction.CANCEL)
NOT_PLAIN = -1


class Asked(msgspec.Struct, frozen=True, gc=False):
    """When a wish came, as which number it will be put out, and the market's price and the free cash as floats."""

    ts_ns: int
    seq: int
    price: float
    free: float
    amounts: float  # what `free` was added up from, signs aside: it may err by so many times 1e-15


class Requote(msgspec.Struct, frozen=True, gc=False):
    """What follows from a wish: events, numbered after it, and for a venue in nanos what they say to it."""

    events: list[Event]
    ended: list[int]  # orders that were cancelled
    sent: list[tuple[OrderEvent, int, int]]  # orders with their quantity and limit


class Changes(msgspec.Struct, frozen=True, gc=False):
    """The sides that a wish changes, with the prices that it gives them in nanos, and those of both; 0 for no quote."""

    sides: list[tuple[Side, int]]
    bid: int
    ask: int


UNCHANGED = Requote([], [], [])
NO_CHANGES = Changes([], 0, 0)


class QuickQuotes:
    """Looks first, and acts only if all that changes may change; shares its state with the keeper of quotes."""

    def __init__(self, portfolio: Portfolio, open_orders: OpenOrders, counts: OrderCounts) -> None:
        self._positions = portfolio.open
        self._open = open_orders
        self._counts = counts

    def quote(self, pair: Pair, wish: TwoSidedQuote, asked: Asked) -> Requote | None:
        """The cancels and orders that bring the quotes to `wish` while trading is ACTIVE.

        None where that takes a closer look.
        """
        changes = self.changes(pair, wish)
        if changes is None:
            return None
        return self.renew(pair, changes, wish.reason, asked) if changes.sides else UNCHANGED

    def changes(self, pair: Pair, wish: TwoSidedQuote) -> Changes | None:
        """What is to change; None where that takes a closer look."""
        if not pair.envelope.usable or self._open.entries_reserved:
            return None
        bid, ask = pair.bid, pair.ask
        held = self._positions.get(pair.symbol)
        position = ZERO if held is None else held.quantity
        if position is not pair.held:
            pair.hold(position)
        bids = self._plain(pair, bid, wish.bid_price, wish.bid_quantity)
        asks = self._plain(pair, ask, wish.ask_price, wish.ask_quantity)
        if bids < 0 or asks < 0 or bids >= asks > 0:
            return None
        if (bid.order is not None) + (ask.order is not None) != len(pair.orders):
            return None
        if ask.enlarges < 0:  # flat, and may not sell what it has not
            asks = 0
        sides = []
        if bids != (bid.price if bid.order is not None else 0):
            sides.append((bid, bids))
        if asks != (ask.price if ask.order is not None else 0):
            sides.append((ask, asks))
        return Changes(sides, bids, asks) if sides else NO_CHANGES

    def renew(self, pair: Pair, changes: Changes, reason: str, asked: Asked) -> Requote | None:
        """Bring `changes` about at once, if they are far inside the limits; None, and nothing has happened, if not."""
        if asked.price <= 0 or not self._allowed(pair, changes.bid, changes.ask, asked):
            return None
        return self._act(pair, changes.sides, reason, asked)

    def _plain(self, pair: Pair, side: Side, price: object, quantity: object) -> int:
        """The price that a side is to have, 0 for no quote there; NOT_PLAIN where that is not for this module."""
        order = side.order
        if order is not None and order.status is not SENT:
            if order.status in WORKING:  # filled in part
                return NOT_PLAIN
            side.clear()
            order = None
        if side.told:
            return NOT_PLAIN
        if price is None:
            return 0 if quantity is None or type(quantity) is float else NOT_PLAIN
        if type(price) is not float or type(quantity) is not float or quantity != side.asked:
            return NOT_PLAIN
        if not 0 < price < PRICE_MAX or (side.enlarges < 0 and (side.sign > 0 or pair.position or pair.shorts)):
            return NOT_PLAIN
        nanos = round(price * NANOS_PER_UNIT)
        if pair.tick != 1:
            nanos = (2 * nanos + pair.tick) // pair.tick_twice * pair.tick  # nearest, halves up
        if order is not None and side.units != side.wish_units and nanos == side.price:
            return NOT_PLAIN
        return nanos or NOT_PLAIN

    def _allowed(self, pair: Pair, bids: int, asks: int, asked: Asked) -> bool:
        bid, ask, opened, envelope = pair.bid, pair.ask, self._open, pair.envelope
        orders, reserved = len(opened.by_id) + 2, opened.quoted - bid.value - ask.value
        bid_units, ask_units = bid.enlarges, ask.enlarges
        value = (bid_units * bids if bids else 0) + (ask_units * asks if asks else 0)
        if opened.counted or (opened.counts_leaving and (bid.value or ask.value)):
            if envelope.looks_at_units:
                bid_units, ask_units = self._with_leaving(pair, bid, bids), self._with_leaving(pair, ask, asks)
                if bid_units < 0 or ask_units < 0:
                    return False
            orders, reserved = orders + len(opened.counted), opened.quoted
            # what leaves may be all that reduces the position
            value = bid.wish_units * bids + (ask.enlarges if opened.guards_shorts else ask.wish_units) * asks
        if not envelope.affords(value, reserved, orders, asked.free, asked.amounts):
            return False
        return not envelope.looks_at_prices or all(
            envelope.allows(price, units, pair.position, asked.price, len(opened.by_id) + 1 - len(pair.orders))
            for price, units in ((bids, bid_units), (asks, ask_units))
            if price
        )

    def _with_leaving(self, pair: Pair, side: Side, price: int) -> int:
        """What a side would enlarge if what the venue may not have let go of filled as well; below 0 if it must not."""
        if not price or (self._open.guards_shorts and side.sign < 0):
            return side.enlarges
        units = side.wish_units
        if side.value and price != side.price:
            units += side.units  # what it replaces
        for order in self._open.counted.values():
            if order.side == side.sign and order.symbol == pair.symbol:
                units += nanos_from_decimal(order.left)
        return pair.envelope.enlarges(side.sign, units, pair.position)

    def _act(self, pair: Pair, renewed: list[tuple[Side, int]], reason: str, asked: Asked) -> Requote:
        opened, counts, symbol, ts_ns, cause = self._open, self._counts, pair.symbol, asked.ts_ns, asked.seq
        events: list[Event] = []
        ended, sent, seq = [], [], cause
        for side, price in renewed:
            order = side.order
            if order is not None:
                order.status = CANCELLED
                side.clear()
                opened.forget_quote(order)
                counts.cancelled += 1
                why, seq, number = REPLACED if price else TAKEN_AWAY, seq + 1, order.order_id
                ended.append(number)
                events.append(OrderStatusEvent(number, symbol, CANCELLED, why, ts_ns, seq, cause))
        for side, price in renewed:
            if price:
                limit, quantity, sign, units = decimal_from_nanos(price), side.quantity, side.sign, side.wish_units
                order = Order(
                    0, symbol, sign, quantity, "limit", limit, None, "gtx", "quote", 0, None, None, None, reason,
                    asked.price, ts_ns, cause, SENT,
                )  # fmt: skip
                side.value = units * price // NANOS_PER_UNIT + 1
                side.order, side.price, side.units = order, price, units
                counts.sent += 1
                number, seq = opened.add_quote(order, side.value), seq + 1
                event = OrderEvent(
                    number, symbol, sign, quantity, "limit", limit, None, "gtx", "quote", 0, None, reason, ts_ns,
                    seq, cause,
                )  # fmt: skip
                events.append(event)
                sent.append((event, units, price))
        return Requote(events, ended, sent)
