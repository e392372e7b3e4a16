"""The rows of a session as a tape: all of them, each as its table tells it, in the order in which they became known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tradetui.engine.market.bars import Bars
from tradetui.engine.market.session_tape import SessionTape
from tradetui.engine.market.simulation import (
    ROW_DEPTH,
    ROW_DEPTH_CLEAR,
    ROW_QUOTE,
    ROW_TRADE,
    SIDE_SHIFT,
    SYMBOL_SHIFT,
)
from tradetui.engine.market.tape import (
    DepthChanges,
    MarketSession,
    OrderEvents,
    Quotes,
    Trades,
    no_order_events,
    session_of_bars,
)

DEEP, FULL, TOLD = range(3)  # known by depth, by orders, by quotes; the first and the last trade
SYMBOLS = ("DEEP", "FULL", "TOLD")
ROWS = 60

Row = list[int]


@pytest.fixture
def session() -> MarketSession:
    """Three symbols, of which each is in one table of its book, at so few different times that many rows are at one."""
    rng = np.random.default_rng(5)

    def at(*symbols: int) -> tuple[np.ndarray, np.ndarray]:
        ts = np.sort(rng.integers(0, 12, ROWS))
        return rng.choice(np.array(symbols, np.int32), ROWS), ts

    def some(high: int, low: int = 1) -> np.ndarray:
        return rng.integers(low, high, ROWS)

    def sides(low: int = -1) -> np.ndarray:
        return some(2, low).astype(np.int8)

    quotes = Quotes(SYMBOLS, *at(TOLD), some(100), some(100), some(100), some(100))
    trades = Trades(SYMBOLS, *at(DEEP, TOLD), some(100), some(100), sides())
    depth = DepthChanges(SYMBOLS, *at(DEEP), sides(), some(100), some(100))
    orders = OrderEvents(SYMBOLS, *at(FULL), some(6).astype(np.int8), some(10**9), sides(), some(100), some(100))
    return MarketSession(no_bars(SYMBOLS), quotes, trades, depth, orders)


def no_bars(symbols: tuple[str, ...]) -> Bars:
    none = np.empty(0, np.int64)
    return Bars(symbols, np.empty(0, np.int32), none, none, none, none, none, np.empty(0), 60)


def expected(session: MarketSession) -> list[Row]:
    """All rows, sorted by time, then kind of table, then symbol; sorting keeps each table's own order."""
    found: list[tuple[tuple[int, int, int], Row]] = []

    def add(rank: int, ts: int, symbol: int, side: int, kind: int, *rest: int) -> None:
        word = kind | (side + 1) << SIDE_SHIFT | symbol << SYMBOL_SHIFT
        found.append(((ts, rank, symbol), [ts, word, *rest]))

    for o in rows_of(session.orders or no_order_events(session.bars.symbols)):
        add(0, o["ts_ns"], o["symbol"], o["side"], o["action"], o["price"], o["size"], o["order_id"], 0)
    for t in rows_of(session.trades):
        add(1, t["ts_ns"], t["symbol"], t["side"], ROW_TRADE, t["price"], t["size"], 0, 0)
    for d in rows_of(session.depth):
        kind = ROW_DEPTH if d["side"] else ROW_DEPTH_CLEAR
        add(2, d["ts_ns"], d["symbol"], d["side"], kind, d["price"], d["size"], 0, 0)
    for q in rows_of(session.quotes):
        add(3, q["ts_ns"], q["symbol"], 0, ROW_QUOTE, q["bid"], q["bid_size"], q["ask"], q["ask_size"])
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


def rows_of(table: OrderEvents | Trades | DepthChanges | Quotes) -> list[dict[str, int]]:
    names = [name for name in table.__slots__ if name != "symbols"]
    columns = (getattr(table, name).tolist() for name in names)
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


@pytest.mark.parametrize("piece_rows", [1, 7, 1000])
def test_the_pieces_hold_every_row_in_the_order_in_which_it_became_known(
    session: MarketSession, piece_rows: int
) -> None:
    tape = SessionTape(session)
    pieces = [tape.piece(at, min(at + piece_rows, len(tape))) for at in range(0, len(tape), piece_rows)]
    assert np.concatenate(pieces).tolist() == expected(session)
    assert tape.at_ns.tolist() == [row[0] for row in expected(session)]


@pytest.mark.parametrize("table", ["orders", "trades", "depth", "quotes"])
def test_a_single_table_of_one_symbol_is_played_as_it_lies(session: MarketSession, table: str) -> None:
    alone = replace(getattr(session, table), symbols=("ONE",), symbol=np.zeros(ROWS, np.int32))
    empty = session_of_bars(no_bars(("ONE",)))
    one = replace(empty, **{table: alone})
    assert SessionTape(one).piece(3, ROWS).tolist() == expected(one)[3:]


def test_columns_that_may_only_be_read_or_lie_apart_are_read_as_well(session: MarketSession) -> None:
    wide = np.repeat(session.quotes.bid, 2)
    wide.setflags(write=False)
    apart = replace(session, quotes=replace(session.quotes, bid=wide[::2]))
    assert SessionTape(apart).piece(0, 4 * ROWS).tolist() == expected(session)
