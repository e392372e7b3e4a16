"""Rows of a feed's CSV file as texts, block by block, each with its line; a row that was cut is told, not used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from tradetui.data.feeds.blocks import FeedFile
from tradetui.data.feeds.report import Report
from tradetui.engine.errors import UsageError

SECOND_NS = 10**9
NEW_YORK = "America/New_York"


def text_rows(
    file: FeedFile, columns: tuple[str, ...], header: str, report: Report
) -> Iterator[tuple[int, pl.DataFrame]]:
    """The line of the first row of each block, and its rows as texts; a first line that is `header` is left out.

    A row with too few values holds null in the rest; of one with too many, the rest is dropped.
    """
    line = 1
    widest = b"," * (len(columns) - 1) + b"\n"  # before each block: its first line may be a short one
    schema = dict.fromkeys(columns, pl.String)
    for data in file.blocks():
        block = data
        if line == 1 and block.lstrip(b"\xef\xbb\xbf").partition(b"\n")[0].strip().decode("utf-8", "replace") == header:
            block = block.partition(b"\n")[2]
            line = 2
        lines = block.count(b"\n") + (not block.endswith(b"\n") and bool(block))
        if block:
            frame = pl.read_csv(
                widest + block, has_header=False, schema=schema, truncate_ragged_lines=True, quote_char=None,
                encoding="utf8-lossy",
            )[1:]  # fmt: skip
            report.messages += len(frame)
            yield line, frame
        line += lines
        if not data.endswith(b"\n"):
            report.notes.append(
                f"line {line - 1} has no line end: if the file was cut there, its last value is too short"
            )


def integers(frame: pl.DataFrame, name: str) -> list[int | None]:
    """A column of whole numbers; None for what is none or does not fit into int64."""
    return frame[name].cast(pl.Int64, strict=False).to_list()


def midnight_ns(date: str, timezone: str, whose: str = "--date") -> int:
    """When a day began; UsageError for what is no day or no zone, with `whose` day it is."""
    try:
        zone = ZoneInfo(timezone)
    except (KeyError, OSError, ValueError) as error:
        raise UsageError(f"--timezone {timezone!r} is not known: expected a name as {NEW_YORK}") from error
    try:
        day = datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=zone)
    except ValueError as error:
        raise UsageError(f"{whose} {date!r} is no day: expected YYYY-MM-DD, as 2012-06-21") from error
    return int(day.timestamp()) * SECOND_NS
