"""The rows of an open session file, each checked against its checksum before it is handed out. Never writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tradetui.engine.errors import JournalError
from tradetui.engine.journal.blocks import Block, Closing, header_seal
from tradetui.engine.journal.header import SCHEMA_VERSION, JournalHeader, header_from_bytes
from tradetui.engine.journal.store import UNREADABLE, journal_error
from tradetui.engine.journal.wal import LogDamaged, commits_passed_over

_T = TypeVar("_T")
_LOOKED_INTO = [msgspec.json.Decoder(kind) for kind in (Block, Closing)]  # while one thread imports: several read
_SELECT_BLOCK = (
    "SELECT number, first_seq, last_seq, count, first_ts_ns, last_ts_ns, payload, digest, crc32 "
    "FROM blocks WHERE number = ?"
)


class SessionRows:
    """One session file through a read-only connection. Every fault is a JournalError naming the file and the row."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def header(self) -> tuple[bytes, JournalHeader]:
        """The hashed bytes of the header, and all of it read."""
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

    def block_of(self, seq: int) -> int:
        """The block in which to begin looking for `seq`.

        Goes by first_seq alone: should that be damaged in some row, the search begins too early, or at a row whose
        checksum then fails; a wanted block is never passed over in silence.
        """
        statement = "SELECT COALESCE(MAX(number), 0) FROM blocks WHERE first_seq <= ?"
        row = self._row(statement, (seq,), "the list of blocks")
        return int(row[0]) if row else 0

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
