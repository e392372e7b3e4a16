"""Positions that end by a stop and a target, and trades in coins, on the real practice exchange: the books are its own.

The market stands until a test lets it go on by a minute, once everything before has been told.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, NamedTuple

import pytest

from practice_market import ACME, ASSETS, BTC, MINUTE_NS, NANO, OPEN_NS, Story, session_of
from tradetui.engine.bus import EventBus
from tradetui.engine.config import run_config
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
from tradetui.engine.live.session import Connected, LiveSession
from tradetui.engine.live.sessions import replay_session
from tradetui.engine.model.events import Event, FillEvent, OrderEvent, ReconciliationEvent, RefusalEvent, RiskEvent
from tradetui.engine.model.snapshot import Snapshot
from tradetui.engine.practice.engine_matcher import EngineMatcher
from tradetui.engine.practice.faults import Rule
from tradetui.engine.practice.in_thread import ExchangeThread
from tradetui.engine.practice.venue import Venue
from tradetui.engine.practice.world import World
from tradetui.engine.trading.portfolio import Portfolio

WAIT_S = 60.0
STRATEGIES = Path(__file__).parents[2] / "support" / "bracket_strategies.py"
pytestmark = pytest.mark.slow


class Traded(NamedTuple):
    """What a session's journal says, and what the exchange has."""

    journal: Path
    events: list[Event]
    ledger: dict[str, Any]
    groups: list[dict[str, Any]]
    strategy: str

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if type(event) is kind]

    def books(self) -> Portfolio:
        """Our books, added up from the journal."""
        portfolio = Portfolio(Decimal(100_000))
        for fill in self.of(FillEvent):
            portfolio.apply(fill)
        return portfolio

    def agree(self) -> None:
        """Money, units and orders are the exchange's, to the last digit, and nothing was anybody else's."""
        books = self.books()
        assert books.cash == Decimal(self.ledger["cash"])
        held = {symbol: position.quantity for symbol, position in books.open.items()}
        assert held == {symbol: Decimal(units) for symbol, units in self.ledger["positions"].items()}
        assert [e.differences for e in self.of(ReconciliationEvent) if e.differences] == []
        assert [e for e in self.of(RiskEvent) if e.check in ("FOREIGN", "RECONCILIATION", "UNPROTECTED")] == []
        assert [e for e in self.of(FillEvent) if not e.order_id] == []


def market(prices: list[float], size: int = 400) -> Callable[[], Venue]:
    """A minute a price: the quote at its start, a trade at its bid a second later."""
    at = [(OPEN_NS + i * MINUTE_NS, round(price * NANO)) for i, price in enumerate(prices)]
    both = [(at_ns, code, price * scale) for at_ns, price in at for code, scale in ((0, 1), (1, 500))]
    quotes = [(ns, code, price, size * NANO, price + NANO // 50, size * NANO) for ns, code, price in both]
    trades = [(ns + NANO, code, price, 3 * NANO, -1) for ns, code, price in both]

    def make() -> Venue:
        story = Story(EngineMatcher(), OPEN_NS - 1, rate_per_minute=100_000, data_rate_per_minute=100_000)
        world = World(session_of(quotes, trades, [at_ns for at_ns, _ in at]), story.exchange)
        return Venue(world, {"PKTEST": "test-secret"})

    assert {asset.symbol for asset in ASSETS} >= {ACME, BTC}
    return make


def trade(
    folder: Path,
    make: Callable[[], Venue],
    minutes: int,
    symbol: str,
    strategy: str,
    *,
    storm: Random | None = None,
    **options: Any,
) -> Traded:
    """A session on one symbol, a minute after the other, each once the one before has settled."""
    config = run_config({"strategy": f"{STRATEGIES}:{strategy}", **options}, "test")
    with ExchangeThread(make()) as running:

        def load(bus: EventBus[LiveInput]) -> Connected:
            return open_session(config, (symbol,), "practice", folder, broker(running), bus)

        session = LiveSession(load, "PRACTICE")
        session.start()
        until(session, lambda shown: shown.account.cash and not shown.holds)
        for minute in range(1, minutes + 1):
            to_ns = OPEN_NS + minute * MINUTE_NS + 2 * NANO
            if storm is not None:
                running.call(partial(_strike, storm=storm))
            running.call(partial(Venue.advance, to_ns=to_ns))
            until(session, partial(_arrived, running, minute))
        running.call(lambda venue: venue.faults.clear())
        until(session, partial(_agrees, running))
        session.stop()
        ledger = running.call(Venue.ledger)
        groups = running.call(
            lambda venue: [venue.exchange.desk.render(o) for o in venue.exchange.orders.by_id.values()]
        )
    path = Path(session.snapshot().journal)
    with open_journal(path) as reader:
        return Traded(path, list(reader.events()), ledger, groups, config.strategy)


def broker(running: ExchangeThread) -> Broker:
    waits = Waits(first_s=0.05, longest_s=0.2)
    rest, socket = RestConfig(per_minute=100_000, waits=waits, read_s=0.5), SocketConfig(waits=waits)
    address = f"ws://{running.host}:{running.port}"
    feed = FeedConfig(
        rest_url=running.url,
        stock_stream_url=f"{address}/v2/iex",
        crypto_stream_url=f"{address}/v1beta3/crypto/us",
        rest=rest,
        socket=socket,
        freshness=FreshnessConfig(late_s=WAIT_S, stale_s=WAIT_S),  # the market stands while a test waits
    )
    execution = ExecutionConfig(
        rest_url=running.url,
        stream_url=f"{address}/stream",
        rest=rest,
        socket=socket,
        poll_s=0.3,
        lookup_window_s=1.0,
    )
    return Broker(feed, execution, Credentials("PKTEST", "test-secret"))


def until(session: LiveSession, holds: Callable[[Snapshot], Any]) -> None:
    end, pause = monotonic() + WAIT_S, threading.Event()
    while not holds(session.snapshot()):
        assert monotonic() < end, session.snapshot()
        pause.wait(0.01)


def _arrived(running: ExchangeThread, minute: int, shown: Snapshot) -> bool:
    """The minute's bar has been decided upon, and all that came of it is told."""
    assert not shown.error
    there = shown.clock_ns >= OPEN_NS + minute * MINUTE_NS
    return there and not shown.orders_unconfirmed and _agrees(running, shown)


def _strike(venue: Venue, storm: Random) -> None:
    """Three things go wrong with what is sent and what is told of it."""
    for _ in range(3):
        if storm.random() < 0.5:
            kind, method = (
                storm.choice(("500_before", "500_after", "drop", "timeout_after", "429")),
                storm.choice(_ASKED),
            )
            venue.faults.add(Rule(kind, method=method, path="/v2/orders"))
        else:
            kind = storm.choice(("drop", "duplicate", "reorder", "delay", "lost_fill", "disconnect_mid_frame"))
            venue.faults.add(Rule(kind, target="trade_updates", after=storm.randrange(3)))


_ASKED = ("POST", "POST", "DELETE", "GET")


def _agrees(running: ExchangeThread, shown: Snapshot) -> bool:
    ledger = running.call(Venue.ledger)
    working = sum(order["status"] in ("new", "held", "accepted", "partially_filled") for order in ledger["orders"])
    held = {position.symbol: position.quantity for position in shown.positions if position.quantity}
    return held == {s: float(units) for s, units in ledger["positions"].items()} and working == len(shown.orders)


def test_a_position_ends_by_its_target_and_the_next_by_its_stop(tmp_path: Path) -> None:
    prices = [100.0, 100.0, 100.5, 101.5, 101.5, 101.5, 101.0, 100.0, 100.0, 100.0]
    traded = trade(tmp_path, market(prices), 9, ACME, "Bracketed", quantity=10)
    roles = [fill.role for fill in traded.of(FillEvent)]
    assert roles[:4] == ["open", "take_profit", "open", "stop_loss"]
    pairs = [order for order in traded.groups if order["order_class"] == "oco" and order["legs"]]
    assert [(pair["status"], pair["legs"][0]["status"]) for pair in pairs[:2]] == [
        ("filled", "canceled"),
        ("canceled", "filled"),
    ]
    assert traded.of(RefusalEvent) == []
    traded.agree()
    found = replay_session(traded.journal, traded.strategy)
    assert found.same, found.sentence()


def test_a_decision_to_leave_takes_both_exits_out_of_its_way(tmp_path: Path) -> None:
    traded = trade(tmp_path, market([100.0] * 7), 6, ACME, "RoundTrips", quantity=10)
    roles = [fill.role for fill in traded.of(FillEvent)]
    assert roles[:4] == ["open", "close", "open", "close"]
    traded.agree()
    assert replay_session(traded.journal, traded.strategy).same


def test_an_entry_that_fills_in_parts_is_protected_part_by_part(tmp_path: Path) -> None:
    traded = trade(tmp_path, market([100.0, 100.0, 100.01, 100.02, 102.0, 102.0]), 5, ACME, "Bracketed",
                   parameters={"units": 700.0})  # fmt: skip
    entries = [fill.quantity for fill in traded.of(FillEvent) if fill.order_id == 1]
    stops = [order.quantity for order in traded.of(OrderEvent) if order.role == "stop_loss" and order.parent == 1]
    assert len(entries) > 1
    assert sum(entries) == 700
    assert stops == entries
    traded.agree()
    assert replay_session(traded.journal, traded.strategy).same


@pytest.mark.parametrize(("seed", "strategy"), [(1, "Bracketed"), (2, "Bracketed"), (3, "RoundTrips")])
def test_whatever_goes_wrong_with_its_exits_nothing_is_sold_twice_and_the_books_are_right_in_the_end(
    tmp_path: Path, seed: int, strategy: str
) -> None:
    chance = Random(seed)
    prices = [100.0] * 2 + [round(100 + chance.uniform(-1.6, 1.6), 2) for _ in range(22)]
    traded = trade(
        tmp_path, market(prices), 22, ACME, strategy, storm=Random(seed), parameters={"units": 500.0}
    )  # fmt: skip
    books = traded.books()
    assert books.cash == Decimal(traded.ledger["cash"])
    assert {s: p.quantity for s, p in books.open.items()} == {
        s: Decimal(units) for s, units in traded.ledger["positions"].items()
    }
    assert [e for e in traded.of(FillEvent) if not e.order_id] == []
    assert [e for e in traded.of(RiskEvent) if e.check in ("FOREIGN", "OVERFILL")] == []
    held = Decimal(0)
    for row in traded.ledger["activities"]:
        held += Decimal(row["qty"]) * (1 if row["side"] == "buy" else -1)
        assert held >= 0
    assert len({fill.role for fill in traded.of(FillEvent)}) >= 2
    found = replay_session(traded.journal, traded.strategy)
    assert found.same, found.sentence()


def test_round_trips_in_coins_leave_no_difference_to_the_last_digit(tmp_path: Path) -> None:
    prices = [100.0, 100.1, 100.23, 99.7, 100.4, 100.1, 100.3, 100.2]
    traded = trade(
        tmp_path, market(prices), 7, BTC, "RoundTrips",
        parameters={"units": 0.123456789, "stop": 0.0, "target": 0.0}, instruments={BTC: {"lot": "0.000000001"}},
    )  # fmt: skip
    fills = traded.of(FillEvent)
    assert [fill.role for fill in fills[:4]] == ["open", "close", "open", "close"]
    assert all(fill.fee > 0 for fill in fills)
    assert fills[0].quantity < Decimal("0.123456789")
    traded.agree()
    assert traded.books().imbalance({BTC: Decimal(50_000)}) == 0
    assert replay_session(traded.journal, traded.strategy).same
