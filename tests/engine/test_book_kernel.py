"""The compiled market under the core: the same journal as over the plain one, for every source and strategy."""

from __future__ import annotations

from typing import Any

import pytest

from book_session import Restless, config_of, restless_book, session
from reference_market import ReferenceMarket
from tradetui.engine.book_backtest import BookBacktest
from tradetui.engine.market.tape import ADD, CANCEL, EXECUTE, MarketSession
from tradetui.engine.result import BacktestResult
from tradetui.engine.run_data import session_sources
from tradetui.engine.simulated_market import simulated_market
from tradetui.strategies.registry import make_strategy

pytestmark = pytest.mark.slow


def by_levels(rows: int) -> MarketSession:
    """The random book as its level changes, with trades where orders were executed."""
    sizes: dict[tuple[int, float], float] = {}
    depth, trades = [], []
    for at, action, _, side, price, size in restless_book(9, rows):
        sign = 1 if action == ADD else -1
        assert action in (ADD, CANCEL, EXECUTE)
        sizes[side, price] = sizes.get((side, price), 0.0) + sign * size
        depth.append((at, side, price, sizes[side, price]))
        if action == EXECUTE:
            trades.append((at, price, size, -side))
    return session(depth=depth, trades=trades)


def by_quotes(rows: int) -> MarketSession:
    """A quote that wanders, and a trade now and then."""
    book = restless_book(10, rows)
    quotes = [(at, price - 0.01, size, price + 0.01, size + 1.0) for at, _, _, _, price, size in book]
    return session(quotes=quotes, trades=[(at, price, size, side) for at, _, _, side, price, size in book[::9]])


MARKETS = {
    "orders": session(restless_book(7, 1_200)),
    "depth": by_levels(1_200),
    "quotes": by_quotes(1_200),
    "trades": session(trades=[(at, price, size, side) for at, _, _, side, price, size in restless_book(12, 900)]),
}


def ran(market: MarketSession, strategy: str, make: Any, **run: Any) -> BacktestResult:
    slow = {"entry_ms": 130.0, "report_ms": 90.0, "cancel_ahead": "proportional"}
    config = config_of(allow_short=True, simulation=slow, chance={"fill": 0.7}, seed=3, commission="0.0003")
    made = Restless() if strategy == "restless" else make_strategy(strategy, {"refresh_ms": 700})
    return BookBacktest(config, made, market, session_sources(market), make, **run).run()


@pytest.mark.parametrize("source", MARKETS)
@pytest.mark.parametrize("strategy", ["restless", "market_maker"])
def test_both_markets_lead_to_the_same_journal(source: str, strategy: str) -> None:
    plain = ran(MARKETS[source], strategy, ReferenceMarket)
    for run in ({}, {"piece_rows": 11, "wakes_per_step": 2}):
        compiled = ran(MARKETS[source], strategy, simulated_market, **run)
        assert compiled.journal_sha256 == plain.journal_sha256
        assert compiled.metrics == plain.metrics
    if source in ("orders", "depth", "quotes"):
        assert len(plain.fills) > 3
