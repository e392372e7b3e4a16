"""The benchmark's rule in backtrader, written as its documentation does: declared indicators, `next` per bar."""

from __future__ import annotations

import backtrader as bt
import pandas as pd

from make_bars import load
from program import CASH, FAST, QUANTITY, SLOW, Stopwatch, read_task, report


class Cross(bt.Strategy):  # type: ignore[misc]  # the library has no types
    params = (("always_in", False),)

    def __init__(self) -> None:
        fast = bt.indicators.SMA(self.data.close, period=FAST)
        slow = bt.indicators.SMA(self.data.close, period=SLOW)
        self.cross = bt.indicators.CrossOver(fast, slow)
        self.filled = 0
        self.closed = 0

    def next(self) -> None:
        if self.cross[0] > 0:
            if self.position.size < 0:
                self.close()
            self.buy(size=QUANTITY)
        elif self.cross[0] < 0:
            if self.position.size > 0:
                self.close()
            if self.p.always_in:
                self.sell(size=QUANTITY)

    def notify_order(self, order: bt.Order) -> None:
        self.filled += order.status == order.Completed

    def notify_trade(self, trade: bt.Trade) -> None:
        self.closed += trade.isclosed


def main() -> None:
    task = read_task(__doc__)
    (path,) = task.files
    columns = load(path, task.rows)
    names = ("open", "high", "low", "close", "volume")
    frame = pd.DataFrame({name: columns[name] for name in names}, index=pd.to_datetime(columns["ts_ns"]))
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(bt.feeds.PandasData(dataname=frame, timeframe=bt.TimeFrame.Minutes))
    cerebro.addstrategy(Cross, always_in=task.always_in)
    cerebro.broker.setcash(CASH)
    with Stopwatch() as watch:
        (strategy,) = cerebro.run()
    equity = float(cerebro.broker.getvalue())
    report(f"backtrader {bt.__version__}", len(frame), watch, strategy.filled, strategy.closed, equity)


if __name__ == "__main__":
    main()
