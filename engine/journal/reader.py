"""Reading a session file, finished or not, while it is written or after its writer died. Never writes to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from tradetui.engine.errors import DataError, JournalError
from tradetui.engine.journal.blocks import Block, Closing, header_seal
from tradetui.engine.journal.codec import BadLine, decode_events, types_of_kinds
from tradetui.engine.journal.header import SCHEMA_VERSION, JournalHeader, header_from_bytes
from tradetui.engine.journal.store import HEAD_BYTES, SQLITE_MAGIC, UNREADABLE, journal_error, looks_like_session
from tradetui.engine.journal.wal import LogDamaged, commits_passed_over
from tradetui.engine.model.events import Event

BUSY_TIMEOUT_MS = 2_000
SESSION_FILE = "session.db"  # the name inside an `--out` folder

_T = TypeVar("_T")
_SELECT_BLOCK = (
    "SELECT number, first_seq, last_seq, count, first_ts_ns, last_ts_ns, payload, digest, crc32 "
    "FROM blocks WHERE number = ?"
)


class JournalReader:
    """One session file, open for reading. Every row is checked against its checksum before it is handed out.

    Each block is read on its own, so a reader never holds up the writer, and sees what was committed meanwhile.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self.hashed_header, self.header = self._read_header()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @property
    def closing(self) -> Closing | None:
        """The closing record; None while the session runs, or when it was interrupted."""
        row = self._row("SELECT events, blocks, digest, summary_json, seal FROM closing", (), "the closing record")
        if row is None:
            return None
        closing = self._typed(row, Closing, "the closing record")
        if closing.seal != closing.expected_seal():
            raise JournalError(f"{self.path}: the closing record does not match its seal; it was damaged or changed")
        return closing

    def block_numbers(self) -> tuple[int, int]:
        """How many blocks there are, and the highest number among them (-1 without any)."""
        row = self._row("SELECT COUNT(*), COALESCE(MAX(number), -1) FROM blocks", (), "the list of blocks")
        if row is None or not all(type(value) is int for value in row):
            raise JournalError(f"{self.path}: the list of blocks cannot be read; the file is damaged")
        return row[0], row[1]

    def block(self, number: int) -> Block | None:
        """One block as it was written, or None past the end; raises JournalError when it is damaged."""
        what = f"block {number}"
        row = self._row(_SELECT_BLOCK, (number,), what)
        if row is None:
            return None
        block = self._typed(row, Block, what)
        if block.number != number or block.crc32 != block.expected_crc32():
            raise JournalError(f"{self.path}: {what} does not match its checksum; it was damaged or changed")
        return block

    def blocks(self, first: int = 0) -> Iterator[Block]:
        """The blocks in order, with those that are written meanwhile; raises JournalError where one is missing."""
        number = first
        while True:
            while (block := self.block(number)) is not None:
                yield block
                number += 1
            closing, (_, highest) = self.closing, self.block_numbers()
            if closing is not None and closing.blocks < number:
                raise JournalError(
                    f"{self.path}: the session was closed with {closing.blocks} blocks; {number} are there"
                )
            if max(highest + 1, closing.blocks if closing else 0) <= number:
                return
            if self.block(number) is None:  # else it was written since we looked
                raise JournalError(f"{self.path}: block {number} is missing; {self._expected(closing, highest)}")

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
        for block in self.blocks(self._block_of(from_seq)):
            if block.first_seq <= last_seq:
                raise JournalError(f"{self.path}: block {block.number} begins before block {block.number - 1} ends")
            last_seq = block.last_seq
            for event in self.decode(block):
                if event.seq >= from_seq and wanted(event):
                    yield event

    def last_events(self, count: int, kinds: Collection[str] = (), symbols: Collection[str] = ()) -> list[Event]:
        """The newest `count` events, oldest first."""
        wanted = _filter(kinds, symbols)
        closing, (_, number) = self.closing, self.block_numbers()
        if closing is not None and closing.blocks != number + 1:
            raise JournalError(f"{self.path}: block {number + 1} is missing; {self._expected(closing, number)}")
        newest_first: list[Event] = []
        while number >= 0 and len(newest_first) < count:
            block = self.block(number)
            if block is None:
                raise JournalError(f"{self.path}: block {number} is missing")
            newest_first.extend(event for event in reversed(self.decode(block)) if wanted(event))
            number -= 1
        return newest_first[:count][::-1]

    def damage(self) -> str:
        """What SQLite itself finds wrong with the file; empty when nothing."""
        row = self._row("PRAGMA quick_check(1)", (), "the file")
        return "" if row == ("ok",) else f"SQLite finds the file damaged: {row[0] if row else 'no answer'}"

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See the session as it is now until the end of the block, whatever is written meanwhile."""
        try:
            self._connection.execute("BEGIN")
            self._connection.execute("SELECT COUNT(*) FROM session").fetchone()  # only now is the snapshot taken
        except UNREADABLE as fault:
            raise journal_error(self.path, "the session cannot be read", fault) from fault
        try:
            yield
        finally:
            self._connection.rollback()

    def commits_passed_over(self) -> int:
        """How many commits SQLite leaves out because the log is damaged before them; call it within a snapshot."""
        try:
            return commits_passed_over(self.path)
        except (LogDamaged, OSError) as fault:
            raise JournalError(str(fault)) from fault

    def _block_of(self, seq: int) -> int:
        """The block in which to begin looking for `seq`.

        Goes by first_seq alone: should that be damaged in some row, the search begins too early, or at a row whose
        checksum then fails; a wanted block is never passed over in silence.
        """
        statement = "SELECT COALESCE(MAX(number), 0) FROM blocks WHERE first_seq <= ?"
        row = self._row(statement, (seq,), "the list of blocks")
        return int(row[0]) if row else 0

    @staticmethod
    def _expected(closing: Closing | None, highest: int) -> str:
        return f"the session was closed with {closing.blocks}" if closing else f"the last one there is {highest}"

    def _read_header(self) -> tuple[bytes, JournalHeader]:
        row = self._row("SELECT hashed, details, seal FROM session", (), "the header")
        if row is None or not all(type(value) is bytes for value in row):
            raise JournalError(
                f"{self.path}: there is no session header; the run ended before it began, or it is damaged"
            )
        hashed, details, seal = row
        if header_seal(hashed, details) != seal:
            raise JournalError(f"{self.path}: the session header does not match its seal; it was damaged or changed")
        try:
            header = header_from_bytes(hashed, details)
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            raise JournalError(
                f"{self.path}: the session header cannot be read ({fault}); expected schema version {SCHEMA_VERSION}. "
                "Read it with the version of the product that wrote it"
            ) from fault
        if header.schema_version != SCHEMA_VERSION:
            raise JournalError(
                f"{self.path}: the session has schema version {header.schema_version}; expected {SCHEMA_VERSION}. "
                "Read it with the version of the product that wrote it"
            )
        return hashed, header

    def _row(self, statement: str, values: tuple[object, ...], what: str) -> tuple[Any, ...] | None:
        try:
            row: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
        except UNREADABLE as fault:
            raise journal_error(self.path, f"{what} cannot be read", fault) from fault
        return row

    def _typed(self, row: tuple[object, ...], kind: type[_T], what: str) -> _T:
        try:
            return msgspec.convert(row, kind, builtin_types=(bytes,))  # no text is taken for bytes
        except msgspec.ValidationError as fault:
            raise JournalError(f"{self.path}: {what} is damaged: {fault}") from fault


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
        return JournalReader(file, connection)
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
