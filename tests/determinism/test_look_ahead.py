from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import config_of, events_of, poisoned, several, shipped, swinging, text, until

from tradetui import FillEvent, MarketEvent, SignalEvent, Strategy
from tradetui.engine.market.bars import Bars

BARS = several(150)
ONE = swinging("AA", 150)
CONFIG = config_of(quantity="10", allow_short=True, cash="10000000", volume_cap=None)
SHIPPED = {
    "ma_crossover": lambda _: shipped("ma_crossover", fast=3, slow=8),
    "momentum": lambda _: shipped("momentum", period=5),
    "mean_reversion": lambda _: shipped("mean_reversion", period=8, width=1.0),
}
Make = Callable[[Bars], Strategy]  # is given the bars of the run, as somebody in a notebook has them at hand


def looks_ahead(make: Make, bars: Bars, row: int, vectorised: bool) -> bool:
    """Whether what was decided by the close of `row` depends on anything after it: nothing there, or other things."""
    known = until(bars, row)
    told = text(events_of(make(known), known, CONFIG, vectorised=vectorised))
    whole = until_row(make, bars, row, vectorised)
    other = until_row(make, poisoned(bars, row), row, vectorised)
    return not told == whole == other


def until_row(make: Make, bars: Bars, row: int, vectorised: bool) -> bytes:
    """The events of a run over all the bars, as far as the close of `row`."""
    from runs import build_core, change_rows, decision_delay_ns, event_driven, every_bar, wanted_positions, woken_bars

    strategy = make(bars)
    core = build_core(CONFIG, strategy, bars.symbols)
    if vectorised:
        wanted = wanted_positions(strategy, bars)
        woken_bars(core, bars, 0, row + 1, decision_delay_ns(bars), wanted, change_rows(bars, wanted))
    else:
        event_driven(strategy)
        every_bar(core, bars, 0, row + 1, decision_delay_ns(bars))
    return text(core.take())


@pytest.mark.parametrize("vectorised", [False, True])
@pytest.mark.parametrize("name", SHIPPED)
@settings(max_examples=25, deadline=None)
@given(row=st.integers(20, len(BARS) - 2))
def test_no_shipped_strategy_looks_ahead(name: str, vectorised: bool, row: int) -> None:
    assert not looks_ahead(SHIPPED[name], BARS, row, vectorised)


# -- strategies that cheat, each in a way that people do by accident


class Columns(Strategy):
    """Decides in columns by a function of the frame."""

    def __init__(self, rule: Callable[[pl.DataFrame], pl.Series]) -> None:
        self.rule = rule

    def get_parameters(self) -> dict[str, Any]:
        return {}

    def generate_signals(self, data: pl.DataFrame) -> pl.Series:
        return self.rule(data).fill_null(0).cast(pl.Int8)


CHEATS: dict[str, Callable[[pl.DataFrame], pl.Series]] = {
    "tomorrow's close": lambda d: d["close"].shift(-1) > d["close"],
    "the mean of all time": lambda d: d["close"] > d["close"].mean(),
    "the highest of all time": lambda d: d["close"] > 0.97 * d["close"].max(),
    "a centred mean": lambda d: d["close"] > d["close"].rolling_mean(9, center=True),
    "scaled by all time": lambda d: (d["close"] - d["close"].mean()) / d["close"].std() > 0.5,
    "filled backward": lambda d: d["close"].rolling_mean(40).fill_null(strategy="backward") > d["close"],
    "ranked among all": lambda d: d["close"].rank() > len(d) / 2,
    "counted from the end": lambda d: pl.Series(np.arange(len(d)) > len(d) - 40),
    "reversed twice": lambda d: d["close"].reverse().ewm_mean(span=5).reverse() > d["close"],
    "tomorrow's open": lambda d: d["open"].shift(-1) > d["open"],
    "volume to come": lambda d: d["volume"].shift(-2) > d["volume"].median(),
}
HONEST: dict[str, Callable[[pl.DataFrame], pl.Series]] = {
    "yesterday's close": lambda d: d["close"].shift(1) > d["close"],
    "the mean until now": lambda d: d["close"] > d["close"].cum_sum() / pl.Series(np.arange(1, len(d) + 1)),
    "the highest until now": lambda d: d["close"] > 0.97 * d["close"].cum_max(),
    "a trailing mean": lambda d: d["close"] > d["close"].rolling_mean(9),
    "an exponential mean": lambda d: d["close"] > d["close"].ewm_mean(span=5, adjust=False),
    "this bar's range": lambda d: (d["close"] - d["low"]) > (d["high"] - d["close"]),
    "counted from the start": lambda d: pl.Series(np.arange(len(d)) > 40),
}
ROWS = range(25, len(ONE) - 1, 3)


@pytest.mark.parametrize("name", CHEATS)
def test_the_guard_catches_columns_that_look_ahead(name: str) -> None:
    assert any(looks_ahead(lambda _: Columns(CHEATS[name]), ONE, row, vectorised=True) for row in ROWS)


@pytest.mark.parametrize("name", HONEST)
def test_the_guard_passes_columns_that_do_not(name: str) -> None:
    assert not any(looks_ahead(lambda _: Columns(HONEST[name]), ONE, row, vectorised=True) for row in ROWS)


@pytest.mark.parametrize("name", CHEATS)
def test_live_a_cheat_in_columns_has_no_future_to_look_at(name: str) -> None:
    """Bar by bar the frame ends at the bar just closed, so that the same rule cannot cheat."""
    assert not any(looks_ahead(lambda _: Columns(CHEATS[name]), ONE, row, vectorised=False) for row in ROWS[::6])


class Peeks(Strategy):
    """Reaches for the bars behind the view, as nobody should."""

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        view = self.desk._view  # type: ignore[attr-defined]
        ahead = min(view.row + 1, len(view.bars) - 1)
        return [SignalEvent(event.symbol, 1 if view.bars.close[ahead] > view.bars.close[view.row] else -1)]


class Fitted(Strategy):
    """Was fitted to all of the data before it trades on them."""

    def __init__(self, bars: Bars) -> None:
        self.level = float(np.median(bars.close)) / 1e9

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        return [SignalEvent(event.symbol, 1 if event.close > self.level else -1)]


@pytest.mark.parametrize("cheat", [lambda _: Peeks(), Fitted], ids=["peeks", "fitted"])
def test_the_guard_catches_strategies_that_reach_around_the_view(cheat: Make) -> None:
    assert any(looks_ahead(cheat, ONE, row, vectorised=False) for row in ROWS)


# -- what the desk shows


class Looks(Strategy):
    """Writes down all that the desk shows, whenever it is asked."""

    def __init__(self, bars: Bars) -> None:
        self.bars = bars
        self.closed: dict[str, int] = dict.fromkeys(bars.symbols, 0)  # bars that were shown as closed
        self.fills = 0

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        self.closed[event.symbol] += 1
        self.check(event.symbol)
        history = self.desk.history(event.symbol, 5)
        assert (history.ts_ns[-1], history.close[-1], history.high[-1]) == (event.ts_ns, event.close, event.high)
        assert self.desk.price(event.symbol) == event.close
        n = self.closed[event.symbol]
        if n % 9 == 0:
            return [SignalEvent(event.symbol, 0)]
        if n % 4 == 0:
            return [
                SignalEvent(
                    event.symbol, 1, type="limit", limit_price=event.close * 0.995, stop_loss=event.close * 0.98
                )
            ]
        return []

    def on_fill(self, fill: FillEvent) -> list[SignalEvent]:
        self.fills += 1
        self.check(fill.symbol)
        own = self.bars.of(fill.symbol)
        row = int(np.searchsorted(own.ts_ns, fill.ts_ns))
        assert row == self.closed[fill.symbol], "the fill lies in the bar after the last closed one"
        assert self.desk.price(fill.symbol) == own.open[row] / 1e9, "of which only the open is known"
        return []

    def check(self, symbol: str) -> None:
        """No symbol shows more bars than have closed, and each shows exactly the newest of those."""
        for name, count in self.closed.items():
            history = self.desk.history(name, 10**6)
            assert len(history.ts_ns) == count
            own = self.bars.of(name)
            np.testing.assert_array_equal(history.close, own.close[:count] / 1e9)
            assert len(self.desk.history(name, 3).ts_ns) == min(3, count)
            if name != symbol and count:
                assert self.desk.price(name) == own.close[count - 1] / 1e9


@pytest.mark.parametrize("bars", [ONE, BARS], ids=["one symbol", "three symbols"])
@pytest.mark.parametrize("cuts", [(), (50, 51, 100)])
def test_the_desk_never_shows_the_bar_being_settled(bars: Bars, cuts: tuple[int, ...]) -> None:
    strategy = Looks(bars)
    events = events_of(strategy, bars, CONFIG, cuts)
    failed = [event.traceback for event in events if event.__struct_config__.tag == "strategy_error"]  # type: ignore[union-attr]
    assert failed == []
    assert strategy.fills > 10


def test_the_desk_adds_up() -> None:
    class Adds(Strategy):
        def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
            desk = self.desk
            held = sum(desk.position(s) * (desk.price(s) or 0.0) for s in BARS.symbols)
            assert desk.equity == pytest.approx(desk.cash + held)
            assert desk.free <= desk.cash + 1e-6
            working = desk.open_orders(event.symbol)
            assert all(order.symbol == event.symbol for order in working)
            return [SignalEvent(event.symbol, 1 if event.close < 100 else -1)]

        def on_fill(self, fill: FillEvent) -> list[SignalEvent]:
            assert self.desk.position(fill.symbol) * fill.side > 0 or fill.role != "open"
            return []

    events = events_of(Adds(), BARS, CONFIG)
    assert not [e for e in events if e.__struct_config__.tag == "strategy_error"]
    assert len([e for e in events if isinstance(e, FillEvent)]) > 20
