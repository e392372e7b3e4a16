"""Opens a venue: a session and the bars before it become a market, with an account that may be kept in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec

from tradetui.engine.errors import UsageError
from tradetui.engine.market.bars import Bars
from tradetui.engine.market.tape import MarketSession
from tradetui.engine.practice.assets import Asset, Assets
from tradetui.engine.practice.config import PracticeConfig
from tradetui.engine.practice.engine_matcher import EngineMatcher
from tradetui.engine.practice.exchange import Exchange
from tradetui.engine.practice.hours import Hours, weekday_sessions
from tradetui.engine.practice.store import Store
from tradetui.engine.practice.venue import Venue
from tradetui.engine.practice.wire import eastern_moment
from tradetui.engine.practice.world import World

DAYS_BEFORE, DAYS_AFTER = 400, 400  # that the calendar knows around the data


class Opened(msgspec.Struct, frozen=True):
    """A venue and the file that it is kept in."""

    venue: Venue
    store: Store | None
    resumed: bool

    def close(self) -> None:
        """Write down the rest."""
        if self.store is not None:
            self.store.close(self.venue.exchange)


def open_venue(
    session: MarketSession,
    keys: Mapping[str, str],
    config: PracticeConfig,
    *,
    history: Bars | None = None,
    kept_in: Path | None = None,
    speed: float = 1.0,
    running: bool = True,
) -> Opened:
    """A venue ready to be served. Its days are all weekdays around the data, as those of the invented market are.

    Raises RunFailed for a file that cannot be used, UsageError for a market without rows.
    """
    at = session.timeline().at_ns
    if not len(at):
        raise UsageError("the market has no rows; give a session with quotes or trades")
    first, last = eastern_moment(int(at[0])).date(), eastern_moment(int(at[-1])).date()
    days = weekday_sessions(first - timedelta(days=DAYS_BEFORE), last + timedelta(days=DAYS_AFTER))
    matcher = EngineMatcher() if config.display_limits else None
    assets = Assets([_asset(symbol) for symbol in session.symbols])
    exchange = Exchange(config, assets, Hours(days), matcher, int(at[0]) - 1)
    world = World(session, exchange, history)
    store = None if kept_in is None else Store(kept_in, world.identity())
    resumed = store is not None and store.restore(exchange)
    if resumed:
        world.resume(exchange.now_ns)
    return Opened(Venue(world, keys, keeper=store, speed=speed, running=running), store, resumed)


def renamed(session: MarketSession, names: Mapping[str, str]) -> MarketSession:
    """The session with other symbols; UsageError for a name that it does not have."""
    unknown = [old for old in names if old not in session.symbols]
    if unknown:
        raise UsageError(f"there is no {unknown[0]} in the market; it has {', '.join(session.symbols)}")
    symbols = renamed_symbols(session.symbols, names)
    if len(set(symbols)) < len(symbols):
        raise UsageError(f"two symbols would have one name: {', '.join(symbols)}")
    return MarketSession(
        replace(session.bars, symbols=symbols),
        replace(session.quotes, symbols=symbols),
        replace(session.trades, symbols=symbols),
        replace(session.depth, symbols=symbols),
    )


def renamed_symbols(symbols: Sequence[str], names: Mapping[str, str]) -> tuple[str, ...]:
    """Symbols under their other names."""
    return tuple(names.get(symbol, symbol) for symbol in symbols)


def _asset(symbol: str) -> Asset:
    return Asset(symbol=symbol, name=f"{symbol} (invented or recorded market)")
