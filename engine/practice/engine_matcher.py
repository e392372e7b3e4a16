"""Orders of the account in our own matching engine, among the market's: one engine a symbol.

Each displayed level is orders of the owner "market". A level that grows gets another order at the end of its queue; one
that shrinks loses its last ones, so that what left is taken to have stood behind ours. What the account took of a level
stays displayed in a recording: it is remembered, at most to the level's size, as long as the level stands. A trade of
the tape arrives as an order of the owner "tape" that takes what stands in its way, ours included, and leaves no rest.
What is left of a market order waits, and takes again when the display changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from tradetui.engine.market.matching_engine import MatchingEngine
from tradetui.engine.market.matching_words import Cancelled, NewOrder, Reason, Rejected
from tradetui.engine.market.matching_words import Execution as EngineExecution
from tradetui.engine.market.matching_words import Outcome as EngineOutcome
from tradetui.engine.model.instrument import decimal_from_nanos, nanos_from_decimal
from tradetui.engine.model.orders import TimeInForce
from tradetui.engine.practice.matcher import Levels
from tradetui.engine.practice.words import Ended, Execution, Outcome

ACCOUNT, MARKET, TAPE = "account", "market", "tape"


class _Level(msgspec.Struct):
    """A displayed level: the market's orders in it, oldest first, and what the account took of it."""

    orders: list[int] = []
    taken: int = 0


class _Symbol:
    """One symbol's engine with the market in it."""

    def __init__(self) -> None:
        self.engine = MatchingEngine()
        self.levels: dict[tuple[int, int], _Level] = {}  # (side, price)
        self.places: dict[int, tuple[int, int]] = {}  # of the market's orders
        self.waiting: dict[str, tuple[int, int]] = {}  # rests of market orders: side, quantity
        self.names: dict[int, str] = {}  # the account's orders by the engine's number

    def busy(self) -> bool:
        return bool(self.names or self.waiting) or any(level.taken for level in self.levels.values())


class EngineMatcher:
    """The account's orders and the market's, matched by price and time."""

    def __init__(self) -> None:
        self._symbols: dict[str, _Symbol] = {}
        self._numbers: dict[str, tuple[_Symbol, int]] = {}
        self._count = 0

    def interested(self, symbol: str) -> bool:
        book = self._symbols.get(symbol)
        return book is not None and book.busy()

    def display(self, symbol: str, bids: Levels, asks: Levels, ts_ns: int) -> list[Outcome]:
        book = self._symbols.setdefault(symbol, _Symbol())
        wanted = {
            (side, nanos_from_decimal(price)): nanos_from_decimal(size)
            for side, levels in ((1, bids), (-1, asks))
            for price, size in levels
        }
        outcomes: list[Outcome] = []
        for key in [key for key in book.levels if key not in wanted]:
            self._shrink(book, book.levels[key], 0, ts_ns)
            del book.levels[key]
        for key, size in wanted.items():
            level = book.levels.setdefault(key, _Level())
            level.taken = min(level.taken, size)
            self._shrink(book, level, size - level.taken, ts_ns)
        for (side, price), size in wanted.items():
            outcomes += self._grow(book, side, price, size, ts_ns)
        for order_id, (side, qty) in list(book.waiting.items()):
            outcomes += self._send(book, order_id, side, qty, None, "ioc", ts_ns)
        return outcomes

    def print_trade(self, symbol: str, side: int, price: Decimal, size: Decimal, ts_ns: int) -> list[Outcome]:
        book = self._symbols.setdefault(symbol, _Symbol())
        self._count += 1
        order = NewOrder(
            order_id=self._count,
            owner=TAPE,
            side=side,
            quantity=nanos_from_decimal(size),
            type="limit",
            limit=nanos_from_decimal(price),
            time_in_force="ioc",
        )
        return self._told(book, book.engine.submit(order, ts_ns))

    def place(
        self, order_id: str, symbol: str, side: int, qty: Decimal, limit: Decimal | None, ts_ns: int
    ) -> list[Outcome]:
        book = self._symbols.setdefault(symbol, _Symbol())
        quantity = nanos_from_decimal(qty)
        if limit is None:
            book.waiting[order_id] = (side, quantity)
        return self._send(book, order_id, side, quantity, limit, "gtc" if limit is not None else "ioc", ts_ns)

    def take(
        self, order_id: str, symbol: str, side: int, qty: Decimal, limit: Decimal | None, whole: bool, ts_ns: int
    ) -> list[Outcome]:
        book = self._symbols.setdefault(symbol, _Symbol())
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

    def _grow(self, book: _Symbol, side: int, price: int, size: int, ts_ns: int) -> list[Outcome]:
        level = book.levels[side, price]
        more = size - level.taken - self._size(book, level)
        if more <= 0:
            return []
        self._count += 1
        order = NewOrder(
            order_id=self._count, owner=MARKET, side=side, quantity=more, type="limit", limit=price, time_in_force="gtc"
        )
        book.places[self._count] = (side, price)
        level.orders.append(self._count)
        outcomes = self._told(book, book.engine.submit(order, ts_ns))
        if book.engine.order(order.order_id) is None and order.order_id in level.orders:
            level.orders.remove(order.order_id)
            del book.places[order.order_id]
        return outcomes

    def _shrink(self, book: _Symbol, level: _Level, size: int, ts_ns: int) -> None:
        """Take the market's last orders of a level until no more than `size` is left."""
        over = self._size(book, level) - max(size, 0)
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
            if place is not None and traded.taker_id in book.names and place in book.levels:
                book.levels[place].taken += traded.quantity
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
