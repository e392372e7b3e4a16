"""From wishes to orders: what a signal, a fill, the venue or the operator asks of them, put to those who do it.

Returns what happened as events, oldest first; an `OrderEvent` is to be sent to the venue, an `OrderStatusEvent` that
says cancelled to be taken from it. No I/O, no clock: the moment comes in with every call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from decimal import Decimal

from tradetui.engine.model.events import Event, FillEvent, OrderEvent, OrderStatusEvent, SignalEvent, TwoSidedQuote
from tradetui.engine.model.instrument import EXACT, Instrument, decimal_from_nanos, nanos_from_float
from tradetui.engine.model.orders import DONE, Order, OrderAction, OrderStatus, next_status
from tradetui.engine.trading.brackets import are_mates, fix_levels, make_mates
from tradetui.engine.trading.entries import Entries
from tradetui.engine.trading.exits import MAKES_WAY, Exits
from tradetui.engine.trading.fees import FeeSchedule
from tradetui.engine.trading.moment import Moment
from tradetui.engine.trading.open_orders import OpenOrders
from tradetui.engine.trading.order_counts import OrderCounts
from tradetui.engine.trading.placing import MarketPrice, Placing
from tradetui.engine.trading.portfolio import Portfolio
from tradetui.engine.trading.quotes import QuoteKeeper
from tradetui.engine.trading.rate import RateLimit
from tradetui.engine.trading.risk import Refused, RiskManager
from tradetui.engine.trading.sizing import ZERO
from tradetui.engine.trading.wishes import BadWish, Levels, Share, Sizer, Wishes

_DROPPED = {
    OrderStatus.CANCELLED: OrderAction.CANCEL,
    OrderStatus.EXPIRED: OrderAction.EXPIRE,
    OrderStatus.REJECTED: OrderAction.REJECT,
}


class OrderManager:
    """Owner of every order's state. Reads the portfolio, never writes it."""

    def __init__(
        self,
        portfolio: Portfolio,
        instruments: Mapping[str, Instrument],
        risk: RiskManager,
        fees: FeeSchedule,
        sizer: Sizer,
        share: Share,
        levels: Levels,
        allow_short: bool,
    ) -> None:
        self._portfolio, self._instruments, self._allow_short = portfolio, instruments, allow_short
        self._open = OpenOrders(fees, portfolio.quantity)
        self._rate = RateLimit(risk.limits.max_orders_per_second)
        self.waiting: Sized = self._rate.queue  # orders that wait for the rate limit; true while there are any
        self.counts = OrderCounts()
        self.leaving: Sized = self._open.leaving  # orders that we cancelled and the venue may not have let go of
        self._placing = Placing(portfolio, instruments, risk, fees, self._open, self._rate, self.counts)
        self._quotes = QuoteKeeper(portfolio, instruments, risk, fees, allow_short, self._open, self._rate, self.counts)
        self._entries = Entries(Wishes(sizer, share, levels), instruments, self._open, self._placing)
        self._exits = Exits(portfolio, instruments, self._open, self._placing, self._quotes)
        self.quotes = self._quotes  # for who sees to common quotes itself

    def deal_with(
        self,
        market_price: MarketPrice,
        at_once: bool = False,
        guards_shorts: bool = False,
        sets_aside: bool = False,
    ) -> None:
        """The venue is a book: it fills what it was sent, and not at once, so that all is sized and paid for before.

        `at_once`: what is sent is there before the market goes on, and what happens is told as soon. `guards_shorts`:
        it lets no ask sell more than is held where that is not allowed. `sets_aside`: it keeps the units of a resting
        exit from every other, and takes a stop and a target of the same units as one.
        """
        self._placing.deal_with(market_price)
        self._exits.by_part = self._open.keeps_leaving = True
        self._open.counts_leaving = not at_once
        self._open.guards_shorts = guards_shorts and not self._allow_short
        self._exits.sets_aside = sets_aside

    @property
    def cancels_take_time(self) -> bool:
        """Whether an order that we cancelled may fill until the venue has heard of it."""
        return self._placing.cancels_take_time

    # -- what comes in

    def on_quote(self, wish: TwoSidedQuote, now: Moment) -> list[Event]:
        """Cancels, orders and refusals that bring the resting quotes of a symbol to what `wish` says."""
        return self._quotes.on_quote(wish, now)

    def on_signal(self, signal: SignalEvent, now: Moment) -> list[Event]:
        """Orders, refusals and cancels that bring the position to what `signal` wants."""
        symbol, instrument = signal.symbol, self._instruments.get(signal.symbol)
        if instrument is None:
            known = ", ".join(self._instruments)
            message = f"{symbol} is not in this run; known are {known}"
            return [self._placing.refuse(symbol, 0, ZERO, Refused("SYMBOL", symbol, known, message), now)]
        if signal.direction not in (1, 0, -1):
            seen = str(signal.direction)
            message = f"direction {seen} is not +1, 0 or -1"
            return [self._placing.refuse(symbol, 0, ZERO, Refused("DIRECTION", seen, "+1, 0, -1", message), now)]
        wanted = int(signal.direction)  # a strategy may think in numpy's or Python's floats
        if wanted < 0 and not self._allow_short:
            wanted = 0
        held = self._portfolio.quantity(symbol)
        try:
            entry, surplus = self._entries.difference(signal, instrument, wanted, held, now)
        except BadWish as bad:
            return [self._placing.refuse(symbol, wanted, ZERO, bad.refused, now)]
        events: list[Event] = []
        close: Order | None = None
        if self._open.by_symbol.get(symbol):
            close, kept = self._entries.supersede(signal, entry, surplus, held, now, events)
            if kept:
                return events
        if self.waiting:
            events += self.release(now)
        self._send(signal, instrument, entry, surplus, held, close, now, events)
        if self._exits.sets_aside:
            self._exits.settle(symbol, now, events)
        return events

    def on_fill(self, fill: FillEvent, now: Moment) -> list[Event]:
        """Book an execution on its order; then its bracket legs, or the leg that waited for it."""
        order = self._open.by_id.get(fill.order_id)
        if order is None:
            return self._on_late_fill(fill, now)
        done = self._book_fill(order, fill)
        first = order.filled == fill.quantity
        if done:
            self._open.forget(order)
        elif order.role == "open":
            self._open.reserve(order, decimal_from_nanos(nanos_from_float(now.price)))
        return self._exits.follow(order, fill, first, done, now)

    def let_go(self, order_id: int) -> None:
        """The venue has let go of an order that we cancelled: it cannot fill any more."""
        self._open.let_go(order_id)

    def on_dropped(self, order_id: int, status: OrderStatus, reason: str, now: Moment) -> list[Event]:
        """The venue gave an order up."""
        order = self._open.by_id[order_id]
        events: list[Event] = [self._placing.end(order, _DROPPED[status], reason, now)]
        self.let_go(order_id)
        self._exits.dropped(order, now, events)
        return events

    def on_lessened(self, order_id: int, left: Decimal, reason: str, now: Moment) -> list[Event]:
        """The venue took a part off an order; a quote is taken away, to come back whole with its next wish."""
        order = self._open.by_id[order_id]
        if order.role == "quote":
            return [self._placing.cancel(order, reason, now)]
        order.quantity = EXACT.add(order.filled, left)
        return [OrderStatusEvent(order.order_id, order.symbol, order.status, reason, now.ts_ns)]

    def release(self, now: Moment, price_of: Callable[[str], float | None] | None = None) -> list[Event]:
        """Send what the rate limit held back, as far as it allows now.

        `price_of` tells each symbol's market price; without it an order is judged by the price it was decided at.
        """
        return self._placing.release(now, price_of)

    def close(self, symbol: str, reason: str, now: Moment) -> list[Event]:
        """Close one position at the market, entries of the symbol cancelled first."""
        events: list[Event] = [
            self._placing.cancel(o, reason, now)
            for o in self.open_orders(symbol)
            if o.role in ("open", "close", "quote")
        ]
        held = self._portfolio.quantity(symbol)
        if held:
            self._exits.place_close(self._exits.closing(symbol, held, reason, now), now, events)
        return events

    def cancel_all(self, reason: str, now: Moment) -> list[Event]:
        """Cancel every order that is held, queued or working."""
        self._exits.stand_down()
        return [self._placing.cancel(order, reason, now) for order in self.open_orders()]

    def cancel_entries(self, reason: str, now: Moment, every_quote: bool = False) -> list[Event]:
        """Cancel what would open or enlarge a position; exits stay, and quotes that only reduce (not `every_quote`)."""
        entries = [
            order
            for order in self.open_orders()
            if order.role == "open"
            or (order.role == "quote" and (every_quote or self._open.enlarging(order, order.left)))
        ]
        return [self._placing.cancel(order, reason, now) for order in entries]

    # -- a session that goes on

    def put_back(self, sent: OrderEvent, signal: SignalEvent | None, now: Moment) -> None:
        """Keep an order that an earlier part of this session sent; the legs of an entry are those of `signal`."""
        price = sent.limit_price or sent.stop_price or decimal_from_nanos(nanos_from_float(now.price))
        order = Order(
            sent.order_id, sent.symbol, sent.side, sent.quantity, sent.type, sent.limit_price, sent.stop_price,
            sent.time_in_force, sent.role, sent.parent, None, reason=sent.reason, decided_price=float(price),
            ts_ns=sent.ts_ns, cause=sent.cause, status=OrderStatus.SENT,
        )  # fmt: skip
        if sent.role == "open" and signal is not None:
            self._entries.levels_of(order, signal, now)
        self._open.put_back(order)
        before = self._open.by_id.get(order.order_id - 1)
        if before is not None and are_mates(before, order):
            make_mates([before, order])
        self.counts.send()
        if order.role == "open" and price:
            self._open.reserve(order, price)

    def put_back_fill(self, fill: FillEvent) -> None:
        """An execution of that part: its consequences are told by the events that follow it."""
        order = self._open.by_id.get(fill.order_id)
        if order is None:
            return
        if order.role == "open" and not order.filled:
            fix_levels(order, fill.price, self._instruments[order.symbol])
        if self._book_fill(order, fill):
            self._open.forget(order)
        if order.role == "close" and order.status in DONE:
            self._exits.stand_down(fill.symbol)

    def put_back_left(self, order_id: int, left: Decimal) -> None:
        """What the venue had left of an order in that part."""
        order = self._open.by_id.get(order_id)
        if order is not None:
            order.quantity = EXACT.add(order.filled, left)

    def put_back_end(self, told: OrderStatusEvent, awaited: bool) -> None:
        """An end of that part; `awaited`: the venue has not confirmed it, so that the order may still fill."""
        order = self._open.by_id.get(told.order_id)
        self._open.number_after(told.order_id)
        if order is None or told.status not in DONE:
            return
        order.status = told.status
        self.counts.end(order)
        self._open.forget(order)
        if told.reason == MAKES_WAY:
            self._exits.remember(order)
        elif order.role == "close":
            self._exits.stand_down(order.symbol)
        if awaited:
            self._open.leaving[order.order_id] = order

    # -- what can be asked

    def is_open(self, order_id: int) -> bool:
        """Whether the order is held, queued or working."""
        return order_id in self._open.by_id

    def open_orders(self, symbol: str | None = None) -> list[Order]:
        """Orders that are held, queued or working, oldest first."""
        if symbol is not None:
            return self._open.of(symbol)
        return sorted(self._open.by_id.values(), key=lambda order: order.order_id)

    # -- inside

    def _book_fill(self, order: Order, fill: FillEvent) -> bool:
        """Whether the order is filled with it."""
        order.filled = EXACT.add(order.filled, fill.quantity)
        done = not fill.leaves
        order.status = next_status(order.status, OrderAction.FILL if done else OrderAction.FILL_PART)
        if order.fraction is not None or order.role != "open" or (not done and order.left != fill.leaves):
            order.quantity = EXACT.add(order.filled, fill.leaves)  # sized by it, less to close, or a fee in units
        self.counts.fill(order, fill, done)
        return done

    def _on_late_fill(self, fill: FillEvent, now: Moment) -> list[Event]:
        """What we cancelled filled before the venue heard of it: it stays cancelled, what it bought is ours."""
        order = self._open.leaving.get(fill.order_id)
        if order is None:  # nobody told of it
            events: list[Event] = []
            self._exits.close_up(fill, now, events)
            return events
        order.filled = EXACT.add(order.filled, fill.quantity)
        first, done = order.filled == fill.quantity, not fill.leaves
        self.counts.fill(order, fill, done)
        self.counts.cancelled -= done  # it was filled before it could be
        return self._exits.follow(order, fill, first, done, now)

    def _send(
        self,
        signal: SignalEvent,
        instrument: Instrument,
        entry: Order | None,
        surplus: Decimal,
        held: Decimal,
        close: Order | None,
        now: Moment,
        events: list[Event],
    ) -> None:
        """Close what is too much, unless `close` already does; enter what is missing, after the close."""
        if surplus:
            fresh = close is None
            if close is None:
                close = self._exits.closing(signal.symbol, surplus.copy_sign(held), signal.reason, now)
            if entry is not None:
                self._placing.hold(entry, close, events, now)
            if fresh:
                self._exits.place_close(close, now, events)
        elif entry is not None:
            self._placing.place(entry, instrument, now, events)
