"""The real files of the shared folder: each imports, with the options that it cannot do without, or is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tradetui.data.dialects.detect import detect
from tradetui.data.dialects.importing import Imported, import_file
from tradetui.data.dialects.words import Stated, stated
from tradetui.data.files import symbol_from_name
from tradetui.data.formats import read_bars
from tradetui.data.times import time_text
from tradetui.engine.errors import DataError, UsageError

NEW_YORK = "America/New_York"
FILES: list[tuple[str, dict[str, object], str, int, str, str]] = [
    # file, what must be stated, kind, rows, first and last time (UTC, of the bar's start)
    ("daily/GOOG_2004-2013.csv", {}, "bars", 2148, "2004-08-19T00:00:00Z", "2013-03-01T00:00:00Z"),
    ("daily/BTCUSD_monthly_2012-2024.csv", {}, "bars", 156, "2012-01-31T00:00:00Z", "2024-12-31T00:00:00Z"),
    ("daily/ORCL_1995-2014.csv.gz", {}, "bars", 5036, "1995-01-03T00:00:00Z", "2014-12-31T00:00:00Z"),
    ("daily/YHOO_1996-2014.csv.gz", {}, "bars", 4713, "1996-04-12T00:00:00Z", "2014-12-31T00:00:00Z"),
    ("daily/SPY_2008-2017.csv.gz", {}, "bars", 2519, "2007-12-31T00:00:00Z", "2017-12-29T00:00:00Z"),
    ("daily/INTC_1995-2004.csv.gz", {}, "bars", 2335, "1995-01-03T00:00:00Z", "2004-04-08T00:00:00Z"),
    ("daily/SP500_index_1999-2018.csv.gz", {}, "bars", 5031, "1999-01-04T00:00:00Z", "2018-12-31T00:00:00Z"),
    ("daily/wiki_AAPL_2000-2013.csv.gz", {}, "bars", 3270, "2000-03-01T00:00:00Z", "2013-03-01T00:00:00Z"),
    ("daily/wiki_IBM_2000-2013.csv.gz", {}, "bars", 3270, "2000-03-01T00:00:00Z", "2013-03-01T00:00:00Z"),
    ("daily/quandl_ORCL_2000_two_splits.csv", {"symbol": "ORCL"}, "bars", 252, "2000-01-03T00:00:00Z",
     "2000-12-29T00:00:00Z"),
    ("daily/quandl_IBM_2011_dividends.csv", {"symbol": "IBM"}, "bars", 252, "2011-01-03T00:00:00Z",
     "2011-12-30T00:00:00Z"),
    ("daily/AAPL_2020_split_raw.csv", {"timezone": "UTC"}, "bars", 43, "2020-08-03T04:00:00Z",
     "2020-10-01T04:00:00Z"),
    ("daily/AAPL_2020_split_adj.csv", {"timezone": "UTC"}, "bars", 43, "2020-08-03T04:00:00Z",
     "2020-10-01T04:00:00Z"),
    ("minute/SPY_1min_2011-01_utc_endstamped.csv.gz",
     {"timezone": "UTC", "stamp": "end", "columns": "time,open,high,low,close,volume"}, "bars", 14180,
     "2011-01-03T09:00:00Z", "2011-02-01T00:59:00Z"),
    ("minute/SPX_index_1min_2019-11-05_08.csv", {"timezone": NEW_YORK, "pairs": ["date_order=mdy"]}, "bars", 1563,
     "2019-11-05T14:30:00Z", "2019-11-08T20:59:00Z"),
    ("minute/SPY_1min_extended_2020-01-06_09.csv.gz", {}, "bars", 1794, "2020-01-06T12:08:00Z",
     "2020-01-09T21:40:00Z"),
    ("minute/XYZ_1min_2020-01_02_early_closes.csv.gz", {"timezone": NEW_YORK, "stamp": "end"}, "bars", 16020,
     "2020-01-02T14:30:00Z", "2020-02-28T20:59:00Z"),
    ("minute/ESTX50_fut_1min_2006-01_02.csv.gz", {"timezone": "Europe/Berlin", "stamp": "end"}, "bars", 30889,
     "2006-01-02T08:00:00Z", "2006-02-27T20:59:00Z"),
    ("minute/AAPL_5min_2018.csv.gz", {"pairs": ["size_scale=100"]}, "bars", 156, "2018-12-28T14:30:00Z",
     "2018-12-31T20:55:00Z"),
    ("minute/AAPL_5min_2019.csv.gz", {"pairs": ["size_scale=100"]}, "bars", 1170, "2019-01-02T14:30:00Z",
     "2019-01-23T20:55:00Z"),
    ("minute/EURUSD_1h_2017-2018.csv.gz", {"timezone": "UTC"}, "bars", 5000, "2017-04-19T09:00:00Z",
     "2018-02-07T15:00:00Z"),
    ("minute/GBPUSD_1min_bid_2012-02.csv.gz", {}, "bars", 30117, "2012-02-01T00:00:00Z", "2012-03-01T00:00:00Z"),
    ("minute/GBPUSD_1min_ask_2012-02.csv.gz", {}, "bars", 30117, "2012-02-01T00:00:00Z", "2012-03-01T00:00:00Z"),
    ("minute/BTCUSD_bitstamp_1min_2020-01-01.csv.gz", {"timezone": "UTC"}, "bars", 1440, "2020-01-01T00:00:00Z",
     "2020-01-01T23:59:00Z"),
    ("minute/XRP_ETH_1min_2019-10-11_13.feather", {}, "bars", 2469, "2019-10-11T00:00:00Z", "2019-10-13T11:19:00Z"),
    ("minute/UNITTEST_BTC_1min_2017-11_gaps.feather", {}, "bars", 13681, "2017-11-04T23:02:00Z",
     "2017-11-14T22:59:00Z"),
    ("minute/STOCK_MARKET_1min_closes_2001-08.parquet",
     {"column": ["close=STOCK"], "timezone": NEW_YORK, "pairs": ["wall_clock=true"]}, "bars", 8602,
     "2001-08-04T13:30:00Z", "2001-09-03T20:00:00Z"),
    ("ticks/taq_XXX_trades_2018-01-02.parquet", {}, "trades", 39470, "2018-01-02T10:01:21.479Z",
     "2018-01-03T00:58:30.17Z"),
    ("ticks/taq_XXX_quotes_2018-01-02.parquet", {"pairs": ["size_scale=100"]}, "quotes", 66695,
     "2018-01-02T09:04:13.125Z", "2018-01-03T01:00:00.05Z"),
    ("ticks/taq_XXX_trades_cleaned_2018-01-02.parquet", {}, "trades", 3691, "2018-01-02T14:30:00.125Z",
     "2018-01-02T20:59:59.71Z"),
    ("ticks/taq_XXX_quotes_cleaned_2018-01-02.parquet", {"pairs": ["size_scale=100"]}, "quotes", 24477,
     "2018-01-02T14:30:00.115Z", "2018-01-02T20:59:59.98Z"),
    ("ticks/XRP_ETH_trades_2019-10-11_13.feather", {}, "trades", 12477, "2019-10-11T00:00:11.62Z",
     "2019-10-13T11:19:28.844Z"),
    ("ticks/mtgox_BTCUSD_trades_2013-01-01.csv", {"column": ["time=id"]}, "trades", 2331,
     "2013-01-01T00:04:19.486096Z", "2013-01-01T23:58:31.193969Z"),
]  # fmt: skip
NAMES = [file for file, *_ in FILES]
READ_THE_SAME = [  # by `read_bars`, from the file and from what was imported
    name for name, said, kind, *_ in FILES
    if kind == "bars" and set(said) <= {"timezone", "symbol"} and "quandl" not in name and "SPY_2008" not in name
]  # fmt: skip


def said_of(name: str) -> Stated:
    return stated(**next(said for file, said, *_ in FILES if file == name))  # type: ignore[arg-type]


def imported(shared: Path, name: str, out: Path) -> Imported:
    return import_file(shared / "data" / name, out, said_of(name))


def test_every_file_of_the_three_folders_is_in_the_table(shared: Path) -> None:
    folders = (shared / "data" / folder for folder in ("daily", "minute", "ticks"))
    there = {f"{path.parent.name}/{path.name}" for folder in folders for path in folder.iterdir()}
    assert there == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_real_file_is_imported_whole(shared: Path, tmp_path: Path, name: str) -> None:
    _, _, kind, rows, first, last = next(row for row in FILES if row[0] == name)
    found = imported(shared, name, tmp_path)
    assert (found.kind, found.rows, found.missing) == (kind, rows, {})
    assert (time_text(found.first_ns), time_text(found.last_ns)) == (first, last)
    assert len(pl.read_parquet(found.path)) == rows


@pytest.mark.parametrize("name", READ_THE_SAME)
def test_what_is_imported_reads_as_the_file_itself_does(shared: Path, tmp_path: Path, name: str) -> None:
    said = next(said for file, said, *_ in FILES if file == name)
    ours = read_bars(imported(shared, name, tmp_path).path)
    theirs = read_bars(shared / "data" / name, **said)  # type: ignore[arg-type]
    assert (ours.symbols, ours.interval_ns) == (theirs.symbols, theirs.interval_ns)
    for column in ("ts_ns", "open", "high", "low", "close", "volume"):
        assert np.array_equal(getattr(ours, column), getattr(theirs, column), equal_nan=column == "volume"), column


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("minute/SPX_index_1min_2019-11-05_08.csv", ["date_order=mdy", "--timezone"]),
        ("minute/XYZ_1min_2020-01_02_early_closes.csv.gz", ["--timezone", "--stamp end"]),
        ("minute/ESTX50_fut_1min_2006-01_02.csv.gz", ["--timezone", "--stamp end"]),
        ("minute/EURUSD_1h_2017-2018.csv.gz", ["--timezone"]),
        ("minute/BTCUSD_bitstamp_1min_2020-01-01.csv.gz", ["--timezone"]),
        ("daily/AAPL_2020_split_raw.csv", ["--timezone"]),
    ],
)
def test_what_a_file_cannot_tell_is_asked_for_by_its_option(
    shared: Path, tmp_path: Path, name: str, options: list[str]
) -> None:
    with pytest.raises(UsageError) as error:
        import_file(shared / "data" / name, tmp_path / "out")
    assert [option for option in options if option not in str(error.value)] == []
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("minute/SPY_1min_2011-01_utc_endstamped.csv.gz", "the columns have no names; expected a header. Name them"),
        ("minute/STOCK_MARKET_1min_closes_2001-08.parquet", "a series of closes becomes bars with --column close=NAME"),
        ("ticks/mtgox_BTCUSD_trades_2013-01-01.csv", "no time column among 'id', 'price', 'amount', 'type'"),
        ("l3/bitstamp_BTCUSD_2026-05-02_orders.csv.gz", "looks like messages of an order book"),
        ("l3/nasdaq_NVDA_2010-06-08_messages.csv.gz", "time 30134030 is no time of a market in any unit"),
        ("l3/lobster_MSFT_2012-06-21_message_50_rows_0001-0500.csv.gz", "the columns have no names"),
    ],
)
def test_a_file_that_needs_words_of_the_user_is_refused_with_them(
    shared: Path, tmp_path: Path, name: str, words: str
) -> None:
    with pytest.raises(DataError) as error:
        import_file(shared / "data" / name, tmp_path)
    assert words in str(error.value)


def test_detection_says_what_it_took_for_what(shared: Path) -> None:
    told = "\n".join(detect(shared / "data/daily/quandl_IBM_2011_dividends.csv").lines())
    assert "newest first: rows are reversed  (times fall throughout, from 2011-12-30T00:00:00Z)" in told
    assert "adj_close=Adj. Close, dividend=Ex-Dividend, split_ratio=Split Ratio" in told
    assert "(not used: Adj. Open, Adj. High, Adj. Low, Adj. Volume)" in told
    told = "\n".join(detect(shared / "data/minute/ESTX50_fut_1min_2006-01_02.csv.gz").lines())
    assert "time of day  (7 names over 8 fields, and field 2 is '09:01:00')" in told


def test_open_close_high_low_is_read_by_name_and_the_extra_bars_stay(shared: Path, tmp_path: Path) -> None:
    found = imported(shared, "minute/SPX_index_1min_2019-11-05_08.csv", tmp_path)
    frame = pl.read_parquet(found.path)
    assert frame.row(0)[2:6] == (3_080_800_000_000, 3_081_470_000_000, 3_080_300_000_000, 3_080_490_000_000)
    assert frame["volume"].sum() == 0.0


def test_the_columns_that_only_some_files_have_are_kept(shared: Path, tmp_path: Path) -> None:
    frame = pl.read_parquet(imported(shared, "daily/quandl_IBM_2011_dividends.csv", tmp_path).path)
    assert frame.filter(pl.col("dividend") > 0)["dividend"].to_list() == [0.65, 0.75, 0.75, 0.75]
    trades = pl.read_parquet(imported(shared, "ticks/taq_XXX_trades_2018-01-02.parquet", tmp_path).path)
    assert {"exchange", "condition", "correction"} <= set(trades.columns)
    sides = pl.read_parquet(imported(shared, "ticks/mtgox_BTCUSD_trades_2013-01-01.csv", tmp_path).path)["side"]
    assert sorted(sides.unique()) == [-1, 1]


def test_closes_become_bars_of_one_price_only_where_that_is_asked_for(shared: Path, tmp_path: Path) -> None:
    frame = pl.read_parquet(imported(shared, "minute/STOCK_MARKET_1min_closes_2001-08.parquet", tmp_path).path)
    assert frame.row(0)[2:6] == (96_050_000_000,) * 4
    assert np.isnan(frame["volume"].to_numpy()).all()


def test_the_parquet_names_its_source_and_the_source_stays_as_it_was(shared: Path, tmp_path: Path) -> None:
    path = shared / "data/daily/GOOG_2004-2013.csv"
    before = path.read_bytes()
    found = import_file(path, tmp_path)
    metadata = pl.read_parquet_metadata(found.path)
    assert metadata["tradetui.source"] == path.name
    assert metadata["tradetui.source_sha256"] == found.sha256
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("GOOG_2004-2013.csv", "GOOG"),
        ("XRP_ETH_1min_2019-10-11_13.feather", "XRP_ETH"),
        ("BTC_USDT.csv.gz", "BTC_USDT"),
        ("quandl_IBM_2011_dividends.csv", "IBM"),
        ("kraken_XBT_EUR_1h.csv", "XBT_EUR"),
        ("wiki_AAPL_2000-2013.csv.gz", "AAPL"),
        ("eth_BTC.csv", "eth"),  # no pair: its first word is not in capitals
        ("GE_2020.csv", "GE"),
        ("NASDAQ_2020.csv", "NASDAQ"),
        ("binance_trades.csv", "binance"),  # asked for by an import
        ("_x.csv", ""),
    ],
)
def test_a_symbol_is_taken_from_the_name_of_a_file_without_its_vendor_and_with_both_halves_of_a_pair(
    name: str, symbol: str
) -> None:
    assert symbol_from_name(Path(name)) == symbol


def test_a_name_that_tells_only_its_vendor_is_asked_for_its_symbol(tmp_path: Path) -> None:
    path = tmp_path / "binance_trades.csv"
    path.write_text("time,price,size\n2020-01-02T00:00:00Z,1,2\n")
    with pytest.raises(UsageError, match=r"'binance' in its name says who wrote it, not its symbol: give --symbol"):
        import_file(path, tmp_path / "out")
    assert import_file(path, tmp_path / "out", stated(symbol="BTCUSDT")).symbols == ("BTCUSDT",)
