from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tradetui.data.clean.registry import settings_of
from tradetui.data.clean.rules import Settings, Table
from tradetui.data.column_bars import write_bars
from tradetui.data.describe import CLOSES_MAX, Description, describe
from tradetui.data.describe_folder import list_folder, table_of_file, tables_of
from tradetui.data.dialects.words import stated
from tradetui.data.frames import frame_of_bars
from tradetui.data.store import Store
from tradetui.engine.errors import DataError, UsageError
from tradetui.engine.market.bars import Bars, bars_from_floats

MINUTE_NS = 60 * 10**9
DAY_NS = 86_400 * 10**9
MONDAY = 1_578_321_000 * 10**9  # 2020-01-06 14:30 UTC, 09:30 in New York


def minutes(*offsets: int, symbol: str = "AAA") -> Bars:
    ts = MONDAY + np.array(offsets) * MINUTE_NS
    close = 10.0 + np.arange(len(ts)) / 10
    return bars_from_floats(symbol, ts, close, close + 1, close - 1, close, np.arange(float(len(ts))), MINUTE_NS)


def described(bars: Bars, settings: Settings | None = None) -> Description:
    (found,) = describe(Table("bars", frame_of_bars(bars), bars.interval_ns), "here", settings or Settings())
    return found


def test_figures_of_a_few_bars() -> None:
    found = described(minutes(0, 1, 2, 5, 6, 1440))
    assert (found.symbol, found.rows, found.kind, found.interval_ns) == ("AAA", 6, "bars", MINUTE_NS)
    assert (found.first_ns, found.last_ns) == (MONDAY, MONDAY + DAY_NS)
    assert found.gaps is not None
    assert (found.gaps.count, found.gaps.within_days, found.gaps.missing) == (2, 1, None)
    assert (found.gaps.longest_ns, found.gaps.longest_from_ns) == (1434 * MINUTE_NS, MONDAY + 6 * MINUTE_NS)
    assert (found.zero_volume, found.unknown_volume, found.repeated_times) == (1, 0, 0)
    assert (found.low, found.high, found.first_price, found.last_price) == (9.0, 11.5, 10.0, 10.5)
    assert found.best_return is not None
    assert found.best_return.value == pytest.approx(0.01)
    assert found.best_return.ts_ns == MONDAY + MINUTE_NS
    assert [(day.date, day.rows) for day in found.days] == [(date(2020, 1, 6), 5), (date(2020, 1, 7), 1)]
    assert found.closes == (10.0, 10.1, 10.2, 10.3, 10.4, 10.5)


def test_days_are_those_of_the_zone_that_is_named() -> None:
    evening = minutes(0, 12 * 60)  # 02:30 UTC of the next day is still the same day in New York
    assert len(described(evening).days) == 2
    assert len(described(evening, Settings(timezone="America/New_York")).days) == 1


def test_an_unknown_volume_is_not_a_volume_of_zero() -> None:
    bars = minutes(0, 1)
    found = described(replace(bars, volume=np.array([np.nan, 0.0])))
    assert (found.zero_volume, found.unknown_volume) == (1, 1)


def test_one_bar_has_no_returns_and_no_gaps() -> None:
    found = described(minutes(0))
    assert found.gaps is not None
    assert (found.gaps.count, found.gaps.longest_ns) == (0, 0)
    assert (found.worst_return, found.return_deviation) == (None, None)


def test_rows_without_a_time_are_told() -> None:
    frame = frame_of_bars(minutes(0)).with_columns(ts_ns=pl.lit(None, pl.Int64))
    with pytest.raises(DataError, match="no row has a time"):
        describe(Table("bars", frame, MINUTE_NS), "here", Settings())


def test_a_long_series_is_drawn_from_its_first_to_its_last_close() -> None:
    found = described(minutes(*range(1_000)))
    assert len(found.closes) == CLOSES_MAX
    assert (found.closes[0], found.closes[-1]) == (found.first_price, found.last_price)


def test_symbols_of_one_table_are_described_one_by_one() -> None:
    both = pl.concat([frame_of_bars(minutes(0, 1, symbol=name)).cast({"symbol": pl.String}) for name in "BA"])
    frame = both.cast({"symbol": pl.Enum(["B", "A"])})
    assert [one.symbol for one in describe(Table("bars", frame, MINUTE_NS), "here", Settings())] == ["A", "B"]


@pytest.mark.slow
def test_a_calendar_says_which_bars_and_sessions_are_missing(shared: Path) -> None:
    pytest.importorskip("exchange_calendars")
    said = stated((), (), timezone="America/New_York", stamp="end")
    table = table_of_file(shared / "data/minute/XYZ_1min_2020-01_02_early_closes.csv.gz", said)
    cut = replace(table, frame=table.frame.filter(~pl.col("ts_ns").is_between(MONDAY, MONDAY + DAY_NS // 4)))
    (found,) = describe(cut, "here", settings_of((), "XNYS", ""))
    assert found.timezone == "America/New_York"
    by_date = {day.date: day for day in found.days}
    monday, holiday = by_date[date(2020, 1, 6)], by_date[date(2020, 1, 20)]
    assert (monday.rows, monday.expected) == (29, 390)  # from 20:31 UTC on
    assert (holiday.rows, holiday.expected) == (210, 0)  # the future trades while the exchange is closed
    assert found.gaps is not None
    assert found.gaps.missing == 361


@pytest.mark.slow
def test_a_daily_file_is_compared_with_sessions_by_date(shared: Path) -> None:
    pytest.importorskip("exchange_calendars")
    table = table_of_file(shared / "data/daily/YHOO_1996-2014.csv.gz")
    gone = date(2000, 1, 3).toordinal() - date(1970, 1, 1).toordinal()
    cut = replace(table, frame=table.frame.filter(pl.col("ts_ns") != gone * DAY_NS))
    (found,) = describe(cut, "here", settings_of((), "XNYS", ""))
    assert found.gaps is not None
    assert found.gaps.missing == 1
    assert [day.date for day in found.days if not day.rows] == [date(2000, 1, 3)]
    (whole,) = describe(table, "here", settings_of((), "XNYS", ""))
    assert whole.gaps is not None
    assert whole.gaps.missing == 0


def test_faults_are_those_that_the_rules_of_cleaning_count(shared: Path) -> None:
    (found,) = describe(table_of_file(shared / "data/daily/SPY_2008-2017.csv.gz"), "here", Settings())
    assert found.rows == 2519
    assert 2 in found.faults.values()  # the two impossible bars


def test_quotes_are_described_by_their_middle_and_sides_without_a_price_left_out(shared: Path) -> None:
    table = table_of_file(shared / "data/ticks/taq_XXX_quotes_cleaned_2018-01-02.parquet")
    (found,) = describe(table, "here", Settings())
    assert (found.kind, found.rows, found.interval_ns, found.gaps) == ("quotes", 24477, 0, None)
    assert found.first_price == pytest.approx(158.445)
    assert found.zero_volume is None


def test_a_folder_lists_files_and_stores_by_symbol(tmp_path: Path) -> None:
    write_bars(minutes(0, 1, 5, symbol="BBB"), tmp_path / "BBB.parquet")
    Store.create(tmp_path / "kept").write(minutes(0, 1, symbol="AAA"))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "raw.csv.gz").write_bytes(b"123")
    (tmp_path / ".hidden.parquet").write_bytes(b"no")
    (tmp_path / "notes.md").write_text("no data")
    found, bad = list_folder(tmp_path)
    assert bad == []
    assert [(one.symbol, one.what, one.path, one.rows, one.gaps) for one in found] == [
        ("", "csv.gz", "sub/raw.csv.gz", None, None),
        ("AAA", "1min bars", "kept/bars-1min/symbol=AAA", 2, 0),
        ("BBB", "1min bars", "BBB.parquet", 3, 1),
    ]
    assert found[0].size_bytes == 3


def test_a_damaged_file_is_told_and_the_others_listed(tmp_path: Path) -> None:
    write_bars(minutes(0, symbol="BBB"), tmp_path / "BBB.parquet")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 cut off")
    found, bad = list_folder(tmp_path)
    assert [one.symbol for one in found] == ["BBB"]
    assert [one.path for one in bad] == ["bad.parquet"]
    assert "bad.parquet: it cannot be read" in bad[0].reason


def test_a_symbol_is_found_in_files_and_stores(tmp_path: Path) -> None:
    write_bars(minutes(0, 1, 5), tmp_path / "AAA.parquet")
    Store.create(tmp_path / "kept").write(minutes(0, 1))
    assert [(source, len(table.frame)) for source, table in tables_of("AAA", tmp_path)] == [
        ("AAA.parquet", 3),
        ("kept/bars-1min/symbol=AAA", 2),
    ]
    with pytest.raises(DataError, match="there is no file and no symbol 'AAB'; expected a file, or one of AAA"):
        tables_of("AAB", tmp_path)


def test_a_folder_is_not_a_file_and_a_file_is_not_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder: list it"):
        table_of_file(tmp_path)
    path = tmp_path / "a.csv"
    path.write_text("")
    with pytest.raises(DataError, match="this is a file"):
        list_folder(path)
    with pytest.raises(DataError, match="there is no such folder"):
        list_folder(tmp_path / "nowhere")
