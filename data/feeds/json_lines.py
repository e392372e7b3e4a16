"""JSON lines of a feed, each perhaps behind its time of receipt: decoded, their prices and sizes in nanos at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TypeVar

import msgspec

from tradetui.data.feeds.blocks import FeedFile
from tradetui.data.feeds.decimals import nanos_of
from tradetui.data.feeds.report import Report

EXAMPLE_BYTES = 60
MS = 10**6

Side = list[tuple[int | None, int | None]]  # price and size of each level
M = TypeVar("M")


def messages(
    file: FeedFile, decoder: msgspec.json.Decoder[M], report: Report
) -> Iterator[list[tuple[int, int | None, M]]]:
    """Blocks of line number, time of receipt (None where the line has none) and message; other lines are counted."""
    line = 0
    for block in file.blocks():
        found = []
        for text in block.split(b"\n"):
            line += 1
            if not text or text == b"\r":
                continue
            try:
                stamp, body = _stamped(text)
                found.append((line, stamp, decoder.decode(body)))
            except (msgspec.DecodeError, ValueError) as error:
                if not block.endswith(b"\n") and block.endswith(text):
                    file.cut = f"line {line} stops in the middle of a message"
                else:
                    report.count("bad_message", line, f"{_shown(text)} ({error})")
        line -= block.endswith(b"\n")  # what stands behind the last line end is no line
        report.messages += len(found)
        yield found


def levels_of(sides: list[list[list[str]]]) -> list[Side]:
    """Every side's levels in nanos, converted together; a level that is no pair becomes (None, None)."""
    pairs = [level if len(level) == 2 else ["", ""] for level in chain.from_iterable(sides)]
    nanos = nanos_of(list(chain.from_iterable(pairs)))
    every = list(zip(nanos[::2], nanos[1::2], strict=True))
    given: list[Side] = []
    start = 0
    for side in sides:
        given.append(every[start : start + len(side)])
        start += len(side)
    return given


def _stamped(text: bytes) -> tuple[int | None, bytes]:
    if text[:1] in (b"{", b"["):
        return None, text
    stamp, _, body = text.partition(b" ")
    return int(stamp), body


def _shown(text: bytes) -> str:
    return text[:EXAMPLE_BYTES].decode("utf-8", "replace")
