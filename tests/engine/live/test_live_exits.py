"""Stops and targets at a venue that sets units aside: always protected, never sold twice."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from live_rig import D, LiveRig, MemoryVenue, Scripted, buy, flat

from tradetui.engine.config import run_config
from tradetui.engine.gateways.live_words import LookUp
from tradetui.engine.journal.header import JournalHeader
from tradetui.engine.journal.writer import FileJournal
from tradetui.engine.live.build import build_live
from tradetui.engine.live.restoring import restore
from tradetui.engine.live.verifying import replay
from tradetui.engine.model.commands import Kill
from tradetui.engine.model.events import FillEvent, OrderEvent, OrderStatusEvent, RiskEvent, SessionEvent
from tradetui.engine.trading.exits import MAKES_WAY

HEADER = JournalHeader(mode="practice", config_json="{}")
PLAN = {
    100.0: buy(quantity=10, stop_loss=90.0, take_profit=120.0),
    101.0: buy(quantity=6),
    102.0: buy(quantity=10, type="limit", limit_price=101.5, stop_loss=90.0),
    103.0: flat(),
}


def working(rig: LiveRig) -> list[tuple[int, str, object]]:
    """What we count on: number, role and units left."""
    return [(o.order_id, o.role, o.left) for o in rig.core.orders.open_orders()]


def protected(rig: LiveRig) -> LiveRig:
    """A session that holds ten shares with a stop, order 2, and a target, order 3."""
    rig.begin().quote(100.0)
    return rig.turn(rig.venue.accepted(1), rig.venue.fill(1, "10", "100")).turn(
        rig.venue.accepted(2), rig.venue.accepted(3)
    )


def test_a_stop_and_a_target_of_the_same_units_leave_as_one_whose_id_names_both() -> None:
    rig = protected(LiveRig(PLAN))
    assert rig.pairs() == [(2, 3)]
    assert [send.client_order_id for send in rig.sends()] == ["s1-1", "s1-2", "s1-3+2"]


def test_each_part_of_an_entry_is_protected_when_it_fills_at_the_levels_of_the_first() -> None:
    rig = LiveRig(PLAN)
    rig.begin().quote(100.0).turn(rig.venue.fill(1, "4", "100")).turn(rig.venue.fill(1, "6", "101"))
    assert rig.pairs() == [(2, 3), (4, 5)]
    legs = [(e.order_id, e.quantity, e.stop_price or e.limit_price) for e in rig.of(OrderEvent) if e.parent]
    assert legs == [(2, 4, 90), (3, 4, 120), (4, 6, 90), (5, 6, 120)]


def test_the_end_of_one_pair_leaves_the_pair_of_another_part_alone() -> None:
    rig = LiveRig(PLAN).begin().quote(100.0)
    rig.turn(rig.venue.fill(1, "4", "100")).turn(rig.venue.fill(1, "6", "100"))
    rig.turn(rig.venue.fill(3, "4", "120"), rig.venue.end(2))
    assert working(rig) == [(4, "stop_loss", 6), (5, "take_profit", 6)]
    assert rig.agrees()


def test_what_a_target_fills_in_part_its_stop_loses_and_then_closes_the_rest() -> None:
    rig = protected(LiveRig(PLAN))
    rig.turn(rig.venue.fill(3, "4", "120"), rig.venue.changed(2, "6"))
    assert working(rig) == [(2, "stop_loss", 6), (3, "take_profit", 6)]
    assert rig.withdrawn() == []
    rig.turn(rig.venue.end(3), rig.venue.fill(2, "6", "90"))
    assert working(rig) == []
    assert rig.core.venue.sent == {}
    assert rig.agrees()
    assert [e for e in rig.of(RiskEvent) if e.severity == "critical"] == []


def test_a_stop_that_fires_in_part_is_not_cancelled_with_its_target() -> None:
    rig = protected(LiveRig(PLAN))
    rig.turn(rig.venue.fill(2, "4", "90"))  # told before the end of the target, which the venue brings about
    assert rig.withdrawn() == []
    rig.turn(rig.venue.end(3))
    assert working(rig) == [(2, "stop_loss", 6)]


def test_exits_make_way_for_a_close_before_it_leaves() -> None:
    rig = protected(LiveRig(PLAN)).quote(103.0)
    assert [type(i).__name__ for i in rig.venue.received[-3:]] == ["Withdraw", "Withdraw", "Send"]
    rig.turn(rig.venue.end(2), rig.venue.end(3), rig.venue.fill(4, "10", "103"))
    assert working(rig) == []
    assert rig.agrees()


def test_what_a_close_leaves_over_is_protected_again_at_once() -> None:
    rig = protected(LiveRig(PLAN)).quote(101.0)
    assert working(rig) == [(4, "close", 4), (5, "stop_loss", 6), (6, "take_profit", 6)]
    assert rig.pairs() == [(2, 3), (5, 6)]


def test_a_close_of_a_part_that_the_venue_refuses_brings_the_exits_of_that_part_back() -> None:
    rig = protected(LiveRig(PLAN)).quote(101.0)
    rig.turn(rig.venue.end(2), rig.venue.end(3), rig.venue.end(4, "rejected", "halted"))
    assert working(rig) == [(5, "stop_loss", 6), (6, "take_profit", 6), (7, "stop_loss", 4), (8, "take_profit", 4)]


def test_a_close_that_is_too_large_because_a_target_was_quicker_goes_again_for_what_is_left() -> None:
    rig = protected(LiveRig(PLAN)).quote(103.0)
    rig.turn(
        rig.venue.fill(3, "4", "120"), rig.venue.end(2), rig.venue.end(3), rig.venue.end(4, "rejected", "too many")
    )
    assert working(rig) == [(5, "close", 6)]
    rig.turn(rig.venue.fill(5, "6", "103"))
    assert working(rig) == []
    assert rig.agrees()


def test_a_close_that_the_venue_refuses_brings_the_exits_back() -> None:
    rig = protected(LiveRig(PLAN)).quote(103.0)
    rig.turn(rig.venue.end(2), rig.venue.end(3), rig.venue.end(4, "rejected", "halted"))
    assert working(rig) == [(5, "stop_loss", 10), (6, "take_profit", 10)]
    assert rig.pairs() == [(2, 3), (5, 6)]


def test_a_target_that_fills_on_its_way_out_ends_the_close() -> None:
    rig = protected(LiveRig(PLAN)).quote(103.0)
    rig.turn(rig.venue.fill(3, "10", "120"))
    assert working(rig) == []
    assert rig.withdrawn() == [2, 3, 4]
    assert rig.agrees()


def test_a_stop_that_the_venue_refuses_is_replaced_by_leaving() -> None:
    rig = LiveRig(PLAN).begin().quote(100.0)
    rig.turn(rig.venue.fill(1, "10", "100"))
    rig.turn(rig.venue.end(2, "rejected", "no"), rig.venue.end(3, "rejected", "no"))
    assert working(rig) == [(4, "close", 10)]
    assert [e.check for e in rig.of(RiskEvent) if e.severity == "critical"] == ["UNPROTECTED"]
    rig.turn(rig.venue.fill(4, "10", "100"))
    assert working(rig) == []
    assert rig.agrees()


def test_a_close_in_place_of_a_refused_stop_that_is_refused_too_is_told_and_nothing_more_is_sent() -> None:
    """As with an account that was restricted meanwhile: the venue refuses whatever is sent."""
    rig = LiveRig(PLAN).begin().quote(100.0)
    rig.turn(rig.venue.fill(1, "10", "100"))
    rig.turn(rig.venue.end(2, "rejected", "no"), rig.venue.end(3, "rejected", "no"))
    rig.turn(rig.venue.end(4, "rejected", "no"))
    alerts = [e.message for e in rig.of(RiskEvent) if (e.severity, e.check) == ("critical", "UNPROTECTED")]
    assert len(alerts) == 2
    assert "refused to close 10 units, order 4: they are still held and nothing protects them" in alerts[1]
    assert working(rig) == []
    assert len(rig.sends()) == 4


def test_exits_that_come_back_for_a_refused_close_and_are_refused_too_end_in_one_more_close() -> None:
    rig = protected(LiveRig(PLAN)).quote(103.0)
    rig.turn(rig.venue.end(2), rig.venue.end(3), rig.venue.end(4, "rejected", "no"))
    assert [role for _, role, _ in working(rig)] == ["stop_loss", "take_profit"]
    rig.turn(rig.venue.end(5, "rejected", "no"), rig.venue.end(6, "rejected", "no"))
    rig.turn(rig.venue.end(7, "rejected", "no"))
    assert working(rig) == []
    assert len(rig.sends()) == 7
    alerts = [e.message for e in rig.of(RiskEvent) if (e.severity, e.check) == ("critical", "UNPROTECTED")]
    assert ["order 5" in alerts[0], "order 7" in alerts[1]] == [True, True]


def test_a_stop_that_somebody_cancels_at_the_venue_is_told() -> None:
    rig = protected(LiveRig(PLAN))
    rig.turn(rig.venue.end(2), rig.venue.end(3))
    (told,) = [e for e in rig.of(RiskEvent) if e.check == "UNPROTECTED"]
    assert "nothing protects them" in told.message
    assert working(rig) == []


def test_the_rest_of_an_entry_goes_where_its_lone_stop_cannot_stand_beside_it() -> None:
    rig = LiveRig(PLAN)
    rig.begin().quote(102.0).turn(rig.venue.accepted(1), rig.venue.fill(1, "4", "101.5"))
    assert rig.withdrawn() == [1]
    assert working(rig) == [(2, "stop_loss", 4)]
    rig.turn(rig.venue.fill(1, "1", "101.5"), rig.venue.end(1))
    assert working(rig) == [(2, "stop_loss", 4), (3, "stop_loss", 1)]


def test_a_kill_brings_no_exit_back() -> None:
    rig = protected(LiveRig(PLAN)).quote(103.0).turn(Kill())
    rig.turn(rig.venue.end(4, "rejected", "no"))
    assert working(rig) == []


def test_both_exits_are_the_accounts_own_orders_and_no_difference() -> None:
    rig = protected(LiveRig(PLAN))
    rig.turn(rig.venue.state()).turn(rig.venue.state())
    assert not [e for e in rig.of(RiskEvent) if e.check in ("FOREIGN", "RECONCILIATION")]


def test_a_fee_in_coins_is_off_the_position_and_worth_its_price_to_the_last_digit() -> None:
    rig = LiveRig({100.0: buy(quantity=10, stop_loss=90.0), 103.0: flat()}).begin().quote(100.0)
    rig.turn(rig.venue.fill(1, "10", "100.07", fee_units="0.025"))
    (fill,) = rig.of(FillEvent)
    assert (fill.quantity, fill.fee, fill.leaves) == (D("9.975"), D("2.50175"), 0)
    assert rig.agrees()
    assert working(rig) == [(2, "stop_loss", D("9.975"))]
    rig.quote(103.0).turn(rig.venue.end(2), rig.venue.fill(3, "9.975", "103", fee="2.5685625"))
    assert rig.agrees()
    portfolio = rig.core.portfolio
    assert portfolio.cash == 100_000 - D("1000.7") + D("1027.425") - D("2.5685625")
    assert portfolio.realized == D("9.975") * D("2.93")
    assert portfolio.imbalance({}) == 0


# -- after a crash


def resumed(path: Path, venue: MemoryVenue) -> LiveRig:
    journal, events = FileJournal.resume(path)
    rig = LiveRig(PLAN, venue, journal)
    restore(rig.player, events)
    rig.engine.begin(SessionEvent("resumed", "", rig.now_ns), rig.now_ns)
    return rig


def test_after_a_crash_a_leg_is_looked_up_by_its_group(tmp_path: Path) -> None:
    rig = protected(LiveRig(PLAN, MemoryVenue(), FileJournal(tmp_path / "s.db", HEADER)))
    rig.journal.abandon()
    again = resumed(tmp_path / "s.db", rig.venue)
    asked = [(i.order_id, i.client_order_id, i.leg_of) for i in again.venue.received if isinstance(i, LookUp)]
    assert asked == [(2, "s1-2", "s1-3+2"), (3, "s1-3+2", "")]
    again.turn(again.venue.fill(3, "10", "120"), again.venue.end(2))
    assert working(again) == []
    assert again.agrees()
    again.journal.abandon()


def test_after_a_crash_exits_still_come_back_when_their_close_is_refused(tmp_path: Path) -> None:
    rig = protected(LiveRig(PLAN, MemoryVenue(), FileJournal(tmp_path / "s.db", HEADER))).quote(103.0)
    assert MAKES_WAY in {e.reason for e in rig.of(OrderStatusEvent)}
    rig.journal.abandon()
    again = resumed(tmp_path / "s.db", rig.venue)
    again.turn(again.venue.end(2), again.venue.end(3), again.venue.end(4, "rejected", "halted"))
    assert working(again) == [(5, "stop_loss", 10), (6, "take_profit", 10)]
    again.journal.abandon()


def test_what_a_stop_had_left_is_known_after_a_crash(tmp_path: Path) -> None:
    rig = protected(LiveRig(PLAN, MemoryVenue(), FileJournal(tmp_path / "s.db", HEADER)))
    rig.turn(rig.venue.fill(3, "4", "120"), rig.venue.changed(2, "6"))
    rig.journal.abandon()
    again = resumed(tmp_path / "s.db", rig.venue)
    assert working(again) == [(2, "stop_loss", 6), (3, "take_profit", 6)]
    assert again.player.unsent == {}
    again.turn(again.venue.end(3), again.venue.fill(2, "6", "90"))
    assert working(again) == []
    assert again.agrees()
    again.journal.abandon()


def test_what_a_target_filled_while_nobody_listened_the_stop_has_lost_too(tmp_path: Path) -> None:
    """Killed between two fills of a pair: nobody told that the venue took units off the stop, but it has fewer."""
    rig = protected(LiveRig(PLAN, MemoryVenue(), FileJournal(tmp_path / "s.db", HEADER)))
    rig.venue.fill(3, "4", "120")
    rig.journal.abandon()
    again = resumed(tmp_path / "s.db", rig.venue)
    found = msgspec.structs.replace(again.venue.accepted(2), quantity=D(6), leaves=D(6))
    again.turn(*again.venue.history(3), found)
    assert working(again) == [(2, "stop_loss", 6), (3, "take_profit", 6)]
    again.journal.abandon()
    once_more = resumed(tmp_path / "s.db", rig.venue)
    assert working(once_more) == [(2, "stop_loss", 6), (3, "take_profit", 6)]
    once_more.turn(once_more.venue.fill(2, "6", "89"), once_more.venue.end(3))
    assert working(once_more) == []
    assert once_more.agrees()
    once_more.journal.abandon()


@pytest.mark.parametrize("bid", [103.0, 101.0], ids=["all", "a part"])
def test_a_session_with_pairs_that_make_way_comes_again_event_by_event(bid: float) -> None:
    rig = protected(LiveRig(PLAN)).quote(bid)
    rig.turn(rig.venue.end(2), rig.venue.end(3), rig.venue.end(4, "rejected", "halted"), rig.venue.state())
    config = run_config({"quantity": 10, "allow_short": True}, "test")
    found = replay(lambda: build_live(config, Scripted(PLAN), ("AA", "BB"), "s1", "practice"), rig.told, rig.recorded)
    assert (found.same, found.events) == (True, len(rig.told)), found.sentence()
