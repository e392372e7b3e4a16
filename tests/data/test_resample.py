from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradetui.data.aggregate import bars_of_trades
from tradetui.data.catalog import sample_session
from tradetui.data.frames import frame_of_bars
from tradetui.data.resample import (
    Clock,
    bars_from_bars,
    bars_from_trades,
    in_session,
    interval_ns,
    start_stamped,
)
from tradetui.engine.errors import UsageError

MINUTE_NS = 60 * 10**9
NEW_YORK = "America/New_York"
CHICAGO_FUTURES = Clock("America/Chicago", time(17))
OHLC = ("open", "high", "low", "close")


def nanos(name: str) -> pl.Expr:
    return (pl.col(name).cast(pl.Float64) * 1e9).round().cast(pl.Int64)


def utc_ns(text: str, timezone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone)).timestamp()) * 10**9


def taq(path: Path) -> pl.DataFrame:
    raw = pl.read_parquet(path)
    return raw.select(pl.col("ts_us").alias("ts_ns") * 1_000, symbol="SYMBOL", price=nanos("PRICE"), size=nanos("SIZE"))


def answer_bars(path: Path, start: str, timezone: str) -> pl.DataFrame:
    answer = pl.read_csv(path, infer_schema_length=None)
    wall = pl.col(start).str.replace("Z", "").str.to_datetime(time_unit="ns")
    ts = wall.dt.replace_time_zone(timezone).dt.epoch("ns").alias("ts_ns")
    return answer.with_columns(ts, *(nanos(name) for name in OHLC), pl.col("volume").cast(pl.Float64))


def assert_bars(seen: pl.DataFrame, expected: pl.DataFrame, count: str) -> None:
    for name in ("ts_ns", *OHLC, "volume", count):
        assert seen[name].cast(expected[name].dtype).to_list() == expected[name].to_list(), name
    if "vwap" in expected.columns:
        assert ((seen["vwap"] - expected["vwap"]).abs() / expected["vwap"]).max() < 1e-11  # 12 digits in the file


def end_stamped_bars(path: Path, timezone: str) -> pl.DataFrame:
    """One-minute bars of the shared folder, moved to their start."""
    if "SPY" in path.name:
        names = ["time", *OHLC, "volume"]
        raw = pl.read_csv(path, has_header=False, separator=";", new_columns=names)
        wall = pl.col("time").str.to_datetime("%Y%m%d %H%M%S", time_unit="ns")
    else:
        raw = pl.read_csv(path)
        wall = pl.col("time").str.to_datetime(time_unit="ns")
    ts = wall.dt.replace_time_zone(timezone).dt.epoch("ns").alias("ts_ns")
    symbol = pl.lit(path.name[:3]).alias("symbol")
    return start_stamped(
        raw.select(ts, symbol, *(nanos(name) for name in OHLC), pl.col("volume").cast(pl.Float64)), MINUTE_NS
    )


@pytest.mark.parametrize("which", ["trades", "trades_cleaned"])
@pytest.mark.parametrize("every", ["1min", "5min"])
def test_bars_of_raw_and_cleaned_prints_are_those_of_pandas(shared: Path, which: str, every: str) -> None:
    expected = answer_bars(shared / f"answers/bars/taq_XXX_{which}_2018-01-02_{every}.csv.gz", "start_utc", "UTC")
    trades = taq(shared / f"data/ticks/taq_XXX_{which}_2018-01-02.parquet")
    assert_bars(bars_from_trades(trades, every), expected, "trades")


def test_quarter_hours_of_a_day_of_bitcoin_are_those_of_pandas(shared: Path) -> None:
    expected = answer_bars(shared / "answers/bars/mtgox_15min.csv.gz", "start_utc", "UTC")
    raw = pl.read_csv(shared / "data/ticks/mtgox_BTCUSD_trades_2013-01-01.csv")
    trades = raw.select(ts_ns=pl.col("id") * 1_000, symbol=pl.lit("BTC"), price=nanos("price"), size=nanos("amount"))
    assert_bars(bars_from_trades(trades, "15min"), expected, "trades")


def test_bars_of_the_trades_of_an_exchange_are_the_bars_it_published(shared: Path) -> None:
    raw = pl.read_ipc(shared / "data/ticks/XRP_ETH_trades_2019-10-11_13.feather")
    trades = raw.select(
        ts_ns=pl.col("timestamp") * 1_000_000, symbol=pl.lit("XRP"), price=nanos("price"), size=nanos("amount")
    )
    published = pl.read_ipc(shared / "data/minute/XRP_ETH_1min_2019-10-11_13.feather")
    expected = published.select(pl.col("date").dt.epoch("ns").alias("ts_ns"), *(nanos(name) for name in OHLC), "volume")
    seen = bars_from_trades(trades, "1min")
    assert seen.select(expected.columns).equals(expected)
    assert len(seen) == 2469


def test_regular_hours_and_days_of_new_york_are_cut_from_utc_bars_stamped_at_their_end(shared: Path) -> None:
    minutes = end_stamped_bars(shared / "data/minute/SPY_1min_2011-01_utc_endstamped.csv.gz", "UTC")
    regular = minutes.filter(in_session(time(9, 30), time(16), NEW_YORK))
    half_hours = answer_bars(shared / "answers/bars/SPY_2011-01_rth_30min.csv", "start_utc", "UTC")
    assert_bars(bars_from_bars(regular, "30min", Clock(NEW_YORK)), half_hours, "bars")
    days = answer_bars(shared / "answers/bars/SPY_2011-01_rth_daily.csv", "session", NEW_YORK)
    seen = bars_from_bars(regular, "1d", Clock(NEW_YORK))
    assert_bars(seen, days, "bars")
    assert seen["session"].cast(pl.String).to_list() == days["session"].to_list()


def test_days_with_early_closes_have_fewer_bars(shared: Path) -> None:
    minutes = end_stamped_bars(shared / "data/minute/XYZ_1min_2020-01_02_early_closes.csv.gz", NEW_YORK)
    quarters = answer_bars(shared / "answers/bars/XYZ_2020-01_02_15min.csv.gz", "start_local", NEW_YORK)
    assert_bars(bars_from_bars(minutes, "15min", Clock(NEW_YORK)), quarters, "bars")
    days = answer_bars(shared / "answers/bars/XYZ_2020-01_02_daily.csv", "session", NEW_YORK)
    seen = bars_from_bars(minutes, "1d", Clock(NEW_YORK))
    assert_bars(seen, days, "bars")
    assert seen.filter(pl.col("bars") == 210)["session"].to_list() == [date(2020, 1, 20), date(2020, 2, 17)]


def flat_bars(times: list[int]) -> pl.DataFrame:
    prices = {name: [10**9] * len(times) for name in OHLC}
    return pl.DataFrame({"ts_ns": times, "symbol": ["A"] * len(times), **prices, "volume": [1.0] * len(times)})


def test_a_day_of_the_clock_change_has_23_or_25_hours_and_one_bar() -> None:
    for day, hours in (("2020-03-08", 23), ("2020-11-01", 25)):
        midnight = utc_ns(day, NEW_YORK)
        seen = bars_from_bars(flat_bars([midnight + 60 * MINUTE_NS * i for i in range(hours)]), "1d", Clock(NEW_YORK))
        assert seen["bars"].to_list() == [hours]
        assert seen["ts_ns"].to_list() == [midnight]


def test_bins_longer_than_the_clock_change_start_where_the_clock_says() -> None:
    midnight = utc_ns("2020-03-08", NEW_YORK)
    times = [midnight + 60 * MINUTE_NS * i for i in range(23)]
    seen = bars_from_bars(flat_bars(times), "4h", Clock(NEW_YORK))
    assert seen["bars"].to_list() == [3, 4, 4, 4, 4, 4]
    starts = [utc_ns(f"2020-03-08T{hour:02}:00", NEW_YORK) for hour in range(0, 24, 4)]
    assert seen["ts_ns"].to_list() == starts


def test_the_hour_that_the_clock_shows_twice_is_two_bars() -> None:
    first = utc_ns("2020-11-01", NEW_YORK)
    seen = bars_from_bars(flat_bars([first + 30 * MINUTE_NS * i for i in range(8)]), "1h", Clock(NEW_YORK))
    assert seen["bars"].to_list() == [2, 2, 2, 2]
    assert seen["ts_ns"].diff()[1:].unique().to_list() == [60 * MINUTE_NS]


def test_hours_of_a_zone_at_a_half_hour_begin_on_its_own_hours() -> None:
    seen = bars_from_bars(flat_bars([utc_ns("2020-01-06T09:15", "Asia/Kolkata")]), "1h", Clock("Asia/Kolkata"))
    assert seen["ts_ns"].to_list() == [utc_ns("2020-01-06T09:00", "Asia/Kolkata")]


def test_sunday_evening_of_a_futures_exchange_belongs_to_monday() -> None:
    evening, noon = utc_ns("2020-01-05T17:00", "America/Chicago"), utc_ns("2020-01-06T12:00", "America/Chicago")
    seen = bars_from_bars(flat_bars([evening - MINUTE_NS, evening, noon]), "1d", CHICAGO_FUTURES)
    assert seen["session"].to_list() == [date(2020, 1, 5), date(2020, 1, 6)]
    assert seen["ts_ns"].to_list()[1] == evening


def test_hours_over_midnight_are_a_session_too() -> None:
    times = [utc_ns(f"2020-01-06T{hour:02}:00") for hour in range(24)]
    kept = flat_bars(times).filter(in_session(time(22), time(2), "UTC"))
    assert kept["ts_ns"].to_list() == [times[i] for i in (0, 1, 22, 23)]


def test_symbols_are_kept_apart_and_an_unknown_volume_stays_unknown() -> None:
    one = flat_bars([0, MINUTE_NS])
    other = one.with_columns(symbol=pl.lit("B"), volume=pl.Series([1.0, float("nan")]))
    seen = bars_from_bars(pl.concat([one, other]).sort("ts_ns"), "5min")
    assert seen["symbol"].to_list() == ["A", "B"]
    assert seen["volume"][0] == 2.0
    assert seen["volume"].is_nan().to_list() == [False, True]


def test_a_lazy_table_gives_the_same_bars() -> None:
    table = flat_bars([0, MINUTE_NS, 9 * MINUTE_NS])
    assert bars_from_bars(table.lazy(), "5min").collect().equals(bars_from_bars(table, "5min"))


@pytest.mark.parametrize("every", ["7min", "0min", "2d", "1m", "-5min", "", "5 min"])
def test_a_length_that_does_not_divide_a_day_is_refused(every: str) -> None:
    with pytest.raises(UsageError, match="bar length"):
        interval_ns(every)


TRADE = st.tuples(st.integers(0, 600), st.sampled_from("AB"), st.integers(1, 10**15), st.integers(0, 10**15))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(rows=st.lists(TRADE, min_size=1, max_size=40), seconds=st.sampled_from([1, 30, 60, 300]))
def test_bars_are_what_adding_trades_one_by_one_gives(rows: list[tuple[int, str, int, int]], seconds: int) -> None:
    rows = sorted(rows, key=lambda row: row[0])
    length = seconds * 10**9
    wanted: dict[tuple[int, str], list[int]] = {}
    for second, symbol, price, size in rows:
        bar = wanted.setdefault((second * 10**9 // length * length, symbol), [price, price, price, price, 0, 0, 0])
        bar[1], bar[2], bar[3] = max(bar[1], price), min(bar[2], price), price
        bar[4], bar[5], bar[6] = bar[4] + size, bar[5] + 1, bar[6] + price * size
    names = ["ts_ns", "symbol", "price", "size"]
    trades = pl.DataFrame([(s * 10**9, symbol, p, q) for s, symbol, p, q in rows], schema=names, orient="row")
    seen = bars_from_trades(trades, f"{seconds}s" if seconds < 60 else f"{seconds // 60}min")
    assert len(seen) == len(wanted)
    for ts, symbol, *bar, vwap in seen.iter_rows():
        one = wanted[ts, symbol]
        assert bar == [*one[:4], one[4] / 10**9, one[5]]
        assert vwap is None if one[4] == 0 else vwap == pytest.approx(one[6] / one[4] / 1e9, rel=1e-14)


def test_both_ways_of_making_bars_of_a_session_agree() -> None:
    trades = sample_session().trades
    symbol = pl.Series(trades.symbols).gather(trades.symbol)
    frame = pl.DataFrame({"ts_ns": trades.ts_ns, "symbol": symbol, "price": trades.price, "size": trades.size})
    seen = bars_from_trades(frame, "1min").sort("symbol", "ts_ns")
    columns = ("ts_ns", "symbol", "open", "high", "low", "close", "volume")
    other = frame_of_bars(bars_of_trades(trades, MINUTE_NS)).cast({"symbol": pl.String}).sort("symbol", "ts_ns")
    assert seen.select(columns).equals(other.select(columns))
