from __future__ import annotations

import pytest

from tradetui.engine.market.book_words import BookLevel, BookOrder, Fault, Place, Sweep, Trade
from tradetui.engine.market.levels import EMPTY_LEVELS_SPARE
from tradetui.engine.market.order_book import OrderBook
from tradetui.engine.market.simulation import PRICE_MAX, SIZE_MAX

BID, ASK = 1, -1


@pytest.fixture
def book() -> OrderBook:
    """Bids 1 and 2 at 100, 3 at 98; asks 4 and 5 at 103, 6 at 104."""
    book = OrderBook()
    for order_id, side, price, size in (
        (1, BID, 100, 10),
        (2, BID, 100, 20),
        (3, BID, 98, 30),
        (4, ASK, 103, 5),
        (5, ASK, 103, 7),
        (6, ASK, 104, 50),
    ):
        assert book.add_order(order_id, side, price, size, ts_ns=order_id) is None
    return book


def test_an_empty_book_has_no_best_price_and_nothing_to_trade() -> None:
    book = OrderBook()
    assert (book.get_best_bid(), book.get_best_ask(), book.depth(BID, 5), book.sweep(BID, 1)) == (None, None, [], None)
    assert book.match_orders() == []
    assert not book.crossed
    assert (len(book), book.count_levels(BID), book.count_orders(ASK)) == (0, 0, 0)


def test_levels_stand_best_first_with_their_size_and_orders(book: OrderBook) -> None:
    assert (book.get_best_bid(), book.get_best_ask()) == (100, 103)
    assert book.depth(BID, 9) == [BookLevel(100, 30, 2), BookLevel(98, 30, 1)]
    assert book.depth(ASK, 1) == [BookLevel(103, 12, 2)]
    assert book.depth(ASK, 0) == []
    assert (book.size_at(BID, 100), book.size_at(BID, 99)) == (30, 0)
    assert (book.count_levels(BID), book.count_orders(BID), len(book)) == (2, 3, 6)


def test_orders_at_a_price_queue_in_order_of_arrival(book: OrderBook) -> None:
    assert book.queue(BID, 100) == [1, 2]
    assert book.queue(BID, 99) == []
    assert book.place(2) == Place(orders=1, size=10)
    assert book.place(1) == Place(orders=0, size=0)
    assert book.place(99) is None


def test_a_smaller_size_at_the_same_price_keeps_the_place(book: OrderBook) -> None:
    assert book.modify_order(1, 100, 4, 9) is None
    assert book.queue(BID, 100) == [1, 2]
    assert book.size_at(BID, 100) == 24


@pytest.mark.parametrize("size", [11, 10**9])
def test_more_size_loses_the_place(book: OrderBook, size: int) -> None:
    book.modify_order(1, 100, size, 9)
    assert book.queue(BID, 100) == [2, 1]
    assert book.size_at(BID, 100) == 20 + size


def test_another_price_loses_the_place_even_on_the_way_back(book: OrderBook) -> None:
    book.modify_order(1, 98, 10, 9)
    assert (book.queue(BID, 98), book.queue(BID, 100)) == ([3, 1], [2])
    book.modify_order(1, 100, 10, 9)
    assert book.queue(BID, 100) == [2, 1]


def test_the_same_price_and_size_change_nothing_not_even_the_time(book: OrderBook) -> None:
    before = book.order(1)
    assert book.modify_order(1, 100, 10, 9) is None
    assert book.order(1) == before
    assert book.queue(BID, 100) == [1, 2]


def test_the_only_order_of_a_level_may_lose_its_place_to_itself(book: OrderBook) -> None:
    book.modify_order(3, 98, 31, 9)
    assert book.depth(BID, 2)[1] == BookLevel(98, 31, 1)


def test_an_order_may_leave_from_the_front_the_middle_and_the_end_of_its_queue() -> None:
    book = OrderBook()
    for order_id in range(1, 6):
        book.add_order(order_id, BID, 100, order_id)
    left = [book.queue(BID, 100) for gone in (3, 1, 5, 2, 4) if book.cancel_order(gone) is None]
    assert left == [[1, 2, 4, 5], [2, 4, 5], [2, 4], [4], []]
    assert book.size_at(BID, 100) == 0


def test_an_execution_takes_size_and_then_the_order(book: OrderBook) -> None:
    assert book.execute_order(2, 15, 9) is None
    assert book.queue(BID, 100) == [1, 2]
    assert book.size_at(BID, 100) == 15
    assert book.execute_order(2, 5, 9) is None
    assert book.queue(BID, 100) == [1]
    assert book.order(2) is None


def test_a_market_order_walks_the_other_side(book: OrderBook) -> None:
    assert book.sweep(BID, 12) == Sweep(12, 12 * 103, 1)
    assert book.sweep(BID, 13) == Sweep(13, 12 * 103 + 104, 2)
    assert book.sweep(ASK, 60) == Sweep(60, 30 * 100 + 30 * 98, 2)
    assert (book.sweep(ASK, 61), book.sweep(ASK, 0), book.sweep(ASK, -1)) == (None, None, None)
    assert Sweep(60, 5940, 2).average == 99.0


def test_adding_does_not_trade_and_a_crossed_book_is_only_counted(book: OrderBook) -> None:
    assert not book.end_instant()
    book.add_order(7, BID, 103, 8, 9)
    assert (book.get_best_bid(), book.get_best_ask()) == (103, 103)
    assert book.end_instant()
    assert book.faults().crossed == 1
    assert len(book) == 7


def test_matching_trades_the_first_in_line_at_the_price_of_the_earlier_order(book: OrderBook) -> None:
    book.add_order(7, BID, 105, 14, 9)
    assert book.match_orders(10) == [
        Trade(103, 5, BID, 7, 4, 10),
        Trade(103, 7, BID, 7, 5, 10),
        Trade(104, 2, BID, 7, 6, 10),
    ]
    assert not book.crossed
    assert (book.size_at(ASK, 104), book.order(7)) == (48, None)
    book.add_order(8, ASK, 99, 12, 11)
    assert book.match_orders(12) == [Trade(100, 10, ASK, 1, 8, 12), Trade(100, 2, ASK, 2, 8, 12)]


def test_an_order_that_lost_its_place_is_the_later_one_of_a_trade(book: OrderBook) -> None:
    book.modify_order(1, 103, 10, 9)  # now the bid came last
    assert book.match_orders(10)[0] == Trade(103, 5, BID, 1, 4, 10)
    book.modify_order(6, 100, 50, 11)  # now the ask did
    assert book.match_orders(12)[0] == Trade(100, 20, ASK, 2, 6, 12)


def test_every_change_leaves_its_time(book: OrderBook) -> None:
    assert book.order(2) == BookOrder(2, BID, 100, 20, entered_ns=2, changed_ns=2)
    book.execute_order(2, 1, 20)
    assert book.order(2) == BookOrder(2, BID, 100, 19, entered_ns=2, changed_ns=20)
    assert book.level_changed_ns(BID, 100) == 20
    book.modify_order(2, 98, 19, 30)
    assert (book.level_changed_ns(BID, 100), book.level_changed_ns(BID, 98)) == (30, 30)
    assert book.order(2) == BookOrder(2, BID, 98, 19, entered_ns=2, changed_ns=30)
    book.modify_order(2, 98, 18, 31)
    book.cancel_order(3, 40)
    assert (book.level_changed_ns(BID, 98), book.ts_ns) == (40, 40)
    book.cancel_order(2, 41)
    assert book.level_changed_ns(BID, 98) is None
    assert book.level_changed_ns(BID, 1) is None


def test_clearing_leaves_nothing_but_the_counts_and_the_time(book: OrderBook) -> None:
    book.cancel_order(99, 9)
    book.clear(50)
    assert (len(book), book.depth(BID, 9), book.depth(ASK, 9), book.ts_ns) == (0, [], [], 50)
    assert book.faults().unknown_id == 1
    assert book.add_order(1, BID, 100, 1, 51) is None
    book.clear(49)
    assert book.faults().time_backwards == 1


@pytest.mark.parametrize(
    ("method", "row", "fault"),
    [
        ("add_order", (7, 0, 100, 1), Fault.BAD_ROW),
        ("add_order", (7, 2, 100, 1), Fault.BAD_ROW),
        ("add_order", (7, BID, 100, 0), Fault.BAD_SIZE),
        ("add_order", (7, BID, 100, -5), Fault.BAD_SIZE),
        ("add_order", (7, BID, 100, SIZE_MAX + 1), Fault.BAD_SIZE),
        ("add_order", (7, BID, 0, 1), Fault.BAD_PRICE),
        ("add_order", (7, ASK, -100, 1), Fault.BAD_PRICE),
        ("add_order", (7, ASK, 10**40, 1), Fault.BAD_PRICE),
        ("add_order", (1, BID, 100, 1), Fault.DUPLICATE_ID),
        ("add_order", (1, ASK, 105, 1), Fault.DUPLICATE_ID),
        ("modify_order", (99, 100, 1), Fault.UNKNOWN_ID),
        ("modify_order", (1, 100, 0), Fault.BAD_SIZE),
        ("modify_order", (1, 100, SIZE_MAX + 1), Fault.BAD_SIZE),
        ("modify_order", (1, 0, 1), Fault.BAD_PRICE),
        ("modify_order", (1, PRICE_MAX + 1, 1), Fault.BAD_PRICE),
        ("cancel_order", (99,), Fault.UNKNOWN_ID),
        ("execute_order", (99, 1), Fault.UNKNOWN_ID),
        ("execute_order", (1, 0), Fault.BAD_SIZE),
        ("execute_order", (1, -1), Fault.BAD_SIZE),
    ],
)
def test_a_row_that_cannot_be_is_left_out_counted_and_named(
    book: OrderBook, method: str, row: tuple[int, ...], fault: Fault
) -> None:
    before = book.state_hash()
    assert getattr(book, method)(*row, 9) == fault
    assert book.state_hash() == before
    assert book.faults()._asdict() == {**dict.fromkeys(Fault, 0), fault: 1}


def test_an_execution_of_more_than_there_is_takes_what_there_is_and_is_counted(book: OrderBook) -> None:
    assert book.execute_order(1, 11, 9) == Fault.BAD_SIZE
    assert book.queue(BID, 100) == [2]
    assert book.faults().bad_size == 1


def test_time_that_runs_backwards_is_counted_and_the_row_applied_at_the_books_own_time(book: OrderBook) -> None:
    assert book.add_order(7, BID, 99, 1, ts_ns=2) is None
    assert book.modify_order(7, 99, 2, ts_ns=3) is None
    assert book.execute_order(7, 1, ts_ns=4) is None
    assert book.order(7) == BookOrder(7, BID, 99, 1, entered_ns=6, changed_ns=6)
    assert book.cancel_order(7, ts_ns=5) is None
    assert book.match_orders(1) == []
    assert (book.faults().time_backwards, book.ts_ns) == (5, 6)


def test_an_id_may_be_used_again_once_its_order_is_gone(book: OrderBook) -> None:
    book.cancel_order(1, 7)
    assert book.add_order(1, ASK, 110, 3, 8) is None
    assert book.queue(ASK, 110) == [1]


def test_levels_that_come_and_go_leave_no_memory_behind() -> None:
    book = OrderBook()
    book.add_order(0, BID, 1, 1)
    for order_id in range(1, 20_001):  # every bid at a price of its own, and better than the last
        book.add_order(order_id, BID, 10 + order_id, 1)
        book.cancel_order(order_id)
    assert len(book._bids.heap) <= 1 + EMPTY_LEVELS_SPARE + 1
    assert len(book._bids.levels) == len(book._bids.heap)
    assert book.depth(BID, 9) == [BookLevel(1, 1, 1)]


def test_walking_a_side_forgets_the_dead_levels_before_its_best() -> None:
    book = OrderBook()
    for order_id in range(1, 101):
        book.add_order(order_id, ASK, order_id, 1)
    for order_id in range(1, 51):
        book.cancel_order(order_id)
    assert len(book._asks.heap) == 100
    assert book.sweep(BID, 1) == Sweep(1, 51, 1)
    assert len(book._asks.heap) == 50


def test_a_level_that_is_emptied_and_filled_again_stands_once() -> None:
    book = OrderBook()
    book.add_order(9, ASK, 50, 1)
    for _ in range(3):
        book.add_order(1, ASK, 60, 2)
        book.cancel_order(1)
    book.add_order(1, ASK, 60, 2)
    assert book.depth(ASK, 9) == [BookLevel(50, 1, 1), BookLevel(60, 2, 1)]
    assert book.count_levels(ASK) == 2


@pytest.mark.slow
def test_hundreds_of_thousands_of_levels_are_held_and_forgotten_again() -> None:
    book = OrderBook()
    for order_id in range(1, 100_001):
        book.add_order(order_id, BID, order_id, 1)
        book.add_order(-order_id, ASK, 10**6 + order_id, 1)
    assert (book.count_levels(BID), book.get_best_bid(), book.get_best_ask()) == (100_000, 100_000, 1_000_001)
    assert book.depth(BID, 2) == [BookLevel(100_000, 1, 1), BookLevel(99_999, 1, 1)]
    for order_id in range(1, 100_001):
        book.cancel_order(order_id)
    assert len(book._bids.heap) <= EMPTY_LEVELS_SPARE + 1
    assert book.get_best_bid() is None
