"""`tradetui data download` as a person runs it: what it prints where, how it ends, and what Ctrl-C leaves."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import contents
from servers import KEY, SECRET, Answer, Bar, Fault, Market, alpaca, binance, seconds, serving

pytestmark = pytest.mark.slow  # each starts the program

NOW = seconds("2024-03-01 12:00:00")
COMMAND = [sys.executable, "-m", "tradetui", "data", "download"]

# A test runner started in the background of a shell ignores Ctrl-C, and so would its children.
HEARS_CTRL_C = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from tradetui.tui.cli import main
main()
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, **environment}
        return subprocess.run(
            [*COMMAND, *arguments], cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=60
        )

    return run


def test_files_are_listed_on_stdout_and_nothing_else_is_said(run: Run, tmp_path: Path) -> None:
    market = Market(("BTCUSDT", "ETHUSDT"), NOW)
    with serving(binance, market) as url:
        arguments = ("ETHUSDT", "BTCUSDT", "--source", "binance", "--timeframe", "1hour", "--url", url)
        done = run(*arguments, "--from", "2024-01-01", "--to", "2024-01-02")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines() == [
            f"{symbol}\t48\t2024-01-01T00:00:00Z\t2024-01-02T23:00:00Z\tmarket-data/binance/{symbol}_1hour.parquet"
            for symbol in ("ETHUSDT", "BTCUSDT")
        ]
        again = run(*arguments, "--to", "2024-01-03")
    assert [line.split("\t")[1] for line in again.stdout.splitlines()] == ["72", "72"]
    assert set(contents(tmp_path / "market-data")) == {
        "catalog.json",
        *(f"binance/{symbol}_1hour.{kind}" for symbol in ("BTCUSDT", "ETHUSDT") for kind in ("csv", "parquet")),
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--source", "kraken"], "--source kraken: no such source. Expected one of yahoo, binance, alpaca"),
        (["--source", "binance", "--timeframe", "2min"], "--timeframe 2min: no such timeframe. Expected one of 1min,"),
        (["--source", "binance", "--from", "2024-02-01", "--to", "2024-01-01"], "is empty: expected a start before"),
        (["--source", "binance", "--from", "yesterday"], "'yesterday' is not a date or time"),
        (["--source", "binance", "--changed", "maybe"], "--changed maybe: no such choice"),
        (["--source", "binance", "--url", "ftp://x"], "--url ftp://x: expected an address that begins with https://"),
        (["--source", "binance", "BTCUSDT"], "BTCUSDT is named twice"),
        (["--source", "binance", "../secret"], "'../secret' is no symbol"),
        (["--source", "binance", "--jobs", "0"], "--jobs"),
        (["--source", "binance"], "is not on disk yet: expected --from"),
        (["--source", "binance", "--from", "2200-01-01", "--to", "2200-01-02"], "holds no finished bar"),
        (["--source", "alpaca", "--from", "2024-01-01"], "expected APCA_API_KEY_ID and APCA_API_SECRET_KEY in the env"),
        ([], "--source"),
    ],
)
def test_a_wrong_command_line_is_told_and_ends_with_2(run: Run, arguments: list[str], said: str) -> None:
    done = run("BTCUSDT", *arguments)
    assert said in " ".join(done.stderr.split())
    assert done.returncode == 2
    assert done.stdout == ""


def test_a_symbol_that_fails_ends_with_3_and_the_others_are_there(run: Run) -> None:
    with serving(binance, Market(("BTCUSDT",), NOW)) as url:
        done = run("BTCUSDT", "NOPE", "NADA", "--source", "binance", "--from", "2024-01-01", "--url", url)
    assert done.returncode == 3
    assert done.stdout.startswith("BTCUSDT\t60\t")
    first, *lines = done.stderr.splitlines()
    assert first == "tradetui: 2 of 3 symbols were not downloaded:"
    assert [line.split(":")[0] for line in lines] == ["  binance NOPE", "  binance NADA"]


def test_a_vendor_that_changed_history_ends_with_3_and_keep_is_told_on_stderr(run: Run) -> None:
    market = Market(("BTCUSDT",), NOW)
    with serving(binance, market) as url:
        arguments = ("BTCUSDT", "--source", "binance", "--timeframe", "1hour", "--url", url)
        assert run(*arguments, "--from", "2024-01-01", "--to", "2024-01-02").returncode == 0
        market.version["BTCUSDT"] = 1
        refused = run(*arguments, "--to", "2024-01-03")
        kept = run(*arguments, "--to", "2024-01-03", "--changed", "keep")
    assert refused.returncode == 3
    assert "10 of 10 bars that were downloaded before differ now; 2024-01-02T14:00:00Z" in refused.stderr
    assert kept.returncode == 0
    assert kept.stderr.startswith("tradetui: binance BTCUSDT: 10 of 10 bars")
    assert kept.stderr.endswith("; the files hold ours\n")


def test_rows_that_are_no_bars_end_with_3_and_stay_in_the_raw_file(run: Run, tmp_path: Path) -> None:
    class Careless(Market):
        """Its third bar has a high below its open."""

        def bars(self, symbol: str, start_s: int, stop_s: int, step: int, limit: int | None = None) -> list[Bar]:
            one, two, three, *rest = super().bars(symbol, start_s, stop_s, step, limit)
            return [one, two, replace(three, high=three.low), *rest]

    with serving(binance, Careless(("BTCUSDT",), NOW)) as url:
        done = run("BTCUSDT", "--source", "binance", "--from", "2024-01-01", "--to", "2024-01-20", "--url", url)
    assert done.returncode == 3
    assert "BTCUSDT_1day.csv:4: high" in done.stderr
    assert "The raw CSV is kept: mend it with tradetui data clean" in done.stderr
    assert done.stdout.split("\t")[1:] == [
        "20", "2024-01-01T00:00:00Z", "2024-01-20T00:00:00Z", "market-data/binance/BTCUSDT_1day.csv\n"
    ]  # fmt: skip


def test_keys_come_from_the_environment_and_are_shown_nowhere(run: Run, tmp_path: Path) -> None:
    market = Market(("AAPL",), NOW)
    with serving(alpaca, market) as url:
        arguments = ("AAPL", "--source", "alpaca", "--timeframe", "1hour", "--url", url, "--from", "2024-01-01")
        wrong = run(*arguments, APCA_API_KEY_ID=KEY, APCA_API_SECRET_KEY="WrOnG" + SECRET)
        right = run(*arguments, APCA_API_KEY_ID=KEY, APCA_API_SECRET_KEY=SECRET)
    assert (wrong.returncode, right.returncode) == (3, 0)
    said = wrong.stdout + wrong.stderr + right.stdout + right.stderr
    assert KEY not in said
    assert SECRET not in said
    assert all(KEY.encode() not in content for content in contents(tmp_path).values())


def test_keys_are_not_sent_readable_to_another_machine(run: Run) -> None:
    environment = {"APCA_API_KEY_ID": KEY, "APCA_API_SECRET_KEY": SECRET}
    arguments = ("AAPL", "--source", "alpaca", "--from", "2024-01-01", "--url", "http://example.test")
    done = run(*arguments, **environment)
    assert done.returncode == 2
    assert "the keys would travel readable to all; expected https://" in done.stderr


def test_ctrl_c_ends_with_130_at_once_and_the_next_run_goes_on_from_there(tmp_path: Path) -> None:
    reached = threading.Event()

    def vendor(market: Market, path: str, query: dict[str, str], headers: Any) -> Answer:
        answer = binance(market, path, query, headers)
        if len(market.asked) == 4:
            reached.set()
        return answer

    market = Market(("BTCUSDT",), NOW, page=100, faults={3: Fault("hang")})
    with serving(vendor, market) as url:
        arguments = ["BTCUSDT", "--source", "binance", "--timeframe", "1hour", "--url", url]
        arguments += ["--from", "2024-01-01", "--to", "2024-01-31", "--out", str(tmp_path)]
        words = [sys.executable, "-c", HEARS_CTRL_C, *COMMAND[3:], *arguments]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            assert reached.wait(30)
            child.send_signal(signal.SIGINT)
            out, said = child.communicate()  # the vendor is silent until the test ends
        assert (child.returncode, out) == (130, "")
        assert "stopped; run the same command again to go on from here" in said
        assert "Traceback" not in said
        asked = len(market.asked)
        done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("BTCUSDT\t744\t")
    assert int(market.asked[asked]["startTime"]) == (seconds("2024-01-01") + 300 * 3600) * 1000
    assert not any(name.rpartition("/")[2].startswith(".") for name in contents(tmp_path))


def test_a_terminal_shows_a_bar_with_the_time_left_for_each_symbol(tmp_path: Path) -> None:
    with serving(binance, Market(("BTCUSDT", "ETHUSDT"), NOW, page=200)) as url:
        arguments = ["BTCUSDT", "ETHUSDT", "--source", "binance", "--timeframe", "1hour", "--from", "2023-06-01"]
        ours, theirs = pty.openpty()
        env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
        child = subprocess.Popen(
            [*COMMAND, *arguments, "--url", url, "--out", str(tmp_path)], stdout=subprocess.PIPE, stderr=theirs, env=env
        )
        os.close(theirs)
        seen = b""
        try:
            while piece := os.read(ours, 65536):
                seen += piece
        except OSError:  # the terminal is gone when the child is
            pass
        os.close(ours)
        out, _ = child.communicate(timeout=60)
    assert child.returncode == 0
    assert out.count(b"\n") == 2
    text = seen.decode()
    assert "BTCUSDT" in text
    assert "ETHUSDT" in text
    assert "100%" in text
    assert "0:00:0" in text
    assert "bars" in text
