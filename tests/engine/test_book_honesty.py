"""What a strategy over books may know and what may break it: no look ahead, no way round rules, no run brought down."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from book_session import NANOS, START, Order, book_run, config_of, restless_book, session
from tradetui.engine.backtest import run_backtest
from tradetui.engine.build import build_core
from tradetui.engine.errors import UsageError
from tradetui.engine.market.bars import bars_from_floats
from tradetui.engine.model.events import FillEvent, MarketData, MarketEvent, QuoteEvent, SignalEvent, TwoSidedQuote
from tradetui.engine.model.wakes import BestMoved, ImbalanceBeyond, Timer
from tradetui.engine.strategy import Strategy
from tradetui.engine.trading.desk import NoBook


class Watching(Strategy):
    """Trades by all that the desk shows of the book, and writes down what it saw and when."""

    name = "watching"
    subscribes = ("bar", BestMoved(), Timer(700))

    def __init__(self) -> None:
        self.saw: list[tuple[Any, ...]] = []

    def get_parameters(self) -> dict[str, Any]:
        return {}

    def on_market_data(self, event: MarketData) -> list[Any]:  # type: ignore[override]
        book = self.desk.book("X")
        ahead = [book.ahead(order.order_id) for order in self.desk.open_orders("X")]
        closes = tuple(self.desk.history("X", 3).close.tolist())
        shown = (book.touch(), book.mid, book.microprice, book.imbalance(3), tuple(book.bids(3)), tuple(book.asks(3)))
        self.saw.append((type(event).__name__, event.ts_ns, shown, tuple(ahead), closes, self.desk.position("X")))
        if not isinstance(event, QuoteEvent) or book.mid is None:
            return []
        if book.imbalance(2) > 0.6:
            return [SignalEvent("X", 1, quantity=2)]
        bid, ask = book.bids(2)[-1][0], book.asks(2)[-1][0]
        return [TwoSidedQuote("X", bid, ask, 1.0, 1.0)] if bid < ask else []


def saw_until(rows: list[Order], until_ns: int) -> list[tuple[Any, ...]]:
    strategy = Watching()
    book_run(strategy, session(rows), allow_short=True, simulation={"entry_ms": 120, "report_ms": 80}).run()
    return [seen for seen in strategy.saw if seen[1] < until_ns]


@pytest.mark.slow
@pytest.mark.parametrize("cut", [400, 901, 1_300])
def test_nothing_that_comes_later_changes_what_was_seen_and_done_before(cut: int) -> None:
    rows = restless_book(3, 1_500)
    until_ns = START + round(rows[cut][0] * NANOS) - 60 * NANOS  # before the bar in which the cut lies
    whole = saw_until(rows, until_ns)
    assert len(whole) > 60
    assert any(position for *_, position in whole)
    assert saw_until(rows[:cut], until_ns) == whole
    poisoned = [(*row[:4], row[4] + 7.0, row[5] * 3) for row in rows[cut:]]
    assert saw_until(rows[:cut] + poisoned, until_ns) == whole


class Raises(Strategy):
    subscribes = (BestMoved(),)

    def on_market_data(self, event: MarketData) -> list[Any]:  # type: ignore[override]
        if self.desk.position("X"):
            raise ZeroDivisionError("one over nothing")
        return [SignalEvent("X", 1, quantity=1), TwoSidedQuote("X", 90.0, None, 1.0)]


class ReturnsRubbish(Raises):
    def on_market_data(self, event: MarketData) -> list[Any]:  # type: ignore[override]
        return ["buy"]


class AnswersEveryFill(Strategy):
    """Buys and sells for ever, each fill answered by the next order."""

    subscribes = (BestMoved(),)

    def on_market_data(self, event: MarketData) -> list[Any]:  # type: ignore[override]
        return [SignalEvent("X", 1, quantity=1)]

    def on_fill(self, fill: FillEvent) -> list[Any]:
        return [SignalEvent("X", -fill.side, quantity=1)]


@pytest.mark.parametrize(("kind", "error"), [(Raises, "ZeroDivisionError"), (ReturnsRubbish, "TypeError")])
def test_a_strategy_that_fails_is_stopped_and_its_quotes_are_taken_back(kind: type[Strategy], error: str) -> None:
    run = book_run(kind(), session(restless_book(4, 400)))
    result = run.run()
    assert [error in fault.error for fault in result.errors] == [True]
    assert run.core.stopped
    assert run.core.orders.open_orders("X") == []


def test_a_strategy_that_answers_its_own_fills_without_end_is_stopped_by_a_limit() -> None:
    deep = [(0.0, 1, 1, 1, 100.0, 1e6), (0.0, 1, 2, -1, 100.0, 1e6), (1.0, 1, 3, 1, 99.0, 1.0)]
    with pytest.raises(RuntimeError, match="wakes at row"):
        book_run(AnswersEveryFill(), session(deep), allow_short=True).run()


@pytest.mark.slow
def test_hours_in_which_nothing_happens_are_no_answer_without_end() -> None:
    quiet = [(0.0, 1, 1, 1, 100.0, 1.0), (1_001.0, 1, 2, -1, 101.0, 1.0)]
    strategy = Counting()
    book_run(strategy, session(quiet)).run()
    assert strategy.timers == 10_010


class Counting(Strategy):
    """Counts the tenths of seconds."""

    subscribes = (Timer(100),)

    def __init__(self) -> None:
        self.timers = 0

    def on_market_data(self, event: MarketData) -> list[Any]:  # type: ignore[override]
        self.timers += 1
        return []


def told(*subscribes: Any) -> Strategy:
    class Told(Strategy):
        def on_market_data(self, event: MarketData) -> list[Any]:  # type: ignore[override]
            return []

    Told.subscribes = subscribes
    return Told()


@pytest.mark.parametrize(
    ("subscribes", "says"),
    [
        (("bars",), "did you mean 'bar'?"),
        ((), "it would never be asked"),
        ((Timer(100), Timer(200)), "one of a kind"),
        ((ImbalanceBeyond(0.5), "bar", 3), "holds 3"),
    ],
)
def test_what_no_market_can_wake_by_is_refused_before_the_run(subscribes: tuple[Any, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says.replace("?", r"\?")):
        book_run(told(*subscribes), session(restless_book(1, 50)))


def test_a_strategy_that_no_bar_wakes_is_refused_over_bars() -> None:
    bars = bars_from_floats("X", [0, 60 * NANOS], [1, 1], [1, 1], [1, 1], [1, 1], [1, 1])
    with pytest.raises(UsageError, match="bars alone"):
        run_backtest(told("quote", Timer(5)), bars)


class AsksForTheBook(Strategy):
    def on_market_data(self, event: MarketEvent) -> list[Any]:
        self.desk.book(event.symbol)
        return []


def test_a_book_that_the_data_do_not_have_is_an_error_that_says_what_does() -> None:
    bars = bars_from_floats("X", [0, 60 * NANOS], [1, 1], [1, 1], [1, 1], [1, 1], [1, 1])
    (error,) = run_backtest(AsksForTheBook, bars).errors
    assert error.error.startswith(NoBook.__name__)
    assert "tradetui data import" in error.error
    ticks = session(trades=[(1.0, 100.0, 1.0, 1), (70.0, 100.0, 1.0, 1)])
    assert len(book_run(AsksForTheBook(), ticks).run().errors) == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"volume_cap": "0.2"}, "volume_cap"),
        ({"fill": "touch"}, "fill"),
        ({"slippage": {"impact": 0.1}}, "own impact"),
        ({"spread": "0.001"}, "own spread"),
        ({"same_close": True}, "same_close"),
        ({"form": "vectorised"}, "event by event"),
        ({"chance": {"partial": 0.5}}, "chance.partial"),
    ],
)
def test_options_of_bars_are_refused_over_books_with_what_does_it_there(options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        book_run(told("quote"), session(restless_book(1, 50)), **options)


def test_options_of_books_are_refused_over_bars() -> None:
    bars = bars_from_floats("X", [0, 60 * NANOS], [1, 1], [1, 1], [1, 1], [1, 1], [1, 1])
    with pytest.raises(UsageError, match=r"simulation"):
        run_backtest(told("bar"), bars, simulation={"entry_ms": 3})


def test_an_entry_without_a_quantity_is_sized_by_what_the_display_would_cost() -> None:
    class AllIn(Strategy):
        subscribes = (BestMoved(),)

        def on_market_data(self, event: MarketData) -> list[Any]:  # type: ignore[override]
            return [] if self.desk.position("X") else [SignalEvent("X", 1)]

    rows = [(0.0, 1, 1, 1, 99.0, 10.0), (0.0, 1, 2, -1, 100.0, 5.0), (0.0, 1, 3, -1, 110.0, 50.0)]
    more = [(1.0, 1, 4, 1, 99.5, 1.0), (2.0, 1, 5, 1, 98.0, 1.0)]
    result = book_run(AllIn(), session([*rows, *more]), cash="1000").run()
    assert sum(fill.quantity for fill in result.fills) == 9  # 5 at 100 and 4 at 110: 940 of 1,000
    assert [order.fraction for order in result.orders_sent] == [None]


def test_the_run_without_simulation_options_has_the_hash_that_it_had_before_there_were_any() -> None:
    from tradetui.engine.build import canonical

    strategy = told("bar")
    build_core(config_of(), strategy, ("X",))
    assert "simulation" not in canonical(config_of(), strategy)
    assert "entry_ms" in canonical(config_of(simulation={"entry_ms": 1.0}), strategy)


def test_numbers_handed_to_a_strategy_are_those_of_python() -> None:
    strategy = Watching()
    book_run(strategy, session(restless_book(2, 200))).run()
    kinds = {type(value) for seen in strategy.saw for value in (*seen[2][0], seen[1])}
    assert kinds == {float, int}
    assert not any(isinstance(value, np.generic) for seen in strategy.saw for value in seen[2][0])
