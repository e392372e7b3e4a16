"""Orders that the venue keeps as one, changes of orders, trailing stops and closes: no leg is anybody else's."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from trading_floor import QUICK, Inbox, Trader, client_id, limit, made, order

from practice_market import BTC
from tradetui.engine.gateways.alpaca.config import RestConfig
from tradetui.engine.gateways.live_words import Close, Send, SendTrailing

Make = Callable[..., Trader]
PAIR = client_id(3) + "+2"
IMPATIENT = RestConfig(read_s=0.1, waits=QUICK, per_minute=10_000)


@pytest.fixture
def holding(trader: Make) -> Callable[..., Trader]:
    """Makes an executor whose account holds ten shares."""

    def make(**options: object) -> Trader:
        one = trader(**options)
        one.send(1)
        one.inbox.filled(10)
        return one

    return make


def accepted(one: Trader, *order_ids: int) -> None:
    for order_id in order_ids:
        one.inbox.report("accepted", order_id)


def nobody_elses(one: Trader) -> None:
    """Nothing was told of anybody else, each order was accepted once at most and ended once at most."""
    one.executor.ask_state()
    one.inbox.state()
    assert one.inbox.words(0) == []
    for order_id in {report.order_id for report in one.inbox.reports()}:
        words = one.inbox.words(order_id)
        assert words.count("accepted") <= 1
        assert sum(words.count(end) for end in ("cancelled", "rejected", "expired", "replaced")) <= 1


# -- pairs


def test_a_pair_is_one_request_of_which_both_legs_rest(holding: Make) -> None:
    one = holding()
    one.pair()
    accepted(one, 2, 3)
    assert one.executor.health().sent == 2
    assert one.statuses() == {"market": "filled", "limit": "new", "stop": "held"}
    one.executor.ask_state()
    assert {o.client_order_id for o in one.inbox.state().orders} == {client_id(2), PAIR}
    nobody_elses(one)


@pytest.mark.parametrize(
    ("bid", "ask", "filled", "gone"), [(110.0, 110.02, 3, 2), (89.9, 89.92, 2, 3)], ids=["target", "stop"]
)
def test_one_exit_fills_and_the_venue_cancels_the_other(
    holding: Make, bid: float, ask: float, filled: int, gone: int
) -> None:
    one = holding()
    one.pair()
    accepted(one, 2, 3)
    one.quote(bid, ask)
    one.inbox.filled(10, filled)
    one.inbox.report("cancelled", gone)
    assert one.position() == 0
    nobody_elses(one)


def test_what_the_target_fills_in_part_the_stop_loses(holding: Make) -> None:
    one = holding()
    one.pair()
    accepted(one, 2, 3)
    one.quote(110.0, 110.02, size=4)
    one.inbox.filled(4, 3)
    changed = one.inbox.report("changed", 2)
    assert (changed.leaves, changed.reason) == (6, "its units are closed by the other exit")
    one.quote(89.9, 89.92)
    one.inbox.filled(6, 2)
    assert one.inbox.reports(2)[-1].leaves == 0
    one.inbox.report("cancelled", 3)
    assert one.position() == 0
    nobody_elses(one)


@pytest.mark.parametrize("withdrawn", [2, 3], ids=["stop", "target"])
def test_withdrawing_one_exit_cancels_both(holding: Make, withdrawn: int) -> None:
    one = holding()
    one.pair()
    accepted(one, 2, 3)
    one.executor.do(_withdraw(withdrawn))
    one.inbox.report("cancelled", 2)
    one.inbox.report("cancelled", 3)
    one.send(4, side=-1)
    one.inbox.filled(10, 4)
    nobody_elses(one)


@pytest.mark.slow
def test_a_pair_that_still_waits_to_be_sent_goes_as_one(holding: Make) -> None:
    one = holding()
    one.fault("delay", method="POST", delay_s=0.3)
    one.send(4, **limit())
    one.pair()
    one.executor.do(_withdraw(2))
    one.inbox.report("cancelled", 2)
    one.inbox.report("cancelled", 3)
    one.inbox.report("accepted", 4)
    assert len(one.orders()) == 2


def test_a_pair_that_the_venue_refuses_is_rejected_in_both_its_exits(holding: Make) -> None:
    one = holding()
    one.pair(quantity=Decimal(11))
    for order_id in (2, 3):
        assert "insufficient qty available" in one.inbox.report("rejected", order_id).reason
    assert len(one.orders()) == 1


def test_a_pair_for_which_other_exits_make_way_waits_for_them(holding: Make) -> None:
    one = holding()
    one.pair()
    accepted(one, 2, 3)
    one.executor.do(_withdraw(2))
    one.executor.do(_withdraw(3))
    one.send(4, side=-1, quantity=Decimal(4))
    one.inbox.filled(4, 4)
    assert one.position() == 6
    nobody_elses(one)


@pytest.mark.parametrize("kind", ["500_after", "timeout_after"])
def test_a_pair_whose_answer_was_lost_is_found_with_both_its_exits(holding: Make, kind: str) -> None:
    one = holding(rest=IMPATIENT)
    one.fault(kind, method="POST")
    one.server.call(lambda venue: venue.faults.add(_lost(3)))
    one.pair()
    accepted(one, 2, 3)
    assert len(one.orders()) == 3
    assert one.executor.health().unresolved == 0
    nobody_elses(one)


@pytest.mark.parametrize("kind", ["500_before", "drop"])
def test_a_pair_that_never_arrived_is_looked_for_and_then_rejected_whole(holding: Make, kind: str) -> None:
    one = holding()
    one.fault(kind, method="POST")
    one.pair()
    for order_id in (2, 3):
        assert "never arrived" in one.inbox.report("rejected", order_id).reason
        assert one.inbox.words(order_id) == ["unresolved", "rejected"]


@pytest.mark.parametrize("kind", ["duplicate", "reorder", "delay", "drop"])
def test_frames_about_legs_that_are_lost_doubled_or_overtaken_make_nobody_elses_orders(
    holding: Make, kind: str
) -> None:
    one = holding(poll_s=0.05)
    one.fault(kind, target="trade_updates", count=4)
    one.pair()
    accepted(one, 2, 3)
    one.quote(89.9, 89.92)
    one.inbox.filled(10, 2)
    one.inbox.report("cancelled", 3)
    nobody_elses(one)


def test_a_new_start_knows_both_exits_without_being_told(trader: Make, request: pytest.FixtureRequest) -> None:
    before = trader()
    before.send(1)
    before.inbox.filled(10)
    before.pair()
    accepted(before, 2, 3)
    before.stop()
    after = made(before.server, Inbox(), wait=False)
    request.addfinalizer(after.stop)
    accepted(after, 2, 3)
    after.quote(89.9, 89.92)
    after.inbox.filled(10, 2)
    after.inbox.report("cancelled", 3)
    nobody_elses(after)


def test_a_leg_is_looked_up_by_its_group_after_a_new_start(trader: Make, request: pytest.FixtureRequest) -> None:
    before = trader()
    before.send(1)
    before.inbox.filled(10)
    before.pair()
    accepted(before, 2, 3)
    before.quote(110.0, 110.02)
    before.inbox.report("cancelled", 2)
    before.stop()
    after = made(before.server, Inbox(), wait=False)
    request.addfinalizer(after.stop)
    after.look_up(2, leg_of=PAIR)
    after.inbox.report("cancelled", 2)
    assert after.inbox.report("fill", 3).execution_id == before.inbox.report("fill", 3).execution_id


def test_coins_have_no_pairs_so_the_stop_goes_alone_with_a_limit_behind_it(trader: Make) -> None:
    one = trader()
    one.send(1, symbol=BTC, quantity=Decimal("0.1"))
    one.inbox.filled("0.1")
    one.pair("50000", "70000", symbol=BTC, quantity=Decimal("0.09975"))
    accepted(one, 2)
    assert "no two exits of coins" in one.inbox.report("rejected", 3).reason
    assert [(o["type"], o["stop_price"], o["limit_price"]) for o in one.orders()][1:] == [
        ("stop_limit", "50000", "47500")
    ]


def test_an_exit_that_another_was_quicker_than_opens_nothing(trader: Make) -> None:
    one = trader()
    one.send(1, side=-1, role="close")
    assert "position intent mismatch" in one.inbox.report("rejected").reason
    assert one.orders() == []


# -- brackets


def test_the_exits_of_a_bracket_wait_for_their_entry_and_then_are_one(trader: Make) -> None:
    one = trader()
    one.bracket(limit("100.02"))
    one.inbox.filled(10)
    accepted(one, 1, 2, 3)
    one.quote(110.0, 110.02)
    one.inbox.filled(10, 3)
    one.inbox.report("cancelled", 2)
    assert one.position() == 0
    nobody_elses(one)


@pytest.mark.parametrize(("stop", "target"), [("90", None), (None, "110")], ids=["stop", "target"])
def test_an_entry_with_one_exit_is_one_request_too(trader: Make, stop: str | None, target: str | None) -> None:
    one = trader()
    one.bracket({}, stop, target)
    one.inbox.filled(10)
    accepted(one, 2 if stop else 3)
    assert {o["order_class"] for o in one.orders()} == {"oto"}
    nobody_elses(one)


def test_withdrawing_an_entry_takes_its_exits_with_it(trader: Make) -> None:
    one = trader()
    one.bracket(limit("99"))
    accepted(one, 1, 2, 3)
    one.executor.do(_withdraw(1, client_id(1) + "+2+3"))
    for order_id in (1, 2, 3):
        one.inbox.report("cancelled", order_id)
    nobody_elses(one)


# -- changes


def test_a_change_keeps_the_order_under_another_id_of_the_venues(trader: Make) -> None:
    one = trader()
    one.send(1, **limit("99"))
    accepted(one, 1)
    one.replace(1, quantity=Decimal(7), limit_price=Decimal("100.02"))
    changed = one.inbox.report("changed", 1)
    assert changed.leaves == 7
    one.inbox.filled(7)
    assert [r.leaves for r in one.inbox.reports(1) if r.what == "fill"] == [0]
    assert [(o["limit_price"], o["status"]) for o in one.orders()] == [("99", "replaced"), ("100.02", "filled")]
    assert "replaced" not in one.inbox.words()
    nobody_elses(one)


def test_a_change_of_a_changed_order_and_its_cancel_go_to_the_newest(trader: Make) -> None:
    one = trader()
    one.send(1, **limit("98"))
    accepted(one, 1)
    one.replace(1, limit_price=Decimal("98.50"))
    one.inbox.report("changed", 1)
    one.replace(1, 2, limit_price=Decimal(99))
    one.inbox.until(lambda _: one.inbox.words(1).count("changed") == 2)
    one.withdraw(1)
    one.inbox.report("cancelled", 1)
    assert [o["status"] for o in one.orders()] == ["replaced", "replaced", "canceled"]
    nobody_elses(one)


def test_a_change_that_the_venue_refuses_leaves_the_order_as_it_was(trader: Make) -> None:
    one = trader()
    one.send(1, **limit("99"))
    accepted(one, 1)
    one.replace(1, limit_price=Decimal(99))
    assert "not changed" in one.inbox.report("kept", 1).reason
    one.withdraw(1)
    one.inbox.report("cancelled", 1)
    nobody_elses(one)


@pytest.mark.parametrize("kind", ["500_after", "timeout_after"])
def test_a_change_whose_answer_was_lost_is_found_and_not_made_twice(trader: Make, kind: str) -> None:
    one = trader(rest=IMPATIENT)
    one.send(1, **limit("99"))
    accepted(one, 1)
    one.fault(kind, method="PATCH")
    one.server.call(lambda venue: venue.faults.add(_lost(3)))
    one.replace(1, limit_price=Decimal(98))
    one.inbox.report("changed", 1)
    assert [o["status"] for o in one.orders()] == ["replaced", "new"]
    nobody_elses(one)


def test_a_change_that_never_arrived_leaves_the_order_as_it_was(trader: Make) -> None:
    one = trader()
    one.send(1, **limit("99"))
    accepted(one, 1)
    one.fault("500_before", method="PATCH")
    one.replace(1, limit_price=Decimal(98))
    assert "never arrived" in one.inbox.report("kept", 1).reason
    assert [o["status"] for o in one.orders()] == ["new"]


def test_an_exit_of_a_pair_is_changed_without_leaving_it(holding: Make) -> None:
    one = holding()
    one.pair()
    accepted(one, 2, 3)
    one.replace(2, stop_price=Decimal(95))
    one.inbox.report("changed", 2)
    one.quote(94.9, 94.92)
    one.inbox.filled(10, 2)
    one.inbox.report("cancelled", 3)
    assert one.position() == 0
    nobody_elses(one)


# -- trailing stops and closes


@pytest.mark.parametrize(("trail", "in_percent"), [("1", False), ("1", True)], ids=["money", "percent"])
def test_a_trailing_stop_follows_the_market_up_and_sells_behind_it(holding: Make, trail: str, in_percent: bool) -> None:
    one = holding()
    send = Send(order(2, side=-1, type="stop", time_in_force="gtc"), client_id(2))
    one.executor.do(SendTrailing(send, Decimal(trail), in_percent))
    accepted(one, 2)
    one.quote(105, 105.02)
    one.quote(103.9, 103.92)
    one.inbox.filled(10, 2)
    assert one.position() == 0
    nobody_elses(one)


def test_a_trailing_stop_without_a_distance_is_refused_here(holding: Make) -> None:
    one = holding()
    send = Send(order(2, side=-1, type="stop", time_in_force="gtc", stop_price=Decimal(1)), client_id(2))
    one.executor.do(SendTrailing(send, Decimal(0)))
    assert "expected one above 0" in one.inbox.report("rejected", 2).reason


def test_a_close_is_ours_though_the_venue_names_it(holding: Make) -> None:
    one = holding()
    one.executor.do(Close(Send(order(2, side=-1, quantity=Decimal(4)), client_id(2))))
    one.inbox.filled(4, 2)
    assert one.position() == 6
    nobody_elses(one)


@pytest.mark.parametrize("kind", ["500_after", "timeout_after"])
def test_a_close_whose_answer_was_lost_is_known_by_what_it_is(holding: Make, kind: str) -> None:
    one = holding(rest=IMPATIENT)
    one.fault(kind, method="DELETE", path="/v2/positions")
    one.server.call(lambda venue: venue.faults.add(_lost(3)))
    one.executor.do(Close(Send(order(2, side=-1), client_id(2))))
    one.inbox.filled(10, 2)
    assert one.position() == 0
    nobody_elses(one)


def test_a_close_of_nothing_is_rejected_in_the_venues_words(trader: Make) -> None:
    one = trader()
    one.executor.do(Close(Send(order(2, side=-1), client_id(2))))
    assert "position does not exist" in one.inbox.report("rejected", 2).reason


def _withdraw(order_id: int, name: str = "") -> Any:
    from tradetui.engine.gateways.live_words import Withdraw

    return Withdraw(order_id, name or {3: PAIR}.get(order_id, client_id(order_id)))


def _lost(count: int) -> Any:
    from tradetui.engine.practice.faults import Rule

    return Rule("drop", target="trade_updates", count=count)
