from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from storage_session import Engine, a_day, expected, expected_in, rows_of

from storage_servers import eventually
from tradetui.engine.backoff import Backoff, Waits
from tradetui.engine.storage.faults import StorageError
from tradetui.engine.storage.follower import Follower
from tradetui.engine.storage.rows import Row
from tradetui.engine.storage.sessions import SessionInfo
from tradetui.engine.storage.sqlite import SqliteDatabase
from tradetui.engine.storage.writer import Pace, StorageWriter

QUICK = 0.001


class Memory:
    """A database that keeps rows in a dictionary and does what a server may do."""

    def __init__(self, fail_at: Sequence[int] = (), lose_answer_at: Sequence[int] = ()) -> None:
        self.rows: dict[tuple[str, object], Row] = {}
        self.twice = 0  # rows that were sent although they were there
        self.stored_seq = -1
        self.calls = 0
        self.opened = 0
        self.digest = ""
        self.stuck = threading.Event()  # set: the server answers nothing
        self.stands = threading.Event()  # set while it does not
        self._fail_at, self._lose_answer_at = set(fail_at), set(lose_answer_at)

    @property
    def name(self) -> str:
        return "memory"

    def _call(self) -> None:
        self.calls += 1
        if self.stuck.is_set():
            self.stands.set()
            while self.stuck.is_set():
                threading.Event().wait(QUICK)
        if self.calls in self._fail_at:
            raise StorageError(f"memory: call {self.calls} fails")

    async def open(self, info: SessionInfo) -> int:
        self.opened += 1
        self._call()
        return self.stored_seq

    async def store(self, session: str, rows: Sequence[Row], seq: int) -> None:
        self._call()
        for row in rows:
            self.twice += (row.table, row.values[1]) in self.rows
            self.rows[row.table, row.values[1]] = row
        self.stored_seq = max(self.stored_seq, seq)
        if self.calls in self._lose_answer_at:
            raise StorageError(f"memory: the answer to call {self.calls} is lost")

    async def finish(self, session: str, digest: str) -> None:
        self._call()
        self.digest = digest

    async def ping(self) -> None:
        self._call()

    async def close(self) -> None:
        pass


class Ticking:
    """A clock that each look moves on."""

    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        self.now_ns += 1
        return self.now_ns


def following(
    database: Memory | SqliteDatabase, info: SessionInfo, folder: Path, events_max: int = 100_000
) -> tuple[Engine, StorageWriter]:
    engine, follower = Engine(folder / "session.db", info), Follower(folder / "session.db", events_max)
    chance = Random(1)
    backoff, pace = Backoff(Waits(first_s=QUICK, longest_s=5 * QUICK), chance), Pace(QUICK, 20 * QUICK)
    writer = StorageWriter(database, info, follower, clock=Ticking(), chance=chance, backoff=backoff, pace=pace)
    engine.bus.observe(writer.observe)
    return engine, writer


def in_order(database: Memory) -> list[Row]:
    assert database.twice == 0
    return sorted(database.rows.values())


def test_a_session_is_stored_whole_and_finished(tmp_path: Path, info: SessionInfo) -> None:
    database = Memory()
    engine, writer = following(database, info, tmp_path)
    assert not writer.healthy()
    writer.start()
    engine.run(20)
    engine.journal.close()
    picture = writer.close(30)
    assert (picture.state, picture.behind) == ("OK", 0)
    assert in_order(database) == sorted(expected(info, engine.events))
    assert database.digest == engine.journal._hash.hexdigest()


def test_the_engine_goes_on_while_the_database_is_stuck_and_nothing_is_lost(tmp_path: Path, info: SessionInfo) -> None:
    database = Memory()
    engine, writer = following(database, info, tmp_path, events_max=30)
    writer.start()
    eventually(writer.healthy)
    database.stuck.set()
    engine.run(1)
    assert database.stands.wait(30)
    engine.run(100)  # returns: the writer's thread stands in the database all the while
    assert writer.picture().behind > 400
    assert writer._follower._queue.qsize() <= 7
    database.stuck.clear()
    engine.journal.close()
    assert writer.close(30).behind == 0
    assert in_order(database) == sorted(expected(info, engine.events))


@pytest.mark.parametrize("call", range(1, 9))
def test_whichever_call_fails_every_row_is_stored_once(tmp_path: Path, info: SessionInfo, call: int) -> None:
    database = Memory(fail_at=[call, call + 1])
    engine, writer = following(database, info, tmp_path)
    writer.start()
    for _ in range(8):
        engine.run(2)
        behind_before = database.calls
        eventually(lambda before=behind_before: database.calls > before, "a call")  # type: ignore[misc]
    engine.journal.close()
    assert writer.close(30).state == "OK"
    assert in_order(database) == sorted(expected(info, engine.events))
    assert database.opened >= 2


def test_a_commit_whose_answer_is_lost_is_not_stored_again(tmp_path: Path, info: SessionInfo) -> None:
    database = Memory(lose_answer_at=[2, 4])
    engine, writer = following(database, info, tmp_path)
    engine.run(5)
    writer.start()
    eventually(lambda: writer.picture().stored_seq == engine.events[-2].seq)
    engine.run(5)
    engine.journal.close()
    writer.close(30)
    assert database.opened >= 2
    assert in_order(database) == sorted(expected(info, engine.events))


def test_a_database_that_lost_its_rows_gets_them_again_from_the_journal(tmp_path: Path, info: SessionInfo) -> None:
    database = Memory()
    engine, writer = following(database, info, tmp_path)
    writer.start()
    engine.run(10)
    eventually(lambda: writer.picture().behind == 0)
    database.rows.clear()
    database.stored_seq = -1
    database._fail_at = set(range(database.calls + 1, database.calls + 4))  # the server was restored from a backup
    engine.run(10)
    engine.journal.close()
    writer.close(30)
    assert in_order(database) == sorted(expected(info, engine.events))


@pytest.mark.slow
def test_nothing_is_stored_that_the_journal_could_still_forget(tmp_path: Path, info: SessionInfo) -> None:
    database = Memory()
    engine, writer = following(database, info, tmp_path)
    writer.start()
    engine.run(2)
    eventually(lambda: len(database.rows) == len(expected(info, engine.events)))
    told = a_day(3, 2)
    engine.journal.append(told)
    engine.bus.publish(told)  # as a live engine does: on disk within a second
    before = database.calls
    eventually(lambda: database.calls > before, "a ping, after more turns than storing takes")
    assert database.stored_seq < told[0].seq
    engine.journal.commit()
    engine.events += told
    engine.journal.close()
    writer.close(30)
    assert in_order(database) == sorted(expected(info, engine.events))


def test_a_lost_database_is_told_since_when_and_why_and_that_it_is_back(tmp_path: Path, info: SessionInfo) -> None:
    database = Memory()
    engine, writer = following(database, info, tmp_path)
    writer.start()
    eventually(writer.healthy)
    up = writer.picture()
    database._fail_at = set(range(database.calls + 1, 1_000_000))
    engine.run(1)
    eventually(lambda: not writer.healthy(), "the loss")
    down = writer.picture()
    assert (down.state, down.since_ns > up.since_ns, "fails" in down.message) == ("DOWN", True, True)
    eventually(lambda: database.opened > 5, "several tries")
    assert writer.picture().since_ns == down.since_ns  # the first failure, not the newest
    database._fail_at = set()
    eventually(writer.healthy, "coming back")
    assert writer.picture().connects == 2
    assert writer.picture().message == ""
    engine.journal.close()
    assert writer.close(30).behind == 0


@pytest.mark.slow
def test_a_database_that_is_lost_while_nothing_happens_is_noticed(tmp_path: Path, info: SessionInfo) -> None:
    database = Memory()
    _, writer = following(database, info, tmp_path)
    writer.start()
    eventually(writer.healthy)
    database._fail_at = set(range(1, 1_000_000))
    eventually(lambda: not writer.healthy(), "a failed ping")
    writer.close(0)


def test_closing_with_a_database_that_is_away_ends_and_says_what_is_left(tmp_path: Path, info: SessionInfo) -> None:
    database = Memory(fail_at=range(1, 1_000_000))
    engine, writer = following(database, info, tmp_path)
    writer.start()
    engine.run(3)
    engine.journal.close()
    left = writer.close(0.05)
    assert (left.state, left.behind) == ("DOWN", 15)


def test_a_writer_that_never_started_closes(tmp_path: Path, info: SessionInfo) -> None:
    _, writer = following(Memory(), info, tmp_path)
    assert writer.close(1).state == "CONNECTING"


def test_a_bug_of_ours_is_told_and_begun_anew(tmp_path: Path, info: SessionInfo) -> None:
    database = Memory()
    engine, writer = following(database, info, tmp_path)

    def add(event: object) -> list[Row]:
        raise ZeroDivisionError("secret=hunter2")

    writer._rows.add = add  # type: ignore[method-assign]  # events that were taken are lost to this fold
    messages: list[str] = []
    lost = writer._lost
    writer._lost = lambda message: (messages.append(message), lost(message))[1]  # type: ignore[method-assign,func-returns-value]
    writer.start()
    engine.run(5)
    eventually(lambda: bool(database.rows), "a second try")
    engine.journal.close()
    writer.close(30)
    assert messages == ["ZeroDivisionError while storing; this is a bug"]
    assert in_order(database) == sorted(expected(info, engine.events))


def test_a_new_process_goes_on_where_the_last_one_was_killed(tmp_path: Path, info: SessionInfo) -> None:
    url = f"sqlite:///{tmp_path / 'trades.db'}"
    engine, writer = following(SqliteDatabase(tmp_path / "trades.db"), info, tmp_path)
    writer.start()
    engine.run(10)
    eventually(lambda: writer.picture().behind == 0)
    writer.close(0)  # as good as killed: the journal goes on without it
    engine.run(10)
    chance = Random(2)
    second = StorageWriter(
        SqliteDatabase(tmp_path / "trades.db"), info, Follower(engine.journal.path), clock=Ticking(), chance=chance
    )
    second.start()
    engine.bus.observe(second.observe)
    eventually(lambda: second.picture().stored_seq == engine.events[-2].seq)
    engine.run(1)
    engine.journal.close()
    second.close(30)
    for table in ("orders", "order_status", "fills", "trades", "positions", "equity"):
        assert rows_of(url, table) == expected_in(info, engine.events, table)
