"""What every storage test starts from: a session in a journal, and servers to store it in."""

from __future__ import annotations

import os
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "live"))  # a live session is stored as well

from storage_session import HEADER, a_day

from storage_servers import OwnPostgres, OwnRedis, postgres_binaries
from tradetui.engine.journal.writer import FileJournal
from tradetui.engine.storage.sessions import SessionInfo, session_info

POSTGRES = "postgresql://postgres@127.0.0.1:5432/test"
REDIS = "redis://127.0.0.1:6379/0"


def absent(what: str) -> NoReturn:
    """Skip; in CI fail, because a silent skip would hide that nothing was tried against a real server."""
    if os.environ.get("CI") == "true" and os.environ.get("TRADETUI_SERVERS") != "absent":
        pytest.fail(f"{what} is absent; set TRADETUI_SERVERS=absent to run CI without the servers")
    pytest.skip(f"{what} is absent")


@pytest.fixture
def info() -> SessionInfo:
    return session_info(HEADER(run_id=f"t-{uuid.uuid4().hex[:12]}"))


@pytest.fixture
def closed_journal(tmp_path: Path) -> Path:
    """A session of 60 rounds that ended in order."""
    path = tmp_path / "run" / "session.db"
    with FileJournal(path, HEADER(), block_events_max=64, durability="process_death") as journal:
        journal.append(a_day(60))
        journal.close({"trades": 1})
    return path


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A schema of its own in a real server."""
    psycopg = pytest.importorskip("psycopg")
    name = f"tradetui_{uuid.uuid4().hex[:12]}"
    try:
        connection = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=2)
    except psycopg.Error:
        absent(POSTGRES)
    with connection:
        connection.execute(f"CREATE SCHEMA {name}")
        yield f"{POSTGRES}?options=-csearch_path%3D{name}"
        connection.execute(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture
def redis_url(info: SessionInfo) -> Iterator[str]:
    """A real server, rid afterwards of what the test's session wrote."""
    redis = pytest.importorskip("redis")
    client = redis.Redis.from_url(REDIS)
    try:
        client.ping()
    except redis.RedisError:
        absent(REDIS)
    yield REDIS
    if keys := list(client.scan_iter(f"tradetui:{info.session}:*")):
        client.delete(*keys)
    client.close()


@pytest.fixture
def own_postgres() -> Iterator[OwnPostgres]:
    pytest.importorskip("psycopg")
    binaries = postgres_binaries()
    if binaries is None:
        absent("the program of PostgreSQL 15 or newer")
    server = OwnPostgres(binaries)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def own_redis() -> Iterator[OwnRedis]:
    pytest.importorskip("redis")
    if shutil.which("redis-server") is None:
        absent("the program redis-server")
    server = OwnRedis()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Each kind of database in turn, empty."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'trades.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def rows_in() -> Callable[[str, str], list[tuple[object, ...]]]:
    """`rows_in(url, table)`: every row, in the form that both databases share."""
    from storage_session import rows_of

    return rows_of
