"""What a simulated market told somebody who trades at random: the same for every program that plays by the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tapes import NANOS
from tradetui.engine.market.simulation import (
    PRICE_MAX,
    REPORT_FILL,
    SIZE_MAX,
    WOKE_BAR,
    WOKE_BEST,
    WOKE_BUDGET,
    WOKE_END,
    WOKE_IMBALANCE,
    WOKE_REPORT,
    WOKE_ROW,
    WOKE_TIMER,
    WOKE_TOUCH,
    WOKE_TRADE,
    Faults,
    MarketSimulation,
    Request,
    SelfTrade,
    SimulationRules,
    Source,
    Tape,
)

ABOUT_A_SYMBOL = WOKE_BEST | WOKE_TOUCH | WOKE_IMBALANCE | WOKE_TRADE | WOKE_ROW
SELF_TRADE_RULES: tuple[SelfTrade, ...] = ("cancel_newest", "cancel_oldest", "cancel_both", "decrement")
WAKES = (
    WOKE_BAR | WOKE_TIMER | WOKE_REPORT,
    WOKE_REPORT | WOKE_BEST,
    WOKE_BAR | WOKE_REPORT | WOKE_TOUCH | WOKE_IMBALANCE,
    WOKE_TRADE | WOKE_REPORT,
    WOKE_ROW | WOKE_TRADE | WOKE_REPORT | WOKE_BEST | WOKE_TOUCH | WOKE_TIMER,
    WOKE_TIMER,
)


@dataclass(frozen=True)
class Habits:
    """How somebody trades: how often at a wake, how far from the best, which kinds of orders."""

    seed: int
    often: float = 0.5
    tick: int = NANOS // 100
    reach: int = 4  # ticks
    unit: int = NANOS // 3
    orders: int = 10**9  # no more than these are sent
    looks: int = 50  # depth and hash at every so many wakes


@dataclass
class Trace:
    """Everything that was told, wake by wake, and how much it was."""

    wakes: list[tuple[Any, ...]] = field(default_factory=list)
    orders: int = 0
    fills: int = 0
    faults: Faults | None = None


@dataclass
class Pieces:
    """How the tape is cut and how far each call may go: nothing that is told depends on it."""

    seed: int
    rows: int = 1 << 60  # of the longest piece; all, where the tape has no more
    budget: int = 1 << 60
    stop: int = 1 << 60

    def cut(self, tape: Tape) -> Iterator[Tape]:
        random, start = Random(self.seed), 0
        while start < len(tape):
            end = len(tape) if self.rows >= len(tape) else min(len(tape), start + random.randint(1, self.rows))
            yield tape[start:end].copy()
            start = end


class Trader:
    """Draws orders and cancels from a seed, and from nothing that depends on how the tape was cut."""

    def __init__(self, market: MarketSimulation, symbols: int, habits: Habits, trace: Trace) -> None:
        self.market, self.symbols, self.habits, self.trace = market, symbols, habits, trace
        self.random = Random(habits.seed)
        self.next_id = 1
        self.alive: list[int] = []

    def act(self) -> None:
        while self.random.random() < self.habits.often and self.trace.orders < self.habits.orders:
            if self.alive and self.random.random() < 0.3:
                self.market.cancel(self.random.choice(self.alive))
            else:
                self._send()

    def watch(self) -> list[tuple[int, int | None]]:
        """What is ahead of each order that may still live."""
        return [(order_id, self.market.ahead(order_id)) for order_id in self.alive]

    def forget(self, done: list[int]) -> None:
        self.alive = [order_id for order_id in self.alive if order_id not in done]

    def _send(self) -> None:
        self.trace.orders += 1
        request = self._bad() if self.random.random() < 0.02 else self._good()
        self.market.place(request)
        if request.order_id not in self.alive:
            self.alive.append(request.order_id)

    def _price(self, symbol: int, side: int) -> int:
        best, last = self.market.best(symbol), self.market.last_trade(symbol)[0]
        near = (best.bid if side > 0 else best.ask) or last or 100 * NANOS
        price = near + side * self.random.randint(-self.habits.reach, self.habits.reach) * self.habits.tick
        return max(self.habits.tick, price)

    def _good(self) -> Request:
        pick = self.random.choice
        symbol, side, kind = pick(range(self.symbols)), pick((1, -1)), pick((0, 1, 1, 1, 1, 1, 2, 3))
        force = pick((0, 0, 0, 0, 0, 1, 2, 3 if kind in (1, 3) else 0))
        quantity = pick((1, 1, 2, 5, 20)) * self.habits.unit
        expires_ns = self.market.now_ns + pick((0, 5, 50, 500)) if self.random.random() < 0.2 else 0
        order_id, self.next_id = self.next_id, self.next_id + 1
        limit, stop = self._price(symbol, side), self._price(symbol, -side)
        return Request(
            order_id, symbol, side, kind, force, quantity, limit, stop, pick((False,) * 5 + (True,)), expires_ns
        )

    def _bad(self) -> Request:
        request = self._good()
        changes: list[tuple[str, int]] = [
            ("symbol", -1), ("symbol", 10**6), ("side", 0), ("kind", 4), ("kind", -1), ("force", 4), ("force", 3),
            ("quantity", 0), ("quantity", -5), ("limit", 0), ("stop", 0), ("order_id", (self.alive or [1])[0]),
            ("quantity", SIZE_MAX + 1), ("quantity", 2**80), ("limit", PRICE_MAX + 1), ("stop", 2**63 - 1),
        ]  # fmt: skip
        name, value = self.random.choice(changes)
        return Request(*(request._asdict() | {name: value}).values())


def trace_of(market: MarketSimulation, tape: Tape, symbols: int, habits: Habits, pieces: Pieces) -> Trace:
    """Play the whole tape with somebody who trades at random."""
    trace = Trace()
    trader = Trader(market, symbols, habits, trace)
    played = 0
    trader.act()
    for piece in pieces.cut(tape):
        market.load(piece)
        stop = min(pieces.stop, len(piece))
        while True:
            bits = market.advance(stop, pieces.budget)
            if bits == WOKE_END and stop == len(piece):
                break
            if bits == WOKE_END:
                stop = min(stop + pieces.stop, len(piece))
            elif bits != WOKE_BUDGET:
                _record(market, bits, played + market.row, symbols, trader, habits)
        played += len(piece)
    while (bits := market.finish()) != WOKE_END:
        _record(market, bits, played, symbols, trader, habits)
    _record(market, WOKE_END, played, symbols, trader, habits)
    trace.faults = market.faults()
    return trace


def _record(market: MarketSimulation, bits: int, row: int, symbols: int, trader: Trader, habits: Habits) -> None:
    reports = market.reports()
    trace = trader.trace
    trace.fills += sum(report.what == REPORT_FILL for report in reports)
    told: list[Any] = [bits, row, market.now_ns, reports, trader.watch()]
    told.append([(market.best(n), market.last_trade(n)) for n in range(symbols)])
    if bits & WOKE_BAR:
        told.append(market.bar())
    if bits & ABOUT_A_SYMBOL:
        told.append(market.woken_symbol())
    if len(trace.wakes) % habits.looks == 0 or bits == WOKE_END:
        told += [(market.depth(n, 1, 5), market.depth(n, -1, 5), market.state_hash(n)) for n in range(symbols)]
    trace.wakes.append(tuple(told))
    trader.forget([report.order_id for report in reports if not report.leaves])
    trader.act()


def first_difference(one: Trace, other: Trace) -> str:
    """Where two traces part, in words; empty where they are the same."""
    for number, (left, right) in enumerate(zip(one.wakes, other.wakes, strict=False)):
        if left != right:
            parts = [f"  {a}\n  {b}" for a, b in zip(left, right, strict=False) if a != b]
            return f"wake {number}, one at row {left[1]}, the other at row {right[1]}:\n" + "\n".join(parts)
    if len(one.wakes) != len(other.wakes):
        return f"{len(one.wakes)} wakes, {len(other.wakes)} wakes"
    return "" if one.faults == other.faults else f"{one.faults}\n{other.faults}"


def random_rules(sources: tuple[Source, ...], seed: int) -> SimulationRules:
    random = Random(seed)
    pick = random.choice
    wake = pick(WAKES)
    self_trade: SelfTrade = SELF_TRADE_RULES[random.randrange(4)]
    return SimulationRules(
        sources=sources,
        bar_ns=tuple(pick((0, 7, 50, 100)) for _ in sources),
        entry_ns=pick(((0,), (0,), (7,), (1, 5, 20), (3, 0, 9, 200, 1))),
        report_ns=pick(((0,), (0,), (4,), (1, 5, 20), (3, 0, 9, 200, 1))),
        cancel_ahead=pick(("back", "proportional", "front")),
        touch=pick((False, True)),
        fill_chance=pick((1.0, 1.0, 0.5, 0.1)),
        slip_nanos=pick((0, 0, 5_000_000)),
        slip_bps=pick((0.0, 0.0, 1.5, 0.333)),
        self_trade=self_trade,
        seed=pick((0, 1, 2**63 - 1, -5)),
        timer_ns=pick((0, 10, 100)) if wake != WOKE_TIMER else 10,
        wake=wake,
        imbalance=pick((0.2, 0.5, 0.9)),
        trade_symbols=pick(((), tuple(pick((False, True)) for _ in sources))),
        answers_wake=pick((True, False)),
    )
