"""What no feed should say, said to every book: each is counted under its name, nothing else changes, nothing grows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from reference_market import ReferenceMarket
from tapes import Row, tape, tape_of, word
from tradetui.engine.market.kernel.book import KernelBook
from tradetui.engine.market.kernel.book_changes import BOOK_ADD, BOOK_CANCEL
from tradetui.engine.market.kernel.market import KernelMarket
from tradetui.engine.market.order_book import OrderBook
from tradetui.engine.market.simulation import (
    PRICE_MAX,
    ROW_ADD,
    ROW_CANCEL,
    ROW_CLEAR,
    ROW_DEPTH,
    ROW_EXECUTE,
    ROW_MODIFY,
    ROW_QUOTE,
    ROW_TRADE,
    SIZE_MAX,
    WOKE_BEST,
    WOKE_END,
    SimulationRules,
    Source,
)

BUY, SELL = 1, -1
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
ALL = 1 << 60
MILLION = 1_000_000
Said = tuple[str, tuple[int, ...]]  # a method of a book, and what it is told


class MarketBook:
    """The calls of a book as rows of a simulated market's tape, each played at once."""

    def __init__(self, make: Callable[[SimulationRules, int], Any]) -> None:
        self.market = make(SimulationRules(sources=("orders",), wake=0), 1)
        self.ts = 0

    def play(self, kind: int, side: int = 0, price: int = 0, size: int = 0, order_id: int = 0, ts: int = 0) -> None:
        self.market.load(tape((ts, word(kind, side), price, size, order_id, 0)))
        assert self.market.advance(ALL, ALL) == WOKE_END

    def add_order(self, order_id: int, side: int, price: int, size: int, ts: int = 0) -> None:
        self.play(ROW_ADD, side, price, size, order_id, ts)

    def modify_order(self, order_id: int, price: int, size: int, ts: int = 0) -> None:
        self.play(ROW_MODIFY, 0, price, size, order_id, ts)

    def cancel_order(self, order_id: int, ts: int = 0) -> None:
        self.play(ROW_CANCEL, 0, 0, 0, order_id, ts)

    def execute_order(self, order_id: int, size: int, ts: int = 0) -> None:
        self.play(ROW_EXECUTE, 0, 0, size, order_id, ts)

    def clear(self, ts: int = 0) -> None:
        self.play(ROW_CLEAR, ts=ts)

    def state_hash(self) -> int:
        return int(self.market.state_hash(0))

    def faults(self) -> Any:
        return self.market.faults()

    def depth(self, side: int, levels: int) -> list[tuple[int, int, int]]:
        return list(self.market.depth(0, side, levels))


BOOKS: dict[str, Callable[[], Any]] = {
    "heaps": OrderBook,
    "compiled book": KernelBook,
    "compiled market": lambda: MarketBook(KernelMarket),
    "reference market": lambda: MarketBook(ReferenceMarket),
}
BAD_SIZES = (0, -1, SIZE_MAX + 1, INT64_MAX, INT64_MIN)
BAD_PRICES = (0, -1, PRICE_MAX + 1, INT64_MAX, INT64_MIN)
BAD: list[tuple[str, Said]] = [
    *[("bad_size", ("add_order", (9, BUY, 100, size, 5))) for size in BAD_SIZES],
    *[("bad_size", ("modify_order", (1, 100, size, 5))) for size in BAD_SIZES],
    *[("bad_size", ("execute_order", (1, size, 5))) for size in (0, -1, INT64_MIN)],
    *[("bad_price", ("add_order", (9, SELL, price, 1, 5))) for price in BAD_PRICES],
    *[("bad_price", ("modify_order", (1, price, 1, 5))) for price in BAD_PRICES],
    ("duplicate_id", ("add_order", (1, BUY, 100, 1, 5))),
    ("duplicate_id", ("add_order", (1, SELL, 300, 1, 5))),
    *[("unknown_id", ("cancel_order", (order_id, 5))) for order_id in (9, 0, -1, INT64_MAX, INT64_MIN)],
    ("unknown_id", ("modify_order", (9, 100, 1, 5))),
    ("unknown_id", ("execute_order", (9, 1, 5))),
    ("bad_row", ("add_order", (9, 0, 100, 1, 5))),
    ("bad_row", ("add_order", (9, 2, 100, 1, 5))),
]


@pytest.fixture(params=list(BOOKS))
def book(request: pytest.FixtureRequest) -> Any:
    """Bids 1 (10) and 2 (20) at 100, an ask 3 (5) at 103, told at time 5."""
    book = BOOKS[request.param]()
    for order_id, side, price, size in ((1, BUY, 100, 10), (2, BUY, 100, 20), (3, SELL, 103, 5)):
        book.add_order(order_id, side, price, size, 5)
    return book


@pytest.mark.parametrize(("fault", "said"), BAD)
def test_what_cannot_be_is_counted_under_its_name_and_changes_nothing(book: Any, fault: str, said: Said) -> None:
    before = book.state_hash()
    method, words = said
    getattr(book, method)(*words)
    assert book.state_hash() == before
    assert {name: count for name, count in book.faults()._asdict().items() if count} == {fault: 1}


def test_an_id_may_be_used_again_when_its_order_is_gone(book: Any) -> None:
    book.cancel_order(1, 6)
    book.add_order(1, SELL, 104, 7, 7)
    assert book.depth(SELL, 2)[1][:2] == (104, 7)
    assert sum(book.faults()) == 0


def test_time_that_runs_backwards_is_counted_and_the_row_applied(book: Any) -> None:
    book.add_order(4, BUY, 99, 1, 4)
    book.cancel_order(3, INT64_MIN)
    assert book.faults()._asdict() == {**dict.fromkeys(book.faults()._fields, 0), "time_backwards": 2}
    assert [level[:2] for level in book.depth(BUY, 9)] == [(100, 30), (99, 1)]
    assert book.depth(SELL, 9) == []


@pytest.mark.parametrize("name", list(BOOKS)[:3])
def test_bad_rows_without_end_are_counted_and_take_no_memory(name: str) -> None:
    book = BOOKS[name]()
    book.add_order(1, BUY, 100, 10, 5)
    memory, rounds = held(book), 50
    for round_ in range(rounds):
        for _, (method, words) in BAD:
            getattr(book, method)(*words)
        book.cancel_order(1_000 + round_, 5)
    assert sum(book.faults()) == rounds * (len(BAD) + 1)
    assert held(book) == memory
    assert [level[:2] for level in book.depth(BUY, 9)] == [(100, 10)]


def held(book: Any) -> int:
    """How much a book keeps: words of the compiled ones, entries of the other."""
    if isinstance(book, OrderBook):
        return len(book._orders) + sum(len(half.heap) + len(half.levels) for half in (book._bids, book._asks))
    arena = book.market._arena if isinstance(book, MarketBook) else book._arena
    return len(arena.mem)


# A feed that stops


@pytest.mark.parametrize("make", [KernelMarket, ReferenceMarket])
def test_a_feed_that_stops_in_the_middle_of_a_message_leaves_what_was_told(make: Any) -> None:
    market = make(SimulationRules(sources=("orders",), wake=WOKE_BEST), 1)
    whole = [(7, word(ROW_ADD, BUY), 100, 10, 1, 0), (7, word(ROW_ADD, BUY), 101, 10, 2, 0)]
    market.load(tape_of([*whole, (7, word(ROW_CANCEL), 0, 0, 1, 0)])[:2].copy())  # the third row never comes
    assert market.advance(ALL, ALL) == WOKE_END
    assert market.depth(0, BUY, 9) == [(101, 10, 1), (100, 10, 1)]
    assert (market.finish(), market.finish()) == (WOKE_BEST, WOKE_END)
    assert sum(market.faults()) == 0


@pytest.mark.parametrize("make", [KernelMarket, ReferenceMarket])
@pytest.mark.parametrize("source", ["orders", "depth", "quotes", "trades"])
def test_rows_of_every_kind_full_of_nonsense_are_survived_and_counted(make: Any, source: Source) -> None:
    words = (INT64_MIN, -1, 0, 1, PRICE_MAX, PRICE_MAX + 1, INT64_MAX)
    rows: list[Row] = []
    for kind in range(16):
        for side in (-1, 0, 1, 2):
            for n, price in enumerate(words):
                size, order_id, extra = words[(n + side) % 7], words[(n + kind) % 7], words[(n * 3 + kind) % 7]
                rows.append((words[(n * kind) % 7], word(kind, side, (kind + n) % 3), price, size, order_id, extra))
    market = make(SimulationRules(sources=(source, source)), 2)
    market.load(tape_of(rows))
    assert market.advance(ALL, ALL) == WOKE_END
    assert market.row == len(rows)
    faults = market.faults()
    assert faults.bad_row > 100
    assert faults.bad_price > 0
    assert faults.bad_size > 0
    assert faults.time_backwards > 100
    assert 0 <= market.now_ns <= PRICE_MAX


def test_the_kinds_that_a_source_does_not_take_are_no_fault() -> None:
    market = KernelMarket(SimulationRules(sources=("trades",)), 1)
    market.load(tape((1, word(ROW_DEPTH, BUY), -5, -5, 0, 0), (2, word(ROW_QUOTE), -5, -5, 0, 0)))
    market.advance(ALL, ALL)
    assert sum(market.faults()) == 0
    market.load(tape((3, word(ROW_TRADE), -5, 1, 0, 0)))
    market.advance(ALL, ALL)
    assert market.faults().bad_price == 1


# A million levels


def sparse_prices() -> Any:
    return np.random.default_rng(1).permutation(MILLION) * 1_000_003 + 1


@pytest.mark.slow
def test_a_million_sparse_levels_keep_their_order_and_their_memory() -> None:
    prices = sparse_prices()
    book = KernelBook()
    rows = np.zeros((MILLION, 6), np.int64)
    rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3], rows[:, 4] = BOOK_ADD, np.arange(MILLION), SELL, prices, 1
    book.apply(rows)
    assert [level.price for level in book.depth(SELL, MILLION + 1)] == np.sort(prices).tolist()
    words = held(book)
    assert words < 80 * MILLION  # a level, an order, their places in the hash maps, and as much again to grow into
    again = rows[:100_000].copy()
    rows[:, 0] = BOOK_CANCEL
    book.apply(rows[::2].copy())
    assert [level.price for level in book.depth(SELL, MILLION)] == np.sort(prices[1::2]).tolist()
    book.apply(rows[1::2].copy())
    assert (len(book), book.get_best_ask()) == (0, None)
    book.apply(again)  # in what the others left
    assert (len(book), held(book), sum(book.faults())) == (len(again), words, 0)


@pytest.mark.slow
def test_a_market_of_a_million_levels_is_played_and_emptied() -> None:
    prices = sparse_prices()
    rows = np.zeros((MILLION, 6), np.int64)
    rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3] = 1, word(ROW_DEPTH, BUY), prices, 1
    market = KernelMarket(SimulationRules(sources=("depth",)), 1)
    market.load(rows)
    assert market.advance(ALL, ALL) == WOKE_END
    assert [price for price, _, _ in market.depth(0, BUY, 5)] == np.sort(prices)[::-1][:5].tolist()
    words = len(market._arena.mem)
    rows[:, 3] = 0
    market.load(rows)
    assert market.advance(ALL, ALL) == WOKE_END
    assert market.depth(0, BUY, 5) == []
    assert (sum(market.faults()), len(market._arena.mem)) == (0, words)


@pytest.mark.slow
def test_the_book_of_heaps_holds_a_million_levels_too() -> None:
    prices = sparse_prices().tolist()
    book = OrderBook()
    for order_id, price in enumerate(prices):
        book.add_order(order_id, BUY, price, 1)
    assert [level.price for level in book.depth(BUY, 3)] == sorted(prices)[:-4:-1]
    assert book.count_levels(BUY) == MILLION
    for order_id in range(MILLION):
        book.cancel_order(order_id)
    assert held(book) <= 200  # of dead levels
    assert (len(book), book.get_best_bid(), sum(book.faults())) == (0, None, 0)
