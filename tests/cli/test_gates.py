from __future__ import annotations

import json
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("gate", "code"),
    [
        ("trades < 4", 0),
        ("trades < 5", 5),
        ("trades <= 4", 5),
        ("trades == 4", 5),
        ("trades != 4", 0),
        ("max_drawdown < -0.2", 0),
        ("max_drawdown<-1e-6", 5),
        ("total_return < 0.1%", 0),
        ("total_return > 0.1 %", 5),
        ("orders.rejected > 0", 0),
        ("orders.refused > 0", 0),
        ("orders.sent > 0", 5),
        ("average_loss > 0", 5),
    ],
)
def test_a_gate_fails_the_run_with_code_5_when_it_is_true_or_undefined(backtest: Any, gate: str, code: int) -> None:
    ran = backtest("--fail-if", gate)
    assert ran.code == code
    assert "final equity" in ran.out, "the figures are printed whatever the gate says"
    assert (gate in ran.err) == (code == 5)


def test_an_undefined_figure_says_that_it_is_undefined(backtest: Any) -> None:
    assert "average_loss is undefined in this run" in backtest("--fail-if", "average_loss < -1000").err


def test_every_gate_that_fails_is_named(backtest: Any) -> None:
    err = backtest("--fail-if", "trades < 100", "--fail-if", "sharpe > 100", "--fail-if", "trades > 1").err
    assert "'trades < 100': trades is 4" in err
    assert "'trades > 1': trades is 4" in err
    assert "sharpe" not in err


def test_the_json_is_printed_before_the_gate_speaks(backtest: Any) -> None:
    ran = backtest("--json", "--fail-if", "trades < 100")
    assert ran.code == 5
    assert json.loads(ran.out)["metrics"]["trades"] == 4


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ("sharp < 1", "unknown metric 'sharp'; did you mean 'sharpe'?"),
        ("sharpe", "expected METRIC COMPARISON NUMBER"),
        ("sharpe < x", "expected METRIC COMPARISON NUMBER"),
        ("sharpe < 1.2.3", "'1.2.3' is no number"),
        ("sharpe <> 1", "expected METRIC COMPARISON NUMBER"),
        ("", "expected METRIC COMPARISON NUMBER"),
    ],
)
def test_a_gate_that_means_nothing_is_refused_before_the_run(backtest: Any, gate: str, said: str) -> None:
    ran = backtest("--fail-if", gate)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
