"""From a tick's arrival to what came of it: what is counted, and against which tick."""

from __future__ import annotations

from itertools import count

from live_rig import START, LiveRig, Scripted, buy

from tradetui.engine.gateways.live_words import Arrived
from tradetui.engine.live.latencies import LiveLatencies
from tradetui.engine.model.events import QuoteEvent, SignalEvent


def quote(bid: float, after_ns: int = 0) -> QuoteEvent:
    return QuoteEvent("AA", START + after_ns, bid, 100.0, bid + 0.01, 100.0)


def measured(plan: dict[float, SignalEvent], **options: object) -> LiveRig:
    """A rig whose clock is 1,000,000 when it is first asked, and a thousand more at each time after."""
    ticking = count(1_000_000, 1_000)
    return LiveRig(plan, clock_ns=lambda: next(ticking), **options).begin()


def figures(rig: LiveRig) -> tuple[tuple[int, int], ...]:
    """How many, and their sum, of decisions and of orders handed over."""
    took: LiveLatencies = rig.engine.latencies
    return tuple((one.count, one.sum_ns) for one in (took.signal.picture(), took.handover.picture()))


def test_each_tick_that_the_strategy_is_asked_about_counts_and_each_order_of_it() -> None:
    rig = measured({100.0: buy()})
    rig.turn(Arrived(quote(99.0), 900_000))
    assert figures(rig) == ((1, 100_000), (0, 0))
    rig.turn(Arrived(quote(100.0), 900_000))
    assert figures(rig) == ((2, 201_000), (1, 102_000))
    assert rig.sends()[0].received_ns == 900_000


def test_the_tick_that_led_to_an_order_is_its_own_and_not_a_later_one_of_the_same_turn() -> None:
    rig = measured({100.0: buy()})
    rig.turn(Arrived(quote(100.0), 500_000), Arrived(quote(99.0), 900_000))
    assert [send.received_ns for send in rig.sends()] == [500_000]
    assert rig.engine.latencies.queued_max == 2


def test_what_nobody_stamped_is_worked_and_not_measured() -> None:
    rig = measured({100.0: buy()})
    rig.turn(quote(100.0))
    assert (figures(rig), len(rig.sends()), rig.sends()[0].received_ns) == (((0, 0), (0, 0)), 1, 0)


def test_a_tick_of_which_the_strategy_asks_nothing_is_not_measured() -> None:
    strategy = Scripted()
    strategy.subscribes = ("trade",)  # type: ignore[misc]
    rig = LiveRig(strategy=strategy).begin()
    rig.turn(Arrived(quote(100.0), 1))
    assert figures(rig) == ((0, 0), (0, 0))


def test_an_order_that_waited_for_its_turn_says_nothing_of_the_tick_on_which_it_left() -> None:
    rig = measured({100.0: buy(), 101.0: buy("BB")}, limits={"max_orders_per_second": 1}).quote(50.0, "BB")
    rig.turn(Arrived(quote(100.0), 900_000), Arrived(quote(101.0, 1), 900_000))
    assert [send.order.symbol for send in rig.sends()] == ["AA"]
    rig.turn(Arrived(quote(99.0, 2_000_000_000), 990_000), after_s=2)
    assert [(send.order.symbol, send.received_ns) for send in rig.sends()] == [("AA", 900_000), ("BB", 0)]
