"""Sends orders and ends them: asks risk, then the rate limit, and moves each order's state. Knows nothing of wishes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import msgspec

from tradetui.engine.model.events import Event, OrderEvent, OrderStatusEvent, RefusalEvent
from tradetui.engine.model.instrument import EXACT, Instrument, decimal_from, decimal_from_nanos, nanos_from_float
from tradetui.engine.model.orders import WORKING, Order, OrderAction, OrderStatus, next_status
from tradetui.engine.trading.brackets import LEGS
from tradetui.engine.trading.fees import FeeSchedule
from tradetui.engine.trading.moment import Moment
from tradetui.engine.trading.open_orders import OpenOrders
from tradetui.engine.trading.order_counts import OrderCounts
from tradetui.engine.trading.portfolio import Portfolio
from tradetui.engine.trading.rate import RateLimit
from tradetui.engine.trading.risk import Book, Refused, RiskManager
from tradetui.engine.trading.sizing import ZERO, largest_quantity

MarketPrice = Callable[[str, int, Decimal], Decimal]  # a unit's, of so many of a symbol taken at once; 0 if unknown


class Placing:
    """Every order's way to the venue and away from it. Changes `open_orders` and `counts`; reads the portfolio."""

    def __init__(
        self,
        portfolio: Portfolio,
        instruments: Mapping[str, Instrument],
        risk: RiskManager,
        fees: FeeSchedule,
        open_orders: OpenOrders,
        rate: RateLimit,
        counts: OrderCounts,
    ) -> None:
        self._portfolio, self._instruments = portfolio, instruments
        self._risk, self._fees = risk, fees
        self._open, self._rate, self._counts = open_orders, rate, counts
        self._market_price: MarketPrice | None = None
        self._size_now = risk.needs_quantity  # a limit must see units: an order sized at its fill would slip past it
        self.cancels_take_time = False  # whether an order that we cancelled may fill until the venue has heard of it

    def deal_with(self, market_price: MarketPrice) -> None:
        """The venue fills what it was sent, and not at once: everything is sized and paid for before."""
        self._size_now = self.cancels_take_time = True
        self._market_price = market_price

    def place(self, order: Order, instrument: Instrument, now: Moment, events: list[Event]) -> None:
        """Ask risk, then the rate limit, then send."""
        price = decimal_from_nanos(nanos_from_float(now.price)) if now.price > 0 else ZERO
        reference = self._priced(order, instrument, price, now)
        refused = self._risk.check(order, instrument, price, reference, self._fees, self._book(order, now))
        if refused is not None:
            self._void(order, refused, now, events)
            return
        if not order.order_id:
            self._open.add(order)
        wait = 0 if order.role in LEGS else self._rate.wait_ns(now.ts_ns, order)
        if wait:
            order.status = next_status(order.status, OrderAction.QUEUE)
            seconds = f"{wait / 1e9:.3g} s"
            events.append(
                OrderStatusEvent(order.order_id, order.symbol, order.status, f"RATE: waits {seconds}", now.ts_ns)
            )
            return
        if order.role == "open":
            self._open.reserve(order, reference)
        order.status, order.sent_ns = next_status(order.status, OrderAction.SEND), now.ts_ns
        self._counts.send()
        events.append(
            OrderEvent(
                order.order_id,
                order.symbol,
                order.side,
                order.quantity,
                order.type,
                order.limit_price,
                order.stop_price,
                order.time_in_force,
                order.role,
                order.parent,
                order.fraction,
                order.reason,
                now.ts_ns,
            )
        )

    def release(self, now: Moment, price_of: Callable[[str], float | None] | None) -> list[Event]:
        """Send what the rate limit held back, as far as it allows now.

        `price_of` tells each symbol's market price; without it an order is judged by the price it was decided at.
        """
        events: list[Event] = []
        while (order := self._rate.next(now.ts_ns)) is not None:
            price = None if price_of is None else price_of(order.symbol)
            then = msgspec.structs.replace(now, price=price or order.decided_price)
            self.place(order, self._instruments[order.symbol], then, events)
        return events

    def hold(self, entry: Order, close: Order, events: list[Event], now: Moment) -> None:
        """Keep the opening leg of a reversal until its close has filled: brokers refuse to cross zero in one order."""
        if not close.order_id:
            self._open.add(close)
        self._open.add(entry)
        entry.status = next_status(entry.status, OrderAction.HOLD)
        reason = f"waits for the close, order {close.order_id}"
        events.append(OrderStatusEvent(entry.order_id, entry.symbol, entry.status, reason, now.ts_ns))

    def end(self, order: Order, action: OrderAction, reason: str, now: Moment) -> OrderStatusEvent:
        """An order's end other than by a fill, ours or the venue's."""
        before, order.status = order.status, next_status(order.status, action)
        if before in WORKING:
            self._counts.end(order)
            if self.cancels_take_time:
                self._open.leave(order, now.ts_ns)
        elif before == OrderStatus.QUEUED:
            self._rate.forget(order)
        self._open.forget(order)
        return OrderStatusEvent(order.order_id, order.symbol, order.status, reason, now.ts_ns)

    def cancel(self, order: Order, reason: str, now: Moment) -> OrderStatusEvent:
        """We end it."""
        return self.end(order, OrderAction.CANCEL, reason, now)

    def end_held(self, symbol: str, reason: str, now: Moment) -> list[Event]:
        """The close that they waited for will not come."""
        return [self.cancel(order, reason, now) for order in self._open.held(symbol)]

    def refuse(self, symbol: str, side: int, quantity: Decimal, refused: Refused, now: Moment) -> RefusalEvent:
        """Say no to a wish, and count it."""
        self._counts.refuse(refused.check)
        return RefusalEvent(
            symbol, side, quantity, refused.check, refused.seen, refused.limit, refused.message, now.ts_ns
        )

    def _void(self, order: Order, refused: Refused, now: Moment, events: list[Event]) -> None:
        order.status = next_status(order.status, OrderAction.REFUSE)
        self._open.forget(order)
        events.append(self.refuse(order.symbol, order.side, order.quantity, refused, now))
        if order.order_id:  # it was seen to wait: say that it no longer does
            reason = f"{refused.check}: {refused.message}"
            events.append(OrderStatusEvent(order.order_id, order.symbol, order.status, reason, now.ts_ns))
        if order.role == "close":
            events += self.end_held(order.symbol, "its close was refused", now)

    def _priced(self, order: Order, instrument: Instrument, price: Decimal, now: Moment) -> Decimal:
        """What a unit of `order` would cost; an entry that is to be sized when it is sent gets its quantity."""
        reference = order.limit_price or order.stop_price or price
        if order.role != "open":
            return reference
        asks = self._market_price if order.type == "market" and price else None
        if asks is not None:
            reference = asks(order.symbol, order.side, order.quantity) or price
        if order.fraction is not None and self._size_now and reference > 0:
            maker = self._makes(order)
            budget = EXACT.multiply(
                EXACT.subtract(now.free, self._risk.limits.capital_buffer), decimal_from(order.fraction)
            )
            order.quantity = largest_quantity(budget, reference, instrument.lot, order.side, self._fees, maker)
            dearer = ZERO if asks is None else asks(order.symbol, order.side, order.quantity)
            if dearer > reference:  # so much would go beyond the best price
                reference = dearer
                order.quantity = largest_quantity(budget, reference, instrument.lot, order.side, self._fees, maker)
            order.fraction = None
        return reference

    def _book(self, order: Order, now: Moment) -> Book:
        position, orders = self._portfolio.quantity(order.symbol), self._open
        others = len(orders.by_id) + len(orders.counted) - (order.order_id in orders.by_id)
        if order.role != "open":
            return Book(now.state, position, ZERO, now.free, ZERO, 0)
        maker = self._makes(order)
        if not others:  # nothing competes with it
            return Book(now.state, position, ZERO, now.free, ZERO, 0, maker)
        others = orders.count_beside(order) if self._risk.limits.max_open_orders is not None else 0
        pending, reserved = orders.pending_beside(order), orders.reserved_beside(order)
        return Book(now.state, position, pending, now.free, reserved, others, maker)

    def _makes(self, order: Order) -> bool:
        """Whether an entry is to be paid for with the maker's fee.

        Bars make every limit a maker. In a book it is known on arrival only, so the dearer fee has to be there.
        """
        if order.type not in ("limit", "stop_limit"):
            return False
        if not self.cancels_take_time or order.time_in_force == "gtx":
            return True
        return self._fees.rate(True) > self._fees.rate(False)
