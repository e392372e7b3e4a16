"""Quotes over a whole run: the quick way from the strategy to the venue leaves the journal of the careful one."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from book_session import book_run, restless_book, session, side_by_side
from reference_market import ReferenceMarket
from tradetui.engine.book_quotes import BookQuotes
from tradetui.engine.model.events import FillEvent, MarketData, SignalEvent, TwoSidedQuote, Wish
from tradetui.engine.model.limits import RiskLimits
from tradetui.engine.model.wakes import BestMoved, Timer
from tradetui.engine.strategy import Strategy
from tradetui.engine.trading.quick_quotes import QuickQuotes

RESTLESS = restless_book(seed=5, rows=1_500)


class Wanderer(Strategy):
    """Quotes near the best by turns: both sides, one, none, what no order can be, and now and then a plain signal."""

    name = "wanderer"

    def __init__(self, wake: Any, most: float | None = None) -> None:
        self.subscribes = (wake,)
        self.most = most
        self.turn = 0

    def get_parameters(self) -> dict[str, Any]:
        return {}

    def get_risk_limits(self) -> RiskLimits:
        return RiskLimits(max_position=None if self.most is None else Decimal(str(self.most)))

    def on_market_data(self, event: MarketData) -> list[Wish]:
        self.turn += 1
        bid, _, ask, _ = self.desk.book("X").touch()
        if not (bid and ask):
            return []
        near = self.turn % 3 * 0.01
        if self.turn % 41 == 0:
            return [SignalEvent("X", 0)]
        if self.turn % 13 == 0:
            return [TwoSidedQuote("X", bid, ask, 2.0, 2.0), SignalEvent("X", 1, 1), TwoSidedQuote("X", bid, None, 2.0)]
        if self.turn % 17 == 0:
            return [TwoSidedQuote("X", ask, ask, 2.0, 2.0)]
        if self.turn % 11 == 0:
            return [TwoSidedQuote("X", None, ask + near, None, 3)]
        if self.turn % 7 == 0:
            return [TwoSidedQuote("X")]
        return [TwoSidedQuote("X", bid - near, ask + near, 2.0, 2.0, "" if self.turn % 5 else "near")]

    def on_fill(self, fill: FillEvent) -> list[Wish]:
        bid, _, ask, _ = self.desk.book("X").touch()
        return [TwoSidedQuote("X", bid - 0.05, ask + 0.05, 2.0, 2.0)] if self.turn % 2 and bid and ask else []


WAYS = [(wake, short, ms, most) for wake in (Timer(300), BestMoved()) for short in (True, False)
        for ms in (0.0, 200.0) for most in (None, 5.0)]  # fmt: skip


@pytest.mark.parametrize(("wake", "short", "ms", "most"), WAYS)
def test_the_quick_way_journals_what_the_careful_one_does(
    monkeypatch: pytest.MonkeyPatch, wake: Any, short: bool, ms: float, most: float | None
) -> None:
    options: dict[str, Any] = {"simulation": {"entry_ms": ms, "report_ms": ms}, "allow_short": short}
    quote, taken = BookQuotes.quote, [0, 0]

    def counted(self: BookQuotes, *wish: Any) -> bool:
        quickly = quote(self, *wish)
        taken[quickly] += 1
        return quickly

    monkeypatch.setattr(BookQuotes, "quote", counted)
    quick = book_run(Wanderer(wake, most), session(RESTLESS), **options).run()
    assert len(quick.fills) > 5
    assert min(taken) > 10
    monkeypatch.setattr(BookQuotes, "quote", lambda *_: False)
    careful = book_run(Wanderer(wake, most), session(RESTLESS), **options)
    market = careful.player._market
    assert isinstance(market, ReferenceMarket)
    market.rules = msgspec.structs.replace(market.rules, answers_wake=True)
    result = careful.run()
    assert result.journal_sha256 == quick.journal_sha256
    assert result.counts.__dict__ == quick.counts.__dict__


def test_the_quick_way_is_not_for_what_a_strategy_must_not_return(monkeypatch: pytest.MonkeyPatch) -> None:
    for wish in (
        TwoSidedQuote("X", 99.0, 101.0, 1.0, 1.0, reason=7),  # type: ignore[arg-type]
        TwoSidedQuote(["X"], 99.0, 101.0, 1.0, 1.0),  # type: ignore[arg-type]
        TwoSidedQuote("X", None, 101.0, {}, 1.0),  # type: ignore[arg-type]
    ):
        strategy = Wanderer(Timer(300))
        monkeypatch.setattr(strategy, "on_market_data", lambda _event, wish=wish: [wish])
        (error,) = book_run(strategy, session(RESTLESS)).run().errors
        assert error.error.startswith("TypeError: TwoSidedQuote.")


class Pinched(Strategy):
    """Quotes and enters two symbols at random, with less money than it would like."""

    name = "pinched"
    allow_short = True

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.subscribes = (self.dice.choice([Timer(250), BestMoved()]),)

    def get_parameters(self) -> dict[str, Any]:
        return {}

    def on_market_data(self, event: MarketData) -> list[Wish]:
        return [wish for symbol in ("X", "Y") for wish in self._wishes(symbol)]

    def on_fill(self, fill: FillEvent) -> list[Wish]:
        return self._wishes("X") if self.dice.random() < 0.5 else []

    def _wishes(self, symbol: str) -> list[Wish]:
        dice, (bid, _, ask, _) = self.dice, self.desk.book(symbol).touch()
        size: Any = dice.choice([2.0, 2.0, 2.0, 2.0, 5.0, 2, "2"])
        chosen = dice.random()
        if not (bid and ask) or chosen > 0.8:
            return []
        if chosen < 0.5:
            return [TwoSidedQuote(symbol, bid - dice.choice([0, 0.01, 0.014]), ask + 0.01, size, size)]
        if chosen < 0.7:
            return [TwoSidedQuote(symbol, *dice.choice([(bid, None, size, None), (None, ask, None, size)]))]
        if chosen < 0.76:
            return [TwoSidedQuote(symbol)]
        return [SignalEvent(symbol, dice.choice([1, 0, -1]), quantity=dice.choice([1, 3]))]


@pytest.mark.slow
@pytest.mark.parametrize("ms", [0.0, 50.0, 400.0])
@pytest.mark.parametrize("seed", range(4))
def test_with_money_for_some_of_its_quotes_a_maker_of_two_symbols_journals_the_same_either_way(
    monkeypatch: pytest.MonkeyPatch, seed: int, ms: float
) -> None:
    market = side_by_side(X=restless_book(seed, 1_000), Y=restless_book(seed + 50, 1_000))
    options: dict[str, Any] = {"simulation": {"entry_ms": ms, "report_ms": ms / 2}, "allow_short": True, "cash": "700",
                               "fees": {"maker": "0.0001", "taker": "0.0005"}}  # fmt: skip
    quick = book_run(Pinched(seed), market, **options).run()
    monkeypatch.setattr(BookQuotes, "quote", lambda *_: False)
    monkeypatch.setattr(QuickQuotes, "changes", lambda *_: None)
    careful = book_run(Pinched(seed), market, **options).run()
    assert quick.counts.refused["CAPITAL"] > 10
    assert quick.journal_sha256 == careful.journal_sha256
