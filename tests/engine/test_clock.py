from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradetui.engine.clock import FOREVER_NS, SPEED_MAX, ReplayClock, checked_speed

START = 1_709_303_400_000_000_000
SPEEDS = st.one_of(st.just(0.0), st.sampled_from([0.1, 0.5, 1.0, 3.0, 100.0, SPEED_MAX]), st.floats(0, SPEED_MAX))
DEEDS = st.lists(
    st.tuples(st.integers(0, 10**11), st.one_of(st.sampled_from(["play", "pause", "look"]), SPEEDS)), max_size=40
)


def market(clock: ReplayClock, now_ns: int) -> int | None:
    """Where the clock is; None where it runs as fast as it goes and is nowhere."""
    at = clock.market_ns(now_ns)
    return None if at == FOREVER_NS else at


@given(DEEDS)
def test_no_change_of_speed_no_pause_and_no_play_ever_moves_the_market_time(deeds: list[tuple[int, object]]) -> None:
    now, clock = 0, ReplayClock(START, 1.0, 0)
    for wait, deed in deeds:
        now += wait
        before = market(clock, now)
        if deed == "play":
            clock.play(now)
        elif deed == "pause":
            clock.pause(now)
        elif isinstance(deed, float):
            clock.set_speed(deed, now)
        after = market(clock, now)
        if before is not None and after is not None:
            assert after == before


@given(DEEDS)
def test_market_time_never_runs_backward(deeds: list[tuple[int, object]]) -> None:
    now, clock, last = 0, ReplayClock(START, 1.0, 0), START
    for wait, deed in deeds:
        now += wait
        at = market(clock, now)
        if at is not None:
            assert at >= last
            last = at
        if deed == "play":
            clock.play(now)
        elif deed == "pause":
            clock.pause(now)
        elif isinstance(deed, float):
            clock.set_speed(deed, now)


@pytest.mark.parametrize(("speed", "seconds"), [(0.1, 1), (1.0, 10), (60.0, 600), (SPEED_MAX, 100_000_000)])
def test_a_running_clock_gains_its_speed_in_market_seconds_a_second(speed: float, seconds: int) -> None:
    clock = ReplayClock(START, speed, 0)
    clock.play(0)
    assert clock.market_ns(10_000_000_000) - START == seconds * 1_000_000_000


def test_a_clock_that_stands_gains_nothing() -> None:
    clock = ReplayClock(START, 1.0, 0)
    assert clock.market_ns(10**12) == START
    assert clock.wall_ns_until(START + 1, 10**12) is None


def test_as_fast_as_it_goes_everything_is_due_and_pausing_returns_to_a_time() -> None:
    clock = ReplayClock(START, 0.0, 0)
    clock.play(0)
    assert clock.market_ns(5) == FOREVER_NS
    assert clock.wall_ns_until(START + 10**15, 5) == 0
    clock.pause(6)
    assert clock.market_ns(7) == START


@pytest.mark.parametrize("speed", [0.25, 1.0, 7.0])
def test_the_wait_for_a_moment_ends_when_it_is_due(speed: float) -> None:
    clock = ReplayClock(START, speed, 100)
    clock.play(100)
    wait = clock.wall_ns_until(START + 7_000_000_000, 100)
    assert wait == int(7_000_000_000 / speed)
    assert clock.market_ns(100 + wait) == pytest.approx(START + 7_000_000_000, abs=2)
    assert clock.wall_ns_until(START - 1, 100) == 0


def test_a_clock_is_moved_only_as_far_as_it_must_be() -> None:
    clock = ReplayClock(START, 1.0, 0)
    clock.keep_within(START - 5, START + 5, 0)
    assert clock.market_ns(0) == START
    clock.keep_within(START + 3, START + 5, 0)
    assert clock.market_ns(0) == START + 3
    clock.keep_within(START, START + 1, 0)
    assert clock.market_ns(0) == START + 1


@pytest.mark.parametrize("speed", [-1.0, SPEED_MAX + 1, float("nan"), float("inf")])
def test_a_speed_that_no_clock_can_run_at_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="is outside 0"):
        checked_speed(speed)
    with pytest.raises(ValueError, match="is outside 0"):
        ReplayClock(START, 1.0, 0).set_speed(speed, 0)
