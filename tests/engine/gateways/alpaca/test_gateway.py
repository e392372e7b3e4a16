"""Market data from the practice exchange: what comes, what was missed, and what is told where it does not come."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from quotation_board import Board, opened, scripted
from trading_floor import KEYS, QUICK_PINGS

from practice_market import ACME, BTC, MINUTE_NS, OPEN_NS, small_world
from tradetui.engine.gateways.alpaca.config import FreshnessConfig, SocketConfig, Waits
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.gateways.live_words import DataGateway
from tradetui.engine.model.events import BookEvent, FeedEvent, MarketEvent, QuoteEvent, TradeEvent
from tradetui.engine.practice.faults import Chance
from tradetui.engine.practice.in_thread import ExchangeThread
from tradetui.engine.practice.venue import Venue

Open = Callable[..., Board]
SLOW_RETURN = SocketConfig(close_s=0.1, waits=Waits(first_s=0.3, longest_s=0.3))


@pytest.fixture
def feed(server: ExchangeThread) -> Iterator[Open]:
    with ExitStack() as stack:

        def make(*symbols: str, wait: bool = True, **more: Any) -> Board:
            board = opened(server.url, symbols, server, **more)
            stack.callback(board.gateway.stop, 5)
            if wait:
                board.subscribed(*symbols)
            return board

        yield make


def test_quotes_trades_and_bars_come_with_the_venues_times(feed: Open) -> None:
    board = feed(ACME)
    board.advance(61)
    (trade, *_) = board.take(TradeEvent, 2)
    (quote, *_) = board.take(QuoteEvent, 1)
    (bar, *_) = board.take(MarketEvent, 1)
    assert trade == TradeEvent(ACME, OPEN_NS + 10**9, 100.02, 3.0, 0)
    assert quote == QuoteEvent(ACME, OPEN_NS + MINUTE_NS, 100.01, 500.0, 100.03, 400.0)
    assert bar == MarketEvent(ACME, OPEN_NS, 100.02, 100.02, 100.02, 100.02, 3.0)
    assert board.told("FRESH").message == "heard"


def test_coins_come_with_the_side_of_the_taker_and_their_book_level_by_level(feed: Open) -> None:
    board = feed(BTC)
    first = board.take(BookEvent, 2)
    assert {(e.side, e.price, e.size) for e in first} == {(1, 50000.0, 500.0), (-1, 50002.0, 400.0)}
    board.advance(61)
    assert board.take(TradeEvent, 1)[0].side == 1
    changed = board.take(BookEvent, 6)[2:]
    assert {(e.side, e.price, e.size) for e in changed} >= {(1, 50000.0, 0.0), (1, 50001.0, 500.0)}


def test_shares_and_coins_come_together(feed: Open) -> None:
    board = feed(ACME, BTC)
    board.advance(2)
    board.inbox.until(lambda _: {e.symbol for e in board.of(TradeEvent)} == {ACME, BTC})
    gateway: DataGateway = board.gateway
    health = gateway.health()
    assert (health.state, health.gaps, health.reconnects, health.message) == ("OK", 0, 0, "")
    assert health.events > 0
    assert health.lag_ns is not None
    assert health.last_ns >= OPEN_NS


def test_what_is_subscribed_changes_while_it_runs(feed: Open) -> None:
    board = feed(ACME)
    board.gateway.subscribe([BTC])
    board.subscribed(BTC)
    board.advance(61)
    board.inbox.until(lambda _: any(e.symbol == BTC for e in board.of(MarketEvent)))
    assert not [e for e in board.market() if e.symbol == ACME and e.ts_ns > OPEN_NS]
    board.gateway.subscribe([ACME, BTC])
    board.subscribed(ACME, BTC)
    board.advance(120)
    board.inbox.until(lambda _: any(e.symbol == ACME for e in board.of(MarketEvent)))


@pytest.mark.slow
def test_what_was_missed_is_fetched_once_and_told_before_what_came_after(feed: Open) -> None:
    board = feed(ACME, BTC, socket=SLOW_RETURN)
    board.advance(62)
    board.take(TradeEvent, 4)
    board.server.disconnect()
    board.advance(240)
    board.told("BACKFILLED")
    board.told("BACKFILLED", BTC)
    board.subscribed(ACME, BTC)
    board.advance(60)
    board.inbox.until(lambda _: len([e for e in board.of(TradeEvent) if e.symbol == ACME]) >= 7)
    for symbol in (ACME, BTC):
        times = [e.ts_ns for e in board.of(TradeEvent) if e.symbol == symbol]
        assert times == [OPEN_NS + minute * MINUTE_NS + 10**9 for minute in range(len(times))]
        bars = [e.ts_ns for e in board.of(MarketEvent) if e.symbol == symbol]
        assert bars == [OPEN_NS + minute * MINUTE_NS for minute in range(len(bars))]
    assert board.told("DOWN", "").message.endswith("it is tried again")
    assert board.told("GAP").message.startswith("the stream was gone")
    assert board.gateway.health().gaps == 2


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["disconnect_mid_frame", "half_open"])
def test_a_stream_that_breaks_off_or_falls_silent_is_made_anew(feed: Open, kind: str) -> None:
    board = feed(ACME, socket=QUICK_PINGS)
    board.advance(2)
    board.take(TradeEvent, 1)
    board.fault(kind)
    board.advance(60)
    board.told("BACKFILLED")
    board.inbox.until(lambda _: len(board.of(TradeEvent)) >= 2)
    assert [e.ts_ns for e in board.of(TradeEvent)] == [OPEN_NS + 10**9, OPEN_NS + MINUTE_NS + 10**9]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 3, 12, 17])
def test_after_a_storm_every_trade_and_every_bar_was_told_once(feed: Open, seed: int) -> None:
    board = feed(ACME, BTC, socket=QUICK_PINGS)
    board.advance(2)
    board.take(TradeEvent, 2)
    # a delay would last for minutes of this market's time: a print that is so late and then lost is not looked for
    frames = ("duplicate", "reorder", "disconnect_mid_frame", "half_open")
    chance = Chance(seed=seed, every=4, rest=("delay",), frames=frames, delay_s=0.01)
    board.server.call(lambda venue: venue.faults.set_chance(chance))
    for _ in range(12):
        board.advance(60)
        board.subscribed(ACME, BTC)
    board.server.call(lambda venue: venue.faults.clear())
    board.server.disconnect()  # what was held back or lost by the last fault comes with this gap
    wanted = [OPEN_NS + minute * MINUTE_NS for minute in range(13)]

    def told(kind: type[Any], symbol: str) -> list[int]:
        return sorted(e.ts_ns // MINUTE_NS * MINUTE_NS for e in board.of(kind) if e.symbol == symbol)

    board.inbox.until(lambda _: all(told(TradeEvent, s) == wanted for s in (ACME, BTC)), "every trade")
    board.inbox.until(lambda _: all(told(MarketEvent, s) == wanted[:-1] for s in (ACME, BTC)), "every bar")


def test_a_gap_that_cannot_be_filled_yet_is_told_quotes_go_on_and_it_is_tried_until_it_can(feed: Open) -> None:
    board = feed(ACME)
    board.advance(2)
    board.take(TradeEvent, 1)
    board.server.call(lambda venue: venue.faults.add(_failing()))
    board.server.disconnect()
    board.advance(60)
    board.inbox.until(lambda _: any("cannot be had yet" in e.message for e in board.of(FeedEvent)))
    board.subscribed(ACME)
    quotes = len(board.of(QuoteEvent))
    board.server.call(lambda venue: _tell(board, _quote(ACME, 101)))
    board.take(QuoteEvent, quotes + 1)
    board.advance(60)
    assert len(board.of(TradeEvent)) == 1, "a print after the gap must not come before those in it"
    board.server.call(lambda venue: venue.faults.clear())
    assert board.told("BACKFILLED").message == "2 trades and 2 bars that were missed"
    times = [e.ts_ns for e in board.take(TradeEvent, 3)]
    assert times == sorted(times)
    assert sum("cannot be had yet" in e.message for e in board.of(FeedEvent)) == 1


def test_a_gap_after_which_too_much_came_is_given_up_and_told(feed: Open) -> None:
    board = feed(ACME, hold_max=2)
    board.advance(2)
    board.take(TradeEvent, 1)
    board.server.call(lambda venue: venue.faults.add(_failing()))
    board.server.disconnect()
    board.inbox.until(lambda _: any("cannot be had yet" in e.message for e in board.of(FeedEvent)))
    board.subscribed(ACME)
    board.advance(200)
    board.take(TradeEvent, 4)
    board.server.call(lambda venue: venue.faults.clear())
    board.inbox.until(lambda _: any("too much came after it" in e.message for e in board.of(FeedEvent)))
    assert not any(e.state == "BACKFILLED" for e in board.of(FeedEvent))


@pytest.mark.parametrize("kind", ["duplicate", "reorder"])
def test_rows_that_are_doubled_or_overtaken_are_told_once(feed: Open, kind: str) -> None:
    board = feed(ACME)
    board.fault(kind, count=4)
    board.advance(242)
    trades = board.take(TradeEvent, 4)
    bars = board.take(MarketEvent, 3)
    assert len({t.ts_ns for t in trades}) == len(trades)
    assert len({b.ts_ns for b in bars}) == len(bars)
    quotes = [q.ts_ns for q in board.of(QuoteEvent)]
    assert quotes == sorted(quotes)


def test_while_the_engine_lags_only_the_newest_quote_waits_and_no_trade_is_lost(feed: Open) -> None:
    waiting = [10_000]
    board = feed(ACME, BTC, waiting=lambda: waiting[0])
    for bid in range(90, 100):
        board.server.call(lambda venue, bid=bid: _tell(board, _quote(ACME, bid)))
    board.inbox.until(lambda _: board.gateway.health().conflated == 9)
    assert board.of(QuoteEvent) == []
    waiting[0] = 0
    assert [q.bid for q in board.take(QuoteEvent, 1)] == [99.0]
    waiting[0] = 10_000
    board.server.call(lambda venue: _tell(board, _quote(ACME, 50)))
    for number in range(3):
        print_row = {"T": "t", "S": ACME, "p": 51, "s": 1, "i": number}
        board.server.call(lambda venue, row=print_row: _tell(board, row))
    board.take(TradeEvent, 3)
    assert [type(e) for e in board.market()[-4:]] == [QuoteEvent, TradeEvent, TradeEvent, TradeEvent]


def test_a_silent_symbol_is_late_then_stale_then_fresh_again(feed: Open) -> None:
    board = feed(ACME, freshness=FreshnessConfig(late_s=0.05, stale_s=0.1, look_every_s=0.01))
    board.told("LATE")
    board.told("STALE")
    assert board.gateway.health().state == "STALE"
    board.advance(2)
    assert board.told("FRESH").message.startswith("heard again after")


def test_a_halt_is_told_with_the_exchanges_words(feed: Open) -> None:
    board = feed(ACME)
    row = {"T": "s", "S": ACME, "sc": "H", "sm": "Trading Halt", "rc": "T12", "rm": "Trading Halted", "z": "C"}
    board.server.call(lambda venue: _tell(board, row))
    assert board.told("STALE").message == "halted: the exchange says Trading Halt Trading Halted"
    board.server.call(lambda venue: _tell(board, {**row, "sc": "T", "sm": "Trading Resumption", "rm": ""}))
    assert "trading again" in board.told("FRESH").message


@pytest.mark.parametrize(
    ("keys", "said"),
    [(Credentials("PKTEST", "wrong-secret"), "check that the keys are right"), (Credentials("PK", "x"), "auth failed")],
)
def test_wrong_keys_are_told_with_what_to_do(feed: Open, keys: Credentials, said: str) -> None:
    board = feed(ACME, keys=keys, wait=False)
    event = board.told("DOWN", "")
    assert said in event.message
    assert keys.secret not in f"{event.message.replace('auth', '')} {board.gateway!r}" or keys.secret == "x"
    board.inbox.until(lambda _: board.gateway.health().state == "DOWN")


@pytest.mark.parametrize(
    ("limits", "said"),
    [({"sip": False}, "the plan of this account does not include the feed"), ({"symbols_max": 2}, "fewer symbols")],
)
def test_what_the_plan_does_not_include_is_told(limits: dict[str, Any], said: str) -> None:
    venue = Venue(small_world(None, **limits), KEYS)
    venue.advance(OPEN_NS)
    with ExchangeThread(venue) as server:
        socket = server.url.replace("http", "ws")
        board = opened(server.url, [ACME, "WHOLE"], server, stock_stream_url=f"{socket}/v2/sip")
        board.inbox.until(lambda _: any(e.state == "DOWN" and said in e.message for e in board.of(FeedEvent)))
        board.gateway.stop(5)


def test_a_second_connection_with_the_same_keys_is_told(feed: Open) -> None:
    feed(ACME)
    other = feed(ACME, wait=False)
    assert "another program is connected with these keys" in other.told("DOWN", "").message


def test_garbage_huge_frames_and_unknown_rows_are_counted_and_what_follows_is_heard() -> None:
    good = {"T": "q", "S": ACME, "bp": 1, "bs": 2, "ap": 3, "as": 4, "t": "2026-04-01T13:30:00.123456789Z"}
    frames: list[str | bytes] = [
        "not json",
        b"\x00\xff\x00",
        "{}",
        '"text"',
        "[1, null, [], {}]",
        "[" * 100_000,
        json.dumps([{"T": "zz", "S": ACME}] * 30_000),  # above a megabyte
        json.dumps([{"T": "n", "headline": "x" * (1 << 20)}]),
        json.dumps([{**good, "bp": "1"}, {**good, "t": None}, {**good, "bp": -1}, {**good, "S": 5}]),
        json.dumps([{"T": "t", "S": ACME, "p": 0, "s": 1, "t": good["t"]}, {"T": "b", "S": ACME, "o": 1}]),
        json.dumps([{"T": "q", "S": ACME}, good, {"T": "q"}]),
    ]
    with scripted(frames) as (url, _):
        board = opened(url, [ACME])
        (quote,) = board.take(QuoteEvent, 1)
        board.inbox.until(lambda _: board.gateway.counts.garbage >= 15)
        board.gateway.stop(5)
    assert (quote.ts_ns % 10**9, quote.ask) == (123456789, 3.0)
    assert board.gateway.counts.unknown >= 30_000


def test_a_book_that_may_have_lost_a_message_is_asked_for_anew() -> None:
    def book(second: int, bids: list[tuple[float, float]], **more: Any) -> str:
        levels = [{"p": p, "s": s} for p, s in bids]
        row = {"T": "o", "S": BTC, "t": f"2026-04-01T13:30:{second:02}Z", "b": levels, "a": [], **more}
        return json.dumps([row])

    script = [
        book(1, [(10, 1)]),
        book(1, [(10, 2)]),
        book(2, [(10, 1), (9, 2)], r=True),
        book(3, [(9, 0), (8, 1)]),
        book(1, [(10, 5)]),
    ]
    with scripted([*script, book(5, [(10, 1)], r=True)]) as (url, heard):
        board = opened(url, [BTC])
        events = board.take(BookEvent, 5)
        board.inbox.until(lambda _: sum(m.get("action") == "unsubscribe" for m in heard) >= 2)
        board.gateway.stop(5)
    assert [(e.price, e.size) for e in events] == [(10.0, 1.0), (9.0, 2.0), (9.0, 0.0), (8.0, 1.0), (10.0, 1.0)]
    assert heard.count({"action": "subscribe", "orderbooks": [BTC]}) == 2


def _tell(board: Board, row: dict[str, Any]) -> None:
    from tradetui.engine.practice.data_stream import STREAMS

    assert board.server.app[STREAMS].inject(row)


def _quote(symbol: str, bid: float) -> dict[str, Any]:
    return {"T": "q", "S": symbol, "bp": bid, "bs": 1, "ap": bid + 1, "as": 1}


def _failing() -> Any:
    from tradetui.engine.practice.faults import Rule

    return Rule("500_before", path="/v2/stocks", count=100)
