"""What the pictures of a live session show, and when there is a new one."""

from __future__ import annotations

from typing import Any

from live_rig import SECOND, START, LiveRig, buy

from tradetui.engine.config import run_config
from tradetui.engine.live.build import build_live
from tradetui.engine.model.events import FeedEvent, QuoteEvent, VenueState
from tradetui.engine.model.snapshot import FeedView


def test_the_age_of_the_last_comparison_grows_until_the_next() -> None:
    rig = LiveRig().begin()
    rig.beat(12.0).quote(100.5)
    seen = rig.pictures[-1].reconciliation
    assert seen is not None
    assert seen.age_ns == 12 * SECOND
    rig.turn(rig.venue.state(), after_s=1.0)
    assert rig.pictures[-1].reconciliation.age_ns == 0  # type: ignore[union-attr]


def test_what_only_the_monitor_saw_is_shown_though_the_market_is_silent() -> None:
    facts: dict[str, Any] = {}
    rig = LiveRig(facts=lambda: facts).begin()
    rig.beat(1.0)
    before = len(rig.pictures)
    rig.beat(1.0)
    assert len(rig.pictures) == before, "nothing happened"
    facts = {"feeds": (FeedView("iex", "STALE"),)}
    rig.beat(1.0)
    assert rig.pictures[-1].feeds == facts["feeds"]


def test_an_account_of_paper_is_not_traded_by_a_live_session_as_one_of_real_money_is_not_by_a_practice_one() -> None:
    state: VenueState = LiveRig().venue.state()
    assert state.paper
    player = build_live(run_config({}, "test"), LiveRig().strategy, ("AA",), "s1", "live")
    player.work(state)
    assert "it is of paper, and this is live" in player.holds.reason
    assert player.core.state == "reducing"


def test_a_market_with_a_time_of_its_own_is_the_only_clock_of_the_log_and_the_alerts() -> None:
    began = START - 86_400 * SECOND
    rig = LiveRig({100.0: buy()}).begin(market_ns=began)
    assert {line.ts_ns for line in rig.pictures[-1].log} == {began}, "before the first price: where the market began"
    at_ns = began + 30 * SECOND
    rig.turn(QuoteEvent("AA", at_ns, 100.0, 100.0, 100.01, 100.0), after_s=3.0)
    rig.turn(rig.venue.state(), FeedEvent("AA", "STALE", "nothing heard", rig.now_ns), after_s=1.0)
    picture = rig.pictures[-1]
    assert {line.kind for line in picture.log} >= {"venue_state", "feed", "control", "session", "order"}
    times = [line.ts_ns for line in picture.log]
    assert times == sorted(times)
    assert {*times, *(alert.ts_ns for alert in picture.alerts)} == {began, at_ns}
    assert picture.start_ns == began
