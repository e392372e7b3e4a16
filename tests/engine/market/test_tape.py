"""The order in which the rows of a session become known."""

from __future__ import annotations

import numpy as np
import pytest

from tradetui.engine.market.bars import Bars
from tradetui.engine.market.tape import (
    BAR,
    DEPTH,
    QUOTE,
    TRADE,
    DepthChanges,
    MarketSession,
    Quotes,
    Trades,
    session_of_bars,
)

SYMBOLS = ("A", "B")


def ints(values: list[int]) -> np.ndarray:
    return np.array(values, np.int64)


def codes(values: list[int]) -> np.ndarray:
    return np.array(values, np.int32)


def bars(symbol: list[int], ts: list[int], interval: int) -> Bars:
    ones = ints([1] * len(ts))
    return Bars(SYMBOLS, codes(symbol), ints(ts), ones, ones, ones, ones, ones.astype(float), interval)


def quotes(symbol: list[int], ts: list[int]) -> Quotes:
    ones = ints([1] * len(ts))
    return Quotes(SYMBOLS, codes(symbol), ints(ts), ones, ones, ones, ones)


def trades(symbol: list[int], ts: list[int]) -> Trades:
    ones = ints([1] * len(ts))
    return Trades(SYMBOLS, codes(symbol), ints(ts), ones, ones, ones.astype(np.int8))


def depth(symbol: list[int], ts: list[int]) -> DepthChanges:
    ones = ints([1] * len(ts))
    return DepthChanges(SYMBOLS, codes(symbol), ints(ts), ones.astype(np.int8), ones, ones)


def test_a_bar_is_known_at_its_end_and_everything_else_at_its_own_time() -> None:
    session = MarketSession(bars([0], [0], 60), quotes([0], [59]), trades([0], [61]), depth([0], [10]))
    line = session.timeline()
    assert line.kind.tolist() == [DEPTH, QUOTE, BAR, TRADE]
    assert line.at_ns.tolist() == [10, 59, 60, 61]


def test_at_one_instant_the_book_changes_then_trades_print_then_quotes_then_bars_close() -> None:
    session = MarketSession(bars([0], [40], 60), quotes([0], [100]), trades([0], [100]), depth([0], [100]))
    assert session.timeline().kind.tolist() == [DEPTH, TRADE, QUOTE, BAR]


def test_ties_of_one_kind_go_by_symbol_and_then_by_row() -> None:
    session = MarketSession(bars([], [], 60), quotes([], []), trades([], []), depth([1, 0, 1, 0], [5, 5, 5, 5]))
    assert session.timeline().row.tolist() == [1, 3, 0, 2]


def test_every_row_comes_exactly_once_and_time_never_falls() -> None:
    session = MarketSession(
        bars([0, 1, 0], [0, 0, 60], 60), quotes([1, 0], [3, 70]), trades([0], [60]), depth([1, 1, 0], [0, 3, 130])
    )
    line = session.timeline()
    assert (np.diff(line.at_ns) >= 0).all()
    assert sorted(zip(line.kind.tolist(), line.row.tolist(), strict=True)) == [
        *((DEPTH, i) for i in range(3)),
        (TRADE, 0),
        (QUOTE, 0),
        (QUOTE, 1),
        *((BAR, i) for i in range(3)),
    ]


def test_a_session_may_have_nothing_but_bars_and_even_no_rows() -> None:
    line = session_of_bars(bars([0, 1], [0, 0], 60)).timeline()
    assert (line.kind.tolist(), line.row.tolist(), line.at_ns.tolist()) == ([BAR, BAR], [0, 1], [60, 60])
    empty = session_of_bars(bars([], [], 60)).timeline()
    assert [len(column) for column in empty] == [0, 0, 0]


def test_tables_that_number_symbols_differently_are_no_session() -> None:
    other = Quotes(("B", "A"), codes([]), ints([]), ints([]), ints([]), ints([]), ints([]))
    with pytest.raises(ValueError, match="expected the same symbols"):
        MarketSession(bars([], [], 60), other, trades([], []), depth([], []))
