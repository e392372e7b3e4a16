from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from rig import MINUTE_NS, ROWS, START_NS, Rig, swinging, three_symbols

from tradetui import SignalEvent, Strategy
from tradetui.engine.errors import JournalError
from tradetui.engine.market.bars import merge_bars
from tradetui.engine.model.commands import CancelAll, ClosePosition, Kill, PauseTrading, ResumeTrading, Unlock
from tradetui.engine.model.events import (
    CommandEvent,
    ControlEvent,
    FillEvent,
    OrderEvent,
    OrderStatusEvent,
    TradingState,
)
from tradetui.engine.session import Control
from tradetui.engine.tape_loop import ROWS_PER_TURN


def test_rows_happen_when_the_clock_reaches_them() -> None:
    rig = Rig(swinging("A")).begin(speed=60.0)  # one bar a second; the clock begins where the first bar ends
    assert rig.turn().row == 1
    assert rig.turn(after_s=0.99).row == 1
    assert rig.turn(after_s=0.01).row == 2
    assert rig.turn(after_s=5).row == 7


def test_the_engine_says_how_long_it_may_wait() -> None:
    rig = Rig(swinging("A")).begin(speed=6_000.0)
    rig.turn()
    assert rig.engine.wait_s(rig.now_ns) == pytest.approx(0.01)
    rig.turn(Control("pause"))
    assert rig.engine.wait_s(rig.now_ns) == pytest.approx(0.05)
    rig.turn(Control("speed", 0.0), Control("play"))
    assert rig.finish().engine.wait_s(rig.now_ns) == pytest.approx(0.05)


def test_a_pause_holds_at_once_even_where_the_rows_are_behind_the_clock() -> None:
    rig = Rig(swinging("A", 5_000)).begin(speed=10_000.0)
    rig.turn(after_s=30)  # a thousand rows were due, one turn's are done
    assert rig.row == ROWS_PER_TURN
    rig.turn(Control("pause"), after_s=1)
    assert rig.row == ROWS_PER_TURN
    rig.turn(after_s=3_600)
    assert rig.row == ROWS_PER_TURN
    assert rig.seen.paused


def test_a_pause_loses_no_market_time() -> None:
    rig = Rig(swinging("A")).begin(speed=60.0)
    rig.turn()
    for _ in range(9):  # nine tenths of a bar, in pieces
        rig.turn(Control("pause"), after_s=0.1)
        rig.turn(Control("play"), after_s=77)
    assert rig.row == 1
    assert rig.turn(after_s=0.1).row == 2


def test_a_change_of_speed_loses_no_market_time() -> None:
    rig = Rig(swinging("A")).begin(speed=60.0)
    rig.turn()
    rig.turn(Control("speed", 30.0), after_s=0.5)
    assert rig.turn(after_s=0.99).row == 1
    assert rig.turn(after_s=0.01).row == 2


def test_after_full_speed_the_market_goes_on_from_where_it_is() -> None:
    rig = Rig(swinging("A", 3_000)).begin(speed=0.0)
    rig.turn()
    row = rig.row
    rig.turn(Control("speed", 60.0))
    assert rig.row == row
    assert rig.turn(after_s=1).row == row + 1


def test_a_step_is_one_event_though_others_share_its_moment() -> None:
    rig = Rig(three_symbols()).begin(play=False)
    for row in range(1, 10):
        assert rig.turn(Control("step", 1)).row == row
        assert rig.turn(after_s=60).row == row
    assert rig.turn(Control("step", 20)).row == 29


def test_steps_asked_together_add_up_and_hold_a_running_clock() -> None:
    rig = Rig(swinging("A")).begin(speed=60.0)
    rig.turn()
    rig.turn(Control("step", 1), Control("step", 2))
    assert rig.row == 4
    assert rig.turn(after_s=60).row == 4


def test_after_a_step_the_clock_runs_on_from_it() -> None:
    rig = Rig(swinging("A")).begin(play=False)
    rig.turn(Control("step", 100))
    rig.turn(Control("speed", 60.0), Control("play"))
    assert rig.turn(after_s=1.01).row == 101


def test_a_skip_goes_forward_by_market_time_and_adds_up_over_empty_stretches() -> None:
    rig = Rig(swinging("A")).begin(play=False)
    rig.turn()
    assert rig.row == 1
    for _ in range(5):
        rig.turn(Control("skip", 10.0))
    assert rig.row == 1
    assert rig.turn(Control("skip", 10.0)).row == 2
    assert rig.turn(Control("skip", 600.0)).row == 12


def test_a_long_skip_takes_several_turns_and_a_pause_ends_it() -> None:
    rig = Rig(swinging("A", 3_000)).begin(play=False)
    rig.turn(Control("skip", 60.0 * 2_000))
    assert rig.row == ROWS_PER_TURN
    assert rig.engine.wait_s(rig.now_ns) == 0
    rig.turn(Control("pause"))
    assert rig.turn().row == ROWS_PER_TURN


def test_a_session_may_open_some_way_in() -> None:
    rig = Rig(swinging("A")).begin(play=False, ahead_s=1_800)
    rig.turn(after_s=1)
    assert rig.row == 31
    assert rig.seen.clock_ns == START_NS + 31 * MINUTE_NS


def test_full_speed_plays_to_the_end_and_stands_there() -> None:
    rig = Rig().begin().finish()
    assert rig.row == 3 * ROWS
    assert (rig.seen.phase, rig.seen.feed, rig.seen.paused) == ("finished", "END", True)
    assert rig.seen.events == rig.seen.events_total == 3 * ROWS
    rig.turn(Control("play"), Control("step", 5), Control("skip", 60.0), after_s=1)
    assert rig.seen.paused
    assert rig.row == 3 * ROWS


class Resting(Strategy):
    """A limit far below the market that stays, renewed by nothing."""

    def __init__(self) -> None:
        self.told = False

    def on_market_data(self, event: Any) -> list[SignalEvent]:
        if self.told:
            return []
        self.told = True
        return [SignalEvent(event.symbol, 1, quantity=5, type="limit", limit_price=1.0, time_in_force="gtc")]


def test_kill_works_within_its_turn_and_is_journaled_before_its_effects() -> None:
    rig = Rig(swinging("A"), Resting()).begin(play=False)
    rig.turn(Control("step", 3))
    assert len(rig.core.orders.open_orders()) == 1
    before = len(rig.journal.told)
    rig.turn(Kill())
    command, control, cancelled = rig.journal.told[before:]
    assert isinstance(command, CommandEvent)
    assert isinstance(control, ControlEvent)
    assert isinstance(cancelled, OrderStatusEvent)
    assert rig.journal.commits[-2] == before + 1, "the command was safe before anything came of it"
    assert (control.cause, command.seq < control.seq < cancelled.seq) == (command.seq, True)
    assert rig.core.orders.open_orders() == []
    assert rig.seen.state == TradingState.HALTED
    assert rig.seen.orders_cancelled == 1
    assert rig.seen.orders == ()


def test_a_kill_comes_before_the_market_of_its_turn() -> None:
    rig = Rig().begin(speed=0.0)
    rig.turn(Kill())
    assert rig.row == ROWS_PER_TURN
    assert not [e for e in rig.journal.told if isinstance(e, OrderEvent | FillEvent)]
    assert rig.core.orders.counts.refused["STATE"] > 0


def test_trading_comes_back_one_step_at_a_time() -> None:
    rig = Rig().begin(play=False)
    rig.turn(Control("step", 200))
    for command, state in (
        (Kill(), "halted"),
        (ResumeTrading(), "halted"),
        (Unlock(reason="looked into it"), "reducing"),
        (Unlock(reason="all clear"), "active"),
        (PauseTrading(), "reducing"),
        (ResumeTrading(), "active"),
    ):
        rig.turn(command)
        assert rig.seen.state.value == state
    assert rig.finish().seen.fills_total > 10


def test_commands_are_obeyed_before_the_first_row_and_after_the_last() -> None:
    rig = Rig().begin(play=False)
    rig.turn(CancelAll(), PauseTrading())
    assert [event.seq for event in rig.journal.told] == [1, 2, 3], "before any row"
    assert rig.seen.state == TradingState.REDUCING
    rig.turn(ResumeTrading())
    rig.finish()
    held = {p.symbol for p in rig.seen.positions}
    assert held
    for symbol in held:
        rig.turn(ClosePosition(symbol))
    assert {o.role for o in rig.seen.orders} == {"close"}, "sent, to fill at the next bar, which never comes"
    rig.turn(Kill())
    assert rig.seen.orders == ()
    rig.engine.close()
    assert rig.journal.ended == "closed"
    assert [e.command for e in rig.journal.told if isinstance(e, CommandEvent)][:3] == ["cancel_all", "pause", "resume"]


def test_sequence_numbers_rise_without_end_through_rows_commands_and_their_consequences() -> None:
    rig = Rig().begin(speed=0.0)
    while not rig.player.done:
        rig.turn(PauseTrading(), ResumeTrading(), CancelAll())
    numbers = [event.seq for event in rig.journal.told]
    assert all(a < b for a, b in pairwise(numbers))
    assert rig.core.seq == 3 * ROWS + len(numbers)


class Failing:
    """A journal whose disk fills at its `at`-th commit."""

    def __init__(self, at: int) -> None:
        from rig import Recorded

        self.inner, self.at = Recorded(), at

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def commit(self) -> None:
        self.inner.commit()
        if len(self.inner.commits) >= self.at:
            raise JournalError("session.db: block 3 could not be written: disk full")


def test_a_command_that_cannot_be_journaled_is_not_obeyed() -> None:
    rig = Rig(swinging("A"), Resting(), journal=Failing(2)).begin(play=False)
    rig.turn(Control("step", 3))
    with pytest.raises(JournalError, match="disk full"):
        rig.turn(CancelAll())
    assert len(rig.core.orders.open_orders()) == 1


def test_what_was_said_before_a_fault_is_saved_and_the_file_let_go() -> None:
    rig = Rig(swinging("A"), Resting()).begin(play=False)
    rig.turn(Control("step", 1))
    rig.core.emit(ControlEvent(TradingState.ACTIVE, "test", "half-way", 0), 0)
    rig.engine.fault(ValueError("a bug"))
    assert rig.journal.told[-1].reason == "half-way"
    assert rig.journal.ended == "abandoned"
    rig.engine.fault(ValueError("again"))  # and a second time it does nothing


def test_a_fault_while_saving_is_noted_on_the_first_one() -> None:
    class Full(Failing):
        def abandon(self) -> None:
            raise JournalError("session.db: disk full")

    rig = Rig(journal=Full(10**9)).begin()
    fault = ValueError("a bug")
    rig.engine.fault(fault)
    assert fault.__notes__ == ["besides, session.db: disk full"]


def test_pictures_come_at_most_twenty_a_second_and_only_with_news() -> None:
    rig = Rig(swinging("A", 5_000)).begin(speed=6_000.0)
    for _ in range(100):
        rig.turn(after_s=0.01)
    assert 19 <= len(rig.pictures) <= 22
    rig.turn(Control("pause"), after_s=0.1)
    rig.turn(after_s=3)  # the shown rate falls to nothing once
    count = len(rig.pictures)
    for _ in range(20):
        rig.turn(after_s=3)
    assert len(rig.pictures) == count
    assert rig.seen.events_per_s == 0


def test_the_shown_rate_is_of_the_last_second() -> None:
    rig = Rig(swinging("A", 5_000)).begin(speed=6_000.0)
    for _ in range(300):
        rig.turn(after_s=0.01)
    assert rig.seen.events_per_s == pytest.approx(100, rel=0.05)


def test_symbols_that_end_and_begin_at_other_times_are_played_in_order() -> None:
    late = swinging("B", 30, start_ns=START_NS + 15 * MINUTE_NS)
    rig = Rig(merge_bars([swinging("A", 60), late])).begin().finish()
    assert rig.row == 90
    assert {s.symbol: s.ts_ns for s in rig.seen.symbols} == {
        "A": START_NS + 60 * MINUTE_NS,
        "B": START_NS + 45 * MINUTE_NS,
    }
