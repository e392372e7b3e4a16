"""From wishes to orders: sizes a signal, asks risk, keeps every order's state, and follows each fill with its legs.

Returns what happened as events, oldest first; an `OrderEvent` is to be sent to the venue, an `OrderStatusEvent` that
says cancelled to be taken from it. No I/O, no clock: the moment comes in with every call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from tradetui.engine.model.events import (
    Event,
    FillEvent,
    OrderEvent,
    OrderStatusEvent,
    RefusalEvent,
    SignalEvent,
    TradingState,
)
from tradetui.engine.model.instrument import (
    EXACT,
    Instrument,
    NotANumber,
    decimal_from,
    decimal_from_nanos,
    nanos_from_float,
)
from tradetui.engine.model.orders import Order, OrderAction, OrderStatus, Role, next_status
from tradetui.engine.trading.fees import FeeSchedule
from tradetui.engine.trading.order_counts import OrderCounts
from tradetui.engine.trading.portfolio import Portfolio
from tradetui.engine.trading.rate import RateLimit
from tradetui.engine.trading.risk import Book, Refused, RiskManager
from tradetui.engine.trading.sizing import ZERO, cost_of, largest_quantity

Sizer = Callable[[SignalEvent, Decimal], Decimal | None]  # the strategy's size in units; None: all the free cash
Share = Callable[[], float]  # the part of the free cash that an entry without any size commits
Levels = Callable[[], tuple[float | None, float | None]]  # stop-loss and take-profit as fractions of the entry price

_LEGS = ("stop_loss", "take_profit")


class Moment(NamedTuple):
    """What the manager is told about now: time, the event that made it act, the market and the free cash."""

    ts_ns: int
    cause: int
    price: float
    free: Decimal
    state: TradingState


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
        self._sizer = sizer
        self._share = share
        self._levels = levels
        self._allow_short = allow_short
        self._size_now = risk.needs_quantity  # a limit must see units: an order sized at its fill would slip past it
        self._live: dict[str, dict[int, Order]] = {}
        self._orders: dict[int, Order] = {}
        self._reserved: dict[int, Decimal] = {}
        self._rate = RateLimit(risk.limits.max_orders_per_second)
        self._last_id = 0
        self.counts = OrderCounts()

    # -- what comes in

    def on_signal(self, signal: SignalEvent, now: Moment) -> list[Event]:
        """Orders, refusals and cancels that bring the position to what `signal` wants."""
        instrument = self._instruments.get(signal.symbol)
        if instrument is None:
            known = ", ".join(self._instruments)
            return [self._refuse(signal.symbol, 0, ZERO, Refused("SYMBOL", signal.symbol, known, f"{signal.symbol} is not in this run; known are {known}"), now)]
        wanted = signal.direction
        if wanted not in (1, 0, -1):
            return [self._refuse(signal.symbol, 0, ZERO, Refused("DIRECTION", str(wanted), "+1, 0, -1", f"direction {wanted} is not +1, 0 or -1"), now)]
        if wanted < 0 and not self._allow_short:
            wanted = 0
        held = self._portfolio.quantity(signal.symbol)
        try:
            entry = self._entry(signal, instrument, wanted, now) if wanted else None
        except NotANumber as error:
            return [self._refuse(signal.symbol, wanted, ZERO, Refused("FINITE", str(error), "finite numbers", str(error)), now)]
        events: list[Event] = []
        if self._live.get(signal.symbol):
            events, kept = self._supersede(signal, entry, now)
            if kept:
                return events
        if not held:
            if entry is not None:
                self._place(entry, instrument, now, events)
        elif (held > 0) == (wanted > 0) and wanted:
            self._adjust(signal, entry, held, instrument, now, events)
        elif wanted == 0 or entry is not None:
            close = self._close(signal.symbol, held, signal.reason, now)
            if entry is not None:
                self._hold(entry, close, events, now)
            self._place(close, instrument, now, events)
        return events

    def on_fill(self, fill: FillEvent, now: Moment) -> list[Event]:
        """Book an execution on its order; then its bracket legs, or the leg that waited for it."""
        order = self._orders[fill.order_id]
        order.filled = EXACT.add(order.filled, fill.quantity)
        done = not fill.leaves
        order.status = next_status(order.status, OrderAction.FILL if done else OrderAction.FILL_PART)
        if order.fraction is not None:
            order.quantity = EXACT.add(order.filled, fill.leaves)
        self.counts.fill(order, fill, done)
        first = order.filled == fill.quantity
        if done:
            self._forget(order)
        elif order.role == "open":
            self._reserve(order, decimal_from_nanos(nanos_from_float(now.price)))
        events: list[Event] = []
        if order.role == "open":
            if first:
                self._bracket(order, fill, now, events)
        elif not self._portfolio.quantity(order.symbol):
            self._flat(order, now, events)
        return events

    def on_dropped(self, order_id: int, status: OrderStatus, reason: str, now: Moment) -> list[Event]:
        """The venue gave an order up."""
        action = {
            OrderStatus.CANCELLED: OrderAction.CANCEL,
            OrderStatus.EXPIRED: OrderAction.EXPIRE,
            OrderStatus.REJECTED: OrderAction.REJECT,
        }[status]
        order = self._orders[order_id]
        events: list[Event] = [self._end(order, action, reason, now)]
        if order.role == "close":
            events += [self._end(o, OrderAction.CANCEL, "its close did not fill", now) for o in self._held(order.symbol)]
        return events

    def release(self, now: Moment) -> list[Event]:
        """Send what the rate limit held back, as far as it allows now."""
        events: list[Event] = []
        while (order := self._rate.next(now.ts_ns)) is not None:
            if order.status == OrderStatus.QUEUED:
                self._place(order, self._instruments[order.symbol], now, events)
        return events

    def close(self, symbol: str, reason: str, now: Moment) -> list[Event]:
        """Close one position at the market, entries of the symbol cancelled first."""
        events: list[Event] = [
            self._end(o, OrderAction.CANCEL, reason, now) for o in self.open_orders(symbol) if o.role in ("open", "close")
        ]
        held = self._portfolio.quantity(symbol)
        if held:
            self._place(self._close(symbol, held, reason, now), self._instruments[symbol], now, events)
        return events

    def cancel_all(self, reason: str, now: Moment) -> list[Event]:
        """Cancel every order that is held, queued or working."""
        return [self._end(order, OrderAction.CANCEL, reason, now) for order in self.open_orders()]

    def cancel_entries(self, reason: str, now: Moment) -> list[Event]:
        """Cancel what would open or enlarge a position; exits stay."""
        entries = [order for order in self.open_orders() if order.role == "open"]
        return [self._end(order, OrderAction.CANCEL, reason, now) for order in entries]

    # -- what can be asked

    @property
    def waiting(self) -> bool:
        """Whether orders wait for the rate limit."""
        return self._rate.waiting

    def open_orders(self, symbol: str | None = None) -> list[Order]:
        """Orders that are held, queued or working, oldest first."""
        if symbol is not None:
            return list(self._live.get(symbol, {}).values())
        return sorted(self._orders.values(), key=lambda order: order.order_id)

    # -- deciding

    def _entry(self, signal: SignalEvent, instrument: Instrument, side: int, now: Moment) -> Order:
        quantity, fraction = ZERO, signal.fraction
        if signal.quantity is not None:
            quantity, fraction = decimal_from(signal.quantity), None
        elif fraction is None:
            size = self._sizer(signal, now.free)
            if size is None:
                fraction = self._share()
            else:
                quantity = instrument.floor_to_lot(size) if size.is_finite() and size > 0 else size
        elif not 0 < fraction <= 1:
            raise NotANumber(f"fraction {fraction!r} is not above 0 and at most 1")
        exit_side = -side
        return Order(
            0,
            signal.symbol,
            side,
            quantity,
            signal.type,
            _on_tick(signal.limit_price, instrument, "limit_price", signal.type in ("limit", "stop_limit")),
            _on_tick(signal.stop_price, instrument, "stop_price", signal.type in ("stop", "stop_limit")),
            signal.time_in_force,
            "open",
            0,
            fraction,
            _on_tick(signal.stop_loss, instrument, "stop_loss", False),
            _on_tick(signal.take_profit, instrument, "take_profit", False),
            signal.reason,
            now.price,
            now.ts_ns,
            now.cause,
        )

    def _supersede(self, signal: SignalEvent, entry: Order | None, now: Moment) -> tuple[list[Event], bool]:
        """Cancel what contradicts the new wish; true when an equal order already works and nothing is to be done."""
        events: list[Event] = []
        for order in self.open_orders(signal.symbol):
            if order.role in _LEGS:
                continue
            if order.role == "close":
                if entry is None:
                    return events, True
                events.append(self._end(order, OrderAction.CANCEL, "superseded by a new signal", now))
            elif entry is not None and _same(order, entry, signal):
                return events, True
            else:
                events.append(self._end(order, OrderAction.CANCEL, "superseded by a new signal", now))
        return events, False

    def _adjust(
        self, signal: SignalEvent, entry: Order | None, held: Decimal, instrument: Instrument, now: Moment, events: list[Event]
    ) -> None:
        """Already on the wanted side: only a stated quantity changes the size."""
        if signal.quantity is None or entry is None:
            return
        missing = EXACT.subtract(entry.quantity, held.copy_abs())
        if missing > 0:
            entry.quantity = missing
            self._place(entry, instrument, now, events)
        elif missing < 0:
            surplus = missing.copy_abs().copy_sign(held)
            self._place(self._close(signal.symbol, surplus, signal.reason, now), instrument, now, events)

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

    def _bracket(self, order: Order, fill: FillEvent, now: Moment, events: list[Event]) -> None:
        stop, target = order.stop_loss, order.take_profit
        if stop is None or target is None:
            instrument, (stop_share, target_share) = self._instruments[order.symbol], self._levels()
            stop = stop or _level(fill, stop_share, -order.side, instrument)
            target = target or _level(fill, target_share, order.side, instrument)
        for role, price in (("stop_loss", stop), ("take_profit", target)):
            if price is not None:
                self._place(self._leg(order, role, price, now), self._instruments[order.symbol], now, events)  # type: ignore[arg-type]

    def _leg(self, parent: Order, role: Role, price: Decimal, now: Moment) -> Order:
        is_stop = role == "stop_loss"
        return Order(
            0,
            parent.symbol,
            -parent.side,
            parent.quantity,
            "stop" if is_stop else "limit",
            None if is_stop else price,
            price if is_stop else None,
            "gtc",
            role,
            parent.order_id,
            reason=f"{role.replace('_', ' ')} of order {parent.order_id}",
            decided_price=float(price),
            ts_ns=now.ts_ns,
            cause=now.cause,
        )

    def _flat(self, closed: Order, now: Moment, events: list[Event]) -> None:
        """The position is flat: its other exits are void, and a leg that waited for this may go."""
        for order in self.open_orders(closed.symbol):
            if order.role in _LEGS or order.role == "close":
                events.append(self._end(order, OrderAction.CANCEL, "the position is closed", now))
        for order in self._held(closed.symbol):
            self._place(order, self._instruments[order.symbol], now, events)

    # -- placing and ending

    def _place(self, order: Order, instrument: Instrument, now: Moment, events: list[Event]) -> None:
        """Ask risk, then the rate limit, then send."""
        price = decimal_from_nanos(nanos_from_float(now.price)) if now.price > 0 else ZERO
        maker = order.type in ("limit", "stop_limit")
        reference = order.limit_price or order.stop_price or price
        if order.fraction is not None and self._size_now and order.role == "open" and reference > 0:
            budget = EXACT.multiply(EXACT.subtract(now.free, self._risk.limits.capital_buffer), decimal_from(order.fraction))
            order.quantity = largest_quantity(budget, reference, instrument.lot, order.side, self._fees, maker)
            order.fraction = None
        cost = ZERO
        if order.role == "open" and order.quantity.is_finite():
            cost = cost_of(order.quantity, reference, order.side, self._fees, maker)
        refused = self._risk.check(order, instrument, price, cost, self._book(order, now))
        if refused is not None:
            self._void(order, refused, now, events)
            return
        if not order.order_id:
            self._number(order)
        wait = 0 if order.role in _LEGS else self._rate.wait_ns(now.ts_ns, order)
        if wait:
            order.status = next_status(order.status, OrderAction.QUEUE)
            seconds = f"{wait / 1e9:.3g} s"
            events.append(OrderStatusEvent(order.order_id, order.symbol, order.status, f"RATE: waits {seconds}", now.ts_ns))
            return
        if order.role == "open":
            self._reserve(order, reference)
        order.status = next_status(order.status, OrderAction.SEND)
        self.counts.send(order)
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

    def _hold(self, entry: Order, close: Order, events: list[Event], now: Moment) -> None:
        """Keep the opening leg of a reversal until its close has filled: brokers refuse to cross zero in one order."""
        self._number(close)
        self._number(entry)
        entry.status = next_status(entry.status, OrderAction.HOLD)
        reason = f"waits for the close, order {close.order_id}"
        events.append(OrderStatusEvent(entry.order_id, entry.symbol, entry.status, reason, now.ts_ns))

    def _number(self, order: Order) -> None:
        self._last_id += 1
        order.order_id = self._last_id
        self._orders[order.order_id] = order
        self._live.setdefault(order.symbol, {})[order.order_id] = order

    def _end(self, order: Order, action: OrderAction, reason: str, now: Moment) -> OrderStatusEvent:
        order.status = next_status(order.status, action)
        self.counts.end(order)
        self._forget(order)
        return OrderStatusEvent(order.order_id, order.symbol, order.status, reason, now.ts_ns)

    def _void(self, order: Order, refused: Refused, now: Moment, events: list[Event]) -> None:
        order.status = next_status(order.status, OrderAction.REFUSE)
        self._forget(order)
        events.append(self._refuse(order.symbol, order.side, order.quantity, refused, now))
        if order.role == "close":
            events += [self._end(o, OrderAction.CANCEL, "its close was refused", now) for o in self._held(order.symbol)]

    def _refuse(self, symbol: str, side: int, quantity: Decimal, refused: Refused, now: Moment) -> RefusalEvent:
        self.counts.refuse(refused.check)
        return RefusalEvent(symbol, side, quantity, refused.check, refused.seen, refused.limit, refused.message, now.ts_ns)

    def _forget(self, order: Order) -> None:
        self._orders.pop(order.order_id, None)
        self._live.get(order.symbol, {}).pop(order.order_id, None)
        self._reserved.pop(order.order_id, None)

    def _held(self, symbol: str) -> list[Order]:
        return [order for order in self.open_orders(symbol) if order.status == OrderStatus.HELD]

    def _reserve(self, order: Order, price: Decimal) -> None:
        left = EXACT.subtract(order.quantity, order.filled)
        if left > 0:
            self._reserved[order.order_id] = cost_of(left, price, order.side, self._fees, False)

    def _book(self, order: Order, now: Moment) -> Book:
        pending, reserved = ZERO, ZERO
        for other in self._live.get(order.symbol, {}).values():
            if other.role == "open" and other.side == order.side and other is not order and other.status != OrderStatus.HELD:
                pending = EXACT.add(pending, EXACT.subtract(other.quantity, other.filled))
        for order_id, amount in self._reserved.items():
            if order_id != order.order_id:
                reserved = EXACT.add(reserved, amount)
        return Book(now.state, self._portfolio.quantity(order.symbol), pending, now.free, reserved, len(self._orders))


def _on_tick(value: Decimal | float | None, instrument: Instrument, name: str, needed: bool) -> Decimal | None:
    """A price as the signal gave it: a float is snapped to the nearest tick, text and Decimals must lie on it."""
    if value is None:
        if needed:
            raise NotANumber(f"{name} is missing")
        return None
    exact = decimal_from(value)
    if isinstance(value, float):
        if not 0 < value < 9e6:
            return exact
        return instrument.nearest_tick(decimal_from_nanos(nanos_from_float(value)))
    return exact


def _level(fill: FillEvent, share: float | None, direction: int, instrument: Instrument) -> Decimal | None:
    """The price `share` away from the fill in `direction`, on the tick grid."""
    if share is None:
        return None
    factor = EXACT.add(Decimal(1), decimal_from(share).copy_sign(Decimal(direction)))
    return instrument.nearest_tick(EXACT.multiply(fill.price, factor))


def _same(order: Order, entry: Order, signal: SignalEvent) -> bool:
    """Whether the working order is what the new wish asks for; a day order is renewed, since it may be about to expire."""
    return (
        (order.type == "market" or order.time_in_force != "day")
        and order.side == entry.side
        and order.type == entry.type
        and order.limit_price == entry.limit_price
        and order.stop_price == entry.stop_price
        and (signal.quantity is None or order.quantity == entry.quantity)
    )
