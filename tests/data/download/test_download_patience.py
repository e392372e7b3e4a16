"""How often a vendor is asked, and how long we wait: by numbers, on a clock that only sleeping moves."""

from __future__ import annotations

import threading
from email.utils import formatdate
from random import Random
from typing import Any

import pytest
from conftest import Clock
from hypothesis import given
from hypothesis import strategies as st
from servers import Market, seconds

from tradetui.data.download.pages import Transient, number_text, shortened
from tradetui.data.download.patience import Gate, Timing, ask_patiently, http_date_ns, retry_after_s
from tradetui.engine.errors import DataError


def clock_and_timing() -> tuple[Clock, Timing]:
    clock = Clock(0)
    return clock, clock.timing(threading.Event())


@given(st.lists(st.floats(0.1, 20), min_size=1, max_size=60), st.floats(10, 6000), st.floats(1, 50))
def test_no_span_of_time_holds_more_than_the_burst_and_what_flows_in(
    costs: list[float], per_minute: float, burst: float
) -> None:
    clock, timing = clock_and_timing()
    gate = Gate(per_minute, burst, timing)
    spent: list[tuple[float, float]] = []
    for cost in costs:
        gate.admit(cost)
        spent.append((clock.steady, cost))
    for first in range(len(spent)):
        total = 0.0
        for at, cost in spent[first:]:
            total += cost
            allowed = burst + (at - spent[first][0]) * per_minute / 60 + spent[first][1]
            assert total <= allowed * (1 + 1e-9) + 1e-6


def test_the_bucket_lets_a_burst_through_and_then_a_steady_flow() -> None:
    clock, timing = clock_and_timing()
    gate = Gate(60, 3, timing)
    at = []
    for _ in range(6):
        gate.admit(1)
        at.append(clock.steady)
    assert at == [0, 0, 0, 1, 2, 3]


def test_quiet_holds_everybody() -> None:
    clock, timing = clock_and_timing()
    gate = Gate(6000, 100, timing)
    gate.quiet(12)
    gate.admit(1)
    assert clock.steady == 12


def test_a_request_to_stop_is_heard_even_where_there_is_nothing_to_wait_for() -> None:
    class Stop(Exception):
        """The person has had enough."""

    def sleep(_: float) -> None:
        raise Stop

    gate = Gate(60, 3, Timing(lambda: 0, lambda: 0.0, sleep))
    with pytest.raises(Stop):
        gate.admit(1)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        (None, None),
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        (formatdate(100, usegmt=True), 40.0),
        (formatdate(10, usegmt=True), 0.0),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str | None, wait: float | None) -> None:
    assert retry_after_s(value, 60 * 10**9) == wait


def test_a_date_header_is_read_and_nonsense_is_not() -> None:
    assert http_date_ns("Fri, 01 Mar 2024 12:00:00 GMT") == seconds("2024-03-01 12:00:00") * 10**9
    assert http_date_ns("yesterday") is None


@pytest.mark.parametrize("seed", range(3))
def test_the_same_seed_waits_the_same_and_another_does_not(seed: int) -> None:
    def waits(seed: int) -> list[float]:
        clock, timing = clock_and_timing()

        def ask() -> None:
            raise Transient("no")

        with pytest.raises(DataError, match=r"vendor X: no, 8 times in a row; expected an answer"):
            ask_patiently(ask, "vendor X", 1, Gate(60_000, 100, timing), timing, Random(seed))
        return clock.slept

    assert waits(seed) == waits(seed)
    assert waits(seed) != waits(seed + 1)
    assert len(waits(seed)) == 7
    assert sum(waits(seed)) < 200


@pytest.mark.parametrize("wait", [float("nan"), float("inf")])
def test_a_wait_that_is_no_time_does_not_hang(wait: float) -> None:
    assert retry_after_s(str(wait), 0) is None


def test_many_symbols_share_one_gate(rig: Any) -> None:
    market = Market(tuple("ABCDEFGH"), seconds("2024-03-01 12:00:00"), page=10)
    rig.run(market, "binance", market.symbols, "1hour", "2024-01-01", "2024-01-20", jobs=4)
    pages = len(market.asked)
    assert pages >= 8 * 45
    allowed_s = (pages * 2 - 200) / 3000 * 60  # weight of each, burst, weight a minute
    assert sum(rig.clock.slept) >= allowed_s * 0.99


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1.50000000", "1.50000000"),
        (1.5, "1.5"),
        (100, "100"),
        (1e-7, "0.0000001"),
        (1e22, "10000000000000000000000"),
        ("1e-7", "0.0000001"),
        ("-1.5", "-1.5"),
        (True, None),
        (None, None),
        ("nan", None),
        (float("inf"), None),
        ("one", None),
        ([], None),
    ],
)
def test_numbers_keep_the_vendors_digits_and_lose_exponents(value: object, text: str | None) -> None:
    assert number_text(value) == text


def test_a_vendors_words_cannot_move_the_cursor_or_fill_the_screen() -> None:
    assert shortened("a\n  b\x1b[2J\x07c") == "a b[2Jc"
    assert len(shortened("x" * 1000)) == 120
