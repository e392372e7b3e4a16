"""DBN files, made here with the vendor's own library, as orders, depth, quotes and trades."""

from __future__ import annotations

import datetime as dt
import io
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from tradetui.data.feeds.importing import FeedImported, FeedStated, import_feed
from tradetui.data.feeds.zstd_frames import is_whole
from tradetui.engine.errors import DataError, UsageError
from tradetui.engine.market.tape import ADD, CANCEL, CLEAR, EXECUTE, MODIFY

dbn = pytest.importorskip("databento_dbn")

START = 1_704_207_600 * 10**9
NANOS = 10**9


def metadata(schema: str, **more: Any) -> bytes:
    day = SimpleNamespace(start_date=dt.date(2024, 1, 2), end_date=dt.date(2024, 1, 3), symbol="7")
    mapping = SimpleNamespace(raw_symbol="ESH4", intervals=[day])
    settings = {"symbols": ["ESH4"], "mappings": [mapping]} | more
    return bytes(
        dbn.Metadata(
            dataset="GLBX.MDP3", start=START, stype_in=dbn.SType.RAW_SYMBOL, stype_out=dbn.SType.INSTRUMENT_ID,
            schema=dbn.Schema.from_str(schema), **settings,
        )
    )  # fmt: skip


def mbo(action: str, order_id: int, price: float, size: int, side: str = "B", flags: int = 128, at: int = 0) -> bytes:
    return bytes(
        dbn.MBOMsg(
            1, 7, START + at, order_id, int(price * NANOS), size, dbn.Action.from_str(action),
            dbn.Side.from_str(side), START + at + 5, flags=flags,
        )
    )  # fmt: skip


def imported(tmp_path: Path, data: bytes, name: str = "day.dbn", said: FeedStated | None = None) -> FeedImported:
    path = tmp_path / name
    path.write_bytes(data)
    return import_feed(path, tmp_path / "out", said)


def zstd(data: bytes) -> bytes:
    out = io.BytesIO()
    writer = dbn.Transcoder(out, dbn.Encoding.DBN, dbn.Compression.ZSTD)
    writer.write(data)
    writer.flush()
    del writer  # ends the frame
    return out.getvalue()


def orders_of(done: FeedImported) -> list[tuple[int, int, float, int]]:
    rows = pl.read_parquet(done.paths["orders"]).select("action", "order_id", "side", "price", "size").rows()
    return [(action, order_id, side * price / NANOS, size // NANOS) for action, order_id, side, price, size in rows]


BOOK = [mbo("A", 1, 99.5, 10), mbo("A", 2**64 - 2, 99.5, 20), mbo("A", 3, 100.25, 5, "A")]


def test_orders_come_as_they_are_and_what_was_filled_is_an_execution(tmp_path: Path) -> None:
    done = imported(
        tmp_path,
        b"".join([
            metadata("mbo"), *BOOK,
            mbo("T", 0, 99.5, 12, "A", flags=0), mbo("F", 1, 99.5, 10, flags=0), mbo("C", 1, 99.5, 10, flags=0),
            mbo("F", 2**64 - 2, 99.5, 2, flags=0), mbo("M", 2**64 - 2, 99.5, 18),
            mbo("C", 2**64 - 2, 99.5, 8), mbo("M", 3, 100.5, 5, "A"), mbo("C", 3, 100.5, 5, "A"),
            mbo("N", 0, 0, 0, "N"), mbo("R", 0, 0, 0, "N"), mbo("A", 9, 1, 1),
        ]),
    )  # fmt: skip
    assert orders_of(done) == [
        (ADD, 1, 99.5, 10), (ADD, -2, 99.5, 20), (ADD, 3, -100.25, 5), (EXECUTE, 1, 99.5, 10), (EXECUTE, -2, 99.5, 2),
        (MODIFY, -2, 99.5, 10), (MODIFY, 3, -100.5, 5), (CANCEL, 3, -100.5, 5), (CLEAR, 0, 0, 0), (ADD, 9, 1, 1),
    ]  # fmt: skip
    assert pl.read_parquet(done.paths["trades"]).select("size", "side").rows() == [(12 * NANOS, -1)]
    assert (done.symbols, done.report.faults, done.report.cut) == (("ESH4",), {}, "")
    frame = pl.read_parquet(done.paths["orders"])
    assert frame.select("ts_ns", "feed_ts_ns").row(0) == (START + 5, START)


def test_what_is_wrong_in_records_is_counted(tmp_path: Path) -> None:
    undefined = (2**63 - 1) / NANOS
    lines = [
        metadata("mbo"), *BOOK, mbo("A", 1, 99, 1), mbo("C", 77, 99, 1), mbo("M", 78, 98, 1), mbo("A", 5, 99, 0),
        mbo("A", 6, 99, 1, "N"), mbo("A", 7, 101, 1, flags=4), mbo("A", 8, -1, 1), mbo("C", 1, 99.5, 11),
        bytes(dbn.MBOMsg(1, 7, START, 9, 2**63 - 1, 1, dbn.Action.ADD, dbn.Side.BID, START)),
        bytes(dbn.OHLCVMsg(dbn.RType.OHLCV_1S, 1, 7, START, 1, 1, 1, 1, 1)),
    ]  # fmt: skip
    assert undefined > 0
    done = imported(tmp_path, b"".join(lines))
    found = {what: seen.count for what, seen in done.report.faults.items()}
    assert found == {
        "duplicate_id": 1, "unknown_id": 2, "bad_size": 2, "bad_side": 1, "doubted": 1, "crossed": 2, "bad_price": 2,
        "time_backwards": 1, "skipped": 1,
    }  # fmt: skip
    assert orders_of(done)[3] == (ADD, 78, 98, 1)  # the vendor's rule for a change of what is not known


def test_ten_levels_become_changes_of_depth(tmp_path: Path) -> None:
    def mbp(levels: list[tuple[float, int, float, int]], action: str = "A") -> bytes:
        pairs = [dbn.BidAskPair(int(b * NANOS), int(a * NANOS), bz, az) for b, bz, a, az in levels]
        pairs += [dbn.BidAskPair()] * (10 - len(pairs))
        return bytes(
            dbn.MBP10Msg(
                1, 7, START, 100 * NANOS, 3, dbn.Action.from_str(action), dbn.Side.BID, 0, START + 5, levels=pairs
            )
        )

    done = imported(
        tmp_path,
        metadata("mbp-10")
        + mbp([(99, 1, 101, 2), (98, 3, 102, 4)])
        + mbp([(99, 1, 101, 2), (98, 3, 102, 4)], "T")
        + mbp([(99.5, 7, 101, 1), (99, 1, 102, 4)]),
    )
    rows = pl.read_parquet(done.paths["depth"]).select("side", "price", "size").rows()
    assert [(side * price / NANOS, size // NANOS) for side, price, size in rows] == [
        (99, 1), (98, 3), (-101, 2), (-102, 4), (98, 0), (99.5, 7), (-101, 1),
    ]  # fmt: skip
    assert done.rows["trades"] == 1


def test_best_quotes_and_trades_are_read(tmp_path: Path) -> None:
    def mbp1(bid: int, ask: int, action: str) -> bytes:
        level = dbn.BidAskPair(bid * NANOS, ask * NANOS, 5, 6)
        settings = (dbn.Action.from_str(action), dbn.Side.ASK, 0, START + 5)
        return bytes(dbn.MBP1Msg(1, 7, START, 100 * NANOS, 3, *settings, levels=level))

    done = imported(tmp_path, metadata("tbbo") + mbp1(99, 101, "T") + mbp1(99, 101, "T") + mbp1(99, 102, "A"))
    assert done.rows == {"trades": 2, "quotes": 2}
    quotes = pl.read_parquet(done.paths["quotes"]).select("bid", "bid_size", "ask", "ask_size").rows()
    assert quotes[1] == (99 * NANOS, 5 * NANOS, 102 * NANOS, 6 * NANOS)
    trade = bytes(dbn.TradeMsg(1, 8, START, 100 * NANOS, 3, dbn.Action.TRADE, dbn.Side.BID, 0, START))
    done = imported(tmp_path, metadata("trades", symbols=["A", "B"], mappings=[]) + trade)
    assert (done.symbols, done.rows) == (("8",), {"trades": 1})


def test_names_told_by_messages_and_stated_names_are_used(tmp_path: Path) -> None:
    named = bytes(
        dbn.SymbolMappingMsg(
            1, 7, START, dbn.SType.RAW_SYMBOL, "ES.c.0", dbn.SType.INSTRUMENT_ID, "ESM4", START, START + 10**15
        )
    )
    assert imported(tmp_path, metadata("mbo") + named + BOOK[0]).symbols == ("ESM4",)
    plain = metadata("mbo", symbols=["X", "Y"], mappings=[]) + BOOK[0]
    assert imported(tmp_path, plain, said=FeedStated(symbol="ES")).symbols == ("ES",)


def test_a_file_that_was_cut_or_damaged_is_read_up_to_there(tmp_path: Path) -> None:
    whole = metadata("mbo") + b"".join(mbo("A", k, 99, 1, at=k) for k in range(1, 3000))
    assert imported(tmp_path, whole[:-20]).report.cut == "the last record is not whole"
    assert imported(tmp_path, whole).report.cut == ""
    packed = zstd(whole)
    done = imported(tmp_path, packed, "day.dbn.zst")
    assert (done.report.messages, done.report.cut) == (2999, "")
    path = tmp_path / "day.dbn.zst"
    for size in range(5, len(packed), 1 + len(packed) // 50):
        path.write_bytes(packed[:size])
        assert not is_whole(path)
    done = imported(tmp_path, packed[:-2000], "day.dbn.zst")
    assert 0 < done.report.messages < 2999
    assert done.report.cut == "the last record is not whole"
    done = imported(tmp_path, whole[: len(metadata("mbo")) + 56 * 1000] + b"\0" * 56)
    assert 900 < done.report.messages <= 1000  # those of the same piece are lost with the damaged one
    assert "the records are damaged" in done.report.cut
    with pytest.raises(DataError, match="the decoder says"):
        imported(tmp_path, b"DBN\x63" + b"\xff" * 100)


def test_without_the_library_the_command_to_install_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "databento_dbn", None)
    with pytest.raises(UsageError, match=r"pip install 'tradetui\[databento\]'"):
        imported(tmp_path, metadata("mbo"))


def test_reading_a_file_brings_no_pandas(tmp_path: Path) -> None:
    path = tmp_path / "day.dbn"
    path.write_bytes(metadata("mbo") + BOOK[0])
    code = (
        "import sys; from pathlib import Path; from tradetui.data.feeds.importing import import_feed\n"
        f"import_feed(Path({str(path)!r}), Path({str(tmp_path / 'out')!r}))\n"
        "assert 'databento_dbn' in sys.modules and 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
