"""What the market maker quotes, seen on a desk whose book and position a test sets."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tradetui.engine.errors import UsageError
from tradetui.engine.market.book_reading import BookReading, Level, Touch
from tradetui.engine.model.events import FillEvent, MarketEvent, TimerEvent, TwoSidedQuote
from tradetui.engine.model.wakes import Timer
from tradetui.engine.strategy import check_signals
from tradetui.engine.trading.desk import Desk
from tradetui.strategies.market_maker import Grid, MarketMaker

TICKED = TimerEvent("", 1)


class Levels(BookReading):
    """A book as a test writes it down, best levels first."""

    def __init__(self, bids: list[Level], asks: list[Level]) -> None:
        self._bids, self._asks = bids, asks

    def touch(self) -> Touch:
        return Touch(*(self._bids[0] if self._bids else (0.0, 0.0)), *(self._asks[0] if self._asks else (0.0, 0.0)))

    def bids(self, n: int = 10) -> list[Level]:
        return self._bids[:n]

    def asks(self, n: int = 10) -> list[Level]:
        return self._asks[:n]


EVEN = Levels([(99.98, 5.0), (99.9, 5.0)], [(100.02, 5.0), (100.1, 5.0)])


def quotes(book: BookReading, held: float = 0.0, **parameters: Any) -> TwoSidedQuote:
    """What it wishes for one symbol X."""
    maker = MarketMaker(**{"half_spread_bps": 10.0, "size": 1.0, "max_inventory": 5.0, **parameters})
    maker.desk = cast(Desk, SimpleNamespace(books=("X",), book=lambda _: book, position=lambda _: held))
    said = maker.on_market_data(TICKED)
    check_signals(said)
    assert len(said) == 1
    assert isinstance(said[0], TwoSidedQuote)
    return said[0]


def test_flat_and_in_an_even_book_it_quotes_at_the_half_spread_around_the_middle() -> None:
    wish = quotes(EVEN)
    assert (wish.bid_price, wish.ask_price) == (99.9, 100.1)
    assert (wish.bid_quantity, wish.ask_quantity) == (1.0, 1.0)


def test_the_centre_lies_nearer_to_the_side_where_less_stands() -> None:
    wish = quotes(Levels([(99.98, 30.0)], [(100.02, 10.0)]))
    assert (wish.bid_price, wish.ask_price) == (99.9, 100.12)  # around 100.01, away from it to the tick


def test_deeper_levels_count_where_they_are_asked_to() -> None:
    book = Levels([(99.98, 5.0), (99.97, 20.0)], [(100.02, 5.0), (100.03, 10.0)])
    assert quotes(book).bid_price == 99.9
    leaning = quotes(book, imbalance_weight=2.0)  # around 100.02: two spreads of 0.04 times 10/40 higher
    assert (leaning.bid_price, leaning.ask_price) == (99.91, 100.13)


def test_a_long_inventory_lowers_both_quotes_and_a_short_one_raises_them() -> None:
    long, flat, short = (quotes(EVEN, held) for held in (2.5, 0.0, -2.5))
    assert (long.bid_price, long.ask_price) == (99.85, 100.05)
    assert (flat.bid_price, flat.ask_price) == (99.9, 100.1)
    assert (short.bid_price, short.ask_price) == (99.95, 100.15)
    assert quotes(EVEN, 2.5, skew=0.0) == flat


def test_it_stops_quoting_the_side_that_could_pass_its_inventory() -> None:
    full = quotes(EVEN, 4.5)
    assert (full.bid_price, full.bid_quantity) == (None, None)
    assert full.ask_quantity == 1.0
    empty = quotes(EVEN, -4.5)
    assert (empty.ask_price, empty.ask_quantity) == (None, None)
    assert empty.bid_quantity == 1.0
    assert quotes(EVEN, 4.0).bid_quantity == 1.0
    assert MarketMaker(max_inventory=7.5).get_risk_limits().max_position == Decimal("7.5")


def test_it_never_asks_for_a_price_that_would_take() -> None:
    narrow = quotes(EVEN, half_spread_bps=0.001, skew=0.0)
    assert (narrow.bid_price, narrow.ask_price) == (99.99, 100.01)
    leaning = quotes(EVEN, -4.0, half_spread_bps=10.0, skew=5.0)  # wants to buy at 100.3: beyond the best ask
    assert leaning.bid_price == 100.01
    other = quotes(EVEN, 4.0, half_spread_bps=10.0, skew=5.0)
    assert other.ask_price == 99.99


@pytest.mark.parametrize(
    "book",
    [
        Levels([], [(100.0, 1.0)]),
        Levels([(100.0, 1.0)], []),
        Levels([(100.1, 1.0)], [(100.0, 1.0)]),
        Levels([(100.0, 1.0)], [(100.0, 1.0)]),
        Levels([(100.0, 0.0)], [(100.1, 0.0)]),
    ],
)
def test_where_nobody_knows_the_price_it_takes_its_quotes_away(book: BookReading) -> None:
    assert quotes(book) == TwoSidedQuote("X")


def test_it_asks_for_its_timer_quotes_every_book_and_requotes_what_filled() -> None:
    maker = MarketMaker(refresh_ms=250)
    assert maker.subscribes == (Timer(250),)
    maker.desk = cast(Desk, SimpleNamespace(books=("X", "Y"), book=lambda _: EVEN, position=lambda _: 0.0))
    assert [wish.symbol for wish in maker.on_market_data(TICKED)] == ["X", "Y"]
    one = Decimal(1)
    fill = FillEvent("1-1", 1, "Y", 1, one, one, one, "maker", "quote", False, 1.0, 1)
    assert [wish.symbol for wish in maker.on_fill(fill)] == ["Y"]
    assert maker.on_market_data(MarketEvent("X", 1, 1.0, 1.0, 1.0, 1.0, 1.0)) == []


def test_without_any_book_it_says_so_instead_of_never_quoting() -> None:
    maker = MarketMaker()
    maker.desk = cast(Desk, SimpleNamespace(books=()))
    with pytest.raises(UsageError, match="needs a book to quote in"):
        maker.on_market_data(TICKED)


def test_the_grid_is_the_coarsest_decimal_step_that_prices_lie_on() -> None:
    grid = Grid()
    grid.refine(100.0, 250.0)
    assert grid.step == 10 * 10**9
    grid.refine(100.5)
    assert (grid.down(100.74), grid.up(100.71), grid.down(100.7), grid.up(100.7)) == (100.7, 100.8, 100.7, 100.7)
    grid.refine(0.00012345)
    assert grid.step == 10
    assert (grid.down(100.0, 1), grid.up(100.0, 1)) == (99.99999999, 100.00000001)
