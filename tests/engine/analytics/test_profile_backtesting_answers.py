"""The whole `stats` object of backtesting.py for each published run, from its trades and its equity.

The published equity has ten digits, too few for nine equal ones in a percentage that is a difference. It is therefore
worked out again from trades and closes by the published rule (cash, entry commissions and open trades at the close),
compared with the file, and measured in full precision.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tradetui.engine.analytics.curve import Curve
from tradetui.engine.analytics.metrics import Metrics, ProfitAndLoss, compute_metrics
from tradetui.engine.analytics.profile_backtesting import Statistic, statistics
from tradetui.engine.analytics.returns import Ints
from tradetui.engine.analytics.sums import Floats
from tradetui.engine.analytics.trades import Trade

SHARED = Path(__file__).parents[4] / "shared"
FOLDER = SHARED / "answers/backtests"
CASES = tuple(sorted(path.name.removesuffix(".json") for path in FOLDER.glob("*.json")))
CASES_PUBLISHED = 13


def nanoseconds(text: str) -> int:
    return int(np.datetime64(text, "ns").astype(np.int64))


def exact(number: float) -> Decimal:
    return Decimal(str(number))


def rows_of(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        return list(csv.DictReader(file))


@cache
def answer(case: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((FOLDER / f"{case}.json").read_text())
    return result


@cache
def published_equity(case: str) -> tuple[Ints, Floats]:
    rows = rows_of(FOLDER / f"{case}.equity.csv.gz")
    times = np.array([row["time"] for row in rows], dtype="datetime64[ns]").astype(np.int64)
    return times, np.array([float(row["Equity"]) for row in rows])


@cache
def closes(case: str) -> Floats:
    return np.array([float(row["Close"]) for row in rows_of(SHARED / "data" / answer(case)["data"])])


@cache
def equity_in_full(case: str) -> Floats:
    run, close = answer(case), closes(case)
    commission = run["broker"]["commission"]
    fixed, share = commission if isinstance(commission, list) else (0.0, commission)
    equity = np.full(close.size, float(run["broker"]["cash"]))
    for trade in run["trades"] + run["open_trades"]:
        held = slice(trade["EntryBar"], trade.get("ExitBar", close.size))
        paid = fixed + abs(trade["Size"]) * trade["EntryPrice"] * share
        equity[held] += trade["Size"] * (close[held] - trade["EntryPrice"]) - paid
        equity[held.stop :] += trade.get("PnL", 0.0)
    return equity


@cache
def trades(case: str) -> tuple[Trade, ...]:
    return tuple(
        Trade(
            symbol="X",
            side="long" if row["Size"] > 0 else "short",
            quantity=exact(abs(row["Size"])),
            entry_ts_ns=nanoseconds(row["EntryTime"]),
            entry_price=exact(row["EntryPrice"]),
            exit_ts_ns=nanoseconds(row["ExitTime"]),
            exit_price=exact(row["ExitPrice"]),
            pnl=exact(row["PnL"]),
            gross_pnl=exact(row["PnL"]) + exact(row["Commission"]),
            fees=exact(row["Commission"]),
            ambiguous=False,
        )
        for row in answer(case)["trades"]
    )


def warmup_bars(case: str) -> int:
    """Index of the first bar at which every indicator of the strategy is defined (the answers' rule 1)."""
    run = answer(case)
    p = run["params"]
    known = {
        "SmaCross": lambda: max(p["n1"], p["n2"]) - 1,
        "SmaCrossAllIn": lambda: max(p["n1"], p["n2"]) - 1,
        "RsiLong": lambda: p["n"],
        "BollRevert": lambda: p["n"] - 1,
        "BollBracket": lambda: p["n"] - 1,
        "StopBreakout": lambda: max(p["up"] - 1, p["dn"]),
        "LimitDip": lambda: 0,
    }
    return int(known[run["strategy"]]())


@cache
def curve(case: str) -> Curve:
    equity = equity_in_full(case)
    return Curve(published_equity(case)[0], equity, np.zeros(equity.size, bool), float(equity[0]))


@cache
def figures(case: str) -> dict[str, Statistic]:
    return statistics(curve(case), trades(case), closes(case), warmup_bars=warmup_bars(case))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "key" in metafunc.fixturenames:
        pairs = [(case, key) for case in CASES for key in answer(case)["stats"]] or [("absent", "absent")]
        metafunc.parametrize(("case", "key"), pairs, ids=[".".join(pair) for pair in pairs])
    elif "case" in metafunc.fixturenames:
        metafunc.parametrize("case", CASES or ["absent"])


def test_all_published_runs_are_here(shared: Path) -> None:
    assert len(CASES) == CASES_PUBLISHED


def test_the_equity_worked_out_again_is_the_published_one(shared: Path, case: str) -> None:
    np.testing.assert_allclose(equity_in_full(case), published_equity(case)[1], rtol=1e-9)


def test_the_entries_and_their_order_are_the_library_s(shared: Path, case: str) -> None:
    assert list(figures(case)) == list(answer(case)["stats"])


def test_an_entry_equals_the_library_s(shared: Path, case: str, key: str) -> None:
    ours, theirs = figures(case)[key], answer(case)["stats"][key]

    if isinstance(theirs, str) or theirs is None:
        assert ours == theirs
    else:
        assert isinstance(ours, int | float)
        assert math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9), (ours, theirs)


def test_a_run_with_the_profile_reports_the_library_s_figures(shared: Path, case: str) -> None:
    stats = answer(case)["stats"]

    result = compute_metrics(curve(case), trades(case), pnl=ProfitAndLoss(), profile="backtesting.py")

    reported = {
        "Return [%]": result.total_return * 100,
        "CAGR [%]": percent(result.cagr),
        "Volatility (Ann.) [%]": percent(result.annual_volatility),
        "Sharpe Ratio": result.sharpe,
        "Sortino Ratio": result.sortino,
        "Calmar Ratio": result.calmar,
        "Max. Drawdown [%]": percent(result.max_drawdown),
        "Max. Drawdown Duration": result.max_drawdown_duration_s,
        "Avg. Drawdown Duration": result.average_drawdown_duration_s,
        "# Trades": result.trades,
        "Win Rate [%]": percent(result.win_rate),
        "Profit Factor": result.profit_factor,
        "Exposure Time [%]": percent(result.exposure),
    }
    assert reported == pytest.approx({key: stats[key] for key in reported}, rel=1e-9)


def test_our_own_figures_agree_where_the_definitions_are_the_same(shared: Path, case: str) -> None:
    stats = answer(case)["stats"]

    result: Metrics = compute_metrics(curve(case), trades(case), pnl=ProfitAndLoss())

    assert result.total_return * 100 == pytest.approx(stats["Return [%]"], rel=1e-9)
    assert percent(result.cagr) == pytest.approx(stats["CAGR [%]"], rel=1e-9)
    assert result.max_drawdown * 100 == pytest.approx(stats["Max. Drawdown [%]"], rel=1e-9)
    assert percent(result.win_rate) == pytest.approx(stats["Win Rate [%]"], rel=1e-9)


@pytest.mark.parametrize("profile", ["tradetui", "empyrical", "quantstats"])
def test_the_all_in_run_has_the_sharpe_that_both_libraries_gave_its_equity(shared: Path, profile: str) -> None:
    series = json.loads((SHARED / "answers/metrics/metrics.json").read_text())["series"]
    theirs = series["equity_goog_smacross_10_20_allin"]["empyrical"]

    all_in = "goog_smacross_10_20_allin"
    result = compute_metrics(curve(all_in), trades(all_in), pnl=ProfitAndLoss(), profile=profile)

    assert result.sharpe == pytest.approx(theirs["sharpe_ratio"], rel=1e-9)
    assert result.sortino == pytest.approx(theirs["sortino_ratio"], rel=1e-9)
    assert result.annual_volatility == pytest.approx(theirs["annual_volatility"], rel=1e-9)
    assert result.max_drawdown == pytest.approx(theirs["max_drawdown"], rel=1e-9)


def percent(fraction: float | None) -> float | None:
    return None if fraction is None else fraction * 100
