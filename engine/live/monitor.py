"""The monitor thread of a live session: looks at feed, venue and storage, writes the recording, asks for the account.

It tells the engine what it must know by inputs, and everybody else by `facts`. It decides nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from time import monotonic, time_ns
from typing import Any, NamedTuple

from tradetui.engine.errors import TradetuiError
from tradetui.engine.gateways.live_words import DataGateway, ExecutionGateway, ExecutionHealth, FeedHealth
from tradetui.engine.live.latencies import LiveLatencies
from tradetui.engine.live.recorder import Recorder
from tradetui.engine.live.storing import Storing
from tradetui.engine.model.events import FeedEvent
from tradetui.engine.model.snapshot import ExecutionView, FeedView, StorageView

LOOK_S = 0.25  # between two looks
FLUSH_S = 1.0  # between two writes of the recording
COMPARE_S = 60.0  # between two comparisons with the venue's account
PATIENCE_S = 3.0  # a question about the account that was not answered is asked again
QUIET_S = 1.0  # a market of which nothing came for so long is asked whether it is over
STORE_S = 0.8  # for the rows that wait when a session ends; what is left then, the journal has

log = logging.getLogger(__name__)


class Watched(NamedTuple):
    """What it looks after."""

    data: DataGateway
    execution: ExecutionGateway
    recorder: Recorder
    latencies: LiveLatencies
    storing: Storing
    over: Callable[[], str] | None = None  # asks in words whether the market has ended; empty while it goes on


class Monitor:
    """`run` is the thread; `asked` and `answered` belong to the engine's, which asks for the account too."""

    def __init__(
        self, watched: Watched, put: Callable[[FeedEvent], None], waiting: Callable[[], int], *, of_now: bool
    ) -> None:
        self._watched, self._put, self._waiting = watched, put, waiting
        self._of_now = of_now  # a practice market has a time of its own: no lag can be told from it
        self.facts: dict[str, Any] = {}
        self._asked_s: float | None = None  # when the venue was asked for the account, and has not answered
        self._compared_s = 0.0
        self._heard = (0, 0.0)  # how many events the feed had when that last changed, and when it did
        self._unwritten = False  # the recording is behind
        self._over = ""  # since when there is nothing more to hear, in words
        self._over_asked_s = 0.0

    def ask(self) -> None:
        """Have the venue tell its account."""
        self._asked_s = monotonic()
        self._watched.execution.ask_state()

    def answered(self) -> None:
        """It has."""
        self._asked_s, self._compared_s = None, monotonic()

    def run(self, over: threading.Event) -> None:
        """Until the engine is done."""
        flushed_s = monotonic()
        self._watched.storing.start()
        while not over.wait(LOOK_S):
            now_s = monotonic()
            self.look()
            self._look_for_the_end(now_s)
            if self._asked_s is not None:
                if now_s - self._asked_s >= PATIENCE_S:
                    self.ask()
            elif now_s - self._compared_s >= COMPARE_S:
                self.ask()
            if now_s - flushed_s >= FLUSH_S:
                flushed_s = now_s
                self.flush()

    def end(self, end_s: float) -> None:
        """Write the rest, storage until `end_s`."""
        try:
            self.flush()
        finally:
            self._watched.storing.close(max(STORE_S, end_s - monotonic()))

    def look(self) -> None:
        """See how everything is."""
        watched = self._watched
        for event in watched.storing.look(monotonic()):
            self._put(event)
        self.facts = {
            "feeds": (self._feed(watched.data.health()),),
            "execution": _execution(watched.execution.health()),
            "latencies": watched.latencies.picture(),
            "storage": self.storage(),
        }

    def storage(self) -> tuple[StorageView, ...]:
        """How database and cache are."""
        return self._watched.storing.views()

    def flush(self) -> None:
        """Write the recording; where that fails the engine is told, and it is tried again."""
        try:
            self._watched.recorder.flush()
        except (TradetuiError, OSError) as error:
            if not self._unwritten:
                log.error("the recording cannot be written: %s", error)
                self._put(FeedEvent("", "DOWN", str(error), time_ns(), "recording"))
            self._unwritten = True
        else:
            if self._unwritten:
                self._put(FeedEvent("", "FRESH", "", time_ns(), "recording"))
            self._unwritten = False

    def _look_for_the_end(self, now_s: float) -> None:
        """Ask once nothing comes any more: at high speed the market's end is known there before all of it is here."""
        quiet = self._waiting() == 0 and now_s - max(self._heard[1], self._over_asked_s) >= QUIET_S
        if self._over or self._watched.over is None or not quiet:
            return
        self._over = self._watched.over()
        self._over_asked_s = monotonic()
        if self._over:
            self._put(FeedEvent("", "END", self._over, time_ns()))

    def _feed(self, feed: FeedHealth) -> FeedView:
        now_s = monotonic()
        if feed.events != self._heard[0]:
            self._heard = (feed.events, now_s)
        age_ns = round((now_s - self._heard[1]) * 1e9) if feed.events else None
        return FeedView(
            feed.name,
            "END" if self._over else feed.state,
            feed.events,
            feed.conflated,
            feed.reconnects,
            feed.gaps,
            feed.lag_ns if self._of_now else None,
            age_ns,
            self._waiting(),
            self._over or feed.message,
        )


def _execution(health: ExecutionHealth) -> ExecutionView:
    return ExecutionView(
        health.name,
        health.state,
        health.sent,
        health.unresolved,
        health.rate_left,
        health.rate_limit,
        health.reconnects,
        health.round_trip_ns,
        health.message,
    )
