"""What a venue refuses: on the screen and in the log with what to do, the engine alive, nothing sent twice."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
import pytest
from test_practice_exits import broker, market
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from practice_market import ACME, MINUTE_NS, NANO, OPEN_NS
from tradetui.engine.bus import EventBus
from tradetui.engine.config import run_config
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.gateways.live_words import LiveInput
from tradetui.engine.live.opening import Broker, open_session
from tradetui.engine.live.session import Connected, LiveSession
from tradetui.engine.model.snapshot import Snapshot
from tradetui.engine.practice.in_thread import ExchangeThread
from tradetui.engine.practice.venue import Venue
from tradetui.engine.practice.wire import amount

WAIT_S = 30.0
STRATEGIES = Path(__file__).parents[2] / "support" / "practice_strategies.py"
ADVICE_ON_KEYS = "check that the keys are right, not revoked, and of this environment"
pytestmark = pytest.mark.slow


class Rig:
    """A session that is given a reason to order at each minute, and the exchange it trades on."""

    def __init__(self, running: ExchangeThread, session: LiveSession, log: pytest.LogCaptureFixture) -> None:
        self.running, self.session, self._log = running, session, log
        self._minute = 0

    def until(self, holds: Callable[[Snapshot], Any]) -> Snapshot:
        end, pause = monotonic() + WAIT_S, threading.Event()
        while not holds(self.session.snapshot()):
            assert monotonic() < end, self.session.snapshot()
            pause.wait(0.01)
        return self.session.snapshot()

    def ready(self) -> Rig:
        self.until(lambda shown: shown.account.cash and not shown.holds)
        return self

    def minute(self) -> None:
        """The market goes on."""
        self._minute += 1
        to_ns = OPEN_NS + self._minute * MINUTE_NS + 2 * NANO
        self.running.call(lambda venue: venue.advance(to_ns))

    def logged(self, text: str) -> None:
        self.until(lambda _: text in self._log.text)

    def said(self, text: str) -> None:
        """Somewhere on the screen."""
        self.until(lambda shown: text in repr(shown))

    def ids(self) -> list[str]:
        """Of every order that the venue ever took."""
        return self.running.call(lambda venue: [o.client_order_id for o in venue.exchange.orders.by_id.values()])


@contextmanager
def trading(
    folder: Path, log: pytest.LogCaptureFixture, change: Callable[[Broker], Broker] = lambda same: same
) -> Iterator[Rig]:
    log.set_level(logging.INFO, "tradetui")
    config = run_config({"strategy": f"{STRATEGIES}:EveryTick", "parameters": {"orders_s": 1.0}}, "test")
    with ExchangeThread(market([100.0 + i for i in range(12)])()) as running:

        def load(bus: EventBus[LiveInput]) -> Connected:
            return open_session(config, (ACME,), "practice", folder, change(broker(running)), bus)

        session = LiveSession(load, "PRACTICE")
        session.start()
        try:
            yield Rig(running, session, log)
            assert session.snapshot().phase == "running"
        finally:
            session.stop()
        assert session.snapshot().phase == "finished"
        ids = running.call(lambda venue: [o.client_order_id for o in venue.exchange.orders.by_id.values()])
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize("key", ["PKWRONG", "AKLIVE"], ids=["wrong keys", "keys of the other environment"])
def test_wrong_keys(tmp_path: Path, caplog: pytest.LogCaptureFixture, key: str) -> None:
    def wrong(found: Broker) -> Broker:
        found.credentials = Credentials(key, "a-secret-nobody-may-see")
        return found

    with trading(tmp_path, caplog, wrong) as rig:
        rig.until(lambda shown: shown.execution and shown.execution.state == "REFUSED")
        rig.said(ADVICE_ON_KEYS)
        rig.logged(ADVICE_ON_KEYS)
        assert rig.session.snapshot().holds
        assert rig.ids() == []
        assert key not in caplog.text + repr(rig.session.snapshot())
        assert "a-secret" not in caplog.text + repr(rig.session.snapshot())


def test_keys_that_are_revoked_while_it_trades(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with trading(tmp_path, caplog) as rig:
        rig.ready()
        rig.running.call(lambda venue: venue.keys.revoke("PKTEST"))
        rig.until(lambda shown: shown.execution and shown.execution.state == "REFUSED")
        rig.until(lambda shown: any(ADVICE_ON_KEYS in hold for hold in shown.holds))
        rig.logged(ADVICE_ON_KEYS)


def test_an_account_that_is_restricted_while_it_trades(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with trading(tmp_path, caplog) as rig:
        rig.ready()
        rig.running.call(lambda venue: setattr(venue.exchange.account, "restricted", True))
        rig.minute()
        rig.logged("account is restricted from trading (HTTP 403): the broker's own page says why")
        rig.until(lambda shown: any("the account may not trade" in hold for hold in shown.holds))
        rig.logged("the account may not trade")
        rig.said("account is restricted from trading (HTTP 403): the broker's own page says why")
        assert rig.ids() == []


def test_buying_power_that_does_not_suffice(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with trading(tmp_path, caplog) as rig:
        rig.ready()
        rig.running.call(_take_money)
        rig.minute()
        rig.logged("insufficient buying power")
        rig.logged("make it smaller, or close something first")
        rig.said("make it smaller, or close something first")


def test_a_symbol_that_is_halted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with trading(tmp_path, caplog) as rig:
        rig.ready()
        rig.running.call(lambda venue: venue.exchange.halt(ACME, True))
        rig.minute()
        rig.logged("is not tradable")
        rig.logged("wait until it is again")
        rig.said("wait until it is again")
        assert rig.ids() == []


def _take_money(venue: Venue) -> None:
    """All but a dollar, of which nobody is told."""
    exchange = venue.exchange
    all_but_one = amount("-99999")
    assert all_but_one is not None
    exchange.account.ledger.move_cash(all_but_one, "JNLC", "moved by hand", exchange.desk.stamp())


@contextmanager
def hostile(greeting: list[str], frames: list[str | bytes]) -> Iterator[str]:
    """A stream that lets everybody in with `greeting`, one answer to each message, and then says its frames."""

    def talk(ws: ServerConnection) -> None:
        try:
            for number, answer in enumerate(greeting):
                if number:
                    ws.recv(timeout=WAIT_S)
                ws.send(answer)
            for frame in frames:
                ws.send(frame)
            for _ in ws:
                pass
        except (ConnectionClosed, TimeoutError):
            return

    with serve(talk, "127.0.0.1", 0, max_size=None) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/v2/iex"
        finally:
            server.shutdown()
            thread.join(5)


GARBAGE: list[str | bytes] = [
    "not json",
    b"\x00\xff\x00",
    "[" * 100_000,
    json.dumps([{"T": "n", "headline": "x" * (1 << 20)}]),  # a megabyte
    json.dumps([{"T": "never heard of", "S": ACME}, {"T": "q", "S": ACME, "bp": 1e300, "t": "2026-04-01T13:30:00Z"}]),
    json.dumps([{"T": "s", "S": ACME, "sc": "?", "sm": "no code that is known", "t": "x"}]),
]
GOOD = {"T": "q", "S": ACME, "bp": 100, "bs": 4, "ap": 100.02, "as": 4, "t": "2026-04-01T13:30:00.5Z"}


def test_garbage_unknown_words_and_a_frame_of_a_megabyte(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    in_ = [
        '[{"T":"success","msg":"connected"}]',
        '[{"T":"success","msg":"authenticated"}]',
        '[{"T":"subscription","quotes":["ACME"]}]',
    ]
    with hostile(in_, [*GARBAGE, json.dumps([GOOD])]) as url:

        def change(found: Broker) -> Broker:
            found.feed = msgspec.structs.replace(found.feed, stock_stream_url=url)
            return found

        with trading(tmp_path, caplog, change) as rig:
            rig.until(lambda shown: shown.events >= 1)
            rig.said("not readable, left out: is this the venue's address, is tradetui up to date?")
            rig.logged("not readable, left out: is this the venue's address, is tradetui up to date?")
