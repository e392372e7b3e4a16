"""The invented market: made alike from a seed, believable, and with a book whose tables agree with one another."""

from __future__ import annotations

import hashlib
from datetime import date

import numpy as np
import pytest

from tradetui.data.aggregate import bars_of_trades
from tradetui.data.synthetic import MINUTES, MODELS, TICK_NANOS, synthetic_month, weekdays
from tradetui.data.synthetic_book import LEVELS_MIN, synthetic_session
from tradetui.data.times import time_text
from tradetui.engine.market.bars import Bars
from tradetui.engine.market.tape import MarketSession, Trades

SEED = 3


@pytest.fixture(scope="module")
def month() -> Bars:
    return synthetic_month(SEED)


@pytest.fixture(scope="module")
def session() -> MarketSession:
    return synthetic_session(SEED, arrivals=6_000)


def digest(*columns: np.ndarray) -> str:
    sha = hashlib.sha256()
    for column in columns:
        sha.update(np.ascontiguousarray(column).astype("<i8").tobytes())
    return sha.hexdigest()


def test_a_month_has_every_minute_of_every_weekday_in_new_york_time(month: Bars) -> None:
    assert len(month) == 22 * MINUTES * len(MODELS)
    ts = month.of("ACME").ts_ns
    assert (time_text(int(ts[0])), time_text(int(ts[-1]))) == ("2026-03-02T14:30:00Z", "2026-03-31T19:59:00Z")
    opens = ts[::MINUTES] % (86_400 * 10**9) // (60 * 10**9)
    assert sorted(set(opens.tolist())) == [13 * 60 + 30, 14 * 60 + 30]  # the clocks change on 8 March
    assert weekdays(date(2026, 3, 6), 2) == [date(2026, 3, 6), date(2026, 3, 9)]


def test_prices_of_a_month_are_possible_and_on_the_tick(month: Bars) -> None:
    assert (month.high >= np.maximum(month.open, month.close)).all()
    assert (month.low <= np.minimum(month.open, month.close)).all()
    assert (month.low > 0).all()
    assert (month.volume >= 1).all()
    for column in (month.open, month.high, month.low, month.close):
        assert (column % TICK_NANOS == 0).all()


@pytest.mark.parametrize("symbol", [model.name for model in MODELS])
def test_a_month_looks_like_a_market(month: Bars, symbol: str) -> None:
    bars = month.of(symbol)
    returns = np.diff(np.log(bars.close)).tolist()
    inside = np.delete(returns, np.arange(MINUTES - 1, len(returns), MINUTES))  # without the nights
    size = np.abs(inside)
    day = size[: 21 * (MINUTES - 1)].reshape(21, MINUTES - 1).mean(axis=0)
    volume = bars.volume.reshape(22, MINUTES).mean(axis=0)
    assert day[:20].mean() > 1.4 * day[185:205].mean() < day[-20:].mean(), "volatility is U-shaped"
    assert volume[:20].mean() > 2 * volume[185:205].mean() < volume[-20:].mean(), "volume is U-shaped"
    assert np.corrcoef(size[:-1], size[1:])[0, 1] > 0.08, "volatility clusters"
    assert ((inside - inside.mean()) ** 4).mean() / inside.var() ** 2 > 4, "tails are fat"
    gaps = np.abs(bars.open[MINUTES::MINUTES] / bars.close[MINUTES - 1 : -1 : MINUTES] - 1)
    assert np.median(gaps) > 4 * np.median(size), "nights leave gaps"


def test_symbols_share_a_factor(month: Bars) -> None:
    moves = np.array([np.diff(np.log(month.of(model.name).close)) for model in MODELS])
    assert np.corrcoef(moves)[np.triu_indices(len(MODELS), 1)].min() > 0.3


def test_a_seed_makes_one_market_and_another_seed_another(month: Bars, session: MarketSession) -> None:
    assert digest(month.close) == digest(synthetic_month(SEED).close) != digest(synthetic_month(SEED + 1).close)
    again, other = synthetic_session(SEED, arrivals=6_000), synthetic_session(SEED + 1, arrivals=6_000)
    assert digest(session.depth.price, session.depth.size) == digest(again.depth.price, again.depth.size)
    assert digest(session.depth.price) != digest(other.depth.price)


def test_the_market_of_a_seed_is_the_same_on_every_machine() -> None:
    """Digests from one machine: if they differ on another, the sample is not reproducible and shall not be shipped."""
    month = synthetic_month(1, sessions=2)
    book = synthetic_session(1, arrivals=500)
    assert digest(month.ts_ns, month.open, month.high, month.low, month.close, month.volume)[:16] == "416acebdb99145bb"
    assert digest(book.depth.ts_ns, book.depth.price, book.depth.size, book.trades.size)[:16] == "cb45340a7d3b75a0"


def test_replaying_the_depth_from_empty_gives_every_quote_and_never_a_crossed_or_thin_book(
    session: MarketSession,
) -> None:
    depth, quotes = session.depth, session.quotes
    for code in range(len(session.symbols)):
        bids: dict[int, int] = {}
        asks: dict[int, int] = {}
        rows = np.flatnonzero(depth.symbol == code)
        of_symbol = np.flatnonzero(quotes.symbol == code)
        expected = {int(quotes.ts_ns[i]): i for i in of_symbol}
        assert len(expected) == len(of_symbol), "one quote a time"
        previous: tuple[int, ...] = ()
        times, starts = np.unique(depth.ts_ns[rows], return_index=True)
        for ts, start, stop in zip(times.tolist(), starts, [*starts[1:], len(rows)], strict=True):
            for i in rows[start:stop]:
                level = bids if depth.side[i] > 0 else asks
                price, size = int(depth.price[i]), int(depth.size[i])
                if size:
                    level[price] = size
                else:
                    del level[price]  # a KeyError here is a change of a level that was not there
            bid, ask = max(bids), min(asks)
            best = (bid, bids[bid], ask, asks[ask])
            assert bid < ask
            assert min(len(bids), len(asks)) >= LEVELS_MIN
            if best == previous:
                assert ts not in expected
            else:
                i = expected.pop(ts)
                assert best == (quotes.bid[i], quotes.bid_size[i], quotes.ask[i], quotes.ask_size[i])
            previous = best
        assert not expected, "a quote without a change of the book"


def test_depth_is_in_whole_lots_on_the_tick(session: MarketSession) -> None:
    assert (session.depth.price % TICK_NANOS == 0).all()
    assert (session.depth.size % (100 * 10**9) == 0).all()
    assert set(session.depth.side.tolist()) == {-1, 1}


def test_every_trade_takes_from_the_best_level_of_the_other_side(session: MarketSession) -> None:
    """Depth at the trade's time shrinks by exactly its size at its price."""
    depth, trades = session.depth, session.trades
    held: dict[tuple[int, int, int], int] = {}
    removed: dict[tuple[int, int, int, int], int] = {}
    for i in range(len(depth)):
        key = (int(depth.symbol[i]), int(depth.side[i]), int(depth.price[i]))
        less = held.get(key, 0) - int(depth.size[i])
        if less > 0:
            removed[int(depth.ts_ns[i]), *key] = less
        held[key] = int(depth.size[i])
    assert len(trades) > 500
    for i in range(len(trades)):
        place = (int(trades.ts_ns[i]), int(trades.symbol[i]), -int(trades.side[i]), int(trades.price[i]))
        assert removed.pop(place) == trades.size[i]


def test_bars_are_exactly_the_aggregation_of_the_trades(session: MarketSession) -> None:
    trades, bars = session.trades, session.bars
    found: dict[tuple[int, int], list[int]] = {}
    for i in range(len(trades)):
        minute = int(trades.ts_ns[i]) // bars.interval_ns * bars.interval_ns
        price, size = int(trades.price[i]), int(trades.size[i])
        bar = found.setdefault((minute, int(trades.symbol[i])), [price, price, price, price, 0])
        bar[1], bar[2], bar[3] = max(bar[1], price), min(bar[2], price), price
        bar[4] += size
    columns = (bars.open, bars.high, bars.low, bars.close, bars.volume * 1e9)
    made = {(int(bars.ts_ns[i]), int(bars.symbol[i])): [int(column[i]) for column in columns] for i in range(len(bars))}
    assert made == found


def test_no_trades_make_no_bars() -> None:
    none, codes = np.empty(0, np.int64), np.empty(0, np.int32)
    bars = bars_of_trades(Trades(("A",), codes, none, none, none, np.empty(0, np.int8)), 60)
    assert (len(bars), bars.symbols, bars.interval_ns) == (0, ("A",), 60)


def test_a_session_opens_where_it_is_told_to() -> None:
    session = synthetic_session(SEED, arrivals=50, start_ticks=(5_000, 6_000, 7_000))
    first = [int(session.quotes.ask[np.flatnonzero(session.quotes.symbol == code)[0]]) for code in range(3)]
    assert first == [5_000 * TICK_NANOS, 6_000 * TICK_NANOS, 7_000 * TICK_NANOS]
