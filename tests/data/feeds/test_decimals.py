"""Decimal texts become whole nanos exactly, or nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradetui.data.feeds.decimals import nanos_of, nanos_of_text


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("61737.63000000", 61_737_630_000_000),
        ("0.000000001", 1),
        ("-3", -3 * 10**9),
        (".5", 5 * 10**8),
        ("1e3", 10**12),
        ("1.50000000000000000000000", 1_500_000_000),
        ("9223372036.854775807", 2**63 - 1),
        ("9223372036.854775808", None),
        ("1.1234567891", None),  # finer than a nano
        ("0.00000000000000000000000001", None),
        ("1e-30", None),
        ("1e999999999", None),
        ("99999999999999999999999999999999999999999999", None),
        ("", None),
        ("nan", None),
        ("1,5", None),
        (" 1", None),
        ("1_000", None),
    ],
)
def test_a_text_is_read_to_the_last_nano_or_not_at_all(text: str, nanos: int | None) -> None:
    assert nanos_of([text]) == [nanos]
    assert nanos_of_text(text) == nanos


def test_an_absent_text_is_no_number() -> None:
    assert nanos_of([None, "1"]) == [None, 10**9]


@given(st.lists(st.decimals(allow_nan=False, places=9, min_value=-(10**9), max_value=10**9) | st.text(max_size=5)))
def test_many_texts_are_read_as_one_by_one(values: list[Decimal | str]) -> None:
    texts = [str(value) for value in values]
    assert nanos_of(texts) == [nanos_of_text(text) for text in texts]
    for value, nanos in zip(values, nanos_of(texts), strict=True):
        if isinstance(value, Decimal):
            assert nanos == int(value.scaleb(9))
