"""Orders of the account in our own matching engine, among the market's: one engine a symbol.

Each displayed level is orders of the owner "market". A level that grows gets another order at the end of its queue; one
that shrinks loses its last ones, so that what left is taken to have stood behind ours. What the account took of a level
stays displayed in a recording: it is remembered, at most to the level's size, as long as the level stands. A trade of
the tape arrives as an order of the owner "tape" that takes what stands in its way, ours included, and leaves no rest.
What is left of a market order waits, and takes again when the display changes. Where the display is locked or crossed,
the side that came later is not there until the other one has gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from tradetui.engine.market.matching_engine import MatchingEngine
from tradetui.engine.market.matching_words import Cancelled, NewOrder, Reason, Rejected
from tradetui.engine.market.matching_words import Execution as EngineExecution
from tradetui.engine.market.matching_words import Outcome as EngineOutcome
from tradetui.engine.model.instrument import decimal_from_nanos, nanos_from_decimal
from tradetui.engine.model.orders import TimeInForce
from tradetui.engine.practice.matcher import Change
from tradetui.engine.practice.words import Ended, Execution, Outcome

ACCOUNT, MARKET, TAPE = "account", "market", "tape"


class _Level(msgspec.Struct):
    """A displayed level: the market's orders in it, oldest first, and what the account took of it."""

    orders: list[int] = []
    shown: int = 0  # what the market displays there
    taken: int = 0


class _Symbol:
    """One symbol's engine with the market in it."""

    def __init__(self) -> None:
        self.engine = MatchingEngine()
        self.levels: dict[tuple[int, int], _Level] = {}  # (side, price)
        self.places: dict[int, tuple[int, int]] = {}  # of the market's orders
        self.waiting: dict[str, tuple[int, int]] = {}  # rests of market orders: side, quantity
        self.names: dict[int, str] = {}  # the account's orders by the engine's number
        self.stale: dict[tuple[int, int], None] = {}  # levels whose orders are not what is displayed
        self.levels_taken = 0

    def busy(self) -> bool:
        return bool(self.names or self.waiting or self.levels_taken)


class EngineMatcher:
    """The account's orders and the market's, matched by price and time."""

    def __init__(self) -> None:
        self._symbols: dict[str, _Symbol] = {}
        self._numbers: dict[str, tuple[_Symbol, int]] = {}
        self._count = 0

    def interested(self, symbol: str) -> bool:
        book = self._symbols.get(symbol)
        return book is not None and book.busy()

    def display(self, symbol: str, changes: Sequence[Change], whole: bool, ts_ns: int) -> list[Outcome]:
        book = self._book(symbol)
        if whole:
            shown = {(side, price) for side, price, _ in changes}
            changes = [*((*key, 0) for key in book.levels if key not in shown), *changes]
        for side, price, size in changes:
            self._show(book, (side, price), size, ts_ns)
        outcomes = self._refill_all(book, ts_ns)
        for order_id, (side, qty) in list(book.waiting.items()):
            outcomes += self._send(book, order_id, side, qty, None, "ioc", ts_ns)
        return outcomes

    def print_trade(self, symbol: str, side: int, price: int, size: int, ts_ns: int) -> list[Outcome]:
        book = self._book(symbol)
        self._count += 1
        order = NewOrder(
            order_id=self._count,
            owner=TAPE,
            side=side,
            quantity=size,
            type="limit",
            limit=price,
            time_in_force="ioc",
        )
        return self._told(book, book.engine.submit(order, ts_ns)) + self._refill_all(book, ts_ns)

    def place(
        self, order_id: str, symbol: str, side: int, qty: Decimal, limit: Decimal | None, ts_ns: int
    ) -> list[Outcome]:
        book = self._book(symbol)
        quantity = nanos_from_decimal(qty)
        if limit is None:
            book.waiting[order_id] = (side, quantity)
        return self._send(book, order_id, side, quantity, limit, "gtc" if limit is not None else "ioc", ts_ns)

    def take(
        self, order_id: str, symbol: str, side: int, qty: Decimal, limit: Decimal | None, whole: bool, ts_ns: int
    ) -> list[Outcome]:
        book = self._book(symbol)
        return self._send(book, order_id, side, nanos_from_decimal(qty), limit, "fok" if whole else "ioc", ts_ns)

    def remove(self, order_id: str) -> None:
        for book in self._symbols.values():
            book.waiting.pop(order_id, None)
        found = self._numbers.pop(order_id, None)
        if found is not None:
            book, number = found
            book.names.pop(number, None)
            if book.engine.order(number) is not None:
                book.engine.cancel(number, book.engine.now_ns)

    def resize(self, order_id: str, qty: Decimal) -> None:
        found = self._numbers.get(order_id)
        if found is None:
            return
        book, number = found
        order = book.engine.order(number)
        if order is not None:
            book.engine.replace(number, book.engine.now_ns, quantity=order.filled + nanos_from_decimal(qty))

    def _book(self, symbol: str) -> _Symbol:
        book = self._symbols.get(symbol)
        if book is None:
            book = self._symbols[symbol] = _Symbol()
        return book

    def _send(
        self, book: _Symbol, order_id: str, side: int, qty: int, limit: Decimal | None, force: TimeInForce, ts_ns: int
    ) -> list[Outcome]:
        self._count += 1
        number = self._count
        book.names[number] = order_id
        order = NewOrder(
            order_id=number,
            owner=ACCOUNT,
            side=side,
            quantity=qty,
            type="market" if limit is None else "limit",
            limit=0 if limit is None else nanos_from_decimal(limit),
            time_in_force=force,
        )
        outcomes = self._told(book, book.engine.submit(order, ts_ns), number)
        if book.engine.order(number) is None:
            book.names.pop(number, None)
        else:
            self._numbers[order_id] = (book, number)
        return outcomes

    def _show(self, book: _Symbol, key: tuple[int, int], size: int, ts_ns: int) -> None:
        """A level is of another size: what is too much goes at once, what is missing is only noted."""
        level = book.levels.get(key)
        if level is None:
            if not size:
                return
            level = book.levels[key] = _Level()
        level.shown = size
        if level.taken > size:
            book.levels_taken -= level.taken > 0 and not size
            level.taken = size
        over = self._size(book, level) - (size - level.taken)
        if over > 0:
            self._shrink(book, level, over, ts_ns)
        if not size:
            del book.levels[key]
            book.stale.pop(key, None)
        elif over < 0:
            book.stale[key] = None

    def _refill_all(self, book: _Symbol, ts_ns: int) -> list[Outcome]:
        return [outcome for key in list(book.stale) for outcome in self._refill(book, key, ts_ns)]

    def _refill(self, book: _Symbol, key: tuple[int, int], ts_ns: int) -> list[Outcome]:
        """Put what is missing at a level at the end of its queue, unless the other side stands in its way for now."""
        level = book.levels[key]
        more = level.shown - level.taken - self._size(book, level)
        if more <= 0:
            del book.stale[key]
            return []
        side, price = key
        self._count += 1
        order = NewOrder(
            order_id=self._count, owner=MARKET, side=side, quantity=more, type="limit", limit=price, time_in_force="gtc"
        )
        book.places[self._count] = key
        level.orders.append(self._count)
        outcomes = self._told(book, book.engine.submit(order, ts_ns))
        if book.engine.order(order.order_id) is None:
            level.orders.remove(order.order_id)
            del book.places[order.order_id]
        elif not outcomes:
            book.stale.pop(key, None)
        return outcomes

    def _shrink(self, book: _Symbol, level: _Level, over: int, ts_ns: int) -> None:
        """Take the market's last orders of a level away."""
        while over > 0 and level.orders:
            number = level.orders[-1]
            order = book.engine.order(number)
            left = 0 if order is None else order.left
            if order is None or left <= over:
                level.orders.pop()
                book.places.pop(number, None)
                if order is not None:
                    book.engine.cancel(number, ts_ns)
            else:
                book.engine.replace(number, ts_ns, quantity=order.quantity - over)
            over -= min(left, over)

    def _size(self, book: _Symbol, level: _Level) -> int:
        found = (book.engine.order(number) for number in level.orders)
        return sum(order.left for order in found if order is not None)

    def _told(self, book: _Symbol, outcomes: Iterable[EngineOutcome], arriving: int = 0) -> list[Outcome]:
        told: list[Outcome] = []
        for outcome in outcomes:
            name = book.names.get(outcome.order_id)
            if isinstance(outcome, EngineExecution):
                self._traded(book, outcome, name, told)
            elif name is not None and _ended_by_venue(outcome):
                self.remove(name)
                told.append(Ended(name))
        return told

    def _traded(self, book: _Symbol, traded: EngineExecution, name: str | None, told: list[Outcome]) -> None:
        if name is None:
            place = book.places.get(traded.order_id)
            level = None if place is None else book.levels.get(place)
            if place is None or level is None:
                return
            if traded.maker_id in book.names or traded.taker_id in book.names:
                book.levels_taken += not level.taken
                level.taken += traded.quantity
            else:
                book.stale[place] = None  # the tape's own: the display says itself what is left
            return
        told.append(Execution(name, decimal_from_nanos(traded.quantity), decimal_from_nanos(traded.price)))
        if name in book.waiting:
            side, qty = book.waiting.pop(name)
            if qty > traded.quantity:
                book.waiting[name] = (side, qty - traded.quantity)
        elif not traded.left:
            book.names.pop(traded.order_id, None)
            self._numbers.pop(name, None)


def _ended_by_venue(outcome: EngineOutcome) -> bool:
    if isinstance(outcome, Rejected):
        return outcome.request == "submit"
    return isinstance(outcome, Cancelled) and outcome.reason in (Reason.SELF_TRADE, Reason.PASSED_BY)
