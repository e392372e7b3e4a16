"""A strategy over ticks and books, from the rows of the market to fills, figures and journal."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from book_session import MINUTE, SECOND, START, Restless, book_run, restless_book, session
from tradetui.engine.market.tape import ADD, EXECUTE
from tradetui.engine.model.events import (
    BookEvent,
    FillEvent,
    MarketData,
    MarketEvent,
    QuoteEvent,
    SignalEvent,
    TimerEvent,
    TradeEvent,
)
from tradetui.engine.model.wakes import BestMoved, Timer
from tradetui.engine.strategy import Strategy

BOOK = [(0.0, ADD, 1, 1, 99.0, 10.0), (0.0, ADD, 2, -1, 101.0, 4.0), (0.0, ADD, 3, -1, 102.0, 10.0)]


class Scripted(Strategy):
    """Answers the events of given numbers with given wishes, and keeps everything that it saw."""

    name = "scripted"

    def __init__(self, subscribes: tuple[Any, ...], answers: dict[int, list[Any]] | None = None) -> None:
        self.subscribes = subscribes
        self.answers = answers or {}
        self.seen: list[MarketData] = []
        self.filled: list[FillEvent] = []

    def get_parameters(self) -> dict[str, Any]:
        return {}

    def on_market_data(self, event: MarketData) -> list[Any]:  # type: ignore[override]
        self.seen.append(event)
        return self.answers.get(len(self.seen), [])

    def on_fill(self, fill: FillEvent) -> list[Any]:
        self.filled.append(fill)
        return []


def test_a_market_order_sweeps_the_levels_displayed_and_pays_each_price() -> None:
    strategy = Scripted((BestMoved(),), {2: [SignalEvent("X", 1, quantity=6)]})
    rows = [*BOOK, (1.0, ADD, 4, 1, 100.0, 1.0), (2.0, ADD, 5, 1, 98.0, 1.0)]
    result = book_run(strategy, session(rows), commission="0.001").run()
    assert [(f.quantity, f.price, f.liquidity) for f in result.fills] == [(4, 101, "taker"), (2, 102, "taker")]
    assert [f.fee for f in result.fills] == [Decimal("0.404"), Decimal("0.204")]
    assert [f.leaves for f in result.fills] == [2, 0]
    assert [f.execution_id for f in result.fills] == ["1-1", "1-2"]
    assert {f.decided_price for f in result.fills} == {100.5}
    assert [fill.seq for fill in strategy.filled] == [fill.seq for fill in result.fills]
    assert result.metrics.final_equity == pytest.approx(100_000 - 4 * 1 - 2 * 2 - 0.608)  # marked at the bid of 100


def test_a_resting_limit_order_waits_behind_what_was_there_and_fills_as_maker() -> None:
    strategy = Scripted((BestMoved(),), {1: [SignalEvent("X", 1, quantity=3, type="limit", limit_price=99)]})
    rows = [*BOOK, (1.0, EXECUTE, 1, 1, 99.0, 10.0), (2.0, ADD, 9, 1, 99.0, 5.0), (3.0, EXECUTE, 9, 1, 99.0, 2.0)]
    result = book_run(strategy, session(rows)).run()
    (fill,) = result.fills
    assert (fill.price, fill.quantity, fill.liquidity, fill.ts_ns) == (99, 2, "maker", START + 3 * SECOND)


def test_what_is_heard_is_what_was_asked_for() -> None:
    trades = [(30.0, 101.0, 2.0, 1), (59.0, 102.0, 1.0, 1), (61.0, 101.5, 3.0, -1)]
    rows = [*BOOK, (70.0, ADD, 4, 1, 100.0, 1.0)]
    wanted = {
        "bar": (MarketEvent, 2),
        "quote": (QuoteEvent, 2),
        "trade": (TradeEvent, 3),
        "book": (BookEvent, 4),
        Timer(10_000): (TimerEvent, 7),
    }
    for wake, (kind, count) in wanted.items():
        strategy = Scripted((wake,))
        book_run(strategy, session(rows, trades)).run()
        assert {type(event) for event in strategy.seen} == {kind}
        assert len(strategy.seen) == count, wake


def test_bars_are_built_from_trades_and_told_at_their_ends() -> None:
    strategy = Scripted(("bar",))
    trades = [(30.0, 101.0, 2.0, 1), (59.0, 102.0, 1.0, 1), (61.0, 101.5, 3.0, -1)]
    book_run(strategy, session(BOOK, trades)).run()
    first, second = strategy.seen
    assert first == MarketEvent("X", START, 101.0, 102.0, 101.0, 102.0, 3.0, first.seq)
    assert second == MarketEvent("X", START + MINUTE, 101.5, 101.5, 101.5, 101.5, 3.0, second.seq)
    assert strategy.desk.history("X", 5).close.tolist() == [102.0, 101.5]


@pytest.mark.parametrize("options", [{}, {"simulation": {"entry_ms": 300, "report_ms": 400}}])
def test_a_run_does_not_depend_on_how_it_is_cut(options: dict[str, Any]) -> None:
    market = session(restless_book(5))
    whole = book_run(Restless(), market, allow_short=True, **options).run()
    assert len(whole.fills) > 20
    for run in ({"piece_rows": 7}, {"wakes_per_step": 1}, {"piece_rows": 64, "wakes_per_step": 3}):
        cut = book_run(Restless(), market, run=run, allow_short=True, **options).run()
        assert cut.journal_sha256 == whole.journal_sha256, run


def test_the_ledger_balances_to_the_last_digit_after_a_run_with_late_fills() -> None:
    run = book_run(Restless(), session(restless_book(8)), allow_short=True, simulation={"entry_ms": 900})
    result = run.run()
    assert len(result.fills) > 20
    assert run.core.portfolio.imbalance(run.core.marks()) == 0
    held = sum(fill.side * fill.quantity for fill in result.fills)
    assert run.core.portfolio.quantity("X") == held
