"""What the market shows now: books, last trades, halts. Prices of the feed are integers, those given out Decimals."""

from __future__ import annotations

from decimal import Decimal
from heapq import nlargest, nsmallest

import msgspec

from tradetui.engine.model.instrument import decimal_from_nanos
from tradetui.engine.practice.matcher import Change
from tradetui.engine.practice.words import BUY

Side = dict[int, int]  # price -> size, nanos


class Book(msgspec.Struct):
    """The displayed levels of a symbol; from quotes it has one a side."""

    bids: Side = {}
    asks: Side = {}
    ts_ns: int = 0

    def best(self, side: int) -> tuple[int, int] | None:
        """Price and size of the best level of a side, +1 for bids."""
        levels = self.bids if side == BUY else self.asks
        if not levels:
            return None
        price = max(levels) if side == BUY else min(levels)
        return price, levels[price]

    def levels(self, side: int, count: int) -> list[tuple[int, int]]:
        """The best levels of a side, best first."""
        if side == BUY:
            return nlargest(count, self.bids.items())
        return nsmallest(count, self.asks.items())


class LastTrade(msgspec.Struct, frozen=True):
    """Price and size in nanos; side of the taker, 0 unknown."""

    price: int
    size: int
    side: int
    ts_ns: int
    number: int


class Prices:
    """The market as the exchange sees it."""

    def __init__(self) -> None:
        self.books: dict[str, Book] = {}
        self.last: dict[str, LastTrade] = {}
        self.marks: dict[str, Decimal] = {}  # where nothing has traded or been quoted yet
        self.halted: set[str] = set()

    def book(self, symbol: str) -> Book:
        """The book of a symbol, empty at first."""
        return self.books.setdefault(symbol, Book())

    def quote(self, symbol: str, bid: int, bid_size: int, ask: int, ask_size: int, ts_ns: int) -> list[Change]:
        """The best of both sides; 0 where a side is empty. Gives what changed, levels that went first."""
        book = self.book(symbol)
        bids = {bid: bid_size} if bid and bid_size else {}
        asks = {ask: ask_size} if ask and ask_size else {}
        gone = [(1, price, 0) for price in book.bids if price not in bids]
        gone += [(-1, price, 0) for price in book.asks if price not in asks]
        new = [(1, price, size) for price, size in bids.items() if book.bids.get(price) != size]
        new += [(-1, price, size) for price, size in asks.items() if book.asks.get(price) != size]
        book.bids, book.asks, book.ts_ns = bids, asks, ts_ns
        return gone + new

    def level(self, symbol: str, side: int, price: int, size: int, ts_ns: int) -> None:
        """One level is now of this size; 0 for gone."""
        book = self.book(symbol)
        levels = book.bids if side == BUY else book.asks
        if size:
            levels[price] = size
        else:
            levels.pop(price, None)
        book.ts_ns = ts_ns

    def trade(self, symbol: str, price: int, size: int, side: int, ts_ns: int) -> None:
        """A trade was printed."""
        before = self.last.get(symbol)
        self.last[symbol] = LastTrade(price, size, side, ts_ns, 1 if before is None else before.number + 1)

    def bid(self, symbol: str) -> Decimal | None:
        """Best bid."""
        return self._best(symbol, 1)

    def ask(self, symbol: str) -> Decimal | None:
        """Best ask."""
        return self._best(symbol, -1)

    def mid(self, symbol: str) -> Decimal | None:
        """The middle, where both sides are shown."""
        bid, ask = self.bid(symbol), self.ask(symbol)
        return None if bid is None or ask is None else (bid + ask) / 2

    def price(self, symbol: str) -> Decimal | None:
        """What one unit is worth: the last trade, else the middle, else the mark."""
        last = self.last.get(symbol)
        if last is not None:
            return decimal_from_nanos(last.price)
        mid = self.mid(symbol)
        return self.marks.get(symbol) if mid is None else mid

    def displayed(self, symbol: str) -> list[Change]:
        """All levels of both sides."""
        book = self.book(symbol)
        return [(1, *level) for level in book.bids.items()] + [(-1, *level) for level in book.asks.items()]

    def best(self, symbol: str, side: int) -> tuple[int, int] | None:
        """Price and size of the best level of a side in nanos."""
        book = self.books.get(symbol)
        return None if book is None else book.best(side)

    def _best(self, symbol: str, side: int) -> Decimal | None:
        best = self.best(symbol, side)
        return None if best is None else decimal_from_nanos(best[0])
