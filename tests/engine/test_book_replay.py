"""A market of ticks and books on the screen: paced, paused and killed in the middle, and the same events as without."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from rig import Recorded

from book_session import SECOND, START, Restless, book_run, config_of, restless_book, session
from reference_market import ReferenceMarket
from tradetui.engine.book_screen import ScreenPlayer
from tradetui.engine.build_book import build_book_player
from tradetui.engine.bus import EventBus
from tradetui.engine.market.tape import MarketSession
from tradetui.engine.model.commands import Command, Kill
from tradetui.engine.model.events import OrderStatusEvent, TradingState
from tradetui.engine.model.orders import OrderStatus
from tradetui.engine.model.snapshot import Snapshot
from tradetui.engine.pacing import TURN_NS, Engine
from tradetui.engine.session import Control, Loaded
from tradetui.engine.strategy import Strategy

WALL_NS = 10**15


class Screened:
    """An engine on a book player, whose turns and wall time the test gives."""

    def __init__(
        self,
        market: MarketSession,
        strategy: Strategy | None = None,
        clock: Callable[[], int] | None = None,
        give_way: Callable[[], None] | None = None,
        **options: Any,
    ) -> None:
        config = config_of(allow_short=True, **options)
        self.player = build_book_player(config, strategy or Restless(), market, ReferenceMarket, ScreenPlayer)
        self.journal: Any = Recorded()
        self.pictures: list[Snapshot] = []
        self.now_ns = WALL_NS
        bus: EventBus[Command | Control] = EventBus()
        loaded = Loaded(self.player, self.journal, "session.db", {"X": 0.01})
        self.engine = Engine(loaded, bus, self.pictures.append, "REPLAY", self.now_ns, clock, give_way)

    def begin(self, speed: float) -> Screened:
        self.engine.begin(speed, True, 0.0, self.now_ns)
        return self

    def turn(self, *requests: Command | Control, after_s: float = 0.0) -> Screened:
        self.now_ns += round(after_s * SECOND)
        self.engine.turn(requests, self.now_ns)
        return self

    def finish(self) -> Screened:
        while not self.player.done:
            self.turn(after_s=0.001)
        return self.turn(after_s=1)


def market(rows: int = 1_200) -> MarketSession:
    prints = [(0.7 + 5 * k, 100.0 + k % 3 / 100, 1.0, 1) for k in range(rows // 20)]
    return session(restless_book(5, rows), prints)


def test_a_replay_at_full_speed_tells_the_same_events_as_a_run_without_a_screen() -> None:
    run = book_run(Restless(), market(), allow_short=True)
    result = run.run()
    shown = Screened(market()).begin(0.0).finish()
    fills = [event for event in shown.journal.told if type(event).__name__ == "FillEvent"]
    orders = [event for event in shown.journal.told if type(event).__name__ == "OrderEvent"]
    assert fills == result.fills
    assert orders == result.orders_sent
    assert len(fills) > 10
    assert shown.player.core.seq == result.events


def test_a_turn_goes_on_for_some_milliseconds_of_the_clock_it_is_given() -> None:
    bare = Screened(market()).begin(0.0).turn()
    ticking = count(step=TURN_NS // 4)
    timed = Screened(market(), clock=lambda: next(ticking)).begin(0.0).turn()
    assert bare.player.row < timed.player.row < len(timed.player)
    whole = Screened(market(), clock=lambda: 0).begin(0.0).turn()
    assert whole.player.row == len(whole.player)


def test_a_clock_changes_no_result() -> None:
    ticking = count(step=TURN_NS // 3)
    timed = Screened(market(), clock=lambda: next(ticking)).begin(0.0).finish()
    assert timed.journal.told == Screened(market()).begin(0.0).finish().journal.told


def test_a_screen_may_go_first_before_each_slice_of_a_turn_and_changes_no_result() -> None:
    rows: list[int] = []
    shown = Screened(market(), clock=lambda: 0, give_way=lambda: rows.append(shown.player.row)).begin(0.0)
    shown.turn()
    assert len(rows) > 10
    assert rows == sorted(set(rows)), "after every slice"
    assert shown.finish().journal.told == Screened(market()).begin(0.0).finish().journal.told


def test_a_turn_ends_after_some_wakes_however_many_rows_are_due() -> None:
    shown = Screened(market()).begin(0.0)
    shown.player.wakes_per_turn = 10
    shown.turn()
    first = shown.player.row
    assert 0 < first < len(shown.player)
    shown.turn()
    assert first < shown.player.row < len(shown.player)


def test_at_a_pace_only_what_is_due_is_played() -> None:
    shown = Screened(market(), clock=lambda: 0).begin(10.0)
    shown.turn(after_s=1.0)
    assert shown.player.row == shown.player.due(START + round(10.25 * SECOND))
    assert shown.player.clock_ns <= START + round(10.25 * SECOND)
    shown.turn(Control("pause")).turn(after_s=5.0)
    assert shown.player.row == shown.player.due(START + round(10.25 * SECOND))


def test_a_kill_in_the_middle_cancels_what_works_and_nothing_is_sent_after_it() -> None:
    shown = Screened(market(), simulation={"entry_ms": 50}).begin(50.0)
    core = shown.player.core
    while not core.orders.open_orders():
        shown.turn(after_s=0.02)
        assert not shown.player.done
    shown.turn(Kill(reason="enough"))
    assert core.state == TradingState.HALTED
    assert core.orders.open_orders() == []
    assert any(type(e) is OrderStatusEvent and e.status == OrderStatus.CANCELLED for e in shown.journal.told)
    sent = core.orders.counts.sent
    shown.turn(Control("speed", 0.0)).finish()
    assert core.orders.counts.sent == sent
    assert core.portfolio.imbalance(core.marks()) == 0


def test_the_picture_shows_the_book_the_last_trade_and_own_orders() -> None:
    shown = Screened(market()).begin(1.0)
    core = shown.player.core
    while not (core.orders.open_orders() and all(core.view.quote("X"))):
        shown.turn(after_s=0.25)
        assert not shown.player.done
    book = shown.turn(Control("pause")).turn(after_s=0.1).pictures[-1].books["X"]
    best = core.view.quote("X")
    assert (book.bids[0][0], book.asks[0][0]) == best
    assert book.bids == tuple(sorted(book.bids, reverse=True))
    assert book.mine
    (line,) = shown.pictures[-1].symbols
    assert line.last == book.last
    assert line.volume == sum(1.0 for k in range(60) if START + (0.7 + 5 * k) * SECOND <= shown.player.clock_ns)
    assert shown.turn(Control("speed", 0.0), Control("play")).finish().pictures[-1].phase == "finished"
