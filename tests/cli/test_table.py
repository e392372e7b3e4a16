"""What the table of a headless run says of small figures, short sessions, several kinds of rows and refusals."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tradetui import run_backtest
from tradetui.engine.analytics.trades import OpenTrade
from tradetui.engine.model.events import RefusalEvent
from tradetui.engine.result import BacktestResult, Holding, Source
from tradetui.tui.cli.table import lines

MINUTE_NS = 60_000_000_000
MIDNIGHT_NS = 1_577_836_800_000_000_000  # 2020-01-01


@pytest.fixture
def result(market: Path) -> BacktestResult:
    return run_backtest("ma_crossover", market, quantity=10)


def with_metrics(result: BacktestResult, **changes: Any) -> str:
    return "\n".join(lines(replace(result, metrics=msgspec.structs.replace(result.metrics, **changes))))


def with_open(result: BacktestResult, cash: float) -> str:
    quantity, money = Decimal("0.004120000"), Decimal(repr(cash))
    trade = OpenTrade("BTC", "long", quantity, quantity, MIDNIGHT_NS, Decimal("61686.96"), money, Decimal(0), False)
    holding = Holding(61_686.96, 61_685.9, -0.004)
    return "\n".join(lines(replace(result, open_trades=[trade], holdings={"BTC": holding})))


def test_rows_are_called_what_they_are_and_short_spans_are_told_to_the_second(result: BacktestResult) -> None:
    first, last = MIDNIGHT_NS + MINUTE_NS, MIDNIGHT_NS + 2 * MINUTE_NS + 3_000_000_000
    quotes, orders = (
        Source("ABC", "", 7, first, last, "", "quotes"),
        Source("ABC", "", 8, first, last, "", "order events"),
    )
    told = "\n".join(lines(replace(result, sources=(quotes, orders))))
    assert "  ABC                   7 quotes         2020-01-01 00:01:00 to 00:02:03\n" in told
    assert "  ABC                   8 order events   2020-01-01 00:01:00 to 00:02:03\n" in told


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "none"), (5.25, "5.2 seconds"), (345.6, "5.8 minutes"), (7_200.0, "2.0 hours"), (172_800.0, "2.0 days")],
)
def test_a_time_is_told_in_a_unit_that_shows_it(result: BacktestResult, seconds: float, words: str) -> None:
    assert f"  longest drawdown   {words:>17}    " in with_metrics(result, max_drawdown_duration_s=seconds)


@pytest.mark.parametrize(
    ("value", "words"),
    [(-0.0000324, "-0.0032%"), (-0.1234, "-12.34%"), (-1e-12, " 0.00%"), (0.0, " 0.00%"), (0.00004, " 0.0040%")],
)
def test_a_small_share_is_no_zero_with_a_sign(result: BacktestResult, value: float, words: str) -> None:
    told = with_metrics(result, max_drawdown=value)
    assert next(line for line in told.splitlines() if "max drawdown" in line)[:38].endswith(words)


def test_a_position_is_told_with_the_digits_it_has(result: BacktestResult) -> None:
    assert "  open     BTC long 0.00412 from 61,686.96, now 61,685.90\n" in with_open(result, cash=-0.00412 * 61_686.96)


def test_what_a_position_realised_without_ever_closing_is_told_with_it(result: BacktestResult) -> None:
    """It is in the realised figure and in no trade: the two would not add up."""
    assert "now 61,685.90; realised in it -190.25\n" in with_open(result, cash=-0.00412 * 61_686.96 - 190.25)


def test_the_first_refusal_of_each_check_says_why_and_what_helps(result: BacktestResult) -> None:
    why = "quantity 0.01 is no multiple of the lot 1"
    refusal = RefusalEvent("BTC", 1, result.fills[0].quantity, "LOT", "0.01", "1", why, MIDNIGHT_NS)
    told = "\n".join(lines(replace(result, refusals=(refusal,))))
    assert f"  first    LOT at 2020-01-01T00:00:00Z: BTC {why}\n" in told
    assert '[instruments.BTC] lot = "0.001"\n' in told


def test_a_run_keeps_the_first_refusal_of_a_check(market: Path) -> None:
    result = run_backtest("ma_crossover", market, quantity=10, limits={"max_order_quantity": 1})
    (refusal,) = result.refusals
    assert result.counts.refused[refusal.check] > 1
    assert refusal.message
