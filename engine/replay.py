"""Puts a replay together: market, strategy, core and session file, from a run's description."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np

from tradetui.engine.book_screen import ScreenPlayer
from tradetui.engine.build import build_core, canonical, require_bars_only, require_one_length, strategy_name
from tradetui.engine.build_book import Latencies, build_book_player
from tradetui.engine.clock import SPEED_MAX
from tradetui.engine.config import RunConfig
from tradetui.engine.journal.header import DataSource, Details, JournalHeader
from tradetui.engine.journal.writer import FileJournal
from tradetui.engine.market.bars import Bars
from tradetui.engine.market.tape import MarketSession, session_of_bars
from tradetui.engine.model.instrument import NANOS_PER_UNIT
from tradetui.engine.player import Player
from tradetui.engine.result import Source
from tradetui.engine.run_data import read_run_data, session_sources, with_latencies
from tradetui.engine.session import Loaded
from tradetui.engine.simulated_market import Tell, simulated_market, unheard, warm_up
from tradetui.engine.strategy import Strategy
from tradetui.engine.strategy_forms import event_driven, require_form
from tradetui.engine.subscriptions import subscription_of
from tradetui.engine.tape_loop import TapePlayer

TICK_SHOWN_DEFAULT = 0.01
PRICES_SEEN = 100_000  # of a symbol, to find that step
BARS_A_SECOND = 4  # of a replay that has nothing finer, whatever its bars are long
QUOTED_SPEED = 10.0
NS = 1_000_000_000


def load_replay(config: RunConfig, folder: Path, tell: Tell = unheard) -> Loaded:
    """Everything a replay needs, its session file in `folder`. Without data it is the bundled session.

    `tell` hears what takes long.
    """
    from tradetui import __version__
    from tradetui.strategies.registry import make_strategy

    config, latencies = with_latencies(config)
    session, sources = _market(config)
    strategy = make_strategy(config.strategy, config.parameters)
    require_form(strategy)
    player = _player(config, strategy, session, latencies, tell)
    now = datetime.now(UTC)
    header = JournalHeader(
        mode="replay",
        config_json=canonical(config, strategy),
        data=tuple(DataSource(symbol=s.symbol, rows=s.rows, sha256=s.sha256) for s in sources),
        details=Details(created_at=now.isoformat(timespec="seconds"), version=__version__, data_paths=config.data),
    )
    path = folder / f"{now:%Y%m%d-%H%M%S-%f}-{strategy_name(strategy)}.db"
    journal = FileJournal(path, header, durability="process_death")
    ticks = {symbol: _tick(config, session, symbol) for symbol in session.symbols}
    bars_alone = bool(config.data) and isinstance(player, TapePlayer)
    speed = BARS_A_SECOND * session.bars.interval_ns / NS if bars_alone else QUOTED_SPEED
    return Loaded(player, journal, str(path), ticks, min(speed, SPEED_MAX))


def _player(
    config: RunConfig, strategy: Strategy, session: MarketSession, latencies: Latencies | None, tell: Tell
) -> Player:
    """Ticks and books of the user's own, and what wakes by them, need the simulated market; the rest is a tape."""
    bars = session.bars
    if not len(bars) or not subscription_of(strategy).on_tape:
        warm_up(tell)
        return build_book_player(config, strategy, session, simulated_market, ScreenPlayer, latencies)
    if config.data:
        require_bars_only(config, strategy)
    require_one_length(bars)
    core = build_core(config, event_driven(strategy), session.symbols)
    return TapePlayer(core, session)


def _market(config: RunConfig) -> tuple[MarketSession, list[Source]]:
    if config.data:
        found, sources = read_run_data(config.data, config)
        return (session_of_bars(found) if isinstance(found, Bars) else found), sources
    from tradetui.data.catalog import sample_session

    session = sample_session()
    return session, session_sources(session)


def _tick(config: RunConfig, session: MarketSession, symbol: str) -> float:
    """The grid for showing prices: the instrument's tick, else the coarsest decimal step that all prices lie on."""
    told = config.instruments.get(symbol)
    if told is not None and told.tick is not None:
        return float(told.tick)
    code = session.symbols.index(symbol)
    tables = ((session.bars, "close"), (session.trades, "price"), (session.depth, "price"), (session.orders, "price"))
    for table, column in (*tables, (session.quotes, "bid")):
        prices = np.empty(0, np.int64) if table is None else getattr(table, column)[table.symbol == code][:PRICES_SEEN]
        if not len(prices):
            continue
        for decimals in range(2, 9):
            if not np.any(prices % (NANOS_PER_UNIT // 10**decimals)):
                return float(Decimal(1).scaleb(-decimals))
        break
    return TICK_SHOWN_DEFAULT
