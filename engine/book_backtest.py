"""A backtest over ticks and books: a session through the simulated market, and figures as of one over bars."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np

from tradetui.engine.build_book import Latencies, MakeMarket, build_book_player
from tradetui.engine.config import RunConfig
from tradetui.engine.market.session_tape import PIECE_ROWS
from tradetui.engine.market.tape import MarketSession
from tradetui.engine.recorded_run import RecordedRun, require_fresh
from tradetui.engine.result import BacktestResult, Source
from tradetui.engine.strategy import Strategy

WAKES_PER_STEP, ROWS_PER_STEP = 4_096, 1 << 20  # between two looks at Ctrl-C, the journal and the progress

Progress = Callable[[int, int], None]  # rows done, rows in all


class BookBacktest:
    """One run over a session, from its first row to its result."""

    def __init__(
        self,
        config: RunConfig,
        strategy: Strategy,
        session: MarketSession,
        sources: Sequence[Source],
        make_market: MakeMarket,
        out: Path | None = None,
        latencies: Latencies | None = None,
        piece_rows: int = PIECE_ROWS,
        wakes_per_step: int = WAKES_PER_STEP,
    ) -> None:
        require_fresh(strategy)
        self.player = build_book_player(config, strategy, session, make_market, latencies, piece_rows)
        self.core = self.player.core
        self.recorded = RecordedRun(config, self.core, sources, out)
        self._wakes_per_step = wakes_per_step

    def run(self, progress: Progress | None = None) -> BacktestResult:
        """Work every row; what was journaled before an error or an interrupt stays intact."""
        return self.recorded.run(lambda keep: self._work(keep, progress))

    def _work(self, keep: Callable[[], None], progress: Progress | None) -> None:
        player = self.player
        while not player.done:
            player.play(min(player.row + ROWS_PER_STEP, len(player)), self._wakes_per_step)
            keep()
            if progress is not None:
                progress(player.row, len(player))


def session_sources(session: MarketSession) -> list[Source]:
    """What proves each symbol of a session: the hash of all its columns, every table that has any of its rows."""
    return [_source(session, code, symbol) for code, symbol in enumerate(session.symbols)]


def _source(session: MarketSession, code: int, symbol: str) -> Source:
    digest, rows, times = hashlib.sha256(), 0, []
    for table in (session.bars, session.quotes, session.trades, session.depth, session.orders):
        if table is None:
            continue
        own = np.flatnonzero(table.symbol == code) if len(session.symbols) > 1 else slice(None)
        ts = table.ts_ns[own]
        if not len(ts):
            continue
        rows += len(ts)
        times += [int(ts[0]), int(ts[-1])]
        digest.update(type(table).__name__.encode())
        for field in fields(table):
            column = getattr(table, field.name)
            if isinstance(column, np.ndarray) and field.name != "symbol":
                digest.update(np.ascontiguousarray(column[own]).data)
    first, last = (min(times), max(times)) if times else (0, 0)
    return Source(symbol, "", rows, first, last, digest.hexdigest())
