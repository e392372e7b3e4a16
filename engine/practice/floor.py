"""When orders work: sessions, stops that are reached, trails, ends of orders, and the market they are matched with."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal

from tradetui.engine.model.instrument import decimal_from_nanos
from tradetui.engine.practice import stops
from tradetui.engine.practice.desk import Desk
from tradetui.engine.practice.matcher import Change
from tradetui.engine.practice.requests import NewOrder
from tradetui.engine.practice.stops import STOP_TYPES
from tradetui.engine.practice.words import UNROUTED, WORKING, ZERO, Ended, EquityPoint, Order, Outcome, Status

MINUTE_NS = 60 * 10**9
AT_WORK = ("new", "partially_filled")  # with nothing on its way that would change it
QTY_STEP = Decimal("0.000000001")


class Floor:
    """Lets orders work, elects stops, and ends orders whose time is over."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.account, self.orders = desk, desk.account, desk.orders
        self.hours, self.prices, self.config = self.account.hours, self.account.prices, self.account.config
        self.equity: list[EquityPoint] = []
        self._due_ns = 0  # nothing happens by itself before it
        self.closed_until_ns = 0  # the last session whose end has been dealt with

    def advance(self, now_ns: int) -> None:
        """Time passes; what was due happens at its own time, in order."""
        while self._due_ns <= now_ns:
            due = self._next_due()
            if due > now_ns:
                self._due_ns = due
                break
            self.desk.now_ns = max(self.desk.now_ns, due)
            self._happen()
        self.desk.now_ns = max(self.desk.now_ns, now_ns)

    def settle(self) -> None:
        """Whatever is due at this very moment happens; and what comes next may come sooner now."""
        self._due_ns = 0
        self.advance(self.desk.now_ns)

    def rework(self) -> None:
        """After a restart: orders that worked stand in the book again, at the end of their queues."""
        for order in self.orders.open():
            if order.status in WORKING and self.tradable(order):
                self._work(order)

    def tradable(self, new: NewOrder | Order) -> bool:
        """Whether such an order would be worked now."""
        coin = new.asset.crypto if isinstance(new, NewOrder) else self.account.asset(new.symbol).crypto
        if coin:
            return True
        if new.time_in_force == "opg":
            return False
        return self.hours.tradable(self.desk.now_ns, new.extended_hours)

    def route_at(self, new: NewOrder | Order, tradable: bool) -> int:
        """When a new order starts to work."""
        if tradable:
            return self.desk.now_ns + self.config.ack_delay_ns
        session = self.hours.following(self.desk.now_ns)
        return session.extended_open_ns if new.extended_hours else session.open_ns

    def expiry(self, new: NewOrder) -> int | None:
        """When a new order ends by itself."""
        if new.asset.crypto:
            return None if new.time_in_force != "gtc" else self.hours.gtc_end(self.desk.now_ns, self.config.gtc_days)
        if new.time_in_force == "gtc":
            return self.hours.gtc_end(self.desk.now_ns, self.config.gtc_days)
        return self.hours.day_end(self.desk.now_ns, new.extended_hours)

    def cancel(self, order: Order) -> None:
        """End an order and its group, at once or after the venue's delay."""
        if self.config.ack_delay_ns and order.status != "held":
            self.desk.request_cancel(order, self.desk.now_ns + self.config.ack_delay_ns)
        else:
            self.desk.end(order, "canceled")
        self.settle()

    def swap(self, old: Order, new: Order) -> None:
        """Put a new order in the place of an old one, at once or after the venue's delay."""
        if old.status == "held":
            self.desk.replaced(old, new)
        elif not self.config.ack_delay_ns:
            self.desk.replaced(old, new)
            self.desk.tell("pending_new", new, new.updated_ns)
            new.route_ns = self.desk.now_ns
        else:
            at = self.desk.step(old, "pending_replace")
            old.reserved = ZERO  # the new one holds the larger of both
            self.desk.tell("pending_replace", old, at)
            self.desk.tell("pending_new", new, new.updated_ns)
            new.route_ns = self.desk.now_ns + self.config.ack_delay_ns
        self.settle()

    def book_moved(self, symbol: str, changes: Sequence[Change]) -> None:
        """The display changed: resting orders may be met, stops of symbols without trades reached."""
        if symbol in self.prices.halted:
            return
        matcher = self.desk.matcher
        if matcher.interested(symbol):
            self._fill(matcher.display(symbol, changes, False, self.desk.now_ns))
        for order in self.orders.open(symbol):
            if order.status not in WORKING:
                continue
            if order.notional is not None and order.qty is None:
                self._place(order)
            elif order.time_in_force == "opg" and self.prices.mid(symbol) is not None:
                self.desk.end(order, self._ended(self.config.opg_end))
        if symbol not in self.prices.last:
            self._elect(symbol, self.prices.ask(symbol), self.prices.bid(symbol))

    def traded(self, symbol: str) -> None:
        """A trade was printed: trails move and stops are reached."""
        last = self.prices.last[symbol]
        if symbol in self.prices.halted:
            return
        price, matcher = decimal_from_nanos(last.price), self.desk.matcher
        if last.side and matcher.interested(symbol):
            self._fill(matcher.print_trade(symbol, last.side, last.price, last.size, self.desk.now_ns))
        self._elect(symbol, price, price)

    def trail(self, order: Order) -> None:
        """Move the stop of a trailing order by the best price so far."""
        if stops.trail(order, self.prices.price(order.symbol)):
            self.desk.touched[order.id] = order

    def _next_due(self) -> int:
        now = self.desk.now_ns
        session = self.hours.at(now)
        closes = [] if session is None else [session.close_ns]
        if session is not None:
            last = self.equity[-1].ts_ns if self.equity else 0
            closes.append(max(session.open_ns, last // MINUTE_NS * MINUTE_NS + MINUTE_NS, now // MINUTE_NS * MINUTE_NS))
        times = [o.route_ns for o in self.orders.open() if o.route_ns is not None]
        times += [o.expires_ns for o in self.orders.open() if o.expires_ns is not None]
        return min([*times, *closes, self.hours.following(now).open_ns])

    def _happen(self) -> None:
        """What is due now: sessions, then orders that start, then orders that end."""
        now = self.desk.now_ns
        session = self.hours.at(now - 1)
        if session is not None and session.close_ns <= now and self.closed_until_ns < session.close_ns:
            self.closed_until_ns = session.close_ns
            self._close_session()
        if self.hours.at(now) is not None and (
            not self.equity or self.equity[-1].ts_ns // MINUTE_NS < now // MINUTE_NS
        ):
            self.equity.append(EquityPoint(now // MINUTE_NS * MINUTE_NS, self.account.equity))
        for order in self.orders.open():
            if order.open and order.route_ns is not None and order.route_ns <= now:
                order.route_ns = None
                self._route(order)
        for order in self.orders.open():
            if order.open and order.expires_ns is not None and order.expires_ns <= now:
                self._expire(order)

    def _close_session(self) -> None:
        for order in self.orders.open():
            if order.time_in_force == "cls" and order.status in WORKING:
                self._take(order, whole=False)
                self.desk.end(order, "expired")
            elif order.status in AT_WORK and not order.extended_hours and not self.account.asset(order.symbol).crypto:
                self.desk.matcher.remove(order.id)  # until the next session
                order.route_ns = self.hours.following(self.desk.now_ns).open_ns
        symbols = self.account.ledger.positions
        self.account.ledger.close_day({s: p for s in symbols if (p := self.prices.price(s)) is not None})
        self.account.last_equity = self.account.equity

    def _route(self, order: Order) -> None:
        """What was asked for an order happens: it starts, is cancelled, or takes the place of another."""
        if order.status == "pending_cancel":
            self.desk.end(order, "canceled")
        elif order.status in WORKING:  # of a session before
            self._work(order)
        elif order.replaces is not None:
            self._route_replacement(order, self.orders.by_id[order.replaces])
        elif order.status in UNROUTED:
            self._start(order)

    def _route_replacement(self, order: Order, old: Order) -> None:
        if old.status == "pending_replace":
            order.qty = min(order.left, old.left) if order.qty == old.qty else order.qty
            self.desk.replaced(old, order)
            if order.opens:
                order.reserved = min(order.reserved, self.account.value_of(order, self.desk.now_ns) or order.reserved)
        if old.status == "replaced":
            self._start(order)
            return
        self.desk.end(order, "rejected")  # the old one was quicker: filled or cancelled

    def _start(self, order: Order) -> None:
        if order.time_in_force != "opg" and not self.tradable(order):
            order.route_ns = self.route_at(order, False)
            return
        self.desk.start(order)
        self._work(order)

    def _work(self, order: Order) -> None:
        if order.type in STOP_TYPES and not order.elected:
            if order.type == "trailing_stop":
                self.trail(order)
            return
        if order.time_in_force != "cls":
            self._place(order)

    def _place(self, order: Order) -> None:
        """An order meets the book."""
        if order.symbol in self.prices.halted:
            return
        if order.notional is not None and not self._size(order):
            return
        if order.time_in_force in ("ioc", "fok"):
            whole = order.time_in_force == "fok"
            self._take(order, whole)
            self.desk.end(order, self._ended(self.config.fok_end if whole else self.config.ioc_end))
            return
        self._show(order.symbol)
        self._fill(
            self.desk.matcher.place(order.id, order.symbol, order.side, order.left, stops.worst_price(order), self._now)
        )

    @property
    def _now(self) -> int:
        return self.desk.now_ns

    def _ended(self, status: str) -> Status:
        return "canceled" if status == "canceled" else "expired"

    def _take(self, order: Order, whole: bool) -> None:
        self._show(order.symbol)
        limit = order.limit_price
        self._fill(
            self.desk.matcher.take(order.id, order.symbol, order.side, order.left, limit, whole, self.desk.now_ns)
        )

    def show_all(self, symbol: str) -> None:
        """The whole display, to a matcher that did not follow it."""
        self._fill(self.desk.matcher.display(symbol, self.prices.displayed(symbol), True, self.desk.now_ns))

    def _show(self, symbol: str) -> None:
        if not self.desk.matcher.interested(symbol):
            self.show_all(symbol)

    def _size(self, order: Order) -> bool:
        """The quantity of an order over money, at the price it would trade at; False without one."""
        far = self.prices.ask(order.symbol) if order.side > 0 else self.prices.bid(order.symbol)
        price = order.limit_price if order.limit_price is not None else far
        if price is None or order.notional is None:
            return False
        order.qty = (order.notional / price).quantize(QTY_STEP, ROUND_DOWN)
        if not order.opens:  # the price may have fallen since: a position is closed, not turned over
            order.qty = min(order.qty, abs(self.account.ledger.quantity(order.symbol)))
        return True

    def _fill(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            if isinstance(outcome, Ended):
                self.desk.end(self.orders.by_id[outcome.order_id], "canceled")
                continue
            for leg in self.desk.fill(outcome):
                self._activate(leg)

    def _activate(self, leg: Order) -> None:
        """The entry has filled: a take-profit works; a stop-loss is watched, and works by itself only without one."""
        if leg.status != "held" or leg.parent is None:
            return
        root = self.orders.by_id[leg.parent]
        if leg.type != "limit" and root.order_class == "bracket":
            return
        at = self.desk.step(leg, "new")
        leg.submitted_ns = at
        if self.config.leg_activation_event:
            self.desk.tell("new", leg, at)
        self._work(leg)

    def _elect(self, symbol: str, high: Decimal | None, low: Decimal | None) -> None:
        """Stops of buys at or below `high`, and of sells at or above `low`, are reached."""
        for order in self.orders.open(symbol):
            if order.type not in STOP_TYPES or order.elected or not stops.armed(order, self.orders):
                continue
            price = high if order.side > 0 else low
            if price is None or not self.tradable(order):
                continue
            if order.type == "trailing_stop":
                self.trail(order)
            if stops.reached(order, price):
                self._elected(order)

    def _elected(self, order: Order) -> None:
        order.elected = True
        self.desk.touched[order.id] = order
        if order.status == "held":
            for other in self.orders.group(order):
                if other is not order:
                    self.desk.end(other, "canceled", cascade=False)
            self.desk.start(order)
        self._place(order)

    def _expire(self, order: Order) -> None:
        if order.time_in_force == "gtc":
            if order.status in WORKING and order.status != "pending_cancel":
                self.desk.request_cancel(order, self.desk.now_ns)
            self.desk.end(order, "canceled")
        elif order.time_in_force == "opg":
            self.desk.end(order, self._ended(self.config.opg_end))
        elif order.parent is not None and order.status == "held":
            self.desk.end(order, "canceled")
        else:
            self.desk.end(order, self._ended(self.config.day_end))
