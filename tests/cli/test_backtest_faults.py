from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from zigzag import HEAD, rows, write_csv

from tradetui.engine.journal.reader import open_journal
from tradetui.engine.journal.verify import verify


def broken(lines: list[str], at: int, change: Any) -> list[str]:
    return [*lines[:at], change(lines[at]), *lines[at + 1 :]]


def cell(column: int, value: str) -> Any:
    def put(line: str) -> str:
        cells = line.split(",")
        cells[column] = value
        return ",".join(cells)

    return put


SICK = {  # what is done to the file -> the line that is to blame (None: the file), a word of the message
    "nan": (broken(rows(), 40, cell(4, "nan")), 42, "close"),
    "empty cell": (broken(rows(), 40, cell(4, "")), 42, "Close"),
    "negative": (broken(rows(), 40, cell(3, "-5.00")), 42, "low"),
    "zero": (broken(rows(), 40, cell(1, "0")), 42, "open"),
    "text": (broken(rows(), 40, cell(2, "high")), 42, "high"),
    "high below low": (broken(rows(), 40, cell(2, "1.00")), 42, "high"),
    "negative volume": (broken(rows(), 40, cell(5, "-1")), 42, "volume"),
    "truncated line": (broken(rows(), 299, lambda line: line[:12]), 301, ""),
    "shuffled": ([*rows()[:50], *rows()[60:80], *rows()[50:60], *rows()[80:]], 72, ""),
    "twice": ([*rows()[:50], rows()[49], *rows()[50:]], 52, ""),
    "no date": (broken(rows(), 40, cell(0, "someday")), 42, "someday"),
    "only a head": ([], None, ""),
}


@pytest.mark.parametrize("how", SICK)
def test_a_sick_file_is_refused_with_code_3_and_its_line(cli: Any, tmp_path: Path, how: str) -> None:
    lines, line, word = SICK[how]
    path = write_csv(tmp_path / "SICK.csv", lines)
    ran = cli("--headless", "backtest", "--data", path, "--out", tmp_path / "o")
    assert (ran.code, ran.out) == (3, "")
    assert (f"{path}:{line}: " if line else f"{path}") in ran.err
    assert word in ran.err
    assert "expected" in ran.err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("content", [b"", b"\x00" * 300, b"PAR1nonsense", b"\x1f\x8bnonsense", b"hello\nworld\n"])
@pytest.mark.parametrize("ending", [".csv", ".parquet", ".feather", ".csv.gz"])
def test_what_is_no_data_file_is_refused_with_code_3(cli: Any, tmp_path: Path, content: bytes, ending: str) -> None:
    path = tmp_path / f"JUNK{ending}"
    path.write_bytes(content)
    ran = cli("--headless", "backtest", "--data", path)
    assert (ran.code, ran.out) == (3, "")
    assert str(path) in ran.err


def test_a_file_that_is_missing_a_folder_or_not_readable_is_refused_with_code_3(cli: Any, tmp_path: Path) -> None:
    for path in (tmp_path / "nofile.csv", tmp_path):
        ran = cli("--headless", "backtest", "--data", path)
        assert ran.code == 3
        assert str(path) in ran.err


def test_an_unknown_symbol_names_those_that_the_file_has(cli: Any, tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    head, body = f"Symbol,{HEAD}", rows(40)
    path.write_text("\n".join([head, *(f"A,{r}" for r in body), *(f"B,{r}" for r in body)]) + "\n")
    ran = cli("--headless", "backtest", "--data", path, "--symbol", "C")
    assert ran.code == 3
    assert "'C'" in ran.err
    assert "A, B" in ran.err


@pytest.fixture
def strategy(tmp_path: Path) -> Any:
    """Writes a strategy file and gives its path; `body` is the class's, or with `raw` the whole file."""

    def write(body: str, raw: bool = False) -> Path:
        path = tmp_path / "mine.py"
        head = "from decimal import Decimal\nfrom tradetui import SignalEvent, Strategy\n\n\nclass Mine(Strategy):\n"
        path.write_text(textwrap.dedent(body) if raw else head + textwrap.indent(textwrap.dedent(body), "    "))
        return path

    return write


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("class Mine(\n", "mine.py:1: SyntaxError"),
        ("x = 1\n\nraise ValueError('no luck')\n", "mine.py:3: ValueError: no luck"),
        ("import nosuchmodule\n", "mine.py:1: ModuleNotFoundError"),
        ("import sys\nsys.exit(0)\n", "mine.py:2: SystemExit"),
        ("x = 1\n", "strategies in it: none"),
    ],
)
def test_a_strategy_file_that_cannot_be_loaded_says_where(backtest: Any, strategy: Any, text: str, said: str) -> None:
    ran = backtest("--strategy", f"{strategy(text, raw=True)}:Mine")
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_class_that_is_missing_is_told_with_those_that_are_there(backtest: Any, strategy: Any) -> None:
    ran = backtest("--strategy", f"{strategy('pass')}:Yours")
    assert ran.code == 2
    assert "no strategy 'Yours'; strategies in it: Mine" in ran.err


def test_a_constructor_that_raises_says_where_and_with_what(backtest: Any, strategy: Any) -> None:
    path = strategy("def __init__(self, length: int = 3):\n    raise RuntimeError('no room')\n")
    ran = backtest("--strategy", path, "--set", "length=4")
    assert ran.code == 2
    assert "mine.py:7: Mine could not be made with length=4: RuntimeError: no room" in ran.err


def test_a_strategy_that_decides_in_no_way_says_what_is_needed(backtest: Any, strategy: Any) -> None:
    ran = backtest("--strategy", strategy("pass"))
    assert ran.code == 2
    assert "Mine gives neither on_market_data nor generate_signals" in ran.err


RAISES_AT_BAR_100 = """
    bar = 0

    def on_market_data(self, event):
        self.bar += 1
        if self.bar == 20:
            return [SignalEvent(event.symbol, 1, quantity=10)]
        return [SignalEvent(event.symbol, 1, quantity=1 / (100 - self.bar))] if self.bar == 100 else None
"""


def test_a_strategy_that_raises_stops_with_its_traceback_and_keeps_its_position(
    backtest: Any, strategy: Any, tmp_path: Path
) -> None:
    out = tmp_path / "o"
    ran = backtest("--strategy", strategy(RAISES_AT_BAR_100), "--json", "--out", out)
    assert ran.code == 1
    run = json.loads(ran.out)
    assert run["open_positions"][0]["quantity"] == 10
    assert "strategy Mine was stopped" in ran.err
    assert "It raised ZeroDivisionError" in ran.err
    assert "mine.py" in ran.err
    assert verify(out).ok
    with open_journal(out) as journal:
        (error,) = journal.events(kinds=["strategy_error"])
    assert "in on_market_data" in error.traceback
    assert "1 / (100 - self.bar)" in error.traceback


NONSENSE = {
    "a text": "return 'buy'",
    "a dict": "return {'side': 1}",
    "a number": "return 1",
    "a list of texts": "return ['buy']",
    "a list with None": "return [None]",
    "one signal, no list": "return SignalEvent('ZIG', 1)",
}
NONSENSE_SIGNALS = {
    "direction True": "return [SignalEvent('ZIG', True)]",
    "direction NaN": "return [SignalEvent('ZIG', float('nan'))]",
    "direction 2": "return [SignalEvent('ZIG', 2)]",
    "direction text": "return [SignalEvent('ZIG', 'long')]",
    "direction 0.5": "return [SignalEvent('ZIG', 0.5)]",
    "symbol number": "return [SignalEvent(5, 1)]",
    "symbol unknown": "return [SignalEvent('ZAG', 1)]",
    "quantity NaN": "return [SignalEvent('ZIG', 1, quantity=float('nan'))]",
    "quantity text": "return [SignalEvent('ZIG', 1, quantity='many')]",
    "quantity negative": "return [SignalEvent('ZIG', 1, quantity=-5)]",
    "quantity infinite": "return [SignalEvent('ZIG', 1, quantity=float('inf'))]",
    "fraction 2": "return [SignalEvent('ZIG', 1, fraction=2.0)]",
    "fraction text": "return [SignalEvent('ZIG', 1, fraction='half')]",
    "type unknown": "return [SignalEvent('ZIG', 1, type='hope')]",
    "limit without price": "return [SignalEvent('ZIG', 1, type='limit')]",
    "limit NaN": "return [SignalEvent('ZIG', 1, type='limit', limit_price=float('nan'))]",
    "limit negative": "return [SignalEvent('ZIG', 1, type='limit', limit_price=-1.0)]",
    "limit huge": "return [SignalEvent('ZIG', 1, type='limit', limit_price=1e300)]",
    "stop text": "return [SignalEvent('ZIG', 1, stop_loss='low')]",
    "stop NaN": "return [SignalEvent('ZIG', 1, stop_loss=float('nan'))]",
    "time in force unknown": "return [SignalEvent('ZIG', 1, time_in_force='forever')]",
    "reason number": "return [SignalEvent('ZIG', 1, reason=5)]",
}


@pytest.mark.parametrize("how", [*NONSENSE, *NONSENSE_SIGNALS])
def test_nonsense_from_a_strategy_is_an_error_or_a_refusal_and_the_journal_reads_back(
    backtest: Any, strategy: Any, tmp_path: Path, how: str
) -> None:
    body = f"def on_market_data(self, event):\n    {(NONSENSE | NONSENSE_SIGNALS)[how]}\n"
    out = tmp_path / "o"
    ran = backtest("--strategy", strategy(body), "--json", "--out", out)
    assert ran.code in (0, 1)
    run = json.loads(ran.out)
    assert run["orders"]["filled"] == 0
    assert verify(out).ok
    with open_journal(out) as journal:
        kinds = {event.__struct_config__.tag for event in journal.events()}
    assert kinds & {"strategy_error", "refusal"}
    assert (ran.code == 1) == ("strategy_error" in kinds)
    if how in NONSENSE:
        assert "a strategy must return" in ran.err


@pytest.mark.parametrize("value", ["None", "[]", "()"])
def test_nothing_may_be_said_in_any_way(backtest: Any, strategy: Any, value: str) -> None:
    ran = backtest("--strategy", strategy(f"def on_market_data(self, event):\n    return {value}\n"))
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize(
    "body",
    [
        "def on_fill(self, fill):\n    return 1 / 0\n",
        "def on_fill(self, fill):\n    return 'thanks'\n",
        "def calculate_position_size(self, signal, capital):\n    return 1 / 0\n",
        "def get_stop_loss(self):\n    return 1 / 0\n",
    ],
)
def test_whatever_method_of_a_strategy_fails_the_strategy_is_stopped_and_the_run_ends_in_order(
    backtest: Any, strategy: Any, tmp_path: Path, body: str
) -> None:
    out = tmp_path / "o"
    path = strategy(
        "def on_market_data(self, event):\n    return [SignalEvent(event.symbol, 1)]\n\n" + textwrap.dedent(body)
    )
    ran = backtest("--strategy", path, "--json", "--out", out)
    assert ran.code == 1
    assert json.loads(ran.out)["schema_version"] == 1
    assert verify(out).ok
    with open_journal(out) as journal:
        assert len(list(journal.events(kinds=["strategy_error"]))) == 1


def test_a_size_may_be_a_plain_number(backtest: Any, strategy: Any) -> None:
    body = """
        def on_market_data(self, event):
            return [SignalEvent(event.symbol, 1)]

        def calculate_position_size(self, signal, capital):
            return 7
    """
    ran = backtest("--strategy", strategy(body), "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["open_positions"][0]["quantity"] == 7


@pytest.mark.parametrize(
    "value",
    [
        "None",
        "5",
        "'long'",
        "data['close'].to_numpy()",
        "data['close']",
        "pl.Series([1])",
        "pl.Series(['1'] * len(data))",
    ],
)
def test_columns_that_are_no_wanted_positions_stop_the_strategy(backtest: Any, strategy: Any, value: str) -> None:
    ran = backtest(
        "--strategy", strategy(f"def generate_signals(self, data):\n    import polars as pl\n    return {value}\n")
    )
    assert ran.code == 1
    assert "final equity" in ran.out
    assert "Mine.generate_signals for ZIG returned" in ran.err


def test_a_strategy_that_calls_exit_does_not_decide_the_exit_code(backtest: Any, strategy: Any, tmp_path: Path) -> None:
    path = strategy("def on_market_data(self, event):\n    import sys\n    sys.exit(0)\n")
    ran = backtest("--strategy", path, "--out", tmp_path / "o")
    assert ran.code == 1
    assert verify(tmp_path / "o").ok


def test_a_parameter_that_no_report_can_print_is_refused(backtest: Any, strategy: Any) -> None:
    ran = backtest(
        "--strategy",
        strategy(
            "def get_parameters(self):\n    return {'model': object()}\n\ndef on_market_data(self, event):\n    pass\n"
        ),
    )
    assert ran.code == 2
    assert "parameter 'model' is a object" in ran.err


# -- the world around


def test_a_folder_that_cannot_be_made_is_told_with_its_name(backtest: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "deeper"):
        ran = backtest("--out", out)
        assert (ran.code, ran.out) == (1, "")
        assert str(out) in ran.err
        assert "Traceback" not in ran.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_told(backtest: Any, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    ran = backtest("--out", tmp_path / "locked")
    assert ran.code == 1
    assert "locked" in ran.err


def test_a_file_of_another_kind_is_not_replaced_by_a_session(backtest: Any, tmp_path: Path) -> None:
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "session.db").write_text("my diary")
    ran = backtest("--out", tmp_path / "o")
    assert ran.code == 1
    assert "not overwritten" in ran.err
    assert (tmp_path / "o" / "session.db").read_text() == "my diary"


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "tradetui", "--headless", "backtest", *map(str, arguments)]


@pytest.mark.parametrize("limit_bytes", [0, 4_096, 20_000, 80_000])
def test_a_full_disk_ends_the_run_with_a_message_and_what_was_written_is_whole(
    market: Path, tmp_path: Path, limit_bytes: int
) -> None:
    out = tmp_path / "o"
    done = subprocess.run(
        command("--data", market, "--out", out, "--set", "fast=1", "--set", "slow=2"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={
            name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")
        },  # it writes files too
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes)),
    )
    assert done.returncode == 1
    assert str(out) in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(out.glob(".*.part"))
    if (out / "session.db").exists() and (out / "session.db").stat().st_size:
        assert verify(out).ok or "no session header" in verify(out).sentence()


def test_a_reader_that_leaves_is_no_fault_to_shout_about(market: Path) -> None:
    with subprocess.Popen(command("--data", market, "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.close()
        assert child.stderr is not None
        err = child.stderr.read()
    assert child.returncode == 1
    assert err == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_output_that_cannot_be_written_is_told(market: Path, form: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command("--data", market, *form), stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60
        )
    assert done.returncode == 1
    assert done.stderr == "tradetui: the output could not be written: No space left on device\n"


SLOW = """
from pathlib import Path
from tradetui import SignalEvent, Strategy


class Mine(Strategy):
    bar = 0

    def on_market_data(self, event):
        self.bar += 1
        if self.bar == 150:
            print("HALFWAY", flush=True)
            while True:
                pass
        return [SignalEvent(event.symbol, self.bar // 5 % 2, quantity=5)]
"""


def test_ctrl_c_in_the_middle_leaves_a_session_that_reads_and_proves_all_that_happened(
    market: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(SLOW)
    out = tmp_path / "o"
    with subprocess.Popen(
        command("--data", market, "--strategy", tmp_path / "mine.py", "--out", out),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "HALFWAY\n"
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert err.strip() == "tradetui: interrupted"
    report = verify(out)
    assert report.ok
    with open_journal(out) as journal:
        fills = list(journal.events(kinds=["fill"]))
    assert len(fills) == 29, "everything up to the bar at which it was interrupted"
    assert not (out / "run.json").exists()
