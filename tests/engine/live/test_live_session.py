from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from live_rig import SESSION, MemoryVenue, Scripted, buy

from tradetui.engine.bus import EventBus
from tradetui.engine.config import run_config
from tradetui.engine.errors import UsageError
from tradetui.engine.gateways.live_words import ExecutionHealth, FeedHealth, Instruction, LiveInput, Put
from tradetui.engine.journal.header import JournalHeader
from tradetui.engine.journal.verify import verify
from tradetui.engine.journal.writer import FileJournal
from tradetui.engine.live.build import build_live
from tradetui.engine.live.recorder import Recorder, read_recording, recording_of
from tradetui.engine.live.session import Connected, LiveSession
from tradetui.engine.model.commands import Kill
from tradetui.engine.model.events import QuoteEvent, SessionEvent
from tradetui.engine.model.snapshot import Snapshot
from tradetui.engine.strategy import Strategy

WAIT_S = 20.0


class MemoryFeed:
    """A DataGateway whose market the test speaks itself."""

    def __init__(self, order: list[str]) -> None:
        self.put: Put | None = None
        self._order = order

    def start(self, put: Put, symbols: Sequence[str]) -> None:
        self._order.append("feed up")
        self.put = put

    def subscribe(self, symbols: Sequence[str]) -> None:
        raise NotImplementedError

    def health(self) -> FeedHealth:
        return FeedHealth("memory", "OK", events=7)

    def stop(self, timeout_s: float) -> None:
        self._order.append("feed down")


class MemoryExecution:
    """An ExecutionGateway of the venue in memory; it answers about the account at once."""

    def __init__(self, venue: MemoryVenue, order: list[str]) -> None:
        self.venue, self._order = venue, order

    def start(self, put: Put) -> None:
        self._order.append("execution up")
        self.put = put

    def do(self, instruction: Instruction) -> None:
        self.venue.do(instruction)

    def ask_state(self) -> None:
        self.put(self.venue.state())

    def health(self) -> ExecutionHealth:
        return ExecutionHealth("memory", "OK", rate_left=160)

    def stop(self, timeout_s: float) -> None:
        self._order.append("execution down")


class Stage:
    """A live session in memory, and everything that a test looks at."""

    def __init__(self, path: Path, strategy: Strategy | None = None) -> None:
        self.path, self.order = path, list[str]()
        self.venue, self.feed = MemoryVenue(), MemoryFeed(self.order)
        self.strategy = strategy or Scripted({100.0: buy()})
        self.session = LiveSession(self._load, "PRACTICE")

    def _load(self, bus: EventBus[LiveInput]) -> Connected:
        player = build_live(run_config({"quantity": 10}, "test"), self.strategy, ("AA",), SESSION, "practice")
        return Connected(
            player,
            FileJournal(self.path, JournalHeader(mode="practice", config_json="{}"), durability="process_death"),
            str(self.path),
            {"AA": 0.01},
            Recorder(recording_of(self.path), ("AA",), player.view.bar_ns),
            self.feed,
            MemoryExecution(self.venue, self.order),
            SessionEvent("started", "", self.venue.now_ns),
            down=lambda: self.order.append("exchange down"),
        )

    def quote(self, bid: float) -> None:
        assert self.feed.put is not None
        self.feed.put(QuoteEvent("AA", self.venue.now_ns, bid, 100.0, bid + 0.01, 100.0))

    def until(self, holds: Callable[[Snapshot], Any]) -> Snapshot:
        """The first picture for which it holds."""
        end, pause = monotonic() + WAIT_S, threading.Event()
        while not holds(self.session.snapshot()):
            assert monotonic() < end, self.session.snapshot()
            pause.wait(0.01)
        return self.session.snapshot()


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
    assert [type(sent).__name__ for sent in stage.venue.received] == ["Send", "Withdraw", "WithdrawAll"]
    stage.session.stop()


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
