"""An executor in front of the practice exchange: what it is told, what it says, and the venue's books. Not a test."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

import msgspec

from practice_market import ACME
from tradetui.engine.gateways.alpaca.config import ExecutionConfig, RestConfig, SocketConfig, Waits
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.gateways.alpaca.executor import AlpacaExecutor
from tradetui.engine.gateways.alpaca.rest import Clocks
from tradetui.engine.gateways.live_words import (
    Arrived,
    LiveInput,
    LookUp,
    Replace,
    Send,
    SendBracket,
    SendPair,
    VenueState,
    Withdraw,
    WithdrawAll,
)
from tradetui.engine.model.events import FeedEvent, OrderEvent, VenueReport
from tradetui.engine.practice import trade_stream
from tradetui.engine.practice.faults import Rule
from tradetui.engine.practice.in_thread import ExchangeThread

KEYS = {"PKTEST": "test-secret"}
SESSION = "s1"
WAIT_S = 60.0  # patience only: nothing waits as long on a machine that works
LOOK_S = 0.01
QUICK = Waits(first_s=0.01, longest_s=0.05)
QUICK_PINGS = SocketConfig(ping_every_s=0.05, ping_patience_s=0.05, close_s=0.05, waits=QUICK)
AFTER_THE_MINUTE = Clocks(wall_ns=lambda: time.time_ns() + 120 * 10**9)  # a venue's minute is over at once
T = TypeVar("T")


class Inbox:
    """What the engine would have been given, in order; tests wait for what they expect."""

    def __init__(self) -> None:
        self.items: list[LiveInput] = []
        self._changed = threading.Condition()

    def put(self, item: LiveInput) -> None:
        with self._changed:
            self.items.append(item.event if isinstance(item, Arrived) else item)
            self._changed.notify_all()

    def until(self, holds: Callable[[list[Any]], T], what: str = "") -> T:
        """Wait until it is so."""
        with self._changed:
            end = time.monotonic() + WAIT_S
            while not (found := holds(self.items)):
                assert time.monotonic() < end, f"{what}: {self.items}"
                self._changed.wait(LOOK_S)  # what is waited for may be somewhere else: in health, at the venue
            return found

    def reports(self, order_id: int | None = None) -> list[VenueReport]:
        with self._changed:
            found = [item for item in self.items if isinstance(item, VenueReport)]
        return [r for r in found if order_id is None or r.order_id == order_id]

    def stream(self) -> list[str]:
        """What was told of the stream of orders itself."""
        with self._changed:
            return [i.state for i in self.items if isinstance(i, FeedEvent) and i.source == "orders"]

    def words(self, order_id: int | None = None) -> list[str]:
        return [r.what for r in self.reports(order_id)]

    def report(self, what: str, order_id: int | None = None) -> VenueReport:
        """Wait for it."""

        def find(items: list[Any]) -> VenueReport | None:
            fits = (i for i in items if isinstance(i, VenueReport) and i.what == what)
            return next((i for i in fits if order_id is None or i.order_id == order_id), None)

        found = self.until(find, f"{what} of {order_id}")
        assert found is not None
        return found

    def filled(self, quantity: object, order_id: int = 1) -> None:
        """Wait until so much has been told to be filled."""
        wanted = Decimal(str(quantity))
        self.until(lambda items: _filled(items, order_id) == wanted, f"{wanted} of {order_id}")

    def state(self) -> VenueState:
        found = self.until(lambda items: next((i for i in items if isinstance(i, VenueState)), None), "a state")
        assert found is not None
        return found


def _filled(items: list[Any], order_id: int) -> Decimal:
    fills = {i.execution_id: i for i in items if isinstance(i, VenueReport) and i.what == "fill"}
    return sum((i.quantity for i in fills.values() if i.order_id == order_id), Decimal(0))


class Trader:
    """An executor and its inbox."""

    def __init__(self, server: ExchangeThread, executor: AlpacaExecutor, inbox: Inbox) -> None:
        self.server, self.executor, self.inbox = server, executor, inbox

    def send(self, order_id: int = 1, **more: Any) -> None:
        self.executor.do(Send(order(order_id, **more), client_id(order_id)))

    def pair(self, stop: str = "90", target: str = "110", **more: Any) -> None:
        """Two exits of the same ten shares: order 2 is the stop, order 3 the target."""
        self.executor.do(SendPair(exit_at(2, stop=stop, **more), exit_at(3, "+2", target=target, **more)))

    def bracket(self, entry: dict[str, Any], stop: str | None = "90", target: str | None = "110") -> None:
        """An entry, order 1, with its exits."""
        legs = ("+2" if stop else "") + ("+3" if target else "")
        self.executor.do(
            SendBracket(
                Send(order(1, **entry), client_id(1) + legs),
                exit_at(2, stop=stop) if stop else None,
                exit_at(3, target=target) if target else None,
            )
        )

    def replace(self, order_id: int, change: int = 1, *, name: str = "", **more: Any) -> None:
        name = name or client_id(order_id)
        self.executor.do(Replace(order_id, name, f"{name}.{change}", **more))

    def withdraw(self, order_id: int = 1, leg_of: str = "") -> None:
        self.executor.do(Withdraw(order_id, client_id(order_id), leg_of))

    def withdraw_all(self) -> None:
        self.executor.do(WithdrawAll())

    def look_up(self, order_id: int = 1, leg_of: str = "") -> None:
        self.executor.do(LookUp(order_id, client_id(order_id), leg_of))

    def statuses(self) -> dict[str, str]:
        """Each order at the venue by its type, the newest of a type."""
        return {order["type"]: order["status"] for order in self.orders()}

    def quote(self, bid: float, ask: float, size: float = 400, symbol: str = ACME) -> None:
        """The market moves there, and a trade is printed at the bid."""
        nanos = [round(price * 10**9) for price in (bid, size, ask, size)]

        def move(venue: Any) -> None:
            venue.exchange.quote(symbol, *nanos)
            venue.exchange.trade(symbol, nanos[0], 10**9, 0)

        self.server.call(move)

    def fault(self, kind: str, **more: Any) -> None:
        """Something goes wrong next."""
        rule = Rule(kind, **more)
        assert rule.fault() is None, rule
        self.server.call(lambda venue: venue.faults.add(rule))

    def orders(self) -> list[dict[str, Any]]:
        """Every order that the venue ever took, as it has it."""
        return self.server.call(
            lambda venue: [venue.exchange.desk.render(o, False) for o in venue.exchange.orders.by_id.values()]
        )

    def position(self, symbol: str = ACME) -> Decimal:
        return self.server.call(lambda venue: venue.exchange.account.ledger.quantity(symbol))

    def advance(self, seconds: float) -> None:
        self.server.call(lambda venue: venue.advance(venue.exchange.now_ns + int(seconds * 1e9)))

    def listening(self, count: int = 1) -> None:
        """Wait until the venue tells us what happens to orders."""
        self.server.until(lambda app: app[trade_stream.STREAMS].listening >= count)

    def ready(self) -> None:
        """Wait until it listens, and has compared what was there before."""
        self.inbox.until(lambda items: any(isinstance(item, FeedEvent) for item in items), "the stream")
        for _ in range(2):  # the second is asked after the comparison, by the same thread
            self.inbox.items.clear()
            self.executor.ask_state()
            self.inbox.state()
        self.inbox.items.clear()

    def stop(self) -> None:
        self.executor.stop(WAIT_S)


def config(server: ExchangeThread, **more: Any) -> ExecutionConfig:
    """As patient as a test may be."""
    found = ExecutionConfig(
        rest_url=server.url,
        stream_url=f"{server.url.replace('http', 'ws')}/stream",
        socket=SocketConfig(ping_every_s=5, ping_patience_s=5, close_s=0.1, waits=QUICK),
        rest=RestConfig(read_s=5, waits=QUICK, per_minute=10_000),
        lookup_window_s=0.2,
        poll_s=30,
    )
    return msgspec.structs.replace(found, **more)


def made(
    server: ExchangeThread,
    inbox: Inbox,
    *,
    keys: Credentials | None = None,
    wait: bool = True,
    session: str = SESSION,
    clocks: Clocks | None = None,
    halted: Callable[[], bool] = lambda: False,
    **more: Any,
) -> Trader:
    executor = AlpacaExecutor(
        config(server, **more),
        keys or Credentials("PKTEST", "test-secret"),
        session,
        chance=Random(1),
        clocks=clocks,
        halted=halted,
    )
    trader = Trader(server, executor, inbox)
    executor.start(inbox.put)
    if wait:
        trader.ready()
    return trader


def client_id(order_id: int) -> str:
    return f"{SESSION}-{order_id}"


def order(order_id: int = 1, **more: Any) -> OrderEvent:
    """A market order for ten shares, unless said otherwise."""
    fields: dict[str, Any] = {
        "symbol": ACME,
        "side": 1,
        "quantity": Decimal(10),
        "type": "market",
        "limit_price": None,
        "stop_price": None,
        "time_in_force": "day",
        "role": "open",
        "parent": 0,
        "fraction": None,
        "reason": "",
        "ts_ns": 0,
    }
    return OrderEvent(order_id=order_id, **{**fields, **more})


def limit(price: str = "99.00", **more: Any) -> dict[str, Any]:
    """A limit order that rests, at that price."""
    return {"type": "limit", "limit_price": Decimal(price), **more}


def exit_at(order_id: int, legs: str = "", *, stop: str = "", target: str = "", **more: Any) -> Send:
    """A stop or a target that sells what a market order for ten shares brought."""
    kind: dict[str, Any] = (
        {"type": "stop", "stop_price": Decimal(stop), "role": "stop_loss"}
        if stop
        else {"type": "limit", "limit_price": Decimal(target), "role": "take_profit"}
    )
    fields = {"side": -1, "time_in_force": "gtc", "parent": 1, **kind, **more}
    return Send(order(order_id, **fields), client_id(order_id) + legs)
