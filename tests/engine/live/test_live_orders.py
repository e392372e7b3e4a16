from __future__ import annotations

from decimal import Decimal

import msgspec
from live_rig import LiveRig, MemoryVenue, buy, flat

from tradetui.engine.model.commands import Kill, ResumeTrading, Unlock
from tradetui.engine.model.events import (
    ControlEvent,
    FeedEvent,
    FillEvent,
    OpeningEvent,
    OrderStatusEvent,
    ReconciliationEvent,
    RefusalEvent,
    RiskEvent,
    TradingState,
    VenueOrder,
)
from tradetui.engine.model.orders import OrderStatus

D = Decimal
ONE_BUY = {100.0: buy()}


def test_the_books_begin_with_what_the_account_holds() -> None:
    rig = LiveRig(venue=MemoryVenue("5000.25", {"AA": "7", "ZZ": "-2"})).begin()
    (opening,) = rig.of(OpeningEvent)
    assert opening.cash == D("5000.25")
    assert rig.agrees()
    assert rig.core.portfolio.imbalance({"AA": D(11), "ZZ": D(9)}) == 0
    assert rig.core.state == TradingState.ACTIVE


def test_nothing_is_sent_before_the_account_has_been_compared() -> None:
    rig = LiveRig(ONE_BUY)
    rig.turn().quote(100.0)
    assert rig.sends() == []
    rig.begin().quote(99.0).quote(100.0)
    assert [send.client_order_id for send in rig.sends()] == ["s1-1"]


def test_an_account_that_may_not_trade_holds_new_risk_until_it_may() -> None:
    rig = LiveRig(ONE_BUY)
    rig.venue.blocked = "trading is blocked"
    rig.begin().quote(100.0)
    assert rig.core.state == TradingState.REDUCING
    assert rig.sends() == []
    rig.venue.blocked = ""
    rig.turn(rig.venue.state()).quote(100.0)
    assert len(rig.sends()) == 1


def test_an_account_with_real_money_is_not_traded_by_a_practice_session() -> None:
    rig = LiveRig(ONE_BUY)
    real = rig.venue.state()
    rig.begin().turn(msgspec.structs.replace(real, paper=False)).quote(100.0, after_s=1)
    assert rig.sends() == []
    assert rig.pictures[-1].mode == "LIVE"


def test_a_fill_that_comes_before_the_order_was_accepted_counts() -> None:
    rig = LiveRig(ONE_BUY).begin().quote(100.0)
    rig.turn(rig.venue.fill(1, "10", "100.01")).turn(rig.venue.accepted(1))
    assert rig.agrees()
    assert rig.core.orders.open_orders() == []
    (fill,) = rig.of(FillEvent)
    assert (fill.leaves, fill.cause) == (D(0), rig.sends()[0].order.seq)


def test_an_execution_that_is_told_twice_counts_once() -> None:
    rig = LiveRig(ONE_BUY).begin().quote(100.0)
    report = rig.venue.fill(1, "4", "100.01")
    again = rig.venue.fill(1, "6", "100.02")
    copy = type(report)(*(getattr(report, name) for name in report.__struct_fields__))
    rig.turn(report, again, copy)
    assert rig.agrees()
    assert len(rig.of(FillEvent)) == 2
    assert rig.player.counts["duplicates"] == 1


def test_an_order_of_unknown_fate_counts_as_exposure_until_the_venue_tells() -> None:
    rig = LiveRig({100.0: buy(quantity=600), 101.0: buy("BB", 600)}).begin()
    rig.quote(101.0, "BB").quote(100.0).turn(rig.venue.unresolved(1)).quote(101.0, "BB")
    assert [refusal.check for refusal in rig.of(RefusalEvent)] == ["CAPITAL"]
    assert rig.core.orders.is_open(1)
    rig.turn(rig.venue.accepted(1), rig.venue.fill(1, "600", "100.01"))
    assert rig.agrees()


def test_an_order_that_never_arrived_is_rejected_and_frees_its_cash() -> None:
    rig = LiveRig({100.0: buy(quantity=600)}).begin().quote(100.0)
    rig.turn(rig.venue.unresolved(1)).turn(rig.venue.end(1, "rejected", "never arrived"))
    (status,) = rig.of(OrderStatusEvent)
    assert (status.status, status.reason) == (OrderStatus.REJECTED, "never arrived")
    rig.quote(99.0).quote(100.0)
    assert [send.client_order_id for send in rig.sends()] == ["s1-1", "s1-2"]


def test_a_fill_after_our_cancel_counts_and_the_order_stays_cancelled() -> None:
    wish = buy(type="limit", limit_price=99.5)
    rig = LiveRig({100.0: wish, 101.0: flat()}).begin().quote(100.0)
    rig.turn(rig.venue.accepted(1)).quote(101.0)
    assert rig.withdrawn() == [1]
    rig.turn(rig.venue.fill(1, "3", "99.5"), rig.venue.end(1))
    assert rig.agrees()
    assert rig.player.counts["late_fills"] == 1
    assert [status.status for status in rig.of(OrderStatusEvent)] == [OrderStatus.CANCELLED]


def test_a_kill_cancels_what_is_in_flight_and_everything_that_the_account_has() -> None:
    rig = LiveRig({100.0: buy(type="limit", limit_price=99.0), 101.0: buy("BB", type="limit", limit_price=99.0)})
    rig.begin().quote(101.0, "BB").quote(100.0).turn(rig.venue.accepted(1))
    rig.turn(Kill())
    assert rig.withdrawn() == [1, 2]
    assert rig.all_withdrawn() == 1
    assert rig.core.state == TradingState.HALTED
    rig.turn(rig.venue.fill(2, "10", "99"), rig.venue.end(1))
    assert rig.agrees()
    assert rig.pictures[-1].orders_cancelled == 2


def test_a_stale_feed_reduces_and_clears_itself_after_a_minute_of_health() -> None:
    rig = LiveRig(ONE_BUY).begin().quote(100.5)
    rig.turn(FeedEvent("AA", "STALE", "nothing for 30 s", rig.now_ns))
    assert rig.core.state == TradingState.REDUCING
    rig.quote(100.0)
    assert rig.sends() == []
    rig.turn(FeedEvent("AA", "FRESH", "", rig.now_ns)).beat(59.0)
    assert rig.core.state == TradingState.REDUCING
    rig.beat(1.1)
    assert rig.core.state == TradingState.ACTIVE
    rig.quote(100.0)
    assert len(rig.sends()) == 1


def test_a_feed_that_fails_again_starts_the_minute_anew() -> None:
    rig = LiveRig().begin().quote(100.5)
    for _ in range(2):
        rig.turn(FeedEvent("", "DOWN", "closed", rig.now_ns)).beat(6.0)
        rig.turn(FeedEvent("", "FRESH", "", rig.now_ns)).beat(40.0)
    assert rig.core.state == TradingState.REDUCING
    assert rig.beat(21.0).core.state == TradingState.ACTIVE


def test_a_feed_that_is_back_at_once_holds_nothing_longer_and_cancels_nothing() -> None:
    rig = LiveRig({100.0: buy(type="limit", limit_price=99.0)}).begin().quote(100.0)
    rig.turn(FeedEvent("", "DOWN", "closed", rig.now_ns))
    assert rig.core.state == TradingState.REDUCING
    rig.beat(2.0).turn(FeedEvent("", "FRESH", "", rig.now_ns)).beat()
    assert rig.core.state == TradingState.ACTIVE
    assert rig.withdrawn() == []


def test_what_the_operator_paused_no_healthy_feed_resumes() -> None:
    rig = LiveRig().begin().quote(100.5)
    rig.turn(FeedEvent("", "DOWN", "closed", rig.now_ns)).turn(Kill(), Unlock("seen"))
    rig.turn(FeedEvent("", "FRESH", "", rig.now_ns)).beat(61.0)
    assert rig.core.state == TradingState.REDUCING
    assert rig.turn(ResumeTrading()).core.state == TradingState.ACTIVE


def test_an_operator_cannot_resume_what_a_dead_feed_holds() -> None:
    rig = LiveRig().begin().quote(100.5).turn(FeedEvent("", "DOWN", "closed", 0), ResumeTrading())
    assert rig.core.state == TradingState.REDUCING
    assert rig.of(ControlEvent)[-1].actor == "engine"


def test_a_lost_stream_of_orders_holds_new_risk_until_the_account_has_been_compared() -> None:
    rig = LiveRig(ONE_BUY).begin().quote(100.5)
    rig.turn(FeedEvent("", "DOWN", "closed", rig.now_ns, "orders")).quote(100.0)
    assert rig.sends() == []
    asked = rig.asked
    rig.turn(FeedEvent("", "FRESH", "", rig.now_ns, "orders"))
    assert rig.asked == asked + 1
    assert rig.core.state == TradingState.REDUCING
    assert rig.turn(rig.venue.state()).core.state == TradingState.ACTIVE


def test_a_lost_fill_is_asked_for_at_once_and_told_only_if_it_stays() -> None:
    rig = LiveRig(ONE_BUY).begin().quote(100.0)
    rig.turn(rig.venue.accepted(1))
    lost = rig.venue.fill(1, "10", "100.01")
    asked, told = rig.asked, len(rig.of(ReconciliationEvent))
    rig.turn(rig.venue.state())
    assert (rig.looked_up(), rig.asked) == ([1], asked + 1)
    assert len(rig.of(ReconciliationEvent)) == told
    rig.turn(lost).turn(rig.venue.state())
    assert rig.agrees()
    assert rig.of(ReconciliationEvent)[-1].differences == ()
    assert rig.core.state == TradingState.ACTIVE


def test_a_difference_that_is_seen_twice_is_told_and_reduces() -> None:
    rig = LiveRig().begin().quote(100.5)
    rig.venue.positions["AA"] = D(3)
    rig.turn(rig.venue.state()).turn(rig.venue.state())
    (difference,) = rig.of(ReconciliationEvent)[-1].differences
    assert (difference.kind, difference.ours, difference.theirs) == ("position", "0", "3")
    assert rig.core.state == TradingState.REDUCING
    alerts = [event for event in rig.of(RiskEvent) if event.check == "RECONCILIATION"]
    rig.turn(rig.venue.state())
    assert len(alerts) == 1
    assert [event for event in rig.of(RiskEvent) if event.check == "RECONCILIATION"] == alerts


def test_less_than_the_tolerances_is_no_difference() -> None:
    rig = LiveRig().begin()
    rig.venue.cash += D("0.01")
    rig.venue.positions["AA"] = D("0.001")
    rig.turn(rig.venue.state()).turn(rig.venue.state())
    assert rig.of(ReconciliationEvent)[-1].differences == ()
    rig.venue.cash += D("0.001")
    rig.turn(rig.venue.state()).turn(rig.venue.state())
    assert [d.kind for d in rig.of(ReconciliationEvent)[-1].differences] == ["cash"]


def test_orders_of_somebody_else_are_adopted_marked_and_their_fills_booked() -> None:
    rig = LiveRig()
    rig.venue.others = (VenueOrder("h1", "by-hand", "AA", 1, D(5), D(2), "limit", D(9), None, "new"),)
    rig.venue.positions["AA"] = D(2)
    rig.begin()
    assert [event.check for event in rig.of(RiskEvent)] == ["FOREIGN"]
    before = rig.venue.trade_of_somebody_else("AA", 1, "2", "9", "h1")
    rig.venue.positions["AA"] -= 2
    rig.venue.cash += 18
    rig.turn(before, rig.venue.trade_of_somebody_else("AA", 1, "3", "9", "h1"))
    assert rig.agrees()
    assert [fill.order_id for fill in rig.of(FillEvent)] == [0]


def test_a_fill_of_somebody_else_of_an_unknown_side_is_told_and_not_booked() -> None:
    """It was taken for a sale; what it really was the next comparison with the account shows."""
    rig = LiveRig().begin()
    fill = rig.venue.trade_of_somebody_else("AA", 1, "5", "10", "theirs")
    rig.turn(msgspec.structs.replace(fill, side=0))
    assert rig.core.portfolio.open == {}
    assert "unknown side" in rig.of(RiskEvent)[-1].message
    rig.turn(rig.venue.state()).turn(rig.venue.state())
    assert any("5 at the venue" in hold for hold in rig.player.holds.reasons)


def test_our_own_word_about_an_order_does_not_move_the_time_of_a_practice_market() -> None:
    rig = LiveRig(ONE_BUY).begin().quote(100.0)
    market_ns = rig.player.clock_ns
    ours_ns = market_ns + 10**18  # the practice market plays a day long ago
    rig.turn(msgspec.structs.replace(rig.venue.unresolved(1), ts_ns=ours_ns, received_ns=ours_ns))
    assert rig.player.clock_ns == market_ns
    rig.turn(msgspec.structs.replace(rig.venue.accepted(1), ts_ns=market_ns + 5, received_ns=ours_ns))
    assert rig.player.clock_ns == market_ns + 5


def test_a_rejection_has_the_account_asked_for_once_and_a_restricted_one_holds_new_risk_back() -> None:
    rig = LiveRig({100.0: buy(), 101.0: buy("BB")}).begin().quote(100.0).quote(101.0, "BB")
    asked = rig.asked
    rig.venue.blocked = "trading is blocked"
    rig.turn(rig.venue.end(1, "rejected", "account is restricted from trading"))
    rig.turn(rig.venue.end(2, "rejected", "account is restricted from trading"))
    assert rig.asked == asked + 1
    rig.turn(rig.venue.state()).quote(99.0).quote(100.0)
    assert len(rig.sends()) == 2
    assert "may not trade: trading is blocked" in rig.player.holds.reason
