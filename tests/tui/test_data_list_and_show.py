"""`tradetui data list` and `tradetui data show` as a user meets them."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from tradetui.data.column_bars import write_bars
from tradetui.data.describe import Description
from tradetui.data.describe_days import Day
from tradetui.data.store import Store
from tradetui.engine.market.bars import Bars, bars_from_floats
from tradetui.tui.cli.data import app
from tradetui.tui.cli.data_list import size_text
from tradetui.tui.cli.data_pictures import ASCII, UNICODE, heat_map, sparkline
from tradetui.tui.cli.data_show import duration

MINUTE_NS = 60 * 10**9
DAY_NS = 86_400 * 10**9
MONDAY = 1_578_321_000 * 10**9  # 2020-01-06 14:30 UTC


def bars(symbol: str = "AAA", days: int = 3, n: int = 5) -> Bars:
    ts = (MONDAY + np.arange(days)[:, None] * DAY_NS + np.arange(n) * MINUTE_NS).reshape(-1)[:-2]
    close = 10.0 + np.arange(len(ts)) / 8
    return bars_from_floats(symbol, ts, close, close, close, close, np.full(len(ts), 7.0), MINUTE_NS)


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_list_has_a_line_a_symbol_and_its_sums(tmp_path: Path) -> None:
    Store.create(tmp_path).write(bars())
    size = size_text(next(tmp_path.rglob("*.parquet")).stat().st_size)
    result = run("list", tmp_path)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1:] == [
        "symbol    kind              rows first            last               gaps bytes",
        f"AAA       1min bars           13 2020-01-06 14:30 2020-01-08 14:32      2 {size:>5}",
        f"1 symbol, 13 rows, {size} bytes",
    ]


def test_a_list_without_a_folder_is_of_the_bundled_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shown = run("list").stdout
    assert "ACME      1min bars        8,580 2026-03-02 14:30 2026-03-31 19:59     21" in shown
    assert all(len(line) <= 80 for line in shown.splitlines()[1:])
    (tmp_path / "market").mkdir()
    assert run("list").stdout == "market\n  no market data\n"


def test_a_list_as_json_has_numbers_and_times(tmp_path: Path) -> None:
    write_bars(bars(), tmp_path / "AAA.parquet")
    told = json.loads(run("list", tmp_path, "--json").stdout)
    (one,) = told["data"]
    assert told["schema_version"] == 1
    assert (one["symbol"], one["rows"], one["gaps"], one["interval_ns"]) == ("AAA", 13, 2, MINUTE_NS)
    assert (one["first"], one["last"]) == ("2020-01-06T14:30:00Z", "2020-01-08T14:32:00Z")


def test_a_damaged_file_ends_the_list_with_a_data_error(tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    result = run("list", tmp_path)
    assert result.exit_code == 3
    assert "bad.parquet: it cannot be read" in result.stderr


def test_a_report_fits_80_columns_and_draws_closes_and_days(tmp_path: Path) -> None:
    write_bars(bars(), tmp_path / "AAA.parquet")
    shown = run("show", "AAA", "--data", tmp_path).stdout
    assert shown == run("show", tmp_path / "AAA.parquet").stdout.replace(str(tmp_path) + "/", "")
    lines = shown.splitlines()
    assert lines[0] == "AAA  1min bars  AAA.parquet"
    assert lines[1] == "  13 rows   2020-01-06 14:30 to 2020-01-08 14:32 UTC"
    assert "  ▁▂▂▃▃▄▅▅▆▆▇▇█" in lines
    assert "  2020-01           ████▒▒" in lines
    assert all(len(line) <= 80 for line in lines)


def test_ascii_draws_the_same_with_other_characters(tmp_path: Path) -> None:
    write_bars(bars(), tmp_path / "AAA.parquet")
    shown = run("show", "AAA", "--data", tmp_path, "--ascii").stdout
    assert shown.isascii()
    assert "  _..,,-~~++**#" in shown.splitlines()
    assert "####++" in shown


def test_a_report_as_json_is_one_object_with_every_day(tmp_path: Path) -> None:
    write_bars(bars(), tmp_path / "AAA.parquet")
    told = json.loads(run("show", "AAA", "--data", tmp_path, "--json").stdout)
    (report,) = told["reports"]
    assert told["schema_version"] == 1
    assert (report["rows"], report["first"], report["gaps"]["count"]) == (13, "2020-01-06T14:30:00Z", 2)
    assert report["days"] == [
        {"date": "2020-01-06", "rows": 5, "expected": 0},
        {"date": "2020-01-07", "rows": 5, "expected": 0},
        {"date": "2020-01-08", "rows": 3, "expected": 0},
    ]
    assert report["best_return"] == {"value": pytest.approx(0.0125), "at": "2020-01-06T14:31:00Z"}


@pytest.mark.slow
def test_the_bytes_are_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    write_bars(bars(), tmp_path / "AAA.parquet")
    command = [sys.executable, "-m", "tradetui", "data", "show", "AAA", "--data", str(tmp_path)]
    for locale in ("C.UTF-8", "C"):
        done = subprocess.run(command, capture_output=True, check=False, env={"LC_ALL": locale, "PATH": "/usr/bin"})
        assert (done.returncode, done.stderr) == (0, b"")
        assert "▁▂▂▃▃▄▅▅▆▆▇▇█".encode() in done.stdout


def test_real_files_of_any_layout_are_shown_with_their_options(shared: Path) -> None:
    spx = shared / "data/minute/SPX_index_1min_2019-11-05_08.csv"
    shown = run("show", spx, "--timezone", "America/New_York", "--dialect", "date_order=mdy").stdout
    assert "  1,563 rows   2019-11-05 14:30 to 2019-11-08 20:59 UTC" in shown
    assert "bars without volume             1,563" in shown
    monthly = run("show", shared / "data/daily/BTCUSD_monthly_2012-2024.csv").stdout
    assert "  2012 " + "█" * 48 in monthly.splitlines()
    goog = run("show", shared / "data/daily/GOOG_2004-2013.csv").stdout
    years = [line[2:6] for line in goog.splitlines() if line.startswith("  20") and "rows" not in line]
    assert years == [str(year) for year in range(2004, 2014)]
    assert all(len(line) <= 80 for text in (monthly, goog) for line in text.splitlines()[1:])


def test_a_line_of_values_uses_its_whole_height() -> None:
    assert sparkline([1.0, 2.0, 3.0], 10, UNICODE) == "▁▅█"
    assert sparkline([5.0, 5.0], 10, ASCII) == "--"
    assert sparkline([], 10, UNICODE) == ""
    assert len(sparkline([float(i) for i in range(1_000)], 76, UNICODE)) == 76


def report(days: list[tuple[date, int, int]], calendar: str = "", interval_ns: int = MINUTE_NS) -> Description:
    return Description(
        source="", kind="bars", symbol="A", rows=0, first_ns=0, last_ns=0, interval_ns=interval_ns, timezone="UTC",
        calendar=calendar, gaps=None, zero_volume=None, unknown_volume=None, repeated_times=0, low=None, high=None,
        first_price=None, last_price=None, worst_return=None, best_return=None, return_deviation=None,
        typical_rows=100, days=tuple(Day(*day) for day in days), closes=(), faults={},
    )  # fmt: skip


def test_each_day_is_drawn_by_the_share_of_its_rows() -> None:
    days = [(100, 100), (120, 100), (95, 100), (60, 100), (10, 100), (0, 100), (3, 0)]
    found = report([(date(2020, 1, 1 + i), *day) for i, day in enumerate(days)], calendar="XNYS")
    assert list(heat_map(found, UNICODE))[1] == f"  2020-01 ████▓▓▒▒░░{UNICODE.missing}{UNICODE.missing}!!"
    assert list(heat_map(found, ASCII))[1] == "  2020-01 ####**++--xx!!"


def test_months_begin_and_end_where_the_data_do() -> None:
    found = report([(date(2020, 1, 30), 100, 0), (date(2020, 2, 2), 100, 0)])
    assert list(heat_map(found, UNICODE))[1:] == ["  2020-01 " + " " * 58 + "██··", "  2020-02 ··██"]


def test_long_spans_have_a_line_a_year_and_a_cell_a_week() -> None:
    days = [(date(2018, 1, 1) + timedelta(days=i), 1, 1) for i in range(3 * 365)]
    days[14:21] = [(day, 0, 1) for day, _, _ in days[14:21]]
    lines = list(heat_map(report(days, "XNYS", DAY_NS), UNICODE))
    assert len(lines) == 4
    assert lines[1] == f"  2018 ██{UNICODE.missing}" + "█" * 50


@pytest.mark.parametrize(
    ("length_ns", "text"),
    [(MINUTE_NS, "1min"), (90 * MINUTE_NS, "1h 30min"), (3 * DAY_NS + 5 * 10**9, "3d 5s"), (250 * 10**6, "250ms")],
)
def test_lengths_of_time_are_told_in_two_units(length_ns: int, text: str) -> None:
    assert duration(length_ns) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0"), (999, "999"), (1_000, "1.00k"), (9_996, "10.0k"), (45_600, "45.6k"), (693_000_000, "693M")],
)
def test_sizes_have_three_digits(size: int, text: str) -> None:
    assert size_text(size) == text


def test_files_are_stored_once_and_shown_from_the_store(tmp_path: Path) -> None:
    write_bars(bars(), tmp_path / "AAA.parquet")
    store = tmp_path / "store"
    assert run("store", tmp_path / "AAA.parquet", "--out", store).stdout.endswith(
        "AAA.parquet: 13 rows, 1 file written\n"
    )
    assert run("store", tmp_path / "AAA.parquet", "--out", store).stdout.endswith("13 rows, 0 files written\n")
    shown = run("show", "AAA", "--data", store).stdout.splitlines()
    assert shown[:2] == ["AAA  1min bars  bars-1min/symbol=AAA", "  13 rows   2020-01-06 14:30 to 2020-01-08 14:32 UTC"]


def test_ticks_are_stored_too_and_a_refused_file_leaves_the_others_alone(tmp_path: Path) -> None:
    samples = Path(__file__).parents[2] / "data/samples"
    bad = tmp_path / "bad.csv"
    bad.write_text("nothing,here\n1,2\n")
    result = run("store", bad, samples / "session_trades.parquet", "--out", tmp_path / "store")
    assert result.exit_code == 3
    assert "bad.csv" in result.stderr
    assert "22,225 rows, 3 files written" in result.stdout
