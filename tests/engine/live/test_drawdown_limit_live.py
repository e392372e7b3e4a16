from __future__ import annotations

from live_rig import LiveRig, MemoryVenue, buy, flat

from tradetui.engine.live.restoring import restore
from tradetui.engine.model.events import FillEvent, RiskEvent, TradingState

LIMIT = {"limits": {"max_drawdown": "0.15"}}


def test_an_exit_at_a_loss_halts_though_nothing_is_held_any_more() -> None:
    rig = LiveRig({100.0: buy(), 99.0: flat(), 98.0: buy()}, MemoryVenue("1100"), **LIMIT).begin()
    rig.quote(100.0).turn(rig.venue.accepted(1), rig.venue.fill(1, "10", "100.01"))
    rig.quote(99.0)
    rig.turn(rig.venue.accepted(2), rig.venue.fill(2, "10", "80.00"))
    assert not rig.core.portfolio.open
    assert rig.core.state == TradingState.HALTED
    (fill, exit_fill), (breach,) = rig.of(FillEvent), rig.of(RiskEvent)
    assert (breach.check, breach.cause) == ("DRAWDOWN", exit_fill.seq)
    assert fill.seq < exit_fill.seq


def test_what_the_account_is_worth_at_first_is_the_first_peak_so_that_the_first_fee_counts() -> None:
    rig = LiveRig({100.0: buy()}, MemoryVenue("1100"), **LIMIT).begin()
    assert rig.core.guard.peak == 1100.0
    rig.quote(100.0).turn(rig.venue.accepted(1), rig.venue.fill(1, "10", "100.01", fee="165"))
    assert rig.core.state == TradingState.HALTED


def test_a_session_that_goes_on_is_measured_from_what_its_account_was_worth_at_first() -> None:
    told = LiveRig(venue=MemoryVenue("1100")).begin().told
    again = LiveRig(venue=MemoryVenue("900"), **LIMIT)
    restore(again.player, told)
    assert again.core.guard.peak == 1100.0
