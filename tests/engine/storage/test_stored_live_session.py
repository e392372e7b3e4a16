"""A live session whose servers die, hang and come back: the engine goes on, and nothing that it did is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from live_rig import Scripted, buy, flat
from live_stage import HEADER, Stage
from storage_session import expected_in, rows_of

from storage_servers import OwnPostgres, OwnRedis, OwnServer, eventually, free_port
from tradetui.engine.journal.reader import open_journal
from tradetui.engine.live.recorder import read_recording, recording_of
from tradetui.engine.model.commands import Kill
from tradetui.engine.model.events import Event
from tradetui.engine.model.snapshot import Snapshot
from tradetui.engine.storage.export import export_journal
from tradetui.engine.storage.opening import Storage, open_storage, open_target
from tradetui.engine.storage.redis_cache import cache_key
from tradetui.engine.storage.sessions import SessionInfo, session_info

pytestmark = pytest.mark.slow
INFO = session_info(HEADER)
TABLES = ("orders", "order_status", "fills", "trades", "positions", "equity")
ROUND_TRIP = {100.0: buy(), 101.0: flat()}


def storing(database: str, redis: str = "") -> Callable[[Path, SessionInfo], Storage]:
    return lambda journal, info: open_storage(database, redis, journal=journal, session=info)


def states(shown: Snapshot) -> list[tuple[str, str]]:
    return [(store.name, store.state) for store in shown.storage]


def journaled(path: Path) -> list[Event]:
    with open_journal(path) as reader:
        return list(reader.events())


def opened(stage: Stage) -> None:
    """Until the account is known and the servers take what comes."""
    stage.session.start()
    stage.until(lambda shown: shown.account.cash and shown.storage and {s for _, s in states(shown)} == {"OK"})
    stage.until(lambda shown: not shown.holds)


def trade(stage: Stage, order_id: int, bid: float, price: str) -> None:
    """A quote that the strategy answers, and the fill of its order."""
    stage.quote(bid)
    stage.until(lambda shown: shown.orders)
    assert stage.feed.put is not None
    stage.feed.put(stage.venue.fill(order_id, "10", price))
    stage.until(lambda shown: shown.fills_total == order_id)


@pytest.mark.parametrize("lose", [OwnServer.kill, OwnServer.hang], ids=["killed", "hanging"])
def test_servers_that_die_or_hang_stop_new_risk_and_nothing_else_and_have_every_row_in_the_end(
    lose: Callable[[OwnServer], None], own_postgres: OwnPostgres, own_redis: OwnRedis, tmp_path: Path
) -> None:
    stage = Stage(tmp_path / "s.db", Scripted(ROUND_TRIP), storing(own_postgres.url, own_redis.url))
    opened(stage)
    trade(stage, 1, 100.0, "100.01")
    eventually(lambda: bool(rows_of(own_postgres.url, "fills")), "the first fill in the database")
    for server in (own_postgres, own_redis):
        lose(server)
    shown = stage.until(lambda shown: states(shown) == [("PostgreSQL", "DOWN"), ("Redis", "DOWN")])
    shown = stage.until(lambda shown: any("the database is down" in why for why in shown.holds))
    assert shown.state == "reducing"
    trade(stage, 2, 101.0, "101.00")  # an exit is no new risk, and leaves
    assert not stage.until(lambda shown: not shown.positions).orders
    for server in (own_postgres, own_redis):
        server.go_on() if lose is OwnServer.hang else server.start()
    stage.until(lambda shown: states(shown) == [("PostgreSQL", "OK"), ("Redis", "OK")])
    stage.session.stop(20)
    assert stage.session.ended
    events = journaled(stage.path)
    for table in TABLES:
        assert rows_of(own_postgres.url, table) == expected_in(INFO, events, table), table
    assert len(rows_of(own_postgres.url, "fills")) == 2
    with pytest.importorskip("redis").Redis.from_url(own_redis.url) as cache:
        assert cache.llen(cache_key(INFO.session, "ticks:AA")) == len(read_recording(recording_of(stage.path))) == 2
        assert cache.hgetall(cache_key(INFO.session, "positions")) == {}


def test_a_kill_is_obeyed_while_the_database_hangs(own_postgres: OwnPostgres, tmp_path: Path) -> None:
    stage = Stage(tmp_path / "s.db", Scripted({100.0: buy(type="limit", limit_price=99.0)}), storing(own_postgres.url))
    opened(stage)
    stage.quote(100.0)
    stage.until(lambda shown: shown.orders)
    own_postgres.hang()
    stage.session.send(Kill())
    shown = stage.until(lambda shown: shown.state == "halted" and not shown.orders)
    assert states(shown) == [("PostgreSQL", "OK")], "it obeyed before anybody noticed that the database hangs"
    stage.session.stop()
    own_postgres.go_on()


def test_a_database_that_never_answered_holds_new_risk_and_gets_its_rows_from_the_journal_afterwards(
    tmp_path: Path,
) -> None:
    nowhere = f"postgresql://postgres@127.0.0.1:{free_port()}/postgres"
    stage = Stage(tmp_path / "s.db", Scripted(ROUND_TRIP), storing(nowhere))
    stage.session.start()
    stage.until(lambda shown: any("the database is down" in why for why in shown.holds) and shown.account.cash)
    stage.quote(100.0)
    shown = stage.until(lambda shown: shown.alerts)
    assert not stage.venue.orders
    stage.session.stop()
    (store,) = stage.session.snapshot().storage
    assert (store.state, store.waiting > 0) == ("DOWN", True)
    assert "events wait; the journal has them" in store.text
    later = f"sqlite:///{tmp_path / 'later.db'}"
    export_journal(stage.path, open_target(later))
    assert rows_of(later, "equity") == expected_in(INFO, journaled(stage.path), "equity") != []
    assert shown.alerts[-1].check


def test_a_session_on_a_file_of_its_own_is_stored_whole_when_it_ends(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'trades.sqlite'}"
    stage = Stage(tmp_path / "s.db", Scripted(ROUND_TRIP), storing(url))
    opened(stage)
    trade(stage, 1, 100.0, "100.01")
    trade(stage, 2, 101.0, "101.00")
    stage.session.stop()
    assert states(stage.session.snapshot()) == [("SQLite", "OK")]
    for table in TABLES:
        assert rows_of(url, table) == expected_in(INFO, journaled(stage.path), table), table
