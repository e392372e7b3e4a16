"""Feeds of single orders: what each line becomes, and what is counted where it cannot be what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import polars as pl
import pytest

from tradetui.data.catalog import samples_folder
from tradetui.data.feeds.detect import FEEDS
from tradetui.data.feeds.importing import FeedImported, FeedStated, import_feed
from tradetui.data.feeds.levels import Levels
from tradetui.data.feeds.report import WORDS, What
from tradetui.engine.errors import DataError, UsageError
from tradetui.engine.market.tape import ADD, CANCEL, EXECUTE, MODIFY

NEW_YORK_MIDNIGHT = 1_340_251_200 * 10**9  # of 2012-06-21


def imported(tmp_path: Path, name: str, *lines: str, said: FeedStated | None = None) -> FeedImported:
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n")
    return import_feed(path, tmp_path / "out", said)


def orders_of(done: FeedImported, unit: int = 10**9) -> list[tuple[int, int, int, float, int]]:
    """Line, action, id, price with the side as its sign, and size, in whole units."""
    rows = pl.read_parquet(done.paths["orders"]).select("feed_id", "action", "order_id", "side", "price", "size")
    return [
        (n, act, order_id, side * price / 10**9, size // unit) for n, act, order_id, side, price, size in rows.rows()
    ]


def counts(done: FeedImported) -> dict[str, int]:
    return {what: seen.count for what, seen in done.report.faults.items()}


def test_lobster_messages_become_orders_and_trades(tmp_path: Path) -> None:
    done = imported(
        tmp_path, "MSFT_2012-06-21_34200000_37800000_message_5.csv",
        "34200.000000001,1,11,300,308700,1",
        "34200.1,2,11,100,308700,1",
        "34200.2,4,11,50,308700,1",
        "34200.3,5,0,70,308750,-1",
        "34200.4,3,11,150,308700,1",
        "34200.5,7,0,0,-1,-1",
        "34200.6,6,0,900,308800,-1",
    )  # fmt: skip
    assert orders_of(done) == [(1, ADD, 11, 30.87, 300), (2, MODIFY, 11, 30.87, 200), (3, EXECUTE, 11, 30.87, 50),
                               (5, CANCEL, 11, 30.87, 150)]  # fmt: skip
    trades = pl.read_parquet(done.paths["trades"])
    assert trades.select("size", "side").rows() == [(50 * 10**9, -1), (70 * 10**9, 1), (900 * 10**9, 0)]
    assert pl.read_parquet(done.paths["orders"])["ts_ns"][0] == NEW_YORK_MIDNIGHT + 34200 * 10**9 + 1
    assert (done.symbols, counts(done)) == (("MSFT",), {"halt": 1})


def test_lobsters_books_give_the_depth_before_the_first_message(tmp_path: Path) -> None:
    (tmp_path / "X_2012-06-21_1_2_orderbook_2.csv").write_text(
        "101000,5,100000,500,9999999999,0,-9999999999,0\n101000,5,100000,400,9999999999,0,-9999999999,0\n"
    )
    done = imported(
        tmp_path, "X_2012-06-21_1_2_message_2.csv",
        "1,1,11,200,100000,1",  # stands in the first row already
        "2,2,7,100,100000,1",  # 7 came before the file: it is of the depth
        "3,4,8,200,100000,1",
        "4,3,11,200,100000,1",
        "5,4,9,6,101000,-1",  # more than there is
        "6,3,10,6,102000,-1",  # of a level that the file does not show
    )  # fmt: skip
    assert orders_of(done) == [
        (1, ADD, -1, -10.1, 5), (1, ADD, -2, 10.0, 300), (1, ADD, 11, 10.0, 200), (2, MODIFY, -2, 10.0, 200),
        (3, EXECUTE, -2, 10.0, 200), (4, CANCEL, 11, 10.0, 200), (5, EXECUTE, -1, -10.1, 5),
    ]  # fmt: skip
    assert counts(done) == {"bad_size": 1, "unknown_id": 1}
    without = import_feed(tmp_path / "X_2012-06-21_1_2_message_2.csv", tmp_path / "out")
    assert without.report.notes == ["the book before the messages: X_2012-06-21_1_2_orderbook_2.csv"]


def test_nasdaq_lines_become_orders_and_trades_never_move_the_book(tmp_path: Path) -> None:
    done = imported(
        tmp_path, "NVDA_2010-06-08.csv",
        "type,time,id,price,size,type",
        "A,1000,1,11.48,400,BID",
        "A,999,2,11.5,100,ASK",
        "R,1001,1,150",
        "T,1001,1,11.48,250",
        "R,1002,2,300",
        "C,1003,1",
        "C,1003,1",
        "A,1004,2,11.6,5,ASK",
        "A,1004,3,11.6,5,MID",
        "A,1004,4,11.6,0,ASK",
        "R,1004,2,0",
        "A,1004,5,-1,5,ASK",
        "A,x,6,1,5,ASK",
        "Z,1005,7,1,5,ASK",
        "A,1005,8,11.7,5,BID",
    )  # fmt: skip
    assert orders_of(done) == [
        (2, ADD, 1, 11.48, 400), (3, ADD, 2, -11.5, 100), (4, MODIFY, 1, 11.48, 150), (6, MODIFY, 2, -11.5, 300),
        (7, CANCEL, 1, 11.48, 150), (16, ADD, 8, 11.7, 5),
    ]  # fmt: skip
    assert counts(done) == {
        "time_backwards": 1, "grown": 1, "unknown_id": 1, "duplicate_id": 1, "bad_side": 1, "bad_size": 2,
        "bad_price": 1, "bad_message": 2, "crossed": 1,
    }  # fmt: skip
    assert done.report.faults["crossed"].line == 16
    assert pl.read_parquet(done.paths["trades"]).select("price", "side").rows() == [(11_480_000_000, 0)]


def test_a_bitstamp_order_that_changed_leaves_and_comes_anew(tmp_path: Path) -> None:
    header = "id,timestamp,exchange_timestamp,price,volume,action,direction"
    done = imported(
        tmp_path, "BTCUSD_2026-05-02_orders.csv", header,
        "1,1777689383201,1777689380521,100.5,2.0,created,bid",
        "2,1777689383202,1777689380521,100.5,3.0,created,bid",
        "1,1777689383203,1777689380521,100.5,1.0,changed,bid",
        "9,1777689383204,1777689380521,100.5,0.0,deleted,ask",
        "3,1777689383205,1777689380521,0.0,7.0,created,bid",
        "4,1777689383206,1777689380521,1e30,7.0,created,bid",
        "4,1777689383207,1777689380521,1e30,7.0,deleted,bid",
        "1,1777689383208,1777689380521,100.5,0.0,deleted,bid",
    )  # fmt: skip
    assert orders_of(done) == [
        (2, ADD, 1, 100.5, 2), (3, ADD, 2, 100.5, 3), (4, CANCEL, 1, 100.5, 2), (4, ADD, 1, 100.5, 1),
        (6, ADD, 3, 0.0, 7), (9, CANCEL, 1, 100.5, 1),
    ]  # fmt: skip
    assert counts(done) == {"unknown_id": 1, "no_price": 1, "bad_price": 1}  # 4 is told once, when it came
    assert set(pl.read_parquet(done.paths["orders"])["feed_ts_ns"]) == {1777689380521 * 10**6}


@pytest.mark.parametrize(
    ("name", "said", "words"),
    [
        ("NVDA.csv", FeedStated(), "its times count from midnight, and its name has no date; give --date YYYY-MM-DD"),
        ("NVDA.csv", FeedStated(date="8.6.2010"), "--date '8.6.2010' is no day: expected YYYY-MM-DD"),
        ("NVDA.csv", FeedStated(date="2010-06-08", timezone="Mars/Olympus"), "--timezone 'Mars/Olympus' is not known"),
    ],
)
def test_a_day_that_is_not_known_is_asked_for(tmp_path: Path, name: str, said: FeedStated, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        imported(tmp_path, name, "A,1000,1,11.48,400,BID", said=said)
    assert list((tmp_path / "out").glob("*")) == []


def test_a_file_of_nothing_usable_is_refused_with_what_was_found(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no row came of it \(3 messages read.*bad message"):
        imported(tmp_path, "X_2020-01-02.csv", "A,y,1", "b,c", "d", said=FeedStated(feed="nasdaq"))
    with pytest.raises(UsageError, match=r"of no feed; say which with --feed binance-spot\|"):
        imported(tmp_path, "X_2020-01-02.csv", "hello")


def test_the_schemas_describe_what_an_import_writes(tmp_path: Path) -> None:
    done = imported(tmp_path, "NVDA_2010-06-08.csv", "A,1000,1,11.48,400,BID", "T,1001,1,11.48,250")
    for table, path in done.paths.items():
        schema = json.loads((samples_folder().parent / "schemas" / f"{table}.json").read_text())
        ours = {key for key in pl.read_parquet_metadata(path) if key.startswith("tradetui")}
        assert ours == {*schema["metadata"], *schema["of_imported_feeds"]["metadata"]}
        names = [column["name"] for column in (*schema["columns"], *schema["of_imported_feeds"]["columns"])]
        assert set(pl.read_parquet_schema(path)) <= set(names)
        assert {column["name"] for column in schema["columns"]} <= set(pl.read_parquet_schema(path))


def test_a_million_levels_and_ids_cost_memory_only_while_they_rest(tmp_path: Path) -> None:
    levels = Levels()
    for k in range(50_000):
        levels.add(1, k + 1, 1)
        levels.add(1, k + 1, -1)
        levels.add(-1, 10**9 - k, 1)
    assert len(levels.bids.sizes) == 0
    assert len(levels.bids._heap) < 200
    assert levels.asks.best() == 10**9 - 49_999
    assert not levels.crossed()


def test_the_documentation_tells_every_count_and_every_feed() -> None:
    text = (Path(__file__).parents[3] / "docs" / "feeds.md").read_text(encoding="utf-8")
    assert [f"| `{name}` | {words} |" for name, words in WORDS.items() if f"| `{name}` | {words} |" not in text] == []
    assert set(WORDS) == set(get_args(What))
    assert [name for name in FEEDS if f"| `{name}` |" not in text] == []
