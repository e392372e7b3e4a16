"""How a feed's book is kept whole: every rule of the venues' sequences, and every way in which they can break."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradetui.data.feeds.importing import FeedImported, import_feed
from tradetui.data.feeds.report import Break
from tradetui.data.feeds.sequence import DepthSequence, Verdict

START = 1_700_000_000_000  # ms


def diff(first: int, final: int, previous: int | None = None, *, bids: Any = (), asks: Any = (), ms: int = 0) -> str:
    body: dict[str, Any] = {"e": "depthUpdate", "E": START + ms, "s": "BTCUSDT", "U": first, "u": final}
    if previous is not None:
        body["pu"] = previous
    return json.dumps(body | {"b": [list(level) for level in bids], "a": [list(level) for level in asks]})


def snapshot(last: int, *, bids: Any = (("100", "1"),), asks: Any = (("101", "1"),)) -> str:
    return json.dumps({"lastUpdateId": last, "bids": [list(b) for b in bids], "asks": [list(a) for a in asks]})


def imported(tmp_path: Path, *lines: str, name: str = "BTCUSDT.jsonl", stamped: bool = True) -> FeedImported:
    texts = [f"{(START + k) * 10**6} {line}" if stamped else line for k, line in enumerate(lines)]
    path = tmp_path / name
    path.write_text("\n".join(texts) + "\n")
    return import_feed(path, tmp_path / "out")


def depth_of(done: FeedImported) -> list[tuple[int, int, int]]:
    """Update id, price in whole units with the side as its sign, and size; (id, 0, 0) where the book is cleared."""
    frame = pl.read_parquet(done.paths["depth"])
    rows = frame.select("feed_id", "side", "price", "size").iter_rows()
    return [(u, side * price // 10**9, size // 10**9) for u, side, price, size in rows]


def counts(done: FeedImported) -> dict[str, int]:
    return {what: seen.count for what, seen in done.report.faults.items()}


SNAPSHOT_10 = [(10, 100, 1), (10, -101, 1)]


def test_spot_changes_before_the_snapshot_wait_and_join_it(tmp_path: Path) -> None:
    done = imported(
        tmp_path,
        diff(5, 8, bids=[("99", "5")]),
        diff(9, 12, bids=[("99", "6")]),
        snapshot(10),
        diff(13, 13, asks=[("102", "7")]),
    )
    assert depth_of(done) == [*SNAPSHOT_10, (12, 99, 6), (13, -102, 7)]
    assert counts(done) == {"buffered": 2, "stale": 1}
    assert done.report.applied == 2
    times = pl.read_parquet(done.paths["depth"])["ts_ns"].to_list()
    assert times == [(START + 2) * 10**6] * 3 + [(START + 3) * 10**6]  # what waited is known when the snapshot is


@pytest.mark.parametrize(
    ("futures", "first", "final", "verdict"),
    [
        (False, 8, 10, Verdict.STALE),  # u = lastUpdateId
        (False, 8, 11, Verdict.APPLY),
        (False, 11, 11, Verdict.APPLY),
        (False, 12, 12, Verdict.BREAK),
        (True, 8, 9, Verdict.STALE),
        (True, 8, 10, Verdict.APPLY),  # u = lastUpdateId is kept: nothing but u < lastUpdateId is dropped
        (True, 10, 12, Verdict.APPLY),
        (True, 11, 12, Verdict.BREAK),  # U must be at most lastUpdateId
    ],
)
def test_the_first_change_after_a_snapshot(futures: bool, first: int, final: int, verdict: Verdict) -> None:
    sequence = DepthSequence(futures=futures)
    sequence.snapshot(10)
    assert sequence.judge(first, final, 7 if futures else None) is verdict


@pytest.mark.parametrize(
    ("futures", "ids", "verdict"),
    [
        (False, (13, 14, None), Verdict.APPLY),
        (False, (14, 14, None), Verdict.BREAK),
        (False, (12, 14, None), Verdict.BREAK),  # overlaps the one before: not the venue's rule
        (False, (9, 12, None), Verdict.DUPLICATE),
        (False, (9, 11, None), Verdict.OLD),
        (True, (20, 30, 12), Verdict.APPLY),  # ids of futures have holes: pu alone decides
        (True, (13, 14, 11), Verdict.BREAK),
        (True, (9, 12, 8), Verdict.DUPLICATE),
        (True, (9, 11, 8), Verdict.OLD),
    ],
)
def test_every_change_after_the_first(futures: bool, ids: tuple[int, int, int | None], verdict: Verdict) -> None:
    sequence = DepthSequence(futures=futures)
    sequence.snapshot(10)
    assert sequence.judge(9, 12, 8 if futures else None) is Verdict.APPLY
    assert sequence.judge(*ids) is verdict


def test_a_change_waits_while_there_is_no_snapshot() -> None:
    assert DepthSequence(futures=False).judge(1, 2, None) is Verdict.HOLD


@given(st.lists(st.integers(1, 5), min_size=1, max_size=30), st.data())
def test_a_whole_sequence_is_applied_whole_and_one_with_a_hole_breaks_there(widths: list[int], data: Any) -> None:
    ends = [sum(widths[: k + 1]) for k in range(len(widths))]
    changes = [(end - width + 1, end) for end, width in zip(ends, widths, strict=True)]
    missing = data.draw(st.integers(0, len(changes) - 1))
    whole, holed = DepthSequence(futures=False), DepthSequence(futures=False)
    whole.snapshot(0)
    holed.snapshot(0)
    assert {whole.judge(*ids, None) for ids in changes} == {Verdict.APPLY}
    verdicts = [holed.judge(*ids, None) for ids in changes[:missing] + changes[missing + 1 :]]
    after = [Verdict.BREAK, *[Verdict.HOLD] * len(changes)][: len(changes) - missing - 1]
    assert verdicts == [Verdict.APPLY] * missing + after


@pytest.mark.parametrize("futures", [False, True])
def test_a_broken_sequence_stops_and_starts_again_from_the_next_snapshot(tmp_path: Path, futures: bool) -> None:
    def change(first: int, final: int, previous: int, bids: Any) -> str:
        return diff(first, final, previous if futures else None, bids=bids)

    done = imported(
        tmp_path,
        snapshot(10),
        change(10 if futures else 11, 11, 9, [("99", "1")]),
        change(14, 15, 13, [("98", "1")]),
        change(16, 17, 15, [("97", "1")]),
        snapshot(15, bids=[("98", "9")], asks=[("103", "9")]),
    )  # fmt: skip
    after = [(15, 0, 0), (15, 98, 9), (15, -103, 9)]
    if futures:
        after.append((15, 98, 1))  # u = lastUpdateId counts as the first change
    assert depth_of(done) == [*SNAPSHOT_10, (11, 99, 1), *after, (17, 97, 1)]
    why = "pu 13 does not follow u 11" if futures else "U 14 does not follow u 11"
    assert done.report.breaks == [Break(3, "BTCUSDT", why, 5)]
    assert "resumed at 5" in "\n".join(done.report.lines())


def test_without_another_snapshot_the_rest_is_left_out_and_counted(tmp_path: Path) -> None:
    done = imported(tmp_path, snapshot(10), diff(12, 12, bids=[("99", "1")]), diff(13, 13, bids=[("98", "1")]))
    assert depth_of(done) == SNAPSHOT_10
    assert counts(done) == {"gap": 1, "buffered": 2, "waiting": 2}
    assert "no later snapshot mended it" in "\n".join(done.report.lines())


def test_a_snapshot_older_than_what_was_kept_is_not_used(tmp_path: Path) -> None:
    late = diff(21, 22, bids=[("99", "1")])
    done = imported(tmp_path, diff(18, 20, bids=[("98", "1")]), snapshot(10), late, snapshot(19))
    assert depth_of(done) == [(19, 100, 1), (19, -101, 1), (20, 98, 1), (22, 99, 1)]
    assert counts(done) == {"buffered": 2, "snapshot_too_old": 1}


def test_a_snapshot_in_a_whole_sequence_changes_nothing(tmp_path: Path) -> None:
    done = imported(tmp_path, snapshot(10), diff(11, 11, bids=[("99", "1")]), snapshot(11, bids=[("1", "1")]))
    assert depth_of(done) == [*SNAPSHOT_10, (11, 99, 1)]
    assert counts(done) == {"snapshot_not_needed": 1}


def test_what_is_wrong_in_a_message_is_counted_and_its_other_levels_are_kept(tmp_path: Path) -> None:
    bids = [("99", "1"), ("-1", "1"), ("98", "-2"), ("97", "x"), ("96", "0"), ("9223372037", "1"), ("95",), ("", "1")]
    done = imported(tmp_path, snapshot(10), diff(11, 11, bids=bids), diff(12, 12, bids=[("101", "2")]), "{broken}")
    assert depth_of(done) == [*SNAPSHOT_10, (11, 99, 1), (11, 96, 0), (12, 101, 2)]
    assert counts(done) == {"bad_price": 4, "bad_size": 2, "unknown_level": 1, "crossed": 1, "bad_message": 1}
    assert done.report.faults["crossed"].line == 3


def test_times_that_run_backwards_are_counted_and_the_order_of_the_file_kept(tmp_path: Path) -> None:
    done = imported(
        tmp_path, diff(11, 11, bids=[("99", "1")], ms=5), snapshot(10), diff(12, 12, bids=[("98", "1")], ms=2),
        stamped=False,
    )  # fmt: skip
    frame = pl.read_parquet(done.paths["depth"])
    assert frame["ts_ns"].unique().to_list() == [(START + 5) * 10**6]
    assert frame["feed_ts_ns"].to_list()[-1] == (START + 2) * 10**6
    assert counts(done) == {"buffered": 1, "time_backwards": 1}


def test_quotes_and_trades_that_repeat_or_run_backwards_are_left_out(tmp_path: Path) -> None:
    def quote(u: int, bid: str = "100", ask: str = "101") -> str:
        return json.dumps({"u": u, "s": "BTCUSDT", "b": bid, "B": "1", "a": ask, "A": "2"})

    def trade(t: int, price: str = "100", size: str = "1") -> str:
        body = {"e": "trade", "E": START, "T": START, "s": "BTCUSDT", "t": t, "p": price, "q": size, "m": True}
        return json.dumps(body)

    lines = [quote(5), quote(5), quote(4), quote(6, bid="102"), trade(1), trade(1), trade(2, size="0"), trade(3, "nan")]
    done = imported(tmp_path, *lines, json.dumps({"e": "kline", "s": "BTCUSDT"}))
    assert done.rows == {"trades": 1, "quotes": 2}
    wanted = {"duplicate": 2, "out_of_order": 1, "crossed": 1, "bad_size": 1, "bad_price": 1, "skipped": 1}
    assert counts(done) == wanted
    assert pl.read_parquet(done.paths["trades"])["side"].to_list() == [-1]


def test_several_symbols_of_a_combined_stream_are_kept_apart(tmp_path: Path) -> None:
    def combined(symbol: str, text: str) -> str:
        return json.dumps({"stream": f"{symbol.lower()}@depth", "data": json.loads(text.replace("BTCUSDT", symbol))})

    lines = [combined(s, text) for text in (diff(9, 11), snapshot(10)) for s in ("BTCUSDT", "ETHUSDT")]
    done = imported(tmp_path, *lines)
    assert done.symbols == ("BTCUSDT", "ETHUSDT")
    assert depth_of(done) == [*SNAPSHOT_10, *SNAPSHOT_10]


def bybit(kind: str, u: int, seq: int, bids: Any, asks: Any = (), *, topic: str = "orderbook.50.XRPUSDT") -> str:
    data = {"s": "XRPUSDT", "b": [list(b) for b in bids], "a": [list(a) for a in asks], "u": u, "seq": seq}
    return json.dumps({"topic": topic, "type": kind, "ts": START + u, "data": data, "cts": START + u - 1})


def test_bybit_deltas_follow_one_by_one_and_a_snapshot_begins_anew(tmp_path: Path) -> None:
    done = imported(
        tmp_path,
        bybit("delta", 4, 40, [("1", "1")]),
        bybit("snapshot", 5, 50, [("100", "1")], [("101", "1")]),
        bybit("delta", 6, 60, [("99", "2")]),
        bybit("delta", 6, 60, [("99", "2")]),
        bybit("delta", 5, 50, [("99", "3")]),
        bybit("delta", 8, 80, [("98", "1")]),
        bybit("delta", 9, 90, [("97", "1")]),
        bybit("delta", 1, 100, [("96", "1")]),  # the service started again: this is a snapshot
        bybit("delta", 2, 110, [("95", "1")]),
        bybit("delta", 3, 109, [("94", "1")]),  # the venue's own order runs backwards
        bybit("snapshot", 4, 120, [("2", "1")], topic="orderbook.1.XRPUSDT"),
        json.dumps({"success": True}),
        stamped=False,
    )
    after = [(1, 0, 0), (1, 96, 1), (2, 95, 1)]
    assert depth_of(done) == [(5, 100, 1), (5, -101, 1), (6, 99, 2), *after]
    found = counts(done)
    wanted = {"waiting": 2, "duplicate": 1, "out_of_order": 1, "gap": 2, "skipped": 2}
    assert {what: found[what] for what in wanted} == wanted
    assert [broken.resumed for broken in done.report.breaks] == [8, 0]


def test_a_file_that_stops_in_the_middle_is_imported_up_to_there(tmp_path: Path) -> None:
    lines = [snapshot(10), *(diff(11 + k, 11 + k, bids=[("99", str(k + 1))]) for k in range(2000))]
    text = "\n".join(f"{(START + k) * 10**6} {line}" for k, line in enumerate(lines))
    cut = tmp_path / "BTCUSDT_cut.jsonl"
    cut.write_text(text[:-20])
    done = import_feed(cut, tmp_path / "out")
    assert depth_of(done)[-1][0] == 2009
    assert done.report.cut == "line 2001 stops in the middle of a message"
    packed = gzip.compress(text.encode(), mtime=0)
    cut = tmp_path / "BTCUSDT_gz.jsonl.gz"
    cut.write_bytes(packed[: len(packed) // 2])
    done = import_feed(cut, tmp_path / "out")
    assert 500 < done.report.messages < 1500
    assert depth_of(done)[-1] == (9 + done.report.messages, 99, done.report.messages - 1)
    assert done.report.cut == "the packed data end too early"
