"""The matching engine again, slow and obvious: one list of orders, sorted anew for every question. For comparison.

It shares the words and the draws with the real one and no other code.
"""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

from tradetui.engine.market.book_hash import book_hash
from tradetui.engine.market.draws import Draws
from tradetui.engine.market.matching_words import (
    Accepted,
    Cancel,
    Cancelled,
    Execution,
    Expired,
    Liquidity,
    MatchingRules,
    NewOrder,
    Outcome,
    Reason,
    Reduced,
    Rejected,
    Replace,
    Replaced,
    Triggered,
)

FITS = range(1, 2**62)


class Living:
    """An order and where it is: "arriving", "waiting" for its stop, "resting", or "done"."""

    def __init__(self, new: NewOrder) -> None:
        self.id, self.owner, self.side, self.type, self.force = (
            new.order_id, new.owner, new.side, new.type, new.time_in_force
        )  # fmt: skip
        self.quantity, self.limit, self.stop, self.filled = new.quantity, new.limit, new.stop, 0
        self.where = "arriving"
        self.turn = 0  # among those that rest, or those that wait

    @property
    def left(self) -> int:
        return self.quantity - self.filled

    @property
    def any_price(self) -> bool:
        return self.type in ("market", "stop")

    def accepts(self, price: int) -> bool:
        return self.any_price or (price <= self.limit if self.side == 1 else price >= self.limit)

    def stopped_by(self, price: int) -> bool:
        return price >= self.stop if self.side == 1 else price <= self.stop


class NaiveVenue:
    """The same calls as MatchingEngine; fees are fractions of value."""

    def __init__(self, rules: MatchingRules, maker: Decimal, taker: Decimal, session_ends_ns: int) -> None:
        self.rules, self.rates = rules, {"maker": maker, "taker": taker}
        self.draws = Draws(rules.seed, rules.latency_ns)
        self.orders: list[Living] = []
        self.sent: list[tuple[int, NewOrder | Cancel | Replace]] = []
        self.prints: list[int] = []  # trades that stops have not seen
        self.happened: list[Outcome] = []
        self.turn = self.now_ns = self.last_price = self.trades = self.executions = 0
        self.halted, self.session_ends_ns, self.in_session = False, session_ends_ns, True

    # -- calls

    def submit(self, order: NewOrder, ts_ns: int) -> list[Outcome]:
        return self.send(order, ts_ns)

    def cancel(self, order_id: int, ts_ns: int) -> list[Outcome]:
        return self.send(Cancel(order_id), ts_ns)

    def replace(self, order_id: int, ts_ns: int, **changes: int | None) -> list[Outcome]:
        return self.send(Replace(order_id, **changes), ts_ns)

    def advance(self, ts_ns: int) -> list[Outcome]:
        self.go_to(ts_ns)
        return self.told()

    def open_session(self, ends_ns: int, ts_ns: int) -> list[Outcome]:
        self.go_to(ts_ns)
        self.session_ends_ns, self.in_session = ends_ns, True
        return self.told()

    def halt(self, ts_ns: int) -> list[Outcome]:
        self.go_to(ts_ns)
        self.halted = True
        return self.told()

    def resume(self, ts_ns: int) -> list[Outcome]:
        self.go_to(ts_ns)
        self.halted = False
        self.look_at_stops()
        return self.told()

    def print_trade(self, price: int, ts_ns: int) -> list[Outcome]:
        self.go_to(ts_ns)
        if price > 0:
            self.last_price = price
            self.prints.append(price)
            self.look_at_stops()
        return self.told()

    def state_hash(self) -> int:
        sides = []
        for side in (1, -1):
            prices: dict[int, list[tuple[int, int]]] = {}
            for order in self.resting(side):
                prices.setdefault(order.limit, []).append((order.id, order.left))
            sides.append(list(prices.items()))
        return book_hash(*sides)

    # -- time

    def send(self, request: NewOrder | Cancel | Replace, ts_ns: int) -> list[Outcome]:
        self.go_to(ts_ns)
        due = max([self.now_ns + self.draws.latency(), *(at for at, _ in self.sent)])
        self.sent.append((due, request))
        self.go_to(self.now_ns)
        return self.told()

    def told(self) -> list[Outcome]:
        happened, self.happened = self.happened, []
        self.orders = self.living()
        return happened

    def go_to(self, ts_ns: int) -> None:
        ts_ns = max(ts_ns, self.now_ns)
        while self.sent and self.sent[0][0] <= ts_ns:
            due, request = self.sent.pop(0)
            if due >= self.session_ends_ns:
                self.end_session()
            self.now_ns = due
            self.arrive(request)
            self.look_at_stops()
        if ts_ns >= self.session_ends_ns:
            self.end_session()
        self.now_ns = ts_ns

    def end_session(self) -> None:
        if self.in_session:
            self.in_session = False
            self.now_ns = max(self.now_ns, self.session_ends_ns)
            for order in self.living():
                if order.force == "day":
                    order.where = "done"
                    self.happened.append(Expired(order.id, order.owner, self.now_ns, order.left))

    # -- requests

    def living(self) -> list[Living]:
        return [order for order in self.orders if order.where != "done"]

    def find(self, order_id: int) -> Living | None:
        return next((order for order in self.living() if order.id == order_id), None)

    def resting(self, side: int) -> list[Living]:
        """Best first, then first in line first."""
        there = [order for order in self.orders if order.where == "resting" and order.side == side]
        return sorted(there, key=lambda order: (-order.side * order.limit, order.turn))

    def met_by(self, order: Living) -> list[Living]:
        return [other for other in self.resting(-order.side) if order.accepts(other.limit)]

    def arrive(self, request: NewOrder | Cancel | Replace) -> None:
        if isinstance(request, NewOrder):
            self.arrive_new(request)
            return
        order = self.find(request.order_id)
        kind: Any = "cancel" if isinstance(request, Cancel) else "replace"
        if order is None:
            self.happened.append(Rejected(request.order_id, "", self.now_ns, kind, Reason.UNKNOWN_ID))
        elif isinstance(request, Cancel):
            self.end(order, Reason.ASKED)
        else:
            self.change(order, request)

    def arrive_new(self, new: NewOrder) -> None:
        reason = self.why_not(new)
        if reason is not None:
            self.happened.append(Rejected(new.order_id, new.owner, self.now_ns, "submit", reason))
            return
        order = Living(new)
        self.orders.append(order)
        self.happened.append(Accepted(order.id, order.owner, self.now_ns))
        if order.stop:
            self.wait(order)
        else:
            self.meet(order)

    def why_not(self, new: NewOrder) -> Reason | None:
        needs_limit, needs_stop = "limit" in new.type, "stop" in new.type
        wrong = {
            Reason.SESSION_OVER: new.time_in_force == "day" and not self.in_session,
            Reason.BAD_TYPE: new.time_in_force == "gtx" and not needs_limit,
            Reason.BAD_SIDE: abs(new.side) != 1,
            Reason.BAD_QUANTITY: new.quantity not in FITS,
            Reason.BAD_LIMIT: (new.limit not in FITS) if needs_limit else new.limit != 0,
            Reason.BAD_STOP: (new.stop not in FITS) if needs_stop else new.stop != 0,
            Reason.DUPLICATE_ID: self.find(new.order_id) is not None,
            Reason.HALTED: self.halted,
            Reason.WOULD_TAKE: new.time_in_force == "gtx" and not needs_stop and bool(self.met_by(Living(new))),
        }
        return next((reason for reason, is_so in wrong.items() if is_so), None)

    def change(self, order: Living, wish: Replace) -> None:
        new = deepcopy(order)
        for name in ("quantity", "limit", "stop"):
            wanted = getattr(wish, name)
            setattr(new, name, getattr(order, name) if wanted is None else wanted)
        kept = (new.limit, new.stop) == (order.limit, order.stop) and new.quantity <= order.quantity
        reason = self.why_not_change(order, new, kept)
        if reason is not None:
            self.happened.append(Rejected(order.id, order.owner, self.now_ns, "replace", reason))
            return
        order.quantity, order.limit, order.stop = new.quantity, new.limit, new.stop
        self.happened.append(
            Replaced(order.id, order.owner, self.now_ns, order.quantity, order.limit, order.stop, kept)
        )
        if not kept and order.where == "waiting":
            self.wait(order)
        elif not kept:
            order.where = "arriving"
            self.meet(order)

    def why_not_change(self, order: Living, new: Living, kept: bool) -> Reason | None:
        if self.halted:
            return Reason.HALTED
        if new.quantity not in FITS:
            return Reason.BAD_QUANTITY
        if new.left <= 0:
            return Reason.ALREADY_FILLED
        if (new.limit not in FITS) if "limit" in new.type else new.limit != 0:
            return Reason.BAD_LIMIT
        if (new.stop not in FITS) if "stop" in new.type else new.stop != 0:
            return Reason.BAD_STOP
        if new.stop != order.stop and order.where != "waiting":
            return Reason.BAD_STOP
        taking = order.where == "resting" and not kept and order.force == "gtx" and self.met_by(new)
        if taking:
            return Reason.WOULD_TAKE
        moves = order.where == "resting" and not (not kept and self.met_by(new))
        others = self.size_at(order.side, new.limit) - (order.left if new.limit == order.limit else 0)
        return Reason.LEVEL_FULL if moves and others + new.left not in FITS else None

    def size_at(self, side: int, limit: int) -> int:
        return sum(order.left for order in self.resting(side) if order.limit == limit)

    # -- stops

    def wait(self, order: Living) -> None:
        self.turn += 1
        order.where, order.turn = "waiting", self.turn
        if self.last_price and order.stopped_by(self.last_price):
            self.trigger(order)

    def look_at_stops(self) -> None:
        """Every waiting stop and every print, again and again, until nothing is triggered any more."""
        reached: list[Living] = []
        while not self.halted and (reached or self.prints):
            prints, self.prints = self.prints, []
            now_reached = [
                order
                for order in self.living()
                if order.where == "waiting" and order not in reached and any(map(order.stopped_by, prints))
            ]
            reached += sorted(now_reached, key=lambda order: order.turn)
            if reached:
                self.trigger(reached.pop(0))

    def trigger(self, order: Living) -> None:
        order.where = "arriving"
        self.happened.append(Triggered(order.id, order.owner, self.now_ns))
        self.meet(order)

    # -- taking

    def meet(self, order: Living) -> None:
        """An order meets the book."""
        if order.force == "gtx" and self.met_by(order):
            self.end(order, Reason.WOULD_TAKE)
            return
        if order.force == "fok" and not self.whole_of(order):
            self.end(order, Reason.FOK)
            return
        self.take(order)
        if order.where == "done":
            return
        if order.force == "ioc":
            self.end(order, Reason.IOC)
        elif order.any_price:
            self.end(order, Reason.NO_LIQUIDITY)
        elif self.met_by(order):
            self.end(order, Reason.PASSED_BY)
        elif order.left + self.size_at(order.side, order.limit) not in FITS:
            self.end(order, Reason.LEVEL_FULL)
        else:
            self.turn += 1
            order.where, order.turn = "resting", self.turn

    def whole_of(self, order: Living) -> bool:
        """Try it in a copy of the world; the draws are used up if it fails."""
        world = deepcopy(self)
        trial = world.find(order.id)
        assert trial is not None
        world.take(trial)
        if trial.filled < order.quantity:
            self.draws = world.draws
            return False
        return True

    def take(self, order: Living) -> None:
        passed: set[int] = set()
        while order.where != "done":
            other = next((other for other in self.met_by(order) if other.id not in passed), None)
            if other is None:
                return
            if other.owner == order.owner:
                self.meet_own(order, other)
            elif self.draws.happens(self.rules.fill_chance):
                self.trade(order, other)
            else:
                passed.add(other.id)

    def meet_own(self, order: Living, other: Living) -> None:
        policy = self.rules.self_trade
        if policy == "decrement":
            size = min(order.left, other.left)
            for one in (other, order):
                if one.left == size:
                    self.end(one, Reason.SELF_TRADE)
                else:
                    one.quantity -= size
                    self.happened.append(Reduced(one.id, one.owner, self.now_ns, size, one.left))
            return
        if policy in ("cancel_oldest", "cancel_both"):
            self.end(other, Reason.SELF_TRADE)
        if policy in ("cancel_newest", "cancel_both"):
            self.end(order, Reason.SELF_TRADE)

    def trade(self, taker: Living, maker: Living) -> None:
        price, size = maker.limit, min(taker.left, maker.left)
        self.trades += 1
        self.last_price = price
        self.prints.append(price)
        slip = round(price * self.rules.slip_bps / 10_000) + self.rules.slip_nanos if taker.any_price else 0
        roles: list[tuple[Living, Liquidity, int]]
        roles = [(maker, "maker", price), (taker, "taker", max(price + taker.side * slip, 1))]
        for order, role, at in roles:
            self.executions += 1
            order.filled += size
            if order.left == 0:
                order.where = "done"
            fee = Decimal(size) * Decimal(at) * self.rates[role] / Decimal(10**18)
            numbers = (self.executions, self.trades, order.side, at, size, order.left)
            self.happened.append(Execution(order.id, order.owner, self.now_ns, *numbers, role, fee, maker.id, taker.id))

    def end(self, order: Living, reason: Reason) -> None:
        order.where = "done"
        self.happened.append(Cancelled(order.id, order.owner, self.now_ns, order.left, reason))
