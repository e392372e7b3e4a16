"""The market benchmarks in nautilus_trader: quotes and trades with its internal minute bars, or its own book of a feed.

The making of its data objects is timed apart from the run. An execution of the feed is a trade and a change of the
order.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import nautilus_trader
import numpy as np
import pandas as pd
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.backtest.models import LatencyModel
from nautilus_trader.config import LoggingConfig, RiskEngineConfig
from nautilus_trader.model import BarType, Money, Quantity, Venue
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import BookOrder, OrderBookDelta, TradeTick
from nautilus_trader.model.enums import AccountType, AggressorSide, BookAction, BookType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, TradeId
from nautilus_trader.model.instruments import CurrencyPair
from nautilus_trader.model.objects import Price
from nautilus_trader.persistence.wranglers import QuoteTickDataWrangler, TradeTickDataWrangler
from nautilus_trader.trading.strategy import Strategy

from make_market import ADD, CANCEL, EXECUTE, TICK, TRADE, Columns, load, rows_of
from market_rules import (
    CASH,
    LATENCY_NS,
    QUANTITY,
    WAKE_NS,
    Averages,
    Ran,
    Replaced,
    Resting,
    Work,
    read_work,
    report_market,
)
from program import Stopwatch

VENUE = Venue("SIM")
F_LAST = 128  # flag of a delta that ends its event
SIDES = {1: OrderSide.BUY, -1: OrderSide.SELL, 0: OrderSide.NO_ORDER_SIDE}
AGGRESSORS = {1: AggressorSide.BUYER, -1: AggressorSide.SELLER, 0: AggressorSide.NO_AGGRESSOR}


class Market(Strategy):  # type: ignore[misc]  # the library has no types
    """What the rules share: counting, sending and cancelling."""

    def __init__(self, symbol: InstrumentId) -> None:
        super().__init__()
        self.symbol = symbol
        self.wakes = self.sent = self.fills = self.position = 0
        self.lot = Quantity.from_int(QUANTITY)
        self.quotes: dict[int, Any] = {}  # order and price in ticks of each side

    def market_order(self, side: int) -> None:
        self.sent += 1
        self.submit_order(self.order_factory.market(self.symbol, SIDES[side], self.lot))

    def quote(self, side: int, price: int | None) -> None:
        """Replaces the quote of a side, unless it rests at that price."""
        order, at = self.quotes.get(side, (None, None))
        working = order is not None and not order.is_closed
        if working and at == price:
            return
        if working:
            self.cancel_order(order)
        if price is None:
            self.quotes.pop(side, None)
            return
        order = self.order_factory.limit(self.symbol, SIDES[side], self.lot, ticks(price), post_only=True)
        self.quotes[side] = (order, price)
        self.sent += 1
        self.submit_order(order)

    def best(self) -> tuple[int, int] | None:
        book = self.cache.order_book(self.symbol)
        bid, ask = book.best_bid_price(), book.best_ask_price()
        if bid is None or ask is None:
            return None
        return round(bid.as_double() / TICK), round(ask.as_double() / TICK)

    def on_order_filled(self, event: Any) -> None:
        self.fills += 1
        self.position += QUANTITY if event.order_side == OrderSide.BUY else -QUANTITY


class Cross(Market):
    def __init__(self, symbol: InstrumentId) -> None:
        super().__init__(symbol)
        self.rule = Averages()
        self.held = 0

    def on_start(self) -> None:
        self.subscribe_bars(BarType.from_str(f"{self.symbol}-1-MINUTE-LAST-INTERNAL"))

    def on_bar(self, bar: Any) -> None:
        self.wakes += 1
        side = self.rule.cross(round(bar.close.as_double() / TICK))
        if side:
            for _ in range(2 if self.held else 1):
                self.market_order(side)
            self.held = side


class Quoter(Market):
    """Two quotes replaced, or resting, at a timer or at every move of the best price."""

    def __init__(self, symbol: InstrumentId, work: Work) -> None:
        super().__init__(symbol)
        self.kind, self.wake = work.kind, work.wake
        self.replaced, self.resting = Replaced(), Resting(work.manner)
        self.seen: tuple[int, int] | None = None

    def on_start(self) -> None:
        level = BookType.L3_MBO if self.kind == "orders" else BookType.L2_MBP
        self.subscribe_order_book_deltas(self.symbol, level)
        if self.wake == "timer":
            self.clock.set_timer("wake", timedelta(milliseconds=WAKE_NS // 1_000_000), callback=self.on_wake)

    def on_order_book_deltas(self, deltas: Any) -> None:
        if self.wake == "best":
            best = self.best()
            if best != self.seen and best is not None:
                self.seen = best
                self.act(*best)

    def on_wake(self, event: Any) -> None:
        best = self.best()
        if best is not None:
            self.act(*best)

    def act(self, bid: int, ask: int) -> None:
        self.wakes += 1
        if self.kind == "depth":
            mine: tuple[int | None, int | None] = self.replaced.quotes(bid, ask)
        elif self.resting.changed(bid, ask, self.position):
            mine = (self.resting.bid, self.resting.ask)
        else:
            return
        self.quote(1, mine[0])
        self.quote(-1, mine[1])

    def on_order_filled(self, event: Any) -> None:
        super().on_order_filled(event)
        self.resting.filled(1 if event.order_side == OrderSide.BUY else -1)


def ticks(price: int) -> Price:
    return Price(price * TICK, 2)


def instrument() -> CurrencyPair:
    """Cents and whole units, no fees, and margins that never bind."""
    return CurrencyPair(
        instrument_id=InstrumentId(Symbol("ACME/USD"), VENUE),
        raw_symbol=Symbol("ACME/USD"),
        base_currency=USD,
        quote_currency=USD,
        price_precision=2,
        size_precision=0,
        price_increment=Price.from_str("0.01"),
        size_increment=Quantity.from_int(1),
        ts_event=0,
        ts_init=0,
    )


def tick_data(acme: CurrencyPair, columns: Columns) -> list[Any]:
    quotes = pd.DataFrame(
        {
            "bid_price": columns["q_bid"] * TICK,
            "ask_price": columns["q_ask"] * TICK,
            "bid_size": columns["q_bid_size"].astype(np.float64),
            "ask_size": columns["q_ask_size"].astype(np.float64),
        },
        index=pd.to_datetime(columns["q_ts_ns"], utc=True),
    )
    trades = pd.DataFrame(
        {
            "price": columns["t_price"] * TICK,
            "quantity": columns["t_size"].astype(np.float64),
            "trade_id": np.arange(len(columns["t_side"])).astype(str),
            "buyer_maker": columns["t_side"] < 0,
        },
        index=pd.to_datetime(columns["t_ts_ns"], utc=True),
    )
    return [TradeTickDataWrangler(acme).process(trades), QuoteTickDataWrangler(acme).process(quotes)]


def depth_data(acme: CurrencyPair, columns: Columns) -> list[Any]:
    names = ("ts_ns", "kind", "side", "price", "size")
    rows = zip(*(columns[name].tolist() for name in names), strict=True)
    return [list(itertools.starmap(DepthRow(acme), enumerate(rows)))]


class DepthRow:
    """Makes the object of one row."""

    def __init__(self, acme: CurrencyPair) -> None:
        self.id = acme.id

    def __call__(self, number: int, row: tuple[int, int, int, int, int]) -> Any:
        ts, kind, side, price, size = row
        if kind == TRADE:
            return trade(self.id, number, ts, side, price, size)
        action = BookAction.UPDATE if size else BookAction.DELETE
        order = BookOrder(SIDES[side], ticks(price), Quantity.from_int(size), price)
        return OrderBookDelta(self.id, action, order, F_LAST, number, ts, ts)


def order_data(acme: CurrencyPair, columns: Columns) -> list[Any]:
    return [list(order_rows(acme.id, columns))]


def order_rows(symbol: InstrumentId, columns: Columns, with_trades: bool = True) -> Iterator[Any]:
    names = ("ts_ns", "action", "order_id", "side", "price", "size")
    left: dict[int, int] = {}
    for number, row in enumerate(zip(*(columns[name].tolist() for name in names), strict=True)):
        ts, what, order_id, side, price, size = row
        if what == CANCEL:
            action = BookAction.DELETE
        elif what == EXECUTE:
            if with_trades:
                yield trade(symbol, number, ts, -side, price, size)
            left[order_id] -= size
            size = left[order_id]
            action = BookAction.UPDATE if size else BookAction.DELETE
        else:
            left[order_id] = size
            action = BookAction.ADD if what == ADD else BookAction.UPDATE
        order = BookOrder(SIDES[side], ticks(price), Quantity.from_int(size), order_id)
        yield OrderBookDelta(symbol, action, order, F_LAST, number, ts, ts)


def trade(symbol: InstrumentId, number: int, ts: int, side: int, price: int, size: int) -> TradeTick:
    return TradeTick(symbol, ticks(price), Quantity.from_int(size), AGGRESSORS[side], TradeId(str(number)), ts, ts)


def main() -> None:
    work = read_work(__doc__)
    acme = instrument()
    with Stopwatch() as prepare:
        columns = load(work.file, work.rows)
        data = {"ticks": tick_data, "depth": depth_data, "orders": order_data}[work.kind](acme, columns)
    logging, risk = LoggingConfig(bypass_logging=True), RiskEngineConfig(bypass=True)
    engine = BacktestEngine(BacktestEngineConfig(logging=logging, risk_engine=risk, run_analysis=False))
    engine.add_venue(
        VENUE,
        OmsType.NETTING,
        AccountType.MARGIN,
        [Money(CASH, USD)],
        base_currency=USD,
        book_type={"ticks": BookType.L1_MBP, "depth": BookType.L2_MBP, "orders": BookType.L3_MBO}[work.kind],
        latency_model=None if work.kind == "ticks" else LatencyModel(LATENCY_NS),
        trade_execution=work.kind != "ticks",
    )
    engine.add_instrument(acme)
    for some in data:
        engine.add_data(some)
    strategy = Cross(acme.id) if work.kind == "ticks" else Quoter(acme.id, work)
    engine.add_strategy(strategy)
    with Stopwatch() as run:
        engine.run()
    cash = engine.portfolio.account(VENUE).balance_total(USD).as_double() - CASH
    ran = Ran(strategy.wakes, strategy.sent, strategy.fills, float(strategy.position), cash)
    name = f"nautilus_trader {nautilus_trader.__version__}"
    report_market(name, rows_of(columns), run, prepare, Stopwatch(), ran)


if __name__ == "__main__":
    main()
