"""What cannot be imported is refused with file, line, seen, expected and remedy, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import gzip
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradetui.data.clean.files import load, write_cleaned
from tradetui.data.clean.registry import chosen, settings_of
from tradetui.data.dialects.importing import import_file
from tradetui.data.dialects.words import stated
from tradetui.engine.errors import DataError, TradetuiError, UsageError

HEADER = "date,open,high,low,close,volume\n"
GOOD = "2020-01-02,1,1,1,1,1\n"


def refusal(path: Path, **said: Any) -> str:
    out = path.parent / "out"
    with pytest.raises(DataError) as error:
        import_file(path, out, stated(**said))
    assert not out.exists() or list(out.iterdir()) == []
    words = str(error.value)
    assert words.startswith(str(path))
    assert "; expected " in words
    return words.removeprefix(str(path))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", ": the file is empty"),
        (b"\n\n", ": the file is empty"),
        (HEADER, ":1: there is a header and no row"),
        (HEADER + GOOD + "2020-01-03,1,1,1\n", ":3: 4 fields; expected 6, as in the other lines. The file may"),
        (HEADER + GOOD + "2020-01-03,1,1", ":3: 3 fields; expected 6"),
        (HEADER + GOOD + "2020-01-03,1,1,1,1,1,1\n", ":3: 7 fields; expected 6"),
        (HEADER + GOOD + "2020-01-03,1,x,1,1,1\n", ":3: high 'x' is not a number; expected a decimal number"),
        (HEADER + GOOD + "yesterday,1,1,1,1,1\n", ":3: time 'yesterday' is not understood; expected the form %Y-%m-%d"),
        (HEADER + GOOD + ",1,1,1,1,1\n", ":3: 'date' is empty; expected a time on every row"),
        (HEADER + GOOD + "2020-02-30,1,1,1,1,1\n", ":3: time '2020-02-30' is not understood"),
        (HEADER + GOOD + '"2020-01-03",1,"x",1,1,1\n', ":3: high 'x' is not a number"),
        (HEADER + GOOD + "\n\n2020-01-03,1,x,1,1,1\n", ":5: high 'x' is not a number"),
        (HEADER.encode() + GOOD.encode() + b"2020-01-03,1,\xff,1,1,1\n", ":3: there are bytes that are not UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00" + bytes(range(256)), ": this is binary data, not text"),
        ("date,open,high\n2020-01-02,1,1\n", ":1: columns 'date', 'open', 'high'; expected columns for bars"),
        ("open,high,low,close\n1,1,1,1\n", ":1: no time column among 'open', 'high', 'low', 'close'"),
        ("time,price,size,side\n2020-01-02,1,1,up\n", ":2: side 'up' is no side; expected buy or sell"),
        ("time,open,high,low,close\n2020-01-02 10:00Z,1,1,1,1\n2020-01-02 10:01,1,1,1,1\n",
         ":3: time '2020-01-02 10:01' is not understood; expected the form %Y-%m-%d %H:%M%#z. Times with and without"),
        ("time,open,high,low,close\n2020-01-02 10:00,1,1,1,1\n2020-01-02 10:01-05:00,1,1,1,1\n",
         ":3: time '2020-01-02 10:01-05:00' is not understood; expected the form %Y-%m-%d %H:%M. Times with and"),
    ],
)  # fmt: skip
def test_a_faulty_file_is_refused_with_its_line(tmp_path: Path, text: str | bytes, words: str) -> None:
    path = tmp_path / "X.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    assert words in refusal(path, timezone="UTC")


def test_a_time_that_the_clocks_leave_out_is_refused_with_the_option_that_helps(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text("time,open,high,low,close\n2020-10-31 01:30,1,1,1,1\n2020-11-01 01:30,1,1,1,1\n")
    words = refusal(path, timezone="America/New_York")
    assert ":3: 2020-11-01 01:30 does not name one instant in America/New_York: the clocks change there" in words
    assert "--dialect ambiguous=earliest or latest" in words


@pytest.mark.parametrize("dialect", [{}, {"ambiguous": "earliest"}])
def test_a_time_that_never_was_is_refused_without_an_option_that_does_not_help(
    tmp_path: Path, dialect: dict[str, str]
) -> None:
    path = tmp_path / "X.csv"
    path.write_text("time,open,high,low,close\n2020-03-07 02:30,1,1,1,1\n2020-03-08 02:30,1,1,1,1\n")
    words = refusal(path, timezone="America/New_York", **dialect)
    assert ":3: 2020-03-08 02:30 does not exist in America/New_York: the clocks go forward there" in words
    assert "ambiguous" not in words


def test_two_symbols_in_one_file_without_a_column_for_them_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text(HEADER + "".join(f"2020-01-{d:02},{p},{p},{p},{p},1\n" for d in range(1, 9) for p in (10, 500)))
    words = refusal(path)
    assert "16 rows stand at 8 times, so this looks like two symbols or more in one file" in words
    assert "--column symbol=NAME" in words


def test_a_table_of_fifty_columns_names_only_some(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text(",".join(f"field{i}" for i in range(50)) + "\n" + ",".join("1" * 50) + "\n")
    words = refusal(path)
    assert "'field9' and 40 more" in words
    assert "field10" not in words
    path.write_text(",".join(f"field{i}" for i in range(45)) + "," + HEADER + ",".join("1" * 45) + "," + GOOD)
    assert import_file(path, tmp_path / "out").rows == 1


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("X.csv.gz", gzip.compress((HEADER + GOOD * 500).encode(), mtime=0)[:-20], "the packed data end too early"),
        ("X.csv.gz", b"not gzip at all", "the packed data are damaged"),
        ("X.csv.gz", gzip.compress(b"", mtime=0), "the file in it is empty"),
        ("X.zip", b"PK\x03\x04 and no more", "the zip archive cannot be unpacked"),
        ("X.parquet", b"PAR1 and no more PAR1", "the Parquet data cannot be read"),
        ("X.parquet", b"date,open\n", "this is not a Parquet file"),
        ("X.feather", b"ARROW1 and no more", "the Arrow (feather version 2) data cannot be read"),
        ("X.xlsx", b"PK", "the extension '.xlsx' is not known"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert words in refusal(path)


def test_an_empty_archive_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "X.zip", "w"):
        pass
    assert "the archive holds nothing" in refusal(tmp_path / "X.zip")


def test_a_directory_a_missing_file_and_a_locked_one_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.csv").write_text(HEADER)
    assert "this is a directory of 1 entries; expected a data file. Name the files in it" in refusal(folder)
    assert "there is no such file" in refusal(tmp_path / "absent.csv")
    loop = tmp_path / "loop.csv"
    loop.symlink_to(loop)
    assert "it cannot be read" in refusal(loop)
    if os.geteuid() != 0:
        locked = tmp_path / "locked.csv"
        locked.write_text(HEADER + GOOD)
        locked.chmod(0)
        assert "it cannot be read (Permission denied)" in refusal(locked)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text(HEADER + GOOD)
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="it cannot be made"):
        import_file(path, tmp_path / "file" / "out")


FULL_DISK = """
import resource, sys
from pathlib import Path
from tradetui.data.clean.files import load, write_cleaned
from tradetui.data.clean.registry import chosen, settings_of
from tradetui.data.dialects.importing import import_file
from tradetui.engine.errors import DataError
what, source, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
loaded = load(source) if what == "clean" else None
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
try:
    if loaded is None:
        import_file(source, out)
    else:
        write_cleaned(loaded, chosen("bars"), settings_of(()), out / "c.parquet", out / "u.parquet")
except DataError as error:
    print(error)
"""


@pytest.mark.slow
@pytest.mark.parametrize("what", ["import", "clean"])
def test_a_full_disk_leaves_no_half_file(tmp_path: Path, what: str) -> None:
    path = tmp_path / "X.csv"
    rows = (f"{1900 + i // 336}-{i // 28 % 12 + 1:02}-{i % 28 + 1:02},{i + 1}.{i},{i + 9}.7,1.1,{i + 2}.3,{i * 7}\n"
            for i in range(30_000))  # fmt: skip
    path.write_text(HEADER + "".join(rows))
    argv = [sys.executable, "-c", FULL_DISK, what, str(path), str(tmp_path / "out")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert "it cannot be written" in done.stdout, done.stderr[-2000:]
    assert "expected a writable place with room" in done.stdout
    assert list((tmp_path / "out").iterdir()) == []


BOUNDED = """
import resource, sys
from pathlib import Path
from tradetui.data.dialects.importing import import_file
from tradetui.data.dialects.words import stated
imported = import_file(Path(sys.argv[1]), Path(sys.argv[2]), stated(timezone="UTC"))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(imported.rows, peak if sys.platform == "darwin" else peak * 1024)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak_of(blocks: int) -> tuple[int, int]:
        path = tmp_path / f"X_{blocks}.csv"
        block = "".join(f"2020-01-{d:02} {h:02}:{m:02}:00,100.25,100.75,100.01,100.5,{m}\n"
                        for d in range(1, 29) for h in range(24) for m in range(60))  # fmt: skip
        with path.open("w") as file:
            file.write(HEADER)
            for year in range(blocks):
                file.write(block.replace("2020-", f"{1800 + year}-"))
        argv = [sys.executable, "-c", BOUNDED, str(path), str(tmp_path / "out")]
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
        rows, peak = map(int, done.stdout.split())
        assert rows == blocks * 28 * 1440
        return path.stat().st_size, peak

    small, small_peak = peak_of(10)
    large, large_peak = peak_of(80)
    assert large > 7 * small > 7 * 15e6
    assert large_peak - small_peak < (large - small) * 2  # whole in memory it is more than four times its bytes


def test_a_file_is_never_written_over_itself(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text(HEADER + GOOD)
    found = import_file(path, tmp_path)
    before = found.path.read_bytes()
    load(found.path)
    with pytest.raises(DataError, match="this is the file that is cleaned"):
        write_cleaned(load(found.path), chosen("bars"), settings_of(()), found.path, tmp_path / "u.parquet")
    assert found.path.read_bytes() == before


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_text_is_imported_or_refused_and_never_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    good = (HEADER + GOOD + "2020-01-03,2,2,2,2,2\n2020-01-06,3,3,3,3,3\n").encode()
    at, cut = data.draw(st.integers(0, len(good))), data.draw(st.integers(0, 9))
    path = folder / "X.csv"
    path.write_bytes(good[:at] + data.draw(st.binary(max_size=4)) + good[at + cut :])
    with contextlib.suppress(TradetuiError):
        import_file(path, folder / "out", stated(timezone="UTC", stamp="start"))
    assert [p.name for p in (folder / "out").glob("*")] in ([], ["X_bars.parquet"])


def test_our_own_parquet_is_refused_where_it_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text(HEADER + GOOD)
    found = import_file(path, tmp_path).path
    found.write_bytes(found.read_bytes()[:-30])
    with pytest.raises(DataError, match="the Parquet data cannot be read"):
        load(found)
    pl.DataFrame({"ts_ns": [1]}).head(0).write_parquet(found, metadata={"tradetui.layout": "bars/1"})
    with pytest.raises(DataError, match="there are columns and no row"):
        load(found)


@pytest.mark.parametrize("role", ["time", "close", "clock", "symbol"])
def test_a_column_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path, role: str) -> None:
    path = tmp_path / "X.csv"
    path.write_text(HEADER + GOOD)
    with pytest.raises(UsageError, match=f"--column {role}=nope: the file has no such column, only date, open"):
        import_file(path, tmp_path / "out", stated((), (f"{role}=nope",)))
