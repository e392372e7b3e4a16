"""A run from its first event to its result: journals what the core says, keeps what the figures need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from tradetui.engine.analytics.execution import execution_of
from tradetui.engine.analytics.metrics import ProfitAndLoss, compute_metrics
from tradetui.engine.analytics.trades import match_round_trips
from tradetui.engine.build import canonical, parameters, strategy_name
from tradetui.engine.config import RunConfig
from tradetui.engine.errors import JournalError, RunFailed, UsageError
from tradetui.engine.journal.header import DataSource as HashedSource
from tradetui.engine.journal.header import Details, JournalHeader
from tradetui.engine.journal.writer import FileJournal, HashJournal, Journal
from tradetui.engine.model.events import ControlEvent, Event, FillEvent, OrderEvent, RefusalEvent, StrategyErrorEvent
from tradetui.engine.result import BacktestResult, Holding, Source
from tradetui.engine.step import Core
from tradetui.engine.strategy import Strategy

Work = Callable[[Callable[[], None]], None]  # works the whole market; calls what it is given to have events kept


class RecordedRun:
    """One core's run. Journals as it goes, so that an interrupted run stays readable."""

    def __init__(
        self,
        config: RunConfig,
        core: Core[Any],
        sources: Sequence[Source],
        out: Path | None,
    ) -> None:
        self.config = config
        self.core = core
        self.sources = tuple(sources)
        self.out = out
        self.parameters = parameters(core.strategy)
        self.fills: list[FillEvent] = []
        self.orders: list[OrderEvent] = []
        self.errors: list[StrategyErrorEvent] = []
        self.controls: list[ControlEvent] = []
        self.refusals: dict[str, RefusalEvent] = {}  # the first of each check: it stands for the others

    def run(self, work: Work) -> BacktestResult:
        """Work everything; what was journaled before an error or an interrupt stays intact."""
        from tradetui import __version__

        started, strategy = perf_counter(), self.core.strategy
        header = JournalHeader(
            mode="backtest",
            config_json=canonical(self.config, strategy),
            data=tuple(HashedSource(symbol=s.symbol, rows=s.rows, sha256=s.sha256) for s in self.sources),
            details=Details(version=__version__, data_paths=tuple(s.path for s in self.sources)),
        )
        journal = self._journal(header)
        try:
            work(lambda: self._keep(self.core.take(), journal))
            result = self._result(journal, header.config_sha256, started)
            journal.close({"final_equity": result.metrics.final_equity, "trades": result.metrics.trades})
        except BaseException as fault:  # also Ctrl-C: what happened so far stays readable
            self._save(journal, fault)
            if isinstance(fault, SystemExit):  # a strategy must not decide how the run is judged
                raise RunFailed(f"{strategy_name(strategy)} called sys.exit({fault.code!r})") from fault
            raise
        if self.out is not None:
            result.write(self.out)
        return result

    def _journal(self, header: JournalHeader) -> Journal:
        if self.out is None:
            return HashJournal(header)
        return FileJournal(self.out / "session.db", header, overwrite=True, durability="process_death")

    def _save(self, journal: Journal, fault: BaseException) -> None:
        """Write what the core has said so far and let go of the file; `fault` goes on and is what the user sees."""
        try:
            if not isinstance(fault, JournalError):
                journal.append(self.core.take())
            journal.abandon()
        except JournalError as second:
            fault.add_note(f"besides, {second}")

    def _keep(self, events: list[Event], journal: Journal) -> None:
        journal.append(events)
        for event in events:
            kind = type(event)
            if kind is FillEvent:
                self.fills.append(event)  # type: ignore[arg-type]
            elif kind is OrderEvent:
                self.orders.append(event)  # type: ignore[arg-type]
            elif kind is StrategyErrorEvent:
                self.errors.append(event)  # type: ignore[arg-type]
            elif kind is ControlEvent:
                self.controls.append(event)  # type: ignore[arg-type]
            elif isinstance(event, RefusalEvent):
                self.refusals.setdefault(event.check, event)

    def _result(self, journal: Journal, config_sha256: str, started: float) -> BacktestResult:
        core = self.core
        marks = core.marks()
        trades, open_trades = match_round_trips(self.fills)
        curve = core.curve.curve()
        if len(curve.equity):
            curve.equity[-1] = float(core.portfolio.equity(marks))  # the ledger's own, free of the noise of floats
        portfolio = core.portfolio
        pnl = ProfitAndLoss(portfolio.realized, portfolio.unrealized(marks), portfolio.fees)
        metrics = compute_metrics(
            curve,
            trades,
            pnl=pnl,
            execution=execution_of(self.orders, self.fills),
            rf=self.config.rf,
            profile=self.config.profile,
            timezone=self.config.timezone,
        )
        journal.commit()
        return BacktestResult(
            config=self.config,
            strategy=strategy_name(core.strategy),
            parameters=self.parameters,
            sources=self.sources,
            metrics=metrics,
            trades=trades,
            open_trades=open_trades,
            holdings={
                symbol: Holding(
                    float(position.average_price), float(marks[symbol]), float(position.unrealized(marks[symbol]))
                )
                for symbol, position in portfolio.open.items()
            },
            fills=self.fills,
            orders_sent=self.orders,
            curve=curve,
            counts=core.orders.counts,
            errors=self.errors,
            controls=self.controls,
            refusals=tuple(self.refusals.values()),
            config_sha256=config_sha256,
            journal_sha256=journal.digest(),
            events=core.seq,
            seconds=perf_counter() - started,
        )


def require_fresh(strategy: Strategy) -> None:
    """Raise UsageError for an instance that has traded before: what it remembers would be part of this run."""
    if "desk" in vars(strategy):
        raise UsageError(
            f"this {strategy_name(strategy)} has already run and remembers it; give its class, or a new instance"
        )
