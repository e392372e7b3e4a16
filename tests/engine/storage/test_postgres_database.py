from __future__ import annotations

import asyncio
import traceback
from decimal import Decimal
from pathlib import Path
from random import Random

import psycopg
import pytest
from storage_session import Engine, a_day, expected, expected_in, rows_of

from storage_servers import OwnPostgres, eventually, free_port
from tradetui.engine.backoff import Backoff, Waits
from tradetui.engine.storage.faults import StorageError
from tradetui.engine.storage.follower import Follower
from tradetui.engine.storage.postgres import PostgresDatabase
from tradetui.engine.storage.rows import Row
from tradetui.engine.storage.sessions import SessionInfo
from tradetui.engine.storage.urls import StorageUrl, parse_database_url
from tradetui.engine.storage.writer import StorageWriter

SECRET = "hunter2"
PATIENT_S = 0.3


async def begun(url: StorageUrl, info: SessionInfo, answer_s_max: float = 5.0) -> PostgresDatabase:
    database = PostgresDatabase(url, answer_s_max=answer_s_max)
    try:
        await database.open(info)
    except BaseException:
        await database.close()
        raise
    return database


def test_a_server_that_is_not_there_is_told_without_the_password(info: SessionInfo) -> None:
    url = parse_database_url(f"postgresql://trader:{SECRET}@127.0.0.1:{free_port()}/trades")
    with pytest.raises(
        StorageError, match=r"trader:\*\*\*@127.0.0.1:\d+/trades: it cannot be reached: .*refused"
    ) as told:
        asyncio.run(begun(url, info))
    assert SECRET not in "".join(traceback.format_exception(told.value))


@pytest.mark.parametrize("wrong", ["sslmode=nonsense", "no_such_option=1", "options=-cstatement_timeout%3Dnonsense"])
def test_an_address_that_the_driver_refuses_is_told_without_the_password(
    info: SessionInfo, wrong: str, postgres_url: str
) -> None:
    url = parse_database_url(f"postgresql://postgres:{SECRET}@127.0.0.1:5432/test?{wrong}")
    with pytest.raises(StorageError, match="it cannot be reached") as told:
        asyncio.run(begun(url, info))
    assert SECRET not in "".join(traceback.format_exception(told.value))


def test_a_statement_that_fails_takes_its_whole_batch_back(postgres_url: str, info: SessionInfo) -> None:
    async def go() -> None:
        database = await begun(parse_database_url(postgres_url), info)
        good = expected(info, a_day(2))
        bad = Row("equity", (info.session, 2**63, 0, *[Decimal(0)] * 5))
        with pytest.raises(StorageError, match=r"rows cannot be stored: .*out of range"):
            await database.store(info.session, [*good, bad], 9)
        await database.close()

    asyncio.run(go())
    assert rows_of(postgres_url, "fills") == []
    assert rows_of(postgres_url, "sessions")[0][-3] == -1


def test_a_table_that_another_program_holds_ends_the_wait(postgres_url: str, info: SessionInfo) -> None:
    async def go() -> None:
        database = await begun(parse_database_url(postgres_url), info, PATIENT_S)
        with psycopg.connect(postgres_url) as other:
            other.execute("LOCK TABLE fills")
            with pytest.raises(StorageError, match=r"no answer for 0.3 s. Look whether the server runs"):
                await database.store(info.session, expected(info, a_day(1)), 5)
            await database.close()
        again = await begun(parse_database_url(postgres_url), info)
        await again.store(info.session, expected(info, a_day(1)), 5)
        await again.close()

    asyncio.run(go())
    assert len(rows_of(postgres_url, "fills")) == 1


def test_a_database_that_is_not_open_says_so(info: SessionInfo) -> None:
    database = PostgresDatabase(parse_database_url("postgresql://h/d"))
    with pytest.raises(StorageError, match="it is not open"):
        asyncio.run(database.ping())


@pytest.mark.slow
def test_a_server_that_is_killed_hangs_and_comes_back_costs_no_row(
    own_postgres: OwnPostgres, tmp_path: Path, info: SessionInfo
) -> None:
    engine, follower = Engine(tmp_path / "session.db", info), Follower(tmp_path / "session.db", events_max=60)
    database = PostgresDatabase(parse_database_url(own_postgres.url), answer_s_max=PATIENT_S * 3)
    chance = Random(4)
    writer = StorageWriter(
        database,
        info,
        follower,
        clock=lambda: 0,
        chance=chance,
        backoff=Backoff(Waits(first_s=0.01, longest_s=0.05), chance),
    )
    engine.bus.observe(writer.observe)
    writer.start()
    for _ in range(2):
        engine.run(20)
        eventually(lambda: writer.picture().rows > 0 and writer.healthy(), "storing")
        engine.run(10)
        own_postgres.kill()  # with rows on their way
        engine.run(40)  # returns, whatever the server does
        eventually(lambda: not writer.healthy(), "the loss")
        assert writer.picture().state == "DOWN"
        own_postgres.start()
        eventually(writer.healthy, "coming back")
    own_postgres.hang()
    engine.run(40)
    eventually(lambda: not writer.healthy(), "a server that hangs")
    assert "no answer" in writer.picture().message
    own_postgres.go_on()
    engine.run(10)
    engine.journal.close()
    assert writer.close(30).behind == 0
    for table in ("orders", "order_status", "fills", "trades", "positions", "equity"):
        assert rows_of(own_postgres.url, table) == expected_in(info, engine.events, table), table
    assert rows_of(own_postgres.url, "sessions")[0][-2] is True
