"""The benchmark's rule in nautilus_trader, written as its examples do: registered indicators, `on_bar` per bar."""

from __future__ import annotations

import nautilus_trader
import pandas as pd
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, RiskEngineConfig
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model import Bar, BarType, Money, Quantity, Venue
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol
from nautilus_trader.model.instruments import CurrencyPair
from nautilus_trader.model.objects import Price
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy

from make_bars import load
from program import CASH, FAST, QUANTITY, SLOW, Stopwatch, read_task, report

VENUE = Venue("SIM")


class Cross(Strategy):  # type: ignore[misc]  # the library has no types
    def __init__(self, bar_type: BarType, always_in: bool) -> None:
        super().__init__()
        self.bar_type = bar_type
        self.always_in = always_in
        self.fast = SimpleMovingAverage(FAST)
        self.slow = SimpleMovingAverage(SLOW)
        self.before = 0.0

    def on_start(self) -> None:
        self.register_indicator_for_bars(self.bar_type, self.fast)
        self.register_indicator_for_bars(self.bar_type, self.slow)
        self.subscribe_bars(self.bar_type)

    def on_bar(self, bar: Bar) -> None:
        if not self.slow.initialized:
            return
        before, now = self.before, self.fast.value - self.slow.value
        self.before = now
        symbol = self.bar_type.instrument_id
        if before < 0.0 < now:
            if self.portfolio.is_net_short(symbol):
                self.send(OrderSide.BUY)
            self.send(OrderSide.BUY)
        elif before > 0.0 > now:
            if self.portfolio.is_net_long(symbol):
                self.send(OrderSide.SELL)
            if self.always_in:
                self.send(OrderSide.SELL)

    def send(self, side: OrderSide) -> None:
        quantity = Quantity.from_int(QUANTITY)
        self.submit_order(self.order_factory.market(self.bar_type.instrument_id, side, quantity))


def instrument() -> CurrencyPair:
    """Six decimals, whole units, no fees, and margins that never bind."""
    return CurrencyPair(
        instrument_id=InstrumentId(Symbol("WALK/USD"), VENUE),
        raw_symbol=Symbol("WALK/USD"),
        base_currency=USD,
        quote_currency=USD,
        price_precision=6,
        size_precision=0,
        price_increment=Price.from_str("0.000001"),
        size_increment=Quantity.from_int(1),
        ts_event=0,
        ts_init=0,
    )


def main() -> None:
    task = read_task(__doc__)
    (path,) = task.files
    columns = load(path, task.rows)
    names = ("open", "high", "low", "close", "volume")
    frame = pd.DataFrame({name: columns[name] for name in names}, index=pd.to_datetime(columns["ts_ns"], utc=True))
    walk = instrument()
    bar_type = BarType.from_str(f"{walk.id}-1-MINUTE-LAST-EXTERNAL")
    engine = BacktestEngine(
        BacktestEngineConfig(
            logging=LoggingConfig(bypass_logging=True),
            risk_engine=RiskEngineConfig(bypass=True),
            run_analysis=False,
        )
    )
    engine.add_venue(VENUE, OmsType.NETTING, AccountType.MARGIN, [Money(CASH, USD)], base_currency=USD)
    engine.add_instrument(walk)
    engine.add_data(BarDataWrangler(bar_type, walk).process(frame))
    engine.add_strategy(Cross(bar_type, task.always_in))
    with Stopwatch() as watch:
        engine.run()
    filled = len(engine.cache.orders_closed())
    closed = len(engine.cache.positions_closed()) + len(engine.cache.position_snapshots())
    held = engine.portfolio.unrealized_pnls(VENUE).get(USD)
    equity = engine.portfolio.account(VENUE).balance_total(USD).as_double() + (held.as_double() if held else 0.0)
    report(f"nautilus_trader {nautilus_trader.__version__}", len(frame), watch, filled, closed, equity)


if __name__ == "__main__":
    main()
