"""Sessions in one SQLite file, in write-ahead mode. The default: no server, nothing to set up."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from tradetui.engine.journal.store import journal_error
from tradetui.engine.storage.faults import StorageError
from tradetui.engine.storage.grouping import by_table, session_values
from tradetui.engine.storage.rows import Row, Value
from tradetui.engine.storage.schema import SQLITE_AFTER, SQLITE_TYPES, insert_statement, stored_schema, too_new
from tradetui.engine.storage.sessions import SessionInfo

APPLICATION_ID = 0x54545344  # "TTSD" at byte 68: tells it from a journal and from any other database
BUSY_TIMEOUT_MS = 2_000


class SqliteDatabase:
    """One file. `size_bytes_max` is for a disk that must not be filled."""

    def __init__(
        self, path: Path, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS, size_bytes_max: int | None = None
    ) -> None:
        self._path = path
        self._busy_timeout_ms, self._size_bytes_max = busy_timeout_ms, size_bytes_max
        self._connection: sqlite3.Connection | None = None
        self._inserts = {name: insert_statement(table, "?") for name, table in stored_schema().tables().items()}

    @property
    def name(self) -> str:
        """The file."""
        return str(self._path)

    async def open(self, info: SessionInfo) -> int:
        """Open or make the file and have the session in it; returns its stored_seq."""
        with self._told("it cannot be opened"):
            connection = self._connected()
        with self._told("its tables cannot be brought to this version"):
            self._migrate(connection)
        with self._told("the session cannot be begun"):
            connection.execute(self._inserts["sessions"], [_plain(value) for value in session_values(info)])
            found = connection.execute(
                "SELECT stored_seq, header_sha256 FROM sessions WHERE session = ?", (info.session,)
            ).fetchone()
        if found[1] != info.header_sha256:
            raise StorageError(
                f"{self.name}: session {info.session} is there with other inputs; give this one another id"
            )
        return int(found[0])

    async def store(self, session: str, rows: Sequence[Row], seq: int) -> None:
        """One transaction."""
        connection = self._open_connection()
        with self._told("rows cannot be stored"), _transaction(connection):
            for table, values in by_table(rows):
                connection.executemany(self._inserts[table], [[_plain(value) for value in row] for row in values])
            connection.execute(
                "UPDATE sessions SET stored_seq = ? WHERE session = ? AND stored_seq < ?", (seq, session, seq)
            )

    async def finish(self, session: str, digest: str) -> None:
        """Say that all of it is there."""
        with self._told("the session's end cannot be stored"):
            self._open_connection().execute(
                "UPDATE sessions SET finished = 1, digest = ? WHERE session = ?", (digest, session)
            )

    async def ping(self) -> None:
        """A file that was deleted or replaced is not the one that we would go on writing."""
        with self._told("it cannot be read"):
            self._open_connection().execute("SELECT version FROM storage_version").fetchone()
        if not self._path.exists():
            raise StorageError(f"{self.name}: the file is gone; it is made anew")

    async def close(self) -> None:
        """Let go of the file."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connected(self) -> sqlite3.Connection:
        self._make_file()
        connection = sqlite3.connect(self._path, timeout=self._busy_timeout_ms / 1000, isolation_level=None)
        self._connection = connection
        connection.execute("BEGIN")  # one view of both: another program may be making its tables right now
        (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        (found,) = connection.execute("PRAGMA application_id").fetchone()
        connection.execute("COMMIT")
        if found != APPLICATION_ID and (found or tables):
            what = "a recorded session" if found else "another program's database"
            raise StorageError(f"{self.name}: it is {what}, and is left alone. Name another file")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        if self._size_bytes_max is not None:
            (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
            connection.execute(f"PRAGMA max_page_count = {max(1, self._size_bytes_max // page_bytes)}")
        return connection

    def _make_file(self) -> None:
        """Readable by its owner alone, like the folders that have to be made for it."""
        try:
            for folder in reversed([folder for folder in self._path.parents if not folder.exists()]):
                folder.mkdir(mode=0o700, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDONLY, 0o600))
        except OSError as fault:
            raise StorageError(
                f"{self.name}: the file cannot be made: {fault.strerror}. Name one in a folder that is writable"
            ) from fault

    def _migrate(self, connection: sqlite3.Connection) -> None:
        schema = stored_schema()
        with _transaction(connection):
            connection.execute(
                "CREATE TABLE IF NOT EXISTS storage_version (version INTEGER NOT NULL PRIMARY KEY) STRICT"
            )
            (found,) = connection.execute("SELECT COALESCE(MAX(version), 0) FROM storage_version").fetchone()
            if found > schema.newest:
                raise StorageError(too_new(self.name, found))
            for version in schema.after(found):
                for statement in version.statements(SQLITE_TYPES, SQLITE_AFTER):
                    connection.execute(statement)
                connection.execute("INSERT INTO storage_version (version) VALUES (?)", (version.version,))
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")

    def _open_connection(self) -> sqlite3.Connection:
        if self._connection is None:
            raise StorageError(f"{self.name}: it is not open")
        return self._connection

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as fault:
            raise StorageError(str(journal_error(self._path, what, fault))) from fault


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _plain(value: Value) -> Value:
    """A value as SQLite keeps it: exact amounts as text without an exponent."""
    return format(value, "f") if isinstance(value, Decimal) else value
