"""The market benchmarks in tradetui: plain Python strategies through a backtest, or the simulated market alone.

`public` is a backtest as a user runs it, with ledger, risk checks, journal and metrics. `kernel alone` is the compiled
market with a bare loop around it that places and cancels by itself. Putting the rows in order and hashing them is timed
apart from the run, as the peers' conversion of their data is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from make_market import DEPTH, LOT_NANOS, MINUTE_NS, TICK, TICK_NANOS, TRADE, Columns, load, rows_of
from market_rules import (
    CASH,
    LATENCY_NS,
    QUANTITY,
    WAKE_NS,
    Averages,
    Manner,
    Price,
    Ran,
    Replaced,
    Resting,
    Work,
    read_work,
    report_market,
)
from program import Stopwatch
from tradetui import MarketEvent, SignalEvent, Strategy
from tradetui.engine.book_backtest import BookBacktest
from tradetui.engine.config import run_config
from tradetui.engine.market.kernel.market import KernelMarket
from tradetui.engine.market.session_tape import PIECE_ROWS, SessionTape
from tradetui.engine.market.simulation import (
    REPORT_FILL,
    WOKE_BAR,
    WOKE_BEST,
    WOKE_END,
    WOKE_REPORT,
    WOKE_TIMER,
    Request,
    SimulationRules,
)
from tradetui.engine.market.tape import DepthChanges, MarketSession, OrderEvents, Quotes, Trades, session_of_bars
from tradetui.engine.model.events import FillEvent, QuoteEvent, TimerEvent, TwoSidedQuote
from tradetui.engine.model.wakes import BestMoved, Timer
from tradetui.engine.run_data import session_sources
from tradetui.engine.simulated_market import simulated_market

SYMBOL = "ACME"
TICKS_A_UNIT = round(1 / TICK)
WARM_UP_ROWS = 6_000
LIMIT, GTC, GTX, MARKET_KIND, FOREVER = 1, 0, 3, 0, 0


class Cross(Strategy):
    """Reverses at every cross of two means of minute closes."""

    def __init__(self) -> None:
        self.rule = Averages()
        self.wakes = 0

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:  # bars only
        self.wakes += 1
        side = self.rule.cross(round(event.close * TICKS_A_UNIT))
        return [SignalEvent(event.symbol, side)] if side else []


class ReplacedQuotes(Strategy):
    """Replaces two quotes behind the best price every 100 ms."""

    subscribes: tuple[Any, ...] = (Timer(WAKE_NS // 1_000_000),)

    def __init__(self) -> None:
        self.rule = Replaced()
        self.wakes = 0

    def on_market_data(self, event: TimerEvent) -> list[TwoSidedQuote]:  # type: ignore[override]
        bid, _, ask, _ = self.desk.book(SYMBOL).touch()
        if not (bid and ask):
            return []
        self.wakes += 1
        return [two_sided(*self.rule.quotes(round(bid * TICKS_A_UNIT), round(ask * TICKS_A_UNIT)))]


class RestingQuotes(Strategy):
    """Keeps two quotes resting until they fill or the best price has left them behind."""

    def __init__(self, manner: Manner) -> None:
        self.rule = Resting(manner)
        self.wakes = 0
        self.held = 0

    def on_fill(self, fill: FillEvent) -> list[Any]:
        self.held += fill.side
        self.rule.filled(fill.side)
        return []

    def decide(self, bid: float, ask: float) -> list[TwoSidedQuote]:
        if not (bid and ask):
            return []
        self.wakes += 1
        rule = self.rule
        if rule.changed(round(bid * TICKS_A_UNIT), round(ask * TICKS_A_UNIT), self.held):
            return [two_sided(rule.bid, rule.ask)]
        return []


class RestingByTimer(RestingQuotes):
    subscribes: tuple[Any, ...] = (Timer(WAKE_NS // 1_000_000),)

    def on_market_data(self, event: TimerEvent) -> list[TwoSidedQuote]:  # type: ignore[override]
        bid, _, ask, _ = self.desk.book(SYMBOL).touch()
        return self.decide(bid, ask)


class RestingByBest(RestingQuotes):
    subscribes: tuple[Any, ...] = (BestMoved(),)

    def on_market_data(self, event: QuoteEvent) -> list[TwoSidedQuote]:  # type: ignore[override]
        return self.decide(event.bid, event.ask)


class Watching(Strategy):
    """Does nothing at each timer."""

    subscribes: tuple[Any, ...] = (Timer(WAKE_NS // 1_000_000),)

    def __init__(self) -> None:
        self.wakes = 0

    def on_market_data(self, event: TimerEvent) -> list[Any]:  # type: ignore[override]
        self.wakes += 1
        return []


def two_sided(bid: Price, ask: Price) -> TwoSidedQuote:
    return TwoSidedQuote(
        SYMBOL,
        None if bid is None else bid / TICKS_A_UNIT,
        None if ask is None else ask / TICKS_A_UNIT,
        float(QUANTITY),
        float(QUANTITY),
    )


def strategy_of(work: Work) -> Any:
    if work.wake == "none":
        return Watching()
    if work.kind == "orders":
        return RestingByBest(work.manner) if work.wake == "best" else RestingByTimer(work.manner)
    return Cross() if work.kind == "ticks" else ReplacedQuotes()


def session_of(kind: str, columns: Columns) -> MarketSession:
    from tradetui.engine.market.bars import bars_from_floats

    none = np.empty(0)
    empty = session_of_bars(bars_from_floats(SYMBOL, np.empty(0, np.int64), none, none, none, none, none, MINUTE_NS))
    bars, quotes, trades, depth, orders = empty.bars, empty.quotes, empty.trades, empty.depth, empty.orders
    symbols, nanos, lots = (SYMBOL,), TICK_NANOS, LOT_NANOS
    if kind == "ticks":
        ts, priced = columns["q_ts_ns"], [columns[f"q_{name}"] for name in ("bid", "bid_size", "ask", "ask_size")]
        bid, bid_size, ask, ask_size = priced
        quotes = Quotes(symbols, _codes(ts), ts, bid * nanos, bid_size * lots, ask * nanos, ask_size * lots)
        ts, side = columns["t_ts_ns"], columns["t_side"].astype(np.int8)
        trades = Trades(symbols, _codes(ts), ts, columns["t_price"] * nanos, columns["t_size"] * lots, side)
        return MarketSession(bars, quotes, trades, depth, orders)
    ts, price, size = columns["ts_ns"], columns["price"] * nanos, columns["size"] * lots
    side = columns["side"].astype(np.int8)
    if kind == "orders":
        action, ids = columns["action"].astype(np.int8), columns["order_id"]
        events = OrderEvents(symbols, _codes(ts), ts, action, ids, side, price, size)
        return MarketSession(bars, quotes, trades, depth, events)
    d, t = columns["kind"] == DEPTH, columns["kind"] == TRADE
    depth = DepthChanges(symbols, _codes(ts[d]), ts[d], side[d], price[d], size[d])
    trades = Trades(symbols, _codes(ts[t]), ts[t], price[t], size[t], side[t])
    return MarketSession(bars, quotes, trades, depth, orders)


def _codes(ts: Any) -> Any:
    return np.zeros(len(ts), np.int32)


class Public:
    """A backtest as `run_backtest` makes it. Made ready: the rows put in order, their hash and the ledger."""

    def __init__(self, work: Work, session: MarketSession) -> None:
        ms = 0.0 if work.kind == "ticks" else LATENCY_NS / 1e6
        told = {"cash": str(CASH), "quantity": str(QUANTITY), "allow_short": True}
        config = run_config({**told, "simulation": {"entry_ms": ms, "report_ms": ms}}, "the benchmark")
        self.strategy = strategy_of(work)
        self.backtest = BookBacktest(config, self.strategy, session, session_sources(session), simulated_market)

    def run(self) -> Ran:
        result = self.backtest.run()
        fills = result.fills
        held = sum(fill.side * float(fill.quantity) for fill in fills)
        cash = -sum(fill.side * float(fill.quantity) * float(fill.price) for fill in fills)
        return Ran(self.strategy.wakes, result.counts.sent, len(fills), held, cash)


class Bare:
    """The loop around the market alone: the same rules, placing and cancelling by itself."""

    def __init__(self, work: Work, session: MarketSession) -> None:
        tape = SessionTape(session)
        ends = [*range(PIECE_ROWS, len(tape), PIECE_ROWS), len(tape)]
        self.pieces = [tape.piece(start, end) for start, end in zip([0, *ends], ends, strict=False)]
        latency = 0 if work.kind == "ticks" else LATENCY_NS
        bits = WOKE_REPORT | (WOKE_BAR if work.kind == "ticks" else WOKE_BEST if work.wake == "best" else WOKE_TIMER)
        rules = SimulationRules(
            sources=tape.sources,
            bar_ns=(MINUTE_NS if work.kind == "ticks" else 0,),
            entry_ns=(latency,),
            report_ns=(latency,),
            timer_ns=WAKE_NS if bits & WOKE_TIMER else 0,
            wake=bits,
            trade_symbols=(work.kind != "orders",),
        )
        self.market = KernelMarket(rules, 1)
        self.wakes = self.sent = self.fills = self.held = self.cash = self.wanted = 0
        self.quotes: dict[int, tuple[int, int]] = {}  # of each side: id and price in ticks
        self.averages, self.replaced, self.resting = Averages(), Replaced(), Resting(work.manner)
        acts = {"ticks": self.on_bar, "depth": self.replace, "orders": self.rest}
        self.act: Callable[[], None] = self.watch if work.wake == "none" else acts[work.kind]

    def run(self) -> Ran:
        market, act = self.market, self.act
        for piece in self.pieces:
            market.load(piece)
            stop = len(piece)
            while market.row < stop:
                woke = market.advance(stop, stop)
                if woke & WOKE_REPORT:
                    self.told()
                if woke & ~(WOKE_REPORT | WOKE_END):
                    act()
        while not market.finish() & WOKE_END:
            pass
        return Ran(self.wakes, self.sent, self.fills, float(self.held), self.cash * TICK)

    def told(self) -> None:
        for report in self.market.reports():
            if report.what == REPORT_FILL:
                self.fills += 1
                self.held += report.side * QUANTITY
                self.cash -= report.side * QUANTITY * report.price // TICK_NANOS
                self.resting.filled(report.side)
            if self.quotes.get(report.side, (0, 0))[0] == report.order_id:
                del self.quotes[report.side]

    def watch(self) -> None:
        self.wakes += 1

    def on_bar(self) -> None:
        self.wakes += 1
        side = self.averages.cross(self.market.bar().close // TICK_NANOS)
        for _ in range((2 if self.wanted else 1) if side else 0):
            self.place(side, 0, MARKET_KIND, GTC)
        self.wanted = side or self.wanted

    def replace(self) -> None:
        self.wakes += 1
        bid, _, ask, _ = self.market.best(0)
        first, second = self.replaced.quotes(bid // TICK_NANOS, ask // TICK_NANOS)
        self.quote(1, first)
        self.quote(-1, second)

    def rest(self) -> None:
        bid, _, ask, _ = self.market.best(0)
        if not (bid and ask):
            return
        self.wakes += 1
        if self.resting.changed(bid // TICK_NANOS, ask // TICK_NANOS, self.held):
            self.quote(1, self.resting.bid)
            self.quote(-1, self.resting.ask)

    def quote(self, side: int, price: Price) -> None:
        order, at = self.quotes.get(side, (0, None))
        if at == price:
            return
        if order:
            self.market.cancel(order)
            del self.quotes[side]
        if price is not None:
            self.quotes[side] = (self.place(side, price * TICK_NANOS, LIMIT, GTX), price)

    def place(self, side: int, limit: int, kind: int, force: int) -> int:
        self.sent += 1
        order = self.sent
        self.market.place(Request(order, 0, side, kind, force, QUANTITY * LOT_NANOS, limit, 0, False, FOREVER))
        return order


def main() -> None:
    work = read_work(__doc__, ("public", "kernel alone"))
    way = Public if work.engine == "public" else Bare
    with Stopwatch() as prepare:
        columns = load(work.file, work.rows)
        ready = way(work, session_of(work.kind, columns))
    with Stopwatch() as compiling:
        way(work, session_of(work.kind, load(work.file, WARM_UP_ROWS))).run()
    with Stopwatch() as watch:
        ran = ready.run()
    report_market("tradetui", rows_of(columns), watch, prepare, compiling, ran)


if __name__ == "__main__":
    main()
