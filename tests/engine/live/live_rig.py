"""A live session by hand: turns are called one by one, the venue is a small one in memory, and time is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tradetui.engine.bus import EventBus
from tradetui.engine.config import run_config
from tradetui.engine.gateways.live_words import (
    Beat,
    Instruction,
    LiveInput,
    LookUp,
    Send,
    SendPair,
    Withdraw,
    WithdrawAll,
)
from tradetui.engine.journal.header import JournalHeader
from tradetui.engine.journal.writer import HashJournal, Journal
from tradetui.engine.live.build import build_live
from tradetui.engine.live.engine import Doors, LiveEngine
from tradetui.engine.model.events import (
    Event,
    FillEvent,
    MarketData,
    QuoteEvent,
    SessionEvent,
    SignalEvent,
    VenueOrder,
    VenuePosition,
    VenueReport,
    VenueState,
)
from tradetui.engine.model.snapshot import Snapshot
from tradetui.engine.strategy import Strategy

SECOND = 1_000_000_000
START = 1_709_303_400 * SECOND  # 2024-03-01 14:30 UTC
SESSION = "s1"
D = Decimal
NOTHING = D(0)
Wish = tuple[float, SignalEvent]


class Scripted(Strategy):
    """Does at each quote whose bid is in `plan` what stands there."""

    name = "scripted"
    subscribes = ("quote", "trade", "bar")

    def __init__(self, plan: dict[float, SignalEvent] | None = None) -> None:
        self.plan = plan or {}
        self.seen: list[MarketData] = []
        self.fills: list[FillEvent] = []

    def on_market_data(self, event: Any) -> list[SignalEvent]:
        self.seen.append(event)
        wish = self.plan.get(event.bid) if isinstance(event, QuoteEvent) else None
        return [] if wish is None else [wish]

    def on_fill(self, fill: FillEvent) -> list[SignalEvent]:
        self.fills.append(fill)
        return []

    def get_parameters(self) -> dict[str, Any]:
        return {}


class Resting:
    """An order as the venue in memory has it."""

    def __init__(self, venue_id: str, send: Send) -> None:
        self.venue_id, self.order, self.client_order_id = venue_id, send.order, send.client_order_id
        self.filled = D(0)
        self.over = ""


class MemoryVenue:
    """What an account is, exactly; the test says what happens and which of it is told."""

    def __init__(self, cash: str = "100000", positions: dict[str, str] | None = None) -> None:
        self.cash = D(cash)
        self.positions = {symbol: D(units) for symbol, units in (positions or {}).items()}
        self.orders: dict[int, Resting] = {}  # by order id
        self.others: tuple[VenueOrder, ...] = ()
        self.received: list[Instruction] = []
        self.told: list[VenueReport] = []
        self.blocked = ""
        self.now_ns = START
        self._executions = 0
        self._fills: dict[int, list[tuple[str, Decimal, Decimal]]] = {}  # by order: id, units and price

    def do(self, instruction: Instruction) -> None:
        self.received.append(instruction)
        for send in sends_in(instruction):
            assert send.order.order_id not in self.orders, "an id was used twice"
            self.orders[send.order.order_id] = Resting(f"v{len(self.orders) + 1}", send)

    def of(self, order_id: int) -> Resting:
        return self.orders[order_id]

    def accepted(self, order_id: int) -> VenueReport:
        return self._report(self.of(order_id), "accepted", quantity=self.of(order_id).order.quantity)

    def changed(self, order_id: int, leaves: str) -> VenueReport:
        """The venue has less left of an order."""
        return msgspec.structs.replace(self._report(self.of(order_id), "changed"), leaves=D(leaves))

    def fill(self, order_id: int, units: str, price: str, fee: str = "0", fee_units: str = "0") -> VenueReport:
        """Execute, and give the report, which the test may tell late, twice or never."""
        resting = self.of(order_id)
        order, quantity = resting.order, D(units)
        resting.filled += quantity
        self._executions += 1
        self._move(order.symbol, order.side, quantity, D(price), D(fee))
        self.positions[order.symbol] -= D(fee_units)
        self._fills.setdefault(order_id, []).append((f"x{self._executions}", quantity, D(price)))
        if resting.filled >= order.quantity:
            resting.over = "filled"
        told = self._report(
            resting, "fill", quantity=quantity, price=D(price), fee=D(fee), execution=f"x{self._executions}"
        )
        return msgspec.structs.replace(told, fee_units=D(fee_units))

    def end(self, order_id: int, what: str = "cancelled", reason: str = "") -> VenueReport:
        self.of(order_id).over = what
        return self._report(self.of(order_id), what, reason=reason)

    def unresolved(self, order_id: int) -> VenueReport:
        return self._report(self.of(order_id), "unresolved", reason="timeout")

    def history(self, order_id: int) -> list[VenueReport]:
        """All that became of an order, as one who looks it up finds it."""
        resting = self.of(order_id)
        told = [self.accepted(order_id)]
        for execution, quantity, price in self._fills.get(order_id, []):
            told.append(self._report(resting, "fill", quantity=quantity, price=price, execution=execution))
        if resting.over and resting.over != "filled":
            told.append(self._report(resting, resting.over))
        return told

    def never_arrived(self, order_id: int) -> VenueReport:
        """The venue knows no such order."""
        nobody = (order_id, f"{SESSION}-{order_id}", "", "AA", 1, "rejected")
        return VenueReport(*nobody, D(0), D(0), D(0), D(0), "", "", "never arrived", self.now_ns, self.now_ns)

    def trade_of_somebody_else(self, symbol: str, side: int, units: str, price: str, venue_id: str) -> VenueReport:
        self._executions += 1
        self._move(symbol, side, D(units), D(price), D(0))
        return VenueReport(
            0, "theirs", venue_id, symbol, side, "fill", D(units), D(price), D(0), D(0), "", f"x{self._executions}",
            "", self.now_ns, self.now_ns,
        )  # fmt: skip

    def state(self) -> VenueState:
        working = tuple(
            VenueOrder(
                r.venue_id, r.client_order_id, r.order.symbol, r.order.side, r.order.quantity, r.filled, r.order.type,
                r.order.limit_price, r.order.stop_price, "new",
            )
            for r in self.orders.values() if not r.over
        )  # fmt: skip
        held = tuple(VenuePosition(s, q, D("10")) for s, q in sorted(self.positions.items()) if q)
        return VenueState(
            "1234", True, self.blocked, self.cash, self.cash, self.cash, working + self.others, held,
            self.now_ns, self.now_ns,
        )  # fmt: skip

    def _move(self, symbol: str, side: int, quantity: Decimal, price: Decimal, fee: Decimal) -> None:
        self.positions[symbol] = self.positions.get(symbol, D(0)) + side * quantity
        self.cash -= side * quantity * price + fee

    def _report(
        self,
        resting: Resting,
        what: Any,
        *,
        quantity: Decimal = NOTHING,
        price: Decimal = NOTHING,
        fee: Decimal = NOTHING,
        execution: str = "",
        reason: str = "",
    ) -> VenueReport:
        order = resting.order
        left = D(0) if resting.over else order.quantity - resting.filled
        return VenueReport(
            order.order_id, resting.client_order_id, resting.venue_id, order.symbol, order.side, what, quantity,
            price, left, fee, "taker" if what == "fill" else "", execution, reason, self.now_ns, self.now_ns,
        )  # fmt: skip


class LiveRig:
    """A live engine at wall time `now_ns`, which only the test moves, and a venue in memory."""

    def __init__(
        self,
        plan: dict[float, SignalEvent] | None = None,
        venue: MemoryVenue | None = None,
        journal: Journal | None = None,
        symbols: Sequence[str] = ("AA", "BB"),
        send: Callable[[Instruction], None] | None = None,
        strategy: Strategy | None = None,
        clock_ns: Callable[[], int] = lambda: 0,
        stale_s: float | None = None,
        facts: Callable[[], dict[str, Any]] = dict,
        **options: Any,
    ) -> None:
        self.venue = venue or MemoryVenue()
        self.strategy = strategy or Scripted(plan)
        config = run_config({"quantity": 10, "allow_short": True, **options}, "test")
        self.player = build_live(config, self.strategy, symbols, SESSION, "practice")
        self.core = self.player.core
        self.journal: Journal = journal or HashJournal(JournalHeader(mode="practice", config_json="{}"))
        self.now_ns = START
        self.told: list[Event] = []
        self.recorded: list[MarketData] = []
        self.pictures: list[Snapshot] = []
        self.asked = 0
        bus: EventBus[LiveInput] = EventBus()
        bus.observe(self.told.extend)
        doors = Doors(send or self.venue.do, self._ask, self.recorded.append, self.pictures.append, facts)
        self.engine = LiveEngine(
            self.player, self.journal, bus, doors,
            mode="PRACTICE", journal_name="s.db", ticks=dict.fromkeys(symbols, 0.01), now_ns=self.now_ns,
            clock_ns=clock_ns, stale_s=stale_s,
        )  # fmt: skip

    def _ask(self) -> None:
        self.asked += 1

    def begin(self, market_ns: int = 0) -> LiveRig:
        """Start, and let the venue tell what the account is."""
        self.engine.begin(SessionEvent("started", "", self.now_ns, market_ns), self.now_ns)
        return self.turn(self.venue.state())

    def turn(self, *inputs: LiveInput, after_s: float = 0.0) -> LiveRig:
        self.now_ns += round(after_s * SECOND)
        self.venue.now_ns = self.now_ns
        self.engine.turn(inputs, self.now_ns)
        return self

    def beat(self, after_s: float = 0.1) -> LiveRig:
        return self.turn(Beat(self.now_ns + round(after_s * SECOND)), after_s=after_s)

    def quote(self, bid: float, symbol: str = "AA", after_s: float = 0.0) -> LiveRig:
        """A quote a cent wide."""
        at_ns = self.now_ns + round(after_s * SECOND)
        return self.turn(QuoteEvent(symbol, at_ns, bid, 100.0, round(bid + 0.01, 2), 100.0), after_s=after_s)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.told if type(event) is kind]

    def sends(self) -> list[Send]:
        """Every order that left, those of a pair one by one."""
        return [send for i in self.venue.received for send in sends_in(i)]

    def pairs(self) -> list[tuple[int, int]]:
        """Stops and targets that left as one."""
        return [(i.stop.order.order_id, i.target.order.order_id) for i in self.venue.received if type(i) is SendPair]

    def withdrawn(self) -> list[int]:
        return [i.order_id for i in self.venue.received if isinstance(i, Withdraw)]

    def looked_up(self) -> list[int]:
        return [i.order_id for i in self.venue.received if isinstance(i, LookUp)]

    def all_withdrawn(self) -> int:
        return sum(isinstance(i, WithdrawAll) for i in self.venue.received)

    def agrees(self) -> bool:
        """Whether our books are the venue's, exactly."""
        portfolio = self.core.portfolio
        ours = {s: p.quantity for s, p in portfolio.open.items()}
        return portfolio.cash == self.venue.cash and ours == {s: q for s, q in self.venue.positions.items() if q}


def buy(symbol: str = "AA", quantity: float = 10, **more: Any) -> SignalEvent:
    return SignalEvent(symbol, 1, quantity=D(str(quantity)), **more)


def flat(symbol: str = "AA") -> SignalEvent:
    return SignalEvent(symbol, 0)


def sends_in(instruction: Instruction) -> list[Send]:
    """The orders that an instruction sends."""
    if isinstance(instruction, SendPair):
        return [instruction.stop, instruction.target]
    return [instruction] if isinstance(instruction, Send) else []
