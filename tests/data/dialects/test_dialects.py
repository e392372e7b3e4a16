"""Dialects made by hand: every field of one changes what is read, by option or by detection."""

from __future__ import annotations

import gzip
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradetui.data.dialects.detect import detect
from tradetui.data.dialects.importing import Imported, import_file
from tradetui.data.dialects.words import interval_ns_of, interval_text, stated
from tradetui.data.formats import read_bars
from tradetui.data.times import time_text
from tradetui.engine.errors import DataError, UsageError
from tradetui.engine.model.instrument import nanos_from_decimal

HEADER = "date,open,high,low,close,volume\n"


def imported(tmp_path: Path, text: str | bytes, name: str = "X.csv", **said: Any) -> Imported:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return import_file(path, tmp_path / "out", stated(**said))


def frame_of(tmp_path: Path, text: str | bytes, name: str = "X.csv", **said: Any) -> pl.DataFrame:
    return pl.read_parquet(imported(tmp_path, text, name, **said).path)


def first_time(tmp_path: Path, time: str, **said: Any) -> str:
    frame = frame_of(tmp_path, f"time,open,high,low,close\n{time},1,1,1,1\n", **said)
    return time_text(int(frame["ts_ns"][0]))


@pytest.mark.parametrize(
    ("time", "said", "utc"),
    [
        ("2020-01-02", {}, "2020-01-02T00:00:00Z"),
        ("2020/01/02", {}, "2020-01-02T00:00:00Z"),
        ("20200102", {}, "2020-01-02T00:00:00Z"),
        ("2020-01-02 09:30", {"timezone": "America/New_York"}, "2020-01-02T14:30:00Z"),
        ("2020-01-02T09:30:01.5", {"timezone": "UTC"}, "2020-01-02T09:30:01.5Z"),
        ("2020-01-02 09:30:00.123456789", {"timezone": "UTC"}, "2020-01-02T09:30:00.123456789Z"),
        ("2020-01-02T09:30:00Z", {}, "2020-01-02T09:30:00Z"),
        ("2020-01-02 09:30:00-05:00", {}, "2020-01-02T14:30:00Z"),
        ("2020-01-02 09:30:00 +0530", {}, "2020-01-02T04:00:00Z"),
        ("20200102 093000", {"timezone": "UTC"}, "2020-01-02T09:30:00Z"),
        ("20200102 09:30", {"timezone": "UTC"}, "2020-01-02T09:30:00Z"),
        ("202001020930", {"timezone": "UTC"}, "2020-01-02T09:30:00Z"),
        ("12/31/2019 9:30", {"timezone": "UTC"}, "2019-12-31T09:30:00Z"),
        ("31/12/2019", {}, "2019-12-31T00:00:00Z"),
        ("1/2/2020", {"pairs": ["date_order=mdy"]}, "2020-01-02T00:00:00Z"),
        ("1/2/2020", {"pairs": ["date_order=dmy"]}, "2020-02-01T00:00:00Z"),
        ("01.02.2020", {}, "2020-02-01T00:00:00Z"),
        ("1577934245", {}, "2020-01-02T03:04:05Z"),
        ("1577934245006", {}, "2020-01-02T03:04:05.006Z"),
        ("1577934245006007", {}, "2020-01-02T03:04:05.006007Z"),
        ("1577934245006007008", {}, "2020-01-02T03:04:05.006007008Z"),
        ("5", {"pairs": ["epoch=s"]}, "1970-01-01T00:00:05Z"),
        ("1577975400", {"timezone": "America/New_York", "pairs": ["wall_clock=true"]}, "2020-01-02T19:30:00Z"),
        ("2 Jan 2020", {"pairs": ["time_format=%d %b %Y"]}, "2020-01-02T00:00:00Z"),
        ("2020-11-01 01:30", {"timezone": "America/New_York", "pairs": ["ambiguous=latest"]}, "2020-11-01T06:30:00Z"),
        ("2020-11-01 01:30", {"timezone": "America/New_York", "pairs": ["ambiguous=earliest"]}, "2020-11-01T05:30:00Z"),
    ],
)  # fmt: skip
def test_a_time_is_read_in_every_form(tmp_path: Path, time: str, said: dict[str, Any], utc: str) -> None:
    assert first_time(tmp_path, time, **said) == utc


def test_a_stamp_at_the_end_is_moved_back_by_the_interval(tmp_path: Path) -> None:
    rows = "".join(f"2020-01-02 10:{m:02}Z,1,1,1,1\n" for m in (5, 10, 15))
    found = imported(tmp_path, "time,open,high,low,close\n" + rows, stamp="end")
    assert (time_text(found.first_ns), found.dialect.interval_ns) == ("2020-01-02T10:00:00Z", 300 * 10**9)
    said = {"stamp": "end", "pairs": ["interval=1min"]}
    assert time_text(imported(tmp_path, "time,open,high,low,close\n" + rows, **said).first_ns) == "2020-01-02T10:04:00Z"


@pytest.mark.parametrize("separator", [";", "\t", "|", ","])
def test_the_separator_is_seen(tmp_path: Path, separator: str) -> None:
    text = (HEADER + "2020-01-02,1,2,0.5,1.5,7\n").replace(",", separator)
    assert frame_of(tmp_path, text).row(0)[2:] == (10**9, 2 * 10**9, 5 * 10**8, 15 * 10**8, 7.0)


def test_decimal_commas_and_thousands_are_read_where_they_are_stated(tmp_path: Path) -> None:
    text = "date;open;high;low;close;volume\n2020-01-02;1.234,5;1.300,25;1.200;1.250,75;12.345\n"
    frame = frame_of(tmp_path, text, pairs=["decimal=,", "thousands=."])
    assert frame.row(0)[2:] == (1234_500_000_000, 1300_250_000_000, 1200 * 10**9, 1250_750_000_000, 12345.0)
    plain = frame_of(tmp_path, text.replace("1.", "1"), pairs=["decimal=,"])
    assert plain.row(0)[2] == 1234_500_000_000
    quoted = frame_of(
        tmp_path, HEADER + '2020-01-02,"1,234.5","1,300","1,200","1,250","12,000"\n', pairs=["thousands=,"]
    )
    assert quoted.row(0)[2:] == (1234_500_000_000, 1300 * 10**9, 1200 * 10**9, 1250 * 10**9, 12000.0)


def test_scales_multiply_prices_and_sizes(tmp_path: Path) -> None:
    text = "time,price,size,side\n2020-01-02 10:00Z,1234500,3,B\n2020-01-02 10:00Z,1234600,4,S\n"
    frame = frame_of(tmp_path, text, pairs=["price_scale=0.0001", "size_scale=100"])
    assert frame["price"].to_list() == [123_450_000_000, 123_460_000_000]
    assert frame["size"].to_list() == [300 * 10**9, 400 * 10**9]
    assert frame["side"].to_list() == [1, -1]


def test_columns_are_named_in_order_for_a_file_without_a_header(tmp_path: Path) -> None:
    frame = frame_of(tmp_path, "7,2020-01-02,1,2,0.5,1.5\n", columns="-,time,open,high,low,close")
    assert frame["high"].to_list() == [2 * 10**9]
    assert np.isnan(frame["volume"][0])


def test_lines_before_the_header_are_skipped_where_that_is_stated(tmp_path: Path) -> None:
    text = "# made by a vendor\n# in 2020\n" + HEADER + "2020-01-02,1,1,1,1,1\n"
    assert len(frame_of(tmp_path, text, pairs=["skip_lines=2"])) == 1


def test_date_and_time_in_two_named_columns_are_joined(tmp_path: Path) -> None:
    text = "Date,Time,Open,High,Low,Close\n2020-01-02,09:30:00,1,1,1,1\n"
    assert time_text(imported(tmp_path, text, timezone="America/New_York").first_ns) == "2020-01-02T14:30:00Z"


def test_newest_first_is_seen_and_turned_round(tmp_path: Path) -> None:
    text = HEADER + "2020-01-03,3,3,3,3,3\n2020-01-02,2,2,2,2,2\n"
    assert frame_of(tmp_path, text)["volume"].to_list() == [2.0, 3.0]
    kept = frame_of(tmp_path, text, pairs=["newest_first=false"])
    assert kept["volume"].to_list() == [3.0, 2.0]


def test_blank_lines_windows_line_ends_a_byte_order_mark_and_quotes_do_no_harm(tmp_path: Path) -> None:
    text = '\ufeffDate,Open,High,Low,"Close",Volume\r\n\r\n2020-01-02,1,2,0.5,"1.5",10\r\n\r\n'
    text += "2020-01-03,1,2,0.5,1.5,1e3\r\n"
    frame = frame_of(tmp_path, text)
    assert frame["close"].to_list() == [1_500_000_000] * 2
    assert frame["volume"].to_list() == [10.0, 1000.0]


def test_missing_values_are_kept_as_missing_and_counted(tmp_path: Path) -> None:
    found = imported(tmp_path, HEADER + "2020-01-02,1,2,,1.5,10\n2020-01-03,1,NaN,1,null,\n2020-01-06,1,1,1,1,1\n")
    assert found.missing == {"high": 1, "low": 1, "close": 1, "volume": 1}
    assert pl.read_parquet(found.path)["low"].to_list() == [None, 10**9, 10**9]
    with pytest.raises(DataError, match="there are empty values"):
        read_bars(found.path)


def test_several_symbols_of_one_file_stay_apart_and_one_can_be_taken(tmp_path: Path) -> None:
    text = "Ticker," + HEADER + "B,2020-01-02,1,1,1,1,1\nA,2020-01-02,2,2,2,2,2\nB,2020-01-03,3,3,3,3,3\n"
    found = imported(tmp_path, text)
    assert (found.symbols, found.rows) == (("B", "A"), 3)
    one = imported(tmp_path, text, symbol="A")
    assert (one.symbols, one.rows) == (("A",), 1)
    with pytest.raises(DataError, match="no row is of the symbol 'C'; expected one of B, A"):
        imported(tmp_path, text, symbol="C")


def test_quotes_and_trades_are_told_from_bars_by_their_columns(tmp_path: Path) -> None:
    quotes = "time,bid,ask\n2020-01-02 10:00Z,1,2\n"
    assert frame_of(tmp_path, quotes).columns == ["ts_ns", "symbol", "bid", "bid_size", "ask", "ask_size"]
    trades = "timestamp,px,qty\n1577934245,1,2\n"
    assert frame_of(tmp_path, trades).columns == ["ts_ns", "symbol", "price", "size", "side"]
    assert frame_of(tmp_path, "time,a,b\n2020-01-02 10:00Z,1,2\n", column=["price=a", "size=b"])["size"][0] == 2 * 10**9


@pytest.mark.parametrize("packed", [".csv.gz", ".gz", ".zip"])
def test_packed_files_are_unpacked(tmp_path: Path, packed: str) -> None:
    text = (HEADER + "2020-01-02,1,1,1,1,1\n").encode()
    path = tmp_path / f"X{packed}"
    if packed == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("inner/ACME_1d.csv", text)
            archive.writestr("readme.md", "nothing")
    else:
        path.write_bytes(gzip.compress(text))
    found = import_file(path, tmp_path / "out")
    assert found.symbols == (("ACME",) if packed == ".zip" else ("X",))
    assert len(read_bars(path)) == 1


def test_an_archive_of_several_files_asks_which(tmp_path: Path) -> None:
    path = tmp_path / "X.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("A.csv", "B.csv"):
            archive.writestr(name, HEADER + "2020-01-02,1,1,1,1,1\n")
    with pytest.raises(DataError, match=r"the archive holds A.csv, B.csv; .* Name one with --dialect member=NAME"):
        import_file(path, tmp_path / "out")
    assert import_file(path, tmp_path / "out", stated(pairs=["member=B.csv"])).symbols == ("B",)


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".parquet.gz"])
def test_columns_of_every_kind_of_time_are_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"X{suffix}"
    prices = {name: [1.5] for name in ("open", "high", "low", "close")}
    frame = pl.DataFrame({"date": [datetime(2020, 1, 2, 5, tzinfo=UTC)], **prices})
    plain = tmp_path / "plain"
    frame.write_ipc(plain) if suffix == ".feather" else frame.write_parquet(plain)
    path.write_bytes(gzip.compress(plain.read_bytes()) if suffix.endswith("gz") else plain.read_bytes())
    assert time_text(import_file(path, tmp_path / "out").first_ns) == "2020-01-02T05:00:00Z"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"pairs": ["seperator=;"]}, "did you mean separator"),
        ({"pairs": ["separator"]}, "expected NAME=VALUE"),
        ({"pairs": ["separator=ab"]}, "expected one character, or tab"),
        ({"column": ["prize=x"]}, "did you mean price"),
        ({"stamp": "middle"}, "Invalid enum value 'middle'"),
        ({"pairs": ["interval=often"]}, "interval 'often' is not understood: expected a number and s, min"),
        ({"timezone": "Mars/Olympus"}, "unknown time zone"),
        ({"column": ["close=nothing"]}, "--column close=nothing: the file has no such column"),
    ],
)
def test_an_option_that_means_nothing_is_refused(tmp_path: Path, said: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        imported(tmp_path, HEADER + "2020-01-02,1,1,1,1,1\n", **said)


@pytest.mark.parametrize(("text", "ns"), [("1min", 60), ("5 min", 300), ("1h", 3600), ("1day", 86_400), ("30s", 30)])
def test_intervals_are_read_and_said(text: str, ns: int) -> None:
    assert interval_ns_of(text) == ns * 10**9
    assert interval_ns_of(interval_text(ns * 10**9)) == ns * 10**9


def test_detection_alone_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text("date;open;high;low;close\n2020-01-02 10:00;1;1;1;1")
    found = detect(path)
    assert [doubt.option.split(",")[0] for doubt in found.doubts] == ["--timezone"]
    assert any("it has no line end" in line for line in found.lines())
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 9_000_000 * 10**9).map(lambda n: Decimal(n).scaleb(-9)), min_size=1, max_size=20))
def test_prices_of_nine_decimals_are_read_to_the_nano(
    tmp_path_factory: pytest.TempPathFactory, prices: list[Decimal]
) -> None:
    lines = [f"{2000 + i}-01-01,{p:f},{p:f},{p:f},{p:f}\n" for i, p in enumerate(prices)]
    frame = frame_of(tmp_path_factory.mktemp("prices"), "date,open,high,low,close\n" + "".join(lines))
    assert frame["close"].to_list() == [nanos_from_decimal(price) for price in prices]


def test_interval_and_direction_are_found_of_epoch_times_in_text_too(tmp_path: Path) -> None:
    rows = "".join(f"{1_700_000_000_000 - k * 60_000},1,1,1,1\n" for k in range(5))
    done = imported(tmp_path, "ts_ms,open,high,low,close\n" + rows)
    assert (done.dialect.interval_ns, done.dialect.newest_first) == (60 * 10**9, True)
    assert pl.read_parquet(done.path)["ts_ns"].is_sorted()
