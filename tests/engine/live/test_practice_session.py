"""One recorded session on the real practice exchange: what it decided comes again, and nothing in it can be changed.

The exchange runs in a thread of this process and its market stands until a test lets it go on, so that nothing here
depends on how fast anything is.
"""

from __future__ import annotations

import shutil
import sys
import threading
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import msgspec
import polars as pl
import pytest

from fault_storm import Fault, Storm
from practice_books import differences, ledger_books, session_books
from practice_session import session_name
from tradetui.data.catalog import sample_session
from tradetui.engine.bus import EventBus
from tradetui.engine.config import run_config
from tradetui.engine.errors import TradetuiError
from tradetui.engine.gateways.alpaca.config import (
    ExecutionConfig,
    FeedConfig,
    FreshnessConfig,
    RestConfig,
    SocketConfig,
    Waits,
)
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.gateways.live_words import LiveInput
from tradetui.engine.journal.reader import open_journal
from tradetui.engine.live.opening import Broker, open_session
from tradetui.engine.live.recorder import recording_of
from tradetui.engine.live.session import Connected, LiveSession
from tradetui.engine.live.sessions import replay_session
from tradetui.engine.model.events import Event, FillEvent, OrderEvent, SignalEvent
from tradetui.engine.model.snapshot import Snapshot
from tradetui.engine.practice.config import PracticeConfig
from tradetui.engine.practice.faults import Rule
from tradetui.engine.practice.in_thread import ExchangeThread
from tradetui.engine.practice.opening import open_venue
from tradetui.engine.practice.venue import Venue

WAIT_S = 60.0
MINUTES, MINUTE_NS = 40, 60 * 10**9
LATE_NS = 20 * 10**9  # of a minute's end, where frames are lost
CREDENTIALS = Credentials("PKTEST", "test-secret")
pytestmark = pytest.mark.slow


class Practised(NamedTuple):
    """A session that ended, and the books of the exchange that it traded on."""

    journal: Path
    ledger: dict[str, Any]
    last: Snapshot
    injected: Counter[str]


def until(session: LiveSession, holds: Callable[[Snapshot], Any]) -> None:
    """Wait for a picture for which it holds."""
    end, pause = monotonic() + WAIT_S, threading.Event()
    while not holds(session.snapshot()):
        assert monotonic() < end, session.snapshot()
        pause.wait(0.005)


def settled(shown: Snapshot) -> bool:
    """Whether the venue has told what became of every order that does not rest."""
    assert not shown.error
    return not shown.orders_unconfirmed and not any(order.type == "market" for order in shown.orders)


def broker_of(running: ExchangeThread) -> Broker:
    """Where the exchange is; impatient, so that what hangs and what is lost is found soon."""
    waits = Waits(first_s=0.05, longest_s=0.2)
    rest = RestConfig(per_minute=100_000, read_s=0.5, waits=waits)
    socket = SocketConfig(ping_every_s=0.2, ping_patience_s=0.3, waits=waits)
    address = f"ws://{running.host}:{running.port}"
    return Broker(
        FeedConfig(
            rest_url=running.url,
            stock_stream_url=f"{address}/v2/iex",
            rest=rest,
            socket=socket,
            freshness=FreshnessConfig(late_s=WAIT_S, stale_s=WAIT_S),  # the market stands while a test waits
        ),
        ExecutionConfig(
            rest_url=running.url,
            stream_url=f"{address}/stream",
            rest=rest,
            socket=socket,
            lookup_window_s=1.0,
            poll_s=0.3,
        ),
        CREDENTIALS,
    )


def practise(folder: Path, minutes: int, storm: Callable[[int], list[Fault]] | None = None) -> Practised:
    """Trade so many minutes of the bundled session, each once the one before has settled; faults come before it."""
    parameters = {"period": 3, "entry": 52.0, "exit": 48.0}
    config = run_config({"strategy": "momentum", "parameters": parameters, "quantity": 10}, "test")
    market = sample_session()
    settings = PracticeConfig(rate_per_minute=100_000, data_rate_per_minute=100_000, seed=5)
    venue = open_venue(market, {"PKTEST": "test-secret"}, settings, running=False).venue
    first_ns = venue.world.start_ns // MINUTE_NS * MINUTE_NS
    with ExchangeThread(venue) as running:

        def load(bus: EventBus[LiveInput]) -> Connected:
            return open_session(config, market.symbols, "practice", folder, broker_of(running), bus)

        session = LiveSession(load, "PRACTICE")
        session.start()
        until(session, lambda shown: shown.account.cash and not shown.holds)
        for minute in range(1, minutes + 1):
            for fault in storm(minute) if storm else ():
                running.call(partial(strike, fault=fault))
            to_ns = first_ns + minute * MINUTE_NS
            running.call(partial(Venue.advance, to_ns=to_ns))
            until(session, partial(arrived, to_ns=to_ns, whole=storm is None))
        running.call(calm)
        until(session, lambda shown: settled(shown) and agrees(shown, running.call(Venue.ledger)))
        session.stop()
        ledger = msgspec.json.decode(msgspec.json.encode(running.call(Venue.ledger)))
        injected = Counter(f"{hit.target} {hit.kind}" for hit in venue.faults.log)
    return Practised(Path(session.snapshot().journal), ledger, session.snapshot(), injected)


def arrived(shown: Snapshot, to_ns: int, whole: bool) -> bool:
    """Whether the session has what the market did until then; in a storm, most of it, or no connection."""
    if not settled(shown):
        return False
    lost = not whole and any(feed.state not in ("OK", "LATE") for feed in shown.feeds)
    return lost or shown.clock_ns >= to_ns - (0 if whole else LATE_NS)


def strike(venue: Venue, fault: Fault) -> None:
    """Have something go wrong."""
    if fault.kind == "manual_order":
        venue.exchange.submit(fault.body, foreign=True)
    elif fault.kind == "account_restricted":
        venue.exchange.account.restricted = True
    else:
        venue.faults.add(msgspec.convert(fault.body, Rule))


def calm(venue: Venue) -> None:
    venue.faults.clear()
    venue.exchange.account.restricted = False


def agrees(shown: Snapshot, ledger: dict[str, Any]) -> bool:
    """Whether the screen shows what the exchange has: it comes to be so, however long a lost fill takes to be found."""
    held = {symbol: float(units) for symbol, units in ledger["positions"].items()}
    mine = {position.symbol: position.quantity for position in shown.positions if position.quantity}
    return held == mine and abs(shown.account.cash - float(ledger["cash"])) < 0.005


@pytest.fixture(scope="module")
def practised(tmp_path_factory: pytest.TempPathFactory) -> Practised:
    return practise(tmp_path_factory.mktemp("sessions"), MINUTES)


@pytest.fixture
def copy(practised: Practised, tmp_path: Path) -> Path:
    """The session file, with its recording beside it, to be changed."""
    shutil.copytree(practised.journal.parent, tmp_path / "s")
    return tmp_path / "s" / practised.journal.name


def decided(events: list[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, SignalEvent | OrderEvent | FillEvent)]


def provable(path: Path) -> bool:
    try:
        return replay_session(path).same
    except TradetuiError:
        return False


def verify(path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of `tradetui journal replay PATH --verify`."""
    from tradetui.tui.cli import main

    monkeypatch.setattr(sys, "argv", ["tradetui", "journal", "replay", str(path), "--verify"])
    try:
        main()
    except SystemExit as left:
        return int(left.code or 0)
    return 0


def test_its_recording_gives_the_same_signals_orders_and_fills_in_the_same_order(practised: Practised) -> None:
    with open_journal(practised.journal) as reader:
        recorded = decided(list(reader.events()))
    found = replay_session(practised.journal)
    assert found.same, found.sentence()
    assert (found.signals, found.orders, found.fills) == tuple(
        sum(isinstance(event, kind) for event in recorded) for kind in (SignalEvent, OrderEvent, FillEvent)
    )
    assert min(found.signals, found.orders, found.fills) >= 10


def test_its_books_are_those_of_the_exchange(practised: Practised) -> None:
    ours, theirs = session_books(practised.journal), ledger_books(practised.ledger, Decimal(100_000))
    assert differences(ours, theirs, session_name(practised.journal)) == []
    assert practised.last.account.cash == pytest.approx(float(theirs.cash))


def test_the_command_proves_it(practised: Practised, monkeypatch: pytest.MonkeyPatch) -> None:
    assert verify(practised.journal, monkeypatch) == 0


@pytest.mark.parametrize("table", ["quotes", "trades", "bars"])
def test_a_row_of_the_recording_that_was_changed_is_found(
    copy: Path, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However little it decided."""
    from tradetui.data.column_bars import metadata_of
    from tradetui.data.files import read_content

    file = max(recording_of(copy).glob(f"{table}-*.parquet"))
    frame = pl.read_parquet(file)
    column = {"quotes": "bid_size", "trades": "size", "bars": "volume"}[table]
    changed = frame.with_columns(pl.when(pl.int_range(pl.len()) == 3).then(pl.col(column) + 1).otherwise(column))
    changed.write_parquet(file, metadata=metadata_of(read_content(file)))
    assert verify(copy, monkeypatch) != 0


def test_a_byte_of_the_recording_that_was_changed_is_found(copy: Path) -> None:
    """Of the columns' values; a few bytes of a Parquet file say nothing that anybody reads."""
    file = min(recording_of(copy).glob("trades-*.parquet"))
    raw = file.read_bytes()
    places = range(64, len(raw) // 2, len(raw) // 24)
    found = 0
    for at in places:
        file.write_bytes(raw[:at] + bytes((raw[at] ^ 0x10,)) + raw[at + 1 :])
        found += not provable(copy)
    assert found == len(places)
    file.write_bytes(raw)
    assert provable(copy)


def test_a_file_of_the_recording_that_is_gone_is_found(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    max(recording_of(copy).glob("quotes-*.parquet")).unlink()
    assert verify(copy, monkeypatch) != 0


def test_a_byte_of_the_journal_that_was_changed_is_found(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = bytearray(copy.read_bytes())
    with open_journal(copy) as reader:
        block = max(reader.blocks(), key=lambda block: len(block.payload))
    at = raw.find(block.payload[:64]) + len(block.payload) // 2
    raw[at] ^= 0x10
    copy.write_bytes(bytes(raw))
    assert verify(copy, monkeypatch) != 0


# -- the short form of tests/bench/practice_faults.py

HOLDING = ("data disconnect_mid_frame", "data half_open", "account_restricted")  # for a minute: they come last
STRUCK = {
    "rest 429", "rest 500_before", "rest drop", "rest fill_before_ack", "trade_updates lost_fill", "trade_updates drop",
    "trade_updates duplicate", "trade_updates reorder", "trade_updates disconnect_mid_frame", "data duplicate",
}  # fmt: skip


def storm_of(seed: int, symbols: tuple[str, ...]) -> Callable[[int], list[Fault]]:
    """Two faults a minute from a seed."""
    faults = (fault for _, fault in Storm(seed, symbols).faults())

    def of(minute: int) -> list[Fault]:
        wanted = []
        while len(wanted) < 2:
            fault = next(faults)
            if fault.kind not in HOLDING or minute > MINUTES * 3 // 4:
                wanted.append(fault)
        return wanted

    return of


@pytest.mark.parametrize("seed", [6])
def test_in_a_storm_of_faults_its_books_come_to_be_those_of_the_exchange_and_it_still_proves_itself(
    tmp_path: Path, seed: int
) -> None:
    practised = practise(tmp_path, MINUTES, storm_of(seed, sample_session().symbols))
    ours, theirs = session_books(practised.journal), ledger_books(practised.ledger, Decimal(100_000))
    assert differences(ours, theirs, session_name(practised.journal)) == []
    assert replay_session(practised.journal).same
    assert set(practised.injected) >= STRUCK
    assert ours.counts["unresolved"] == ours.counts["resolved"] > 0
    assert ours.counts["fills"] >= 5
