"""Reading a session file, finished or not, while it is written or after its writer died. Never writes to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from tradetui.engine.errors import DataError, JournalError
from tradetui.engine.journal.blocks import Block, Closing
from tradetui.engine.journal.codec import BadLine, decode_events, types_of_kinds
from tradetui.engine.journal.rows import SessionRows
from tradetui.engine.journal.store import HEAD_BYTES, SQLITE_MAGIC, UNREADABLE, journal_error, looks_like_session
from tradetui.engine.model.events import Event

BUSY_TIMEOUT_MS = 2_000
SESSION_FILE = "session.db"  # the name inside an `--out` folder


class JournalReader:
    """One session file, open for reading. Every row is checked against its checksum before it is handed out.

    Each block is read on its own, so a reader never holds up the writer, and sees what was committed meanwhile.
    """

    def __init__(self, rows: SessionRows) -> None:
        self.path = rows.path
        self.rows = rows
        self.hashed_header, self.header = rows.header()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self.rows.close()

    @property
    def closing(self) -> Closing | None:
        """The closing record; None while the session runs, or when it was interrupted."""
        return self.rows.closing

    def blocks(self, first: int = 0) -> Iterator[Block]:
        """The blocks in order, with those that are written meanwhile; raises JournalError where one is missing."""
        number = first
        while True:
            while (block := self.rows.block(number)) is not None:
                yield block
                number += 1
            closing, (_, highest) = self.closing, self.rows.block_numbers()
            if closing is not None and closing.blocks < number:
                raise JournalError(
                    f"{self.path}: the session was closed with {closing.blocks} blocks; {number} are there"
                )
            if max(highest + 1, closing.blocks if closing else 0) <= number:
                return
            if self.rows.block(number) is None:  # else it was written since we looked
                raise JournalError(f"{self.path}: block {number} is missing; {_expected(closing, highest)}")

    def decode(self, block: Block) -> list[Event]:
        """The events of a block."""
        try:
            events = decode_events(block.payload)
        except BadLine as fault:
            raise JournalError(f"{self.path}: block {block.number}, {fault}") from fault
        if len(events) != block.count:
            raise JournalError(
                f"{self.path}: block {block.number} holds {len(events)} events where its row says {block.count}"
            )
        return events

    def events(self, from_seq: int = 0, kinds: Collection[str] = (), symbols: Collection[str] = ()) -> Iterator[Event]:
        """The events in order, oldest first, from sequence number `from_seq`; no `kinds` or `symbols` means all.

        Raises JournalError at the first damaged, missing or surplus block.
        """
        wanted = _filter(kinds, symbols)
        last_seq = -1
        for block in self.blocks(self.rows.block_of(from_seq)):
            if block.first_seq <= last_seq:
                raise JournalError(f"{self.path}: block {block.number} begins before block {block.number - 1} ends")
            last_seq = block.last_seq
            for event in self.decode(block):
                if event.seq >= from_seq and wanted(event):
                    yield event

    def last_events(self, count: int, kinds: Collection[str] = (), symbols: Collection[str] = ()) -> list[Event]:
        """The newest `count` events, oldest first."""
        wanted = _filter(kinds, symbols)
        closing, (_, number) = self.closing, self.rows.block_numbers()
        if closing is not None and closing.blocks != number + 1:
            raise JournalError(f"{self.path}: block {number + 1} is missing; {_expected(closing, number)}")
        newest_first: list[Event] = []
        while number >= 0 and len(newest_first) < count:
            block = self.rows.block(number)
            if block is None:
                raise JournalError(f"{self.path}: block {number} is missing")
            newest_first.extend(event for event in reversed(self.decode(block)) if wanted(event))
            number -= 1
        return newest_first[:count][::-1]


def open_journal(path: str | Path) -> JournalReader:
    """Open a session file, or the one in an `--out` folder, for reading alone.

    Works on a session that another process is writing, and on one whose writer was killed. Raises DataError when it is
    no session file, JournalError when it is one and cannot be read.
    """
    file = Path(path)
    if file.is_dir():
        file /= SESSION_FILE
    _check_head(file)
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(
            _read_only_uri(file), uri=True, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None
        )
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        return JournalReader(SessionRows(file, connection))
    except UNREADABLE as fault:
        if connection is not None:
            connection.close()
        raise journal_error(file, "the session cannot be opened", fault) from fault
    except BaseException:
        if connection is not None:
            connection.close()
        raise


def _check_head(file: Path) -> None:
    expected, hint = "a session file of tradetui", f"Name the {SESSION_FILE} of a run, or the folder given to --out"
    try:
        with file.open("rb") as opened:
            head = opened.read(HEAD_BYTES)
    except OSError as fault:
        raise DataError(file, None, fault.strerror or str(fault), expected, hint) from fault
    if not head:
        raise DataError(
            file, None, "the file is empty", expected, "The run ended before it began; nothing was recorded"
        )
    if not head.startswith(SQLITE_MAGIC):
        raise DataError(file, None, f"it begins with {head[:16]!r}", expected, hint)
    if not looks_like_session(head):
        raise DataError(file, None, "it is another program's database", expected, hint)


def _read_only_uri(file: Path) -> str:
    return f"{file.absolute().as_uri()}?mode=ro"


def _filter(kinds: Collection[str], symbols: Collection[str]) -> Callable[[Event], bool]:
    types = types_of_kinds(tuple(kinds))

    def wanted(event: Event) -> bool:
        return (not types or type(event) in types) and (not symbols or getattr(event, "symbol", None) in symbols)

    return wanted


def _expected(closing: Closing | None, highest: int) -> str:
    return f"the session was closed with {closing.blocks}" if closing else f"the last one there is {highest}"
