"""Own orders beside the market's books: arriving, taking, resting, ending. Slow, obvious, for comparison."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

from reference_book import ReferenceBook, better
from tradetui.engine.market.simulation import (
    PRICE_MAX,
    REPORT_CANCELLED,
    REPORT_EXPIRED,
    REPORT_FILL,
    REPORT_FOK,
    REPORT_GTX,
    REPORT_IOC,
    REPORT_NOTHING_TO_REDUCE,
    REPORT_REJECTED,
    REPORT_SELF_TRADE,
    SIZE_MAX,
    Request,
    SimulationRules,
)

MARKET, LIMIT, STOP, STOP_LIMIT = range(4)
TRIGGERED = 4  # a state alone
GTC, IOC, FOK, GTX = range(4)
MASK = (1 << 64) - 1

Tell = Callable[["OwnOrder", int, int, int, bool], None]  # order, what, price, size, maker


def splitmix64(x: int) -> int:
    z = (x + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


class Step(NamedTuple):
    """Something on the way of an order that arrives: what a level shows, or one of our own."""

    price: int
    size: int
    other: OwnOrder | None = None


@dataclass(eq=False)
class OwnOrder:
    """An own order at the venue. `since` orders it among its kind, and among the market's orders where it rests."""

    request: Request
    arrived: int
    leaves: int
    since: int
    state: int  # STOP waits, TRIGGERED waits for the end of its time, MARKET goes on working, LIMIT rests
    ahead: int | None = None  # before it at its price, where only levels are known
    ended: bool = False

    @property
    def market(self) -> bool:
        """It has no limit, or will have none."""
        return self.request.kind in (MARKET, STOP)


class ReferenceOrders:
    """All own orders at the venue, in order of arrival."""

    def __init__(self, rules: SimulationRules, books: list[ReferenceBook], tell: Tell) -> None:
        self.rules, self.books, self.tell = rules, books, tell
        self.living: dict[int, OwnOrder] = {}
        self.position = [0] * len(books)
        self.count = 0  # of arrivals and of the market's orders: what came first
        self.chances = 0
        self.triggered: list[OwnOrder] = []  # stops, as long as rows of that time may come

    def next_count(self) -> int:
        self.count += 1
        return self.count

    # Who is where

    def in_state(self, symbol: int, state: int) -> list[OwnOrder]:
        return sorted(
            (own for own in self.living.values() if own.request.symbol == symbol and own.state == state),
            key=lambda own: own.since,
        )

    def resting(self, symbol: int, side: int) -> list[OwnOrder]:
        """Best price first, then earlier first."""
        own = [own for own in self.in_state(symbol, LIMIT) if own.request.side == side]
        return sorted(own, key=lambda own: -side * own.request.limit)

    def within(self, own: OwnOrder, price: int) -> bool:
        """Whether an order may trade at a price."""
        return own.market or not better(own.request.side, price, own.request.limit)

    # Arrival

    def arrive(self, request: Request, now_ns: int) -> None:
        if self._impossible(request):
            rejected = OwnOrder(request, 0, 0, 0, LIMIT)
            self.tell(rejected, REPORT_REJECTED, 0, request.quantity, False)
            return
        count = self.next_count()
        own = OwnOrder(request, count, request.quantity, count, STOP)
        self.living[request.order_id] = own
        if request.expires_ns and request.expires_ns < now_ns:
            self.end(own, REPORT_EXPIRED)
        elif request.kind in (MARKET, LIMIT):
            self.meet(own)

    def _impossible(self, request: Request) -> bool:
        return (
            not 0 <= request.symbol < len(self.books)
            or request.side not in (1, -1)
            or not MARKET <= request.kind <= STOP_LIMIT
            or not GTC <= request.force <= GTX
            or not 0 < request.quantity <= SIZE_MAX
            or (request.kind in (LIMIT, STOP_LIMIT) and not 0 < request.limit <= PRICE_MAX)
            or (request.kind in (STOP, STOP_LIMIT) and not 0 < request.stop <= PRICE_MAX)
            or (request.kind in (MARKET, STOP) and request.force == GTX)
            or request.order_id in self.living
        )

    def meet(self, own: OwnOrder) -> None:
        """A market or limit order, or a stop that was triggered, comes to the market."""
        force, book, opposite = own.request.force, self.books[own.request.symbol], -own.request.side
        own.since = self.next_count()
        best = book.best_price(opposite)
        if force == GTX and best is not None and self.within(own, best):
            return self.end(own, REPORT_GTX)
        if force == FOK and self._to_be_had(own) < own.leaves:
            return self.end(own, REPORT_FOK)
        self._walk(own)
        if own.ended:
            return None
        if force in (IOC, FOK):
            return self.end(own, REPORT_IOC if force == IOC else REPORT_FOK)
        return self._stay(own)

    def arrive_triggered(self) -> None:
        """The time is over in which these stops were triggered."""
        triggered, self.triggered = self.triggered, []
        for own in triggered:
            if not own.ended:
                self.meet(own)

    def _to_be_had(self, own: OwnOrder) -> int:
        """What is shown on its way, up to the first own order that would not give way."""
        gives_way = self.rules.self_trade == "cancel_oldest"
        steps = takewhile(lambda step: step.other is None or gives_way, self._way(own))
        shown = sum(step.size for step in steps)
        return min(shown, self.reducible(own)) if own.request.reduce_only else shown

    def _way(self, own: OwnOrder) -> list[Step]:
        """What an order comes to on the other side, best price first: sizes of levels, and own orders that rest."""
        book, opposite = self.books[own.request.symbol], -own.request.side
        others = self.resting(own.request.symbol, opposite)
        if own.market and self.rules.sources[own.request.symbol] == "trades":
            others = []
        prices = {*book.prices(opposite), *(other.request.limit for other in others)}
        steps = []
        for price in sorted(prices, reverse=opposite > 0):
            if not self.within(own, price):
                break
            size = book.size(opposite, price)
            gone = size - book.shown(opposite, price)
            for other in others:
                if other.request.limit == price:
                    before = max(gone, min(size, self.ahead(other) or 0))
                    steps += [Step(price, before - gone), Step(price, 0, other)]
                    gone = before
            steps.append(Step(price, size - gone))
        return steps

    def _walk(self, own: OwnOrder) -> None:
        for step in self._way(own):
            if own.ended:
                return
            if step.other is not None:
                self._meet_own(own, step.other)
            elif step.size > 0:
                self.books[own.request.symbol].take(
                    -own.request.side,
                    step.price,
                    self.fill(own, self.slipped(own, step.price), step.size, maker=False),
                )

    def _meet_own(self, own: OwnOrder, other: OwnOrder) -> None:
        """An order that would trade with an own resting one: one of four rules."""
        rule = self.rules.self_trade
        if rule == "decrement":
            self._decrement(own, other)
        if rule in ("cancel_oldest", "cancel_both"):
            self.end(other, REPORT_SELF_TRADE)
        if rule in ("cancel_newest", "cancel_both"):
            self.end(own, REPORT_SELF_TRADE)

    def ahead(self, own: OwnOrder) -> int | None:
        """What stands before a resting order at its price; None where that is not known."""
        order = own.request
        if self.rules.sources[order.symbol] == "orders":
            return self.books[order.symbol].size_before(order.side, order.limit, own.since)
        return own.ahead

    def _decrement(self, own: OwnOrder, other: OwnOrder) -> None:
        size = min(own.leaves, other.leaves)
        for either in (other, own):
            either.leaves -= size
            self._forget_if_empty(either)
            self.tell(either, REPORT_SELF_TRADE, 0, size, False)

    def _stay(self, own: OwnOrder) -> None:
        if own.market:
            own.state = MARKET
            return
        own.state = LIMIT
        book, source = self.books[own.request.symbol], self.rules.sources[own.request.symbol]
        side, limit = own.request.side, own.request.limit
        best = book.best_price(side)
        if source == "depth":
            own.ahead = book.size(side, limit)
        if source == "quotes":
            worse = best is not None and better(side, best, limit)
            own.ahead = None if worse else book.size(side, limit)

    # Trading

    def take(self, own: OwnOrder) -> None:
        """Walk what is displayed to us of the other side, best price first."""
        book, opposite = self.books[own.request.symbol], -own.request.side
        for price in book.prices(opposite):
            if own.ended or not self.within(own, price):
                return
            shown = book.shown(opposite, price)
            if shown > 0:
                book.take(opposite, price, self.fill(own, self.slipped(own, price), shown, maker=False))

    def slipped(self, own: OwnOrder, price: int) -> int:
        if not own.market:
            return price
        slip = self.rules.slip_nanos + round(price * self.rules.slip_bps / 10_000)
        return max(1, min(price + own.request.side * slip, PRICE_MAX))

    def offer(self, own: OwnOrder, size: int) -> int:
        """An opportunity of a resting order; what filled of it."""
        if own.request.reduce_only and self.reducible(own) == 0:
            self.end(own, REPORT_NOTHING_TO_REDUCE)
            return 0
        return self.fill(own, own.request.limit, size, maker=True) if self._lucky() else 0

    def _lucky(self) -> bool:
        if self.rules.fill_chance >= 1:
            return True
        self.chances += 1
        drawn = splitmix64((self.rules.seed ^ 0x5DEECE66D) + self.chances) >> 11
        return drawn / 2**53 < self.rules.fill_chance

    def fill(self, own: OwnOrder, price: int, at_most: int, *, maker: bool) -> int:
        """Fill up to a size; less where the order only reduces. What filled."""
        only_reduces = own.request.reduce_only
        size = min(at_most, own.leaves, self.reducible(own) if only_reduces else own.leaves)
        if size > 0:
            own.leaves -= size
            position = self.position[own.request.symbol] + own.request.side * size
            self.position[own.request.symbol] = max(-SIZE_MAX, min(position, SIZE_MAX))
            self._forget_if_empty(own)
            self.tell(own, REPORT_FILL, price, size, maker)
        if only_reduces and not own.ended and self.reducible(own) == 0:
            self.end(own, REPORT_NOTHING_TO_REDUCE)
        return size

    def reducible(self, own: OwnOrder) -> int:
        return max(0, -own.request.side * self.position[own.request.symbol])

    # Ends

    def _forget_if_empty(self, own: OwnOrder) -> None:
        if own.leaves == 0:
            own.ended = True
            del self.living[own.request.order_id]

    def end(self, own: OwnOrder, why: int) -> None:
        left, own.leaves = own.leaves, 0
        self._forget_if_empty(own)
        self.tell(own, why, 0, left, False)

    def cancel(self, order_id: int) -> None:
        if order_id in self.living:
            self.end(self.living[order_id], REPORT_CANCELLED)

    def next_end_ns(self) -> int | None:
        """When the first order ends by its time."""
        return min((own.request.expires_ns for own in self.living.values() if own.request.expires_ns), default=None)

    def expire(self, at_ns: int) -> None:
        """The orders whose time this is end, by arrival."""
        timed = [own for own in self.living.values() if own.request.expires_ns == at_ns]
        for own in sorted(timed, key=lambda own: own.arrived):
            self.end(own, REPORT_EXPIRED)
