from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from storage_session import Engine, expected_in, rows_of

from storage_servers import eventually, free_port
from tradetui.engine.errors import UsageError
from tradetui.engine.storage.faults import StorageError
from tradetui.engine.storage.opening import open_storage
from tradetui.engine.storage.sessions import SessionInfo

SECRET = "hunter2"


def test_a_session_goes_into_the_database_and_the_cache_that_the_settings_name(
    database_url: str, redis_url: str, tmp_path: Path, info: SessionInfo
) -> None:
    engine = Engine(tmp_path / "session.db", info)
    storage = open_storage(database_url, redis_url, journal=engine.journal.path, session=info)
    engine.bus.observe(storage.observe)
    assert not storage.healthy()
    storage.start()
    engine.run(10)
    eventually(storage.healthy)
    engine.journal.close()
    picture = storage.close(30)
    assert picture.cache is not None
    assert (picture.database.state, picture.cache.state) == ("OK", "OK")
    assert rows_of(database_url, "equity") == expected_in(info, engine.events, "equity")
    names = [view.name for view in storage.views()]
    assert names == ["SQLite" if database_url.startswith("sqlite") else "PostgreSQL", "Redis"]


def test_losing_the_cache_is_not_losing_the_database(tmp_path: Path, info: SessionInfo) -> None:
    engine = Engine(tmp_path / "session.db", info)
    nowhere = f"redis://:{SECRET}@127.0.0.1:{free_port()}/0"
    storage = open_storage(f"sqlite:///{tmp_path / 'trades.db'}", nowhere, journal=engine.journal.path, session=info)
    engine.bus.observe(storage.observe)
    storage.start()
    engine.run(2)
    eventually(lambda: storage.views()[1].state == "DOWN" and "cannot be written" in storage.views()[1].text)
    eventually(storage.healthy)
    assert SECRET not in repr((storage.picture(), storage.views(), vars(storage)))
    engine.journal.close()
    storage.close(0.2)


def test_a_server_whose_library_is_not_installed_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, info: SessionInfo
) -> None:
    monkeypatch.setattr("tradetui.engine.storage.opening.find_spec", lambda name: None)
    for database, cache, extra in (("postgresql://h/d", "", "postgres"), ("sqlite:///t.db", "redis://h", "redis")):
        with pytest.raises(StorageError, match=rf"pip install 'tradetui\[{extra}\]'"):
            open_storage(database, cache, journal=tmp_path / "session.db", session=info)
    assert importlib.util.find_spec("psycopg") is not None


def test_an_address_of_no_known_kind_is_refused_before_anything_starts(tmp_path: Path, info: SessionInfo) -> None:
    with pytest.raises(UsageError, match="not a database that can be used"):
        open_storage("mysql://h/d", "", journal=tmp_path / "session.db", session=info)
