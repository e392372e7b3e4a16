"""The simulated venue by itself: quotes, the bars it may skip, seeds, and what it keeps."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tradetui.engine.bar_loop import every_bar
from tradetui.engine.build import build_core
from tradetui.engine.config import ChanceConfig, RunConfig
from tradetui.engine.gateways.simulated import Dropped, SimulatedExecutor, VenueRules
from tradetui.engine.market.bar_fills import NEVER, Window
from tradetui.engine.market.bars import Bars, bars_from_floats, merge_bars
from tradetui.engine.market.watch import EVERYWHERE, Watch
from tradetui.engine.model.events import FillEvent, OrderEvent, SignalEvent
from tradetui.engine.model.instrument import NANOS_PER_UNIT, Instrument
from tradetui.engine.model.orders import OrderStatus
from tradetui.engine.step import Core
from tradetui.engine.strategy import Strategy

FREE = Decimal(10**9)
HOUR_NS = 3600 * 10**9


def order(number: int, side: int = 1, quantity: int = 10, **values: Any) -> OrderEvent:
    usual = {
        "type": "market",
        "limit_price": None,
        "stop_price": None,
        "time_in_force": "gtc",
        "role": "open",
        "parent": 0,
        "fraction": None,
        "reason": "",
        "ts_ns": 0,
    }
    return OrderEvent(order_id=number, symbol="X", side=side, quantity=Decimal(quantity), **{**usual, **values})


def quote(price: float, size: float, ts_ns: int = 1) -> Window:
    nanos = round(price * NANOS_PER_UNIT)
    return Window(ts_ns, nanos, nanos, nanos, nanos, size)


def venue(**rules: Any) -> SimulatedExecutor:
    return SimulatedExecutor(VenueRules(**rules), {"X": Instrument(symbol="X", tick=Decimal("0.01"))}, 0)


def settle_quote(at: SimulatedExecutor, bid: Window, ask: Window) -> list[FillEvent]:
    fills = []
    for side, window in ((1, ask), (-1, bid)):
        at.begin_quote("X", side, window)
        while (outcome := at.react("X", lambda: FREE)) is not None:
            if isinstance(outcome, FillEvent):
                fills.append(outcome)
    at.end("X", ask)
    return fills


def test_a_market_order_takes_the_ask_up_to_its_size_and_the_next_quote_for_the_rest() -> None:
    market = venue()
    market.submit(order(1, quantity=10))
    first = settle_quote(market, quote(99, 50), quote(100, 4))
    second = settle_quote(market, quote(99, 50), quote(101, 40))
    assert [(f.quantity, f.price, f.leaves) for f in first + second] == [(4, 100, 6), (6, 101, 0)]


def test_two_orders_cannot_take_the_same_displayed_size() -> None:
    market = venue()
    market.submit(order(1, quantity=6))
    market.submit(order(2, quantity=6))
    fills = settle_quote(market, quote(99, 50), quote(100, 10))
    assert [(f.order_id, f.quantity) for f in fills] == [(1, 6), (2, 4)]


def test_buys_look_at_the_ask_and_sells_at_the_bid() -> None:
    market = venue()
    market.submit(order(1, 1, type="limit", limit_price=Decimal(100)))
    market.submit(order(2, -1, type="limit", limit_price=Decimal(100)))
    assert settle_quote(market, quote(99.99, 50), quote(100.01, 50)) == []
    assert [f.order_id for f in settle_quote(market, quote(99.99, 50), quote(100, 50))] == [1]
    assert [f.order_id for f in settle_quote(market, quote(100, 50), quote(100.01, 50))] == [2]


def test_a_sell_stop_is_triggered_by_the_bid_and_not_by_the_ask() -> None:
    market = venue()
    market.submit(order(1))
    settle_quote(market, quote(99, 50), quote(100, 50))
    market.submit(order(2, -1, type="stop", stop_price=Decimal(95), role="stop_loss", parent=1))
    assert settle_quote(market, quote(95.01, 50), quote(95, 50)) == []
    fills = settle_quote(market, quote(94.5, 4), quote(96, 50))
    assert [(f.order_id, f.quantity, f.price) for f in fills] == [(2, 4, Decimal("94.5"))]
    fills = settle_quote(market, quote(97, 40), quote(98, 50))
    assert [(f.order_id, f.quantity, f.price) for f in fills] == [(2, 6, 97)], "once triggered it is a market order"


def test_an_exit_without_a_position_is_given_up() -> None:
    market = venue()
    market.submit(order(1, -1, role="close"))
    bar = quote(100, float("nan"))
    market.begin("X", bar)
    outcome = market.react("X", lambda: FREE)
    assert outcome == Dropped(1, OrderStatus.CANCELLED, "nothing is left to close")


def test_cancelling_says_whether_the_order_was_there() -> None:
    market = venue()
    market.submit(order(1))
    assert market.cancel("X", 1)
    assert not market.cancel("X", 1)
    assert not market.cancel("Y", 1)
    assert market.watches == {}


def test_the_same_seed_draws_the_same_fills() -> None:
    def fills(seed: int) -> list[tuple[Any, ...]]:
        rules = VenueRules(chance=ChanceConfig(fill=0.5, partial=0.5, cancel=0.05))
        market = SimulatedExecutor(rules, {"X": Instrument(symbol="X")}, seed)
        found = []
        for number in range(1, 20):
            market.submit(order(number, quantity=100))
            bar = quote(100, float("nan"), number)
            market.begin("X", bar)
            while (outcome := market.react("X", lambda: FREE)) is not None:
                found.append((number, outcome.order_id, getattr(outcome, "quantity", None)))
            found += [(number, dropped.order_id) for dropped in market.end("X", bar)]
        return found

    assert fills(1) == fills(1)
    assert fills(1) != fills(2)


class Restless(Strategy):
    """Wishes drawn from a seed, brackets and all times in force included."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)

    def on_market_data(self, event: Any) -> list[SignalEvent]:
        dice = self.dice
        if dice.random() < 0.8:
            return []
        side, close = dice.choice([1, 0, -1]), event.close
        kind: Any = dice.choice(["market", "limit", "stop", "stop_limit"])
        near = [round(close + dice.uniform(-3, 3), 2) for _ in range(2)]
        return [
            SignalEvent(
                event.symbol,
                side,
                quantity=dice.choice([5, 10, 20, 60]),
                type=kind,
                limit_price=near[0] if kind in ("limit", "stop_limit") else None,
                stop_price=near[1] if kind in ("stop", "stop_limit") else None,
                stop_loss=round(close * (1 - side * 0.04), 2) if dice.random() < 0.5 else None,
                take_profit=round(close * (1 + side * 0.04), 2) if dice.random() < 0.5 else None,
                time_in_force=dice.choice(["day", "gtc", "ioc", "fok"]),
            )
        ]


def walk(seed: int, symbol: str, n: int = 400) -> Bars:
    dice = np.random.default_rng(seed)
    close = 100 + np.cumsum(dice.normal(0, 0.5, n)).round(2)
    open_ = np.concatenate(([100.0], close[:-1])) + dice.normal(0, 0.2, n).round(2)
    high = np.maximum(open_, close) + dice.uniform(0, 0.6, n).round(2)
    low = np.minimum(open_, close) - dice.uniform(0, 0.6, n).round(2)
    volume = dice.choice([0.0, 30.0, 300.0, 3000.0], n)
    return bars_from_floats(symbol, HOUR_NS * np.arange(1, n + 1), open_, high, low, close, volume)


def restless_run(seed: int, chunk: int) -> tuple[Core, Bars]:
    bars = merge_bars([walk(seed, "X"), walk(seed + 1000, "Y")])
    config = RunConfig(cash=Decimal(50_000), allow_short=True, intrabar="adaptive", slippage_bps=2.0)
    core = build_core(config, Restless(seed), bars.symbols)
    for start in range(0, len(bars), chunk):
        every_bar(core, bars, start, min(start + chunk, len(bars)), HOUR_NS)
    return core, bars


def happened(core: Core) -> list[Any]:
    return [event for event in core.take() if not isinstance(event, SignalEvent)]


@pytest.mark.parametrize("seed", range(12))
def test_skipping_bars_that_touch_nothing_changes_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    skipped = happened(restless_run(seed, 10_000)[0])

    def always(self: SimulatedExecutor, symbol: str) -> None:
        if self._orders.get(symbol):
            self.watches[symbol] = Watch(*EVERYWHERE, NEVER)
        else:
            self.watches.pop(symbol, None)

    monkeypatch.setattr(SimulatedExecutor, "_watch", always)
    assert happened(restless_run(seed, 10_000)[0]) == skipped
    assert sum(isinstance(event, FillEvent) for event in skipped) > 50


def test_nothing_grows_with_the_number_of_past_orders_but_the_executions_booked() -> None:
    core, _ = restless_run(3, 10_000)
    core.take()
    manager, market = core.orders, core.venue
    live = manager.open_orders()
    assert manager.counts.sent > 100
    assert len(live) < 12
    assert len(manager._open.by_id) == sum(len(orders) for orders in manager._open.by_symbol.values()) == len(live)
    assert len(manager._open._reserved) <= len(live)
    assert sum(len(orders) for orders in market._orders.values()) <= len(live)
    assert sum(len(covers) for covers in market._holdings.covers.values()) <= len(live) + 2
    assert len(core._order_seq) <= len(live)
