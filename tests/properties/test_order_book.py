"""The order book against sorted lists: whatever is said to both, both answer the same."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from book_mix import BookMix
from sorted_book import SortedBook
from tradetui.engine.market.book_words import BookOrder
from tradetui.engine.market.order_book import OrderBook

SIDES = st.sampled_from((1, -1))
IDS = st.integers(1, 12)
PRICES = st.integers(98, 103)
SIZES = st.integers(1, 6)
LARGE = SIZES | st.sampled_from((2**61, 2**62 - 7, 2**62 - 1))  # a level may be full
ODD = st.sampled_from((-(2**70), -1, 0, 1, 2**61, 2**62 - 2, 2**62 - 1, 2**62, 2**63 - 1, 2**63, 2**70))
TIMES = st.integers(0, 50)


def everything(book: Any, ids: range | list[int]) -> tuple[Any, ...]:
    """All that can be asked of a book."""
    prices = {level.price for side in (1, -1) for level in book.depth(side, 10**9)}
    return (
        book.state_hash(),
        book.faults(),
        len(book),
        book.ts_ns,
        book.get_best_bid(),
        book.get_best_ask(),
        book.crossed,
        [book.order(order_id) for order_id in ids],
        [book.place(order_id) for order_id in ids],
        [
            (
                book.depth(side, 3),
                book.count_levels(side),
                book.count_orders(side),
                [book.sweep(side, quantity) for quantity in (1, 7, 50)],
                [(p, book.queue(side, p), book.size_at(side, p), book.level_changed_ns(side, p)) for p in prices],
            )
            for side in (1, -1)
        ],
    )


class TwoBooks(RuleBasedStateMachine):
    """The same calls to the real book and its twin."""

    def __init__(self) -> None:
        super().__init__()
        self.book, self.twin = OrderBook(), SortedBook()

    def both(self, method: str, *arguments: int) -> None:
        assert getattr(self.book, method)(*arguments) == getattr(self.twin, method)(*arguments)

    @rule(order_id=IDS, side=SIDES, price=PRICES, size=LARGE, ts_ns=TIMES)
    def add(self, order_id: int, side: int, price: int, size: int, ts_ns: int) -> None:
        self.both("add_order", order_id, side, price, size, ts_ns)

    @rule(order_id=IDS, price=PRICES, size=LARGE, ts_ns=TIMES)
    def modify(self, order_id: int, price: int, size: int, ts_ns: int) -> None:
        self.both("modify_order", order_id, price, size, ts_ns)

    @rule(order_id=IDS, ts_ns=TIMES)
    def cancel(self, order_id: int, ts_ns: int) -> None:
        self.both("cancel_order", order_id, ts_ns)

    @rule(order_id=IDS, size=LARGE, ts_ns=TIMES)
    def execute(self, order_id: int, size: int, ts_ns: int) -> None:
        self.both("execute_order", order_id, size, ts_ns)

    @rule(order_id=ODD, side=ODD, price=ODD, size=ODD, ts_ns=ODD)
    def nonsense(self, order_id: int, side: int, price: int, size: int, ts_ns: int) -> None:
        self.both("add_order", order_id, side, price, size, min(ts_ns, 50))
        self.both("modify_order", order_id, price, size, min(ts_ns, 50))
        self.both("execute_order", order_id, size, min(ts_ns, 50))
        self.both("cancel_order", order_id, min(ts_ns, 50))

    @rule(ts_ns=TIMES)
    def match(self, ts_ns: int) -> None:
        self.both("match_orders", ts_ns)
        assert not self.book.crossed

    @rule(ts_ns=TIMES)
    def clear(self, ts_ns: int) -> None:
        self.both("clear", ts_ns)

    @rule()
    def instant_ends(self) -> None:
        self.both("end_instant")

    @invariant()
    def they_are_the_same(self) -> None:
        assert everything(self.book, range(13)) == everything(self.twin, range(13))


TwoBooks.TestCase.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
test_both_books_answer_the_same = pytest.mark.slow(TwoBooks.TestCase)


@pytest.mark.slow
@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_books_agree_on_a_long_random_feed(seed: int, wide: bool) -> None:
    book, twin, mix = OrderBook(), SortedBook(), BookMix(seed, wide)
    for number, (method, arguments) in enumerate(mix.operations(8_000)):
        assert getattr(book, method)(*arguments) == getattr(twin, method)(*arguments), (number, method, arguments)
        if number % 1_000 == 999:
            assert everything(book, mix.ids) == everything(twin, mix.ids), number
    assert min(book.faults()[:-1]) > 0


ORDERS = st.lists(st.tuples(SIDES, PRICES, SIZES), max_size=40)


def filled_book(orders: list[tuple[int, int, int]]) -> OrderBook:
    book = OrderBook()
    for order_id, (side, price, size) in enumerate(orders):
        assert book.add_order(order_id, side, price, size, order_id) is None
    return book


@given(ORDERS)
def test_a_matched_book_is_apart_and_no_quantity_is_lost(orders: list[tuple[int, int, int]]) -> None:
    book = filled_book(orders)
    traded: Counter[int] = Counter()
    for trade in book.match_orders():
        assert trade.size > 0
        traded[trade.bid_id] += trade.size
        traded[trade.ask_id] += trade.size
    assert not book.crossed
    assert book.match_orders() == []
    for order_id, (_, _, size) in enumerate(orders):
        left = book.order(order_id)
        assert traded[order_id] + (0 if left is None else left.size) == size


@given(ORDERS)
def test_every_trade_is_within_both_limits_and_at_that_of_the_earlier_order(orders: list[tuple[int, int, int]]) -> None:
    for trade in filled_book(orders).match_orders():
        bid_limit, ask_limit = orders[trade.bid_id][1], orders[trade.ask_id][1]
        assert ask_limit <= trade.price <= bid_limit
        assert trade.price == (bid_limit if trade.bid_id < trade.ask_id else ask_limit)
        assert trade.side == (-1 if trade.bid_id < trade.ask_id else 1)


@given(ORDERS)
def test_nobody_trades_while_a_better_or_earlier_order_of_that_side_waits(orders: list[tuple[int, int, int]]) -> None:
    left = {order_id: size for order_id, (_, _, size) in enumerate(orders)}
    for trade in filled_book(orders).match_orders():
        for mine, side in ((trade.bid_id, 1), (trade.ask_id, -1)):
            rank = (-side * orders[mine][1], mine)
            waiting = [i for i, size in left.items() if size and orders[i][0] == side]
            assert rank == min((-side * orders[i][1], i) for i in waiting)
        for mine in (trade.bid_id, trade.ask_id):
            left[mine] -= trade.size


@given(ORDERS)
def test_what_the_buyers_pay_is_what_the_sellers_get(orders: list[tuple[int, int, int]]) -> None:
    cash: Counter[int] = Counter()
    for trade in filled_book(orders).match_orders():
        cash[trade.bid_id] -= trade.price * trade.size
        cash[trade.ask_id] += trade.price * trade.size
    assert sum(cash.values()) == 0
    for order_id, amount in cash.items():
        assert amount * orders[order_id][0] < 0


@given(ORDERS, st.permutations(range(40)), st.integers(0, 40))
def test_cancelling_restores_the_book_that_never_had_the_orders(
    orders: list[tuple[int, int, int]], shuffled: list[int], count: int
) -> None:
    gone = {order_id for order_id in shuffled[:count] if order_id < len(orders)}
    book, never = filled_book(orders), OrderBook()
    for order_id in shuffled:
        if order_id in gone:
            assert book.cancel_order(order_id, 99) is None
    for order_id, order in enumerate(orders):
        if order_id not in gone:
            never.add_order(order_id, *order)
    assert book.state_hash() == never.state_hash()
    assert all(isinstance(book.order(i), BookOrder) for i in range(len(orders)) if i not in gone)
