"""What each row of the tape does to the market's book and offers to own orders. Slow, obvious, for comparison."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from reference_book import ReferenceBook, better
from reference_orders import MARKET, STOP, TRIGGERED, OwnOrder, ReferenceOrders
from tradetui.engine.market.simulation import (
    PRICE_MAX,
    ROW_ADD,
    ROW_CANCEL,
    ROW_CLEAR,
    ROW_DEPTH,
    ROW_DEPTH_CLEAR,
    ROW_EXECUTE,
    ROW_MODIFY,
    ROW_QUOTE,
    ROW_TRADE,
    SIDE_SHIFT,
    SIZE_MAX,
    SYMBOL_SHIFT,
    TS_MAX,
    SimulationRules,
)

TAKEN_BY = {
    "orders": (ROW_ADD, ROW_CANCEL, ROW_MODIFY, ROW_EXECUTE, ROW_CLEAR),
    "depth": (ROW_DEPTH, ROW_DEPTH_CLEAR),
    "quotes": (ROW_QUOTE,),
    "trades": (),
}
ANY = range(-(2**63), 2**63)
PRICES, SIZES = range(1, PRICE_MAX + 1), range(1, SIZE_MAX + 1)
RIGHT = {  # what prices and sizes of a kind may be; not named: anything
    ROW_ADD: (PRICES, SIZES),
    ROW_MODIFY: (PRICES, SIZES),
    ROW_EXECUTE: (ANY, range(1, 2**63)),
    ROW_DEPTH: (PRICES, range(SIZE_MAX + 1)),
    ROW_TRADE: (PRICES, SIZES),
    ROW_QUOTE: (range(PRICE_MAX + 1), range(SIZE_MAX + 1)),
}


class Row(NamedTuple):
    """A row of the tape, its word taken apart; side code 3 is a side of 2."""

    ts: int
    kind: int
    side: int
    symbol: int
    price: int
    size: int
    id: int
    extra: int


class Print(NamedTuple):
    """A trade of a symbol; `side` is the aggressor's."""

    price: int
    size: int
    side: int


class Played(NamedTuple):
    """What became of a row: it was of the book and applied; the trade that it told."""

    book: bool
    trade: Print | None


NOTHING = Played(False, None)


def row_of(numbers: list[int]) -> Row:
    ts, word, price, size, order_id, extra = numbers
    ts = ts if ts <= TS_MAX else -1
    return Row(ts, word & 15, (word >> SIDE_SHIFT & 3) - 1, word >> SYMBOL_SHIFT, price, size, order_id, extra)


class ReferenceRows:
    """Plays rows into books and own orders; counts what cannot mean what it says."""

    def __init__(self, rules: SimulationRules, books: list[ReferenceBook], orders: ReferenceOrders) -> None:
        self.rules, self.books, self.orders = rules, books, orders
        self.faults: Counter[str] = Counter()
        self.has_trades = rules.trade_symbols or tuple(source != "orders" for source in rules.sources)

    def play(self, row: Row) -> Played:
        fault = self._fault_of(row)
        if fault:
            self.faults[fault] += 1
            return NOTHING
        book_row = row.kind in TAKEN_BY[self.rules.sources[row.symbol]]
        if book_row:
            trade = self._play_book(row)
        elif row.kind == ROW_TRADE and self.has_trades[row.symbol]:
            trade = Print(row.price, row.size, row.side)
            self._play_trade(row.symbol, trade)
        else:
            return NOTHING
        triggered = self._triggered(row.symbol, trade)
        for own in self.orders.in_state(row.symbol, MARKET):
            self.orders.take(own)
        for own in triggered:
            own.state = TRIGGERED
        self.orders.triggered += triggered
        return Played(book_row, trade)

    # Faults

    def _fault_of(self, row: Row) -> str:
        """The first thing that keeps a row from meaning what it says."""
        if self._out_of_range(row):
            return "bad_row"
        if row.kind != ROW_TRADE and row.kind not in TAKEN_BY[self.rules.sources[row.symbol]]:
            return ""  # passed over
        if row.kind == ROW_TRADE and not self.has_trades[row.symbol]:
            return ""
        wrong = self._wrong_number(row)
        if wrong:
            return wrong
        known = row.id in self.books[row.symbol].place
        if row.kind == ROW_ADD and known:
            return "duplicate_id"
        if row.kind in (ROW_CANCEL, ROW_MODIFY, ROW_EXECUTE) and not known:
            return "unknown_id"
        if row.kind in (ROW_ADD, ROW_MODIFY) and self._level_would_hold(row) > SIZE_MAX:
            return "bad_size"
        return ""

    def _wrong_number(self, row: Row) -> str:
        """A price or a size that no row of its kind can have."""
        prices: tuple[int, ...] = (row.price,)
        sizes: tuple[int, ...] = (row.size,)
        if row.kind == ROW_QUOTE:
            prices, sizes = (row.price, row.id), (row.size, row.extra)
        right_prices, right_sizes = RIGHT.get(row.kind, (ANY, ANY))
        if any(price not in right_prices for price in prices):
            return "bad_price"
        return "bad_size" if any(size not in right_sizes for size in sizes) else ""

    def _level_would_hold(self, row: Row) -> int:
        """The size of a price after an order has come there, or has become another."""
        book = self.books[row.symbol]
        if row.kind == ROW_ADD:
            return book.size(row.side, row.price) + row.size
        side, price = book.place[row.id]
        return book.size(side, row.price) - (book.has(row.id) if price == row.price else 0) + row.size

    def _out_of_range(self, row: Row) -> bool:
        return (
            not 0 <= row.symbol < len(self.books)
            or not ROW_ADD <= row.kind <= ROW_QUOTE
            or row.side not in (-1, 0, 1)
            or (row.kind in (ROW_ADD, ROW_DEPTH) and row.side == 0)
        )

    # The book's rows

    def _play_book(self, row: Row) -> Print | None:
        """The trade that an EXECUTE tells where there are no rows of trades."""
        book = self.books[row.symbol]
        if row.kind == ROW_ADD:
            book.add(row.id, row.side, row.price, row.size, self.orders.next_count())
            self._would_have_met(row.symbol, row.side, row.price, row.size, None)
        elif row.kind == ROW_CANCEL:
            book.shrink(row.id, 0)
        elif row.kind == ROW_MODIFY:
            self._modify(row, book)
        elif row.kind == ROW_EXECUTE:
            return self._execute(row, book)
        elif row.kind in (ROW_CLEAR, ROW_DEPTH_CLEAR):
            book.clear()
            for own in [*self.orders.resting(row.symbol, 1), *self.orders.resting(row.symbol, -1)]:
                own.ahead = None if own.ahead is None else 0
        elif row.kind == ROW_DEPTH:
            self._depth(row, book)
        else:
            self._quote(row, book)
        return None

    def _modify(self, row: Row, book: ReferenceBook) -> None:
        side, price = book.place[row.id]
        if price == row.price and row.size <= book.has(row.id):
            book.shrink(row.id, row.size)
            return
        book.move(row.id, row.price, row.size, self.orders.next_count())
        self._would_have_met(row.symbol, side, row.price, row.size, price)

    def _would_have_met(self, symbol: int, side: int, price: int, size: int, was: int | None) -> None:
        """An order of the market that comes to a price meets own ones of the other side, which `was` did not reach."""
        offered_to = [
            own
            for own in self.orders.resting(symbol, -side)
            if self.orders.within(own, price) and (was is None or not self.orders.within(own, was))
        ]
        self._offer_level(symbol, side, price, size, offered_to)

    def _offer_level(self, symbol: int, side: int, price: int, size: int, offered_to: list[OwnOrder]) -> None:
        """What own orders fill of a displayed level counts as taken from it."""
        left = size
        for own in offered_to:
            if left > 0:
                filled = self.orders.offer(own, left)
                self.books[symbol].take(side, price, filled)
                left -= filled

    def _execute(self, row: Row, book: ReferenceBook) -> Print | None:
        """An order is executed; own orders that stood before it would have been, in its stead."""
        side, price = book.place[row.id]
        has, entered = book.has(row.id), book.entered[row.id]
        if row.size > has:
            self.faults["bad_size"] += 1
        size = min(row.size, has)
        before_it = [
            own
            for own in self.orders.resting(row.symbol, side)
            if better(side, own.request.limit, price) or (own.request.limit == price and own.since < entered)
        ]
        book.shrink(row.id, has - size)
        left = size
        for own in before_it:
            if left > 0:
                left -= self.orders.offer(own, left)
        return None if self.has_trades[row.symbol] else Print(price, size, -side)

    def _depth(self, row: Row, book: ReferenceBook) -> None:
        self._queue_moves(row.symbol, row.side, row.price, row.size)
        book.set_level(row.side, row.price, row.size)
        self._offer_display(row.symbol, row.side, row.price)

    def _queue_moves(self, symbol: int, side: int, price: int, new: int) -> None:
        """A level is about to have another size: what went and was not traded stood somewhere around own orders."""
        book = self.books[symbol]
        old = book.size(side, price)
        cancelled = max(0, old - new - book.traded.get((side, price), 0))
        for own in self.orders.resting(symbol, side):
            if own.request.limit != price or own.ahead is None:
                continue
            if self.rules.cancel_ahead == "front":
                own.ahead = max(0, own.ahead - cancelled)
            elif self.rules.cancel_ahead == "proportional" and old:
                own.ahead -= cancelled * own.ahead // old
            own.ahead = max(0, min(own.ahead, new))

    def _offer_display(self, symbol: int, side: int, price: int) -> None:
        """A displayed level fills own orders of the other side that reach it."""
        reached = [own for own in self.orders.resting(symbol, -side) if self.orders.within(own, price)]
        self._offer_level(symbol, side, price, self.books[symbol].shown(side, price), reached)

    def _quote(self, row: Row, book: ReferenceBook) -> None:
        for side, price, size in ((1, row.price, row.size), (-1, row.id, row.extra)):
            if price == 0 or size == 0:
                price, size = 0, 0
            self._best_moves(row.symbol, side, price, size)
            book.set_best(side, price, size)
            if price:
                self._offer_display(row.symbol, side, price)

    def _best_moves(self, symbol: int, side: int, price: int, size: int) -> None:
        """The best of a side is about to be another; 0 for none."""
        if price and self.books[symbol].best_price(side) == price:
            self._queue_moves(symbol, side, price, size)
        for own in self.orders.resting(symbol, side):
            if price == 0 or better(side, own.request.limit, price):
                own.ahead = 0
            elif own.request.limit == price:
                own.ahead = size if own.ahead is None else min(own.ahead, size)

    # Trades

    def _play_trade(self, symbol: int, trade: Print) -> None:
        source = self.rules.sources[symbol]
        if source == "trades":
            self._trade_alone(symbol, trade)
        elif source != "orders":
            for side in (1, -1):
                if trade.side != side:
                    self._trade_hits(symbol, side, trade)

    def _trade_alone(self, symbol: int, trade: Print) -> None:
        left = {1: trade.size, -1: trade.size}
        for own in self.orders.in_state(symbol, MARKET):
            side = own.request.side
            if left[side] > 0:
                left[side] -= self.orders.fill(own, self.orders.slipped(own, trade.price), left[side], maker=False)
        for own in [*self.orders.resting(symbol, 1), *self.orders.resting(symbol, -1)]:
            side, limit = own.request.side, own.request.limit
            reached = better(side, limit, trade.price) or (self.rules.touch and limit == trade.price)
            if reached and left[side] > 0:
                left[side] -= self.orders.offer(own, left[side])

    def _trade_hits(self, symbol: int, side: int, trade: Print) -> None:
        """A trade that may have been against what rests on `side`."""
        self.books[symbol].count_trade(side, trade.price, trade.size)
        left = trade.size
        for own in self.orders.resting(symbol, side):
            if better(side, own.request.limit, trade.price):
                filled = self.orders.offer(own, left) if left > 0 else 0
                if filled or left == 0:
                    own.ahead = 0
                left -= filled
            elif own.request.limit == trade.price and own.ahead is not None:
                if left <= own.ahead:
                    own.ahead -= left
                    continue
                filled = self.orders.offer(own, left - own.ahead)
                if filled:
                    own.ahead = 0
                left -= filled

    # Stops

    def _triggered(self, symbol: int, trade: Print | None) -> list[OwnOrder]:
        """Waiting stops that a row triggers, by arrival."""
        by_best = not self.has_trades[symbol] and self.rules.sources[symbol] != "orders"
        found = []
        for own in sorted(self.orders.in_state(symbol, STOP), key=lambda own: own.arrived):
            price = self.books[symbol].best_price(-own.request.side) if by_best else (trade and trade.price)
            if price is not None and not better(own.request.side, own.request.stop, price):
                found.append(own)
        return found
