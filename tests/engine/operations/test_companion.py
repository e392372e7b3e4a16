"""A halt from another terminal reaches the session, stands over a restart, and ends when the operator unlocks."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from tradetui.engine.model.commands import Command, Kill, Unlock
from tradetui.engine.model.events import TradingState
from tradetui.engine.model.snapshot import FeedView, Snapshot
from tradetui.engine.operations.companion import Companion
from tradetui.engine.operations.halt import Halt, HaltLatch
from tradetui.engine.operations.run_files import RunFile, born, find_runs
from tradetui.engine.operations.unlock import UnlockBox, UnlockWish, clear_halt

HALT = Halt("quotes look wrong", "another terminal", 1)


class Session:
    """One that obeys."""

    def __init__(self) -> None:
        self.now = Snapshot(mode="PAPER", phase="running", account_label="Alpaca ****1234")
        self.sent: list[Command] = []

    def snapshot(self) -> Snapshot:
        return self.now

    def send(self, command: Command) -> None:
        self.sent.append(command)
        steps = {TradingState.HALTED: TradingState.REDUCING, TradingState.REDUCING: TradingState.ACTIVE}
        self.become(TradingState.HALTED if isinstance(command, Kill) else steps[self.now.state])

    def become(self, state: TradingState) -> None:
        self.now = replace(self.now, state=state)


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def latch(tmp_path: Path) -> HaltLatch:
    return HaltLatch(tmp_path, "paper")


def companion(folder: Path, session: Session) -> Companion:
    file = RunFile(
        pid=os.getpid(),
        born=born(os.getpid()),
        mode="paper",
        environment="paper",
        paper=None,
        account="",
        trading_url="https://paper-api.alpaca.markets",
        journal="",
    )
    return Companion(folder, file, lambda: session, {"paper": "https://paper-api.alpaca.markets"})


def test_a_halt_is_told_once_and_ends_with_the_operators_unlock(
    tmp_path: Path, session: Session, latch: HaltLatch
) -> None:
    beside = companion(tmp_path, session)
    beside.look()
    latch.set(HALT)
    for _ in range(3):
        beside.look()
    assert session.sent == [Kill(actor="another terminal", reason="quotes look wrong")]
    assert latch.standing()
    session.become(TradingState.REDUCING)
    beside.look()
    assert not latch.standing()


def test_a_session_that_has_not_obeyed_yet_does_not_end_the_halt(
    tmp_path: Path, session: Session, latch: HaltLatch
) -> None:
    beside = companion(tmp_path, session)
    latch.set(HALT)
    beside.look()
    session.become(TradingState.ACTIVE)  # as if the command still waited
    beside.look()
    assert latch.standing()


def test_a_halt_stands_over_a_restart(tmp_path: Path, session: Session, latch: HaltLatch) -> None:
    latch.set(HALT)
    session.now = replace(session.now, phase="loading")
    beside = companion(tmp_path, session)
    beside.look()
    assert session.sent == []
    session.now = replace(session.now, phase="running")
    beside.look()
    assert len(session.sent) == 1


def test_a_second_kill_between_unlock_and_its_notice_halts_again(
    tmp_path: Path, session: Session, latch: HaltLatch
) -> None:
    beside = companion(tmp_path, session)
    latch.set(HALT)
    beside.look()
    beside.look()
    session.become(TradingState.REDUCING)
    latch.set(Halt("again", "another terminal", 2))
    beside.look()
    assert len(session.sent) == 2
    assert latch.standing()


def test_what_the_broker_answered_and_how_it_is_can_be_read_by_others(tmp_path: Path, session: Session) -> None:
    session.now = replace(session.now, feeds=(FeedView("iex", "OK", queued=4),), events=9, fills_total=2)
    with companion(tmp_path, session) as beside:
        beside.beat()
        (run,) = find_runs(tmp_path)
        assert (run.file.account, run.file.paper) == ("1234", True)
        assert run.health is not None
        assert (run.health.ticks, run.health.queue_depth, run.health.fills) == (9, 4, 2)
        assert run.health.trading == "ACTIVE"
        assert beside.picture() is not None
    assert find_runs(tmp_path) == []


def test_a_session_that_the_screen_switched_to_obeys_the_halt_of_its_own_environment(
    tmp_path: Path, session: Session, latch: HaltLatch
) -> None:
    beside = companion(tmp_path, session)
    latch.set(HALT)
    session.now = replace(session.now, mode="PRACTICE")
    beside.look()
    assert session.sent == []
    session.now = replace(session.now, mode="PAPER")
    beside.look()
    assert len(session.sent) == 1


def wish(ts_ns: int = 10) -> UnlockWish:
    return UnlockWish("looked into it", "another terminal", ts_ns)


def test_an_unlock_from_another_terminal_is_one_step_and_ends_the_halt(
    tmp_path: Path, session: Session, latch: HaltLatch
) -> None:
    beside, box = companion(tmp_path, session), UnlockBox(tmp_path, os.getpid())
    latch.set(HALT)
    beside.look()
    box.put(wish())
    for _ in range(3):
        beside.look()
    assert session.sent[1:] == [Unlock("looked into it", "another terminal")]
    assert (session.now.state, latch.standing(), box.waits()) == (TradingState.REDUCING, False, False)
    box.put(wish(11))
    beside.look()
    assert session.now.state == TradingState.ACTIVE


def test_an_unlock_older_than_the_kill_is_dropped(tmp_path: Path, session: Session, latch: HaltLatch) -> None:
    beside, box = companion(tmp_path, session), UnlockBox(tmp_path, os.getpid())
    session.become(TradingState.REDUCING)
    box.put(wish(0))
    latch.set(HALT)
    for _ in range(3):
        beside.look()
    assert session.sent == [Kill(actor="another terminal", reason="quotes look wrong")]
    assert (latch.standing(), box.waits()) == (True, False)


def test_an_unlock_of_what_trades_is_nothing_and_waits_for_no_later_halt(tmp_path: Path, session: Session) -> None:
    beside, box = companion(tmp_path, session), UnlockBox(tmp_path, os.getpid())
    box.put(wish())
    beside.look()
    assert (session.sent, box.waits()) == ([], False)


def test_a_wish_left_for_a_process_that_had_the_same_number_is_not_found(tmp_path: Path, session: Session) -> None:
    session.now = replace(session.now, phase="loading")
    box = UnlockBox(tmp_path, os.getpid())
    box.put(wish())
    with companion(tmp_path, session):
        assert not box.waits()


def test_a_halt_without_a_session_ends_with_its_reason_kept(tmp_path: Path, latch: HaltLatch) -> None:
    assert not clear_halt(tmp_path, "paper", wish())
    for _ in range(2):
        latch.set(HALT)
        assert clear_halt(tmp_path, "paper", wish())
        assert not latch.standing()
    kept = (tmp_path / "unlocks.jsonl").read_text().splitlines()
    assert ["looked into it" in line and "quotes look wrong" in line for line in kept] == [True, True]


def test_a_run_file_that_cannot_be_written_keeps_no_halt_from_being_obeyed(
    tmp_path: Path, session: Session, latch: HaltLatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As on a full disk: each second's writing fails, and the thread that sees to halts is the one that writes."""
    beside = companion(tmp_path, session)
    with beside:
        file = tmp_path / "runs" / f"{os.getpid()}.json"
        file.unlink()
        file.mkdir()  # nothing can be put in its place
        session.now = replace(session.now, account_label="****9999")
        until(lambda: "could not be seen to" in caplog.text)
        latch.set(HALT)
        until(lambda: session.sent)
        file.rmdir()
    assert session.sent == [Kill(actor="another terminal", reason="quotes look wrong")]


def until(holds: Callable[[], object]) -> None:
    end, pause = time.monotonic() + 10, threading.Event()
    while not holds():
        assert time.monotonic() < end
        pause.wait(0.01)
