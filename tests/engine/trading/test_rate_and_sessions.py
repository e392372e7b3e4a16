"""The message rate over market time, and when a trading day ends."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradetui.engine.model.orders import Order, OrderStatus
from tradetui.engine.trading.rate import SECOND_NS, RateLimit
from tradetui.engine.trading.session_day import session_end_ns
from tradetui.engine.trading.slippage import BasisPoints, FixedTicks, NoSlippage, VolumeShare


def order(number: int) -> Order:
    return Order(number, "X", 1, Decimal(1))


def offer(rate: RateLimit, one: Order, now_ns: int) -> int:
    wait = rate.wait_ns(now_ns, one)
    one.status = OrderStatus.QUEUED if wait else OrderStatus.SENT
    return wait


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(1, 4), st.lists(st.tuples(st.booleans(), st.integers(0, 700_000_000)), max_size=60))
def test_orders_leave_in_order_and_never_more_than_allowed_in_any_second(
    most: int, steps: list[tuple[bool, int]]
) -> None:
    rate, now, sent = RateLimit(most), 0, []
    promised: dict[int, int] = {}
    for number, (asks, passed) in enumerate(steps, 1):
        now += passed
        while (waited := rate.next(now)) is not None:
            assert offer(rate, waited, now) == 0
            assert now >= promised[waited.order_id]
            sent.append((now, waited.order_id))
        if asks:
            one = order(number)
            wait = offer(rate, one, now)
            if wait:
                promised[number] = now + wait
            else:
                sent.append((now, number))
    assert [number for _, number in sent] == sorted(number for _, number in sent)
    for index in range(most, len(sent)):
        assert sent[index][0] - sent[index - most][0] >= SECOND_NS


def test_a_new_order_waits_behind_those_that_do_even_when_it_could_go() -> None:
    rate = RateLimit(1)
    first, second, third = order(1), order(2), order(3)
    assert offer(rate, first, 0) == 0
    assert offer(rate, second, 0) == SECOND_NS
    assert offer(rate, third, 5 * SECOND_NS) > 0
    assert rate.next(5 * SECOND_NS) is second


def test_a_cancelled_order_leaves_the_queue() -> None:
    rate = RateLimit(1)
    orders = [order(number) for number in range(4)]
    assert [offer(rate, one, 0) / SECOND_NS for one in orders] == [0, 1, 2, 3]
    rate.forget(orders[1])
    assert rate.next(SECOND_NS) is orders[2]
    rate.forget(orders[3])
    assert not rate.queue


def test_no_limit_never_waits() -> None:
    rate = RateLimit(None)
    assert [offer(rate, order(number), 0) for number in range(50)] == [0] * 50
    assert not rate.queue


@pytest.mark.parametrize(
    "zone", ["UTC", "America/New_York", "Europe/London", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Adelaide"]
)
def test_a_session_ends_at_the_next_local_midnight(zone: str) -> None:
    start = int(datetime(2024, 3, 8, tzinfo=UTC).timestamp())
    for moment in range(start, start + 5 * 86_400, 600):  # the clocks of New York change in between
        end = session_end_ns(moment * 10**9, zone) // 10**9
        local = datetime.fromtimestamp(end, ZoneInfo(zone))
        assert moment < end <= moment + 25 * 3600
        assert (local.hour, local.minute, local.second) == (0, 0, 0)
        before = datetime.fromtimestamp(end - 1, ZoneInfo(zone))
        assert before.date() == datetime.fromtimestamp(moment, ZoneInfo(zone)).date()


def test_slippage_models_tell_a_distance() -> None:
    assert NoSlippage().shift(100, 10, 1000, 0.01) == 0
    assert FixedTicks(3).shift(100, 10, 1000, 0.01) == pytest.approx(0.03)
    assert BasisPoints(5).shift(100, 10, 1000, 0.01) == pytest.approx(0.05)
    assert VolumeShare(0.1).shift(100, 10, 1000, 0.01) == pytest.approx(1.0)
    assert VolumeShare(0.1).shift(100, 5000, 1000, 0.01) == pytest.approx(10.0)
    assert VolumeShare(0.1).shift(100, 10, 0, 0.01) == pytest.approx(10.0)
    assert VolumeShare(0.1).shift(100, 10, float("nan"), 0.01) == pytest.approx(10.0)
