"""A backtest: bars in chunks through the core, events into the journal, figures out; the core of every other mode."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tradetui.engine.bar_loop import change_rows, every_bar, woken_bars
from tradetui.engine.build import (
    build_core,
    decision_delay_ns,
    require_bars_only,
    require_one_length,
    strategy_name,
)
from tradetui.engine.config import RunConfig, run_config
from tradetui.engine.errors import RunFailed, UsageError
from tradetui.engine.market.bars import Bars
from tradetui.engine.market.session_tape import sources_of, traded_symbols
from tradetui.engine.market.tape import MarketSession
from tradetui.engine.recorded_run import RecordedRun, require_fresh
from tradetui.engine.result import BacktestResult, Source
from tradetui.engine.run_data import AnyPath, read_run_data, session_sources, with_latencies
from tradetui.engine.settling import BarCore
from tradetui.engine.simulated_market import Tell, simulated_market, unheard, warm_up
from tradetui.engine.strategy import Strategy
from tradetui.engine.strategy_forms import event_driven, require_form, wanted_positions
from tradetui.engine.subscriptions import silences, subscription_of

CHUNK_ROWS = 65_536  # large enough that columns win, small enough that Ctrl-C and progress feel at once

Progress = Callable[[int, int], None]  # rows done, rows in all


def run_backtest(
    strategy: str | type[Strategy] | Strategy,
    data: Bars | MarketSession | AnyPath | Sequence[AnyPath],
    *,
    out: AnyPath | None = None,
    progress: Progress | None = None,
    tell: Tell = unheard,
    config: RunConfig | None = None,
    **options: Any,
) -> BacktestResult:
    """Trade `strategy` over `data` and return what came of it.

    `strategy` is a shipped name, `file.py:ClassName`, a Strategy class or an instance; `data` is Bars, a MarketSession
    of ticks and books, or files to read of either kind. `options` are the names of RunConfig (cash, quantity,
    commission, allow_short, limits, ...), `parameters` those of the strategy. `out` names a folder that receives the
    session file and the tables; `tell` hears what takes long before the run. Raises TradetuiError.

    >>> run_backtest("ma_crossover", "GOOG.csv", parameters={"fast": 10, "slow": 20}, quantity=10).metrics.sharpe
    """
    if config is None:
        config = _config(strategy, options)
    elif options:
        raise UsageError(f"give either a config or options, not both; options were {', '.join(options)}")
    instance = _instance(strategy, config)
    folder = Path(out) if out is not None else None
    found, sources = _load(data, config)
    if isinstance(found, Bars):
        return Backtest(config, instance, found, sources, folder).run(progress)
    from tradetui.engine.book_backtest import BookBacktest

    warm_up(tell)
    for silence in silences(subscription_of(instance), found.symbols, sources_of(found), traded_symbols(found)):
        tell(silence)
    config, latencies = with_latencies(config)
    return BookBacktest(config, instance, found, sources, simulated_market, folder, latencies).run(progress)


class Backtest:
    """One run, from loaded bars to its result. Journals as it goes, so that an interrupted run stays readable."""

    def __init__(
        self,
        config: RunConfig,
        strategy: Strategy,
        bars: Bars,
        sources: Sequence[Source],
        out: Path | None = None,
        chunk_rows: int = CHUNK_ROWS,
    ) -> None:
        if not len(bars):
            raise RunFailed("there are no bars to trade")
        require_fresh(strategy)
        require_bars_only(config, strategy)
        require_one_length(bars)
        self.strategy = strategy
        self.bars = bars
        self.chunk_rows = chunk_rows
        self.core: BarCore = build_core(config, strategy, bars.symbols)
        self.vectorised = _is_vectorised(config, strategy)
        self.recorded = RecordedRun(config, self.core, sources, out)

    def run(self, progress: Progress | None = None) -> BacktestResult:
        """Work every bar; what was journaled before an error or an interrupt stays intact."""
        return self.recorded.run(lambda keep: self._work(keep, progress))

    def _work(self, keep: Callable[[], None], progress: Progress | None) -> None:
        core, bars, n = self.core, self.bars, len(self.bars)
        delay = decision_delay_ns(bars)
        if self.vectorised:
            wanted = self._decide()
            changes = change_rows(bars, wanted)
        else:
            event_driven(self.strategy)
        for start in range(0, n, self.chunk_rows):
            stop = min(n, start + self.chunk_rows)
            if self.vectorised:
                woken_bars(core, bars, start, stop, delay, wanted, changes)
            else:
                every_bar(core, bars, start, stop, delay)
            core.record(bars.rows(start, stop))
            keep()
            if progress is not None:
                progress(stop, n)

    def _decide(self) -> npt.NDArray[np.int8]:
        """Every wanted position at once; a strategy that raises is stopped before the first bar and wants none."""
        try:
            return wanted_positions(self.strategy, self.bars)
        except Exception as error:  # noqa: BLE001  # a strategy may raise anything; it is stopped and recorded, never swallowed
            self.core.fail(error, int(self.bars.ts_ns[0]), 0)
            return np.zeros(len(self.bars), np.int8)


def _config(strategy: str | type[Strategy] | Strategy, options: dict[str, Any]) -> RunConfig:
    values = {
        name: str(value) if isinstance(value, float) and name not in ("rf", "slippage_bps") else value
        for name, value in options.items()
    }
    if isinstance(strategy, str):
        values["strategy"] = strategy
    return run_config(msgspec.to_builtins(values), "run_backtest")


def _instance(strategy: str | type[Strategy] | Strategy, config: RunConfig) -> Strategy:
    from tradetui.strategies.registry import configure, make_strategy

    if isinstance(strategy, Strategy):
        if config.parameters:
            raise UsageError("parameters were given beside a strategy instance; give them to its constructor")
        return strategy
    if inspect.isclass(strategy):
        return configure(strategy, config.parameters)
    return make_strategy(config.strategy, config.parameters)


def _load(
    data: Bars | MarketSession | AnyPath | Sequence[AnyPath], config: RunConfig
) -> tuple[Bars | MarketSession, list[Source]]:
    if isinstance(data, Bars):
        return data, [Source.of(data, symbol) for symbol in data.symbols]
    if isinstance(data, MarketSession):
        return data, session_sources(data)
    return read_run_data(data, config)


def _is_vectorised(config: RunConfig, strategy: Strategy) -> bool:
    require_form(strategy)
    if config.form == "vectorised" and not strategy.is_vectorised():
        raise UsageError(f"form=vectorised, but {strategy_name(strategy)} gives no generate_signals")
    return config.form == "vectorised" or (config.form == "auto" and not strategy.is_event_driven())
