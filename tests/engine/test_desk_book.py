"""What a strategy reads of a book: from a simulated market, and from the recorded levels and quotes of a session."""

from __future__ import annotations

import pytest

from book_session import config_of, session
from reference_market import ReferenceMarket
from tradetui.engine.book_loop import BookPlayer
from tradetui.engine.build import build_core
from tradetui.engine.build_book import build_book_player
from tradetui.engine.market.bars import bars_from_floats
from tradetui.engine.market.book_reading import BookReading, Touch
from tradetui.engine.market.tape import MarketSession
from tradetui.engine.model.events import MarketData, SignalEvent
from tradetui.engine.model.wakes import BestMoved
from tradetui.engine.strategy import Strategy
from tradetui.engine.tape_loop import TapePlayer

LEVELS = [(0.0, 1, 99.0, 3.0), (0.0, 1, 98.0, 5.0), (0.0, -1, 101.0, 1.0), (0.0, -1, 102.0, 7.0)]


class Rests(Strategy):
    """One bid at 98, asked once."""

    subscribes = (BestMoved(),)

    def on_market_data(self, event: MarketData) -> list[SignalEvent]:  # type: ignore[override]
        if self.desk.open_orders("X"):
            return []
        return [SignalEvent("X", 1, quantity=1, type="limit", limit_price=98, time_in_force="gtc")]


def simulated(market: MarketSession) -> Strategy:
    strategy = Rests()
    build_book_player(config_of(), strategy, market, ReferenceMarket, BookPlayer).play(len(market.depth) + 99)
    return strategy


def recorded(market: MarketSession) -> Strategy:
    class Looks(Strategy):
        def on_market_data(self, event: MarketData) -> list[SignalEvent]:  # type: ignore[override]
            return []

    strategy = Looks()
    bars = bars_from_floats("X", [0], [1], [1], [1], [1], [1], 60 * 10**9)
    whole = MarketSession(bars, market.quotes, market.trades, market.depth)
    player = TapePlayer(build_core(config_of(), strategy, ("X",)), whole)
    player.play(len(player))
    return strategy


@pytest.mark.parametrize("played", [simulated, recorded])
def test_levels_best_prices_and_what_follows_from_them(played: object) -> None:
    book: BookReading = played(session(depth=LEVELS)).desk.book("X")  # type: ignore[operator]
    assert book.bids(1) == [(99.0, 3.0)]
    assert book.bids() == [(99.0, 3.0), (98.0, 5.0)]
    assert book.asks() == [(101.0, 1.0), (102.0, 7.0)]
    assert (book.best_bid, book.best_ask, book.mid, book.spread) == (99.0, 101.0, 100.0, 2.0)
    assert book.microprice == (99.0 * 1 + 101.0 * 3) / 4
    assert book.imbalance() == 0.5
    assert book.imbalance(2) == 0.0


@pytest.mark.parametrize("played", [simulated, recorded])
def test_an_empty_side_has_no_price_rather_than_nothing(played: object) -> None:
    book: BookReading = played(session(depth=LEVELS[:2])).desk.book("X")  # type: ignore[operator]
    assert (book.best_bid, book.best_ask, book.mid, book.spread, book.microprice) == (99.0, None, None, None, None)
    assert book.imbalance() == 1.0


def test_the_place_of_an_own_order_in_its_queue_is_known_where_the_market_is_simulated() -> None:
    more = [*LEVELS, (1.0, 1, 97.0, 1.0), (2.0, 1, 98.0, 4.0), (3.0, 1, 97.0, 2.0)]
    desk = simulated(session(depth=more)).desk
    (order,) = desk.open_orders("X")
    assert desk.book("X").ahead(order.order_id) == 4.0  # 5 stood there when it came, 1 of them left
    assert desk.book("X").ahead(77) is None


def test_recorded_quotes_are_the_best_of_recorded_levels() -> None:
    book = recorded(session(depth=LEVELS, quotes=[(1.0, 99.5, 2.0, 100.5, 4.0)])).desk.book("X")
    assert book.touch() == Touch(99.5, 2.0, 100.5, 4.0)
    assert book.ahead(1) is None
    assert book.bids(1) == [(99.0, 3.0)]


def test_the_symbols_with_a_book_are_named() -> None:
    assert simulated(session(depth=LEVELS)).desk.books == ("X",)
