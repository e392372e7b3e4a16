"""`tradetui data import` of recorded books as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tradetui.data.column_bars import LAYOUT_KEY
from tradetui.engine.errors import UsageError
from tradetui.tui.cli.data import app

DAY = "A,34200000,1,11.48,400,BID\nT,34200001,1,11.48,100\nC,34200002,9\n"


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    path = tmp_path / "NVDA_2010-06-08_messages.csv"
    path.write_text(DAY)
    return path


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["import", *(str(argument) for argument in arguments)])
    return result.exit_code, result.stdout, result.stderr


def test_a_recording_is_told_by_its_lines_and_gives_a_file_for_each_table(messages: Path, tmp_path: Path) -> None:
    out = tmp_path / "market"
    code, printed, told = run(messages, "--out", out)
    assert (code, printed) == (0, f"{out}/NVDA_2010-06-08_orders.parquet\n{out}/NVDA_2010-06-08_trades.parquet\n")
    assert "feed    nasdaq  (its first line is A,34200000,1,11.48,400,BID)" in told
    assert "3 messages read, 1 changes of the book applied" in told
    assert "1  unknown id: about an order that does not rest; left out (first at 3: cancel of order 9)" in told
    metadata = pl.read_parquet_metadata(out / "NVDA_2010-06-08_orders.parquet")
    assert metadata[LAYOUT_KEY] == "orders/1"
    assert metadata["tradetui.source"] == messages.name
    assert json.loads(metadata["tradetui.report"])["faults"]["unknown_id"]["count"] == 1


def test_json_tells_the_report_and_the_hash_of_the_source(messages: Path, tmp_path: Path) -> None:
    code, printed, _ = run(messages, "--out", tmp_path / "market", "--symbol", "ACME", "--json")
    (told,) = json.loads(printed)["imported"]
    assert (code, told["feed"], told["symbols"], told["rows"]) == (0, "nasdaq", ["ACME"], {"orders": 1, "trades": 1})
    assert told["first"] == "2010-06-08T13:30:00Z"
    assert len(told["sha256"]) == 64
    assert told["report"]["faults"]["unknown_id"] == {"count": 1, "line": 3, "example": "cancel of order 9"}


def test_a_recording_and_a_table_are_imported_by_one_command(messages: Path, tmp_path: Path) -> None:
    bars = tmp_path / "ACME_1d.csv"
    bars.write_text("date,open,high,low,close,volume\n2020-01-02,1,2,0.5,1.5,5\n")
    code, printed, _ = run(messages, bars, "--out", tmp_path / "market", "--json")
    first, second = json.loads(printed)["imported"]
    assert (code, first["feed"], second["kind"]) == (0, "nasdaq", "bars")


def test_a_dry_run_says_what_it_would_read_and_writes_nothing(messages: Path, tmp_path: Path) -> None:
    code, printed, told = run(messages, "--out", tmp_path / "market", "--dry-run")
    assert (code, printed) == (0, "")
    assert "symbol  NVDA\n  date    2010-06-08" in told
    assert not (tmp_path / "market").exists()


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("a.csv", ("--feed", "nasdaq"), "its name has no date; give --date YYYY-MM-DD"),
        ("a.jsonl", (), "the first lines are of no feed; say which with --feed binance-spot|"),
    ],
)
def test_what_must_be_stated_is_asked_for(tmp_path: Path, name: str, options: tuple[str, ...], words: str) -> None:
    path = tmp_path / name
    path.write_text(DAY if name.endswith("csv") else "hello\n")
    code, printed, told = run(path, "--out", tmp_path / "market", *options)
    assert (code, printed) == (2, "")
    assert words in told


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--feed", "bats"), "--feed 'bats': expected one of binance-spot, binance-futures, bybit"),
        (("--feed", "nasdaq", "--kind", "trades"), "--kind do not go with --feed nasdaq: its columns are known"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_any_file(
    messages: Path, options: tuple[str, ...], words: str
) -> None:
    result = CliRunner().invoke(app, ["import", str(messages), *options])
    assert isinstance(result.exception, UsageError)
    assert words in str(result.exception)


def test_one_recording_does_not_take_the_place_of_another(messages: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / messages.name
    other.parent.mkdir()
    other.write_text(DAY)
    code, printed, told = run(messages, other, "--out", tmp_path / "market")
    assert (code, printed.count("\n")) == (3, 2)
    assert "is what another file of this command became" in told
