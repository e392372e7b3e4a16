"""Events as JSON lines and back, losing nothing. Knows no file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, isfinite, nan
from operator import attrgetter, index
from typing import Any, SupportsFloat, SupportsIndex, get_args

import msgspec
from msgspec import structs

from tradetui.engine.errors import JournalError
from tradetui.engine.model.events import Event

EXCERPT_CHARS_MAX = 120  # of a bad line: enough to recognise it, short enough for one screen line or two

# JSON has no word for these, and a silent null would read back as "not set". They are written as texts that no
# Decimal and no float accepts, so a reader can never take one for an ordinary value.
_FLOAT_FROM_MARK = {"float nan": nan, "float inf": inf, "float -inf": -inf}
_TYPE_OF_KIND: dict[str, type] = {str(kind.__struct_config__.tag): kind for kind in get_args(Event)}
_FLOAT_FIELDS: dict[type, tuple[str, ...]] = {  # the fields that may hold a float, of the kinds that have any
    kind: names
    for kind in get_args(Event)
    if (names := tuple(field.name for field in structs.fields(kind) if float in (field.type, *get_args(field.type))))
}
_FLOATS_OF: dict[type, Callable[[Any], tuple[object, ...]]] = {
    kind: attrgetter(*names, names[0])  # one name more, because attrgetter of a single one gives no tuple
    for kind, names in _FLOAT_FIELDS.items()
}
KINDS = tuple(_TYPE_OF_KIND)  # the words in an event line's `event` field


class BadLine(JournalError):
    """A line that is no event; `line` counts from 1 within the payload."""

    def __init__(self, line: int, text: bytes, why: str) -> None:
        excerpt = text[:EXCERPT_CHARS_MAX].decode("utf-8", "backslashreplace")
        super().__init__(f"line {line}: {why}; the line reads {excerpt!r}")
        self.line = line


def encode_events(events: Sequence[Event]) -> bytes:
    """One JSON line an event, newline at the end of each; the same events give the same bytes on every machine.

    Numbers of other libraries become plain ones. NaN and infinity are kept. Text that is not valid Unicode (a file
    name in a traceback) is written with its bad parts as backslash escapes. Raises JournalError for any other type.
    """
    try:
        if _all_finite(events):
            return _ENCODER.encode_lines(events)
    except (TypeError, UnicodeEncodeError, OverflowError):
        pass  # one of them needs care; find which, below
    return b"".join(_encode_carefully(event) for event in events)


def decode_events(payload: bytes) -> list[Event]:
    """The events of `payload`, in order; raises BadLine naming the first line that is none, and why."""
    try:
        return _DECODER.decode_lines(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        lines = payload.split(b"\n")
        return [_decode_carefully(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def kind_of(event: Event) -> str:
    """The word in the `event` field of its line: "fill", "order", ..."""
    return str(event.__struct_config__.tag)


def types_of_kinds(kinds: Sequence[str]) -> frozenset[type]:
    """The event classes with these kinds; raises KeyError with the first unknown one."""
    return frozenset(_TYPE_OF_KIND[kind] for kind in kinds)


def _all_finite(events: Sequence[Event]) -> bool:
    floats_of = _FLOATS_OF.get
    for event in events:
        floats = floats_of(type(event))
        if floats is not None:
            for value in floats(event):
                if type(value) is float and not isfinite(value):
                    return False
    return True


def _plain_number(value: object) -> int | float | str:
    """A number of another library (numpy's above all) as Python's own."""
    if isinstance(value, SupportsIndex):
        return index(value)
    if isinstance(value, SupportsFloat):
        return _marked(float(value))
    raise TypeError(f"a value of type {type(value).__qualname__}")


def _marked(value: float) -> float | str:
    return value if isfinite(value) else f"float {value}"


def _encode_carefully(event: Event) -> bytes:
    try:
        fields: dict[str, Any] = msgspec.to_builtins(event, enc_hook=_plain_number)
        for name, value in fields.items():
            if type(value) is float:
                fields[name] = _marked(value)
            elif type(value) is str:
                fields[name] = value.encode("utf-8", "backslashreplace").decode()
        return _ENCODER.encode(fields) + b"\n"
    except (TypeError, OverflowError) as fault:
        kind = type(event).__name__
        raise JournalError(
            f"event {getattr(event, 'seq', '?')} ({kind}) holds {fault}; "
            "expected only text, numbers and Decimals. Mend whatever made this event"
        ) from fault


def _decode_carefully(number: int, line: bytes) -> Event:
    try:
        return _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        if b'"float ' not in line:
            raise BadLine(number, line, str(fault)) from None
    try:
        fields = msgspec.json.decode(line, type=dict[str, Any])
        names = _FLOAT_FIELDS.get(_TYPE_OF_KIND[fields["event"]], ())
        marks = {name: _FLOAT_FROM_MARK[fields[name]] for name in names if fields.get(name) in _FLOAT_FROM_MARK}
        plain: Event = msgspec.convert(fields | dict.fromkeys(marks, 0.0), Event)
        return structs.replace(plain, **marks)
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError) as fault:
        raise BadLine(number, line, str(fault)) from None


_ENCODER = msgspec.json.Encoder(enc_hook=_plain_number)
_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
