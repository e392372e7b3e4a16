from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradetui.engine.market.book_words import Fault
from tradetui.engine.market.kernel.book import KernelBook
from tradetui.engine.market.kernel.book_changes import BOOK_ADD, BOOK_CANCEL, BOOK_EXECUTE, BOOK_MODIFY
from tradetui.engine.market.order_book import OrderBook
from tradetui.engine.market.simulation import PRICE_MAX, SIZE_MAX

PRICE = st.integers(-1, 9) | st.sampled_from((PRICE_MAX - 1, PRICE_MAX, PRICE_MAX + 1, 2**63 - 1, -(2**63)))
SIZE = st.integers(-1, 5) | st.sampled_from((2**61, SIZE_MAX - 3, SIZE_MAX, SIZE_MAX + 1, 2**63 - 1, -(2**63)))
METHODS = {
    "add": st.tuples(st.integers(0, 12), st.sampled_from((-1, 0, 1)), PRICE, SIZE),
    "modify": st.tuples(st.integers(0, 12), PRICE, SIZE),
    "cancel": st.tuples(st.integers(0, 12)),
    "execute": st.tuples(st.integers(0, 12), SIZE),
    "match": st.tuples(),
    "clear": st.tuples(),
}
NAMES = {name: f"{name}_order" for name in ("add", "modify", "cancel", "execute")} | {
    "match": "match_orders",
    "clear": "clear",
}
CHANGE = st.one_of(
    [st.tuples(st.just(name), arguments, st.integers(0, 3)) for name, arguments in METHODS.items() if name != "clear"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(CHANGE, max_size=60))
def test_every_change_has_the_answer_of_the_order_book(changes: list[tuple[str, tuple[int, ...], int]]) -> None:
    kernel, book = KernelBook(), OrderBook()
    for at, (name, arguments, late) in enumerate(changes):
        ts = at - late
        assert getattr(kernel, NAMES[name])(*arguments, ts) == getattr(book, NAMES[name])(*arguments, ts)
        assert (kernel.get_best_bid(), kernel.get_best_ask()) == (book.get_best_bid(), book.get_best_ask())
    for side in (1, -1):
        assert kernel.depth(side, 4) == book.depth(side, 4)
        for price in (*range(1, 10), PRICE_MAX - 1, PRICE_MAX):
            assert kernel.queue(side, price) == book.queue(side, price)
            assert kernel.size_at(side, price) == book.size_at(side, price)
    assert kernel.state_hash() == book.state_hash()
    assert kernel.faults() == book.faults()
    assert (len(kernel), kernel.ts_ns, kernel.crossed) == (len(book), book.ts_ns, book.crossed)


@pytest.mark.slow
def test_a_batch_leaves_the_book_that_single_changes_leave() -> None:
    rng = np.random.default_rng(3)
    count = 20_000
    what = rng.choice([BOOK_ADD, BOOK_CANCEL, BOOK_MODIFY, BOOK_EXECUTE], count, p=[0.6, 0.15, 0.15, 0.1])
    ids, prices, sizes = rng.integers(1, 9_000, count), rng.integers(1, 4_000, count) * 10**7, rng.integers(1, 9, count)
    side = np.where(prices > 2_000 * 10**7, -1, 1)
    batch = KernelBook()
    batch.apply(np.ascontiguousarray(np.stack([what, ids, side, prices, sizes, np.arange(count)], 1)))
    book = OrderBook()
    for k, order_id, s, price, size, ts in np.stack([what, ids, side, prices, sizes, np.arange(count)], 1).tolist():
        if k == BOOK_ADD:
            book.add_order(order_id, s, price, size, ts)
        elif k == BOOK_CANCEL:
            book.cancel_order(order_id, ts)
        elif k == BOOK_MODIFY:
            book.modify_order(order_id, price, size, ts)
        else:
            book.execute_order(order_id, size, ts)
    assert len(batch) > 2_000  # the hash maps grew
    assert batch.state_hash() == book.state_hash()
    assert batch.faults() == book.faults()


def test_a_cleared_book_can_be_filled_again() -> None:
    book = KernelBook()
    for order_id in range(1, 500):
        assert book.add_order(order_id, 1, order_id, 1) is None
    words = len(book._arena.mem)
    for _ in range(5):
        book.clear()
        assert (len(book), book.get_best_bid(), book.depth(1, 3)) == (0, None, [])
        for order_id in range(1, 500):
            assert book.add_order(order_id, 1, order_id, 1) is None
    assert book.get_best_bid() == 499
    assert len(book._arena.mem) == words  # what was freed is used again


def test_many_trades_of_one_match_are_all_told() -> None:
    book = KernelBook()
    for order_id in range(1, 1_001):
        book.add_order(order_id, -1, 100, 1)
    book.add_order(2_000, 1, 101, 1_000)
    trades = book.match_orders(7)
    assert [trade.ask_id for trade in trades] == list(range(1, 1_001))
    assert {(trade.price, trade.size, trade.side, trade.ts_ns) for trade in trades} == {(100, 1, 1, 7)}
    assert len(book) == 0


def test_an_unknown_change_is_a_bad_row() -> None:
    book = KernelBook()
    book.apply(np.array([[9, 1, 1, 1, 1, 1]], np.int64))
    assert book.faults().bad_row == 1


def test_a_word_that_is_no_fault_is_not_answered() -> None:
    assert KernelBook().cancel_order(5) is Fault.UNKNOWN_ID
