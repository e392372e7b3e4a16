"""R5 and R6: orders, venue and ledger under any sequence of bars, wishes and commands; checked after every step."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tradetui.engine.build import build_core
from tradetui.engine.config import ChanceConfig, FeeConfig, RunConfig
from tradetui.engine.control import accept, check_drawdown, obey
from tradetui.engine.market.bar_fills import Window
from tradetui.engine.model.commands import CancelAll, ClosePosition, Kill, PauseTrading, ResumeTrading, Unlock
from tradetui.engine.model.events import (
    FillEvent,
    OrderEvent,
    OrderStatusEvent,
    SignalEvent,
    TradingState,
    TwoSidedQuote,
    Wish,
)
from tradetui.engine.model.instrument import EXACT, nanos_from_decimal
from tradetui.engine.model.limits import RiskLimits
from tradetui.engine.model.orders import DONE, TRANSITIONS, WORKING, OrderStatus
from tradetui.engine.settling import settle
from tradetui.engine.step import Core
from tradetui.engine.strategy import Strategy

SYMBOLS = ("A", "B")
OPENERS = ("open", "quote")
CENT = 10_000_000
STEP_NS = 20 * 60 * 10**9  # three bars an hour, so that sessions end within a run
REACHES = {  # the states an event may report, by the state before it
    before: {after for (state, _), after in TRANSITIONS.items() if state == before} for before in OrderStatus
}

ticks = st.integers(-300, 300)
levels = st.one_of(st.none(), st.integers(-20, 200))  # of a quote, away from the market
wishes = st.fixed_dictionaries(
    {
        "symbol": st.sampled_from(SYMBOLS),
        "direction": st.sampled_from([1, 0, -1]),
        "size": st.one_of(st.none(), st.integers(1, 40)),
        "type": st.sampled_from(["market", "market", "limit", "stop", "stop_limit"]),
        "limit": ticks,
        "stop": ticks,
        "stop_loss": st.one_of(st.none(), st.integers(10, 300)),
        "take_profit": st.one_of(st.none(), st.integers(10, 300)),
        "time_in_force": st.sampled_from(["day", "gtc", "ioc", "fok", "gtx"]),
    }
)


class Puppet(Strategy):
    """Says to fills what the machine told it to, and has its own levels."""

    def __init__(self, stop: float | None) -> None:
        self.answers: list[Wish] = []
        self.stop = stop

    def on_market_data(self, event: Any) -> list[SignalEvent]:
        return []

    def on_fill(self, fill: FillEvent) -> list[Wish]:
        said, self.answers = self.answers, []
        return said

    def get_stop_loss(self) -> float | None:
        return self.stop


class OrderLife(RuleBasedStateMachine):
    """A core, and beside it what its own events say about orders and money."""

    @initialize(
        rate=st.sampled_from([None, None, 1, 3]),
        most=st.sampled_from([None, 30]),
        action=st.sampled_from(["reduce", "reject"]),
        open_orders=st.sampled_from([None, 2]),
        drawdown=st.sampled_from([None, Decimal("0.5")]),
        buffer=st.sampled_from([0, 100]),
        partial=st.sampled_from([0.0, 0.5]),
        cancel=st.sampled_from([0.0, 0.1]),
        fill=st.sampled_from([1.0, 0.7]),
        cap=st.sampled_from([None, "0.1"]),
        intrabar=st.sampled_from(["stop_first", "target_first", "adaptive"]),
        stop=st.sampled_from([None, 0.02]),
        fixed=st.sampled_from([0, 1]),
    )
    def start(self, **given: Any) -> None:
        limits = RiskLimits(
            max_orders_per_second=given["rate"],
            max_position=None if given["most"] is None else Decimal(given["most"]),
            position_action=given["action"],
            max_open_orders=given["open_orders"],
            max_drawdown=given["drawdown"],
            capital_buffer=Decimal(given["buffer"]),
        )
        config = RunConfig(
            cash=Decimal(5_000),
            commission=Decimal("0.001"),
            commission_fixed=Decimal(given["fixed"]),
            fees=FeeConfig(us_regulatory=True),
            slippage_bps=5.0,
            volume_cap=None if given["cap"] is None else Decimal(given["cap"]),
            intrabar=given["intrabar"],
            chance=ChanceConfig(fill=given["fill"], partial=given["partial"], cancel=given["cancel"]),
            allow_short=True,
            limits=limits,
        )
        self.strategy = Puppet(given["stop"])
        self.core: Core = build_core(config, self.strategy, SYMBOLS)
        self.last = dict.fromkeys(SYMBOLS, 10_000)  # closes in cents
        self.now_ns = STEP_NS
        self.state: dict[int, OrderStatus] = {}
        self.asked: dict[int, Decimal] = {}
        self.filled: dict[int, Decimal] = {}
        self.held = dict.fromkeys(SYMBOLS, Decimal(0))
        self.cash = Decimal(5_000)
        self.fills_of: Counter[str] = Counter()
        for symbol in SYMBOLS:
            self.core.view.quotes[symbol] = (100.0, 100.0)

    # -- what may happen

    @rule(
        symbol=st.sampled_from(SYMBOLS),
        gap=st.integers(-150, 150),
        up=st.integers(0, 200),
        down=st.integers(0, 200),
        at=st.floats(0, 1),
        volume=st.sampled_from([0.0, 5.0, 95.0, 300.0, 1e6, float("nan")]),
        late=st.booleans(),
    )
    def bar(self, symbol: str, gap: int, up: int, down: int, at: float, volume: float, late: bool) -> None:
        start = max(500, self.last[symbol] + gap)
        low, high = max(1, start - down), start + up
        close = low + round((high - low) * at)
        self.now_ns += STEP_NS * (30 if late else 1)
        core = self.core
        core.input()
        core.view.quotes[symbol] = (start / 100, start / 100)
        core.release(self.now_ns)
        settle(core, symbol, Window(self.now_ns, start * CENT, high * CENT, low * CENT, close * CENT, volume), -1)
        core.view.quotes[symbol] = (close / 100, close / 100)
        check_drawdown(core, self.now_ns, core.seq)
        self.last[symbol] = close

    @rule(wish=wishes)
    def signal(self, wish: dict[str, Any]) -> None:
        core = self.core
        core.signals([self._signal(wish)], self.now_ns + STEP_NS // 2, core.input())

    @rule(wish=wishes)
    def answer_the_next_fill(self, wish: dict[str, Any]) -> None:
        self.strategy.answers = [self._signal(wish)]

    @rule(symbol=st.sampled_from(SYMBOLS), bid=levels, ask=levels, buys=st.integers(1, 40), sells=st.integers(1, 40))
    def quote(self, symbol: str, bid: int | None, ask: int | None, buys: int, sells: int) -> None:
        self.core.signals([self._quote(symbol, bid, ask, buys, sells)], self.now_ns + STEP_NS // 2, self.core.input())

    @rule(symbol=st.sampled_from(SYMBOLS), bid=levels, ask=levels, size=st.integers(1, 40))
    def answer_the_next_fill_with_quotes(self, symbol: str, bid: int | None, ask: int | None, size: int) -> None:
        self.strategy.answers = [self._quote(symbol, bid, ask, size, size)]

    @rule(
        command=st.sampled_from(
            [
                CancelAll(),
                Kill(),
                PauseTrading(),
                ResumeTrading(),
                Unlock(reason="ok"),
                Unlock(reason="still ok"),
                ClosePosition("A"),
                ClosePosition("B"),
            ]
        )
    )
    def command(self, command: Any) -> None:
        accept(self.core, command, self.now_ns)
        obey(self.core, command, self.now_ns)
        if isinstance(command, Kill):
            assert self.core.orders.open_orders() == []

    def _quote(self, symbol: str, bid: int | None, ask: int | None, buys: int, sells: int) -> TwoSidedQuote:
        last = self.last[symbol]
        prices = (None if at is None else max(1, last + sign * at) / 100 for sign, at in ((-1, bid), (1, ask)))
        return TwoSidedQuote(symbol, *prices, float(buys), float(sells))

    def _signal(self, wish: dict[str, Any]) -> SignalEvent:
        last, side, kind = self.last[wish["symbol"]], wish["direction"], wish["type"]

        def level(distance: int | None, sign: int) -> float | None:
            return None if distance is None else max(1, last + sign * (side or 1) * distance) / 100

        return SignalEvent(
            wish["symbol"],
            side,
            quantity=wish["size"],
            type=kind,
            limit_price=level(wish["limit"], 1) if kind in ("limit", "stop_limit") else None,
            stop_price=level(wish["stop"], 1) if kind in ("stop", "stop_limit") else None,
            stop_loss=level(wish["stop_loss"], -1),
            take_profit=level(wish["take_profit"], 1),
            time_in_force=wish["time_in_force"],
            fraction=None if wish["size"] else 0.5,
        )

    # -- what must hold

    @invariant()
    def everything_holds(self) -> None:
        self._every_event_is_legal_and_every_sum_is_right()
        self._manager_and_venue_agree_on_what_works()
        self._reserves_are_of_live_entries_and_never_negative()
        self._nothing_waits_for_what_is_gone()
        self._quotes_are_two_at_most_apart_and_within_limits()
        self._counts_are_those_of_the_orders()

    def _every_event_is_legal_and_every_sum_is_right(self) -> None:
        for event in self.core.take():
            if isinstance(event, OrderEvent):
                self._move(event.order_id, OrderStatus.SENT)
                self.asked[event.order_id] = event.quantity
                assert event.quantity > 0 or event.fraction is not None
            elif isinstance(event, OrderStatusEvent):
                self._move(event.order_id, event.status)
            elif isinstance(event, FillEvent):
                self._fill(event)
        for symbol in SYMBOLS:
            assert self.core.portfolio.quantity(symbol) == self.held[symbol]
        assert self.core.portfolio.cash == self.cash
        assert self.core.portfolio.imbalance(self.core.marks()) == 0

    def _manager_and_venue_agree_on_what_works(self) -> None:
        manager, venue = self.core.orders, self.core.venue
        live = {order.order_id: order for order in manager.open_orders()}
        resting = {order.order_id: order for orders in venue._orders.values() for order in orders}
        assert set(resting) == {i for i, order in live.items() if order.status in WORKING}
        for order_id, order in resting.items():
            known = live[order_id]
            if known.quantity:  # a fraction has none before its first fill
                assert order.left == nanos_from_decimal(known.left)
            assert order.born is None
        assert {i for i, order in live.items() if order.status == OrderStatus.QUEUED} == {
            order.order_id for order in manager._rate.queue
        }
        assert {symbol: EXACT.scaleb(Decimal(n), -9) for symbol, n in venue._holdings.units.items() if n} == {
            symbol: quantity for symbol, quantity in self.held.items() if quantity
        }
        assert all(self.state[i] == order.status for i, order in live.items())
        assert all(self.state[i] in DONE for i in self.state if i not in live)

    def _reserves_are_of_live_entries_and_never_negative(self) -> None:
        manager = self.core.orders
        live = {order.order_id: order for order in manager.open_orders()}
        for order_id, (order, price) in manager._open._reserved.items():
            assert order is live[order_id]
            assert order.left >= 0
            assert price > 0
            assert live[order_id].role == "open"
            assert live[order_id].status in WORKING

    def _nothing_waits_for_what_is_gone(self) -> None:
        live = self.core.orders.open_orders()
        for order in live:
            symbol, held = order.symbol, self.held[order.symbol]
            if order.status == OrderStatus.HELD:
                assert any(o.role == "close" and o.symbol == symbol for o in live)
            if order.role not in ("open", "quote"):
                assert held != 0
                assert (held > 0) == (order.side < 0)

    def _quotes_are_two_at_most_apart_and_within_limits(self) -> None:
        core, manager = self.core, self.core.orders
        for symbol in SYMBOLS:
            quotes = [order for order in manager.open_orders(symbol) if order.role == "quote"]
            assert len({order.side for order in quotes}) == len(quotes)
            assert core.state != TradingState.HALTED or not quotes
            if len(quotes) == 2:
                bid, ask = sorted(quotes, key=lambda order: -order.side)
                assert bid.limit_price < ask.limit_price  # type: ignore[operator]
            for order in quotes:
                if core.state == TradingState.REDUCING:
                    assert order.left <= self.held[symbol] * -order.side
                most = core.limits.max_position
                beside = [o.left for o in manager.open_orders(symbol) if o.side == order.side and o.role in OPENERS]
                assert most is None or self.held[symbol] * order.side + sum(beside) <= most

    def _counts_are_those_of_the_orders(self) -> None:
        counts = self.core.orders.counts
        working = sum(status in WORKING for status in self.state.values())
        assert counts.sent == len(self.asked) == counts.filled + counts.cancelled + counts.rejected + working
        partly = [i for i in self.asked if self.filled.get(i, 0) > 0 and self.state[i] != OrderStatus.FILLED]
        assert counts.partially_filled == len(partly)
        assert counts.filled + counts.cancelled + counts.rejected <= counts.sent

    def _move(self, order_id: int, after: OrderStatus) -> None:
        before = self.state.get(order_id, OrderStatus.NEW)
        assert after in REACHES[before], f"order {order_id}: {before} -> {after}"
        self.state[order_id] = after

    def _fill(self, fill: FillEvent) -> None:
        order_id = fill.order_id
        self._move(order_id, OrderStatus.PARTIALLY_FILLED if fill.leaves else OrderStatus.FILLED)
        self.filled[order_id] = EXACT.add(self.filled.get(order_id, Decimal(0)), fill.quantity)
        self.fills_of[fill.role] += 1
        assert fill.quantity > 0
        if self.asked[order_id]:
            assert EXACT.add(self.filled[order_id], fill.leaves) <= self.asked[order_id]
        signed = fill.quantity if fill.side > 0 else fill.quantity.copy_negate()
        before = self.held[fill.symbol]
        self.held[fill.symbol] = EXACT.add(before, signed)
        if fill.role not in OPENERS:
            assert self.held[fill.symbol].copy_abs() < before.copy_abs()
            assert (self.held[fill.symbol] >= 0) == (before > 0) or not self.held[fill.symbol]
        if fill.role == "quote":
            assert fill.liquidity == "maker"
        self.cash = EXACT.subtract(EXACT.subtract(self.cash, EXACT.multiply(signed, fill.price)), fill.fee)


@pytest.mark.slow
def test_ten_thousand_steps_leave_orders_venue_and_ledger_in_agreement() -> None:
    run_state_machine_as_test(
        OrderLife,
        settings=settings(
            max_examples=200,
            stateful_step_count=50,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.slow
def test_busy_days_of_quotes_and_signals_leave_orders_venue_and_ledger_in_agreement() -> None:
    fills: Counter[str] = Counter()
    for seed in range(60):
        draw = random.Random(seed)
        life = OrderLife()
        life.start(
            rate=draw.choice([None, None, 3]),
            most=draw.choice([None, 30]),
            action=draw.choice(["reduce", "reject"]),
            open_orders=draw.choice([None, None, 4]),
            drawdown=None,
            buffer=draw.choice([0, 100]),
            partial=draw.choice([0.0, 0.5]),
            cancel=draw.choice([0.0, 0.02]),
            fill=draw.choice([1.0, 0.8]),
            cap=draw.choice([None, "0.1"]),
            intrabar="stop_first",
            stop=draw.choice([None, 0.02]),
            fixed=draw.choice([0, 1]),
        )
        for _ in range(80):
            _one_busy_step(life, draw)
            life.everything_holds()
        fills.update(life.fills_of)
    assert min(fills[role] for role in ("open", "close", "stop_loss", "quote")) > 60


def _one_busy_step(life: OrderLife, draw: random.Random) -> None:
    def sizes() -> dict[str, int]:
        return {"buys": draw.randint(1, 20), "sells": draw.randint(1, 20)}

    def levels() -> dict[str, int | None]:
        return {side: draw.choice([None, draw.randint(0, 120), draw.randint(0, 120)]) for side in ("bid", "ask")}

    symbol, what = draw.choice(SYMBOLS), draw.random()
    if what < 0.45:
        up, down = draw.randint(0, 200), draw.randint(0, 200)
        life.bar(symbol=symbol, gap=draw.randint(-80, 80), up=up, down=down, at=draw.random(), volume=300.0, late=False)
    elif what < 0.75:
        life.quote(symbol=symbol, **levels(), **sizes())
    elif what < 0.85:
        wish = {
            "symbol": symbol,
            "direction": draw.choice([1, 1, 0, -1]),
            "size": draw.randint(1, 20),
            "type": "market",
        }
        life.signal(wish=wish | dict.fromkeys(("stop_loss", "take_profit"), 150) | {"time_in_force": "day"})
    elif what < 0.95:
        life.answer_the_next_fill_with_quotes(symbol=symbol, **levels(), size=draw.randint(1, 20))
    else:
        life.command(
            command=draw.choice([CancelAll(), PauseTrading(), ResumeTrading(), ResumeTrading(), ClosePosition(symbol)])
        )
