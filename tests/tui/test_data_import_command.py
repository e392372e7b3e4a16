"""`tradetui data import`, `check` and `clean` as a user meets them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tradetui.data.formats import read_bars
from tradetui.tui.cli.data import app

ROWS = "date,open,high,low,close,volume\n2020-01-02,1,2,0.5,1.5,5\n2020-01-03,9,2,0.5,1.5,5\n2020-01-03,9,2,0.5,1.5,5\n"


@pytest.fixture
def bars(tmp_path: Path) -> Path:
    path = tmp_path / "ACME_1d.csv"
    path.write_text(ROWS)
    return path


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_import_says_what_it_took_for_what_and_prints_the_path_alone(bars: Path, tmp_path: Path) -> None:
    code, out, told = run("import", bars, "--out", tmp_path / "market")
    assert (code, out) == (0, f"{tmp_path}/market/ACME_1d_bars.parquet\n")
    assert "symbol     ACME  (the file's name)" in told
    assert pl.read_parquet(out.strip()).height == 3


def test_a_refused_file_leaves_the_others_alone(bars: Path, tmp_path: Path) -> None:
    bad = tmp_path / "BAD.csv"
    bad.write_text("nothing\n")
    code, out, told = run("import", bad, bars, "--out", tmp_path / "market")
    assert (code, out) == (3, f"{tmp_path}/market/ACME_1d_bars.parquet\n")
    assert f"tradetui: {bad}" in told


def test_what_a_file_cannot_tell_is_a_usage_error_that_names_the_option(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text("time,open,high,low,close\n2020-01-02 10:00,1,1,1,1\n")
    code, out, told = run("import", path, "--out", tmp_path / "market")
    assert (code, out) == (2, "")
    assert "name no zone: give --timezone" in told
    assert run("import", path, "--out", tmp_path / "market", "--timezone", "Europe/Berlin")[0] == 0


def test_a_dry_run_writes_nothing(bars: Path, tmp_path: Path) -> None:
    code, out, told = run("import", bars, "--out", tmp_path / "market", "--dry-run")
    assert (code, out, "interval" in told) == (0, "", True)
    assert not (tmp_path / "market").exists()


def test_import_tells_a_script_everything_in_one_object(bars: Path, tmp_path: Path) -> None:
    _, out, _ = run("import", bars, "--out", tmp_path / "market", "--json")
    (found,) = json.loads(out)["imported"]
    assert (found["kind"], found["symbols"], found["rows"], found["missing"]) == ("bars", ["ACME"], 3, {})
    assert found["dialect"]["time_format"] == "%Y-%m-%d"


def test_check_counts_and_changes_nothing(bars: Path) -> None:
    before = bars.read_bytes()
    code, out, _ = run("check", bars)
    assert code == 0
    assert "ohlc                      2  counted: an open or close outside low to high" in out
    assert "duplicates                1  counted" in out
    _, out, _ = run("check", bars, "--json")
    (report,) = json.loads(out)["reports"]
    assert {r["rule"]: r["found"] for r in report["results"]}["ohlc"] == 2
    assert bars.read_bytes() == before


def test_clean_mends_lists_and_is_undone(bars: Path, tmp_path: Path) -> None:
    _, imported, _ = run("import", bars, "--out", tmp_path / "market")
    out = tmp_path / "clean"
    code, printed, told = run("clean", imported.strip(), "--out", out)
    assert (code, printed) == (0, f"{out}/ACME_1d_bars.parquet\n{out}/ACME_1d_bars.undo.parquet\n")
    assert "duplicates                1  1 removed" in told
    assert "ohlc                      1  1 changed" in told
    assert "high 2.0 -> 9.0" in told
    assert len(read_bars(out / "ACME_1d_bars.parquet")) == 2
    code, printed, _ = run("clean", out / "ACME_1d_bars.parquet", "--undo", tmp_path / "back.parquet")
    assert (code, printed) == (0, f"{tmp_path}/back.parquet\n")
    assert pl.read_parquet(tmp_path / "back.parquet").equals(pl.read_parquet(imported.strip()))


def test_rules_are_switched_by_name(bars: Path, tmp_path: Path) -> None:
    _, out, _ = run("clean", bars, "--out", tmp_path / "clean", "--skip", "duplicates", "--rule", "no_volume", "--json")
    rules = [result["rule"] for result in json.loads(out)["reports"][0]["results"]]
    assert "no_volume" in rules
    assert "duplicates" not in rules
    code, _, told = run("clean", bars, "--out", tmp_path / "clean", "--rule", "spikez")
    assert code == 2
    assert "there is no rule 'spikez'; did you mean spikes?" in told


def test_all_rules_are_listed_with_what_they_do() -> None:
    code, out, _ = run("clean", "--rules")
    assert code == 0
    assert "ohlc              bars; by default" in out
    assert "gaps              bars; only counted" in out


def test_the_two_sides_of_a_market_are_compared(tmp_path: Path) -> None:
    for name, close in (("BID", 2), ("ASK", 1)):
        (tmp_path / f"{name}.csv").write_text(f"date,open,high,low,close\n2020-01-02,2,2,1,{close}\n")
    code, out, _ = run("check", tmp_path / "BID.csv", "--ask", tmp_path / "ASK.csv")
    assert code == 0
    assert "close  ask below bid       1   equal       0" in out


@pytest.mark.slow
def test_cleaning_without_a_calendar_loads_no_pandas(bars: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from tradetui.tui.cli import main\n"
        f"sys.argv = ['tradetui', 'data', 'clean', {str(bars)!r}, '--out', {str(tmp_path / 'c')!r}]\n"
        "try: main()\nexcept SystemExit: pass\nprint('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_two_files_of_one_name_do_not_become_one(bars: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / bars.name
    other.parent.mkdir()
    other.write_text(ROWS.replace("2020", "2021"))
    out = tmp_path / "market"
    for command in ("import", "clean"):
        code, printed, told = run(command, bars, other, "--out", out / command)
        target = out / command / "ACME_1d_bars.parquet"
        assert (code, printed.splitlines()[0]) == (3, str(target))
        assert f"tradetui: {other}: {target} is what another file of this command became" in told
        assert str(pl.read_parquet(target)["ts_ns"].cast(pl.Datetime("ns"))[0])[:4] == "2020"
