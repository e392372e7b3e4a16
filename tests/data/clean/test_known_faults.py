"""Every fault that the notes on the real files name is found by a rule, and counted exactly."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tradetui.data.calendars import sessions_between
from tradetui.data.clean.files import load
from tradetui.data.clean.pairs import compare_sides
from tradetui.data.clean.registry import chosen, rules_for, settings_of
from tradetui.data.clean.report import CleaningReport
from tradetui.data.clean.rules import Table
from tradetui.data.clean.run import check, clean
from tradetui.data.dialects.words import stated
from tradetui.data.times import time_text

NEW_YORK = "America/New_York"
NINJA = {"timezone": "UTC", "columns": "time,open,high,low,close,volume"}


def table_of(shared: Path, name: str, **said: object) -> Table:
    return load(shared / "data" / name, stated(**said)).table  # type: ignore[arg-type]


def report_of(table: Table, calendar: str = "", timezone: str = "") -> CleaningReport:
    return check(table, rules_for(table.kind), settings_of((), calendar, timezone))


def notes_of(report: CleaningReport, rule: str) -> tuple[str, ...]:
    return next(result.notes for result in report.results if result.rule == rule)


def test_two_bars_of_spy_are_impossible_and_nothing_else_is_mended(shared: Path) -> None:
    cleaned = clean(table_of(shared, "daily/SPY_2008-2017.csv.gz"), chosen("bars"), settings_of(()))
    assert {r.rule: r.found for r in cleaned.report.results if r.found} == {"ohlc": 2}
    (result,) = (r for r in cleaned.report.results if r.rule == "ohlc")
    assert [example.before["time"] for example in result.examples] == ["2015-03-05T00:00:00Z", "2015-03-30T00:00:00Z"]
    assert (result.examples[0].before["low"], result.examples[0].before["open"]) == (209.850006, 209.419998)
    assert result.examples[0].after is not None
    assert result.examples[0].after["low"] == 209.419998


def test_the_ask_is_below_the_bid_in_347_bars_and_equal_in_306(shared: Path) -> None:
    bid = table_of(shared, "minute/GBPUSD_1min_bid_2012-02.csv.gz")
    sides = compare_sides(bid, table_of(shared, "minute/GBPUSD_1min_ask_2012-02.csv.gz"))
    assert (sides.crossed["close"], sides.locked["close"]) == (347, 306)
    assert (sides.shared, sides.only_bid, sides.only_ask) == (30117, 0, 0)


@pytest.mark.parametrize(
    ("name", "said", "timezone", "rule", "gaps"),
    [
        ("minute/EURUSD_1h_2017-2018.csv.gz", {"timezone": "UTC"}, "UTC", "gaps", 42),
        ("minute/GBPUSD_1min_bid_2012-02.csv.gz", {}, "UTC", "gaps_inside_days", 107),
        ("minute/SPY_1min_extended_2020-01-06_09.csv.gz", {}, NEW_YORK, "gaps_inside_days", 99),
        ("minute/ESTX50_fut_1min_2006-01_02.csv.gz", {"timezone": "Europe/Berlin", "stamp": "end"}, "Europe/Berlin",
         "gaps_inside_days", 725),
        ("minute/UNITTEST_BTC_1min_2017-11_gaps.feather", {}, "UTC", "gaps_inside_days", 537),
        ("minute/XRP_ETH_1min_2019-10-11_13.feather", {}, "UTC", "gaps_inside_days", 675),
        # counted by the stamps as they stand and by UTC days, into which New York's nights fall
        ("minute/SPY_1min_2011-01_utc_endstamped.csv.gz", {**NINJA, "stamp": "start"}, "UTC", "gaps_inside_days", 1418),
        ("minute/BTCUSD_bitstamp_1min_2020-01-01.csv.gz", {"timezone": "UTC"}, "UTC", "gaps", 0),
    ],
)  # fmt: skip
def test_gaps_are_counted_exactly(
    shared: Path, name: str, said: dict[str, object], timezone: str, rule: str, gaps: int
) -> None:
    assert report_of(table_of(shared, name, **said), timezone=timezone).found(rule) == gaps


def test_the_two_early_closes_of_the_future_are_found_without_a_calendar(shared: Path) -> None:
    table = table_of(shared, "minute/XYZ_1min_2020-01_02_early_closes.csv.gz", timezone=NEW_YORK, stamp="end")
    report = report_of(table, timezone=NEW_YORK)
    assert report.found("short_days") == 2
    assert notes_of(report, "short_days") == (
        "XYZ 2020-01-20: 210 bars, the last at 12:59, not 15:59",
        "XYZ 2020-02-17: 210 bars, the last at 12:59, not 15:59",
    )
    assert report_of(table, "CMES", NEW_YORK).found("early_closes") == 2


def test_the_first_day_of_the_european_future_is_cut_short(shared: Path) -> None:
    name = "minute/ESTX50_fut_1min_2006-01_02.csv.gz"
    table = table_of(shared, name, timezone="Europe/Berlin", stamp="end")
    report = report_of(table, timezone="Europe/Berlin")
    assert notes_of(report, "short_days") == ("ESTX50 2006-01-02: 584 bars, the last at 20:03, not 21:59",)


def test_every_regular_minute_of_spy_is_there_and_the_rest_is_outside_hours(shared: Path) -> None:
    report = report_of(table_of(shared, "minute/SPY_1min_2011-01_utc_endstamped.csv.gz", **NINJA, stamp="end"), "XNYS")
    assert (report.found("missing_bars"), report.found("missing_sessions")) == (0, 0)
    assert report.rows_before - report.found("off_hours") == 20 * 390
    extended = report_of(table_of(shared, "minute/SPY_1min_extended_2020-01-06_09.csv.gz"), "XNYS")
    assert extended.found("missing_bars") == 0
    assert extended.rows_before - extended.found("off_hours") == 4 * 390


def test_the_extra_bar_of_three_days_of_the_index_is_outside_the_session(shared: Path) -> None:
    said = {"timezone": NEW_YORK, "pairs": ["date_order=mdy"]}
    report = report_of(table_of(shared, "minute/SPX_index_1min_2019-11-05_08.csv", **said), "XNYS")
    assert (report.found("off_hours"), report.found("missing_bars"), report.found("no_volume")) == (3, 0, 1563)


def test_flat_bars_without_volume_are_counted(shared: Path) -> None:
    table = table_of(shared, "minute/BTCUSD_bitstamp_1min_2020-01-01.csv.gz", timezone="UTC")
    assert report_of(table).found("no_volume") == 45


@pytest.mark.parametrize(
    "name", ["ORCL_1995-2014.csv.gz", "YHOO_1996-2014.csv.gz", "SPY_2008-2017.csv.gz", "INTC_1995-2004.csv.gz",
             "SP500_index_1999-2018.csv.gz", "GOOG_2004-2013.csv", "wiki_AAPL_2000-2013.csv.gz",
             "wiki_IBM_2000-2013.csv.gz"],
)  # fmt: skip
def test_no_session_of_a_daily_file_is_missing_and_none_is_on_a_closed_day(shared: Path, name: str) -> None:
    report = report_of(table_of(shared, f"daily/{name}"), "XNYS")
    assert (report.found("missing_sessions"), report.found("closed_days")) == (0, 0)


def test_the_seven_days_hole_of_2001_is_a_gap_of_the_step_and_none_of_the_calendar(shared: Path) -> None:
    name = "daily/ORCL_1995-2014.csv.gz"
    table = table_of(shared, name)
    ts = table.frame["ts_ns"].to_numpy()
    (at,) = np.flatnonzero(np.diff(ts) == 7 * 86_400 * 10**9)
    assert (time_text(int(ts[at]))[:10], time_text(int(ts[at + 1]))[:10]) == ("2001-09-10", "2001-09-17")
    assert report_of(table, "XNYS").found("missing_sessions") == 0


def test_the_gap_of_nine_percent_after_new_year_is_no_spike_and_no_split(shared: Path) -> None:
    report = report_of(table_of(shared, "minute/AAPL_5min_2019.csv.gz"), "XNYS")
    assert (report.found("splits"), report.found("missing_sessions"), report.found("missing_bars")) == (0, 0, 0)


def test_summer_time_is_told_and_keeps_sessions_apart_from_utc(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    days = ("2020-03-05", "2020-03-06", "2020-03-09", "2020-03-10")  # the clocks change on the 8th
    clock = [f"{m // 60:02}:{m % 60:02}" for m in range(570, 960)]
    rows = [f"{day} {time},1,1,1,1,5\n" for day in days for time in clock]
    path.write_text("time,open,high,low,close,volume\n" + "".join(rows))
    table = load(path, stated(timezone=NEW_YORK, stamp="start")).table
    report = report_of(table, "XNYS")
    assert (report.found("missing_bars"), report.found("off_hours"), report.found("short_days")) == (0, 0, 0)
    assert notes_of(report, "clock_changes") == (f"2020-03-08: the offset of {NEW_YORK} goes from -5 h to -4 h",)
    assert sorted({time_text(int(ts))[11:16] for ts in table.frame["ts_ns"].to_numpy()[::390]}) == ["13:30", "14:30"]


def test_the_official_close_that_repeats_the_closing_print_is_named_with_its_volume(shared: Path) -> None:
    table = table_of(shared, "ticks/taq_XXX_trades_2018-01-02.parquet")
    report = report_of(table)
    assert report.found("official") == 6
    assert notes_of(report, "official") == (
        "443,901 shares at 157.04 on N at 2018-01-02T21:00:07.44Z stand there twice",
    )
    left = clean(table, chosen("trades", only=["official"]), settings_of(())).table.frame
    assert left.filter(pl.col("size") == 443_901 * 10**9).height == 1


def test_late_and_out_of_sequence_prints_are_found_by_their_condition(shared: Path) -> None:
    frame = pl.read_parquet(shared / "data/ticks/taq_XXX_trades_2018-01-02.parquet")
    report = report_of(table_of(shared, "ticks/taq_XXX_trades_2018-01-02.parquet"))
    for rule, letters in (("out_of_sequence", "ZUL"), ("extended", "TU"), ("odd_lots", None), ("cancelled", None)):
        wanted = (
            sum(any(letter in cond for letter in letters) for cond in frame["COND"]) if letters
            else frame.filter(pl.col("SIZE") < 100).height if rule == "odd_lots" else 0
        )  # fmt: skip
        assert report.found(rule) == wanted, rule


def test_zero_bids_and_offers_are_empty_sides(shared: Path) -> None:
    report = report_of(table_of(shared, "ticks/taq_XXX_quotes_2018-01-02.parquet"))
    assert (report.found("no_bid"), report.found("no_ask"), report.found("crossed")) == (27, 45, 0)


@pytest.mark.parametrize(
    ("name", "kind", "said", "equal"),
    [("ticks/XRP_ETH_trades_2019-10-11_13.feather", "trades", {}, 2490)],
)
def test_equal_timestamps_are_counted(shared: Path, name: str, kind: str, said: dict[str, object], equal: int) -> None:
    report = report_of(table_of(shared, name, **said))
    assert (report.found("merge"), report.found("order"), report.found("repeated_ids")) == (equal, 0, 0)


def test_over_half_of_the_prints_share_their_time_with_the_row_before(shared: Path) -> None:
    table = table_of(shared, "ticks/taq_XXX_trades_2018-01-02.parquet")
    same = report_of(table).found("merge")
    ts = table.frame["ts_ns"].to_numpy()
    assert same == int((np.diff(ts) == 0).sum()) > len(ts) / 2


def test_times_run_backwards_nine_times_in_the_file_of_messages(shared: Path) -> None:
    path = shared / "data/l3/nasdaq_NVDA_2010-06-08_messages.csv.gz"
    times = pl.read_csv(path, truncate_ragged_lines=True, infer_schema=False)["time"].cast(pl.Int64)
    symbol = pl.Series(["NVDA"], dtype=pl.Enum(["NVDA"])).new_from_index(0, len(times))
    (rule,) = chosen("trades", only=["order"])
    messages = pl.DataFrame({"ts_ns": times * 10**6, "symbol": symbol})
    assert check(Table("trades", messages), [rule], settings_of(())).found("order") == 9


def test_the_quotes_of_all_venues_together_are_crossed_for_more_than_half_of_the_day(shared: Path) -> None:
    frame = load(shared / "data/ticks/taq_XXX_quotes_2018-01-02.parquet").table.frame
    day = date(2018, 1, 2)
    session = sessions_between("XNYS", day, day)
    frame = frame.filter(pl.col("bid") > 0, pl.col("ask") > 0)
    venues = frame["exchange"].unique()
    best = frame.select(
        "ts_ns",
        bid=pl.max_horizontal(pl.when(pl.col("exchange") == v).then("bid").forward_fill() for v in venues),
        ask=pl.min_horizontal(pl.when(pl.col("exchange") == v).then("ask").forward_fill() for v in venues),
    ).filter(pl.col("ts_ns").is_between(int(session.open_ns[0]), int(session.close_ns[0]), closed="left"))
    assert 0.5 < (best["bid"] > best["ask"]).mean() < 0.65  # type: ignore[operator]
