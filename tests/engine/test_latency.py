"""Figures of a histogram of fixed size beside those of the sorted times themselves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tradetui.engine.latency import BOUNDS_NS, LONGEST_NS, LatencyHistogram
from tradetui.engine.model.snapshot import LatencyView

TOO_HIGH_MAX = 1.0625


def taken(*took_ns: int) -> LatencyView:
    histogram = LatencyHistogram()
    for ns in took_ns:
        histogram.add(ns)
    return histogram.picture()


def test_nothing_counted_is_told_as_nothing() -> None:
    assert LatencyHistogram().picture() == LatencyView()


def test_one_time_is_every_figure() -> None:
    told = taken(1_234_567)
    assert (told.count, told.p50_ns, told.p99_ns, told.max_ns, told.sum_ns) == (1, *[1_234_567] * 4)


def test_the_largest_is_exact_and_of_a_hundred_not_the_99th_percentile() -> None:
    told = taken(*[1_000] * 99, 5_000_000)
    assert (told.max_ns, told.p99_ns) == (5_000_000, 1_023)


@given(st.lists(st.integers(0, 10**11), min_size=1, max_size=200))
def test_a_quantile_is_never_too_low_and_at_most_a_sixteenth_too_high(times: list[int]) -> None:
    told, ordered = taken(*times), sorted(times)
    for share, found in ((50, told.p50_ns), (99, told.p99_ns)):
        exact = ordered[-(-share * len(ordered) // 100) - 1]
        assert exact <= found <= max(exact * TOO_HIGH_MAX, exact + 1)
    assert told.sum_ns == sum(times)


@given(st.lists(st.integers(0, 2 * 10**9), max_size=100))
def test_what_is_counted_within_a_bound_took_no_longer(times: list[int]) -> None:
    told = taken(*times)
    for bound_ns, within in zip(BOUNDS_NS, told.within, strict=bool(times)):
        assert sum(ns <= bound_ns / TOO_HIGH_MAX for ns in times) <= within <= sum(ns <= bound_ns for ns in times)


def test_times_of_another_clock_and_without_end_are_counted_at_the_ends() -> None:
    told = taken(-5, 10**30)
    assert (told.count, told.p50_ns, told.max_ns) == (2, 0, LONGEST_NS)


@given(st.lists(st.integers(0, 10**11), max_size=50), st.lists(st.integers(0, 10**11), min_size=1, max_size=50))
def test_what_came_since_a_copy_is_told_as_if_nothing_had_come_before(before: list[int], after: list[int]) -> None:
    histogram, alone = LatencyHistogram(), LatencyHistogram()
    for ns in before:
        histogram.add(ns)
    copy = histogram.copy()
    for ns in after:
        histogram.add(ns)
        alone.add(ns)
    told, wanted = histogram.since(copy).picture(), alone.picture()
    assert (told.count, told.sum_ns, told.within) == (wanted.count, wanted.sum_ns, wanted.within)
    for found, exact in ((told.p50_ns, wanted.p50_ns), (told.p99_ns, wanted.p99_ns), (told.max_ns, wanted.max_ns)):
        assert exact <= found <= max(exact * TOO_HIGH_MAX, exact + 1)  # the largest is known by its step alone
    assert copy.since(copy).picture() == LatencyHistogram().picture()
