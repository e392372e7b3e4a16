"""A backtest over ticks and books: a session through the simulated market, and figures as of one over bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tradetui.engine.book_loop import BookPlayer
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
        self.player = build_book_player(config, strategy, session, make_market, BookPlayer, latencies, piece_rows)
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
