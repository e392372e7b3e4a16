"""Files of several days make one session, each day's book from its own beginning."""

from __future__ import annotations

from pathlib import Path

import pytest

from book_session import session
from tradetui.data.market_data import market_files, read_market
from tradetui.data.market_files import write_session
from tradetui.engine.errors import UsageError
from tradetui.engine.market.tape import ADD, CLEAR, EXECUTE, MarketSession

DAY_S = 86_400.0


def day(begin_s: float) -> MarketSession:
    return session(
        [
            (begin_s, ADD, 1, 1, 99.0, 5.0),
            (begin_s + 1, ADD, 2, -1, 100.0, 5.0),
            (begin_s + 2, EXECUTE, 1, 1, 99.0, 1.0),
        ],
        depth=[(begin_s, 1, 99.0, 5.0), (begin_s + 1, -1, 100.0, 5.0)],
    )


@pytest.fixture
def days(tmp_path: Path) -> list[Path]:
    return [path for number in (0, 1) for path in write_session(day(number * DAY_S), tmp_path, f"day{number}")]


def test_a_day_begins_with_an_empty_book(days: list[Path]) -> None:
    joined, _ = read_market(market_files([days[0].parent]))
    orders = joined.orders
    assert orders is not None
    assert orders.action.tolist() == [ADD, ADD, EXECUTE, CLEAR, ADD, ADD, EXECUTE]
    assert orders.ts_ns[3] == orders.ts_ns[4]
    assert joined.depth.side.tolist() == [1, -1, 0, 1, -1]


def test_files_that_tell_one_book_together_are_left_as_they_are(tmp_path: Path) -> None:
    write_session(day(0), tmp_path, "first")
    write_session(day(1), tmp_path, "second")  # begins before the first has ended
    joined, _ = read_market(market_files([tmp_path]))
    assert joined.orders is not None
    assert CLEAR not in joined.orders.action


def test_only_what_is_played_is_named_as_data_of_the_run(tmp_path: Path) -> None:
    """Of each symbol its trades and the finest of its books: depth beside orders is read and not played."""
    write_session(day(0), tmp_path, "X")
    _, sources = read_market(market_files([tmp_path]))
    assert [(source.symbol, source.kind, source.path) for source in sources] == [
        ("X", "order events", "X_orders.parquet")
    ]
    quotes = session(trades=[(1.0, 100.0, 1.0, 1)], quotes=[(0.0, 99.0, 1.0, 100.0, 1.0)], symbol="Y")
    write_session(quotes, tmp_path, "Y")
    _, sources = read_market(market_files([tmp_path]))
    assert sorted((source.symbol, source.kind) for source in sources) == [
        ("X", "order events"), ("Y", "quotes"), ("Y", "trades"),
    ]  # fmt: skip


def test_a_day_whose_book_is_of_a_coarser_kind_is_refused_and_not_played_over_the_book_of_the_day_before(
    tmp_path: Path,
) -> None:
    write_session(session([(0.0, ADD, 1, 1, 99.0, 5.0), (1.0, ADD, 2, -1, 100.0, 5.0)]), tmp_path, "day0")
    later = session(depth=[(DAY_S, 1, 50.0, 5.0)], trades=[(DAY_S + 1, 50.5, 1.0, 1)])
    write_session(later, tmp_path, "day1")
    with pytest.raises(UsageError, match=r"day1_depth.parquet holds depth changes of X from .* give files of one kind"):
        read_market(market_files([tmp_path]))
