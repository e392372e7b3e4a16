"""Order events and depth of no known vendor: columns said or found, the same faults counted as in any feed."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from tradetui.data.dialects.words import stated
from tradetui.data.feeds.importing import FeedImported
from tradetui.data.feeds.own_books import import_own
from tradetui.data.market_data import market_files, read_market
from tradetui.engine.errors import DataError, UsageError
from tradetui.engine.market.tape import ADD, CANCEL, CLEAR, EXECUTE, MODIFY
from tradetui.tui.cli.data import app

T = 1_700_000_000_000  # ms since 1970
ORDERS = [
    "when,event,oid,bs,px,qty",
    f"{T},N,a1,B,100.25,5",
    f"{T + 1},N,a2,S,100.5,7",
    f"{T + 2},U,a1,B,100.25,4",
    f"{T + 3},X,a2,S,100.5,2",
    f"{T + 4},D,a1,B,100.25,4",
]
SAID = {
    "kind": "orders",
    "column": ["time=when", "action=event", "id=oid", "side=bs", "price=px", "size=qty"],
    "actions": "X:execute",
}


def imported(tmp_path: Path, data: str | bytes | list[str], name: str = "ACME.csv", **said: Any) -> FeedImported:
    path = tmp_path / name
    text = "\n".join(data) + "\n" if isinstance(data, list) else data
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    column, pairs = said.pop("column", ()), said.pop("pairs", ())
    actions = said.pop("actions", None)
    pairs = [*pairs, *([f"actions={actions}"] if actions else [])]
    return import_own(path, tmp_path / "out", stated(pairs, column, **said))


def counts(done: FeedImported) -> dict[str, int]:
    return {what: seen.count for what, seen in done.report.faults.items()}


def test_columns_said_by_the_user_become_orders_and_their_executions_trades(tmp_path: Path) -> None:
    done = imported(tmp_path, ORDERS, **SAID)
    rows = pl.read_parquet(done.paths["orders"])
    assert rows.select("feed_id", "action", "side", "price", "size").rows() == [
        (2, ADD, 1, 100_250_000_000, 5_000_000_000),
        (3, ADD, -1, 100_500_000_000, 7_000_000_000),
        (4, MODIFY, 1, 100_250_000_000, 4_000_000_000),
        (5, EXECUTE, -1, 100_500_000_000, 2_000_000_000),
        (6, CANCEL, 1, 100_250_000_000, 4_000_000_000),
    ]
    assert rows["ts_ns"][0] == T * 10**6
    assert rows["order_id"].n_unique() == 2  # a1 and a2 are numbered
    assert pl.read_parquet(done.paths["trades"]).select("price", "size", "side").rows() == [
        (100_500_000_000, 2_000_000_000, 1)
    ]
    assert (done.symbols, done.rows, counts(done)) == (("ACME",), {"orders": 5, "trades": 1}, {})
    session, _ = read_market(market_files([tmp_path / "out"]))
    assert session.orders is not None


def test_usual_names_are_found_and_symbols_may_be_a_column(tmp_path: Path) -> None:
    lines = ["timestamp,symbol,order_id,action,side,price,size",
             "2024-03-01T14:30:00Z,AA,7,add,buy,10,1",
             "2024-03-01T14:30:01Z,BB,7,add,sell,11,1",
             "2024-03-01T14:30:02Z,AA,7,cancel,buy,10,1"]  # fmt: skip
    done = imported(tmp_path, lines, kind="orders")
    assert pl.read_parquet(done.paths["orders"]).select("symbol", "order_id", "action").rows() == [
        ("AA", 7, ADD), ("BB", 7, ADD), ("AA", 7, CANCEL),
    ]  # fmt: skip
    one = imported(tmp_path, lines, kind="orders", symbol="BB")
    assert (one.symbols, counts(one)) == (("BB",), {"skipped": 2})


def test_faults_of_own_orders_are_counted_in_the_words_of_feeds(tmp_path: Path) -> None:
    done = imported(
        tmp_path, [
            "ts_ms;id;action;side;price;size",
            f"{T};1;add;bid;100,5;2",
            f"{T + 2};2;add;ask;101;0",
            f"{T + 1};3;add;ask;;1",
            f"{T + 2};4;add;mid;101;1",
            f"{T + 2};9;cancel;ask;101;1",
            f"{T + 2};1;add;bid;100;1",
            f"{T + 2};;add;bid;100;1",
            f"{T + 2};5;became;bid;100;1",
            "soon;6;add;bid;100;1",
            f"{T + 3};7;add;ask;100,25;1",
            f"{T + 3};7",
            f"{T + 4};1;clear;;;",
        ], kind="orders", pairs=["decimal=,"], symbol="X", name="x.txt",
    )  # fmt: skip
    assert counts(done) == {
        "bad_size": 1, "time_backwards": 1, "bad_price": 1, "bad_side": 1, "unknown_id": 1, "duplicate_id": 1,
        "bad_message": 3, "bad_time": 1, "crossed": 1,
    }  # fmt: skip
    assert done.report.faults["bad_message"].line == 8
    assert pl.read_parquet(done.paths["orders"])["action"].to_list() == [ADD, ADD, CLEAR]


DEPTH = [
    "symbol,timestamp,is_snapshot,side,price,amount",
    f"X,{T * 1000},true,bid,99.5,3",
    f"X,{T * 1000},true,ask,100.5,4",
    f"X,{T * 1000 + 7},false,bid,99.5,0",
    f"X,{T * 1000 + 7},false,bid,99.25,1e-3",
    f"X,{T * 1000 + 9},true,bid,98,1",
    f"X,{T * 1000 + 9},true,ask,99,1",
]


def test_depth_is_read_and_a_snapshot_clears_what_stood(tmp_path: Path) -> None:
    done = imported(tmp_path, DEPTH, kind="depth")
    assert pl.read_parquet(done.paths["depth"]).select("feed_id", "side", "price", "size").rows() == [
        (2, 1, 99_500_000_000, 3_000_000_000), (2, -1, 100_500_000_000, 4_000_000_000), (4, 1, 99_500_000_000, 0),
        (4, 1, 99_250_000_000, 1_000_000), (6, 0, 0, 0), (6, 1, 98_000_000_000, 1_000_000_000),
        (6, -1, 99_000_000_000, 1_000_000_000),
    ]  # fmt: skip
    assert (done.symbols, counts(done), done.report.applied) == (("X",), {}, 3)


def test_faults_of_own_depth_are_counted_in_the_words_of_feeds(tmp_path: Path) -> None:
    lines = ["time,side,price,size", f"{T},bid,99,1", f"{T},bid,0,1", f"{T},ask,99,1", f"{T},ask,101,-1",
             f"{T + 1},up,101,1", f"{T + 2},ask,105,0", f"{T + 3},0,,", "99,bid,1,1"]  # fmt: skip
    done = imported(tmp_path, lines, kind="depth")
    assert counts(done) == {
        "bad_price": 1, "bad_size": 1, "crossed": 2, "bad_side": 1, "unknown_level": 1, "bad_time": 1
    }  # fmt: skip
    assert pl.read_parquet(done.paths["depth"])["side"].to_list()[-1] == 0


@pytest.mark.parametrize("ending", ["parquet", "feather", "csv.gz"])
def test_other_formats_give_the_same_rows(tmp_path: Path, ending: str) -> None:
    first = imported(tmp_path, DEPTH, kind="depth")
    frame = pl.read_csv(tmp_path / "ACME.csv")
    path = tmp_path / f"ACME2.{ending}"
    if ending == "parquet":
        frame.write_parquet(path)
    elif ending == "feather":
        frame.write_ipc(path)
    else:
        path.write_bytes(gzip.compress((tmp_path / "ACME.csv").read_bytes(), mtime=0))
    again = import_own(path, tmp_path / "out", stated(kind="depth"))
    columns = ["ts_ns", "side", "price", "size"]
    assert pl.read_parquet(again.paths["depth"], columns=columns).equals(
        pl.read_parquet(first.paths["depth"], columns=columns)
    )


def test_prices_in_whole_parts_of_a_unit_are_scaled_from_their_digits(tmp_path: Path) -> None:
    lines = ["ts_ms,side,price,size", f"{T},1,308700123456789,5"]
    done = imported(tmp_path, lines, kind="depth", pairs=["price_scale=1e-9", "size_scale=100"])
    assert pl.read_parquet(done.paths["depth"]).select("price", "size").rows() == [(308_700_123_456_789, 500 * 10**9)]


@pytest.mark.parametrize(
    ("lines", "said", "words"),
    [
        (["time,side,price,size", "2024-01-01 10:00:00,bid,1,1"], {"kind": "depth"}, "name no zone: give --timezone"),
        (["ts_ms,side,price,size", f"{T + 1},bid,1,1", f"{T},bid,1,1"], {"kind": "depth"}, "oldest first: sort it"),
        (ORDERS, SAID | {"actions": "X:eats"}, "actions are add, cancel, modify, reduce, execute, clear"),
        (ORDERS, SAID | {"actions": "X"}, "expected WORD:ACTION with commas"),
    ],
)
def test_what_an_option_must_settle_is_asked_for(
    tmp_path: Path, lines: list[str], said: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        imported(tmp_path, lines, **said)
    assert list((tmp_path / "out").glob("*")) == []


def test_columns_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="columns for id, action, side, price, size"):
        imported(tmp_path, ["time,side,price,size", f"{T},bid,1,1"], kind="orders")
    with pytest.raises(DataError, match=r"no row came of it \(1 messages read"):
        imported(tmp_path, ["ts_ms,side,price,size", f"{T},up,1,1"], kind="depth")


def test_the_command_tells_the_columns_the_report_and_the_rows(tmp_path: Path) -> None:
    path = tmp_path / "ACME_orders.csv"
    path.write_text("\n".join(ORDERS) + "\n")
    options = [f"--column={pair}" for pair in SAID["column"]]
    arguments = ["import", str(path), "--kind", "orders", "--dialect", "actions=X:execute", *options]
    result = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "market")])
    assert (result.exit_code, result.stdout.split()) == (
        0, [f"{tmp_path}/market/ACME_{table}.parquet" for table in ("orders", "trades")]
    )  # fmt: skip
    assert "times      ms since 1970-01-01" in result.stderr
    assert "5 messages read, 5 changes of the book applied" in result.stderr
    assert "wrote   5 rows of orders\n  wrote   1 row of trades" in result.stderr
    dry = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "dry"), "--dry-run"])
    assert (dry.exit_code, dry.stdout, (tmp_path / "dry").exists()) == (0, "", False)


def test_a_file_is_not_written_over_by_what_is_made_of_it(tmp_path: Path) -> None:
    path = tmp_path / "ACME_depth.parquet"
    pl.DataFrame({"ts_ms": [T], "side": ["bid"], "price": [1.0], "size": [1.0]}).write_parquet(path)
    with pytest.raises(DataError, match="this is the file that is imported"):
        import_own(path, tmp_path, stated(kind="depth"))


def test_a_parquet_file_that_was_cut_is_refused_for_its_columns_stood_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "ACME.parquet"
    pl.DataFrame({"ts_ms": [T], "side": ["bid"], "price": [1.0], "size": [1.0]}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match="Parquet data cannot be read"):
        import_own(path, tmp_path / "out", stated(kind="depth"))
