"""Half an hour of accelerated practice trading in a storm of faults by a seed; then every book is compared.

    python tests/bench/practice_faults.py --minutes 30 --seed 1

A real `tradetui exchange` runs in a process of its own; here, on its usual threads, a real live session trades three
strategies (momentum, mean reversion, market_maker) on five symbols of one account, as one composite strategy: a session
has one strategy, and an account one session. At the end faults stop, the market stands still, and once the session is
at rest its journal is added up and compared with the exchange's ledger, over REST and in its file: positions, cash and
every order. Exit code 1 on any difference, or where the recording does not replay to the same decisions.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from fault_storm import Fault, Storm
from practice_books import SessionBooks, differences, file_books, ledger_books, session_books
from practice_process import Exchange
from practice_session import STRATEGIES, begin, quiet, session_name, session_on, symbols_of
from tradetui.data.synthetic_market.generate import Wanted, generate
from tradetui.engine.live.session import LiveSession
from tradetui.engine.live.sessions import replay_session
from tradetui.engine.model.snapshot import Snapshot

SYMBOLS, START_CASH, DAY_MINUTES = 5, Decimal(100_000), 390
LOOK_S = 0.1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, help="market seconds a second; without it the day just fits")
    parser.add_argument("--events", type=int, default=40_000, help="order events of each symbol in the day")
    parser.add_argument("--units", type=float, default=10.0, help="of each order; a hundred and more fill in parts")
    parser.add_argument("--allow-short", action="store_true")
    parser.add_argument("--folder", type=Path, help="keep everything there")
    parser.add_argument("--json", action="store_true", help="the figures alone, as one JSON object")
    options = parser.parse_args()
    speed = options.speed or (DAY_MINUTES - 10) / options.minutes
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        told = run(folder, options.minutes, options.seed, speed, options.events, options.units, options.allow_short)
    print(json.dumps(told) if options.json else table(told))
    return 1 if told["final_differences"] or not told["replayed_the_same"] else 0


def run(
    folder: Path, minutes: float, seed: int, speed: float, events: int, units: float, allow_short: bool
) -> dict[str, Any]:
    """Trade, compare, and give the figures."""
    market = folder / "market"
    generate(Wanted("session", SYMBOLS, 1, events, seed), market, lambda *_: None)
    options = ("--data", str(market), "--paused", "--set", "partial_fill_chance=0.1", "--set", f"seed={seed}")
    with Exchange(folder, *options) as exchange:
        watch = Watch()
        session = session_on(exchange.broker(), folder, "ThreeStrategies", {"units": units}, allow_short=allow_short)
        begin(session)
        try:
            exchange.control("POST", "clock", {"speed": speed, "running": True})
            with watch.over(session), storm_over(exchange, seed, watch):
                time.sleep(minutes * 60)
            quiet(exchange, session)
        finally:
            session.stop()
        last, market_ns = session.snapshot(), exchange.control("GET", "status")
        injected = exchange.control("GET", "faults")["injected"]
        ledger = exchange.control("GET", "ledger")
        exchange.end()
        found, books = compare(exchange, ledger, last)
    replayed = replay_session(Path(last.journal), f"{STRATEGIES}:ThreeStrategies")
    told = figures(last, books, injected, watch)
    told |= {
        "seed": seed,
        "minutes": minutes,
        "market_minutes": round((ledger["now_ns"] - market_start_ns(market_ns)) / 60e9, 1),
        "final_differences": found,
        "replayed_the_same": replayed.same,
        "replay": replayed.sentence(),
    }
    return told


class Watch:
    """What only somebody who looks all the time sees."""

    def __init__(self) -> None:
        self.looks = 0
        self.holding: Counter[str] = Counter()
        self.manual: Counter[int] = Counter()
        self.asked: Counter[str] = Counter()

    @contextmanager
    def over(self, session: LiveSession) -> Iterator[None]:
        """Looks at a session's pictures meanwhile."""
        ended = threading.Event()

        def look() -> None:
            while not ended.wait(LOOK_S):
                shown = session.snapshot()
                self.looks += 1
                self.holding[shown.state.value] += 1

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


@contextmanager
def storm_over(exchange: Exchange, seed: int, watch: Watch) -> Iterator[None]:
    """Lets things go wrong meanwhile."""
    ended = threading.Event()
    storm = Storm(seed, symbols_of(exchange.broker()))

    def blow() -> None:
        for wait_s, fault in storm.faults():
            if ended.wait(wait_s):
                return
            strike(exchange, fault, watch)
            if fault.undone_by is not None:
                ended.wait(fault.undone_after_s)
                exchange.control("POST", fault.path, fault.undone_by)

    thread = threading.Thread(target=blow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def strike(exchange: Exchange, fault: Fault, watch: Watch) -> None:
    """One fault; an order by hand may be refused, as any order may."""
    watch.asked[fault.kind] += 1
    if fault.kind == "manual_order":
        status, _ = exchange.ask("POST", f"/_practice/{fault.path}", fault.body)
        watch.manual[status] += 1
    else:
        exchange.control("POST", fault.path, fault.body)


def compare(exchange: Exchange, ledger: dict[str, Any], last: Snapshot) -> tuple[list[str], SessionBooks]:
    """The journal with the exchange's ledger, over REST and in its file; and what the screen shows with the journal."""
    ours = session_books(Path(last.journal))
    name = session_name(Path(last.journal))
    found = [f"over REST: {one}" for one in differences(ours, ledger_books(ledger, START_CASH), name)]
    found += [f"in its file: {one}" for one in differences(ours, file_books(exchange.kept_in, START_CASH), name)]
    if last.error:
        found.append(f"the session failed: {last.error}")
    if abs(last.account.cash - float(ours.cash)) > 0.005:
        found.append(f"the screen shows cash {last.account.cash}, the journal adds up to {ours.cash}")
    shown = {p.symbol: p.quantity for p in last.positions if p.quantity}
    added = {s: float(q) for s, q in ours.positions.items() if q}
    if shown != added:
        found.append(f"the screen shows {shown}, the journal adds up to {added}")
    return found, ours


def market_start_ns(status: dict[str, Any]) -> int:
    """When the market began."""
    from tradetui.engine.gateways.alpaca.wire import instant

    return instant(status["start"]) or 0


def figures(last: Snapshot, books: SessionBooks, injected: list[dict[str, str]], watch: Watch) -> dict[str, Any]:
    """What happened, in numbers."""
    hits = Counter(f"{hit['target']} {hit['kind']}" for hit in injected)
    hits["manual_order"] = watch.asked["manual_order"]
    hits["account_restricted"] = watch.asked["account_restricted"]
    feed, way = last.feeds[0], last.execution
    assert way is not None
    counts = books.counts
    return {
        "market_rows": last.events,
        "signals": counts["signals"],
        "orders": counts["orders"],
        "rejected": counts["rejected"],
        "fills": counts["fills"],
        "partial_fills": counts["partial fills"],
        "fills_of_others": counts["fills of others"],
        "pairs_sent": counts["targets sent"],
        "stops_filled": counts["stops filled"],
        "targets_filled": counts["targets filled"],
        "exits_lessened": counts["exits lessened"],
        "faults": dict(sorted(hits.items())),
        "faults_total": sum(hits.values()),
        "manual_orders_by_status": {str(status): n for status, n in sorted(watch.manual.items())},
        "reconnects_feed": feed.reconnects,
        "gaps_feed": feed.gaps,
        "conflated": feed.conflated,
        "reconnects_orders": way.reconnects,
        "unresolved": counts["unresolved"],
        "resolved": counts["resolved"],
        "unresolved_left": counts["unresolved left"],
        "reconciliations": counts["reconciliations"],
        "transient_differences": counts["transient differences"],
        "share_of_time_by_state": {state: round(n / watch.looks, 3) for state, n in watch.holding.items()},
        "cash": str(books.cash),
        "positions": {s: str(q) for s, q in sorted(books.positions.items()) if q},
        "journal": last.journal,
    }


def table(told: dict[str, Any]) -> str:
    """A line a figure."""
    lines = []
    for name, value in told.items():
        if isinstance(value, dict):
            lines.append(f"{name.replace('_', ' ')}:")
            lines += [f"    {key:36}{one:>12}" for key, one in value.items()]
        elif isinstance(value, list):
            lines += [f"{name.replace('_', ' '):40}{len(value):>12}", *(f"    {one}" for one in value)]
        else:
            lines.append(f"{name.replace('_', ' '):40}{value!s:>12}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
