"""The same strategy over ticks and over the bars built from them decides at the same bar closes."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from book_session import MINUTE, NANOS, Print, book_run, config_of, restless_book, session
from tradetui.engine.backtest import Backtest
from tradetui.engine.market.bars import Bars, bars_from_floats
from tradetui.engine.market.tape import MarketSession, Trades
from tradetui.engine.model.events import MarketEvent, SignalEvent
from tradetui.engine.result import Source
from tradetui.engine.strategy import Strategy
from tradetui.strategies.registry import make_strategy

Decision = tuple[str, int, int]  # what, at which bar's start, which way


def noting(name: str, parameters: dict[str, Any], decisions: list[Decision], bars: list[MarketEvent]) -> Strategy:
    """A shipped strategy that writes down each bar it was given and each decision it made on it."""
    strategy = make_strategy(name, parameters)
    decide = strategy.on_market_data

    def noted(event: MarketEvent) -> Any:
        wishes = decide(event)
        bars.append(event)
        decisions.extend((w.symbol, event.ts_ns, w.direction) for w in wishes if isinstance(w, SignalEvent))
        return wishes

    strategy.on_market_data = noted  # type: ignore[method-assign]
    return strategy


def decisions_over(market: MarketSession | Bars, name: str, parameters: dict[str, Any]) -> tuple[list[Decision], Any]:
    decisions: list[Decision] = []
    bars: list[MarketEvent] = []
    strategy = noting(name, parameters, decisions, bars)
    if isinstance(market, Bars):
        sources = [Source.of(market, symbol) for symbol in market.symbols]
        Backtest(config_of(quantity=1, form="event"), strategy, market, sources).run()
    else:
        book_run(strategy, market, quantity=1).run()
    prices = [(e.symbol, e.ts_ns, e.open, e.high, e.low, e.close, round(e.volume, 6)) for e in bars]
    return decisions, prices


def resampled(trades: Trades, symbol: str) -> Bars:
    """Minute bars of a trade table, made by another program."""
    frame = pl.DataFrame({"ts": trades.ts_ns, "price": trades.price, "size": trades.size})
    bars = (
        frame.group_by(pl.col("ts") // MINUTE * MINUTE, maintain_order=True)
        .agg(
            pl.col("price").first().alias("open"),
            pl.col("price").max().alias("high"),
            pl.col("price").min().alias("low"),
            pl.col("price").last().alias("close"),
            pl.col("size").sum().alias("volume"),
        )
        .sort("ts")
    )
    columns = [bars[name].to_numpy() / NANOS for name in ("open", "high", "low", "close", "volume")]
    return bars_from_floats(symbol, bars["ts"].to_numpy(), *columns, interval_ns=MINUTE)


def wandering(seed: int, prints: int = 1_500) -> list[Print]:
    dice, price, at, found = random.Random(seed), 1_000, 0.0, []
    for _ in range(prints):
        at += dice.expovariate(1 / 9)
        price += dice.choice((-2, -1, 0, 1, 2))
        found.append((round(at, 3), price / 10, float(dice.randint(1, 20)), dice.choice((-1, 1))))
    return found


STRATEGIES = [("ma_crossover", {"fast": 3, "slow": 8}), ("momentum", {"period": 5})]


@pytest.mark.parametrize(("name", "parameters"), STRATEGIES)
@pytest.mark.parametrize("booked", [False, True], ids=["trades alone", "with a book"])
def test_synthetic_ticks_and_their_bars_give_the_same_decisions(
    name: str, parameters: dict[str, Any], booked: bool
) -> None:
    ticks = session(restless_book(6, 1_000) if booked else (), wandering(11))
    over_ticks, built = decisions_over(ticks, name, parameters)
    over_bars, given = decisions_over(resampled(ticks.trades, "X"), name, parameters)
    assert built == given
    assert over_ticks == over_bars
    assert len(over_ticks) > 5


@pytest.mark.slow
@pytest.mark.parametrize(("name", "parameters"), STRATEGIES)
def test_the_exchange_s_own_minutes_are_built_and_decided_on_alike(
    shared: Path, name: str, parameters: dict[str, Any]
) -> None:
    raw = pl.read_ipc(shared / "data/ticks/XRP_ETH_trades_2019-10-11_13.feather")
    minutes = pl.read_ipc(shared / "data/minute/XRP_ETH_1min_2019-10-11_13.feather")
    nanos = [np.rint(raw[column].to_numpy() * NANOS).astype(np.int64) for column in ("price", "amount")]
    ts = raw["timestamp"].to_numpy() * 1_000_000
    side = np.where(raw["side"].to_numpy() == "buy", 1, -1).astype(np.int8)
    empty = session(trades=[(1.0, 1.0, 1.0, 1)], symbol="XRP")
    trades = Trades(("XRP",), np.zeros(len(ts), np.int32), ts, *nanos, side)
    ticks = MarketSession(empty.bars, empty.quotes, trades, empty.depth)
    published = bars_from_floats(
        "XRP",
        minutes["date"].dt.epoch("ns").to_numpy(),
        *(minutes[column].to_numpy() for column in ("open", "high", "low", "close", "volume")),
        interval_ns=MINUTE,
    )
    over_ticks, built = decisions_over(ticks, name, parameters)
    over_bars, given = decisions_over(published, name, parameters)
    assert built == given
    assert over_ticks == over_bars
    assert len(over_ticks) > 20
