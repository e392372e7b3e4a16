from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from zigzag import rows, write_csv

DESIGNED = [
    "strategy", "set", "data", "symbol", "from", "to", "timezone", "cash", "quantity", "commission",
    "commission-fixed", "spread", "slippage-bps", "fill", "volume-cap", "allow-short", "long-only", "seed", "rf",
    "profile", "out", "json", "fail-if", "quiet", "limit",
]  # fmt: skip
RUN_FILE = """
strategy = "mean_reversion"
data = ["data/ZIG.csv"]
cash = 50000
quantity = 5
commission = 0.001
commission-fixed = 1.5
volume_cap = "none"
seed = 7
rf = 0.02
allow_short = true

[parameters]
period = 15
width = 1.5

[limits]
max_position = 7
position_action = "reject"

[fees]
per_share = 0.005
per_share_minimum = 1

[slippage]
bps = 2.5

[chance]
fill = 0.9

[instruments.ZIG]
tick = 0.01
lot = 1
calendar = "24/7"
"""


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    """A run file with every section; its data lie beside it, not in the working folder."""
    (tmp_path / "runs" / "data").mkdir(parents=True)
    write_csv(tmp_path / "runs" / "data" / "ZIG.csv", rows())
    path = tmp_path / "runs" / "run.toml"
    path.write_text(RUN_FILE)
    return path


def headless(cli: Any, *arguments: object) -> Any:
    ran = cli("--headless", "backtest", *arguments, "--json")
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def test_a_run_file_says_all_that_options_can_and_its_paths_are_relative_to_it(cli: Any, run_file: Path) -> None:
    run = headless(cli, run_file)
    assert run["run"]["strategy"] == "mean_reversion"
    assert run["run"]["parameters"] == {"period": 15, "width": 1.5}
    assert run["run"]["seed"] == 7
    assert run["run"]["data"][0]["symbol"] == "ZIG"
    assert run["metrics"]["start_equity"] == 50_000
    assert {t["side"] for t in run["trades"]} == {"long", "short"}
    assert all(t["quantity"] == 5 for t in run["trades"])
    assert all(t["fees"] >= 2 * (1.5 + 1) for t in run["trades"]), "the fixed fee and the per-share minimum, both ways"
    assert run["metrics"]["average_slippage_bps"] == pytest.approx(2.5, rel=0.05)


def test_an_option_beats_the_run_file(cli: Any, run_file: Path) -> None:
    run = headless(cli, run_file, "--cash", "70000", "--set", "period=10", "--seed", "8", "--long-only")
    assert run["metrics"]["start_equity"] == 70_000
    assert run["run"]["parameters"] == {"period": 10, "width": 1.5}, "what no option names stays"
    assert run["run"]["seed"] == 8
    assert {t["side"] for t in run["trades"]} == {"long"}


def test_a_limit_option_is_laid_over_the_limits_of_the_run_file(cli: Any, run_file: Path) -> None:
    run = headless(cli, run_file, "--limit", "max_position=4")
    assert run["orders"]["refused"]["POSITION"] > 0, "position_action of the file still says reject"
    assert headless(cli, run_file)["orders"]["refused"] == {}


def test_a_strategy_file_in_a_run_file_is_relative_to_it_too(cli: Any, run_file: Path) -> None:
    lines = (
        "from tradetui import Strategy",
        "class Mine(Strategy):",
        "    def on_market_data(self, event):",
        "        pass",
    )
    (run_file.parent / "mine.py").write_text("\n".join(lines))
    run_file.write_text('strategy = "mine.py:Mine"\ndata = "data/ZIG.csv"\n')
    assert headless(cli, run_file)["run"]["strategy"] == "Mine"


@pytest.mark.parametrize(
    ("options", "differs"),
    [
        (("--commission", "0.01"), "fees"),
        (("--commission-fixed", "3"), "fees"),
        (("--spread", "0.01"), "final_equity"),
        (("--slippage-bps", "20"), "average_slippage_bps"),
        (("--quantity", "20"), "final_equity"),
        (("--cash", "5000"), "start_equity"),
        (("--rf", "0.2"), "sharpe"),
        (("--profile", "backtesting.py"), "sharpe"),
        (("--allow-short",), "trades"),
        (("--same-close",), "final_equity"),
        (("--from", "2020-03-01"), "final_equity"),
        (("--to", "2020-09-01"), "final_equity"),
        (("--set", "fast=4"), "final_equity"),
        (("--strategy", "momentum"), "final_equity"),
        (("--volume-cap", "0.0001"), "exposure"),
        (("--limit", "max_position=3"), "realized_pnl"),
    ],
)
def test_each_option_changes_what_it_is_about(backtest: Any, options: tuple[str, ...], differs: str) -> None:
    plain, changed = (json.loads(backtest("--json", *more).out)["metrics"] for more in ((), options))
    assert plain[differs] != changed[differs]


@pytest.mark.parametrize(
    "options", [("--seed", "5"), ("--fill", "touch"), ("--intrabar", "adaptive"), ("--long-only",)]
)
def test_options_without_effect_here_are_taken_all_the_same(backtest: Any, options: tuple[str, ...]) -> None:
    plain, changed = (json.loads(backtest("--json", *more).out) for more in ((), options))
    assert plain["trades"] == changed["trades"]


@pytest.mark.parametrize("form", ["event", "vectorised"])
def test_both_forms_can_be_asked_for(backtest: Any, form: str) -> None:
    assert json.loads(backtest("--json", "--form", form).out)["metrics"]["trades"] == 4


def test_volume_cap_none_lifts_the_cap(cli: Any, tmp_path: Path) -> None:
    thin = write_csv(tmp_path / "THIN.csv", [line.rpartition(",")[0] + ",20" for line in rows()])
    capped = headless(cli, "--data", thin, "--quantity", "10")
    lifted = headless(cli, "--data", thin, "--quantity", "10", "--volume-cap", "none")
    assert capped["orders"]["sent"] == lifted["orders"]["sent"]
    assert capped["trades"][0]["entry_price"] != lifted["trades"][0]["entry_price"], "2 a bar against 10 at once"


def test_a_file_takes_its_symbol_from_the_option_else_from_its_name(cli: Any, market: Path) -> None:
    assert headless(cli, "--data", market)["run"]["data"][0]["symbol"] == "ZIG"
    assert headless(cli, "--data", market, "--symbol", "ZAG")["run"]["data"][0]["symbol"] == "ZAG"


def test_files_of_one_symbol_are_joined_in_time_order(cli: Any, market: Path, tmp_path: Path) -> None:
    one, other = write_csv(tmp_path / "ZIG_a.csv", rows()[:150]), write_csv(tmp_path / "ZIG_b.csv", rows()[150:])
    joined = headless(cli, "--data", other, "--data", one)
    whole = headless(cli, "--data", market)
    assert joined["trades"] == whole["trades"]
    assert joined["metrics"] == whole["metrics"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--cash", "abc"), "cash: 'abc' was given; expected a number"),
        (("--cash", "-5"), "cash: -5 was given; allowed is a positive amount"),
        (("--cash", "nan"), "cash: "),
        (("--quantity", "0"), "quantity: 0 was given"),
        (("--commission", "1.5"), "allowed is a fraction below 1"),
        (("--spread", "-0.1"), "spread: -0.1"),
        (("--slippage-bps", "nan"), "slippage-bps: nan was given"),
        (("--slippage-bps", "x"), "slippage_bps: 'x' was given"),
        (("--seed", "x"), "seed: 'x' was given"),
        (("--seed", "1.5"), "seed: '1.5' was given"),
        (("--rf", "4"), "was a percentage meant?"),
        (("--volume-cap", "2"), "volume-cap: 2"),
        (("--volume-cap", "lots"), "volume_cap: 'lots' was given; expected a fraction of the bar's volume"),
        (("--fill", "sometimes"), "fill: 'sometimes' was given; expected one of through, touch"),
        (("--profile", "mine"), "expected one of tradetui, empyrical, quantstats, backtesting.py"),
        (("--limit", "max_drawdwn=0.1"), "unknown key 'max_drawdwn'; did you mean 'max_drawdown'?"),
        (("--limit", "max_drawdown=x"), "limits.max_drawdown: 'x' was given"),
        (("--limit", "max_position=-1"), "max_position: -1 was given"),
        (("--limit", "max_position"), "--limit 'max_position': expected NAME=VALUE"),
        (("--set", "fsat=3"), "did you mean 'fast'?"),
        (("--set", "fast=abc"), "fast='abc' is no int"),
        (("--set", "fast=30"), "expected 1 <= fast < slow"),
        (("--set", "fast=3", "--set", "fast=4"), "was given twice"),
        (("--strategy", "momentun"), "did you mean 'momentum'?"),
        (("--strategy", "nosuch.py:Mine"), "nosuch.py does not exist"),
        (("--from", "2021-01-01", "--to", "2020-01-01"), "the time range"),
        (("--from", "yesterday"), "yesterday"),
        (("--timezone", "Mars/Olympus"), "Mars/Olympus"),
        (("--allow-short", "--long-only"), "contradict each other"),
        (("--nonsense",), "--nonsense"),
        (("--symbol", ""), "--symbol is empty"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_code_2_and_says_why(
    backtest: Any, options: tuple[str, ...], said: str
) -> None:
    ran = backtest(*options)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("quantty = 5", "unknown key 'quantty'; did you mean 'quantity'?"),
        ("[limits]\nmax_positon = 5", "[limits]: unknown key 'max_positon'; did you mean 'max_position'?"),
        ("[fees]\nmakr = 1", "[fees]: unknown key 'makr'; did you mean 'maker'?"),
        ("[instruments.ZIG]\ntik = 1", "[instruments.ZIG]: unknown key 'tik'; did you mean 'tick'?"),
        ("[instruments.ZAG]\ntick = 1", "[instruments.ZAG] is not in the data; its symbols are ZIG"),
        ("[instruments.ZIG]\ntick = 0", "instruments.ZIG.tick: 0"),
        ("limits = 5", "limits]: 5 was given; expected a table"),
        ("instruments = 5", "instruments is 5; expected a table"),
        ("[instruments]\nZIG = 5", "instruments.ZIG]: 5 was given; expected a table"),
        ('parameters = "fast"', "parameters is 'fast'; expected a table"),
        ("cash = [1]", "cash: [1] was given"),
        ("data = 5", "data is 5; expected a path"),
        ("cash = ", "run.toml"),
        ("slippage_bps = 2\n[slippage]\nticks = 1", "slippage.ticks and slippage-bps was given; allowed is one model"),
        ("[slippage]\nbps = -1", "slippage.bps: -1"),
        ("[chance]\nfill = 1.5", "chance.fill: 1.5"),
        ("[fees]\ntaker = nan", "fees.taker: "),
        ("[parameters]\nfast = 2.5", "fast=2.5 is no int"),
    ],
)
def test_a_run_file_that_says_what_cannot_be_meant_is_refused(
    backtest: Any, tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "run.toml"
    path.write_text(text)
    ran = backtest(path)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_run_file_that_is_missing_or_no_text_is_refused(backtest: Any, tmp_path: Path) -> None:
    assert "nofile.toml" in backtest(tmp_path / "nofile.toml").err
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    ran = backtest(tmp_path / "bad.toml")
    assert ran.code == 2
    assert "not UTF-8" in ran.err


def test_what_only_makes_sense_without_a_screen_says_so(cli: Any) -> None:
    for option in (("--json",), ("--quiet",), ("--out", "x"), ("--fail-if", "trades < 1")):
        ran = cli("backtest", *option)
        assert ran.code == 2
        assert "need --headless" in ran.err
    assert "a replay has a screen" in cli("--headless", "replay").err
    assert "the screen needs a terminal" in cli("backtest").err


@pytest.mark.parametrize(
    "words", [(), ("backtest",), ("replay",), ("journal", "show"), ("journal", "verify"), ("data", "sample")]
)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_of_every_command_shows_examples(cli: Any, words: tuple[str, ...], flag: str) -> None:
    ran = cli(*words, flag)
    assert ran.code == 0
    assert "Examples:" in ran.out
    assert "tradetui" in ran.out


def test_help_lists_every_option_of_the_design(cli: Any) -> None:
    out = cli("backtest", "--help").out
    for name in DESIGNED:
        assert f"--{name}" in out


def test_the_version_is_one_line(cli: Any) -> None:
    from tradetui import __version__

    assert cli("--version") == (0, f"tradetui {__version__}\n", "")
