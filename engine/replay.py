"""Puts a replay together: market, strategy, core and session file, from a run's description."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np

from tradetui.engine.build import build_core, canonical, require_one_length, strategy_name
from tradetui.engine.clock import SPEED_MAX
from tradetui.engine.config import RunConfig
from tradetui.engine.errors import RunFailed
from tradetui.engine.journal.header import DataSource, Details, JournalHeader
from tradetui.engine.journal.writer import FileJournal
from tradetui.engine.market.bars import Bars
from tradetui.engine.market.tape import MarketSession, session_of_bars
from tradetui.engine.model.instrument import NANOS_PER_UNIT
from tradetui.engine.result import Source
from tradetui.engine.session import Loaded
from tradetui.engine.strategy_forms import event_driven, require_form
from tradetui.engine.tape_loop import TapePlayer

TICK_SHOWN_DEFAULT = 0.01
BARS_A_SECOND = 4  # of a replay that has nothing finer, whatever its bars are long
QUOTED_SPEED = 10.0
NS = 1_000_000_000


def load_replay(config: RunConfig, folder: Path) -> Loaded:
    """Everything a replay needs, its session file in `folder`. Without data it is the bundled session."""
    from tradetui import __version__
    from tradetui.strategies.registry import make_strategy

    session, sources = _market(config)
    if not len(session.bars):
        raise RunFailed("there are no bars to replay")
    require_one_length(session.bars)
    strategy = make_strategy(config.strategy, config.parameters)
    require_form(strategy)
    core = build_core(config, event_driven(strategy), session.symbols)
    now = datetime.now(UTC)
    header = JournalHeader(
        mode="replay",
        config_json=canonical(config, strategy),
        data=tuple(DataSource(symbol=s.symbol, rows=s.rows, sha256=s.sha256) for s in sources),
        details=Details(created_at=now.isoformat(timespec="seconds"), version=__version__, data_paths=config.data),
    )
    path = folder / f"{now:%Y%m%d-%H%M%S-%f}-{strategy_name(strategy)}.db"
    journal = FileJournal(path, header, durability="process_death")
    ticks = {symbol: _tick(config, session.bars, symbol) for symbol in session.symbols}
    speed = BARS_A_SECOND * session.bars.interval_ns / NS if config.data else QUOTED_SPEED
    return Loaded(TapePlayer(core, session), journal, str(path), ticks, min(speed, SPEED_MAX))


def _market(config: RunConfig) -> tuple[MarketSession, list[Source]]:
    if not config.data:
        from tradetui.data.catalog import sample_session

        session = sample_session()
        return session, [source_of(session, symbol) for symbol in session.symbols]
    from tradetui.data.formats import read_many

    bars, read = read_many(
        list(config.data),
        symbol=config.symbol,
        timezone=config.timezone,
        start=config.from_ or None,
        stop=config.to or None,
    )
    return session_of_bars(bars), [Source(s.symbol, s.path, s.rows, s.first_ns, s.last_ns, s.sha256) for s in read]


def source_of(session: MarketSession, symbol: str) -> Source:
    """What proves one symbol of a session that came from no single file: the hash of all its columns, every table."""
    code = session.symbols.index(symbol)
    digest = hashlib.sha256()
    for table in (session.bars, session.quotes, session.trades, session.depth):
        own = table.symbol == code
        for field in fields(table):
            column = getattr(table, field.name)
            if isinstance(column, np.ndarray) and field.name != "symbol":
                digest.update(column[own].tobytes())
    ts = session.bars.ts_ns[session.bars.symbol == code]
    first, last = (int(ts[0]), int(ts[-1])) if len(ts) else (0, 0)
    return Source(symbol, "", len(ts), first, last, digest.hexdigest())


def _tick(config: RunConfig, bars: Bars, symbol: str) -> float:
    """The grid for showing prices: the instrument's tick, else the coarsest decimal step that all closes lie on."""
    told = config.instruments.get(symbol)
    if told is not None and told.tick is not None:
        return float(told.tick)
    closes = bars.close[bars.symbol == bars.symbols.index(symbol)]
    for decimals in range(2, 9):
        if not np.any(closes % (NANOS_PER_UNIT // 10**decimals)):
            return float(Decimal(1).scaleb(-decimals))
    return TICK_SHOWN_DEFAULT
