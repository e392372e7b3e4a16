"""Every figure that empyrical and quantstats published for each known series, edge series included.

A key of the answers that has no figure of ours fails. "nan" and "inf" are results; an error of theirs is None.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tradetui.engine.analytics import profile_empyrical, profile_quantstats
from tradetui.engine.analytics.returns import Returns, aligned

SHARED = Path(__file__).parents[4] / "shared"
LIBRARIES = ("empyrical", "quantstats")
ONE_BP = 1e-4


@cache
def answers() -> dict[str, Any]:
    series: dict[str, Any] = json.loads((SHARED / "answers/metrics/metrics.json").read_text())["series"]
    return series


@cache
def series_of(name: str) -> Returns:
    with gzip.open(SHARED / f"answers/metrics/series/{name}.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    times = np.array([row["time"] for row in rows], dtype="datetime64[ns]").astype(np.int64)
    return Returns(times, np.array([float(row["ret"] or "nan") for row in rows]))


@cache
def figures(name: str, library: str) -> dict[str, Any]:
    """Our figures under the answers' keys, which name a parameter where they do not use the default."""
    answer = answers()[name]
    returns, periods = series_of(name), answer["annualization"]
    benchmark = series_of(answer["benchmark"]) if answer["benchmark"] else None
    if library == "quantstats":
        ours: dict[str, Any] = dict(profile_quantstats.statistics(returns, periods, benchmark))
        return ours | {"greeks": {key: ours[key] for key in ("beta", "alpha") if key in ours}}
    ours = dict(profile_empyrical.statistics(returns, periods, benchmark))
    years = profile_empyrical.aggregate_returns(returns, "yearly")
    months = profile_empyrical.aggregate_returns(returns, "monthly")
    return ours | {
        "sharpe_ratio_rf_1bp": profile_empyrical.sharpe_ratio(returns.values, periods, risk_free=ONE_BP),
        "sortino_ratio_required_1bp": profile_empyrical.sortino_ratio(returns.values, periods, required_return=ONE_BP),
        "omega_ratio_0": profile_empyrical.omega_ratio(returns.values, required_return=0.0),
        "value_at_risk_5pct": profile_empyrical.value_at_risk(returns.values, cutoff=0.05),
        "conditional_value_at_risk_5pct": profile_empyrical.conditional_value_at_risk(returns.values, cutoff=0.05),
        "benchmark_overlap_rows": aligned(returns, benchmark)[0].size if benchmark else None,
        "aggregate_returns_yearly": {str(year): total for (year,), total in years.items()},
        "aggregate_returns_monthly_last12": {str(key): total for key, total in list(months.items())[-12:]},
    }


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "key" not in metafunc.fixturenames:
        return
    cases = [("absent", "absent", "absent")]
    if SHARED.is_dir():
        cases = [(name, lib, key) for name, answer in answers().items() for lib in LIBRARIES for key in answer[lib]]
    metafunc.parametrize(("name", "library", "key"), cases, ids=[".".join(case) for case in cases])


def assert_same(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, dict) and "error" in theirs:
        assert ours is None
    elif isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        for part, figure in theirs.items():
            assert_same(ours[part], figure)
    elif isinstance(theirs, str):
        assert str(float(ours)) == theirs
    else:
        assert math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9), (ours, theirs)


def test_a_figure_equals_the_library_s(shared: Path, name: str, library: str, key: str) -> None:
    assert_same(figures(name, library)[key], answers()[name][library][key])


def test_noise_is_the_same_noise(shared: Path) -> None:
    """A constant series: its deviation is 1e-17 of rounding, and the huge Sharpe made of it is the library's own."""
    theirs = answers()["edge_const30"]["quantstats"]

    assert theirs["sharpe"] > 1e16
    for key in ("sharpe", "smart_sharpe", "risk_return_ratio", "volatility"):
        assert math.isclose(figures("edge_const30", "quantstats")[key], theirs[key], rel_tol=1e-9)
