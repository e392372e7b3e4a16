"""Events survive the journal's text unchanged."""

from __future__ import annotations

import enum
from decimal import Decimal
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradetui.engine.errors import JournalError
from tradetui.engine.journal.codec import KINDS, BadLine, decode_events, encode_events, kind_of
from tradetui.engine.model.events import Event, MarketEvent, SignalEvent, StrategyErrorEvent


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) is tuple:
        return st.lists(values_of(get_args(kind)[0]), max_size=2).map(tuple)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return events_of(kind)
    if get_args(kind):
        return st.one_of(*map(values_of, get_args(kind)))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from(list(kind))
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(max_size=20),
        int: st.integers(-(2**63), 2**63 - 1),
        float: st.floats(),
        bool: st.booleans(),
        NoneType: st.none(),
        Decimal: st.decimals() | st.sampled_from([Decimal("1E+2"), Decimal("1.500"), Decimal("-0.00")]),
    }
    return plain[kind]


def events_of(kind: type) -> st.SearchStrategy[Any]:
    return st.builds(kind, **{field.name: values_of(field.type) for field in msgspec.structs.fields(kind)})


every_event = st.one_of(*map(events_of, get_args(Event)))


@pytest.mark.parametrize("kind", get_args(Event))
def test_every_kind_of_event_comes_back_as_it_was(kind: type) -> None:
    @given(events_of(kind))
    def comes_back(event: Event) -> None:
        # repr, because it tells 1.50 from 1.5 and -0.0 from 0.0, and finds one NaN equal to another
        assert repr(decode_events(encode_events([event]))) == repr([event])

    comes_back()


@given(st.lists(every_event, max_size=8), st.integers(0, 8))
def test_text_does_not_depend_on_how_events_are_grouped(events: list[Event], cut: int) -> None:
    assert encode_events(events[:cut]) + encode_events(events[cut:]) == encode_events(events)


def test_an_event_is_written_alike_whether_or_not_its_neighbour_needs_care() -> None:
    plain = SignalEvent("GOOG", 1, quantity=Decimal("1.50"), fraction=0.5, reason="käme 😀\n", seq=1)
    odd = SignalEvent("GOOG", 1, quantity=float("nan"), seq=2)
    assert encode_events([plain, odd]).startswith(encode_events([plain]))


def test_a_float_that_is_no_number_is_not_taken_for_a_field_that_is_not_set() -> None:
    (back,) = decode_events(encode_events([SignalEvent("GOOG", 1, quantity=float("inf"), fraction=float("nan"))]))
    assert isinstance(back, SignalEvent)
    assert back.quantity == float("inf")
    assert repr(back.fraction) == "nan"


def test_a_reason_that_reads_like_a_mark_stays_a_text() -> None:
    event = SignalEvent("float nan", 1, quantity=float("nan"), reason="float inf")
    assert repr(decode_events(encode_events([event]))) == repr([event])


def test_numbers_of_numpy_become_plain_ones() -> None:
    event = SignalEvent("GOOG", np.int64(1), quantity=np.float64(2.5), fraction=np.float32("nan"))  # type: ignore[arg-type]
    assert repr(decode_events(encode_events([event]))) == repr(
        [SignalEvent("GOOG", 1, quantity=2.5, fraction=float("nan"))]
    )


def test_text_that_is_no_unicode_is_kept_legible() -> None:
    event = StrategyErrorEvent("mine", "bad file", "File '/tmp/\udcff.py'", 0)
    (back,) = decode_events(encode_events([event]))
    assert isinstance(back, StrategyErrorEvent)
    assert back.traceback == "File '/tmp/\\udcff.py'"


def test_a_value_that_is_no_number_or_text_is_refused_naming_the_event() -> None:
    event = SignalEvent("GOOG", 1, quantity=object(), seq=7)  # type: ignore[arg-type]
    with pytest.raises(JournalError, match=r"event 7 \(SignalEvent\) holds a value of type object"):
        encode_events([event])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"event":"bar","symbol":"GOOG"', "truncated"),
        (b'{"event":"bar","symbol":1}', r"\$.symbol"),
        (b'{"event":"comet"}', "comet"),
        (b'{"event":"signal","symbol":"A","direction":1,"quantity":"float nought"}', "quantity"),
        (b'{"event":"signal","symbol":"A","direction":"float nan"}', "direction"),
        (b"\xff\xfe", "malformed|utf"),
        (b"[]", "object"),
    ],
)
def test_a_bad_line_is_named_with_its_number_and_what_is_wrong(line: bytes, why: str) -> None:
    good = encode_events([MarketEvent("GOOG", 1, 1.0, 2.0, 0.5, 1.5, 100.0, seq=1)])
    with pytest.raises(BadLine, match=f"(?i)line 3: .*({why})") as caught:
        decode_events(good + good + line + b"\n" + good)
    assert caught.value.line == 3


def test_kinds_are_the_words_of_the_lines() -> None:
    event = MarketEvent("GOOG", 1, 1.0, 2.0, 0.5, 1.5, 100.0)
    assert kind_of(event) == "bar"
    assert set(KINDS) == {kind.__struct_config__.tag for kind in get_args(Event)}
