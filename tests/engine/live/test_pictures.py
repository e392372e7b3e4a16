"""What the pictures of a live session show, and when there is a new one."""

from __future__ import annotations

from typing import Any

from live_rig import SECOND, LiveRig

from tradetui.engine.config import run_config
from tradetui.engine.live.build import build_live
from tradetui.engine.model.events import VenueState
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
