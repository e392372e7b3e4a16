"""Several symbols in one run: no decision at one symbol's close fills where a bar of another began before it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tradetui.engine.backtest import run_backtest
from tradetui.engine.build import build_core, decision_delay_ns, require_one_length
from tradetui.engine.config import RunConfig
from tradetui.engine.control import accept, obey
from tradetui.engine.errors import UsageError
from tradetui.engine.market.bars import Bars, bars_from_floats, merge_bars
from tradetui.engine.market.tape import session_of_bars
from tradetui.engine.model.commands import ClosePosition
from tradetui.engine.model.events import FillEvent, MarketEvent, SignalEvent
from tradetui.engine.strategy import Strategy
from tradetui.engine.tape_loop import TapePlayer

MINUTE_NS = 60_000_000_000


def _rising(symbol: str, first: float, late_ns: int = 0, rows: int = 8) -> Bars:
    """One-minute bars whose opens tell their row: `first`, `first` + 1, ..."""
    opens = [first + i for i in range(rows)]
    ts = [late_ns + i * MINUTE_NS for i in range(rows)]
    return bars_from_floats(
        symbol, ts, opens, [o + 0.9 for o in opens], opens, [o + 0.5 for o in opens], [1e6] * rows, MINUTE_NS
    )


class _OneBuysTheOther(Strategy):
    """After the third bar of AA it buys BB."""

    def __init__(self) -> None:
        self.seen = 0

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        self.seen += event.symbol == "AA"
        return [SignalEvent("BB", 1, quantity=1)] if event.symbol == "AA" and self.seen == 3 else []


class _AnswersItsFill(_OneBuysTheOther):
    """Buys AA itself, and BB when that has filled."""

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        return [SignalEvent("AA", 1, quantity=1) for signal in super().on_market_data(event)]

    def on_fill(self, fill: FillEvent) -> list[SignalEvent]:
        return [SignalEvent("BB", 1, quantity=1)] if fill.symbol == "AA" else []


@pytest.mark.parametrize("form", ["tie", "staggered"])
def test_an_order_for_another_symbol_does_not_fill_at_an_open_before_its_decision(form: str) -> None:
    late_ns = 0 if form == "tie" else MINUTE_NS // 2
    result = run_backtest(_OneBuysTheOther, merge_bars([_rising("AA", 10), _rising("BB", 50, late_ns)]))
    (fill,) = result.fills
    decided_ns = 3 * MINUTE_NS  # the third bar of AA closes here
    assert result.orders_sent[0].ts_ns == decided_ns
    assert (fill.ts_ns, float(fill.price)) == (decided_ns + late_ns, 53.0)


def test_an_answer_to_a_fill_waits_for_a_bar_that_begins_after_the_fill() -> None:
    result = run_backtest(_AnswersItsFill, merge_bars([_rising("AA", 10), _rising("BB", 50)]))
    bought, answered = result.fills
    assert (bought.symbol, bought.ts_ns) == ("AA", 3 * MINUTE_NS)
    assert (answered.symbol, answered.ts_ns) == ("BB", 4 * MINUTE_NS)


@pytest.mark.parametrize(
    ("parts", "delay_ns"),
    [
        ([_rising("AA", 10), _rising("BB", 50)], MINUTE_NS),
        ([_rising("AA", 10), _rising("BB", 50, MINUTE_NS // 3)], MINUTE_NS),
        ([_rising("AA", 10, rows=1), _rising("BB", 50, rows=1)], MINUTE_NS),
    ],
)
def test_a_decision_is_dated_by_the_steps_of_each_symbol_alone(parts: Sequence[Bars], delay_ns: int) -> None:
    assert decision_delay_ns(merge_bars(list(parts))) == delay_ns


def test_an_operators_close_does_not_fill_in_a_bar_that_began_before_it() -> None:
    class BuysBoth(Strategy):
        def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
            return [SignalEvent(event.symbol, 1, quantity=1)] if event.ts_ns == 0 else []

    config = RunConfig()
    bars = merge_bars([_rising("AA", 10), _rising("BB", 50)])
    core = build_core(config, BuysBoth(), bars.symbols)
    player = TapePlayer(core, session_of_bars(bars))
    player.play(7)  # three bars of both, and the fourth of AA
    command = ClosePosition("BB")
    accept(core, command, player.clock_ns)
    obey(core, command, player.clock_ns)
    core.take()
    player.play(10)
    (fill,) = [event for event in core.take() if isinstance(event, FillEvent)]
    assert player.clock_ns == 5 * MINUTE_NS
    assert (fill.ts_ns, float(fill.price)) == (4 * MINUTE_NS, 54.0)


def _every(symbol: str, step_ns: int, rows: int = 30) -> Bars:
    ten = [10.0] * rows
    return bars_from_floats(symbol, [i * step_ns for i in range(rows)], ten, ten, ten, ten, [1e6] * rows)


@pytest.mark.parametrize("steps", [(1, 1440), (1440, 1), (1, 5), (15, 60)])
def test_bars_of_two_lengths_are_refused_because_the_longer_would_be_known_too_early(steps: tuple[int, int]) -> None:
    bars = merge_bars([_every("AA", steps[0] * MINUTE_NS), _every("BB", steps[1] * MINUTE_NS)])
    with pytest.raises(UsageError, match=r"bars of (AA|BB) come every .* expected one length in one run"):
        run_backtest(_OneBuysTheOther, bars)


def test_bars_of_one_length_of_which_most_lack_are_no_longer_bars() -> None:
    minutes = [0, 5, 15, 16 * 60, 1445, 2000, 2881]
    ten = [10.0] * len(minutes)
    rare = bars_from_floats("BB", [m * MINUTE_NS for m in minutes], ten, ten, ten, ten, ten)
    require_one_length(merge_bars([_every("AA", MINUTE_NS), rare]))
    daily = 1440 * MINUTE_NS
    require_one_length(merge_bars([_every("AA", daily), _every("BB", daily, rows=2)]))
