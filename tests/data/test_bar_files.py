"""Reading bars: columns by name, times by form, prices exactly; the real files that the known answers use."""

from __future__ import annotations

import gzip
import hashlib
import math
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradetui.data.formats import read_bars, read_many, write_bars
from tradetui.data.times import time_text
from tradetui.engine.errors import DataError
from tradetui.engine.market.bars import Bars
from tradetui.engine.model.instrument import PRICE_MAX, nanos_from_decimal

HEADER = "date,open,high,low,close,volume\n"
DAY = 86_400 * 10**9


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def first_time(tmp_path: Path, time: str, name: str = "date", timezone: str = "UTC") -> str:
    path = tmp_path / "X.csv"
    path.write_text(f"{name},open,high,low,close\n{time},1,1,1,1\n")
    return time_text(int(read_bars(path, timezone=timezone).ts_ns[0]))


def same(a: Bars, b: Bars) -> bool:
    columns = ("symbol", "ts_ns", "open", "high", "low", "close", "volume")
    return (
        a.symbols == b.symbols
        and a.interval_ns == b.interval_ns
        and all(np.array_equal(getattr(a, c), getattr(b, c), equal_nan=c == "volume") for c in columns)
        and all(getattr(a, c).dtype == getattr(b, c).dtype for c in columns)
    )


REAL_FILES = [  # rows as the data's own README counts them, and the step of the bars
    ("daily/GOOG_2004-2013.csv", "GOOG", 2148, 86_400),
    ("daily/BTCUSD_monthly_2012-2024.csv", "BTCUSD", 156, 31 * 86_400),
    ("daily/ORCL_1995-2014.csv.gz", "ORCL", 5036, 86_400),
    ("daily/YHOO_1996-2014.csv.gz", "YHOO", 4713, 86_400),
    ("daily/INTC_1995-2004.csv.gz", "INTC", 2335, 86_400),
    ("daily/SP500_index_1999-2018.csv.gz", "SP500", 5031, 86_400),
    ("daily/wiki_AAPL_2000-2013.csv.gz", "AAPL", 3270, 86_400),
    ("daily/wiki_IBM_2000-2013.csv.gz", "IBM", 3270, 86_400),
    ("daily/AAPL_2020_split_raw.csv", "AAPL", 43, 86_400),
    ("daily/AAPL_2020_split_adj.csv", "AAPL", 43, 86_400),
    ("minute/SPX_index_1min_2019-11-05_08.csv", "SPX", 1563, 60),
    ("minute/SPY_1min_extended_2020-01-06_09.csv.gz", "SPY", 1794, 60),
    ("minute/AAPL_5min_2018.csv.gz", "AAPL", 156, 300),
    ("minute/AAPL_5min_2019.csv.gz", "AAPL", 1170, 300),
    ("minute/EURUSD_1h_2017-2018.csv.gz", "EURUSD", 5000, 3600),
    ("minute/GBPUSD_1min_bid_2012-02.csv.gz", "GBPUSD", 30117, 60),
    ("minute/GBPUSD_1min_ask_2012-02.csv.gz", "GBPUSD", 30117, 60),
    ("minute/BTCUSD_bitstamp_1min_2020-01-01.csv.gz", "BTCUSD", 1440, 60),
    ("minute/XRP_ETH_1min_2019-10-11_13.feather", "XRP_ETH", 2469, 60),
    ("minute/UNITTEST_BTC_1min_2017-11_gaps.feather", "UNITTEST_BTC", 13681, 60),
]


@pytest.mark.parametrize(("name", "symbol", "rows", "step_s"), REAL_FILES)
def test_a_real_file_reads_whole(shared: Path, name: str, symbol: str, rows: int, step_s: int) -> None:
    bars = read_bars(shared / "data" / name)
    assert (bars.symbols, len(bars), bars.interval_ns) == ((symbol,), rows, step_s * 10**9)


def test_the_columns_of_google_are_those_of_the_file(shared: Path) -> None:
    bars = read_bars(shared / "data/daily/GOOG_2004-2013.csv")
    assert time_text(int(bars.ts_ns[0])) == "2004-08-19T00:00:00Z"
    assert [int(c[0]) for c in (bars.open, bars.high, bars.low, bars.close)] == [
        100 * 10**9,
        104_060_000_000,
        95_960_000_000,
        100_340_000_000,
    ]
    assert bars.volume[0] == 22351900


def test_columns_are_found_by_name_whatever_their_order(shared: Path) -> None:
    bars = read_bars(shared / "data/minute/SPX_index_1min_2019-11-05_08.csv", timezone="America/New_York")
    assert time_text(int(bars.ts_ns[0])) == "2019-11-05T14:30:00Z"
    first = [int(c[0]) / 1e9 for c in (bars.open, bars.high, bars.low, bars.close)]
    assert first == [3080.8, 3081.47, 3080.3, 3080.49]  # the file's order is open, close, high, low


def test_offsets_are_honoured_whatever_zone_is_named(shared: Path) -> None:
    bars = read_bars(shared / "data/minute/AAPL_5min_2018.csv.gz", timezone="Asia/Tokyo")
    assert time_text(int(bars.ts_ns[0])) == "2018-12-28T14:30:00Z"


@pytest.mark.parametrize(
    ("name", "line", "words"),
    [
        ("daily/SPY_2008-2017.csv.gz", 1808, "low 209.850006 is above open 209.419998"),
        ("daily/quandl_IBM_2011_dividends.csv", 3, "newest first"),
        ("daily/quandl_ORCL_2000_two_splits.csv", 3, "newest first"),
        ("minute/SPY_1min_2011-01_utc_endstamped.csv.gz", 1, "fields are separated by ';'"),
        ("minute/ESTX50_fut_1min_2006-01_02.csv.gz", 2, "8 fields; expected 7, as in the header"),
        ("minute/XYZ_1min_2020-01_02_early_closes.csv.gz", None, "look like the ends of bars"),
        ("minute/STOCK_MARKET_1min_closes_2001-08.parquet", None, "no column 'open' among 'ts_us', 'STOCK', 'MARKET'"),
    ],
)
def test_a_real_file_that_needs_a_dialect_or_cleaning_is_refused(
    shared: Path, name: str, line: int | None, words: str
) -> None:
    path = shared / "data" / name
    with pytest.raises(DataError) as error:
        read_bars(path)
    assert str(error.value).startswith(f"{path}: " if line is None else f"{path}:{line}: ")
    assert words in str(error.value)


def test_bad_rows_outside_the_wanted_time_do_not_matter(shared: Path) -> None:
    bars = read_bars(shared / "data/daily/SPY_2008-2017.csv.gz", start="2008-01-01", stop="2014-12-31")
    assert len(bars) == 1763


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2020-01-02", "2020-01-02T00:00:00Z"),
        ("2020-01-02 03:04", "2020-01-02T03:04:00Z"),
        ("2020-01-02 03:04:05", "2020-01-02T03:04:05Z"),
        ("2020-01-02T03:04:05", "2020-01-02T03:04:05Z"),
        ("2020-01-02T03:04:05Z", "2020-01-02T03:04:05Z"),
        ("2020-01-02 03:04:05-05:00", "2020-01-02T08:04:05Z"),
        ("2020-01-02 03:04:05+0530", "2020-01-01T21:34:05Z"),
        ("2020-01-02 03:04:05.123456789", "2020-01-02T03:04:05.123456789Z"),
        ("2020-01-02 03:04:05.5+00:00", "2020-01-02T03:04:05.5Z"),
        ("1/2/2020", "2020-01-02T00:00:00Z"),
        ("1/2/2020 9:30", "2020-01-02T09:30:00Z"),
        ("01/02/2020 09:30:15", "2020-01-02T09:30:15Z"),
        ("1577934245", "2020-01-02T03:04:05Z"),
        ("1577934245006", "2020-01-02T03:04:05.006Z"),
        ("1577934245006007", "2020-01-02T03:04:05.006007Z"),
        ("1577934245006007008", "2020-01-02T03:04:05.006007008Z"),
        ("1969-12-31 23:59:59", "1969-12-31T23:59:59Z"),
    ],
)
def test_a_time_is_read_in_every_form(tmp_path: Path, text: str, utc: str) -> None:
    assert first_time(tmp_path, text) == utc


@pytest.mark.parametrize("name", ["", "Date", "DATETIME", "time", "Timestamp", "epoch", "ts"])
def test_the_time_column_is_known_by_name_or_by_being_first_and_unnamed(tmp_path: Path, name: str) -> None:
    assert first_time(tmp_path, "2020-01-02", name) == "2020-01-02T00:00:00Z"


def test_a_unit_in_the_columns_name_needs_no_guess(tmp_path: Path) -> None:
    assert first_time(tmp_path, "5", "ts_us") == "1970-01-01T00:00:00.000005Z"
    assert first_time(tmp_path, "-1", "ts_ns") == "1969-12-31T23:59:59.999999999Z"


def test_naive_times_are_in_the_named_zone_through_summer_and_winter(tmp_path: Path) -> None:
    assert first_time(tmp_path, "2020-01-02 09:30", timezone="America/New_York") == "2020-01-02T14:30:00Z"
    assert first_time(tmp_path, "2020-07-02 09:30", timezone="America/New_York") == "2020-07-02T13:30:00Z"


def test_blank_lines_windows_line_ends_quotes_spaces_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    text = '\ufeffDate, Open ,High,Low,"Close",Volume,Adj Close\r\n\r\n2020-01-02, 1,2,0.5,"1.5",10,\r\n\r\n'
    path.write_bytes((text + "2020-01-03,1,2,0.5,1.5,1e3,7\r\n\r\n").encode())
    bars = read_bars(path)
    assert bars.close.tolist() == [1_500_000_000] * 2
    assert bars.volume.tolist() == [10.0, 1000.0]


def test_a_file_without_volumes_says_unknown_and_not_zero(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text("date,open,high,low,close\n2020-01-02,1,1,1,1\n")
    assert math.isnan(read_bars(path).volume[0])


def test_the_symbol_comes_from_the_option_the_column_or_the_name(tmp_path: Path) -> None:
    path = tmp_path / "GOOG_daily.v2.csv"
    path.write_text(HEADER + "2020-01-02,1,1,1,1,1\n")
    assert read_bars(path).symbols == ("GOOG",)
    assert read_bars(path, symbol="ALPHABET").symbols == ("ALPHABET",)
    path.write_text("Ticker," + HEADER + "B,2020-01-02,1,1,1,1,1\nA,2020-01-02,2,2,2,2,2\nB,2020-01-03,3,3,3,3,3\n")
    bars = read_bars(path)
    assert (bars.symbols, bars.symbol.tolist(), bars.volume.tolist()) == (("B", "A"), [0, 1, 0], [1.0, 2.0, 3.0])
    only = read_bars(path, symbol="A")
    assert (only.symbols, only.volume.tolist()) == (("A",), [2.0])


def test_the_start_is_included_and_the_stop_is_not_unless_it_is_a_bare_date(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text(HEADER + "".join(f"2020-01-0{d} 12:00:00,1,1,1,1,{d}\n" for d in range(1, 6)))

    def days(**bounds: str) -> list[float]:
        return read_bars(path, **bounds).volume.tolist()  # type: ignore[no-any-return]

    assert days(start="2020-01-02T12:00:00", stop="2020-01-04T12:00:00") == [2, 3]
    assert days(start="2020-01-02", stop="2020-01-04") == [2, 3, 4]
    assert days(start="2020-01-02T21:00:00+09:00", stop="2020-01-02T12:00:01Z") == [2]
    assert days(start="2020-01-02T21:00:00", timezone="Asia/Tokyo")[0] == 3  # the file's times move with the zone


def test_bars_stamped_at_their_end_are_refused_and_the_same_bars_at_their_start_are_read(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"

    def write(sessions: int, first_minute: int) -> None:
        clock = [9 * 60 + 30 + first_minute + i for i in range(390)]
        rows = [f"2020-01-{6 + d:02} {m // 60:02}:{m % 60:02},1,1,1,1,{m}\n" for d in range(sessions) for m in clock]
        path.write_text(HEADER + "".join(rows))

    write(5, 0)
    assert len(read_bars(path)) == 5 * 390
    write(4, 1)  # too few sessions to be sure
    assert len(read_bars(path)) == 4 * 390
    write(5, 1)
    with pytest.raises(
        DataError, match="sessions like 2020-01-06T09:31:00Z to 2020-01-06T16:00:00Z; expected the time at"
    ):
        read_bars(path)


def test_a_column_file_of_several_symbols_is_read(tmp_path: Path) -> None:
    prices = {name: [1.5, 2.5, 3.5] for name in ("open", "high", "low", "close")}
    days = ["2020-01-01", "2020-01-01", "2020-01-02"]
    path = tmp_path / "X.parquet"
    pl.DataFrame({"date": days, "symbol": pl.Series(["B", "A", "B"], dtype=pl.Categorical), **prices}).write_parquet(
        path
    )
    bars = read_bars(path)
    assert (bars.symbols, bars.symbol.tolist()) == (("B", "A"), [0, 1, 0])
    assert np.isnan(bars.volume).all()


def test_a_symbol_without_rows_left_is_not_in_the_result(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text("symbol," + HEADER + "A,2020-01-01,1,1,1,1,1\nB,2020-01-02,1,1,1,1,2\n")
    bars = read_bars(path, start="2020-01-02")
    assert (bars.symbols, bars.symbol.tolist()) == (("B",), [0])


def test_gzip_is_unpacked_also_without_an_inner_extension(tmp_path: Path) -> None:
    text = (HEADER + "2020-01-02,1,1,1,1,1\n").encode()
    for name in ("X.csv.gz", "X.gz"):
        (tmp_path / name).write_bytes(gzip.compress(text))
        assert len(read_bars(tmp_path / name)) == 1


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".arrow", ".parquet.gz"])
@pytest.mark.parametrize("kind", ["utc", "naive", "date", "text", "epoch_ms"])
def test_column_files_of_others_are_read_by_their_names(tmp_path: Path, suffix: str, kind: str) -> None:
    times = {
        "utc": pl.Series([datetime(2020, 1, 2, 5, tzinfo=UTC)]).dt.cast_time_unit("ms"),
        "naive": pl.Series([datetime(2020, 1, 2, 0)]),  # noqa: DTZ001  # a wall-clock time is what is tested
        "date": pl.Series([datetime(2020, 1, 2, tzinfo=UTC).date()]),
        "text": pl.Series(["2020-01-02"]),
        "epoch_ms": pl.Series([at("2020-01-02T05:00:00") // 10**6]),
    }
    frame = pl.DataFrame(
        {"Volume": [7], "Date": times[kind], "Low": [1.25], "High": [2.5], "Close": [2], "Open": [1.5]}
    )
    path = tmp_path / f"X{suffix}"
    plain = path if not suffix.endswith(".gz") else tmp_path / "plain"
    frame.write_parquet(plain) if "parquet" in suffix else frame.write_ipc(plain)
    if plain != path:
        path.write_bytes(gzip.compress(plain.read_bytes()))
    bars = read_bars(path, timezone="America/New_York")
    assert time_text(int(bars.ts_ns[0])) == "2020-01-02T05:00:00Z"
    assert [int(c[0]) for c in (bars.open, bars.high, bars.low, bars.close)] == [
        1_500_000_000,
        2_500_000_000,
        1_250_000_000,
        2_000_000_000,
    ]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, PRICE_MAX * 10**9).map(lambda n: Decimal(n).scaleb(-9)), min_size=1, max_size=20),
)
def test_a_price_of_nine_decimals_is_read_to_the_nano(
    tmp_path_factory: pytest.TempPathFactory, prices: list[Decimal]
) -> None:
    path = tmp_path_factory.mktemp("prices") / "X.csv"
    lines = [f"{2000 + i}-01-01,{p:f},{p:f},{p:f},{p:f}\n" for i, p in enumerate(prices)]
    path.write_text("date,open,high,low,close\n" + "".join(lines))
    assert read_bars(path).close.tolist() == [nanos_from_decimal(p) for p in prices]


@pytest.mark.parametrize("text", ["4194304.000000001", "4503599.627370497", "8388609.123456789", "8999999.999999999"])
def test_a_price_too_fine_for_a_float_is_read_from_its_text(tmp_path: Path, text: str) -> None:
    path = tmp_path / "X.csv"
    path.write_text(f"date,open,high,low,close\n2020-01-01,{text},{text},{text},{text}\n")
    assert int(read_bars(path).open[0]) == nanos_from_decimal(Decimal(text))


@st.composite
def some_bars(draw: st.DrawFn) -> Bars:
    symbols = tuple(draw(st.lists(st.text("ABC./-^é ", min_size=1, max_size=6), min_size=1, max_size=3, unique=True)))
    keys = draw(
        st.sets(st.tuples(st.integers(-(2**60), 2**60), st.integers(0, len(symbols) - 1)), min_size=1, max_size=30)
    )
    rows = sorted(keys)
    prices = np.array([sorted(draw(st.lists(st.integers(1, PRICE_MAX * 10**9), min_size=4, max_size=4))) for _ in rows])
    volume = [draw(st.one_of(st.floats(0, 1e15), st.just(math.nan))) for _ in rows]
    ts, codes = np.array([r[0] for r in rows]), np.array([r[1] for r in rows], np.int32)
    columns = [np.ascontiguousarray(prices[:, i]) for i in (1, 3, 0, 2)]
    return Bars(symbols, codes, ts, *columns, np.array(volume), draw(st.integers(0, 10**15)))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(some_bars())
def test_what_is_written_is_read_back_exactly(tmp_path_factory: pytest.TempPathFactory, bars: Bars) -> None:
    path = tmp_path_factory.mktemp("bars") / "X.parquet"
    write_bars(bars, path)
    assert same(read_bars(path), bars)


def test_several_files_of_one_symbol_are_joined_in_time_order(shared: Path) -> None:
    folder = shared / "data/minute"
    later, earlier = folder / "AAPL_5min_2019.csv.gz", folder / "AAPL_5min_2018.csv.gz"
    bars, sources = read_many([later, earlier])
    assert (bars.symbols, len(bars), bars.interval_ns) == (("AAPL",), 1326, 300 * 10**9)
    assert (np.diff(bars.ts_ns) > 0).all()
    assert [(s.symbol, s.path, s.rows) for s in sources] == [("AAPL", later.name, 1170), ("AAPL", earlier.name, 156)]
    assert sources[1].sha256 == hashlib.sha256(earlier.read_bytes()).hexdigest()
    assert time_text(sources[1].first_ns) == "2018-12-28T14:30:00Z"
    assert sources[0].last_ns == int(bars.ts_ns[-1])


def test_several_symbols_are_merged_by_time(tmp_path: Path) -> None:
    for name, hours in (("B", (1, 3)), ("A", (1, 2))):
        rows = "".join(f"2020-01-01 0{h}:00:00,{h},{h},{h},{h},{h}\n" for h in hours)
        (tmp_path / f"{name}.csv").write_text(HEADER + rows)
    bars, _ = read_many([tmp_path / "B.csv", tmp_path / "A.csv"])
    assert (bars.symbols, bars.symbol.tolist(), bars.volume.tolist()) == (("B", "A"), [0, 1, 1, 0], [1, 1, 2, 3])
    assert bars.interval_ns == 3600 * 10**9


def test_a_file_of_one_row_does_not_spoil_the_interval_of_the_others(tmp_path: Path) -> None:
    (tmp_path / "A_1.csv").write_text(HEADER + "2020-01-01,1,1,1,1,1\n")
    (tmp_path / "A_2.csv").write_text(HEADER + "2020-01-02,1,1,1,1,1\n2020-01-03,1,1,1,1,1\n")
    (tmp_path / "B.csv").write_text(HEADER + "2020-01-02,1,1,1,1,1\n")
    assert read_many([tmp_path / "A_1.csv", tmp_path / "A_2.csv"])[0].interval_ns == DAY
    assert read_many([tmp_path / "A_2.csv", tmp_path / "B.csv"])[0].interval_ns == DAY


def test_interleaved_files_of_one_symbol_are_joined_row_by_row(tmp_path: Path) -> None:
    (tmp_path / "A_odd.csv").write_text(HEADER + "2020-01-01,1,1,1,1,1\n2020-01-03,1,1,1,1,3\n")
    (tmp_path / "A_even.csv").write_text(HEADER + "2020-01-02,1,1,1,1,2\n2020-01-04,1,1,1,1,4\n")
    bars, _ = read_many([tmp_path / "A_even.csv", tmp_path / "A_odd.csv"])
    assert bars.volume.tolist() == [1, 2, 3, 4]
