"""From wishes to orders: sizes a signal, asks risk, keeps every order's state, and follows each fill with its legs.

Returns what happened as events, oldest first; an `OrderEvent` is to be sent to the venue, an `OrderStatusEvent` that
says cancelled to be taken from it. No I/O, no clock: the moment comes in with every call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from decimal import Decimal

import msgspec

from tradetui.engine.model.events import (
    Event,
    FillEvent,
    OrderEvent,
    OrderStatusEvent,
    RefusalEvent,
    SignalEvent,
    TwoSidedQuote,
)
from tradetui.engine.model.instrument import EXACT, Instrument, decimal_from, decimal_from_nanos, nanos_from_float
from tradetui.engine.model.orders import DONE, WORKING, Order, OrderAction, OrderStatus, next_status
from tradetui.engine.trading.brackets import LEGS, legs_of
from tradetui.engine.trading.fees import FeeSchedule
from tradetui.engine.trading.moment import Moment
from tradetui.engine.trading.open_orders import OpenOrders
from tradetui.engine.trading.order_counts import OrderCounts
from tradetui.engine.trading.portfolio import Portfolio
from tradetui.engine.trading.quotes import QuoteKeeper
from tradetui.engine.trading.rate import RateLimit
from tradetui.engine.trading.risk import Book, Refused, RiskManager
from tradetui.engine.trading.sizing import ZERO, largest_quantity
from tradetui.engine.trading.wishes import BadWish, Levels, Share, Sizer, Wishes

EXITS = ("close", *LEGS)
MarketPrice = Callable[[str, int, Decimal], Decimal]  # a unit's, of so many of a symbol taken at once; 0 if unknown
_SUPERSEDED = "superseded by a new signal"


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
        self._portfolio = portfolio
        self._instruments = instruments
        self._risk = risk
        self._fees = fees
        self._wishes = Wishes(sizer, share, levels)
        self._allow_short = allow_short
        self._size_now = risk.needs_quantity  # a limit must see units: an order sized at its fill would slip past it
        self._market_price: MarketPrice | None = None
        self._open = OpenOrders(fees, portfolio.quantity)
        self._rate = RateLimit(risk.limits.max_orders_per_second)
        self.waiting: Sized = self._rate.queue  # orders that wait for the rate limit; true while there are any
        self.counts = OrderCounts()
        self.cancels_take_time = False  # whether an order that we cancelled may fill until the venue has heard of it
        self._cancelled = self._open.leaving
        self._quotes = QuoteKeeper(portfolio, instruments, risk, fees, allow_short, self._open, self._rate, self.counts)

    def deal_with(self, market_price: MarketPrice, at_once: bool = False, guards_shorts: bool = False) -> None:
        """The venue is a book: it fills what it was sent, and not at once, so that all is sized and paid for before.

        `at_once`: what is sent is there before the market goes on, and what happens is told as soon. `guards_shorts`:
        it lets no ask sell more than is held where that is not allowed.
        """
        self._size_now = self.cancels_take_time = self._open.keeps_leaving = True
        self._open.counts_leaving = not at_once
        self._open.guards_shorts = guards_shorts and not self._allow_short
        self._market_price = market_price

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
            return [self._refuse(symbol, 0, ZERO, Refused("SYMBOL", symbol, known, message), now)]
        if signal.direction not in (1, 0, -1):
            seen = str(signal.direction)
            message = f"direction {seen} is not +1, 0 or -1"
            return [self._refuse(symbol, 0, ZERO, Refused("DIRECTION", seen, "+1, 0, -1", message), now)]
        wanted = int(signal.direction)  # a strategy may think in numpy's or Python's floats
        if wanted < 0 and not self._allow_short:
            wanted = 0
        held = self._portfolio.quantity(symbol)
        try:
            entry, surplus = self._difference(signal, instrument, wanted, held, now)
        except BadWish as bad:
            return [self._refuse(symbol, wanted, ZERO, bad.refused, now)]
        events: list[Event] = []
        close: Order | None = None
        if self._open.by_symbol.get(symbol):
            close, kept = self._supersede(signal, entry, surplus, held, now, events)
            if kept:
                return events
        if self.waiting:
            events += self.release(now)
        self._send(signal, instrument, entry, surplus, held, close, now, events)
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
        return self._follow(order, fill, first, done, now)

    def let_go(self, order_id: int) -> None:
        """The venue has let go of an order that we cancelled: it cannot fill any more."""
        self._open.let_go(order_id)

    def on_dropped(self, order_id: int, status: OrderStatus, reason: str, now: Moment) -> list[Event]:
        """The venue gave an order up."""
        action = {
            OrderStatus.CANCELLED: OrderAction.CANCEL,
            OrderStatus.EXPIRED: OrderAction.EXPIRE,
            OrderStatus.REJECTED: OrderAction.REJECT,
        }[status]
        order = self._open.by_id[order_id]
        events: list[Event] = [self._end(order, action, reason, now)]
        self.let_go(order_id)
        if order.role == "close":
            events += self._end_held(order.symbol, "its close did not fill", now)
        return events

    def on_lessened(self, order_id: int, left: Decimal, reason: str, now: Moment) -> list[Event]:
        """The venue took a part off an order; a quote is taken away, to come back whole with its next wish."""
        order = self._open.by_id[order_id]
        if order.role == "quote":
            return [self._end(order, OrderAction.CANCEL, reason, now)]
        order.quantity = EXACT.add(order.filled, left)
        return [OrderStatusEvent(order.order_id, order.symbol, order.status, reason, now.ts_ns)]

    def release(self, now: Moment, price_of: Callable[[str], float | None] | None = None) -> list[Event]:
        """Send what the rate limit held back, as far as it allows now.

        `price_of` tells each symbol's market price; without it an order is judged by the price it was decided at.
        """
        events: list[Event] = []
        while (order := self._rate.next(now.ts_ns)) is not None:
            price = None if price_of is None else price_of(order.symbol)
            then = msgspec.structs.replace(now, price=price or order.decided_price)
            self._place(order, self._instruments[order.symbol], then, events)
        return events

    def close(self, symbol: str, reason: str, now: Moment) -> list[Event]:
        """Close one position at the market, entries of the symbol cancelled first."""
        events: list[Event] = [
            self._end(o, OrderAction.CANCEL, reason, now)
            for o in self.open_orders(symbol)
            if o.role in ("open", "close", "quote")
        ]
        held = self._portfolio.quantity(symbol)
        if held:
            self._place(self._close(symbol, held, reason, now), self._instruments[symbol], now, events)
        return events

    def cancel_all(self, reason: str, now: Moment) -> list[Event]:
        """Cancel every order that is held, queued or working."""
        return [self._end(order, OrderAction.CANCEL, reason, now) for order in self.open_orders()]

    def cancel_entries(self, reason: str, now: Moment, every_quote: bool = False) -> list[Event]:
        """Cancel what would open or enlarge a position; exits stay, and quotes that only reduce (not `every_quote`)."""
        entries = [
            order
            for order in self.open_orders()
            if order.role == "open"
            or (order.role == "quote" and (every_quote or self._open.enlarging(order, order.left)))
        ]
        return [self._end(order, OrderAction.CANCEL, reason, now) for order in entries]

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
            self._levels_of(order, signal, now)
        self._open.put_back(order)
        self.counts.send()
        if order.role == "open" and price:
            self._open.reserve(order, price)

    def put_back_fill(self, fill: FillEvent) -> None:
        """An execution of that part: its consequences are told by the events that follow it."""
        order = self._open.by_id.get(fill.order_id)
        if order is not None and self._book_fill(order, fill):
            self._open.forget(order)

    def put_back_end(self, told: OrderStatusEvent, awaited: bool) -> None:
        """An end of that part; `awaited`: the venue has not confirmed it, so that the order may still fill."""
        order = self._open.by_id.get(told.order_id)
        self._open.number_after(told.order_id)
        if order is None or told.status not in DONE:
            return
        order.status = told.status
        self.counts.end(order)
        self._open.forget(order)
        if awaited:
            self._cancelled[order.order_id] = order

    def _book_fill(self, order: Order, fill: FillEvent) -> bool:
        """Whether the order is filled with it."""
        order.filled = EXACT.add(order.filled, fill.quantity)
        done = not fill.leaves
        order.status = next_status(order.status, OrderAction.FILL if done else OrderAction.FILL_PART)
        if order.fraction is not None or order.role != "open":  # sized at its fill, or an exit with less to close
            order.quantity = EXACT.add(order.filled, fill.leaves)
        self.counts.fill(order, fill, done)
        return done

    def _levels_of(self, order: Order, signal: SignalEvent, now: Moment) -> None:
        try:
            instrument = self._instruments[order.symbol]
            wished = self._wishes.entry(signal, instrument, order.side, now.price, now.free, order.quantity)
        except BadWish:
            return  # its legs cannot be told any more
        order.stop_loss, order.take_profit = wished.stop_loss, wished.take_profit
        order.stop_share, order.target_share = wished.stop_share, wished.target_share

    # -- what can be asked

    def is_open(self, order_id: int) -> bool:
        """Whether the order is held, queued or working."""
        return order_id in self._open.by_id

    def open_orders(self, symbol: str | None = None) -> list[Order]:
        """Orders that are held, queued or working, oldest first."""
        if symbol is not None:
            return self._open.of(symbol)
        return sorted(self._open.by_id.values(), key=lambda order: order.order_id)

    # -- consequences of a fill

    def _on_late_fill(self, fill: FillEvent, now: Moment) -> list[Event]:
        """What we cancelled filled before the venue heard of it: it stays cancelled, what it bought is ours."""
        order = self._cancelled.get(fill.order_id)
        if order is None:  # nobody told of it
            events: list[Event] = []
            self._close_up(fill, now, events)
            return events
        order.filled = EXACT.add(order.filled, fill.quantity)
        first, done = order.filled == fill.quantity, not fill.leaves
        self.counts.fill(order, fill, done)
        self.counts.cancelled -= done  # it was filled before it could be
        return self._follow(order, fill, first, done, now)

    def _follow(self, order: Order, fill: FillEvent, first: bool, done: bool, now: Moment) -> list[Event]:
        """The legs of an entry with its first fill; for an exit, the end of what it makes void."""
        events: list[Event] = []
        if order.role == "open":
            if first:
                instrument = self._instruments[order.symbol]
                for leg in legs_of(order, fill.price, instrument, now.ts_ns, now.cause):
                    self._place(leg, instrument, now, events)
            return events
        if order.parent:
            self._exit_only(order, done, now, events)
        if self._open.by_symbol[order.symbol]:
            self._close_up(order, now, events)
            if order.role != "quote":
                events += self._quotes.after_exit(order, now)
        return events

    # -- deciding

    def _difference(
        self, signal: SignalEvent, instrument: Instrument, wanted: int, held: Decimal, now: Moment
    ) -> tuple[Order | None, Decimal]:
        """The entry still missing and the units too many, to get from `held` to what `signal` wants; raises BadWish."""
        if not wanted:
            return None, held.copy_abs()
        if not held or (held > 0) != (wanted > 0):
            return self._entry(signal, instrument, wanted, now), held.copy_abs()
        if signal.quantity is None:  # on the wanted side: only an entry that is still filling goes on, by the new terms
            rest = next((o for o in self.open_orders(signal.symbol) if o.role == "open" and o.side == wanted), None)
            if rest is None or not rest.quantity:
                return None, ZERO
            return self._entry(signal, instrument, wanted, now, rest.left), ZERO
        entry = self._entry(signal, instrument, wanted, now)
        missing = EXACT.subtract(entry.quantity, held.copy_abs())
        if missing > 0:
            entry.quantity = missing
            return entry, ZERO
        return None, missing.copy_abs()

    def _entry(
        self, signal: SignalEvent, instrument: Instrument, side: int, now: Moment, quantity: Decimal | None = None
    ) -> Order:
        entry = self._wishes.entry(signal, instrument, side, now.price, now.free, quantity)
        entry.ts_ns, entry.cause = now.ts_ns, now.cause
        return entry

    def _supersede(
        self,
        signal: SignalEvent,
        entry: Order | None,
        surplus: Decimal,
        held: Decimal,
        now: Moment,
        events: list[Event],
    ) -> tuple[Order | None, bool]:
        """Cancel what contradicts the new wish. Returns the close that goes on, and whether that is all to do."""
        close: Order | None = None
        kept: Order | None = None
        for order in self.open_orders(signal.symbol):
            if order.role in LEGS:
                continue
            if order.role == "close":
                fits = surplus > 0 and (order.left == surplus or (surplus == held.copy_abs() and order.left > surplus))
                if close is None and fits:
                    close = order
                    continue
            elif kept is None and entry is not None and _same(order, entry, signal):
                kept = order
                continue
            events.append(self._end(order, OrderAction.CANCEL, _SUPERSEDED, now))
        settled = (close is not None) == (surplus > 0) and (kept is not None) == (entry is not None)
        if kept is not None and not settled:  # its close is to be sent anew, and it has to wait for that one
            events.append(self._end(kept, OrderAction.CANCEL, _SUPERSEDED, now))
        return close, settled and (close is not None or kept is not None)

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
                close = self._close(signal.symbol, surplus.copy_sign(held), signal.reason, now)
            if entry is not None:
                self._hold(entry, close, events, now)
            if fresh:
                self._place(close, instrument, now, events)
        elif entry is not None:
            self._place(entry, instrument, now, events)

    def _close(self, symbol: str, held: Decimal, reason: str, now: Moment) -> Order:
        return Order(
            0,
            symbol,
            -1 if held > 0 else 1,
            held.copy_abs(),
            role="close",
            time_in_force="gtc",
            reason=reason,
            decided_price=now.price,
            ts_ns=now.ts_ns,
            cause=now.cause,
        )

    def _exit_only(self, leg: Order, done: bool, now: Moment, events: list[Event]) -> None:
        """A bracket leg filled: its entry must not go on filling, and the other leg ends with it.

        A target that filled in part leaves the stop in place for the rest; a stop that fired is leaving in any case.
        """
        parent = self._open.by_id.get(leg.parent)
        if parent is not None:
            events.append(self._end(parent, OrderAction.CANCEL, f"its {leg.role.replace('_', ' ')} filled", now))
        if done or leg.role == "stop_loss":
            others = [o for o in self.open_orders(leg.symbol) if o.parent == leg.parent and o is not leg]
            if leg.role == "take_profit" and self._portfolio.quantity(leg.symbol):
                others = [o for o in others if o.quantity <= leg.filled]  # less was to be had: the rest keeps its stop
            events += [self._end(o, OrderAction.CANCEL, "the other leg of its bracket filled", now) for o in others]

    def _close_up(self, filled: Order | FillEvent, now: Moment, events: list[Event]) -> None:
        """Once the position is flat, or a quote turned it round, its exits are void and what waited for that may go."""
        held = self._portfolio.quantity(filled.symbol)
        if held and (held > 0) != (filled.side > 0):
            return
        exits = [o for o in self.open_orders(filled.symbol) if o.role in EXITS and (not held or o.side == filled.side)]
        events += [self._end(order, OrderAction.CANCEL, "the position is closed", now) for order in exits]
        if not held or exits:
            for order in self._open.held(filled.symbol):
                self._place(order, self._instruments[order.symbol], now, events)

    # -- placing and ending

    def _place(self, order: Order, instrument: Instrument, now: Moment, events: list[Event]) -> None:
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
        order.status = next_status(order.status, OrderAction.SEND)
        self.counts.send()
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

    def _priced(self, order: Order, instrument: Instrument, price: Decimal, now: Moment) -> Decimal:
        """What a unit of `order` would cost; an entry that is to be sized when it is sent gets its quantity."""
        reference = order.limit_price or order.stop_price or price
        if order.role != "open":
            return reference
        asks = self._market_price if order.type == "market" and price else None
        if asks is not None:
            reference = asks(order.symbol, order.side, order.quantity) or price
        if order.fraction is not None and self._size_now and reference > 0:
            maker = order.type in ("limit", "stop_limit")
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

    def _hold(self, entry: Order, close: Order, events: list[Event], now: Moment) -> None:
        """Keep the opening leg of a reversal until its close has filled: brokers refuse to cross zero in one order."""
        if not close.order_id:
            self._open.add(close)
        self._open.add(entry)
        entry.status = next_status(entry.status, OrderAction.HOLD)
        reason = f"waits for the close, order {close.order_id}"
        events.append(OrderStatusEvent(entry.order_id, entry.symbol, entry.status, reason, now.ts_ns))

    def _end(self, order: Order, action: OrderAction, reason: str, now: Moment) -> OrderStatusEvent:
        before, order.status = order.status, next_status(order.status, action)
        if before in WORKING:
            self.counts.end(order)
            if self.cancels_take_time:
                self._open.leave(order, now.ts_ns)
        elif before == OrderStatus.QUEUED:
            self._rate.forget(order)
        self._open.forget(order)
        return OrderStatusEvent(order.order_id, order.symbol, order.status, reason, now.ts_ns)

    def _void(self, order: Order, refused: Refused, now: Moment, events: list[Event]) -> None:
        order.status = next_status(order.status, OrderAction.REFUSE)
        self._open.forget(order)
        events.append(self._refuse(order.symbol, order.side, order.quantity, refused, now))
        if order.order_id:  # it was seen to wait: say that it no longer does
            reason = f"{refused.check}: {refused.message}"
            events.append(OrderStatusEvent(order.order_id, order.symbol, order.status, reason, now.ts_ns))
        if order.role == "close":
            events += self._end_held(order.symbol, "its close was refused", now)

    def _end_held(self, symbol: str, reason: str, now: Moment) -> list[Event]:
        """The close that they waited for will not come."""
        return [self._end(order, OrderAction.CANCEL, reason, now) for order in self._open.held(symbol)]

    def _refuse(self, symbol: str, side: int, quantity: Decimal, refused: Refused, now: Moment) -> RefusalEvent:
        self.counts.refuse(refused.check)
        return RefusalEvent(
            symbol, side, quantity, refused.check, refused.seen, refused.limit, refused.message, now.ts_ns
        )

    def _book(self, order: Order, now: Moment) -> Book:
        position, orders = self._portfolio.quantity(order.symbol), self._open
        others = len(orders.by_id) + len(orders.counted) - (order.order_id in orders.by_id)
        if order.role != "open" or not others:  # nothing competes with it
            return Book(now.state, position, ZERO, now.free, ZERO, 0)
        others = orders.count_beside(order) if self._risk.limits.max_open_orders is not None else 0
        return Book(now.state, position, orders.pending_beside(order), now.free, orders.reserved_beside(order), others)


def _same(order: Order, entry: Order, signal: SignalEvent) -> bool:
    """Whether the working order is what the new wish asks for; a day order is renewed, since it may soon expire."""
    return (
        (order.type == "market" or order.time_in_force != "day")
        and order.side == entry.side
        and order.type == entry.type
        and order.limit_price == entry.limit_price
        and order.stop_price == entry.stop_price
        and order.stop_loss == entry.stop_loss
        and order.take_profit == entry.take_profit
        and order.time_in_force == entry.time_in_force
        and (signal.quantity is None or order.left == entry.quantity)
    )
