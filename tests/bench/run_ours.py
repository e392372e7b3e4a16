"""The benchmark's rule in tradetui, through the public `run_backtest`, event by event or from columns."""

from __future__ import annotations

import argparse
from decimal import Decimal
from pathlib import Path
from typing import Any

from make_bars import MINUTE_NS, load
from newcomer import Metronome, OwnAverages
from program import CASH, FAST, QUANTITY, SLOW, Stopwatch, Task, read_task, report
from tradetui import Strategy, run_backtest
from tradetui.engine.market.bars import Bars, bars_from_floats, merge_bars
from tradetui.engine.result import BacktestResult

WARM_UP_ROWS = 1_000  # enough to import and compile what a run needs, which the peers have done before their run too


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--form", choices=("event", "vectorised"), default="event")
    parser.add_argument(
        "--newcomer", action="store_true", help="the rule as a user's own file instead of the shipped one"
    )
    parser.add_argument(
        "--orders-every", type=int, metavar="BARS", help="one order every so many bars instead of the rule"
    )


def main() -> None:
    task = read_task(__doc__, add_options)
    bars = read_bars(task)
    run(task, bars.rows(0, WARM_UP_ROWS))
    with Stopwatch() as watch:
        result = run(task, bars)
    report("tradetui", len(bars), watch, result.counts.filled, len(result.trades), result.metrics.final_equity)


def read_bars(task: Task) -> Bars:
    return merge_bars([bars_of(path, task.rows, f"WALK{number}") for number, path in enumerate(task.files)])


def bars_of(path: Path, rows: int | None, symbol: str) -> Bars:
    columns = load(path, rows)
    open_, high, low, close, volume = (columns[name] for name in ("open", "high", "low", "close", "volume"))
    return bars_from_floats(symbol, columns["ts_ns"], open_, high, low, close, volume, MINUTE_NS)


def run(task: Task, bars: Bars) -> BacktestResult:
    return run_backtest(
        strategy(task.extra),
        bars,
        quantity=Decimal(QUANTITY),
        cash=CASH,
        commission=0,
        volume_cap=None,
        allow_short=task.always_in,
        form=task.extra.form,
        **rule_parameters(task.extra),
    )


def strategy(options: argparse.Namespace) -> str | Strategy:
    if options.orders_every:
        return Metronome(options.orders_every)
    return OwnAverages(FAST, SLOW) if options.newcomer else "ma_crossover"


def rule_parameters(options: argparse.Namespace) -> dict[str, Any]:
    if options.orders_every or options.newcomer:
        return {}
    return {"parameters": {"fast": FAST, "slow": SLOW}}


if __name__ == "__main__":
    main()
