from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tradetui.tui import format as fmt
from tradetui.tui.bridge import SPEEDS, neighbour_speed


@given(st.text(max_size=60), st.integers(0, 40), st.sampled_from(["left", "right", "center"]))
def test_text_always_fills_exactly_its_cells_on_one_line(text, width, align):
    fitted = fmt.fit(text, width, align)
    assert cell_len(fitted) == width
    assert fitted.isprintable()


@given(st.floats(allow_nan=True, allow_infinity=True), st.integers(9, 20), st.integers(0, 9), st.booleans())
def test_a_number_fits_its_width_or_is_not_cut_at_all(value, width, decimals, sign):
    text = fmt.number(value, width, decimals, sign=sign)
    assert len(text) <= max(width, 9)
    if math.isfinite(value) and text[-1].isdigit() and "e" not in text:
        shown = float(text.replace(",", ""))
        assert shown == pytest.approx(value, abs=0.51 if abs(value) >= 1000 else 0.5 * 10 ** -min(decimals, 4) + 1e-12)


@pytest.mark.parametrize(
    ("value", "width", "wanted"),
    [
        (1234.5, 0, "1,234.50"),
        (1234567.891, 10, "1,234,568"),
        (1234567.891, 11, "1,234,567.9"),
        (123456789.0, 8, "123.46M"),
        (-0.001, 0, "0.00"),
        (None, 0, "-"),
        (float("nan"), 0, "nan"),
        (float("-inf"), 0, "-inf"),
    ],
)
def test_numbers_read_as_a_trader_reads_them(value, width, wanted):
    assert fmt.number(value, width) == wanted


def test_signs_are_shown_where_they_matter():
    assert fmt.number(5.0, sign=True) == "+5.00"
    assert fmt.percent(0.0123, sign=True) == "+1.23%"
    assert fmt.percent(None) == "-"
    assert fmt.percent(12_345.0) == "1.23M%"


def test_quantities_have_no_needless_decimals():
    assert [fmt.quantity(value) for value in (100.0, 0.25, 1200.0, 1e-9, 0.0, -5.0)] == [
        "100",
        "0.25",
        "1,200",
        "0.000000001",
        "0",
        "-5",
    ]
    assert fmt.quantity(0.123456789, 6) == "0.1235"
    assert fmt.quantity(1_234_567.0, 6) == "1.23M"
    assert fmt.quantity(None) == "-"


def test_a_price_has_the_decimals_of_its_tick_and_a_small_one_enough_to_be_seen():
    assert [fmt.tick_decimals(tick) for tick in (0.01, 0.25, 1.0, 1e-4, 1e-9, 0.0)] == [2, 2, 0, 4, 2, 2]
    assert fmt.price(0.00001234, 2) == "0.000012340"


def test_times_are_utc_and_never_fail():
    assert fmt.clock(1_772_443_800 * 10**9) == "09:30:00"
    assert fmt.clock_millis(1_772_443_800 * 10**9 + 7_000_000) == "09:30:00.007"
    assert fmt.moment(1_772_443_800 * 10**9, 19) == "2026-03-02 09:30:00"
    assert fmt.moment(1_772_443_800 * 10**9, 14) == "03-02 09:30:00"
    assert fmt.moment(1_772_443_800 * 10**9, 5) == "09:30"
    assert fmt.clock(0) == "--:--:--"
    assert fmt.clock(2**63 - 1)
    assert fmt.day(-(2**63))


def test_ages_grow_from_minutes_to_days():
    assert [fmt.age(seconds) for seconds in (-3, 41, 3723, 273_600)] == ["00:00", "00:41", "1:02:03", "3d 04h"]


def test_long_lines_wrap_at_the_cell_and_keep_their_spaces():
    assert fmt.wrap("    a = b\n日本語", 4) == ["    ", "a = ", "b", "日本", "語"]


def test_speeds_go_up_to_the_maximum_and_down_to_the_slowest():
    speed, seen = 0.1, [0.1]
    for _ in range(12):
        speed = neighbour_speed(speed, +1)
        seen.append(speed)
    assert tuple(dict.fromkeys(seen)) == SPEEDS
    assert neighbour_speed(0.0, -1) == 100.0
    assert neighbour_speed(0.1, -1) == 0.1
    assert (neighbour_speed(3.0, +1), neighbour_speed(3.0, -1)) == (5.0, 2.0)
    assert [fmt.speed(value) for value in (0.25, 10.0, 0.0)] == ["x0.25", "x10", "MAX"]


def test_progress_is_shortened_where_it_does_not_fit():
    assert fmt.progress(1204, 90_000) == "1,204 of 90,000"
    assert fmt.progress(1204, 0) == "1,204"
    assert fmt.progress(12_345_678, 90_000_000, 20) == "12.35M of 90M"


def test_days_and_minutes_stand_in_columns_with_their_dashes():
    assert fmt.day_minute(1_772_443_800 * 10**9) == "03-02 09:30"
    assert [len(write(0)) for write in (fmt.clock, fmt.day, fmt.day_minute)] == [8, 10, 11]
    assert fmt.is_midnight(1_772_409_600 * 10**9)
    assert not fmt.is_midnight(1_772_409_601 * 10**9)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(-1, "0s"), (4.2, "4s"), (119, "119s"), (120, "2m"), (7200, "2h"), (1e9, "999d")]
)
def test_a_brief_age_takes_four_cells(seconds, shown):
    assert fmt.brief_age(seconds) == shown
