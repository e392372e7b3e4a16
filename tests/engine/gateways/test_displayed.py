"""A size that a quote displays can be taken once, however often the quote is repeated."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from tradetui.data.catalog import sample_session
from tradetui.engine.build import build_core
from tradetui.engine.config import RunConfig
from tradetui.engine.gateways.displayed import Displayed
from tradetui.engine.market.tape import QUOTE
from tradetui.engine.model.events import FillEvent, MarketData, SignalEvent
from tradetui.engine.strategy import Strategy
from tradetui.engine.tape_loop import TapePlayer

ASK, BID = 1, -1


def test_what_was_taken_is_gone_while_the_quote_repeats_itself() -> None:
    sizes = Displayed()
    sizes.take("X", ASK, 100, 50, 30)
    assert [sizes.show("X", ASK, 100, 50), sizes.show("X", ASK, 100, 50)] == [20, 20]
    sizes.take("X", ASK, 100, 50, 20)
    assert sizes.show("X", ASK, 100, 50) == 0


def test_only_what_is_added_can_be_taken_anew() -> None:
    sizes = Displayed()
    sizes.take("X", ASK, 100, 50, 50)
    assert [sizes.show("X", ASK, 100, size) for size in (40, 70, 60, 10)] == [0, 30, 30, 10]


def test_another_price_is_another_level_even_when_the_first_comes_back() -> None:
    sizes = Displayed()
    sizes.take("X", ASK, 100, 50, 50)
    assert [sizes.show("X", ASK, price, 50) for price in (101, 100)] == [50, 50]


def test_sides_and_symbols_do_not_share_a_level() -> None:
    sizes = Displayed()
    assert not sizes
    sizes.take("X", ASK, 100, 50, 50)
    assert sizes
    assert (sizes.show("X", BID, 100, 50), sizes.show("Y", ASK, 100, 50)) == (50, 50)


class Greedy(Strategy):
    """Goes for more than any quote displays, in and out all day."""

    subscribes = ("quote",)

    def __init__(self) -> None:
        self.asked = 0

    def on_market_data(self, event: MarketData) -> list[SignalEvent]:
        self.asked += 1
        return [SignalEvent(event.symbol, self.asked // 20 % 2, quantity=500)] if self.asked % 20 == 0 else []


def test_in_the_bundled_session_no_displayed_size_is_taken_twice() -> None:
    session = sample_session()
    core = build_core(RunConfig(cash=Decimal(10_000_000)), Greedy(), session.symbols)
    player = TapePlayer(core, session)
    quotes, taken, standing, fills = session.quotes, Counter[tuple[str, int]](), {}, 0
    while player.row < 40_000:
        kind, row = player.timeline.kind[player.row], int(player.timeline.row[player.row])
        player.play(player.row + 1)
        events = [event for event in core.take() if isinstance(event, FillEvent)]
        if kind != QUOTE:
            assert not events
            continue
        symbol = quotes.symbols[quotes.symbol[row]]
        for side, price, size in ((ASK, quotes.ask, quotes.ask_size), (BID, quotes.bid, quotes.bid_size)):
            now = (int(price[row]), int(size[row]))
            if standing.get((symbol, side)) != now:
                standing[symbol, side] = now
                taken[symbol, side] = 0
        for fill in events:
            taken[symbol, fill.side] += int(fill.quantity * 10**9)
            assert int(fill.price * 10**9) == standing[symbol, fill.side][0]
            assert taken[symbol, fill.side] <= standing[symbol, fill.side][1]
        fills += len(events)
    assert fills > 100
