from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice_market import OPEN_NS
from tradetui.engine.practice.frames import array, encode, packed_time
from tradetui.engine.practice.timeframes import Timeframe, buckets, read_timeframe
from tradetui.engine.practice.wire import amount, eastern_ns, instant, number, switch, timestamp


@pytest.mark.parametrize(
    ("value", "text"),
    [("5", "5"), ("5.00", "5"), ("1E+3", "1000"), ("0.057436865", "0.057436865"), ("-0.0", "0"), ("-2.50", "-2.5")],
)
def test_numbers_have_neither_exponents_nor_zeros_at_their_end(value: str, text: str) -> None:
    assert number(Decimal(value)) == text


@given(st.integers(0, 2**62))
def test_a_time_is_read_back_to_the_nanosecond(ts_ns: int) -> None:
    assert instant(timestamp(ts_ns)) == ts_ns


@pytest.mark.parametrize(
    ("text", "ts_ns"),
    [
        ("2026-04-01T13:30:00Z", OPEN_NS),
        ("2026-04-01T09:30:00-04:00", OPEN_NS),
        ("2026-04-01T13:30:00.000001+00:00", OPEN_NS + 1_000),
        ("2026-04-01T13:30:00.000001 00:00", OPEN_NS + 1_000),  # a plus that nobody escaped
        ("2026-04-01", OPEN_NS - 34_200 * 10**9),
        ("yesterday", None),
        ("2026-13-01T00:00:00Z", None),
        ("", None),
    ],
)
def test_times_of_requests(text: str, ts_ns: int | None) -> None:
    assert instant(text) == ts_ns


def test_switches_and_amounts_that_are_none() -> None:
    assert [switch(text) for text in ("T", "False", "yes", 1)] == [True, False, None, None]
    assert [amount(v) for v in (True, "x", "NaN", "1e99", None, "1" * 50)] == [None] * 6
    assert [str(amount(v)) for v in (0.1, 0.1 + 0.2, "0.1234567891234")] == ["0.1", "0.300000000", "0.1234567891234"]


@pytest.mark.parametrize(
    ("text", "frame"),
    [("1Min", (1, "Min")), ("59T", (59, "Min")), ("23H", (23, "Hour")), ("Day", (1, "Day")), ("12M", (12, "Month"))],
)
def test_lengths_of_bars(text: str, frame: tuple[int, str]) -> None:
    assert read_timeframe(text) == Timeframe(*frame)


@pytest.mark.parametrize("text", ["60Min", "24Hour", "2Day", "5Month", "0Min", "1Sec", ""])
def test_lengths_that_the_protocol_does_not_have(text: str) -> None:
    assert read_timeframe(text) is None


def test_days_weeks_and_months_begin_at_midnight_in_new_york() -> None:
    ts = np.array([OPEN_NS])
    midnight = {
        "Day": date(2026, 4, 1),
        "Week": date(2026, 3, 30),
        "Month": date(2026, 4, 1),
    }
    for unit, day in midnight.items():
        assert buckets(ts, Timeframe(1, unit), True)[0] == eastern_ns(day, time())
    assert buckets(ts, Timeframe(1, "Day"), False)[0] % 86_400_000_000_000 == 0


@pytest.mark.parametrize("count", [1, 15, 16, 300])
def test_a_frame_of_many_messages_is_one_array(count: int) -> None:
    import msgspec

    messages = [{"i": n} for n in range(count)]
    for packed, decode in ((True, msgspec.msgpack.decode), (False, msgspec.json.decode)):
        assert decode(array([encode(m, packed) for m in messages], packed)) == messages


def test_packed_times_are_the_timestamp_extension_with_nanoseconds() -> None:
    msgpack = pytest.importorskip("msgpack")
    packed = encode({"t": packed_time("2026-04-01T13:30:00.123456789Z")}, True)
    assert msgpack.unpackb(packed)["t"].to_unix_nano() == OPEN_NS + 123_456_789
