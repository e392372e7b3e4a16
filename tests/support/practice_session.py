"""A live session on a practice exchange that runs, as `tradetui practice` opens one; and what is asked of both."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from practice_process import Exchange
from tradetui.engine.bus import EventBus
from tradetui.engine.config import run_config
from tradetui.engine.gateways.live_words import LiveInput
from tradetui.engine.journal.reader import open_journal
from tradetui.engine.live.opening import Broker, OpenStore, open_session
from tradetui.engine.live.session import Connected, LiveSession
from tradetui.tui.cli.practice_exchange import symbols_at

STRATEGIES = Path(__file__).with_name("practice_strategies.py")
LOOK_S = 0.1
STILL_LOOKS = 20  # in a row, for which nothing may be under way


def symbols_of(broker: Broker) -> list[str]:
    """What it trades, by name."""
    return symbols_at(broker.execution.rest_url, broker.credentials)


def session_on(
    broker: Broker,
    folder: Path,
    strategy: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    symbols: Sequence[str] = (),
    heard: Callable[[EventBus[LiveInput]], None] = lambda _: None,
    connected: Callable[[Connected], object] = lambda _: None,
    store: OpenStore | None = None,
    **settings: Any,
) -> LiveSession:
    """A session that has not been started; `strategy` is a class of practice_strategies.

    `heard` is given its inbox, `connected` all that it is made of.
    """
    config = run_config(
        {"strategy": f"{STRATEGIES}:{strategy}", "parameters": dict(parameters or {}), **settings}, "this run"
    )

    def load(bus: EventBus[LiveInput]) -> Connected:
        heard(bus)
        names = list(symbols) or symbols_of(broker)
        made = open_session(config, names, "practice", folder / "sessions", broker, bus, store)
        connected(made)
        return made

    return LiveSession(load, "PRACTICE")


def begin(session: LiveSession, most_s: float = 60.0) -> None:
    """Start it, and wait until it has compared its account: nothing holds it back any more."""
    session.start()
    wait_until(lambda: session.snapshot().phase == "failed" or _trades(session), most_s)
    if session.snapshot().phase == "failed":
        raise RuntimeError(session.snapshot().error)


def _trades(session: LiveSession) -> bool:
    shown = session.snapshot()
    return shown.phase == "running" and bool(shown.account.cash) and not shown.holds


def quiet(exchange: Exchange, session: LiveSession, most_s: float = 120.0) -> None:
    """No more faults, a market that stands, and then nothing under way for a while."""
    exchange.control("DELETE", "faults")
    exchange.control("POST", "clock", {"running": False})
    still, end = 0, time.monotonic() + most_s
    before: object = None
    while still < STILL_LOOKS and time.monotonic() < end:
        time.sleep(LOOK_S)
        shown = session.snapshot()
        if shown.phase == "failed":
            return
        way = shown.execution
        now = (shown.fills_total, shown.orders, shown.account.cash, way and (way.sent, way.unresolved, way.state))
        at_rest = now == before and way is not None and not way.unresolved and way.state == "OK"
        still, before = (still + 1 if at_rest and not shown.orders_unconfirmed else 0), now


def session_name(path: Path) -> str:
    """What its orders' ids begin with."""
    with open_journal(path) as reader:
        return reader.header.details.run_id


def wait_until(holds: Callable[[], Any], most_s: float) -> None:
    """Until it is so; TimeoutError."""
    end = time.monotonic() + most_s
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError("it did not come to be so")
        time.sleep(LOOK_S)
