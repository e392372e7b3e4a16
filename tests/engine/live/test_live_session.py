from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from live_rig import Scripted, buy
from live_stage import Stage

from tradetui.engine.bus import EventBus
from tradetui.engine.errors import UsageError
from tradetui.engine.gateways.live_words import Instruction, LiveInput
from tradetui.engine.journal.verify import verify
from tradetui.engine.live.recorder import read_recording, recording_of
from tradetui.engine.live.session import Connected, LiveSession
from tradetui.engine.model.commands import Kill
from tradetui.engine.model.events import SignalEvent


@pytest.mark.slow
def test_a_session_trades_shows_and_ends_in_order(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "s.db")
    stage.session.start()
    stage.until(lambda shown: shown.account.cash == 100_000 and not shown.holds)
    stage.quote(100.0)
    stage.until(lambda shown: shown.orders)
    stage.feed.put(stage.venue.fill(1, "10", "100.01"))  # type: ignore[misc]
    shown = stage.until(lambda shown: shown.positions and shown.feeds and shown.execution)
    assert (shown.mode, shown.account_label, shown.positions[0].quantity) == ("PRACTICE", "****1234", 10)
    stage.session.stop()
    assert stage.session.ended
    assert stage.order == ["execution up", "feed up", "feed down", "execution down", "exchange down"]
    assert verify(stage.path).closed
    assert [row.seq for row in read_recording(recording_of(stage.path))] != []


@pytest.mark.slow
def test_a_kill_from_another_thread_withdraws_everything(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "s.db", Scripted({100.0: buy(type="limit", limit_price=99.0)}))
    stage.session.start()
    stage.until(lambda shown: shown.account.cash and not shown.holds)
    stage.quote(100.0)
    stage.until(lambda shown: shown.orders)
    stage.session.send(Kill())
    stage.until(lambda shown: shown.state == "halted" and not shown.orders)
    assert [type(sent).__name__ for sent in stage.venue.received] == ["Send", "WithdrawAll", "Withdraw"]
    stage.session.stop()


@pytest.mark.slow
def test_a_kill_right_before_the_end_leaves_while_orders_still_can(tmp_path: Path) -> None:
    """The engine is busy when the operator halts and quits: both wait for it at once."""
    stage = Stage(tmp_path / "s.db", Busy())
    stage.session.start()
    stage.until(lambda shown: shown.account.cash and not shown.holds)
    do = stage.venue.do

    def noted(instruction: Instruction) -> None:
        stage.order.append(type(instruction).__name__)
        do(instruction)

    stage.venue.do = noted  # type: ignore[method-assign]
    busy = stage.strategy
    assert isinstance(busy, Busy)
    stage.quote(100.0)
    assert busy.asked.wait(10)
    stage.session.send(Kill())
    quitting = threading.Thread(target=stage.session.stop)
    quitting.start()
    stage.session._stopping.wait(10)
    busy.done.set()
    quitting.join()
    assert stage.order.index("WithdrawAll") < stage.order.index("execution down")


class Busy(Scripted):
    """Thinks until it is told to be done."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.done = threading.Event(), threading.Event()

    def on_market_data(self, event: Any) -> list[SignalEvent]:
        self.asked.set()
        self.done.wait(10)
        return []


@pytest.mark.slow
def test_a_fault_stops_loudly_and_leaves_the_journal_intact(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "s.db")
    stage.session.start()
    stage.until(lambda shown: shown.account.cash and not shown.holds)
    assert stage.feed.put is not None
    stage.feed.put("no input at all")  # type: ignore[arg-type]
    shown = stage.until(lambda shown: shown.phase == "failed")
    assert "KeyError" in shown.error
    stage.session.stop()
    assert stage.order[-3:] == ["feed down", "execution down", "exchange down"]
    found = verify(stage.path)
    assert (found.ok, found.closed) == (True, False)
    assert found.events > 3


def test_what_cannot_be_opened_is_said_and_nothing_runs() -> None:
    def load(bus: EventBus[LiveInput]) -> Connected:
        raise UsageError("no keys for paper")

    session = LiveSession(load, "PAPER")
    session.start()
    session.stop()
    assert session.snapshot().error == "no keys for paper"
    assert session.ended
