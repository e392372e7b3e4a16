"""What goes wrong on the way to the venue: it is told, nothing is sent twice, and no fill is lost or counted twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from trading_floor import (
    AFTER_THE_MINUTE,
    KEYS,
    QUICK,
    QUICK_PINGS,
    SESSION,
    WAIT_S,
    Inbox,
    Trader,
    client_id,
    config,
    limit,
    made,
)

from practice_market import ACME, OPEN_NS, small_world
from tradetui.engine.gateways.alpaca.config import RestConfig
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.practice.engine_matcher import EngineMatcher
from tradetui.engine.practice.in_thread import ExchangeThread
from tradetui.engine.practice.venue import Venue

Make = Callable[..., Trader]
IMPATIENT = RestConfig(read_s=0.1, waits=QUICK, per_minute=10_000)


def ids(one: Trader) -> list[str]:
    return [order["client_order_id"] for order in one.orders()]


@pytest.mark.parametrize("kind", ["500_after", "timeout_after"])
def test_an_order_whose_answer_was_lost_is_found_and_not_sent_again(trader: Make, kind: str) -> None:
    one = trader(rest=IMPATIENT)
    one.fault(kind, method="POST")
    one.send(**limit())
    one.inbox.report("accepted")
    assert ids(one) == [client_id(1)]
    assert one.executor.health().unresolved == 0


@pytest.mark.parametrize("kind", ["500_before", "drop"])
def test_an_order_that_never_arrived_is_looked_for_and_then_rejected(trader: Make, kind: str) -> None:
    one = trader()
    one.fault(kind, method="POST")
    one.send()
    rejected = one.inbox.report("rejected")
    assert one.inbox.words() == ["unresolved", "rejected"]
    assert "never arrived" in rejected.reason
    assert one.orders() == []


def test_an_order_that_arrives_late_is_not_rejected_before_the_window_is_over(trader: Make) -> None:
    one = trader(lookup_window_s=5, clocks=AFTER_THE_MINUTE)
    one.fault("500_before", method="POST")
    one.fault("429", method="GET", path="/v2/orders:by", after=2)
    one.send(**limit())
    one.inbox.report("unresolved")
    one.inbox.until(lambda _: not one.server.venue.faults.rules)  # it was told twice that there is no such order
    body = {"symbol": ACME, "side": "buy", "qty": "10", "type": "limit", "limit_price": "99", "time_in_force": "day"}
    one.server.call(lambda venue: _quietly(venue, {**body, "client_order_id": client_id(1)}))
    one.inbox.report("accepted")
    assert one.inbox.words() == ["unresolved", "accepted"]


def test_a_fill_that_not_even_the_history_tells_follows_from_the_order_itself(trader: Make) -> None:
    class Forgetful(list[Any]):
        def append(self, _: Any) -> None:
            return

    one = trader(poll_s=0.05)
    one.server.call(lambda venue: setattr(venue.exchange.account.ledger, "activities", Forgetful()))
    one.fault("lost_fill", target="trade_updates")
    one.send()
    one.inbox.filled(10)
    assert one.inbox.report("fill").price == Decimal("100.02")


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["500_before", "drop", "429"])
def test_an_order_is_looked_for_until_the_venue_answers(trader: Make, fault: str) -> None:
    one = trader(clocks=AFTER_THE_MINUTE)
    one.fault("500_after", method="POST")
    one.fault(fault, method="GET", path="/v2/orders:by", count=5)
    one.server.call(lambda venue: venue.faults.add(_lost("trade_updates", 3)))
    one.send()
    one.inbox.filled(10)
    assert one.inbox.words() == ["unresolved", "accepted", "fill"]
    assert ids(one) == [client_id(1)]


def test_a_venue_that_is_too_busy_gets_the_order_once_its_minute_is_over(trader: Make) -> None:
    one = trader(clocks=AFTER_THE_MINUTE)
    one.fault("429", method="POST", count=2)
    one.send()
    one.inbox.filled(10)
    assert one.inbox.words() == ["accepted", "fill"]
    assert ids(one) == [client_id(1)]


def test_a_venue_that_stays_too_busy_rejects(trader: Make) -> None:
    one = trader(clocks=AFTER_THE_MINUTE, tries_max=2)
    one.fault("429", method="POST", count=5)
    one.send()
    assert "rate limit exceeded" in one.inbox.report("rejected").reason


def test_the_same_order_twice_is_sent_once(trader: Make) -> None:
    one = trader()
    one.send()
    one.send()
    one.inbox.filled(10)
    one.send()
    one.send(2, **limit())
    one.inbox.report("accepted", 2)
    assert ids(one) == [client_id(1), client_id(2)]
    assert one.executor.health().sent == 2


def test_an_id_that_the_venue_has_already_means_that_it_arrived(trader: Make, server: ExchangeThread) -> None:
    one = trader()
    body = {"symbol": ACME, "side": "buy", "qty": "10", "type": "market", "time_in_force": "day"}
    server.call(lambda venue: _quietly(venue, {**body, "client_order_id": client_id(1)}))
    one.send()
    one.inbox.filled(10)
    assert one.inbox.words() == ["unresolved", "accepted", "fill"]
    assert one.position() == 10


@pytest.mark.parametrize("kind", ["duplicate", "reorder", "delay"])
def test_frames_that_are_doubled_late_or_overtaken_count_once(trader: Make, kind: str) -> None:
    one = trader()
    one.fault(kind, target="trade_updates", count=3)
    one.send()
    one.send(2, quantity=Decimal(7))
    one.inbox.filled(10)
    one.inbox.filled(7, 2)
    assert one.inbox.words(1)[:2] == ["accepted", "fill"]
    assert len({r.execution_id for r in one.inbox.reports() if r.what == "fill"}) == 2


@pytest.mark.parametrize("kind", ["lost_fill", "drop"])
def test_a_lost_fill_is_found_without_a_disconnect(trader: Make, kind: str) -> None:
    one = trader(poll_s=0.05)
    one.fault(kind, target="trade_updates", event="fill")
    one.send()
    one.inbox.filled(10)
    fill = one.inbox.report("fill")
    assert (fill.price, fill.execution_id) == (Decimal("100.02"), f"{fill.venue_id}@10")
    assert one.executor.health().reconnects == 0


def test_a_fill_may_be_told_before_the_answer(trader: Make) -> None:
    one = trader()
    one.fault("fill_before_ack", method="POST", delay_s=0.05)
    one.send()
    one.inbox.filled(10)
    assert one.inbox.words() == ["accepted", "fill"]


@pytest.mark.parametrize("kind", ["disconnect_mid_frame", "half_open"])
def test_what_happened_while_the_stream_was_gone_is_found_after_it(trader: Make, kind: str) -> None:
    one = trader(socket=QUICK_PINGS)
    one.fault(kind, target="trade_updates", event="pending_new")
    one.send()
    one.inbox.filled(10)
    one.inbox.until(lambda _: "BACKFILLED" in one.inbox.stream())
    assert one.inbox.stream() == ["DOWN", "FRESH", "GAP", "BACKFILLED"]
    assert one.inbox.words() == ["accepted", "fill"]
    health = one.executor.health()
    assert (health.state, health.reconnects) == ("OK", 1)


def test_partial_fills_that_were_not_heard_are_told_one_by_one_from_the_history(trader: Make) -> None:
    one = trader(poll_s=0.05)
    one.fault("lost_fill", target="trade_updates", count=2)
    one.send(**limit("100.03", quantity=Decimal(1000)))
    one.inbox.filled(400)
    one.advance(61)
    one.inbox.until(lambda _: sum(r.what == "fill" for r in one.inbox.reports()) >= 2)
    fills = [r for r in one.inbox.reports() if r.what == "fill"]
    assert sum(f.quantity for f in fills) == one.position()
    assert fills[-1].leaves == 1000 - one.position()


def test_an_order_by_hand_during_a_gap_is_found(trader: Make) -> None:
    one = trader()
    one.send(**limit())
    one.inbox.report("accepted")
    one.fault("disconnect_mid_frame", target="trade_updates", event="pending_new")
    body = {"symbol": ACME, "side": "buy", "qty": "3", "type": "market", "time_in_force": "day"}
    one.server.call(lambda venue: venue.exchange.submit({**body, "client_order_id": "by hand"}, foreign=True))
    assert one.inbox.report("fill", 0).quantity == 3


@pytest.mark.slow
def test_a_cancel_overtakes_orders_and_an_order_that_still_waited_is_never_sent(trader: Make) -> None:
    one = trader()
    one.send(1, **limit())
    one.inbox.report("accepted", 1)
    one.fault("delay", method="POST", delay_s=0.3)
    one.send(2, **limit())
    one.send(3, **limit())
    one.send(4, **limit())
    one.withdraw(3)
    one.withdraw(1)
    one.inbox.report("accepted", 4)
    assert one.inbox.report("cancelled", 3).reason == "taken back before it was sent"
    told = [(r.order_id, r.what) for r in one.inbox.reports()]
    assert told.index((1, "cancelled")) < told.index((4, "accepted"))
    assert ids(one) == [client_id(1), client_id(2), client_id(4)]


def test_an_order_of_unknown_fate_that_is_not_wanted_any_more_is_cancelled_once_it_is_found(trader: Make) -> None:
    one = trader(rest=IMPATIENT)
    one.fault("timeout_after", method="POST")
    one.fault("500_before", method="GET", path="/v2/orders:by", count=3)
    one.server.call(lambda venue: venue.faults.add(_lost("trade_updates", 2)))
    one.send(**limit())
    one.inbox.report("unresolved")
    one.withdraw()
    one.inbox.report("cancelled")
    assert [o["status"] for o in one.orders()] == ["canceled"]


def test_an_order_by_hand_of_which_nothing_was_told_is_found_though_a_later_one_was(trader: Make) -> None:
    one = trader(poll_s=0.2)
    body = {"symbol": "ACME", "side": "buy", "type": "market", "time_in_force": "day"}
    one.server.call(lambda venue: _quietly(venue, {**body, "qty": "3", "client_order_id": "unheard"}))
    one.advance(3)
    one.server.call(lambda venue: venue.exchange.submit({**body, "qty": "4", "client_order_id": "heard"}, foreign=True))
    one.inbox.filled(7, 0)
    assert one.position() == 7


@pytest.mark.parametrize("kind", ["500_before", "500_after", "drop", "429"])
def test_a_cancel_is_repeated_until_the_venue_has_taken_it(trader: Make, kind: str) -> None:
    one = trader(clocks=AFTER_THE_MINUTE)
    one.send(**limit())
    one.inbox.report("accepted")
    one.fault(kind, method="DELETE", count=2)
    one.withdraw()
    one.inbox.report("cancelled")


def test_many_wishes_to_cancel_are_one_request_while_the_venue_does_not_answer(trader: Make) -> None:
    one = trader()
    one.send(**limit())
    one.inbox.report("accepted")
    one.fault("500_before", method="DELETE", count=3)
    for _ in range(20):
        one.withdraw()
    one.inbox.report("cancelled")
    injected = one.server.call(lambda venue: len(venue.faults.log))
    assert injected == 3
    assert not one.server.venue.faults.rules


def test_cancelling_what_has_filled_is_no_fault(trader: Make) -> None:
    one = trader(poll_s=30)
    one.fault("lost_fill", target="trade_updates")
    one.send()
    one.inbox.report("accepted")
    one.withdraw()
    one.inbox.filled(10)
    assert "cancelled" not in one.inbox.words()


@pytest.mark.parametrize("kind", ["500_before", "500_after", "drop"])
def test_cancelling_everything_is_repeated_too(trader: Make, kind: str) -> None:
    one = trader()
    one.send(**limit())
    one.inbox.report("accepted")
    one.fault(kind, method="DELETE", path="/v2/orders")
    one.withdraw_all()
    one.inbox.report("cancelled")


def test_a_new_start_finds_its_orders_again_with_the_same_executions(
    trader: Make, request: pytest.FixtureRequest
) -> None:
    before = trader()
    before.send(1)
    before.send(2, **limit())
    before.inbox.filled(10)
    before.inbox.report("accepted", 2)
    before.stop()
    after = made(before.server, Inbox(), wait=False)
    request.addfinalizer(after.stop)
    after.look_up(1)
    after.look_up(3)
    after.inbox.filled(10)
    assert after.inbox.report("fill").execution_id == before.inbox.report("fill").execution_id
    assert after.inbox.report("accepted", 2).client_order_id == client_id(2)
    assert "never arrived" in after.inbox.report("rejected", 3).reason
    after.withdraw(2)
    after.inbox.report("cancelled", 2)
    assert ids(after) == [client_id(1), client_id(2)]


@pytest.mark.parametrize(
    ("prepare", "more", "said"),
    [
        ("restricted", {}, "account"),
        ("", {"quantity": Decimal(100_000)}, "insufficient buying power"),
        ("halted", {}, "is not tradable"),
        ("", {"symbol": "NOPE"}, "could not find asset"),
        ("", limit("100.123"), "sub-penny"),
        ("", {"symbol": "GONE"}, "GONE"),
    ],
    ids=["restricted", "poor", "halted", "unknown", "tick", "inactive"],
)
def test_a_refusal_is_told_in_the_venues_own_words(trader: Make, prepare: str, more: dict[str, Any], said: str) -> None:
    one = trader()
    if prepare == "restricted":
        one.server.call(lambda venue: setattr(venue.exchange.account, "restricted", True))
    if prepare == "halted":
        one.server.call(lambda venue: venue.exchange.halt(ACME, True))
    one.send(**more)
    rejected = one.inbox.report("rejected")
    assert said in rejected.reason
    assert one.inbox.words() == ["rejected"]
    assert one.orders() == []


def test_a_restricted_account_says_why(trader: Make) -> None:
    one = trader()
    one.server.call(lambda venue: setattr(venue.exchange.account, "restricted", True))
    one.executor.ask_state()
    assert one.inbox.state().blocked != ""


@pytest.mark.parametrize("key", ["PKWRONG", "AKLIVE"], ids=["wrong", "of the other environment"])
def test_wrong_keys_are_told_with_what_to_do_and_nothing_is_sent(server: ExchangeThread, key: str) -> None:
    one = made(server, Inbox(), keys=Credentials(key, "a-secret-nobody-may-see"), wait=False)
    try:
        one.send()
        reason = one.inbox.report("rejected").reason
        assert "check that the keys are right" in reason
        one.inbox.until(lambda _: one.executor.health().state == "REFUSED")
        health = one.executor.health()
        assert "check that the keys are right" in health.message
        assert key not in f"{reason}{health}{one.executor!r}"
        assert "a-secret-nobody-may-see" not in f"{reason}{health}{one.inbox.items}"
    finally:
        one.stop()
    assert one.orders() == []


def test_keys_that_are_revoked_meanwhile_are_told(trader: Make) -> None:
    one = trader()
    one.server.call(lambda venue: venue.keys.revoke("PKTEST"))
    one.send()
    assert "unauthorized" in one.inbox.report("rejected").reason
    assert one.executor.health().state == "REFUSED"


@pytest.mark.slow
def test_stopping_says_so_where_a_request_hangs(server: ExchangeThread) -> None:
    one = made(server, Inbox(), rest=RestConfig(read_s=0.6, waits=QUICK))
    one.fault("timeout_after", method="POST")
    one.send()
    one.inbox.report("accepted")
    with pytest.raises(TimeoutError, match="did not end"):
        one.executor.stop(0.01)
    one.executor.stop(5)


def test_a_venue_that_cannot_be_reached_is_down_and_orders_stay_unresolved(server: ExchangeThread) -> None:
    one = made(server, Inbox(), rest_url="http://127.0.0.1:9", stream_url="ws://127.0.0.1:9/stream", wait=False)
    try:
        one.send()
        one.inbox.report("unresolved")
        one.inbox.until(lambda _: one.executor.health().state == "DOWN")
    finally:
        one.stop()
    assert one.inbox.words() == ["unresolved"]


def test_keys_never_travel_readable_to_all(server: ExchangeThread) -> None:
    with pytest.raises(ValueError, match="readable to all"):
        made(server, Inbox(), rest_url="http://example.test", wait=False)
    assert config(server).rest_url == server.url
    assert SESSION


def _lost(target: Any, count: int) -> Any:
    from tradetui.engine.practice.faults import Rule

    return Rule("drop", target=target, count=count)


def _quietly(venue: Any, body: dict[str, Any]) -> None:
    """As if the stream had not told it."""
    venue.exchange.submit(body)
    venue.exchange.updates()


@pytest.fixture
def slow_cancels() -> Iterator[ExchangeThread]:
    """A venue where a cancel is pending for a while."""
    venue = Venue(small_world(EngineMatcher(), rate_per_minute=10_000, ack_delay_ns=10**9), KEYS)
    venue.advance(OPEN_NS)
    with ExchangeThread(venue) as running:
        yield running


@pytest.mark.slow
@pytest.mark.parametrize("all_at_once", [False, True], ids=["one", "all"])
def test_a_close_waits_for_the_stop_that_holds_its_shares_and_is_being_cancelled(
    slow_cancels: ExchangeThread, all_at_once: bool
) -> None:
    one = made(slow_cancels, Inbox(), leaving_s=WAIT_S * 6)  # however slow this machine is
    try:
        one.send(1)
        one.inbox.report("accepted", 1)
        one.advance(2)
        one.inbox.filled(10)
        one.send(2, side=-1, type="stop", stop_price=Decimal(90))
        one.inbox.report("accepted", 2)
        one.advance(2)
        one.withdraw_all() if all_at_once else one.withdraw(2)
        one.send(3, side=-1)
        one.inbox.until(lambda _: one.executor.health().sent >= 5)
        assert one.inbox.words(3) == []
        one.advance(2)
        one.inbox.report("cancelled", 2)
        one.inbox.report("accepted", 3)
        one.advance(2)
        one.inbox.filled(10, 3)
        assert one.position() == 0
    finally:
        one.stop()


def test_a_close_that_nothing_makes_way_for_is_refused_in_the_venues_words(trader: Make) -> None:
    one = trader()
    one.send(1)
    one.inbox.filled(10)
    one.send(2, side=-1, type="stop", stop_price=Decimal(90))
    one.inbox.report("accepted", 2)
    one.send(3, side=-1, **limit("110"))
    assert "insufficient qty available" in one.inbox.report("rejected", 3).reason
