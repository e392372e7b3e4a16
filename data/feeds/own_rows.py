"""Rows of people's own files of order events and depth: times in ns, everything else as texts, piece by piece.

The columns are found and told as those of bars and trades are; a file that was cut gives the rows before the cut.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tradetui.data.dialects.convert import number_text
from tradetui.data.dialects.detect import detect_staged
from tradetui.data.dialects.detection import Detection
from tradetui.data.dialects.reading import MISSING, guarded, lines_before_rows, scan_columns
from tradetui.data.dialects.staging import Staged, staged
from tradetui.data.dialects.times import time_expr
from tradetui.data.dialects.words import Dialect, Stated
from tradetui.data.feeds.blocks import READ_BYTES, FeedFile
from tradetui.data.feeds.report import Report
from tradetui.data.feeds.text_rows import without_cut_row
from tradetui.engine.errors import UsageError

ROWS_PER_PIECE = 200_000  # of a Parquet or feather file
COLUMNAR = (b"PAR1", b"ARROW1")  # the first bytes of Parquet and of feather
NUMBERS = ("price", "size")
TIME = "ts_ns"

Piece = tuple[int, pl.DataFrame]  # the line of its first row; its columns by role


@dataclass(frozen=True, slots=True)
class OwnRows:
    """A file whose columns are known. `before` is the number of lines above the first row."""

    file: FeedFile
    detection: Detection
    columnar: bool
    before: int

    def pieces(self, report: Report) -> Iterator[Piece]:
        """Every row, counted in the report. Raises DataError for a Parquet or feather file that is not whole."""
        dialect = self.detection.settled()
        for first, frame in self._columns(dialect) if self.columnar else self._lines(dialect, report):
            report.messages += len(frame)
            yield first, frame

    def _lines(self, dialect: Dialect, report: Report) -> Iterator[Piece]:
        line = 1
        for data in self.file.blocks():
            block = without_cut_row(data, line, self.file, dialect.separator.encode(), lambda _: len(dialect.columns))
            told_end = data.endswith(b"\n") or len(block) < len(data)
            if line == 1:
                block = block.removeprefix(b"\xef\xbb\xbf")
                for _ in range(self.before):
                    block = block.partition(b"\n")[2]
                line += self.before
            if block:
                yield line, _by_role(_cut(block, dialect), dialect)
            line += block.count(b"\n")
            if not told_end:
                report.notes.append(
                    f"line {line} has no line end: if the file was cut there, its last value is too short"
                )

    def _columns(self, dialect: Dialect) -> Iterator[Piece]:
        with staged(self.file.path) as source:
            lazy, start = scan_columns(source), 0
            used = sorted(set(dialect.roles.used().values()))
            while True:
                rows = lazy.select(used).slice(start, ROWS_PER_PIECE)
                frame = guarded(source, rows.collect)
                if not len(frame):
                    return
                yield start + 1, _by_role(frame, dialect)
                start += len(frame)


def own_rows(path: Path, said: Stated) -> OwnRows:
    """What the columns of a file are; the kind must be stated. DataError, UsageError as of `detect`."""
    file = FeedFile(path)
    head = file.head()
    if head.startswith(COLUMNAR):
        with staged(path, said.member or "") as source:
            found, before = detect_staged(source, said), 0
    else:
        if len(head) >= READ_BYTES:
            head = head[: head.rfind(b"\n") + 1] or head
        with tempfile.TemporaryDirectory(prefix="tradetui-") as folder:
            plain = Path(folder) / "head.csv"
            plain.write_bytes(head)
            source = Staged(path, plain, "csv", "", len(head))
            found = detect_staged(source, said)
            before = lines_before_rows(source, found.dialect)
    if found.dialect.newest_first:
        raise UsageError(f"{path}: its rows run from the newest to the oldest; a book needs them oldest first: sort it")
    return OwnRows(file, found, head.startswith(COLUMNAR), before)


def _cut(block: bytes, dialect: Dialect) -> pl.DataFrame:
    """Lines as texts: null for what is missing; of a row with too many values the rest is dropped."""
    mark = dialect.separator.encode()
    widest = mark * (len(dialect.columns) - 1) + b"\n"  # before the block: its first line may be a short one
    schema = dict.fromkeys(dialect.columns, pl.String)

    def read(quote: str | None) -> pl.DataFrame:
        return pl.read_csv(
            widest + block, has_header=False, schema=schema, separator=dialect.separator, quote_char=quote,
            truncate_ragged_lines=True, null_values=MISSING, encoding="utf8-lossy",
        )[1:]  # fmt: skip

    if b'"' not in block:
        return read(None)
    frame = read('"')
    return frame if len(frame) == block.count(b"\n") + (not block.endswith(b"\n")) else read(None)


def _by_role(frame: pl.DataFrame, dialect: Dialect) -> pl.DataFrame:
    """Times as int64 ns, null where there is none, and the other columns in use as texts, under their roles."""
    roles = dialect.roles.used()
    dtype = frame.schema[roles["time"]]
    if dtype == pl.String and dialect.epoch is not None:
        dtype = pl.Int64()
    columns = [time_expr(dialect, dtype).alias(TIME)]
    for role, name in roles.items():
        if role not in ("time", "clock"):
            text = pl.col(name).cast(pl.String).str.strip_chars()
            columns.append((number_text(text, dialect) if role in NUMBERS else text).alias(role))
    return frame.select(columns)
