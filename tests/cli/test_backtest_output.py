from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

METRICS = {
    "start_equity": float, "final_equity": float, "total_return": float, "cagr": float, "annual_volatility": float,
    "sharpe": float, "sortino": float, "calmar": float, "max_drawdown": float, "max_drawdown_duration_s": float,
    "average_drawdown_duration_s": float, "recovery_time_s": float, "trades": int, "win_rate": float,
    "profit_factor": float, "average_win": float, "average_loss": float, "realized_pnl": float,
    "unrealized_pnl": float, "fees": float, "fill_rate": float, "average_slippage_bps": float, "exposure": float,
    "ambiguous_trades": int, "periods_per_year": int,
}  # fmt: skip
NULL_WITHOUT_TRADES = {
    "sharpe", "sortino", "calmar", "recovery_time_s", "win_rate", "profit_factor", "average_win", "average_loss",
    "fill_rate", "average_slippage_bps",
}  # fmt: skip
TRADE = {
    "symbol": str, "side": str, "quantity": float, "entry_ts": str, "entry_price": float, "exit_ts": str,
    "exit_price": float, "pnl": float, "fees": float, "ambiguous": bool,
}  # fmt: skip
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
SHA = re.compile(r"[0-9a-f]{64}")
NEVER = ("--set", "fast=100", "--set", "slow=299")  # crosses need more bars than there are


def test_json_has_exactly_the_designed_names_in_their_order(backtest: Any) -> None:
    run = json.loads(backtest("--json").out)
    assert list(run) == ["schema_version", "run", "metrics", "orders", "trades", "open_positions"]
    assert run["schema_version"] == 1
    assert list(run["run"]) == [
        "id", "mode", "strategy", "parameters", "seed", "data", "config_sha256", "journal_sha256", "events", "seconds",
        "version",
    ]  # fmt: skip
    assert list(run["run"]["data"][0]) == ["symbol", "kind", "rows", "first", "last", "sha256"]
    assert list(run["metrics"]) == list(METRICS)
    assert list(run["orders"]) == ["sent", "filled", "partially_filled", "cancelled", "rejected", "refused"]
    assert list(run["trades"][0]) == list(TRADE)


def test_json_values_are_numbers_times_and_hashes_not_texts_of_them(backtest: Any, market: Path) -> None:
    run = json.loads(backtest("--json", "--commission", "0.001").out)
    about = run["run"]
    assert about["mode"] == "backtest"
    assert about["parameters"] == {"fast": 10, "slow": 20}
    assert SHA.fullmatch(about["config_sha256"])
    assert SHA.fullmatch(about["journal_sha256"])
    assert type(about["seed"]) is int
    assert type(about["events"]) is int
    assert type(about["seconds"]) is float
    source = about["data"][0]
    assert (source["symbol"], source["rows"]) == ("ZIG", 300)
    assert TIME.fullmatch(source["first"])
    assert TIME.fullmatch(source["last"])
    for name, kind in METRICS.items():
        value = run["metrics"][name]
        assert value is None or type(value) is kind, name
    for trade in run["trades"]:
        assert {name: type(value) for name, value in trade.items()} == TRADE
        assert TIME.fullmatch(trade["entry_ts"])
        assert trade["side"] in ("long", "short")


def test_figures_in_the_json_agree_with_one_another(backtest: Any) -> None:
    run = json.loads(backtest("--json", "--commission", "0.001", "--allow-short").out)
    metrics, trades = run["metrics"], run["trades"]
    assert len(trades) == metrics["trades"] > 5
    assert sum(trade["pnl"] > 0 for trade in trades) / len(trades) == pytest.approx(metrics["win_rate"])
    gain = metrics["realized_pnl"] + metrics["unrealized_pnl"] - metrics["fees"]
    assert metrics["start_equity"] + gain == pytest.approx(metrics["final_equity"])
    still_open = sum(p["unrealized_pnl"] for p in run["open_positions"])
    assert still_open == pytest.approx(metrics["unrealized_pnl"])


def test_a_run_without_trades_is_valid_output_with_nulls_where_nothing_is_defined(backtest: Any) -> None:
    ran = backtest("--json", *NEVER)
    run = json.loads(ran.out)
    assert ran.code == 0
    assert {name for name, value in run["metrics"].items() if value is None} == NULL_WITHOUT_TRADES
    assert run["trades"] == run["open_positions"] == []
    assert run["orders"] == {
        "sent": 0, "filled": 0, "partially_filled": 0, "cancelled": 0, "rejected": 0, "refused": {},
    }  # fmt: skip
    assert run["run"]["events"] == 300
    table = backtest(*NEVER)
    assert table.code == 0
    assert "n/a" in table.out


def test_the_table_is_the_golden_one(backtest: Any) -> None:
    """Byte for byte, but for the seconds and for the hash, which says what was decided and has tests of its own."""
    golden = Path(__file__).parent / "golden" / "table.txt"
    ran = backtest("--commission", "0.001", "--limit", "max_position=12")
    seen = SHA.sub("HASH", re.sub(r"in \d+\.\d{3} s", "in S.SSS s", ran.out))
    if os.environ.get("TRADETUI_UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(seen)
    assert seen == golden.read_text()
    assert max(map(len, seen.splitlines())) <= 80


def test_stdout_is_data_and_stderr_narrates(cli: Any) -> None:
    ran = cli("--headless", "backtest", "--strategy", "momentum", "--to", "2031-01-01", "--json")
    assert json.loads(ran.out)["run"]["strategy"] == "momentum"
    assert "{" not in ran.err
    told = cli("--headless", "backtest", "--strategy", "momentum")
    assert "bundled sample" in told.err
    assert "bundled sample" not in told.out


def test_quiet_says_nothing_at_all(backtest: Any) -> None:
    assert backtest("--quiet") == (0, "", "")


def test_the_same_bytes_come_on_a_terminal_and_in_a_pipe(market: Path) -> None:
    command = [sys.executable, "-m", "tradetui", "--headless", "backtest", "--data", str(market), "--quantity", "10"]
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "FORCE_COLOR": "1"}
    piped = subprocess.run(command, capture_output=True, check=True, env=env).stdout
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env=env) as child:
        os.close(theirs)
        shown = b"".join(iter(lambda: read_terminal(ours), b""))
        assert child.wait(60) == 0
    os.close(ours)
    seconds = re.compile(rb"in \d+\.\d{3} s")
    assert seconds.sub(b"", shown.replace(b"\r\n", b"\n")) == seconds.sub(b"", piped)
    assert b"\x1b" not in shown


def test_no_color_is_honoured_by_the_progress_on_a_terminal(market: Path) -> None:
    command = [sys.executable, "-m", "tradetui", "--headless", "backtest", "--data", str(market), "--quantity", "10"]
    env = {**os.environ, "TERM": "xterm-256color", "NO_COLOR": "1"}
    env.pop("FORCE_COLOR", None)
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, env=env) as child:
        os.close(theirs)
        shown = b"".join(iter(lambda: read_terminal(ours), b""))
        assert child.wait(60) == 0
    os.close(ours)
    assert b"backtest" in shown, "there is progress on a terminal"
    assert re.search(rb"\x1b\[[0-9;]*(3[0-7]|4[0-7]|38|48|9[0-7])(;[0-9;]*)?m", shown) is None


def read_terminal(fd: int) -> bytes:
    try:
        return os.read(fd, 65_536)
    except OSError:  # the other side closed
        return b""


def test_out_holds_every_file_and_they_tell_the_same(backtest: Any, tmp_path: Path) -> None:
    from tradetui.engine.journal.reader import open_journal
    from tradetui.engine.journal.verify import verify

    out = tmp_path / "deep" / "run"
    ran = backtest("--json", "--out", out, "--allow-short", "--commission", "0.001")
    assert sorted(path.name for path in out.iterdir()) == [
        "equity.parquet", "fills.parquet", "orders.parquet", "report.html", "run.json", "session.db", "trades.parquet",
    ]  # fmt: skip
    run = json.loads((out / "run.json").read_text())
    assert run == json.loads(ran.out)
    trades = pl.read_parquet(out / "trades.parquet")
    assert trades.to_dicts() == run["trades"]
    fills, orders = pl.read_parquet(out / "fills.parquet"), pl.read_parquet(out / "orders.parquet")
    assert len(orders) == run["orders"]["sent"]
    assert float(fills["fee"].cast(pl.Float64).sum()) == pytest.approx(run["metrics"]["fees"])
    assert set(fills["order_id"]) <= set(orders["order_id"])
    equity = pl.read_parquet(out / "equity.parquet")
    assert equity["equity"][-1] == pytest.approx(run["metrics"]["final_equity"])
    assert len(equity) == 300
    assert verify(out).ok
    assert verify(out).digest == run["run"]["journal_sha256"]
    with open_journal(out) as journal:
        assert [e.seq for e in journal.events(kinds=["fill"])] == fills["seq"].to_list()


def test_the_journal_hash_does_not_depend_on_whether_files_are_written(backtest: Any, tmp_path: Path) -> None:
    without, with_files = backtest("--json"), backtest("--json", "--out", tmp_path / "o")
    assert json.loads(without.out)["run"]["journal_sha256"] == json.loads(with_files.out)["run"]["journal_sha256"]


def test_writing_into_the_same_folder_again_replaces_the_run(backtest: Any, tmp_path: Path) -> None:
    out = tmp_path / "o"
    first = backtest("--json", "--out", out)
    second = backtest("--json", "--out", out, "--set", "fast=5")
    assert first.code == second.code == 0
    assert json.loads((out / "run.json").read_text())["run"]["parameters"]["fast"] == 5
    assert not list(out.glob(".*")), "no part of an unfinished file is left"
