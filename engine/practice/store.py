"""The exchange on disk: one SQLite file that holds orders, money, history and the market's time over a restart."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from tradetui.engine.errors import RunFailed
from tradetui.engine.practice.exchange import Exchange
from tradetui.engine.practice.words import Activity, EquityPoint, Order, Position

VERSION = 1
SCHEMA = """
create table if not exists meta (key text primary key, value text not null) without rowid;
create table if not exists orders (id text primary key, number integer not null, body text not null) without rowid;
create table if not exists activities (number integer primary key, body text not null);
create table if not exists equity (ts_ns integer primary key, equity text not null);
"""


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What there is besides orders and rows of history."""

    now_ns: int
    stamped_ns: int
    count: int
    cash: Decimal
    last_equity: Decimal
    closed_until_ns: int
    created_ns: int
    restricted: bool
    configuration: dict[str, Any]
    positions: list[Position]


class Store:
    """Writes down what changed, in one transaction each time."""

    def __init__(self, path: Path, market: str) -> None:
        """Opens or makes the file; `market` names what is played, and must be the same as when it was made."""
        self.path = path
        self._activities = self._equity = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = normal")
            self._db.executescript(SCHEMA)
            self._check("version", str(VERSION))
            self._check("market", market)
        except (sqlite3.Error, OSError) as error:
            raise RunFailed(f"{path}: the exchange cannot be kept there ({error}); choose another file") from error

    def restore(self, exchange: Exchange) -> bool:
        """Put back what was kept; False for a new file. Raises RunFailed for one that is damaged."""
        try:
            found = self._value("state")
            if found is None:
                return False
            saved = msgspec.json.decode(found, type=Saved)
            for (body,) in self._db.execute("select body from orders order by number"):
                exchange.orders.add(msgspec.json.decode(body, type=Order))
            ledger = exchange.account.ledger
            for (body,) in self._db.execute("select body from activities order by number"):
                ledger.activities.append(msgspec.json.decode(body, type=Activity))
            for ts_ns, equity in self._db.execute("select ts_ns, equity from equity order by ts_ns"):
                exchange.floor.equity.append(EquityPoint(ts_ns, Decimal(equity)))
        except (sqlite3.Error, msgspec.MsgspecError) as error:
            raise RunFailed(f"{self.path}: what was kept cannot be read ({error}); start with another file") from error
        self._activities, self._equity = len(ledger.activities), len(exchange.floor.equity)
        ledger.cash = saved.cash
        ledger.positions = {position.symbol: position for position in saved.positions}
        account, desk = exchange.account, exchange.desk
        account.last_equity, account.restricted = saved.last_equity, saved.restricted
        account.configuration, account.created_ns = saved.configuration, saved.created_ns
        desk.restore(saved.now_ns, saved.stamped_ns, saved.count)
        exchange.floor.closed_until_ns = saved.closed_until_ns
        exchange.account_changed = False
        return True

    def write(self, exchange: Exchange) -> None:
        """Everything that changed since the last time."""
        desk, ledger, floor = exchange.desk, exchange.account.ledger, exchange.floor
        rows, points = ledger.activities[self._activities :], floor.equity[self._equity :]
        if not (desk.touched or rows or points or exchange.account_changed):
            return
        with self._db:
            self._db.execute("begin")
            self._db.executemany(
                "insert or replace into orders values (?, ?, ?)",
                [(o.id, o.number, msgspec.json.encode(o).decode()) for o in desk.touched.values()],
            )
            self._db.executemany(
                "insert into activities values (?, ?)", [(r.number, msgspec.json.encode(r).decode()) for r in rows]
            )
            self._db.executemany(
                "insert or replace into equity values (?, ?)", [(p.ts_ns, str(p.equity)) for p in points]
            )
            self._put("state", msgspec.json.encode(_saved(exchange)).decode())
        desk.touched.clear()
        exchange.account_changed = False
        self._activities, self._equity = len(ledger.activities), len(floor.equity)

    def close(self, exchange: Exchange) -> None:
        """Write down the rest and the time, and close the file."""
        exchange.account_changed = True
        self.write(exchange)
        self._db.close()

    def _check(self, key: str, wanted: str) -> None:
        found = self._value(key)
        if found is None:
            self._put(key, wanted)
        elif found != wanted:
            raise RunFailed(
                f"{self.path} was kept for {key} {found}, this is {key} {wanted}; use another file, or the same market"
            )

    def _value(self, key: str) -> str | None:
        row = self._db.execute("select value from meta where key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def _put(self, key: str, value: str) -> None:
        self._db.execute("insert or replace into meta values (?, ?)", (key, value))


def _saved(exchange: Exchange) -> Saved:
    account, desk = exchange.account, exchange.desk
    return Saved(
        now_ns=desk.now_ns,
        stamped_ns=desk.stamped_ns,
        count=desk.count,
        cash=account.ledger.cash,
        last_equity=account.last_equity,
        closed_until_ns=exchange.floor.closed_until_ns,
        created_ns=account.created_ns,
        restricted=account.restricted,
        configuration=account.configuration,
        positions=list(account.ledger.positions.values()),
    )
