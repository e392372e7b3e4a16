"""The benchmark's rule in backtesting.py, written as its documentation does: declared indicators, `next` per bar."""

from __future__ import annotations

import warnings

import backtesting
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import crossover

from make_bars import load
from program import CASH, FAST, QUANTITY, SLOW, Stopwatch, read_task, report


def sma(values: pd.Series, n: int) -> pd.Series:
    return pd.Series(values).rolling(n).mean()


class Cross(Strategy):  # type: ignore[misc]  # the library has no types
    always_in = False

    def init(self) -> None:
        self.fast = self.I(sma, self.data.Close, FAST)
        self.slow = self.I(sma, self.data.Close, SLOW)

    def next(self) -> None:
        if crossover(self.fast, self.slow):
            self.position.close()
            self.buy(size=QUANTITY)
        elif crossover(self.slow, self.fast):
            self.position.close()
            if self.always_in:
                self.sell(size=QUANTITY)


def main() -> None:
    task = read_task(__doc__)
    (path,) = task.files
    columns = load(path, task.rows)
    frame = pd.DataFrame(
        {name.title(): columns[name] for name in ("open", "high", "low", "close", "volume")},
        index=pd.to_datetime(columns["ts_ns"]),
    )
    warnings.simplefilter("ignore")
    backtesting.backtesting._tqdm = lambda iterable, **_: iterable  # its progress bar is not what is measured
    test = Backtest(frame, Cross, cash=CASH, commission=0.0)
    with Stopwatch() as watch:
        stats = test.run(always_in=task.always_in)
    closed = len(stats["_trades"])
    still_open = len(stats["_strategy"].trades)
    name = f"backtesting.py {backtesting.__version__}"
    report(name, len(frame), watch, 2 * closed + still_open, closed, float(stats["Equity Final [$]"]))


if __name__ == "__main__":
    main()
