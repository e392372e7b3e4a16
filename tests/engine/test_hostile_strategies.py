"""What a strategy does to its surroundings must not change the figures or decide how a run is judged."""

from __future__ import annotations

import dataclasses
import decimal
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tradetui.engine.backtest import run_backtest
from tradetui.engine.errors import RunFailed, UsageError
from tradetui.engine.journal.header import Details, JournalHeader, header_from_bytes
from tradetui.engine.market.bars import Bars, bars_from_floats
from tradetui.engine.model.events import MarketEvent, SignalEvent
from tradetui.engine.model.limits import RiskLimits
from tradetui.engine.result import BacktestResult
from tradetui.engine.session import Loaded, ReplaySession
from tradetui.engine.strategy import Strategy

DAY_NS = 86_400 * 10**9


def _bars(volume: float = 1e6) -> Bars:
    closes = [100.13, 103.57, 99.71, 108.93, 104.39, 101.07, 111.91, 107.77, 95.59, 99.83]
    ts = DAY_NS * np.arange(len(closes))
    return bars_from_floats("X", ts, closes, closes, closes, closes, [volume] * len(closes))


class InAndOut(Strategy):
    """Seven units in and out on alternate bars."""

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        return [SignalEvent(event.symbol, int(event.ts_ns // DAY_NS % 2 == 0), quantity=7)]


class SetsThePrecision(InAndOut):
    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        decimal.getcontext().prec = 2
        return super().on_market_data(event)


class AddsAndReduces(Strategy):
    """Ten units, then five, then ten again: the average cost is not the average of what was entered."""

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        wanted = {1: 10, 3: 5, 5: 10}.get(event.ts_ns // DAY_NS)
        return [SignalEvent(event.symbol, 1, quantity=wanted)] if wanted else []


@pytest.fixture(autouse=True)
def _own_decimal_context() -> Iterator[None]:
    with decimal.localcontext():
        yield


def _ran(kind: type[Strategy], **options: Any) -> BacktestResult:
    return run_backtest(kind, _bars(), cash="100000", commission="0.00137", **options)


@pytest.mark.parametrize("profile", ["tradetui", "backtesting.py"])
def test_the_decimal_precision_that_a_strategy_sets_changes_no_figure(profile: str) -> None:
    honest = _ran(InAndOut, profile=profile).metrics
    assert (honest.trades, honest.profit_factor is None) == (4, False)
    assert _ran(SetsThePrecision, profile=profile).metrics == honest


def test_an_open_position_is_told_at_the_average_cost_of_the_ledger() -> None:
    result = _ran(AddsAndReduces)
    (position,) = result.to_dict()["open_positions"]
    average = (5 * 99.71 + 5 * 111.91) / 10  # half of the first ten went, five more came
    assert position["entry_price"] == pytest.approx(average, rel=1e-12)
    assert position["unrealized_pnl"] == pytest.approx(10 * (99.83 - average), rel=1e-12)
    assert position["unrealized_pnl"] == result.metrics.unrealized_pnl


@pytest.mark.parametrize("question", ["get_risk_limits", "get_parameters"])
@pytest.mark.parametrize("error", [SystemExit(0), ValueError("not today")])
def test_what_it_raises_before_the_run_is_a_failed_run_that_names_it(question: str, error: BaseException) -> None:
    def answer(self: Strategy) -> None:
        raise error

    kind = type("Hostile", (InAndOut,), {question: answer})
    with pytest.raises(RunFailed, match=rf"Hostile\.{question} raised {type(error).__name__}: "):
        _ran(kind)


def test_limits_that_are_none_are_refused() -> None:
    class NoLimits(InAndOut):
        def get_risk_limits(self) -> RiskLimits:
            return {"max_position": Decimal(3)}  # type: ignore[return-value]

    with pytest.raises(UsageError, match=r"get_risk_limits returned .*; expected RiskLimits"):
        _ran(NoLimits)


def test_a_session_that_is_left_while_it_loads_says_so_on_the_screen() -> None:
    def load() -> Loaded:
        raise SystemExit("bye")

    session = ReplaySession(load)
    session.start()
    session.stop()
    assert (session.snapshot().phase, session.snapshot().error) == ("failed", "SystemExit: bye")


@pytest.mark.parametrize("volume", [float("nan"), float("inf")])
def test_a_volume_that_is_no_number_binds_no_order(volume: float) -> None:
    (fill,) = run_backtest("momentum", _bars(volume), parameters={"period": 1}, quantity=10).fills[:1]
    assert fill.quantity == 10


def test_a_symbol_that_is_no_valid_text_is_refused_in_words() -> None:
    bars = dataclasses.replace(_bars(), symbols=("B\udcffX",))
    with pytest.raises(UsageError, match=r"symbol B\\udcffX is no valid text; name the symbol with --symbol"):
        run_backtest(InAndOut, bars)


def test_a_file_name_that_is_no_valid_text_is_kept_readable_in_the_session_file() -> None:
    header = JournalHeader(mode="backtest", config_json="{}", details=Details(data_paths=("B\udcffX.csv",)))
    again = header_from_bytes(header.hashed_bytes(), header.details_bytes())
    assert again.details.data_paths == ("B\\udcffX.csv",)


class ForgetsTheList(Strategy):
    """Returns its one wish as it is."""

    def on_market_data(self, event: MarketEvent) -> Any:
        return SignalEvent(event.symbol, 1)


def test_one_wish_without_a_list_around_it_is_told_to_be_put_in_a_list() -> None:
    (error,) = _ran(ForgetsTheList).errors
    assert error.error == (
        "TypeError: a strategy must return a list, and this is one SignalEvent: put it in a list, as in "
        "[SignalEvent(...)]"
    )
