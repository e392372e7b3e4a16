"""A market of quotes and trades alone at a steady mean rate: real moves of an invented market, arrivals by chance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from tradetui.data.market_files import write_session
from tradetui.data.synthetic import FIRST_DAY, session_open_ns
from tradetui.data.synthetic_market.market import Market
from tradetui.data.synthetic_market.symbols import market_symbols
from tradetui.engine.market.tape import DepthChanges, MarketSession

EVENTS_A_TICK = 3  # order events that it takes to make one quote or trade, with room
QUIET_S = 1.0  # before the first tick


def write_ticks(folder: Path, rate: float, seconds: float, symbols: int = 5, seed: int = 7) -> int:
    """Write a session whose ticks come as a Poisson process of `rate` a second; how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = int(rate * seconds)
    made = Market(seed, market_symbols(seed, symbols), FIRST_DAY, 1)
    session = made.whole(0, max(1_000, EVENTS_A_TICK * wanted // symbols)).session
    quotes, trades = session.quotes, session.trades
    merged = np.argsort(np.concatenate((quotes.ts_ns, trades.ts_ns)), kind="stable")[:wanted]
    chance = np.random.default_rng(seed)
    gaps = chance.exponential(1e9 / rate, len(merged))
    start_ns = session_open_ns(FIRST_DAY)
    times = start_ns + int(QUIET_S * 1e9) + np.cumsum(gaps).astype(np.int64)
    of_quotes = merged < len(quotes)
    q_rows, t_rows = merged[of_quotes], merged[~of_quotes] - len(quotes)
    none = np.empty(0, np.int64)
    write_session(
        MarketSession(
            session.bars,
            replace(
                quotes,
                ts_ns=times[of_quotes],
                **{name: getattr(quotes, name)[q_rows] for name in ("symbol", "bid", "bid_size", "ask", "ask_size")},
            ),
            replace(
                trades,
                ts_ns=times[~of_quotes],
                **{name: getattr(trades, name)[t_rows] for name in ("symbol", "price", "size", "side")},
            ),
            DepthChanges(session.depth.symbols, np.empty(0, np.int32), none, np.empty(0, np.int8), none, none),
        ),
        folder,
    )
    return len(merged)
