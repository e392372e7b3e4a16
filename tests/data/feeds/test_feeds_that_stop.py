"""Recordings that stop in the middle of a message, of every feed: that is told, and every row before it is kept."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tradetui.data.dialects.words import stated
from tradetui.data.feeds.detect import FEEDS
from tradetui.data.feeds.importing import FeedImported, FeedStated, import_feed
from tradetui.data.feeds.own_books import import_own

MS = 1_700_000_000_000
MESSAGES = 12  # of each recording; the last one is cut


def spot(k: int) -> str:
    if k == 0:
        return f'{MS}000000 {{"lastUpdateId":1,"bids":[["1","1"]],"asks":[["9","1"]]}}'
    return f'{MS + k}000000 {{"e":"depthUpdate","E":{MS + k},"s":"X","U":{k + 1},"u":{k + 1},"b":[["1","{k}"]],"a":[]}}'


def futures(k: int) -> str:
    if k == 0:
        return f'{MS}000000 {{"lastUpdateId":1,"bids":[["1","1"]],"asks":[["9","1"]]}}'
    ids = f'"U":{k},"u":{k},"pu":{k - 1}'
    return f'{MS + k}000000 {{"e":"depthUpdate","E":{MS + k},"s":"X",{ids},"b":[["1","{k}"]],"a":[]}}'


def bybit(k: int) -> str:
    what = "delta" if k else "snapshot"
    levels = f'"u":{k + 1},"b":[["1","{k + 1}"]],"a":[]'
    return f'{{"topic":"orderbook.1.X","type":"{what}","ts":{MS + k},"data":{{"s":"X",{levels}}}}}'


def nasdaq(k: int) -> str:
    lines = (
        f"A,{34200000 + k},{k},11.48,400,BID",
        f"T,{34200000 + k},9,11.48,100",
        f"A,{34200000 + k},{k},9.48,40,BID",
    )
    return lines[k % 3]


def bitstamp(k: int) -> str:
    if k == 0:
        return "id,timestamp,exchange_timestamp,price,volume,action,direction"
    return f"{k},{MS + k},{MS},78318.0,1.5,created,bid"


def bitstamp_trades(k: int) -> str:
    if k == 0:
        return "trade_id,timestamp,exchange_timestamp,price,amount,buy_order_id,sell_order_id,side"
    return f"{k},{MS + k},{MS},78318.0,1.5,1,2,buy"


def own_orders(k: int) -> str:
    return f"{MS + k},{k},add,bid,78318.5,1.25" if k else "ts_ms,id,action,side,price,size"


def own_depth(k: int) -> str:
    return f"{MS + k},bid,78318.5,1.25" if k else "ts_ms,side,price,size"


LINES: dict[str, Callable[[int], str]] = {
    "binance-spot": spot,
    "binance-futures": futures,
    "bybit": bybit,
    "lobster": lambda k: f"{34200 + k}.5,1,{k},100,308700,1",
    "nasdaq": nasdaq,
    "bitstamp": bitstamp,
    "bitstamp trades": bitstamp_trades,
    "own orders": own_orders,
    "own depth": own_depth,
}


def lines_of(kind: str, count: int) -> bytes:
    return "".join(LINES[kind](k) + "\n" for k in range(count)).encode()


def imported(kind: str, data: bytes, folder: Path, name: str = "X_2023-11-14.txt") -> FeedImported:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(data)
    if kind.startswith("own"):
        return import_own(path, folder / "out", stated(kind=kind.split()[1], symbol="X"))
    feed: Any = kind.split(maxsplit=1)[0]
    return import_feed(path, folder / "out", FeedStated(feed=feed))


def tables_of(done: FeedImported) -> dict[str, pl.DataFrame]:
    return {table: pl.read_parquet(path) for table, path in done.paths.items()}


def assert_begins_with(done: FeedImported, before: FeedImported) -> dict[str, int]:
    """Every row of `before` is there, unchanged and first; gives how many rows each table has beyond them."""
    more = {}
    for table, frame in tables_of(before).items():
        found = pl.read_parquet(done.paths[table])
        assert found.head(len(frame)).equals(frame), table
        more[table] = len(found) - len(frame)
    return more


def test_every_feed_is_tried() -> None:
    tried = {kind.split(maxsplit=1)[0] for kind in LINES} - {"own"}
    assert tried | {"databento"} == set(FEEDS)


@pytest.mark.parametrize("kind", sorted(LINES))
def test_a_line_that_stops_is_told_and_no_row_before_it_is_lost(tmp_path: Path, kind: str) -> None:
    before, whole = lines_of(kind, MESSAGES - 1), lines_of(kind, MESSAGES)
    kept = imported(kind, before, tmp_path / "before")
    assert kept.report.cut == ""
    last_value = whole.rindex(b"}" if b"}" in whole else b",") + 1
    steps = range(len(before) + 1, len(whole) - 1, len(whole) // 100 + 1)
    for at in sorted({*steps, last_value - 1, min(last_value, len(whole) - 2)}):
        done = imported(kind, whole[:at], tmp_path / "cut")
        more = assert_begins_with(done, kept)
        if at < last_value:
            assert done.report.cut.startswith(f"line {MESSAGES} stops in the middle"), at
            assert (set(more.values()), done.report.messages) == ({0}, kept.report.messages), at
            assert done.report.faults == kept.report.faults
        else:
            assert any(f"line {MESSAGES} has no line end" in note for note in done.report.notes)


@pytest.mark.parametrize("kind", sorted(LINES))
@pytest.mark.parametrize("pack", ["gz", "zip"])
def test_packed_lines_that_stop_are_told_and_give_whole_messages_only(tmp_path: Path, kind: str, pack: str) -> None:
    many = 400
    whole = lines_of(kind, many)
    if pack == "gz":
        packed = gzip.compress(whole, mtime=0)
    else:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("X.txt", whole)
        packed = out.getvalue()
    done = imported(kind, packed[: len(packed) * 2 // 3], tmp_path / "cut", f"X_2023-11-14.txt.{pack}")
    assert "too early" in done.report.cut
    headed = LINES[kind](0)[0] in "it"  # a header is no message
    count = done.report.messages + headed
    assert 10 < count < many
    kept = imported(kind, lines_of(kind, count), tmp_path / "kept")
    assert set(assert_begins_with(done, kept).values()) == {0}


START, NANOS = 1_704_207_600 * 10**9, 10**9


def dbn_file(schema: str, count: int) -> tuple[bytes, int]:
    """A DBN file of so many records, and how long one of them is."""
    dbn = pytest.importorskip("databento_dbn")
    head = bytes(
        dbn.Metadata(
            dataset="GLBX.MDP3", start=START, stype_in=dbn.SType.RAW_SYMBOL, stype_out=dbn.SType.INSTRUMENT_ID,
            schema=dbn.Schema.from_str(schema), symbols=["ESH4"], mappings=[],
        )
    )  # fmt: skip
    add, bid, trade = dbn.Action.ADD, dbn.Side.BID, dbn.Action.TRADE
    records = []
    for k in range(1, count + 1):
        level = dbn.BidAskPair(98 * NANOS, 101 * NANOS, k, 2, 1, 1)
        more: dict[str, Any] = {"depth": 0, "ts_recv": START + k}
        if schema == "mbo":
            records.append(dbn.MBOMsg(1, 7, START + k, k, 99 * NANOS, 5, add, bid, START + k))
        elif schema == "trades":
            records.append(dbn.TradeMsg(1, 7, START + k, 99 * NANOS, 5, trade, bid, **more))
        elif schema == "mbp-10":
            records.append(dbn.MBP10Msg(1, 7, START + k, 99 * NANOS, 5, add, bid, **more, levels=[level] * 10))
        else:
            records.append(dbn.MBP1Msg(1, 7, START + k, 99 * NANOS, 5, add, bid, **more, levels=level))
    return head + b"".join(map(bytes, records)), len(bytes(records[0]))


@pytest.mark.parametrize("schema", ["mbo", "mbp-10", "mbp-1", "trades"])
def test_a_record_of_dbn_that_stops_is_told_and_no_row_before_it_is_lost(tmp_path: Path, schema: str) -> None:
    whole, length = dbn_file(schema, MESSAGES)
    kept = imported("databento", whole[:-length], tmp_path / "before", "day.dbn")
    for missing in (1, length // 2, length - 1):
        done = imported("databento", whole[:-missing], tmp_path / "cut", "day.dbn")
        assert done.report.cut == "the last record is not whole"
        assert set(assert_begins_with(done, kept).values()) == {0}
    assert imported("databento", whole, tmp_path / "whole", "day.dbn").report.cut == ""
