"""What orders do to each other at one moment: they take, rest, wait, replace and end. Knows no latency and no session.

`now_ns` is set by the engine that owns it, before anything is asked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import takewhile

from tradetui.engine.market.levels import RestingOrder
from tradetui.engine.market.matching_words import (
    Accepted,
    Cancelled,
    Execution,
    Fees,
    MatchingRules,
    NewOrder,
    OpenOrder,
    Outcome,
    Reason,
    Reduced,
    Rejected,
    Replace,
    Replaced,
    Triggered,
)
from tradetui.engine.market.order_book import OrderBook
from tradetui.engine.market.order_checks import fault_in_order, fault_in_replacement
from tradetui.engine.market.simulation import SIZE_MAX
from tradetui.engine.market.stop_orders import StopOrders
from tradetui.engine.market.taking import Plan, Step, What, plan_taking


class MatchingCore:
    """The living orders of one symbol: in the book, waiting for their stops, or just arriving."""

    def __init__(self, rules: MatchingRules, fees: Fees, gets_it: Callable[[], bool]) -> None:
        self.book = OrderBook()
        self.orders: dict[int, OpenOrder] = {}  # in order of arrival
        self.halted = False
        self.now_ns = 0
        self.last_price = 0  # of the last trade, 0 before the first
        self._rules = rules
        self._fees = fees
        self._gets_it = gets_it  # whether an arriving order gets a resting one that it meets
        self._stops = StopOrders()
        self._extremes: tuple[int, int] | None = None  # of the trades that stops have not been compared with
        self._trades = self._executions = 0

    def new(self, new: NewOrder) -> list[Outcome]:
        """An order arrives."""
        reason = fault_in_order(new) or self._cannot_take(new)
        if reason is not None:
            return [Rejected(new.order_id, new.owner, self.now_ns, "submit", reason)]
        order = OpenOrder(
            new.order_id, new.owner, new.side, new.type, new.time_in_force, new.quantity, new.limit, new.stop
        )
        self.orders[order.order_id] = order
        happened: list[Outcome] = [Accepted(order.order_id, order.owner, self.now_ns)]
        happened += self._wait(order) if order.stop else self._work(order)
        return happened + self.trigger_stops()

    def _cannot_take(self, new: NewOrder) -> Reason | None:
        """Why a well-formed order cannot be taken now."""
        if new.order_id in self.orders:
            return Reason.DUPLICATE_ID
        if self.halted:
            return Reason.HALTED
        if new.time_in_force == "gtx" and not new.stop and self._would_take(new.side, new.limit):
            return Reason.WOULD_TAKE
        return None

    def replace(self, order: OpenOrder, wish: Replace) -> list[Outcome]:
        """A living order is to become another: in its place where it only shrinks, as one that arrives elsewhere."""
        quantity = order.quantity if wish.quantity is None else wish.quantity
        limit = order.limit if wish.limit is None else wish.limit
        stop = order.stop if wish.stop is None else wish.stop
        kept = (limit, stop) == (order.limit, order.stop) and quantity <= order.quantity
        takes = not order.waiting and not kept and self._would_take(order.side, limit)
        reason = Reason.HALTED if self.halted else fault_in_replacement(order, quantity, limit, stop)
        if reason is None and takes and order.time_in_force == "gtx":
            reason = Reason.WOULD_TAKE
        if reason is None and not order.waiting and not takes:
            already = order.left if limit == order.limit else 0
            if self.book.size_at(order.side, limit) - already + quantity - order.filled > SIZE_MAX:
                reason = Reason.LEVEL_FULL
        if reason is not None:
            return [Rejected(order.order_id, order.owner, self.now_ns, "replace", reason)]
        was_waiting = order.waiting
        if not was_waiting and takes:
            self.book.cancel_order(order.order_id, self.now_ns)
        order.quantity, order.limit, order.stop = quantity, limit, stop
        happened: list[Outcome] = [Replaced(order.order_id, order.owner, self.now_ns, quantity, limit, stop, kept)]
        if was_waiting:
            if not kept:
                self._stops.remove(order.order_id)
                happened += self._wait(order)
        elif takes:
            happened += self._work(order)
        else:
            self.book.modify_order(order.order_id, limit, order.left, self.now_ns)
        return happened + self.trigger_stops()

    # -- stops

    def _wait(self, order: OpenOrder) -> list[Outcome]:
        """A stop waits; one that the last trade has reached already is triggered at once."""
        if self.last_price and order.side * self.last_price >= order.side * order.stop:
            return self._triggered(order)
        order.waiting = True
        self._stops.add(order.order_id, order.side, order.stop)
        return []

    def note_price(self, price: int) -> None:
        """Something traded at this price; the stops are looked at later."""
        self.last_price = price
        high, low = self._extremes or (price, price)
        self._extremes = max(high, price), min(low, price)

    def trigger_stops(self) -> list[Outcome]:
        """Trigger what the trades since the last look reached, in order of arrival, and what that triggers in turn.

        Nothing while the symbol is halted; what was reached then is triggered at the first look after it.
        """
        happened: list[Outcome] = []
        reached: deque[int] = deque()
        while not self.halted and (reached or self._extremes):
            if self._extremes is not None:
                reached.extend(self._stops.take_reached(*self._extremes))
                self._extremes = None
            else:
                happened += self._triggered(self.orders[reached.popleft()])
        return happened

    def _triggered(self, order: OpenOrder) -> list[Outcome]:
        order.waiting = False
        return [Triggered(order.order_id, order.owner, self.now_ns), *self._work(order)]

    # -- taking and resting

    def _work(self, order: OpenOrder) -> list[Outcome]:
        """A market or limit order meets the book: it takes what it may, and the rest stays, waits or ends."""
        if order.time_in_force == "gtx" and self._would_take(order.side, order.limit):
            return [self.end(order, Reason.WOULD_TAKE)]
        plan = plan_taking(
            self._within(order.side, 0 if order.is_market else order.limit),
            order.left,
            order.owner,
            lambda order_id: self.orders[order_id].owner,
            self._rules.self_trade,
            self._gets_it,
        )
        if order.time_in_force == "fok" and plan.filled < order.left:
            return [self.end(order, Reason.FOK)]
        happened = self._carry_out(plan, order)
        if order.order_id not in self.orders:
            return happened
        reason = self._why_not_rest(order, plan)
        if reason is None and self.book.add_order(order.order_id, order.side, order.limit, order.left, self.now_ns):
            reason = Reason.LEVEL_FULL
        if reason is not None:
            happened.append(self.end(order, reason))
        return happened

    def _why_not_rest(self, order: OpenOrder, plan: Plan) -> Reason | None:
        if plan.self_trade:
            return Reason.SELF_TRADE
        if order.time_in_force == "ioc":
            return Reason.IOC
        if order.is_market:
            return Reason.NO_LIQUIDITY
        return Reason.PASSED_BY if self._would_take(order.side, order.limit) else None

    def _carry_out(self, plan: Plan, taker: OpenOrder) -> list[Outcome]:
        happened: list[Outcome] = []
        for step in plan.steps:
            maker = self.orders[step.order_id]
            if step.what is What.FILL:
                happened += self._trade(maker, taker, step)
            elif step.what is What.END:
                happened.append(self.end(maker, Reason.SELF_TRADE))
            else:
                happened += [self._reduce(maker, step.size), self._reduce(taker, step.size)]
        return happened

    def _trade(self, maker: OpenOrder, taker: OpenOrder, step: Step) -> list[Outcome]:
        """Two orders meet at the price of the one that rests."""
        self.book.execute_order(maker.order_id, step.size, self.now_ns)
        self.note_price(step.price)
        self._trades += 1
        return [
            self._execution(maker, step.price, step.size, maker, taker),
            self._execution(taker, step.price + self._slippage(taker, step.price), step.size, maker, taker),
        ]

    def _execution(self, order: OpenOrder, price: int, size: int, maker: OpenOrder, taker: OpenOrder) -> Execution:
        self._executions += 1
        order.filled += size
        if not order.left:
            del self.orders[order.order_id]
        return Execution(
            order.order_id,
            order.owner,
            self.now_ns,
            self._executions,
            self._trades,
            order.side,
            price,
            size,
            order.left,
            "maker" if order is maker else "taker",
            self._fees.fee(order.side, size, price, order is maker),
            maker.order_id,
            taker.order_id,
        )

    def _slippage(self, taker: OpenOrder, price: int) -> int:
        """What a market order pays more, or gets less; its price never falls below one nano."""
        if not taker.is_market:
            return 0
        rules = self._rules
        worse = round(price * rules.slip_bps / 10_000) + rules.slip_nanos
        return max(taker.side * worse, 1 - price)

    def _reduce(self, order: OpenOrder, size: int) -> Outcome:
        """Take `size` off an order that would have traded with its owner's other one."""
        if size == order.left:
            return self.end(order, Reason.SELF_TRADE)
        order.quantity -= size
        if self.book.order(order.order_id) is not None:
            self.book.modify_order(order.order_id, order.limit, order.left, self.now_ns)
        return Reduced(order.order_id, order.owner, self.now_ns, size, order.left)

    # -- ends

    def end(self, order: OpenOrder, reason: Reason) -> Cancelled:
        """A living order ends with what it has."""
        self.take_away(order)
        return Cancelled(order.order_id, order.owner, self.now_ns, order.left, reason)

    def take_away(self, order: OpenOrder) -> None:
        """From wherever it is: the book, the stops, or neither while it arrives."""
        if order.waiting:
            self._stops.remove(order.order_id)
        elif self.book.order(order.order_id) is not None:
            self.book.cancel_order(order.order_id, self.now_ns)
        del self.orders[order.order_id]

    # -- the other side

    def _within(self, side: int, limit: int) -> Iterator[RestingOrder]:
        """What an order of `side` meets, first in line first, as far as its limit allows; 0 allows all."""
        return takewhile(lambda order: not limit or side * order.price <= side * limit, self.book.resting(-side))

    def _would_take(self, side: int, limit: int) -> bool:
        best = self.book.get_best_ask() if side > 0 else self.book.get_best_bid()
        return best is not None and side * best <= side * limit
