"""A venue for one symbol where everybody's orders are matched: price first, then time. No I/O, no clock.

Time comes in with each call and what happened goes out; docs/order-book.md tells the rules. The practice exchange and
tests trade on it; a recorded market, which does not answer our orders, is what the kernel is for.
"""

from __future__ import annotations

from collections import deque
from functools import partial

from tradetui.engine.market.book_words import Place
from tradetui.engine.market.draws import Draws
from tradetui.engine.market.matching_core import MatchingCore
from tradetui.engine.market.matching_words import (
    NEVER_NS,
    Cancel,
    Expired,
    Fees,
    MakerTakerFees,
    MatchingRules,
    NewOrder,
    OpenOrder,
    Outcome,
    Reason,
    Rejected,
    Replace,
)
from tradetui.engine.market.order_book import OrderBook


class MatchingEngine:
    """Orders of all owners in one symbol. Only living orders are remembered: a done one's id may be used again."""

    def __init__(
        self, rules: MatchingRules | None = None, fees: Fees | None = None, session_ends_ns: int = NEVER_NS
    ) -> None:
        rules = rules or MatchingRules()
        self._draws = Draws(rules.seed, rules.latency_ns)
        self._core = MatchingCore(rules, fees or MakerTakerFees(), partial(self._draws.happens, rules.fill_chance))
        self._session_ends_ns = session_ends_ns
        self._in_session = True
        self._on_the_way: deque[tuple[int, NewOrder | Cancel | Replace]] = deque()
        self.times_backwards = 0  # calls that told an earlier time than one before; they happened at that one

    # -- requests

    def submit(self, order: NewOrder, ts_ns: int) -> list[Outcome]:
        """Send an order now; it arrives after the latency. What happened until then is told, as by `advance`."""
        return self._send(order, ts_ns)

    def cancel(self, order_id: int, ts_ns: int) -> list[Outcome]:
        """Ask for an order's end now."""
        return self._send(Cancel(order_id), ts_ns)

    def replace(
        self, order_id: int, ts_ns: int, quantity: int | None = None, limit: int | None = None, stop: int | None = None
    ) -> list[Outcome]:
        """Ask for another total quantity or price now: less at the same price keeps the place in the queue."""
        return self._send(Replace(order_id, quantity, limit, stop), ts_ns)

    def advance(self, ts_ns: int) -> list[Outcome]:
        """Time passes: the session ends and requests arrive; at equal times in this order."""
        if ts_ns < self.now_ns:
            self.times_backwards += 1
            ts_ns = self.now_ns
        happened: list[Outcome] = []
        while self._on_the_way and self._on_the_way[0][0] <= ts_ns:
            arrives_ns, request = self._on_the_way.popleft()
            if arrives_ns >= self._session_ends_ns:
                happened += self._end_session()
            self._core.now_ns = arrives_ns
            happened += self._arrived(request)
        if ts_ns >= self._session_ends_ns:
            happened += self._end_session()
        self._core.now_ns = ts_ns
        return happened

    # -- what the venue itself decides; at once, without latency

    def open_session(self, ends_ns: int, ts_ns: int) -> list[Outcome]:
        """A session begins: day orders are good until before `ends_ns`."""
        happened = self.advance(ts_ns)
        self._session_ends_ns, self._in_session = ends_ns, True
        return happened

    def halt(self, ts_ns: int) -> list[Outcome]:
        """From now on only cancels are taken, and nothing trades."""
        happened = self.advance(ts_ns)
        self._core.halted = True
        return happened

    def resume(self, ts_ns: int) -> list[Outcome]:
        """Trading goes on; stops that were reached meanwhile are triggered."""
        happened = self.advance(ts_ns)
        self._core.halted = False
        return happened + self._core.trigger_stops()

    def print_trade(self, price: int, ts_ns: int) -> list[Outcome]:
        """A trade elsewhere at this price: it moves no order here, but triggers stops."""
        happened = self.advance(ts_ns)
        if price > 0:
            self._core.note_price(price)
        return happened + self._core.trigger_stops()

    # -- what is there

    @property
    def book(self) -> OrderBook:
        """What rests; for reading."""
        return self._core.book

    @property
    def now_ns(self) -> int:
        """The venue's time: the latest that was told."""
        return self._core.now_ns

    @property
    def halted(self) -> bool:
        """Whether only cancels are taken."""
        return self._core.halted

    @property
    def last_price(self) -> int:
        """Of the last trade here or printed; 0 before the first."""
        return self._core.last_price

    def order(self, order_id: int) -> OpenOrder | None:
        """A living order."""
        return self._core.orders.get(order_id)

    def open_orders(self) -> list[OpenOrder]:
        """Every living order, in order of arrival."""
        return list(self._core.orders.values())

    def queue_position(self, order_id: int) -> Place | None:
        """What exactly stands before a resting order at its price; None where it does not rest."""
        return self._core.book.place(order_id)

    # -- inside

    def _send(self, request: NewOrder | Cancel | Replace, ts_ns: int) -> list[Outcome]:
        happened = self.advance(ts_ns)
        arrives_ns = self.now_ns + self._draws.latency()
        if self._on_the_way:  # no request overtakes an earlier one
            arrives_ns = max(arrives_ns, self._on_the_way[-1][0])
        self._on_the_way.append((arrives_ns, request))
        return happened + self.advance(self.now_ns)

    def _arrived(self, request: NewOrder | Cancel | Replace) -> list[Outcome]:
        if isinstance(request, NewOrder):
            return self._new(request)
        order = self._core.orders.get(request.order_id)
        if isinstance(request, Cancel):
            if order is None:
                return [Rejected(request.order_id, "", self.now_ns, "cancel", Reason.UNKNOWN_ID)]
            return [self._core.end(order, Reason.ASKED)]
        if order is None:
            return [Rejected(request.order_id, "", self.now_ns, "replace", Reason.UNKNOWN_ID)]
        return self._core.replace(order, request)

    def _new(self, order: NewOrder) -> list[Outcome]:
        if order.time_in_force == "day" and not self._in_session:
            return [Rejected(order.order_id, order.owner, self.now_ns, "submit", Reason.SESSION_OVER)]
        return self._core.new(order)

    def _end_session(self) -> list[Outcome]:
        """Day orders expire, in order of arrival; once for each session."""
        if not self._in_session:
            return []
        self._in_session = False
        core = self._core
        core.now_ns = max(core.now_ns, self._session_ends_ns)
        ended = [order for order in core.orders.values() if order.time_in_force == "day"]
        for order in ended:
            core.take_away(order)
        return [Expired(order.order_id, order.owner, core.now_ns, order.left) for order in ended]
