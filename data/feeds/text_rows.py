"""Rows of a feed's CSV file as texts, block by block, each with its line; a row that was cut is told, not used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from tradetui.data.feeds.blocks import FeedFile
from tradetui.data.feeds.report import Report
from tradetui.engine.errors import UsageError

NEWLINE = b"\n"
SECOND_NS = 10**9
NEW_YORK = "America/New_York"


def text_rows(
    file: FeedFile,
    columns: tuple[str, ...],
    header: str,
    report: Report,
    widths: Mapping[bytes, int] | None = None,
) -> Iterator[tuple[int, pl.DataFrame]]:
    """The line of the first row of each block, and its rows as texts; a first line that is `header` is left out.

    A row with too few values holds null in the rest; of one with too many, the rest is dropped. `widths` says how many
    values a row has by its first one, where not all have one for each column.
    """
    line = 1
    widest = b"," * (len(columns) - 1) + b"\n"  # before each block: its first line may be a short one
    schema = dict.fromkeys(columns, pl.String)
    for data in file.blocks():
        block = without_cut_row(data, line, file, b",", lambda row: _width(row, columns, widths))
        told_end = data.endswith(b"\n") or len(block) < len(data)
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
        if not told_end:
            report.notes.append(
                f"line {line - 1} has no line end: if the file was cut there, its last value is too short"
            )


def without_cut_row(block: bytes, line: int, file: FeedFile, mark: bytes, width: Callable[[bytes], int]) -> bytes:
    """The block less a last row that stops before its last value, which is told as where the file was cut.

    `line` is that of the block's first row, `width` how many values a row should have. A row that stops in its last
    value cannot be told from a whole one.
    """
    if block.endswith(b"\n"):
        return block
    whole, newline, last = block.rpartition(b"\n")
    if last.count(mark) + 1 >= width(last):
        return block
    file.cut = f"line {line + whole.count(NEWLINE) + len(newline)} stops in the middle of a row"
    return whole + newline


def _width(row: bytes, columns: tuple[str, ...], widths: Mapping[bytes, int] | None) -> int:
    return len(columns) if widths is None else widths.get(row.partition(b",")[0], 0)


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
