from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from practice_market import MINUTE_NS, OPEN_NS, order, small_world
from tradetui.engine.errors import RunFailed
from tradetui.engine.practice.engine_matcher import EngineMatcher
from tradetui.engine.practice.refusals import Refusal
from tradetui.engine.practice.store import Store
from tradetui.engine.practice.venue import Venue


def opened(path: Path) -> tuple[Venue, Store]:
    """The small market, as it was left in the file."""
    world = small_world(EngineMatcher())
    store = Store(path, world.identity())
    if store.restore(world.exchange):
        world.resume(world.exchange.now_ns)
    return Venue(world, {}, keeper=store), store


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    venue, _ = opened(tmp_path / "exchange.db")
    venue.advance(OPEN_NS)
    exits = {"take_profit": {"limit_price": "100.10"}, "stop_loss": {"stop_price": "99"}}
    venue.exchange.submit(order(order_class="bracket", client_order_id="one", **exits))
    venue.exchange.submit(order(kind="limit", limit_price="99.50", qty="3"))
    venue.exchange.account.configuration["no_shorting"] = True
    venue.exchange.account_changed = True
    venue.advance(OPEN_NS + 2 * MINUTE_NS)
    before = venue.ledger()  # and the process is gone, without a word
    again, _ = opened(tmp_path / "exchange.db")
    assert again.ledger() == before
    assert again.exchange.account.configuration["no_shorting"] is True
    assert len(again.exchange.floor.equity) == 3
    refused = again.exchange.submit(order(client_order_id="one"))
    assert isinstance(refused, Refusal)  # ids are used up for ever
    fresh = again.exchange.submit(order(kind="limit", limit_price="1"))
    assert isinstance(fresh, dict)
    assert fresh["id"] not in {o["id"] for o in before["orders"]}
    again.advance(OPEN_NS + 15 * MINUTE_NS)
    rows = again.ledger()["activities"]
    assert sum(float(row["qty"]) for row in rows if row["side"] == "sell") == 10  # the take-profit went on working


def test_a_closed_venue_goes_on_at_the_minute_where_it_stood(tmp_path: Path) -> None:
    venue, store = opened(tmp_path / "exchange.db")
    venue.advance(OPEN_NS + 90 * 10**9)
    store.close(venue.exchange)
    again, _ = opened(tmp_path / "exchange.db")
    assert again.exchange.now_ns == OPEN_NS + 90 * 10**9
    assert str(again.exchange.prices.price("ACME")) == "100.03"


def test_the_file_of_another_market_is_refused(tmp_path: Path) -> None:
    Store(tmp_path / "exchange.db", "one market")
    with pytest.raises(RunFailed, match="one market"):
        Store(tmp_path / "exchange.db", "another")


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("my notes, which are longer than the head of a database" * 10)
    with pytest.raises(RunFailed, match="another file"):
        Store(path, "m")
    assert path.read_text().startswith("my notes")


def test_a_damaged_row_is_refused(tmp_path: Path) -> None:
    venue, _ = opened(tmp_path / "exchange.db")
    venue.advance(OPEN_NS)
    venue.exchange.submit(order())
    venue.publish()
    with sqlite3.connect(tmp_path / "exchange.db") as db:
        db.execute("update orders set body = '{}'")
    db.close()
    with pytest.raises(RunFailed, match="cannot be read"):
        opened(tmp_path / "exchange.db")


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    Store(tmp_path / "exchange.db", "m")
    assert (tmp_path / "exchange.db").stat().st_mode & 0o077 == 0
