from __future__ import annotations

from decimal import Decimal

import pytest

from tradetui.engine.market.draws import Draws
from tradetui.engine.market.matching_engine import MatchingEngine
from tradetui.engine.market.matching_words import (
    NEVER_NS,
    Accepted,
    Cancelled,
    Execution,
    MakerTakerFees,
    MatchingRules,
    NewOrder,
    OpenOrder,
    Reason,
    Rejected,
)
from tradetui.engine.market.stop_orders import StopOrders
from tradetui.engine.model.instrument import decimal_from_nanos
from tradetui.engine.trading.fees import FeeSchedule, PerShare

UNIT = 10**9


def limit(order_id: int, owner: str, side: int, quantity: int, price: int, force: str = "gtc") -> NewOrder:
    return NewOrder(
        order_id=order_id,
        owner=owner,
        side=side,
        quantity=quantity,
        type="limit",
        limit=price,
        time_in_force=force,  # type: ignore[arg-type]
    )


def market(order_id: int, owner: str, side: int, quantity: int) -> NewOrder:
    return NewOrder(order_id=order_id, owner=owner, side=side, quantity=quantity)


def test_a_trade_is_told_to_both_sides_with_all_there_is_to_know() -> None:
    engine = MatchingEngine(fees=MakerTakerFees(maker=Decimal("-0.0001"), taker=Decimal("0.0005")))
    engine.submit(limit(1, "ann", -1, 5 * UNIT, 100 * UNIT), 10)
    assert engine.submit(market(2, "bob", 1, 2 * UNIT), 20) == [
        Accepted(2, "bob", 20),
        Execution(1, "ann", 20, 1, 1, -1, 100 * UNIT, 2 * UNIT, 3 * UNIT, "maker", Decimal("-0.02"), 1, 2),
        Execution(2, "bob", 20, 2, 1, 1, 100 * UNIT, 2 * UNIT, 0, "taker", Decimal("0.1"), 1, 2),
    ]
    assert engine.last_price == 100 * UNIT


class ScheduleFees:
    """A schedule of the accounting floor, told nanos."""

    def __init__(self, schedule: FeeSchedule) -> None:
        self.schedule = schedule

    def fee(self, side: int, quantity: int, price: int, maker: bool) -> Decimal:
        units = decimal_from_nanos(quantity)
        return self.schedule.fee(side, units, units * decimal_from_nanos(price), maker)


def test_any_schedule_of_fees_fits_in() -> None:
    schedule = FeeSchedule(per_share=PerShare(rate=Decimal("0.01"), minimum=Decimal(1)), maker=Decimal(0))
    engine = MatchingEngine(fees=ScheduleFees(schedule))
    engine.submit(limit(1, "ann", -1, 500 * UNIT, 20 * UNIT), 1)
    told = engine.submit(market(2, "bob", 1, 300 * UNIT), 2)
    assert [outcome.fee for outcome in told if isinstance(outcome, Execution)] == [Decimal(3), Decimal(3)]


def test_without_fees_executions_cost_nothing() -> None:
    engine = MatchingEngine()
    engine.submit(limit(1, "ann", -1, 5, 100), 1)
    assert [o.fee for o in engine.submit(market(2, "bob", 1, 5), 1) if isinstance(o, Execution)] == [0, 0]


def test_a_market_order_walks_levels_as_one_taker_of_several_trades() -> None:
    engine = MatchingEngine()
    for number, price in enumerate((100, 101, 102), 1):
        engine.submit(limit(number, "ann", -1, 5, price), number)
    told = [outcome for outcome in engine.submit(market(9, "bob", 1, 12), 9) if isinstance(outcome, Execution)]
    assert [(o.trade_id, o.execution_id, o.order_id, o.price, o.quantity, o.left) for o in told] == [
        (1, 1, 1, 100, 5, 0),
        (1, 2, 9, 100, 5, 7),
        (2, 3, 2, 101, 5, 0),
        (2, 4, 9, 101, 5, 2),
        (3, 5, 3, 102, 2, 3),
        (3, 6, 9, 102, 2, 0),
    ]


def test_open_orders_are_seen_in_order_of_arrival_with_what_they_have_left() -> None:
    engine = MatchingEngine()
    engine.submit(limit(7, "ann", 1, 5, 100), 1)
    engine.submit(NewOrder(order_id=3, owner=2, side=1, quantity=5, type="stop", stop=110, time_in_force="gtc"), 2)
    engine.submit(market(8, "bob", -1, 2), 3)
    assert engine.open_orders() == [
        OpenOrder(7, "ann", 1, "limit", "gtc", 5, 100, 0, filled=2),
        OpenOrder(3, 2, 1, "stop", "gtc", 5, 0, 110, waiting=True),
    ]
    seven = engine.order(7)
    assert seven is not None
    assert (seven.left, seven.is_market) == (3, False)
    assert engine.order(8) is None


def test_a_call_of_an_earlier_time_happens_at_the_venues_own_time_and_is_counted() -> None:
    engine = MatchingEngine()
    engine.advance(100)
    assert engine.submit(limit(1, "ann", 1, 5, 100), 40) == [Accepted(1, "ann", 100)]
    assert (engine.now_ns, engine.times_backwards) == (100, 1)


def test_a_halt_is_seen_and_ends() -> None:
    engine = MatchingEngine()
    engine.halt(5)
    assert engine.halted
    engine.resume(6)
    assert not engine.halted


def test_a_request_on_the_way_has_not_happened_yet_and_acts_at_its_own_time() -> None:
    engine = MatchingEngine(MatchingRules(latency_ns=(30,)))
    assert engine.submit(limit(1, "ann", 1, 5, 100), 10) == []
    assert engine.open_orders() == []
    assert engine.cancel(1, 45) == [Accepted(1, "ann", 40)]
    assert engine.advance(500) == [Cancelled(1, "ann", 75, 5, Reason.ASKED)]
    assert engine.now_ns == 500


def test_latencies_are_drawn_from_the_recorded_ones_and_follow_from_the_seed() -> None:
    def arrivals(seed: int) -> list[int]:
        engine = MatchingEngine(MatchingRules(latency_ns=(5, 50, 500), seed=seed))
        sent = [outcome for n in range(1, 40) for outcome in engine.submit(limit(n, "ann", 1, 1, 100), n * 1_000)]
        return [outcome.ts_ns % 1_000 for outcome in sent + engine.advance(NEVER_NS)]

    assert arrivals(1) == arrivals(1) != arrivals(2)
    assert set(arrivals(1)) == {5, 50, 500}


def test_a_chance_is_taken_about_as_often_as_it_says() -> None:
    draws = Draws(7, (0,))
    assert 2_850 < sum(draws.happens(0.3) for _ in range(10_000)) < 3_150
    assert all(draws.happens(1.0) for _ in range(100))
    assert not any(draws.happens(0.0) for _ in range(100))


def test_orders_passed_by_keep_their_place_and_the_next_ones_trade() -> None:
    engine = MatchingEngine(MatchingRules(fill_chance=0.5, seed=5))
    for number in range(1, 41):
        engine.submit(limit(number, "ann", -1, 1, 100), number)
    told = engine.submit(market(99, "bob", 1, 10), 50)
    sold = [outcome.order_id for outcome in told if isinstance(outcome, Execution) and outcome.liquidity == "maker"]
    assert sold == sorted(sold)
    assert len(sold) == 10 < max(sold)
    assert engine.book.queue(-1, 100) == [number for number in range(1, 41) if number not in sold]


@pytest.mark.parametrize(("kind", "force"), [("iceberg", "gtc"), ("limit", "gtd"), ("market", "gtx"), ("stop", "gtx")])
def test_types_and_times_in_force_that_there_are_not_or_not_together_are_rejected(kind: str, force: str) -> None:
    order = NewOrder(
        order_id=1,
        owner="ann",
        side=1,
        quantity=1,
        type=kind,
        limit=9,
        stop=9,
        time_in_force=force,  # type: ignore[arg-type]
    )
    assert MatchingEngine().submit(order, 5) == [Rejected(1, "ann", 5, "submit", Reason.BAD_TYPE)]


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (NewOrder(order_id=1, owner="ann", side=0, quantity=1), Reason.BAD_SIDE),
        (NewOrder(order_id=1, owner="ann", side=1, quantity=2**63), Reason.BAD_QUANTITY),
        (NewOrder(order_id=1, owner="ann", side=1, quantity=1, limit=5), Reason.BAD_LIMIT),
        (NewOrder(order_id=1, owner="ann", side=1, quantity=1, stop=5), Reason.BAD_STOP),
        (NewOrder(order_id=1, owner="ann", side=1, quantity=1, type="limit", limit=10**30), Reason.BAD_LIMIT),
        (NewOrder(order_id=1, owner="ann", side=1, quantity=1, type="stop", stop=0), Reason.BAD_STOP),
    ],
)
def test_numbers_that_cannot_be_are_rejected(order: NewOrder, reason: Reason) -> None:
    engine = MatchingEngine()
    assert engine.submit(order, 5) == [Rejected(1, "ann", 5, "submit", reason)]
    assert engine.open_orders() == []


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"latency_ns": ()}, r"latency_ns is \(\)"),
        ({"latency_ns": (5, -1)}, r"latency_ns is \(5, -1\)"),
        ({"fill_chance": 1.1}, r"fill_chance is 1\.1: expected 0 to 1"),
        ({"fill_chance": float("nan")}, "fill_chance is nan"),
        ({"slip_nanos": -1}, "slippage is -1"),
        ({"slip_bps": float("inf")}, "slippage is 0 and inf bps"),
    ],
)
def test_rules_that_cannot_be_are_refused_with_what_was_seen(rules: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        MatchingRules(**rules)  # type: ignore[arg-type]


def test_done_orders_and_stops_leave_no_memory_behind() -> None:
    engine, stops = MatchingEngine(), StopOrders()
    for number in range(1, 2_001):
        engine.submit(limit(number, "ann", 1, 1, number), number)
        engine.cancel(number, number)
        stops.add(number, 1, number)
        stops.remove(number)
    stops.add(1, -1, 5)
    assert engine.open_orders() == []
    assert sum(map(len, stops._heaps.values())) < 70
    assert len(stops) == 1


def test_a_stop_that_is_put_anew_is_reached_at_its_new_price_alone() -> None:
    stops = StopOrders()
    stops.add(1, 1, 100)
    stops.remove(1)
    stops.add(1, 1, 110)
    assert stops.take_reached(105, 105) == []
    assert stops.take_reached(110, 105) == [1]
    assert len(stops) == 0
