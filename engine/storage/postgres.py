"""Sessions in PostgreSQL, over one asynchronous connection. Every wait has an end, a server that hangs included."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from tradetui.engine.storage.faults import StorageError
from tradetui.engine.storage.grouping import by_table, session_values
from tradetui.engine.storage.rows import Row
from tradetui.engine.storage.schema import POSTGRES_TYPES, insert_statement, stored_schema, too_new
from tradetui.engine.storage.sessions import SessionInfo
from tradetui.engine.storage.urls import StorageUrl

if TYPE_CHECKING:
    import psycopg

_T = TypeVar("_T")

ANSWER_S_MAX = 5.0
MIGRATION_S_MAX = 600.0  # of a large database; it happens once
STATEMENT_MS_MAX = 4_000  # the server's own limit comes first, and says what was slow
MIGRATION_LOCK = 0x7474_7569  # an advisory lock: of two programs that start at once, one migrates
CANCELS = 5  # the driver answers the first by asking the server to cancel, which may hang as well
CANCEL_S = 0.2
_ADVICE = {
    "28": "check the user and the password: TRADETUI_DATABASE_URL, PGPASSWORD or ~/.pgpass",
    "3D": "create the database, or name another one",
    "42": "let this user create tables, or name an empty database or schema",
    "53": "free space or connections on the server",
    "57": "wait until the server is up again; the journal keeps everything",
    "25006": "the server takes no writing now; name its primary",
}


class PostgresDatabase:
    """One server and database."""

    def __init__(self, url: StorageUrl, *, answer_s_max: float = ANSWER_S_MAX) -> None:
        self._url, self._answer_s_max = url, answer_s_max
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._inserts = {name: insert_statement(table, "%s") for name, table in stored_schema().tables().items()}

    @property
    def name(self) -> str:
        """The address without a password."""
        return self._url.shown

    async def open(self, info: SessionInfo) -> int:
        """Connect, migrate, have the session; returns its stored_seq."""
        await self._within(self._connect(), "it cannot be reached")
        if await self._within(self._version(), "its tables cannot be read") < stored_schema().newest:
            what = "its tables cannot be brought to this version"
            await self._within(self._migrate(), what, MIGRATION_S_MAX)
        return await self._within(self._begin(info), "the session cannot be begun")

    async def store(self, session: str, rows: Sequence[Row], seq: int) -> None:
        """One transaction."""
        await self._within(self._store(session, rows, seq), "rows cannot be stored")

    async def finish(self, session: str, digest: str) -> None:
        """Say that all of it is there."""
        statement = "UPDATE sessions SET finished = TRUE, digest = %s WHERE session = %s"
        await self._within(self._execute(statement, (digest, session)), "the session's end cannot be stored")

    async def ping(self) -> None:
        """Raise where the server does not answer."""
        await self._within(self._execute("SELECT 1", ()), "it does not answer")

    async def close(self) -> None:
        """Let go of the connection, without a word to a server that may not listen."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.pgconn.finish()

    async def _connect(self) -> None:
        import psycopg

        # Without a handler Python prints the driver's warnings, into the middle of a screen.
        logging.getLogger("psycopg").addHandler(logging.NullHandler())
        self._connection = connection = await psycopg.AsyncConnection.connect(
            self._url.reveal(),
            autocommit=True,
            connect_timeout=max(2, round(self._answer_s_max)),
            application_name="tradetui",
        )
        await connection.execute(f"SET statement_timeout = {STATEMENT_MS_MAX}")
        await connection.execute(f"SET lock_timeout = {STATEMENT_MS_MAX}")
        await connection.execute(f"SET idle_in_transaction_session_timeout = {2 * STATEMENT_MS_MAX}")

    async def _version(self) -> int:
        cursor = await self._open_connection().execute("SELECT to_regclass('storage_version')")
        if await cursor.fetchone() == (None,):
            return 0
        cursor = await self._open_connection().execute("SELECT COALESCE(MAX(version), 0) FROM storage_version")
        row = await cursor.fetchone()
        found = 0 if row is None else int(row[0])
        if found > stored_schema().newest:
            raise StorageError(too_new(self.name, found))
        return found

    async def _migrate(self) -> None:
        connection = self._open_connection()
        async with connection.transaction():
            await connection.execute("SET LOCAL statement_timeout = 0")
            await connection.execute("SET LOCAL lock_timeout = 0")
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (MIGRATION_LOCK,))
            await connection.execute("CREATE TABLE IF NOT EXISTS storage_version (version BIGINT NOT NULL PRIMARY KEY)")
            for version in stored_schema().after(await self._version()):
                for statement in version.statements(POSTGRES_TYPES):
                    await connection.execute(_sql(statement))
                await connection.execute("INSERT INTO storage_version (version) VALUES (%s)", (version.version,))

    async def _begin(self, info: SessionInfo) -> int:
        connection = self._open_connection()
        await connection.execute(_sql(self._inserts["sessions"]), session_values(info))
        cursor = await connection.execute(
            "SELECT stored_seq, header_sha256 FROM sessions WHERE session = %s", (info.session,)
        )
        found = await cursor.fetchone()
        if found is None or found[1] != info.header_sha256:
            raise StorageError(
                f"{self.name}: session {info.session} is there with other inputs; give this one another id"
            )
        return int(found[0])

    async def _store(self, session: str, rows: Sequence[Row], seq: int) -> None:
        connection = self._open_connection()
        async with connection.transaction(), connection.cursor() as cursor:
            for table, values in by_table(rows):
                await cursor.executemany(_sql(self._inserts[table]), values)
            await cursor.execute(
                "UPDATE sessions SET stored_seq = %s WHERE session = %s AND stored_seq < %s", (seq, session, seq)
            )

    async def _execute(self, statement: str, values: Sequence[object]) -> None:
        await self._open_connection().execute(_sql(statement), values)

    def _open_connection(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        if self._connection is None:
            raise StorageError(f"{self.name}: it is not open")
        return self._connection

    async def _within(self, work: Coroutine[Any, Any, _T], what: str, limit_s: float | None = None) -> _T:
        """The answer, or a StorageError when there is none in time; the connection is of no use after that."""
        import psycopg

        limit_s = limit_s or self._answer_s_max
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait({task}, timeout=limit_s)
        finally:  # also when this thread is told to end
            answered = task.done()
            for _ in range(0 if answered else CANCELS):
                task.cancel()
                if task in (await asyncio.wait({task}, timeout=CANCEL_S))[0]:
                    break
        if not answered:
            raise StorageError(
                f"{self.name}: {what}: no answer for {limit_s:g} s. "
                "Look whether the server runs and is not overloaded; the journal keeps everything"
            )
        try:
            return task.result()
        except (psycopg.Error, OSError, UnicodeError) as fault:
            raise StorageError(self._said(what, fault)) from None  # the cause may quote the address

    def _said(self, what: str, fault: Exception) -> str:
        state = getattr(fault, "sqlstate", None) or ""
        advice = _ADVICE.get(state) or _ADVICE.get(state[:2], "")
        seen = self._url.redact(" ".join(str(fault).split())) or type(fault).__name__
        return f"{self.name}: {what}: {seen}." + (f" To go on, {advice}." if advice else "")


def _sql(text: str) -> Any:
    """Our own text as the driver's type for one, which only takes literals."""
    return text.encode()
