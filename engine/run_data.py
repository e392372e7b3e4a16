"""What a run trades on, read from what `--data` names: bars, or a session of ticks and books. The only reader here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import fields
from os import PathLike
from pathlib import Path

import msgspec
import numpy as np

from tradetui.engine.build_book import Latencies
from tradetui.engine.config import RunConfig
from tradetui.engine.market.bars import Bars
from tradetui.engine.market.tape import MarketSession
from tradetui.engine.result import Source

AnyPath = str | PathLike[str]


def read_run_data(data: AnyPath | Sequence[AnyPath], config: RunConfig) -> tuple[Bars | MarketSession, list[Source]]:
    """Bars, or a session where the files hold ticks or books, and what proves each symbol of each file."""
    from tradetui.data.market_data import market_files, read_market

    paths = [data] if isinstance(data, str | PathLike) else list(data)
    files = market_files(paths)
    start, stop = config.from_ or None, config.to or None
    found: Bars | MarketSession
    if files:
        found, read = read_market(files, symbol=config.symbol, timezone=config.timezone, start=start, stop=stop)
    else:
        from tradetui.data.formats import read_many

        found, read = read_many(paths, symbol=config.symbol, timezone=config.timezone, start=start, stop=stop)
    return found, [Source(s.symbol, s.path, s.rows, s.first_ns, s.last_ns, s.sha256, s.kind) for s in read]


def with_latencies(config: RunConfig) -> tuple[RunConfig, Latencies | None]:
    """The recorded latencies that the run names, and its description with what proves them in place of their path."""
    name = config.simulation.latency_file
    if not name:
        return config, None
    from tradetui.data.latencies import read_latencies

    latencies, sha256 = read_latencies(Path(name))
    told = msgspec.structs.replace(config.simulation, latency_file=f"{Path(name).name} sha256:{sha256}")
    return msgspec.structs.replace(config, simulation=told), latencies


def session_sources(session: MarketSession) -> list[Source]:
    """What proves each symbol of a session that came from no file: the hash of all its columns, every table."""
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
    return Source(symbol, "", rows, first, last, digest.hexdigest(), "rows")
