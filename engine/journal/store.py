"""Writing the session file: one SQLite database, one transaction a block. Import it lazily: it brings in sqlite3."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Literal

from tradetui.engine.errors import JournalError
from tradetui.engine.journal.blocks import Block, Closing
from tradetui.engine.journal.header import JournalHeader
from tradetui.engine.journal.schema import APPLICATION_ID, PAGE_BYTES_BULK, PAGE_BYTES_LIVE, create_tables

Durability = Literal["power_loss", "process_death"]

SQLITE_MAGIC = b"SQLite format 3\x00"
HEAD_BYTES = 100  # SQLite's own file header
# the second: Python fails to decode the message in which SQLite quotes damaged text
UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
SIDE_FILES = ("-wal", "-shm", "-journal")

_INSERT_BLOCK = (
    "INSERT INTO blocks (number, first_seq, last_seq, count, first_ts_ns, last_ts_ns, payload, digest, crc32) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_CLOSING = "INSERT INTO closing (id, events, blocks, digest, summary_json, seal) VALUES (1, ?, ?, ?, ?, ?)"
_ADVICE = {
    "SQLITE_FULL": "free some space on that disk, or choose another folder",
    "SQLITE_IOERR": "check that the disk has room and is healthy, or choose another folder",
    "SQLITE_BUSY": "another program holds the file; end it, or choose another path",
    "SQLITE_LOCKED": "another program holds the file; end it, or choose another path",
    "SQLITE_READONLY": "make the file and its folder writable, or choose another folder",
    "SQLITE_CANTOPEN": "check that the folder exists and is writable, or choose another one",
}


class SessionStore:
    """Writes the rows of one new session file; each call is one transaction that happened wholly or not at all.

    May be used from any one thread at a time. Every fault is a JournalError that names the file and what to do.
    """

    def __init__(
        self,
        path: Path,
        header: JournalHeader,
        *,
        overwrite: bool,
        durability: Durability,
        busy_timeout_ms: int,
        size_bytes_max: int | None,
    ) -> None:
        self.path = path
        _make_empty_file(path, overwrite)
        try:
            self._connection = sqlite3.connect(
                path, timeout=busy_timeout_ms / 1000, isolation_level=None, check_same_thread=False
            )
            try:
                page_bytes = PAGE_BYTES_LIVE if durability == "power_loss" else PAGE_BYTES_BULK
                create_tables(self._connection, header, page_bytes)
                self._prepare_to_append(durability, None if size_bytes_max is None else size_bytes_max // page_bytes)
            except BaseException:
                self._connection.close()
                raise
        except sqlite3.Error as fault:
            _remove(path)
            raise journal_error(path, "the session file could not be started", fault) from fault

    @classmethod
    def reopen(cls, path: Path, durability: Durability, busy_timeout_ms: int) -> SessionStore:
        """Go on writing a session file that has no closing record; who asks has read all of it. Raises JournalError."""
        store = cls.__new__(cls)
        store.path = path
        try:
            store._connection = sqlite3.connect(
                path, timeout=busy_timeout_ms / 1000, isolation_level=None, check_same_thread=False
            )
            try:
                store._prepare_to_append(durability, None)
            except BaseException:
                store._connection.close()
                raise
        except sqlite3.Error as fault:
            raise journal_error(path, "the session file could not be opened again", fault) from fault
        return store

    def add_block(self, block: Block) -> None:
        """Make one block durable."""
        values = (block.number, block.first_seq, block.last_seq, block.count, block.first_ts_ns, block.last_ts_ns)
        self._write(_INSERT_BLOCK, (*values, block.payload, block.digest, block.crc32), f"block {block.number}")

    def add_closing(self, closing: Closing) -> None:
        """Say that the session ended in order; nothing can follow."""
        values = (closing.events, closing.blocks, closing.digest, closing.summary_json, closing.seal)
        self._write(_INSERT_CLOSING, values, "the closing record")

    def close(self) -> None:
        """Let go of the file, if possible after folding the write-ahead log into it, so that one file is the session.

        A full disk or a reader that is looking at this moment leave the log beside the file. Readers look there too, so
        nothing is lost and it is no fault.
        """
        try:
            self._connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError:
            pass  # see above: everything committed is in the two files
        finally:
            self._connection.close()

    def _prepare_to_append(self, durability: Durability, pages_max: int | None) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(f"PRAGMA synchronous = {'FULL' if durability == 'power_loss' else 'NORMAL'}")
        if pages_max is not None:
            self._connection.execute(f"PRAGMA max_page_count = {max(1, pages_max)}")

    def _write(self, statement: str, values: tuple[object, ...], what: str) -> None:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                connection.execute(statement, values)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as fault:
            raise journal_error(self.path, f"{what} could not be written", fault) from fault


def journal_error(path: Path, what: str, fault: Exception) -> JournalError:
    """The JournalError for a fault of SQLite: file, what failed, what was seen, what to do."""
    name = getattr(fault, "sqlite_errorname", "")
    advice = next((text for prefix, text in _ADVICE.items() if name.startswith(prefix)), "")
    seen = f"{fault} ({name})" if name else str(fault)
    return JournalError(f"{path}: {what}: {seen}." + (f" To go on, {advice}." if advice else ""))


def looks_like_session(head: bytes) -> bool:
    """Whether these first HEAD_BYTES of a file are those of a session file."""
    return head.startswith(SQLITE_MAGIC) and head[68:72] == APPLICATION_ID.to_bytes(4, "big")


def _make_empty_file(path: Path, overwrite: bool) -> None:
    """Create the file, and its folder where missing, readable by their owner alone."""
    try:
        for folder in reversed([folder for folder in path.parents if not folder.exists()]):
            folder.mkdir(mode=0o700, exist_ok=True)
        if overwrite and path.exists():
            _refuse_to_replace_other_files(path)
            _remove(path)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError as fault:
        if fault.filename == str(path):
            message = f"{path}: the file exists; no session is written over. Choose another path, or ask to overwrite"
        else:
            message = f"{path}: {fault.filename} is not a folder. Choose another path"
        raise JournalError(message) from fault
    except OSError as fault:
        raise JournalError(
            f"{path}: the session file cannot be made: {fault.strerror}. Choose a folder that exists and is writable"
        ) from fault


def _refuse_to_replace_other_files(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head and not looks_like_session(head):
        raise JournalError(f"{path}: the file is no session of ours, so it is not overwritten. Choose another path")


def _remove(path: Path) -> None:
    for suffix in ("", *SIDE_FILES):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
