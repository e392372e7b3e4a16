"""The same live session without storage and with it, and while PostgreSQL and then Redis are killed (-9) and restarted.

    python tests/bench/live_storage.py --rate 10000 --seconds 10

One run: a practice exchange in a process of its own sends quotes and trades of five symbols; a session trades on it
without storage, the next with a PostgreSQL and a Redis of its own, then one without again, so that a busy minute of the
machine shows. Each phase has its own latencies. At the end the rows in the database are compared with the journal, and
the cache with the last ticks. Exit code 1 where anything is lost. All of it shares this machine's cores.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from harness import machine, print_table
from live_latency import in_ms
from practice_books import session_books
from practice_process import Exchange
from practice_session import begin, session_name, session_on, wait_until
from storage_servers import OwnPostgres, OwnRedis, OwnServer, postgres_binaries
from tick_market import write_ticks
from tradetui.engine.journal.reader import open_journal
from tradetui.engine.latency import LatencyHistogram
from tradetui.engine.live.latencies import LiveLatencies
from tradetui.engine.live.session import LiveSession
from tradetui.engine.model.events import FillEvent, OrderEvent, OrderStatusEvent
from tradetui.engine.storage.opening import Storage, open_storage

WARM_S, SETTLE_S, STORE_S, ANSWER_S = 3.0, 30.0, 60.0, 10.0
ORDERS_S = 20.0


class Phases:
    """The latencies of one stretch of a session after another."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def measure(self, name: str, latencies: LiveLatencies, seconds: float, work: Callable[[], object] | None) -> None:
        """`work` is done at the beginning of so many seconds."""
        before = latencies.signal.copy(), latencies.handover.copy()
        began = time.monotonic()
        if work is not None:
            work()
        time.sleep(max(0.0, seconds - (time.monotonic() - began)))
        signal, handover = latencies.signal.since(before[0]), latencies.handover.since(before[1])
        self.told.append({"phase": name, "signal": _told(signal), "handover": _told(handover)})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=10_000.0)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each phase")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    binaries = postgres_binaries()
    if binaries is None:
        raise SystemExit("there is no PostgreSQL 15 or newer on this machine")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        postgres, redis = OwnPostgres(binaries), OwnRedis()
        for server in (postgres, redis):
            servers.callback(server.remove)
            server.start()
        told = run(Path(folder), options.rate, options.seconds, postgres, redis)
    show(told, options.json)
    return 1 if told["lost"] else 0


def run(folder: Path, rate: float, seconds: float, postgres: OwnPostgres, redis: OwnRedis) -> dict[str, Any]:
    """All sessions of one run on one exchange."""
    write_ticks(folder / "market", rate, 8 * (seconds + 2 * WARM_S) + 4 * SETTLE_S)
    phases, lost = Phases(), list[str]()
    with Exchange(folder, "--data", str(folder / "market"), "--paused") as exchange:
        exchange.control("POST", "clock", {"speed": 1, "running": True})
        _session(exchange, folder, [("without storage", None)], seconds, phases)
        session = _session(
            exchange,
            folder,
            [
                ("with PostgreSQL and Redis", None),
                ("PostgreSQL killed and restarted", lambda: _kill(postgres)),
                ("Redis killed and restarted", lambda: _kill(redis)),
                ("with both again", None),
            ],
            seconds,
            phases,
            (postgres, redis),
        )
        journal = Path(session.snapshot().journal)
        rows, missing = compare_rows(journal, postgres)
        lost += missing + compare_cache(journal, redis)
        _session(exchange, folder, [("without storage, again", None)], seconds, phases)
    return {
        "machine": machine(),
        "load_average": os.getloadavg()[0],
        "rate": rate,
        "phases": phases.told,
        "rows": rows,
        "lost": lost,
        "storage": [f"{kept.name} {kept.state}" for kept in session.snapshot().storage],
    }


def _session(
    exchange: Exchange,
    folder: Path,
    phases: list[tuple[str, Callable[[], object] | None]],
    seconds: float,
    into: Phases,
    servers: tuple[OwnPostgres, OwnRedis] | None = None,
) -> LiveSession:
    """One session from its beginning to its end."""
    kept: list[LiveLatencies] = []

    def store(path: Path, info: Any) -> Storage:
        assert servers is not None
        return open_storage(servers[0].url, servers[1].url, journal=path, session=info)

    session = session_on(
        exchange.broker(),
        folder,
        "EveryTick",
        {"orders_s": ORDERS_S},
        store=None if servers is None else store,
        connected=lambda made: kept.append(made.latencies),
    )
    begin(session)
    time.sleep(WARM_S)
    for name, work in phases:
        into.measure(name, kept[0], seconds, work)
    if servers is not None:
        wait_until(lambda: all(store.state == "OK" for store in session.snapshot().storage), SETTLE_S)
    session.stop(STORE_S)
    if session.snapshot().error:
        raise RuntimeError(session.snapshot().error)
    return session


def _kill(server: OwnServer) -> None:
    server.kill()
    time.sleep(1.0)  # while it is away the session goes on
    server.start()


def _told(histogram: LatencyHistogram) -> dict[str, float]:
    return in_ms(histogram.picture())


def compare_rows(journal: Path, postgres: OwnPostgres) -> tuple[dict[str, int], list[str]]:
    """Orders, their ends and fills: each event of the journal has its row with the same numbers, and no row more."""
    import psycopg

    wanted: dict[str, dict[int, tuple[object, ...]]] = {"orders": {}, "order_status": {}, "fills": {}}
    with open_journal(journal) as reader:
        for event in reader.events():
            match event:
                case OrderEvent():
                    wanted["orders"][event.seq] = (event.order_id, event.symbol, event.quantity)
                case OrderStatusEvent():
                    wanted["order_status"][event.seq] = (event.order_id, event.symbol, event.status.value)
                case FillEvent():
                    wanted["fills"][event.seq] = (event.order_id, event.symbol, event.quantity * event.price)
    last = {"orders": "quantity", "order_status": "status", "fills": "quantity * price"}
    name, lost = session_name(journal), list[str]()
    counts: dict[str, int] = {}
    with psycopg.connect(postgres.url) as connection:
        for table, rows in wanted.items():
            query = f"SELECT seq, order_id, symbol, {last[table]} FROM {table} WHERE session = %s"
            there = {row[0]: tuple(row[1:]) for row in connection.execute(query.encode(), (name,))}
            counts[table] = len(there)
            differ = sum(there.get(seq) != row for seq, row in rows.items()) + len(there.keys() - rows.keys())
            if differ:
                lost.append(f"{differ} rows of {table} differ from the journal's {len(rows)}")
        finished = connection.execute("SELECT finished FROM sessions WHERE session = %s", (name,)).fetchone()
        if finished != (True,):
            lost.append("the database does not say that the session is complete")
    return counts, lost


def compare_cache(journal: Path, redis: OwnRedis) -> list[str]:
    """The positions in the cache are those that the journal adds up to."""
    import redis as library

    held = session_books(journal).positions
    with library.Redis.from_url(redis.url, socket_timeout=ANSWER_S) as client:
        kept: Any = client.hgetall(f"tradetui:{session_name(journal)}:positions")
    found = {symbol.decode(): Decimal(str(json.loads(body)["quantity"])) for symbol, body in kept.items()}
    wanted = {symbol: units for symbol, units in held.items() if units}
    return [] if {s: q for s, q in found.items() if q} == wanted else [f"the cache has {found}, the journal {wanted}"]


def show(told: dict[str, Any], as_json: bool) -> None:
    """A table, or one object."""
    if as_json:
        print(json.dumps(told))
        return
    print(
        f"{told['rate']:,.0f} ticks a second on {told['machine']['cores']} cores, load {told['load_average']:.1f}; ms"
    )
    figures = ("count", "p50", "p99", "max")
    rows = [
        [one["phase"], *(f"{one[what][name]:,}" for what in ("signal", "handover") for name in figures)]
        for one in told["phases"]
    ]
    print_table(["phase", "decisions", "p50", "p99", "max", "orders", "p50", "p99", "max"], rows)
    print(f"rows {told['rows']}, storage {told['storage']}")
    print("\n".join(told["lost"]) or "nothing lost: every event of the journal has its row, the cache its positions")


if __name__ == "__main__":
    sys.exit(main())
