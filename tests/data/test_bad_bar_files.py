"""Files that cannot be read as bars: each refusal names the file, the line, what was seen and what was expected."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradetui.data.formats import read_bars, read_many, write_bars
from tradetui.engine.errors import DataError, TradetuiError, UsageError
from tradetui.engine.market.bars import bars_from_floats

HEADER = "date,open,high,low,close,volume\n"
GOOD = "2020-01-02,1,2,0.5,1.5,10\n"
START = HEADER + GOOD  # two lines that are right: faults begin on line 3


def refusal(path: Path, **options: str) -> str:
    with pytest.raises(DataError) as error:
        read_bars(path, **options)
    text = str(error.value)
    assert text.startswith(str(path)), "a refusal begins with the file"
    assert "; expected " in text
    assert "polars" not in text.lower()
    return text.removeprefix(str(path))


SHUFFLED = (
    ":4: X goes back from 2020-01-04T00:00:00Z to 2020-01-03T00:00:00Z; expected times that rise. The rows are shuffled"
)

ROWS = [
    ("an unparsable price", START + "2020-01-03,1,2,0.5,x,10\n", ":3: close 'x' is not a number"),
    ("a decimal comma", START + '2020-01-03,1,2,0.5,"1,5",10\n', ":3: close '1,5' is not a number"),
    ("an unparsable time", START + "2020-13-03,1,2,0.5,1,10\n", ":3: time '2020-13-03' is not understood"),
    ("a time of another form", START + "1/3/2020,1,2,0.5,1,10\n", ":3: time '1/3/2020' is not understood"),
    ("a day before the month", "date,open,high,low,close\n1/2/2020,1,1,1,1\n13/2/2020,1,1,1,1\n", "month/day/year"),
    ("a first time that is none", HEADER + "soon,1,2,0.5,1,10\n", ":2: time 'soon' is not understood"),
    ("a compact date", HEADER + "20200102,1,2,0.5,1,10\n", ":2: time '20200102' may be a date without separators"),
    ("an epoch of no unit", HEADER + "15778,1,2,0.5,1,10\n", ":2: time '15778' has 5 digits; expected an epoch in s"),
    ("an epoch among dates", HEADER + "1577934245,1,1,1,1,1\nx,1,1,1,1,1\n", ":3: time 'x' is not understood"),
    ("a year beyond nanoseconds", START + "2300-01-01,1,2,0.5,1,10\n", ":3: time '2300-01-01' is out of range"),
    ("NaN", START + "2020-01-03,1,2,0.5,nan,10\n", ":3: close is nan; expected a finite price above 0"),
    ("infinity", START + "2020-01-03,1,inf,0.5,1,10\n", ":3: high is inf"),
    ("a negative price", START + "2020-01-03,1,2,-0.5,1,10\n", ":3: low is -0.5"),
    ("a price of zero", START + "2020-01-03,0,2,0,1,10\n", ":3: open is 0"),
    ("a price that rounds to zero", START + "2020-01-03,1e-10,2,1e-10,1,10\n", ":3: open is 1e-10"),
    ("a price too large", START + "2020-01-03,1,9000001,1,1,10\n", ":3: high is 9000001.0; expected a finite"),
    ("a negative volume", START + "2020-01-03,1,2,0.5,1,-3\n", ":3: volume is -3"),
    ("a volume that is NaN", START + "2020-01-03,1,2,0.5,1,nan\n", ":3: volume is nan"),
    ("an infinite volume", START + "2020-01-03,1,2,0.5,1,inf\n", ":3: volume is inf"),
    ("a high below the close", START + "2020-01-03,1,1.2,0.5,1.3,1\n", ":3: high 1.2 is below close 1.3"),
    ("a high below the open", START + "2020-01-03,1.4,1.2,0.5,1.1,1\n", ":3: high 1.2 is below open 1.4"),
    ("a low above the open", START + "2020-01-03,1,2,1.1,1.3,1\n", ":3: low 1.1 is above open 1.0"),
    ("a time twice", START + GOOD, ":3: X has the time 2020-01-02T00:00:00Z twice"),
    ("shuffled rows", START + "2020-01-04,1,1,1,1,1\n2020-01-03,1,1,1,1,1\n", SHUFFLED),
    ("newest first", START + "2020-01-01,1,1,1,1,1\n2019-12-31,1,1,1,1,1\n", "newest first"),
    ("an empty cell", START + "2020-01-03,1,,0.5,1,1\n", ":3: 'high' is empty"),
    ("a line cut off", START + "2020-01-03,1,2\n", ":3: 'low' is empty; expected a value. The row may"),
    ("a line of commas", START + ",,,,,\n", ":3: 'date' is empty"),
    ("a field too many", START + "2020-01-03,1,2,0.5,1,1,9\n", ":3: 7 fields; expected 6, as in the header"),
    ("a quote left open", START + '2020-01-03,1,2,0.5,"1,1\n', ":3: the text cannot be cut into fields"),
    ("a line after blank ones", START + "\n\n2020-01-03,1,2,0.5,x,10\n", ":5: close 'x'"),
    ("a line after a quoted line end", HEADER + '"2020-01-02\n",1,1,1,1,1\n2020-01-03,1,1,1,x,1\n', ":4: close 'x'"),
    ("no header", GOOD + GOOD, ":1: the first line has no column name we know ('2020-01-02', '1', '2',"),
    ("a blank first line", "\n" + START, ":1: the first line has no column name we know"),
    ("a missing column", "date,open,high,close\n2020-01-02,1,2,1\n", ":1: no column 'low' among 'date', 'open'"),
    ("no time column", "a,open,high,low,close\nx,1,1,1,1\n", ":1: no time column among 'a', 'open'"),
    ("two time columns", "date,time,open,high,low,close\n1,1,1,1,1,1\n", ":1: several time columns ('date', 'time')"),
    ("two closes", "date,open,high,low,close,Close\n1,1,1,1,1,1\n", ":1: several close columns ('close', 'Close')"),
    ("semicolons", HEADER.replace(",", ";") + GOOD.replace(",", ";"), ":1: fields are separated by ';'"),
    ("a header only", HEADER, ":1: there is a header and no row; expected at least one row"),
    ("an empty file", "", ": the file is empty; expected a header and at least one row"),
    ("spaces only", " \n\n", ": the file is empty"),
    ("an empty symbol", "symbol," + HEADER + "A," + GOOD + "," + GOOD, ":3: the symbol is empty"),
    ("a time twice of one symbol", "symbol," + HEADER + "A," + GOOD + "B," + GOOD + "A," + GOOD, ":4: A has the time"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_text_that_is_no_bars_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "X.csv"
    path.write_text(text)
    assert words in refusal(path)


def test_the_first_wrong_line_is_named_whatever_is_wrong_with_it(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text(START + "2020-01-03,1,2,1.1,1.3,1\n2020-01-04,-1,2,0.5,1.3,1\n2020-01-01,1,1,1,1,1\n")
    assert refusal(path).startswith(":3: low 1.1")


def test_a_wrong_line_keeps_its_number_when_rows_before_it_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text(START + "\n2020-01-03,1,1,1,1,1\n2020-01-04,1,1,1,1,-1\n")
    assert refusal(path, start="2020-01-04").startswith(":5: volume is -1")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("X.csv", b"\x00\x01\x02\x03" * 50, "this is binary data, not text"),
        ("X.csv", "\n".join(["date,open"] * 9).encode("utf-16"), "this is binary data, not text"),
        ("X.csv", b"\xff\xfe\xfd,,,\n1\n", ":1: the first line is not UTF-8 text"),
        ("X.csv", START.encode() + b"2020-01-03,\xff,1,1,1,1\n", ":3: there are bytes that are not UTF-8"),
        ("X.csv.gz", START.encode(), "this is not a whole gzip file"),
        ("X.csv.gz", gzip.compress(START.encode() * 50, mtime=0)[:-20], "the gzip data end too early"),
        ("X.csv.gz", gzip.compress(START.encode() * 50, mtime=0)[:30] + b"garbage" * 9, "the gzip data are damaged"),
        ("X.csv.gz", b"", "the file is empty"),
        ("X.parquet", START.encode(), "this is not a Parquet file; expected the bytes PAR1"),
        ("X.parquet", b"PAR1" + b"garbage" * 20 + b"PAR1", "the Parquet data cannot be read"),
        ("X.feather", b"FEA1" + b"garbage" * 20, "this is not a Arrow (feather version 2) file"),
        ("X.feather", b"ARROW1\0\0" + b"garbage" * 20, "the Arrow (feather version 2) data cannot be read"),
        ("X.xlsx", b"PK", "the extension '.xlsx' is not known; expected one of .csv, .parquet"),
        ("X", b"date", "the extension '' is not known"),
        ("_.csv", START.encode(), "its name begins with no symbol"),
    ],
)  # fmt: skip
def test_bytes_that_are_no_data_file_are_refused(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert words in refusal(path)


def test_a_path_that_is_no_file_is_refused(tmp_path: Path) -> None:
    assert "there is no such file" in refusal(tmp_path / "absent.csv")
    assert "this is a directory" in refusal(tmp_path)


@pytest.mark.parametrize("cut", [5, 100, 1_000, -9, -1])
@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_a_column_file_cut_off_anywhere_is_refused(tmp_path: Path, suffix: str, cut: int) -> None:
    path = tmp_path / f"X{suffix}"
    ts = np.arange(1_000) * 86_400 * 10**9
    if suffix == ".parquet":
        write_bars(bars_from_floats("X", ts, *[1 + ts / 1e20] * 4, ts / 1e9), path)
    else:
        pl.DataFrame({"ts_ns": ts, **dict.fromkeys(("open", "high", "low", "close"), ts + 1.0)}).write_ipc(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:cut])
    refusal(path)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.sampled_from([".csv", ".csv.gz", ".parquet", ".feather"]), st.data())
def test_a_damaged_file_is_read_or_refused_and_never_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damaged") / f"X{suffix}"
    frame = pl.DataFrame(
        {"date": [f"2020-01-{d:02}" for d in range(1, 29)], **{n: [1.5] * 28 for n in ("open", "high", "low", "close")}}
    )
    if suffix.startswith(".csv"):
        text = frame.write_csv().encode()
        path.write_bytes(gzip.compress(text, mtime=0) if suffix.endswith("gz") else text)
    else:
        frame.write_parquet(path) if suffix == ".parquet" else frame.write_ipc(path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        read_bars(path)
    except TradetuiError as error:
        assert str(path) in str(error)  # noqa: PT017  # most damage is refused, some only changes a price


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("close", [1.5, None], "row 2: 'close' is empty"),
        ("close", [1.5, float("nan")], "row 2: close is nan"),
        ("volume", [1.0, float("nan")], "row 2: volume is nan"),
        ("high", [1.5, 1.4], "row 2: high 1.4 is below open 1.5"),
        ("close", ["1.5", "1.5"], "column 'close' holds String; expected numbers"),
        ("date", [1.5, 2.5], "column 'date' holds Float64; expected dates"),
        ("date", [17, 18], "row 1: time 17 has 2 digits"),
        ("date", ["2020-01-02", "2020-01-01"], "row 2: X goes back from 2020-01-02T00:00:00Z"),
        ("date", [datetime(3000, 1, 1, tzinfo=UTC)] * 2, "row 1: time 32503680000000000 is out of range"),
    ],
)
def test_a_column_file_is_refused_with_its_row(tmp_path: Path, column: str, value: list[object], words: str) -> None:
    columns: dict[str, object] = {"date": ["2020-01-02", "2020-01-03"], "volume": [1.0, 1.0]}
    columns |= {name: [1.5, 1.5] for name in ("open", "high", "low", "close")}
    path = tmp_path / "X.parquet"
    pl.DataFrame({**columns, column: value}).write_parquet(path)
    assert words in refusal(path)


def test_a_column_file_without_rows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "X.parquet"
    schema = {"ts_ns": pl.Int64, **dict.fromkeys(("open", "high", "low", "close"), pl.Float64)}
    pl.DataFrame(schema=schema).write_parquet(path)
    assert "there are columns and no row; expected at least one row" in refusal(path)
    write_bars(bars_from_floats("X", [], [], [], [], [], []), path)
    assert "there are columns and no row; expected at least one row" in refusal(path)


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.symlink_to(path)  # a file that even root cannot open
    assert "it cannot be read (Too many levels of symbolic links)" in refusal(path)


@pytest.mark.parametrize(
    ("time", "line_seen"),
    [("2020-11-01 01:30", "2020-11-01T01:30:00"), ("2020-03-08 02:30", "2020-03-08T02:30:00")],
    ids=["ambiguous", "nonexistent"],
)
def test_a_time_that_a_clock_change_makes_unclear_is_refused(tmp_path: Path, time: str, line_seen: str) -> None:
    path = tmp_path / "X.csv"
    path.write_text(f"date,open,high,low,close\n2020-01-01 01:30,1,1,1,1\n{time},1,1,1,1\n")
    words = f":3: {line_seen} does not name one instant in America/New_York"
    assert refusal(path, timezone="America/New_York").startswith(words)


def test_an_unknown_symbol_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text("symbol," + HEADER + "A," + GOOD + "B," + GOOD)
    assert "no row is of the symbol 'C'; expected one of A, B" in refusal(path, symbol="C")


def test_a_range_without_rows_is_refused_with_the_times_there_are(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text(START)
    words = refusal(path, start="2021-01-01")
    assert "no row between 2021-01-01T00:00:00Z and any time" in words
    assert "within 2020-01-02T00:00:00Z to 2020-01-02T00:00:00Z" in words


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"timezone": "Mars/Olympus"}, "unknown time zone 'Mars/Olympus'"),
        ({"timezone": "../../etc/passwd"}, "unknown time zone"),
        ({"start": "yesterday"}, "'yesterday' is not a date or time"),
        ({"stop": "0001-01-01"}, "outside the years"),
        ({"start": "2020-01-03", "stop": "2020-01-01"}, "the time range from 2020-01-03 to 2020-01-01 is empty"),
    ],
)
def test_options_that_mean_nothing_are_the_users_fault_and_not_the_files(
    tmp_path: Path, options: dict[str, str], words: str
) -> None:
    path = tmp_path / "X.csv"
    path.write_text(START)
    with pytest.raises(UsageError, match=words.replace("(", r"\(")):
        read_bars(path, **options)


def test_a_time_in_two_files_of_one_symbol_is_refused_with_both_names(tmp_path: Path) -> None:
    one, other = tmp_path / "X_1.csv", tmp_path / "X_2.csv"
    one.write_text(START + "2020-01-03,1,1,1,1,1\n")
    other.write_text(HEADER + "2020-01-03,1,1,1,1,1\n2020-01-04,1,1,1,1,1\n")
    with pytest.raises(DataError) as error:
        read_many([other, one])
    assert str(error.value).startswith(
        f"{other}: X at 2020-01-03T00:00:00Z is in this file and in {one}; expected one row"
    )


def test_no_file_at_all_is_refused() -> None:
    with pytest.raises(UsageError, match="no data file is named"):
        read_many([])


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    bars = bars_from_floats("X", [0], [1.0], [1.0], [1.0], [1.0], [1.0])
    (tmp_path / "X.parquet").mkdir()
    with pytest.raises(DataError, match="it cannot be written"):
        write_bars(bars, tmp_path / "X.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["X.parquet"]
    with pytest.raises(DataError, match="it cannot be written"):
        write_bars(bars, tmp_path / "absent" / "X.parquet")
