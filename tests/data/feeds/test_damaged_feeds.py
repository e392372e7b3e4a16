"""Feeds that are damaged anywhere: refused or read with what was wrong counted, never a fault of ours."""

from __future__ import annotations

import gzip
import io
import tempfile
import zipfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradetui.data.feeds.detect import FEEDS, FeedName, detect_feed
from tradetui.data.feeds.importing import FeedImported, FeedStated, import_feed
from tradetui.engine.errors import DataError, TradetuiError, UsageError

LINES: dict[FeedName, list[str]] = {
    "binance-spot": [
        '1700000000000000000 {"e":"depthUpdate","E":1700000000000,"s":"X","U":1,"u":3,"b":[["1.5","2"]],"a":[]}',
        '1700000000000000001 {"lastUpdateId":2,"bids":[["1","1"]],"asks":[["2","1"]]}',
        '1700000000000000002 {"u":4,"s":"X","b":"1","B":"1","a":"2","A":"1"}',
        '1700000000000000003 {"e":"trade","s":"X","t":1,"p":"1","q":"1","T":1700000000000,"m":true}',
    ],
    "bybit": [
        '{"topic":"orderbook.1.X","type":"snapshot","ts":1700000000000,"data":{"s":"X","u":1,"b":[["1","1"]],"a":[]}}',
        '{"topic":"orderbook.1.X","type":"delta","ts":1700000000001,"data":{"s":"X","u":2,"b":[],"a":[["2","1"]]}}',
        '{"topic":"publicTrade.X","ts":1700000000001,"data":[{"T":1700000000000,"s":"X","S":"Buy","v":"1","p":"2"}]}',
    ],
    "lobster": ["34200.5,1,7,100,308700,1", "34200.6,4,7,100,308700,1", "34200.7,3,8,100,308700,-1"],
    "nasdaq": ["A,34200000,1,11.48,400,BID", "R,34200001,1,300", "T,34200001,1,11.48,100", "C,34200002,1"],
    "bitstamp": [
        "id,timestamp,exchange_timestamp,price,volume,action,direction",
        "1,1777689383201,1777689380521,78318.0,1.5,created,bid",
        "1,1777689383202,1777689380521,78318.0,1.0,changed,bid",
    ],
}


def imported(data: bytes, feed: FeedName, folder: Path, name: str = "X_2020-01-02.txt") -> FeedImported:
    path = folder / name
    path.write_bytes(data)
    return import_feed(path, folder / "out", FeedStated(feed=feed))


@pytest.mark.slow
@given(st.sampled_from(sorted(LINES)), st.data())
@settings(max_examples=60, deadline=None)
def test_a_feed_that_was_changed_anywhere_is_read_or_refused(feed: FeedName, data: st.DataObject) -> None:
    text = bytearray("\n".join(LINES[feed] * 3).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        text[at : at + data.draw(st.integers(0, 5))] = data.draw(
            st.binary(max_size=4)
            | st.sampled_from([b"\n", b",", b"-", b'"', b"9999999999999999999999", b"1e99", b"\r"])
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            done = imported(bytes(text) or b"\n", feed, folder)
        except TradetuiError:
            assert list((folder / "out").glob("*")) == []
            return
        for path in done.paths.values():
            frame = pl.read_parquet(path)
            assert frame["ts_ns"].is_sorted()
            assert frame.null_count().sum_horizontal()[0] == 0


@pytest.mark.slow
@given(st.binary(min_size=1, max_size=200), st.sampled_from(FEEDS))
@settings(max_examples=40, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes, feed: FeedName) -> None:
    with tempfile.TemporaryDirectory() as name:
        try:
            imported(data, feed, Path(name))
        except TradetuiError:
            return


WHOLE = "\n".join(f"A,{34200000 + k},{k},11.48,400,BID" for k in range(1, 20_001)).encode() + b"\n"


def zipped(method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("messages.csv", WHOLE)
    return out.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("packed", "words"),
    [
        (gzip.compress(WHOLE, mtime=0), "the packed data end too early"),
        (zipped(zipfile.ZIP_DEFLATED), "the zip archive is damaged or ends too early (File is not a zip file)"),
        (zipped(zipfile.ZIP_STORED), "the zip archive is damaged or ends too early (File is not a zip file)"),
    ],
    ids=["gzip", "zip", "zip stored"],
)
def test_packed_feeds_that_were_cut_give_what_they_have(tmp_path: Path, packed: bytes, words: str) -> None:
    whole = imported(packed, "nasdaq", tmp_path)
    assert (whole.report.messages, whole.report.cut) == (20_000, "")
    done = imported(packed[: len(packed) // 2], "nasdaq", tmp_path)
    assert 5_000 < done.report.messages < 15_000
    assert done.report.cut == words
    assert pl.read_parquet(done.paths["orders"])["order_id"].to_list() == list(range(1, done.report.messages + 1))
    broken = bytearray(packed)
    broken[len(broken) // 2 : len(broken) // 2 + 8] = b"\xff" * 8
    after = imported(bytes(broken), "nasdaq", tmp_path)
    assert after.report.cut or after.report.faults


def test_two_gzip_files_one_behind_another_are_read_as_one(tmp_path: Path) -> None:
    half = WHOLE.index(b"\n", len(WHOLE) // 2) + 1
    packed = gzip.compress(WHOLE[:half], mtime=0) + gzip.compress(WHOLE[half:], mtime=0)
    assert imported(packed, "nasdaq", tmp_path).report.messages == 20_000


def test_a_packed_recording_that_begins_with_a_large_snapshot_is_detected(tmp_path: Path) -> None:
    levels = ",".join(f'["{k}.00000000","1.00000000"]' for k in range(1, 5_000))
    path = tmp_path / "X.gz"
    path.write_bytes(gzip.compress(f'{{"lastUpdateId":1,"bids":[{levels}],"asks":[]}}\n'.encode() * 2, mtime=0))
    found = detect_feed(path)
    assert found is not None
    assert found.feed == "binance-spot"


def test_a_message_that_is_no_text_is_counted_and_the_feed_still_detected(tmp_path: Path) -> None:
    lines = [line.encode() for line in LINES["bybit"]]
    path = tmp_path / "X.txt"
    path.write_bytes(b"\n".join([lines[0].replace(b"snapshot", b"snap\x80hot"), *lines]) + b"\n")
    found = detect_feed(path)
    assert found is not None
    assert found.feed == "bybit"
    assert import_feed(path, tmp_path / "out").report.faults["bad_message"].line == 1


def test_archives_of_several_files_or_none_and_folders_are_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", WHOLE)
        archive.writestr("b.csv", WHOLE)
    with pytest.raises(DataError, match=r"the archive holds a.csv, b.csv; expected one file of a feed"):
        imported(out.getvalue(), "nasdaq", tmp_path)
    with pytest.raises(DataError, match="this is a directory"):
        import_feed(tmp_path, tmp_path / "out")
    with pytest.raises(DataError, match="there is no such file"):
        import_feed(tmp_path / "none.csv", tmp_path / "out")
    with pytest.raises((DataError, UsageError), match="the file is empty"):
        imported(b"", "nasdaq", tmp_path)


def test_a_last_line_without_an_end_is_read_and_told(tmp_path: Path) -> None:
    done = imported(WHOLE[:-1], "nasdaq", tmp_path)
    assert done.report.messages == 20_000
    assert done.report.notes == ["line 20000 has no line end: if the file was cut there, its last value is too short"]


@pytest.mark.parametrize("block", [64, 1000])
def test_lines_are_numbered_the_same_whatever_the_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr("tradetui.data.feeds.blocks.READ_BYTES", block)
    monkeypatch.setattr("tradetui.data.feeds.blocks.FeedFile.blocks.__defaults__", (block,))
    for feed, lines in LINES.items():
        done = imported("\n".join([*lines, "", "nonsense", ""]).encode(), feed, tmp_path)
        assert done.report.faults["bad_message"].line == len(lines) + (
            1 if feed in ("lobster", "nasdaq", "bitstamp") else 2
        )
