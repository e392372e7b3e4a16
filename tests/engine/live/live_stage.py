"""A live session in memory: its own threads, and a feed and a venue that do what a test says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from live_rig import SESSION, MemoryVenue, Scripted, buy

from tradetui.engine.bus import EventBus
from tradetui.engine.config import run_config
from tradetui.engine.gateways.live_words import ExecutionHealth, FeedHealth, Instruction, LiveInput, Put
from tradetui.engine.journal.header import Details, JournalHeader
from tradetui.engine.journal.writer import FileJournal
from tradetui.engine.live.build import build_live
from tradetui.engine.live.opening import OpenStore
from tradetui.engine.live.recorder import Recorder, recording_of
from tradetui.engine.live.session import Connected, LiveSession
from tradetui.engine.model.events import QuoteEvent, SessionEvent
from tradetui.engine.model.snapshot import Snapshot
from tradetui.engine.storage.sessions import session_info
from tradetui.engine.strategy import Strategy

WAIT_S = 30.0
HEADER = JournalHeader(mode="practice", config_json="{}", details=Details(run_id=SESSION))


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

    def __init__(self, path: Path, strategy: Strategy | None = None, store: OpenStore | None = None) -> None:
        self.path, self.order, self._store = path, list[str](), store
        self.venue, self.feed = MemoryVenue(), MemoryFeed(self.order)
        self.strategy = strategy or Scripted({100.0: buy()})
        self.session = LiveSession(self._load, "PRACTICE")

    def _load(self, bus: EventBus[LiveInput]) -> Connected:
        player = build_live(run_config({"quantity": 10}, "test"), self.strategy, ("AA",), SESSION, "practice")
        return Connected(
            player,
            FileJournal(self.path, HEADER, durability="process_death"),
            str(self.path),
            {"AA": 0.01},
            Recorder(recording_of(self.path), ("AA",), player.view.bar_ns),
            self.feed,
            MemoryExecution(self.venue, self.order),
            SessionEvent("started", "", self.venue.now_ns),
            storage=self._store and self._store(self.path, session_info(HEADER)),
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
