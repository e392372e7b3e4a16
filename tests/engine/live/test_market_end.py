"""A practice market ends with its last row: that is said once, and its silence afterwards is no alarm."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_rig import LiveRig, MemoryVenue, buy
from live_stage import MemoryExecution, MemoryFeed

from tradetui.engine.gateways.live_words import LiveInput
from tradetui.engine.live.latencies import LiveLatencies
from tradetui.engine.live.monitor import Monitor, Watched
from tradetui.engine.live.recorder import Recorder
from tradetui.engine.live.storing import Storing
from tradetui.engine.model.commands import ResumeTrading
from tradetui.engine.model.events import FeedEvent

WORDS = "the practice market is over at 20:00"


def ended(stale_s: float | None = None) -> LiveRig:
    rig = LiveRig({101.0: buy()}, stale_s=stale_s).begin().quote(100.0)
    return rig.turn(FeedEvent("", "END", WORDS, rig.now_ns), after_s=1.0)


def test_that_it_is_over_is_shown_and_no_new_risk_is_taken() -> None:
    rig = ended().quote(101.0)
    picture = rig.pictures[-1]
    assert (picture.feed, picture.state.value, picture.holds) == ("END", "reducing", (WORDS,))
    assert rig.sends() == []


def test_whoever_trades_on_all_the_same_is_told_again() -> None:
    rig = ended().turn(ResumeTrading("keyboard"), after_s=1.0)
    assert (rig.core.state, rig.player.holds.reason) == ("reducing", WORDS)


def test_that_nothing_is_heard_afterwards_is_no_alarm() -> None:
    rig = ended(stale_s=30.0)
    for _ in range(400):
        rig.beat()
    rig.turn(FeedEvent("AA", "STALE", "nothing heard for 30.6 s", rig.now_ns), after_s=1.0)
    assert [event.state for event in rig.of(FeedEvent)] == ["END"]
    assert rig.pictures[-1].feed == "END"


def test_a_feed_that_was_ill_when_it_ended_is_ill_no_more() -> None:
    rig = LiveRig().begin().quote(100.0)
    rig.turn(FeedEvent("AA", "STALE", "nothing heard", rig.now_ns))
    rig.turn(FeedEvent("", "END", WORDS, rig.now_ns), after_s=1.0)
    assert rig.player.holds.reasons == (WORDS,)


class Ended(threading.Event):
    """Lets the monitor look so many times."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.looks: Iterator[int] = iter(range(looks))

    def wait(self, timeout: float | None = None) -> bool:
        return next(self.looks, None) is None


def test_the_monitor_asks_the_exchange_once_nothing_waits_and_says_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradetui.engine.live.monitor.monotonic", itertools.count(100.0, 0.5).__next__)
    put: list[LiveInput] = []
    asked: list[int] = []
    waiting = [1, 1]

    def over() -> str:
        asked.append(len(waiting))
        return WORDS

    order: list[str] = []
    execution = MemoryExecution(MemoryVenue(), order)
    execution.start(lambda _: None)
    watched = Watched(
        MemoryFeed(order), execution, Recorder(tmp_path, (), 1),
        LiveLatencies(), Storing(None), over,
    )  # fmt: skip
    monitor = Monitor(watched, put.append, lambda: waiting.pop() if waiting else 0, of_now=False)
    monitor.run(Ended(8))
    assert asked == [0], "while inputs wait the market goes on here, whatever is known there"
    assert [(event.state, event.message) for event in put if isinstance(event, FeedEvent)] == [("END", WORDS)]
    assert [(feed.state, feed.message) for feed in monitor.facts["feeds"]] == [("END", WORDS)]
