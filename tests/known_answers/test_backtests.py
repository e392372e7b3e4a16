"""Every trade and every point of equity of 13 backtests that another program computed from the same rules and data."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tradetui import run_backtest
from tradetui.engine.journal.words import iso_utc
from tradetui.engine.result import BacktestResult

USER = f"{Path(__file__).parents[1] / 'user_strategies' / 'known_rules.py'}"
CASES = [
    "eurusd1h_boll_20_2_10000",
    "eurusd1h_boll_20_2_bracket",
    "eurusd1h_rsi_14_30_70_10000",
    "eurusd1h_smacross_10_20_10000",
    "eurusd1h_smacross_10_20_10000_spread",
    "goog_boll_20_2_bracket_5_5",
    "goog_boll_20_2_fixed10",
    "goog_limit_dip_2pct_5",
    "goog_rsi_14_30_70_fixed10",
    "goog_smacross_10_20_allin",
    "goog_smacross_10_20_fixed10",
    "goog_smacross_10_20_fixed10_nocost",
    "goog_stop_breakout_20_10",
]
STRATEGIES = {  # their rule -> our strategy, and their parameter names -> ours
    "SmaCross": ("ma_crossover", {"n1": "fast", "n2": "slow"}),
    "SmaCrossAllIn": (f"{USER}:SmaCrossAllIn", {"n1": "fast", "n2": "slow"}),
    "RsiLong": (f"{USER}:RsiLong", {"n": "period", "lo": "low", "hi": "high"}),
    "BollRevert": ("mean_reversion", {"n": "period", "k": "width"}),
    "BollBracket": (f"{USER}:BollBracket", {"n": "period", "k": "width", "slp": "stop", "tpp": "target"}),
    "StopBreakout": (f"{USER}:StopBreakout", {"up": "up", "dn": "down"}),
    "LimitDip": (f"{USER}:LimitDip", {"dip": "dip", "hold": "hold"}),
}
VECTORISED = [
    case
    for case in CASES
    if ("smacross" in case and "allin" not in case) or (case.endswith(("fixed10", "_10000")) and "boll" in case)
]


def run(shared: Path, answer: dict[str, Any], **options: Any) -> BacktestResult:
    """Our run of the same case."""
    name, renames = STRATEGIES[answer["strategy"]]
    parameters = dict(answer["params"])
    quantity = parameters.pop("size", None)
    broker = answer["broker"]
    return run_backtest(
        name,
        shared / "data" / answer["data"],
        parameters={renames[key]: value for key, value in parameters.items()},
        quantity=quantity,
        cash=broker["cash"],
        commission=broker["commission"],
        spread=broker["spread"],
        allow_short=answer["strategy"].startswith("SmaCross"),
        fill="touch",
        volume_cap=None,
        **options,
    )


def read_answer(shared: Path, case: str) -> dict[str, Any]:
    """One published case."""
    answer: dict[str, Any] = json.loads((shared / "answers" / "backtests" / f"{case}.json").read_text())
    return answer


def test_the_13_published_cases_are_all_listed(shared: Path) -> None:
    assert sorted(path.stem for path in (shared / "answers" / "backtests").glob("*.json")) == sorted(CASES)


@pytest.mark.parametrize("case", CASES)
def test_every_trade_is_the_published_one(shared: Path, case: str) -> None:
    answer = read_answer(shared, case)
    result = run(shared, answer)
    assert len(result.trades) == len(answer["trades"])
    for ours, theirs in zip(result.trades, answer["trades"], strict=True):
        sign = 1 if ours.side == "long" else -1
        assert iso_utc(ours.entry_ts_ns) == theirs["EntryTime"] + "Z"
        assert iso_utc(ours.exit_ts_ns) == theirs["ExitTime"] + "Z"
        assert sign * ours.quantity == theirs["Size"]
        assert float(ours.entry_price) == pytest.approx(theirs["EntryPrice"], rel=1e-9)
        assert float(ours.exit_price) == pytest.approx(theirs["ExitPrice"], rel=1e-9)
        assert float(ours.fees) == pytest.approx(theirs["Commission"], rel=1e-9)
        assert float(ours.pnl) == pytest.approx(theirs["PnL"], rel=1e-9, abs=1e-7)  # PnL is a difference of large sums


@pytest.mark.parametrize("case", CASES)
def test_equity_is_the_published_one_at_every_bar(shared: Path, case: str) -> None:
    answer = read_answer(shared, case)
    result = run(shared, answer)
    with gzip.open(shared / "answers" / "backtests" / f"{case}.equity.csv.gz", "rt") as file:
        published = np.array([float(row["Equity"]) for row in csv.DictReader(file)])
    np.testing.assert_allclose(result.curve.equity, published, rtol=1e-9)
    assert result.metrics.final_equity == pytest.approx(answer["stats"]["Equity Final [$]"], rel=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_positions_left_open_are_the_published_ones(shared: Path, case: str) -> None:
    answer = read_answer(shared, case)
    result = run(shared, answer)
    ours = [(iso_utc(t.entry_ts_ns), float(t.quantity) * (1 if t.side == "long" else -1)) for t in result.open_trades]
    assert ours == [(t["EntryTime"] + "Z", t["Size"]) for t in answer["open_trades"]]


@pytest.mark.parametrize("case", VECTORISED)
def test_deciding_in_columns_trades_the_same(shared: Path, case: str) -> None:
    answer = read_answer(shared, case)
    by_bar, by_column = run(shared, answer, form="event"), run(shared, answer, form="vectorised")
    assert [msg_free(t) for t in by_column.fills] == [msg_free(t) for t in by_bar.fills]
    assert by_column.counts.sent == by_bar.counts.sent
    np.testing.assert_array_equal(by_column.curve.equity, by_bar.curve.equity)


def msg_free(fill: Any) -> tuple[Any, ...]:
    """A fill without the numbers that count how often the strategy spoke."""
    return (fill.symbol, fill.side, fill.quantity, fill.price, fill.fee, fill.ts_ns, fill.role)
