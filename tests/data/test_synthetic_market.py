"""The invented market order by order: its tables follow from one another exactly, and a seed makes one market."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import defaultdict
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradetui.data.aggregate import bars_of_trades
from tradetui.data.synthetic import MINUTE_NS, SymbolModel, session_open_ns
from tradetui.data.synthetic_market.market import Market, MarketPiece
from tradetui.data.synthetic_market.symbol_day import SESSION_NS
from tradetui.data.synthetic_market.symbols import MarketSymbol, market_symbols
from tradetui.engine.market.tape import ADD, CANCEL, EXECUTE, MODIFY, Trades

DAY = date(2026, 4, 1)


def play(seed: int, symbols: int = 2, events: int = 4_000, sessions: int = 1, day: int = 0) -> MarketPiece:
    return Market(seed, market_symbols(seed, symbols), DAY, sessions).whole(day, events)


def digest(piece: MarketPiece) -> str:
    """Of every number of every table, whatever the byte order of the machine."""
    sha = hashlib.sha256()
    for table in (
        piece.orders,
        piece.auctions,
        *(getattr(piece.session, n) for n in ("bars", "quotes", "trades", "depth")),
    ):
        for name in table.__slots__:
            column = getattr(table, name)
            if isinstance(column, np.ndarray):
                sha.update(np.ascontiguousarray(column).astype("<i8").tobytes())
    return sha.hexdigest()


class Replay:
    """A naive book of one symbol from its order events, which refuses what cannot happen."""

    def __init__(self) -> None:
        self.orders: dict[int, tuple[int, int, int]] = {}
        self.levels: dict[int, dict[int, int]] = {1: defaultdict(int), -1: defaultdict(int)}
        self.queues: dict[tuple[int, int], list[int]] = defaultdict(list)
        self.last_id = 0

    def apply(self, action: int, order: int, side: int, price: int, size: int) -> None:
        assert size > 0
        if action == ADD:
            assert order == self.last_id + 1
            self.last_id = order
            self.orders[order] = (side, price, 0)
            self.queues[side, price].append(order)
            after = size
        else:
            assert self.orders[order][:2] == (side, price)
            before = self.orders[order][2]
            after = size if action == MODIFY else before - size
            assert (action != MODIFY) or after < before
            assert (action != CANCEL) or after == 0
            assert (action != EXECUTE) or self.queues[side, price][0] == order, "first come, first served"
        change = after - self.orders[order][2]
        self.levels[side][price] += change
        assert after >= 0
        if after:
            self.orders[order] = (side, price, after)
        else:
            del self.orders[order]
            self.queues[side, price].remove(order)
        if not self.levels[side][price]:
            del self.levels[side][price]

    def best(self) -> tuple[int, int, int, int]:
        bid, ask = max(self.levels[1]), min(self.levels[-1])
        return bid, self.levels[1][bid], ask, self.levels[-1][ask]


def check_symbol(piece: MarketPiece, code: int) -> None:
    """Order events give the depth, the depth the quotes, the executions the trades; the book is never crossed."""
    orders, depth, quotes, trades = piece.orders, piece.session.depth, piece.session.quotes, piece.session.trades
    told = {table: np.flatnonzero(table.symbol == code).tolist() for table in (orders, depth, quotes, trades)}
    levels = iter(
        zip(*(getattr(depth, n)[told[depth]].tolist() for n in ("ts_ns", "side", "price", "size")), strict=True)
    )
    quoted = {int(quotes.ts_ns[row]): row for row in told[quotes]}
    assert len(quoted) == len(told[quotes]), "one quote a time"
    prints = [row for row in told[trades] if trades.side[row]]
    executed = [row for row in told[orders] if orders.action[row] == EXECUTE]
    assert trades.ts_ns[prints].tolist() == orders.ts_ns[executed].tolist()
    assert trades.price[prints].tolist() == orders.price[executed].tolist()
    assert trades.size[prints].tolist() == orders.size[executed].tolist()
    assert trades.side[prints].tolist() == (-orders.side[executed]).tolist()
    book, previous = Replay(), (0, 0, 0, 0)
    rows = told[orders]
    columns = [getattr(orders, n)[rows].tolist() for n in ("ts_ns", "action", "order_id", "side", "price", "size")]
    events = list(zip(*columns, strict=True))
    open_ns = events[0][0]
    for i, (ts, action, order, side, price, size) in enumerate(events):
        book.apply(action, order, side, price, size)
        following = events[i + 1] if i + 1 < len(events) else (0,) * 6
        if (following[0], following[3], following[4]) != (ts, side, price):  # the last event here of this arrival
            assert next(levels) == (ts, side, price, book.levels[side].get(price, 0))
        if ts > open_ns or following[0] > open_ns:
            best = book.best()
            assert best[0] < best[2], "the book is crossed"
            if following[0] != ts:
                row = quoted.pop(ts, None)
                assert (row is None) == (best == previous), "a quote exactly when the best has changed"
                if row is not None:
                    columns_of_quote = (quotes.bid, quotes.bid_size, quotes.ask, quotes.ask_size)
                    assert tuple(int(column[row]) for column in columns_of_quote) == best
                previous = best
    assert next(levels, None) is None
    assert not quoted


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**40), events=st.integers(1_000, 6_000), symbols=st.integers(1, 4))
def test_every_table_follows_from_the_order_events(seed: int, events: int, symbols: int) -> None:
    piece = play(seed, symbols, events)
    for code in range(symbols):
        check_symbol(piece, code)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**40),
    price=st.floats(0.8, 500.0),
    volatility=st.floats(0.0001, 0.1),
    spread=st.floats(0.5, 20.0),
    share=st.floats(0.01, 0.3),
    lot=st.sampled_from([1, 10, 100]),
)
def test_even_a_wild_symbol_keeps_its_tables_together(
    seed: int, price: float, volatility: float, spread: float, share: float, lot: int
) -> None:
    model = SymbolModel("WILD", price, volatility, 1.0, 1_000)
    symbol = MarketSymbol(model, spread, 10_000_000, 1_000_000, lot, 60, share)
    check_symbol(Market(seed, [symbol], DAY, 1).whole(0, 3_000), 0)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**40))
def test_bars_are_exactly_the_trades_added_up(seed: int) -> None:
    session = play(seed, 3).session
    trades, bars = session.trades, session.bars
    found: dict[tuple[int, int], list[int]] = {}
    for ts, code, price, size in zip(
        *(column.tolist() for column in (trades.ts_ns, trades.symbol, trades.price, trades.size)), strict=True
    ):
        bar = found.setdefault((ts - ts % MINUTE_NS, code), [price, price, price, price, 0])
        bar[1:] = [max(bar[1], price), min(bar[2], price), price, bar[4] + size]
    columns = (bars.open, bars.high, bars.low, bars.close, bars.volume * 1e9)
    made = {(int(bars.ts_ns[i]), int(bars.symbol[i])): [int(column[i]) for column in columns] for i in range(len(bars))}
    assert made == found


def test_prices_and_sizes_are_on_their_grids_and_times_rise_inside_the_session() -> None:
    model = SymbolModel("GRID", 0.0525, 0.02, 1.0, 1_000)
    symbol = MarketSymbol(model, 2.0, tick_nanos=50_000, lot_nanos=250_000, round_lot=4)
    piece = Market(5, [symbol], DAY, 1).whole(0, 4_000)
    open_ns = session_open_ns(DAY)
    for table in (piece.orders, piece.session.depth, piece.session.trades):
        assert (table.price % 50_000 == 0).all()
        assert (table.size % 250_000 == 0).all()
        assert (np.diff(table.ts_ns) >= 0).all()
        assert table.ts_ns[0] == open_ns
        assert table.ts_ns[-1] <= open_ns + SESSION_NS
    assert (np.diff(piece.session.quotes.ts_ns) > 0).all()


def test_a_piece_of_time_does_not_change_what_happens() -> None:
    market = Market(11, market_symbols(11, 3), DAY, 2)
    whole = market.whole(1, 5_000)
    parts = list(market.play(1, 5_000, 700))
    assert len(parts) > 20
    for group, table in (
        ("", "orders"),
        ("", "auctions"),
        *(("session", n) for n in ("bars", "quotes", "trades", "depth")),
    ):
        tables = [getattr(part.session if group else part, table) for part in parts]
        expected = getattr(whole.session if group else whole, table)
        for name in expected.__slots__:
            if isinstance(getattr(expected, name), np.ndarray):
                joined = np.concatenate([getattr(part, name) for part in tables])
                assert joined.tolist() == getattr(expected, name).tolist(), (table, name)


def test_a_symbols_day_does_not_depend_on_how_many_others_and_days_there_are() -> None:
    alone, among = play(3, 1, sessions=2, day=1).session.quotes, play(3, 4, sessions=9, day=1).session.quotes
    first = among.symbol == 0
    assert alone.ts_ns.tolist() == among.ts_ns[first].tolist()
    assert alone.bid.tolist() == among.bid[first].tolist()


def test_a_seed_makes_one_market_and_another_seed_another() -> None:
    assert digest(play(1)) == digest(play(1)) != digest(play(2))


def test_the_market_of_a_seed_is_the_same_on_every_machine() -> None:
    """A digest from one machine: if it differs on another, a seed does not name a market."""
    assert digest(play(1, 3, 5_000, sessions=2, day=1))[:16] == "4a090837ace12a05"


PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from test_synthetic_market import digest, play
print(digest(play(4, 2, 1_500)))
"""


def in_another_process(**environment: str) -> str:
    folder = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, folder],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment",
    [{"PYTHONHASHSEED": "0"}, {"PYTHONHASHSEED": "12345"}, {"NUMBA_DISABLE_JIT": "1"}],
    ids=["hash seed 0", "hash seed 12345", "plain Python"],
)
def test_another_process_and_plain_python_make_the_same_market(environment: dict[str, str]) -> None:
    assert in_another_process(**environment) == digest(play(4, 2, 1_500))


def test_days_go_on_from_one_another_with_a_gap_over_night() -> None:
    market = Market(9, market_symbols(9, 1), DAY, 6)
    ends = []
    for day in range(6):
        quotes = market.whole(day, 3_000).session.quotes
        middle = (quotes.bid + quotes.ask) / 2
        ends.append((middle[0], middle[-1]))
    gaps = [abs(later[0] / earlier[1] - 1.0) for earlier, later in pairwise(ends)]
    assert 0.0005 < max(gaps) < 0.2
    assert min(gaps) < 0.02


def test_the_session_closes_with_one_call_and_opens_with_one() -> None:
    piece = play(8, 2, 8_000)
    open_ns = session_open_ns(DAY)
    trades, calls = piece.session.trades, piece.auctions
    for code in range(2):
        prints = np.flatnonzero((trades.symbol == code) & (trades.side == 0))
        assert trades.ts_ns[prints].tolist() == [open_ns, open_ns + SESSION_NS]
        own = np.flatnonzero(calls.symbol == code)
        for auction, row in ((1, prints[0]), (2, prints[1])):
            told = own[calls.auction[own] == auction]
            assert len(told) == 20
            assert (np.diff(calls.ts_ns[told]) > 0).all()
            last = told[-1]
            assert (calls.price[last], calls.volume[last]) == (trades.price[row], trades.size[row])
            assert (np.diff(calls.volume[told]) >= 0).all(), "more orders never trade less"
        quote = np.flatnonzero(piece.session.quotes.symbol == code)[0]
        bid, ask = piece.session.quotes.bid[quote], piece.session.quotes.ask[quote]
        assert bid <= trades.price[prints[0]] <= ask


def test_bars_of_no_trades_are_none() -> None:
    none, codes = np.empty(0, np.int64), np.empty(0, np.int32)
    assert len(bars_of_trades(Trades(("A",), codes, none, none, none, np.empty(0, np.int8)), MINUTE_NS)) == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"spread_ticks": 0.0}, "spread_ticks is 0.0; expected from 0.5 to 50.0"),
        ({"orders_a_side": 3}, "orders_a_side is 3; expected from 50"),
        ({"market_share": 0.9}, "market_share is 0.9"),
        ({"round_lot": 0}, "round_lot is 0"),
        ({"tick_nanos": 10**12}, "start_price in ticks is"),
    ],
)
def test_a_symbol_that_no_book_can_hold_is_refused(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MarketSymbol(SymbolModel("BAD", 10.0, 0.01, 1.0, 1_000), **{"spread_ticks": 1.0, **wrong})  # type: ignore[arg-type]


def test_an_opening_call_of_a_huge_session_leaves_a_book() -> None:
    market = Market(2, market_symbols(2, 1), DAY, 1)
    book = market.book(0, 0, 2_000_000)
    call, piece = book.open()
    assert call.results[-1].volume > 100_000
    assert {1, -1} == set(piece.events[:, 3].tolist())
