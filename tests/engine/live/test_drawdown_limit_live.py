from __future__ import annotations

import pytest
from live_rig import START, LiveRig, MemoryVenue, buy, flat

from tradetui.engine.live.restoring import restore
from tradetui.engine.live.verifying import replay
from tradetui.engine.model.commands import Kill, Unlock
from tradetui.engine.model.events import FillEvent, RiskEvent, SessionEvent, TradingState

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


def risen() -> LiveRig:
    """Ten units bought at 100.01 with 1,100 in hand; at 130 equity had its peak, and fell since."""
    rig = LiveRig({100.0: buy(), 50.0: buy("BB")}, MemoryVenue("1100"), **LIMIT).begin()
    rig.quote(100.0).turn(rig.venue.accepted(1), rig.venue.fill(1, "10", "100.01"))
    return rig.quote(130.0).quote(115.0)


def gone_on(before: LiveRig) -> LiveRig:
    """The session after a crash, with another clock of ours and the market as it is now."""
    again = LiveRig({100.0: buy(), 50.0: buy("BB")}, before.venue, **LIMIT)
    restore(again.player, before.told, before.recorded)
    again.player.core.reach(before.core.seq)
    again.now_ns = before.now_ns
    again.engine.begin(SessionEvent("resumed", "", again.now_ns), again.now_ns)
    return again.turn(again.venue.state())


def test_the_peak_between_fills_is_known_again_after_a_crash_and_still_halts() -> None:
    before = risen()
    again = gone_on(before)
    assert again.core.guard.peak == before.core.guard.peak == pytest.approx(1100 + 10 * (130.0 - 100.01))
    again.quote(110.0)
    assert again.core.state == TradingState.ACTIVE
    again.quote(107.0)
    assert again.core.state == TradingState.HALTED


def test_old_prices_tell_of_the_peak_and_price_nothing_now() -> None:
    again = gone_on(risen())
    assert again.player.view.price("AA") is None
    assert again.player.view.quotes == {}


def test_a_peak_that_an_unlock_began_anew_is_the_one_that_goes_on() -> None:
    before = risen().turn(Kill()).turn(Unlock("seen")).turn(Unlock("seen again"))
    before.quote(116.0)
    assert gone_on(before).core.guard.peak == before.core.guard.peak < 1300


def test_a_second_run_of_a_session_that_went_on_has_the_same_peak_and_halts_at_the_same_tick() -> None:
    before = risen()
    again = gone_on(before).quote(107.0)
    events, rows = [*before.told, *again.told], [*before.recorded, *again.recorded]

    def fresh() -> object:
        return LiveRig({100.0: buy(), 50.0: buy("BB")}, MemoryVenue("1100"), **LIMIT).player

    found = replay(fresh, events, rows)  # type: ignore[arg-type]  # a player
    assert found.same, found.sentence()
    assert found.market_rows == len(rows)
    assert again.now_ns == START
