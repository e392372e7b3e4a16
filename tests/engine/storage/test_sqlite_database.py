from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from storage_session import a_day, expected, rows_of

from tradetui.engine.storage.export import export_journal
from tradetui.engine.storage.faults import StorageError
from tradetui.engine.storage.sessions import SessionInfo
from tradetui.engine.storage.sqlite import SqliteDatabase


async def begun(path: Path, info: SessionInfo, size_bytes_max: int | None = None) -> SqliteDatabase:
    database = SqliteDatabase(path, size_bytes_max=size_bytes_max, busy_timeout_ms=1)
    await database.open(info)
    return database


def test_the_file_is_its_owner_s_alone_and_in_write_ahead_mode(tmp_path: Path, info: SessionInfo) -> None:
    path = tmp_path / "new" / "trades.db"
    asyncio.run((asyncio.run(begun(path, info))).close())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_journal_is_not_taken_for_a_database(closed_journal: Path, info: SessionInfo) -> None:
    before = closed_journal.read_bytes()
    with pytest.raises(StorageError, match="it is a recorded session, and is left alone"):
        export_journal(closed_journal, SqliteDatabase(closed_journal))
    assert closed_journal.read_bytes() == before


def test_another_program_s_database_is_left_alone(tmp_path: Path, info: SessionInfo) -> None:
    path = tmp_path / "theirs.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE orders (id INTEGER)")
    connection.close()
    with pytest.raises(StorageError, match="another program's database, and is left alone"):
        asyncio.run(begun(path, info))


def test_a_file_that_is_no_database_is_told(tmp_path: Path, info: SessionInfo) -> None:
    (tmp_path / "notes.db").write_text("dear diary " * 100)
    with pytest.raises(StorageError, match=r"notes.db: it cannot be opened: file is not a database"):
        asyncio.run(begun(tmp_path / "notes.db", info))


def test_a_full_disk_is_told_and_what_was_stored_stays(tmp_path: Path, info: SessionInfo) -> None:
    path, day = tmp_path / "trades.db", a_day(400)
    told: list[str] = []

    async def fill() -> int:
        database, stored = await begun(path, info, size_bytes_max=200_000), 0
        try:
            for start in range(0, len(day), 50):
                part = day[start : start + 50]
                rows = [row for row in expected(info, day[: start + 50]) if int(str(row.values[1])) >= part[0].seq]
                await database.store(info.session, rows, part[-1].seq)
                stored = part[-1].seq
            raise AssertionError("the disk was not full")
        except StorageError as fault:
            told.append(str(fault))
            return stored
        finally:
            await database.close()

    stored = asyncio.run(fill())
    assert "rows cannot be stored: database or disk is full (SQLITE_FULL)" in told[0]
    assert "free some space" in told[0]
    assert rows_of(f"sqlite:///{path}", "sessions")[0][-3] == stored > 0
    assert max(int(str(row[1])) for row in rows_of(f"sqlite:///{path}", "fills")) <= stored


@pytest.fixture
def as_nobody() -> Callable[[Callable[[], None]], None]:
    """Run something without root's right to write anywhere."""

    def run(work: Callable[[], None]) -> None:
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            work()
        finally:
            if root:
                os.seteuid(0)

    return run


def test_a_file_that_may_not_be_written_is_told(
    info: SessionInfo, as_nobody: Callable[[Callable[[], None]], None]
) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trades.db"
        asyncio.run(asyncio.run(begun(path, info)).close())
        path.chmod(0o444)
        Path(folder).chmod(0o555)

        def opening() -> None:
            with pytest.raises(StorageError, match=r"trades.db: .*(readonly|unable to open)") as told:
                asyncio.run(begun(path, info))
            assert "writable" in str(told.value)

        as_nobody(opening)
        Path(folder).chmod(0o700)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, info: SessionInfo) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"the file cannot be made: Not a directory\. Name one in a folder"):
        asyncio.run(begun(tmp_path / "file" / "trades.db", info))


def test_a_file_held_by_another_program_is_told_and_stored_when_it_is_let_go(tmp_path: Path, info: SessionInfo) -> None:
    async def go() -> None:
        database = await begun(tmp_path / "trades.db", info)
        other = sqlite3.connect(tmp_path / "trades.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        rows = expected(info, a_day(1))
        with pytest.raises(StorageError, match="another program holds the file"):
            await database.store(info.session, rows, 5)
        other.execute("ROLLBACK")
        other.close()
        await database.store(info.session, rows, 5)
        await database.close()

    asyncio.run(go())
    assert len(rows_of(f"sqlite:///{tmp_path / 'trades.db'}", "fills")) == 1


def test_a_file_that_was_deleted_is_noticed(tmp_path: Path, info: SessionInfo) -> None:
    def delete() -> None:
        for path in tmp_path.glob("trades.db*"):
            path.unlink()

    async def go() -> None:
        database = await begun(tmp_path / "trades.db", info)
        await database.ping()
        delete()
        with pytest.raises(StorageError, match="the file is gone"):
            await database.ping()
        await database.close()

    asyncio.run(go())
