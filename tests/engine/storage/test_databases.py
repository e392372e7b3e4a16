from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest
from storage_session import HEADER, a_day, expected, expected_in, rows_of

from tradetui.engine.journal.reader import open_journal
from tradetui.engine.storage.export import export_journal
from tradetui.engine.storage.faults import StorageError
from tradetui.engine.storage.opening import open_target
from tradetui.engine.storage.schema import POSTGRES_TYPES, SQLITE_AFTER, SQLITE_TYPES, stored_schema
from tradetui.engine.storage.sessions import SessionInfo, session_info

TABLES = tuple(stored_schema().tables())


def execute(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Rows of the last statement."""
    if url.startswith("sqlite:///"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        for statement in statements:
            cursor = connection.execute(statement)
        rows = cursor.fetchall()
        connection.close()
        return rows
    import psycopg

    with psycopg.connect(url, autocommit=True) as server:
        for statement in statements:
            answer = server.execute(statement.encode())
        return answer.fetchall() if answer.description else []


def at_version(url: str, version: int) -> None:
    """An empty database as an earlier program made it."""
    sqlite = url.startswith("sqlite:///")
    types, after = (SQLITE_TYPES, SQLITE_AFTER) if sqlite else (POSTGRES_TYPES, "")
    statements = ["CREATE TABLE storage_version (version BIGINT NOT NULL PRIMARY KEY)"]
    for step in stored_schema().versions[:version]:
        statements += [*step.statements(types, after), f"INSERT INTO storage_version VALUES ({step.version})"]
    execute(url, *statements)
    if sqlite:
        execute(url, f"PRAGMA application_id = {0x54545344}")


def test_a_session_is_stored_as_its_events_say(database_url: str, info: SessionInfo) -> None:
    day = a_day(60)

    async def store() -> None:
        database = open_target(database_url)
        assert await database.open(info) == -1
        await database.store(info.session, expected(info, day), day[-1].seq)
        await database.ping()
        await database.finish(info.session, "ab" * 32)
        await database.close()

    asyncio.run(store())
    for table in TABLES[1:]:
        assert rows_of(database_url, table) == expected_in(info, day, table), table
    assert rows_of(database_url, "sessions")[0][-3:] == (day[-1].seq, True, "ab" * 32)


def test_storing_again_changes_nothing(database_url: str, closed_journal: Path) -> None:
    first = export_journal(closed_journal, open_target(database_url))
    before = {table: rows_of(database_url, table) for table in TABLES}
    with open_journal(closed_journal) as reader:
        newest = reader.last_events(1)[0].seq
    assert rows_of(database_url, "sessions")[0][-3:-1] == (newest, True)
    assert export_journal(closed_journal, open_target(database_url)) == first
    assert {table: rows_of(database_url, table) for table in TABLES} == before


def test_an_export_fills_the_holes_that_it_finds(database_url: str, closed_journal: Path) -> None:
    export_journal(closed_journal, open_target(database_url))
    before = {table: rows_of(database_url, table) for table in TABLES}
    execute(database_url, "DELETE FROM fills WHERE seq % 3 = 0")
    assert rows_of(database_url, "fills") != before["fills"]
    export_journal(closed_journal, open_target(database_url))
    assert {table: rows_of(database_url, table) for table in TABLES} == before


@pytest.mark.slow
def test_both_databases_hold_the_same_rows_of_the_same_session(
    closed_journal: Path, tmp_path: Path, postgres_url: str
) -> None:
    ours = f"sqlite:///{tmp_path / 'trades.db'}"
    for url in (ours, postgres_url):
        export_journal(closed_journal, open_target(url))
    for table in TABLES:
        rows = rows_of(ours, table)
        assert rows == rows_of(postgres_url, table), table
        assert rows, table


def test_a_populated_database_of_version_1_is_brought_to_the_newest(database_url: str, closed_journal: Path) -> None:
    at_version(database_url, 1)
    with open_journal(closed_journal) as reader:
        last = list(reader.blocks())[-1]
        info = session_info(reader.header, last.digest.hex())
        events = list(reader.events())
    old_names = [column.name for column in stored_schema().versions[0].tables[3].columns]
    old = [f"'{value}'" for value in expected_in(info, events, "fills")[0][: len(old_names)]]
    old = [value.replace("'False'", "'0'").replace("'True'", "'1'").replace("'None'", "NULL") for value in old]
    execute(database_url, f"INSERT INTO fills ({', '.join(old_names)}) VALUES ({', '.join(old)})")
    export_journal(closed_journal, open_target(database_url))
    (version,) = execute(database_url, "SELECT MAX(version) FROM storage_version")
    assert version == (stored_schema().newest,)
    fills, wanted = rows_of(database_url, "fills"), expected_in(info, events, "fills")
    assert fills[0] == (*wanted[0][:-1], None)  # a row of version 1 says nothing about what came later
    assert fills[1:] == wanted[1:]
    assert execute(database_url, "SELECT COUNT(*) FROM positions_now") == [(2,)]


def test_a_database_of_a_later_program_is_refused(database_url: str, closed_journal: Path) -> None:
    newest = stored_schema().newest
    at_version(database_url, newest)
    execute(database_url, f"INSERT INTO storage_version VALUES ({newest + 1})")
    with pytest.raises(StorageError, match=rf"version {newest + 1}, this program knows up to {newest}. Update"):
        export_journal(closed_journal, open_target(database_url))
    assert execute(database_url, "SELECT COUNT(*) FROM fills") == [(0,)]


def test_an_id_that_another_session_has_is_refused(database_url: str) -> None:
    async def begin(config: str) -> None:
        import msgspec

        database = open_target(database_url)
        header = msgspec.structs.replace(HEADER("same"), config_json=config)
        try:
            await database.open(session_info(header))
        finally:
            await database.close()

    asyncio.run(begin('{"cash":"1"}'))
    with pytest.raises(StorageError, match="session same is there with other inputs"):
        asyncio.run(begin('{"cash":"2"}'))


def test_programs_that_start_at_once_do_not_migrate_twice(database_url: str) -> None:
    faults: list[Exception] = []

    def begin(number: int) -> None:
        async def go() -> None:
            database = open_target(database_url)
            await database.open(session_info(HEADER(f"s{number}")))
            await database.close()

        try:
            asyncio.run(go())
        except Exception as fault:  # noqa: BLE001  # told below, in the test's own thread
            faults.append(fault)

    threads = [threading.Thread(target=begin, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(rows_of(database_url, "sessions")) == 4
