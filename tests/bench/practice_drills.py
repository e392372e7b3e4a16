"""Drills of a live session on a real practice exchange: killed with -9 again and again, and halted again and again.

    python tests/bench/practice_drills.py kill --times 50 --seed 1
    python tests/bench/practice_drills.py halt --times 100

kill: a session in a process of its own trades three strategies, is killed at a random moment, goes on from its file, is
killed again. At the end its journal is compared with the exchange's ledger: lost fills, orders sent twice, positions.
halt: 100 orders rest at the exchange, twenty of them ours; the kill key is pressed. How long until no new order may
leave, until the cancels are there, until the exchange says that nothing works; then twenty positions are closed.
Exit code 1 where a bar is missed (reference: block 50 ms at p99, cancels 250 ms, none open 2 s, flat 10 s).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from practice_books import differences, ledger_books, session_books
from practice_process import Exchange, broker_at
from practice_session import STRATEGIES, begin, quiet, session_name, session_on, symbols_of, wait_until
from tick_market import write_ticks
from tradetui.data.synthetic_market.generate import Wanted, generate
from tradetui.engine.bus import EventBus
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.gateways.alpaca.wire import instant
from tradetui.engine.gateways.live_words import LiveInput
from tradetui.engine.live.opening import resume_session
from tradetui.engine.live.session import Connected, LiveSession
from tradetui.engine.model.commands import ClosePosition, Kill, Unlock
from tradetui.engine.model.events import TradingState

START_CASH = Decimal(1_000_000)
SPEED, RUN_S = 20.0, (0.2, 3.0)
KEY, SECRET, PLACES = "DRILL_KEY", "DRILL_SECRET", "DRILL_PLACES"
SYMBOLS, RESTING = 20, 100
BLOCK_MS, CANCEL_MS, NONE_OPEN_MS, FLAT_MS = 50.0, 250.0, 2_000.0, 10_000.0
SIGHT_S = 0.001


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("drill", choices=("kill", "halt", "child"))
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="of a child: where its files are")
    parser.add_argument("--resume", type=Path, help="of a child: the session to go on with")
    options = parser.parse_args()
    if options.drill == "child":
        return child(options.folder, options.resume)
    with tempfile.TemporaryDirectory() as folder:
        run = killed if options.drill == "kill" else halted
        told = run(Path(folder), options.times, options.seed)
    print(json.dumps(told, indent=1))
    return 1 if told["missed"] else 0


# -- killed


def killed(folder: Path, times: int, seed: int) -> dict[str, Any]:
    """Kill it so often; figures, and every difference at the end."""
    chance = Random(seed)
    generate(Wanted("session", 5, 1, 40_000, seed), folder / "market", lambda *_: None)
    options = ("--data", str(folder / "market"), "--paused", "--set", f"start_cash={START_CASH}")
    with Exchange(folder, *options) as exchange:
        exchange.control("POST", "clock", {"speed": SPEED, "running": True})
        journal: Path | None = None
        lived: list[float] = []
        for _ in range(times):
            one = started(exchange, folder, journal)
            journal = journal or next((folder / "sessions").glob("*.db"))
            lived.append(chance.uniform(*RUN_S))
            time.sleep(lived[-1])
            one.kill()
            one.wait()
        last = started(exchange, folder, journal)
        exchange.control("POST", "clock", {"running": False})
        settle(exchange)
        last.send_signal(signal.SIGINT)
        code = last.wait(60)
        ledger = exchange.control("GET", "ledger")
    assert journal is not None
    ours = session_books(journal)
    found = differences(ours, ledger_books(ledger, START_CASH), session_name(journal))
    return {
        "drill": "kill -9",
        "kills": times,
        "seconds_alive": round(sum(lived), 1),
        "orders": ours.counts["orders"],
        "fills": ours.counts["fills"],
        "unresolved": ours.counts["unresolved"],
        "orders_twice": sum("twice" in one for one in found),
        "differences": found,
        "missed": [*found, *([] if code == 0 else [f"the last one ended with {code}"])],
    }


def started(exchange: Exchange, folder: Path, journal: Path | None) -> subprocess.Popen[str]:
    """A child that trades already."""
    command = [sys.executable, __file__, "child", "--folder", str(folder)]
    command += [] if journal is None else ["--resume", str(journal)]
    keys = exchange.credentials
    environment = {**os.environ, KEY: keys.key_id, SECRET: keys.secret, PLACES: json.dumps(exchange.places)}
    with (folder / "children.log").open("a") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment, text=True)
    assert process.stdout is not None
    if not process.stdout.readline():
        raise RuntimeError((folder / "children.log").read_text()[-2000:])
    return process


def child(folder: Path, resume: Path | None) -> int:
    """One life of the session: says when it trades, and ends in order when interrupted."""
    broker = broker_at(json.loads(os.environ[PLACES]), Credentials(os.environ[KEY], os.environ[SECRET]))
    parameters = {"refresh_ms": 4_000}
    if resume is None:
        session = session_on(broker, folder, "ThreeStrategies", parameters, symbols=symbols_of(broker))
    else:

        def load(bus: EventBus[LiveInput]) -> Connected:
            return resume_session(resume, broker, bus, f"{STRATEGIES}:ThreeStrategies")

        session = LiveSession(load, "PRACTICE")
    stopped: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: stopped.append(number))
    session.start()
    wait_until(lambda: session.snapshot().account.cash or session.snapshot().phase == "failed", 60)
    print(session.snapshot().error or "trading", flush=True)
    while not stopped and session.snapshot().phase != "failed":
        time.sleep(0.05)
    session.stop()
    return 1 if session.snapshot().error else 0


def settle(exchange: Exchange) -> None:
    """Until nothing has changed at the exchange, whose market stands, for longer than a session looks for an order."""
    before, since, end = "", time.monotonic(), time.monotonic() + 180
    while time.monotonic() - since < 45 and time.monotonic() < end:
        now = json.dumps(exchange.control("GET", "ledger")["orders"])
        if now != before:
            before, since = now, time.monotonic()
        time.sleep(0.5)


# -- halted


def halted(folder: Path, times: int, seed: int) -> dict[str, Any]:
    """Press the key so often, then close what is held."""
    write_ticks(folder / "market", 20.0 * SYMBOLS, 5.0 * times + 60, SYMBOLS, seed)
    options = ("--data", str(folder / "market"), "--paused", "--set", f"start_cash={START_CASH}")
    block, cancel, none_open = list[float](), list[float](), list[float]()
    with Exchange(folder, *options) as exchange:
        names = symbols_of(exchange.broker())
        session = session_on(exchange.broker(), folder, "Resting", symbols=names)
        begin(session)
        exchange.control("POST", "clock", {"speed": 1, "running": True})
        for _ in range(times):
            one = halt_once(exchange, session, names)
            for into, value in zip((block, cancel, none_open), one, strict=True):
                into.append(value)
            while session.snapshot().state != TradingState.ACTIVE:
                session.send(Unlock("the drill is over"))
                time.sleep(0.2)
        flat = flatten(exchange, session, names)
        quiet(exchange, session)
        session.stop()
        ledger = exchange.control("GET", "ledger")
    journal = Path(session.snapshot().journal)
    found = differences(session_books(journal), ledger_books(ledger, START_CASH), session_name(journal))
    told = {
        "drill": f"halt with {RESTING} orders, {SYMBOLS} of them ours",
        "times": times,
        "block_ms": figures(block),
        "cancels_there_ms": figures(cancel),
        "none_open_ms": figures(none_open),
        "flat_ms": round(flat, 1),
        "symbols": len(names),
        "differences": found,
    }
    bars = ((block, BLOCK_MS, "block"), (cancel, CANCEL_MS, "cancels"), (none_open, NONE_OPEN_MS, "none open"))
    missed = [f"{name}: {max(values):.0f} ms, {bar:g} allowed" for values, bar, name in bars if max(values) > bar]
    return told | {"missed": [*found, *missed, *([f"flat: {flat:.0f} ms"] if flat > FLAT_MS else [])]}


def halt_once(exchange: Exchange, session: LiveSession, names: list[str]) -> tuple[float, float, float]:
    """Until nothing new may leave, until the last cancel was taken, until none works; in ms since the key."""
    wait_until(lambda: len(session.snapshot().orders) >= len(names), 25)
    for number in range(RESTING - len(names)):
        body = {"symbol": names[number % len(names)], "qty": "1", "side": "buy", "type": "limit", "limit_price": "1"}
        status, answer = exchange.ask("POST", "/_practice/manual_order", {**body, "time_in_force": "gtc"})
        assert status == 200, answer
    wait_until(lambda: not session.snapshot().orders_unconfirmed, 60)
    began = time.monotonic()
    market_ns = instant(exchange.control("GET", "status")["now"]) or 0  # at speed 1 the two clocks go alike
    pressed = time.monotonic()
    session.send(Kill())
    while session.snapshot().state != TradingState.HALTED:
        time.sleep(SIGHT_S)
    blocked = time.monotonic()
    while exchange.ask("GET", "/v2/orders?status=open&limit=500")[1]:
        time.sleep(SIGHT_S)
    none_open = time.monotonic()
    orders = exchange.control("GET", "ledger")["orders"]
    ends = [instant(order["canceled_at"]) or 0 for order in orders if order["status"] == "canceled"]
    last_ms = (max(ends) - market_ns) / 1e6 - (pressed - began) * 1e3
    return (blocked - pressed) * 1e3, max(0.0, last_ms), (none_open - pressed) * 1e3


def flatten(exchange: Exchange, session: LiveSession, names: list[str]) -> float:
    """Buy all by hand, then have the session close each; ms until the exchange has no position."""
    for name in names:
        exchange.ask(
            "POST",
            "/_practice/manual_order",
            {"symbol": name, "qty": "10", "side": "buy", "type": "market", "time_in_force": "day"},
        )
    wait_until(lambda: len(session.snapshot().positions) == len(names), 60)
    pressed = time.monotonic()
    for name in names:
        session.send(ClosePosition(name, reason="the drill"))
    while exchange.ask("GET", "/v2/positions")[1]:
        time.sleep(0.01)
    return (time.monotonic() - pressed) * 1e3


def figures(values: list[float]) -> dict[str, float]:
    """In ms."""
    cuts = quantiles(values, n=100, method="inclusive") if len(values) > 1 else values * 99
    return {"p50": round(cuts[49], 1), "p99": round(cuts[98], 1), "max": round(max(values), 1)}


if __name__ == "__main__":
    sys.exit(main())
