from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tradetui.data import store_writing
from tradetui.data.catalog import sample_month, sample_session
from tradetui.data.column_bars import write_bars
from tradetui.data.formats import read_bars, read_many
from tradetui.data.frames import bars_of_frame, frame_of_bars
from tradetui.data.store import Store, is_store
from tradetui.data.store_tables import QUOTES, TRADES, bars_table, length_text, symbol_folder, symbol_of, table_named
from tradetui.engine.errors import DataError, UsageError
from tradetui.engine.market.bars import Bars, bars_from_floats, merge_bars

MINUTE_NS = 60 * 10**9
DAY_NS = 86_400 * 10**9
JANUARY = 1_577_836_800 * 10**9  # 2020-01-01
FEBRUARY = JANUARY + 31 * DAY_NS


def bars(symbol: str, start: int, n: int, price: float = 10.0, step: int = MINUTE_NS) -> Bars:
    ts = start + np.arange(n) * step
    close = price + np.arange(n) / 100
    return bars_from_floats(symbol, ts, close, close, close, close, np.full(n, 5.0), step)


def same(one: Bars, other: Bars) -> bool:
    names = ("ts_ns", "symbol", "open", "high", "low", "close", "volume")
    equal = all(np.array_equal(getattr(one, name), getattr(other, name), equal_nan=name == "volume") for name in names)
    return equal and one.symbols == other.symbols and one.interval_ns == other.interval_ns


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two symbols, each with bars in January and February 2020."""
    made = Store.create(tmp_path / "store")
    for symbol in ("AAA", "BBB"):
        made.write(bars(symbol, FEBRUARY - 3 * MINUTE_NS, 6))
    return made


def test_what_is_stored_comes_back_exactly(tmp_path: Path) -> None:
    month, _ = read_many(sample_month())
    made = Store.create(tmp_path / "new" / "store")
    assert made.write(month) == 3
    assert same(made.load(), month)
    assert same(made.load(["BOREAL"]), month.of("BOREAL"))


def test_trades_and_quotes_are_kept_by_day_and_come_back_row_by_row(tmp_path: Path) -> None:
    session = sample_session()
    made = Store.create(tmp_path / "store")
    for table, rows, columns in ((TRADES, session.trades, TRADES.columns), (QUOTES, session.quotes, QUOTES.columns)):
        symbol = pl.Series("symbol", rows.symbols, dtype=pl.Enum(rows.symbols)).gather(rows.symbol)
        frame = pl.DataFrame({"ts_ns": rows.ts_ns, "symbol": symbol, **{name: getattr(rows, name) for name in columns}})
        assert made.write_rows(table, frame) == 3
        for name in rows.symbols:
            expected = frame.filter(pl.col("symbol") == name)
            assert made.scan([name], table=table).drop("symbol").collect().equals(expected.drop("symbol"))
    assert [path.name for path in made.files(TRADES, "ACME")] == ["2026-04-01.parquet"]


def test_a_question_names_only_the_files_that_can_answer_it(store: Store) -> None:
    def opened(plan: str) -> list[str]:
        return re.findall(r"symbol=(\w+)/([\d-]+)\.parquet", plan)

    assert opened(store.scan(["BBB"], "2020-02-01", "2020-02-29").explain()) == [("BBB", "2020-02")]
    assert opened(store.scan(["BBB"], None, FEBRUARY).explain()) == [("BBB", "2020-01")]
    assert store.scan(["BBB"], "2020-03-01").collect().is_empty()


def test_a_question_reads_nothing_of_the_other_files(store: Store) -> None:
    for path in store.folder.rglob("*.parquet"):
        if path.name != "2020-02.parquet" or "AAA" not in str(path):
            path.write_bytes(b"not parquet at all")
    assert len(store.load(["AAA"], FEBRUARY, FEBRUARY + DAY_NS)) == 3


def test_only_the_columns_that_are_asked_for_are_read(store: Store) -> None:
    plan = store.scan(["AAA"], FEBRUARY).select("close").explain()
    assert re.search(r"PROJECT 2/\d+ COLUMNS", plan), plan  # the closes, and the times that are compared


def test_bounds_are_start_included_stop_left_out_and_a_date_whole(store: Store) -> None:
    first = FEBRUARY - 3 * MINUTE_NS
    assert store.load(["AAA"], first + MINUTE_NS, first + 3 * MINUTE_NS).ts_ns.tolist() == [
        first + MINUTE_NS,
        first + 2 * MINUTE_NS,
    ]
    assert len(store.load(["AAA"], "2020-01-31", "2020-01-31")) == 3
    assert len(store.load(["AAA"], None, "2020-02-01")) == 6


def test_symbols_come_in_the_order_named_and_in_time_order_together(store: Store) -> None:
    loaded = store.load(["BBB", "AAA"])
    assert loaded.symbols == ("BBB", "AAA")
    assert loaded.symbol.tolist() == [0, 1] * 6
    assert store.scan(["BBB", "AAA"]).select("symbol").collect()["symbol"].to_list() == ["BBB"] * 6 + ["AAA"] * 6


def test_appending_touches_only_the_files_of_its_times(store: Store) -> None:
    before = {path: path.stat().st_mtime_ns for path in store.folder.rglob("*.parquet")}
    assert store.write(bars("AAA", FEBRUARY + DAY_NS, 2)) == 1
    changed = [path for path, stamp in before.items() if path.stat().st_mtime_ns != stamp]
    assert [(path.parent.name, path.name) for path in changed] == [("symbol=AAA", "2020-02.parquet")]
    assert len(store.load(["AAA"])) == 8


def test_storing_the_same_bars_again_changes_nothing(store: Store) -> None:
    assert store.write(bars("AAA", FEBRUARY - 3 * MINUTE_NS, 6)) == 0


def test_different_bars_of_stored_times_are_refused_and_nothing_changes(store: Store) -> None:
    before = store.load()
    other = merge_bars([bars("CCC", FEBRUARY, 2), bars("BBB", FEBRUARY, 2, price=99.0)])
    with pytest.raises(DataError, match=r"BBB/2020-02\.parquet: it already has 2 rows from 2020-02-01T00:00:00Z"):
        store.write(other)
    assert same(store.load(["AAA", "BBB"]), before)
    assert not list(store.folder.rglob(".*.part"))
    with pytest.raises(DataError, match="no symbol 'CCC'"):
        store.load(["CCC"])


def test_replacing_removes_stored_bars_within_the_new_span_and_no_others(store: Store) -> None:
    sparse = bars("AAA", FEBRUARY, 2, price=50.0, step=2 * MINUTE_NS)
    assert store.write(replace(sparse, interval_ns=MINUTE_NS), mode="replace") == 1
    loaded = store.load(["AAA"])
    assert ((loaded.ts_ns - FEBRUARY) // MINUTE_NS).tolist() == [-3, -2, -1, 0, 2]
    assert (loaded.close[3:] / 1e9).tolist() == [50.0, 50.01]
    assert len(store.load(["BBB"])) == 6


def test_bars_between_stored_ones_are_joined_in_time_order(tmp_path: Path) -> None:
    made = Store.create(tmp_path)
    made.write(bars("AAA", JANUARY + DAY_NS, 2))
    made.write(bars("AAA", JANUARY, 2))
    assert np.diff(made.load().ts_ns).min() > 0
    assert len(made.load()) == 4


def test_a_write_that_fails_half_way_changes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = store.load()
    real = pl.DataFrame.write_parquet
    written: list[str] = []

    def full_after_one(frame: pl.DataFrame, path: Path, **options: object) -> None:
        if written:
            path.write_bytes(b"half")
            raise OSError(28, "No space left on device")
        written.append(path.name)
        real(frame, path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full_after_one)
    with pytest.raises(DataError, match="No space left"):
        store.write(bars("AAA", FEBRUARY - 9 * MINUTE_NS, 15, price=3.0), mode="replace")
    monkeypatch.undo()
    assert same(store.load(), before)
    assert not list(store.folder.rglob(".*.part"))


def test_what_a_killed_writer_left_beside_a_file_is_neither_read_nor_kept(store: Store) -> None:
    left = store.folder / "bars-1min/symbol=AAA/.2020-02.parquet.part"
    left.write_bytes(b"half a file")
    assert len(store.load(["AAA"])) == 6
    store.write(bars("AAA", FEBRUARY + DAY_NS, 1))
    assert not left.exists()
    assert len(store.load(["AAA"])) == 7


KILLED_BETWEEN_TWO_FILES = """
import os, signal, sys
from pathlib import Path
from tradetui.data.formats import read_bars
from tradetui.data.store import Store

real, done = Path.replace, []

def replace(path, target):
    if done:
        os.kill(os.getpid(), signal.SIGKILL)
    done.append(target)
    return real(path, target)

bars = read_bars(sys.argv[2])
Path.replace = replace
Store(Path(sys.argv[1])).write(bars)
"""


@pytest.mark.slow
def test_what_a_writer_killed_between_two_files_began_is_whole_for_whoever_reads_next(
    store: Store, tmp_path: Path
) -> None:
    more = bars("AAA", FEBRUARY - 9 * MINUTE_NS, 6)
    other = bars("AAA", FEBRUARY + DAY_NS, 3)
    both = replace(merge_bars([more.rows(0, 6), other]), interval_ns=MINUTE_NS)
    write_bars(both, tmp_path / "more.parquet")
    words = [sys.executable, "-c", KILLED_BETWEEN_TWO_FILES, str(store.folder), str(tmp_path / "more.parquet")]
    assert subprocess.run(words, check=False).returncode == -9
    assert len(store.load(["AAA"])) == 6 + 9  # of January and of February, which was not in its place yet
    assert store.write(both) == 0
    assert not list(store.folder.rglob(".*.part"))


def test_a_rename_that_fails_half_way_is_made_good_by_the_next_who_opens_the_store(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, done = Path.replace, []

    def full_after_one(path: Path, target: Path) -> Path:
        if path.name.startswith(".20") and done:
            raise OSError(5, "Input/output error")
        done.append(target) if path.name.startswith(".20") else None
        return real(path, target)

    monkeypatch.setattr(Path, "replace", full_after_one)
    with pytest.raises(DataError, match="Input/output error"):
        store.write(bars("AAA", FEBRUARY - 9 * MINUTE_NS, 15, price=3.0), mode="replace")
    monkeypatch.undo()
    assert len(Store(store.folder).load(["AAA"])) == 15
    assert not list(store.folder.rglob(".*.part"))
    assert not (store.folder / store_writing.COMMIT).exists()


@pytest.mark.parametrize("text", ["half", "[1]", '[["a", "../../outside"]]'])
def test_a_list_of_files_that_no_store_wrote_is_refused(store: Store, text: str) -> None:
    (store.folder / store_writing.COMMIT).write_text(text)
    with pytest.raises(DataError, match=r"commit\.json"):
        Store(store.folder)


def test_a_writer_waits_for_the_one_before(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    monkeypatch.setattr(store_writing.fcntl, "flock", lambda _, how: taken.append(how))
    store.write(bars("AAA", FEBRUARY + DAY_NS, 1))
    assert taken == [store_writing.fcntl.LOCK_EX]


@pytest.mark.parametrize("symbol", ["BTC/USDT", "^GSPC", "..", "A B", "BRK.B", "Ä=%", ".hidden", "a~b"])
def test_a_symbol_of_any_letters_is_kept_in_one_folder(tmp_path: Path, symbol: str) -> None:
    made = Store.create(tmp_path)
    made.write(bars(symbol, JANUARY, 2))
    assert made.symbols(bars_table(MINUTE_NS)) == [symbol]
    assert made.load([symbol]).symbols == (symbol,)
    assert made.load().symbols == (symbol,)
    assert symbol_of(Path(symbol_folder(symbol))) == symbol
    assert len(list(tmp_path.glob("bars-1min/*"))) == 1


def test_every_file_is_readable_alone(store: Store) -> None:
    read = read_bars(store.files(bars_table(MINUTE_NS), "AAA")[0])
    assert read.symbols == ("AAA",)
    assert same(read, store.load(["AAA"], None, FEBRUARY))


def test_bars_of_different_lengths_are_tables_of_their_own_and_one_must_be_named(store: Store) -> None:
    store.write(bars("AAA", JANUARY, 3, step=DAY_NS))
    assert [table.name for table in store.tables()] == ["bars-1d", "bars-1min"]
    with pytest.raises(UsageError, match="it has bars-1d, bars-1min"):
        store.load(["AAA"])
    assert len(store.load(["AAA"], table=bars_table(DAY_NS))) == 3
    assert [path.name for path in store.files(bars_table(DAY_NS), "AAA")] == ["2020.parquet"]


def test_the_catalogue_tells_rows_spans_and_gaps_from_footers(store: Store) -> None:
    store.write(bars("AAA", FEBRUARY + DAY_NS, 2))
    first, other = store.entries()
    assert (first.table, first.symbol, first.rows, first.files) == ("bars-1min", "AAA", 8, 2)
    assert (first.first_ns, first.last_ns) == (FEBRUARY - 3 * MINUTE_NS, FEBRUARY + DAY_NS + MINUTE_NS)
    assert (first.gaps, other.gaps) == (1, 0)
    assert first.size_bytes == sum(path.stat().st_size for path in store.files(bars_table(MINUTE_NS), "AAA"))


def test_a_digest_is_of_the_files_of_the_question(store: Store) -> None:
    table = bars_table(MINUTE_NS)
    january = store.digest(table, "AAA", None, FEBRUARY)
    whole = store.digest(table, "AAA")
    store.write(bars("AAA", FEBRUARY + DAY_NS, 1))
    assert store.digest(table, "AAA", None, FEBRUARY) == january
    assert store.digest(table, "AAA") != whole


def test_an_unknown_symbol_names_the_nearest(store: Store) -> None:
    with pytest.raises(DataError, match="there is no symbol 'AAB'; expected one of AAA"):
        store.scan(["AAB"])


def test_a_damaged_file_is_told(store: Store) -> None:
    store.files(bars_table(MINUTE_NS), "AAA")[0].write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match="it cannot be read"):
        store.load(["AAA"])
    with pytest.raises(DataError, match="symbol=AAA: a file cannot be read"):
        store.entries()
    with pytest.raises(DataError, match="it cannot be read"):
        store.write(bars("AAA", JANUARY, 1))


def test_rows_out_of_order_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    made = Store.create(tmp_path)
    frame = frame_of_bars(bars("AAA", JANUARY, 3)).reverse()
    with pytest.raises(DataError, match="they go back in time"):
        made.write_rows(bars_table(MINUTE_NS), frame)
    assert made.tables() == [] or made.symbols(bars_table(MINUTE_NS)) == []


@pytest.mark.parametrize("marker", ["{}", "[]", "not json", '{"layout": "store/9"}'])
def test_another_layout_is_refused(tmp_path: Path, marker: str) -> None:
    (tmp_path / "store.json").write_text(marker)
    assert is_store(tmp_path)
    with pytest.raises(DataError, match="layout"):
        Store(tmp_path)


def test_a_folder_that_is_no_store_is_refused(tmp_path: Path) -> None:
    assert not is_store(tmp_path)
    with pytest.raises(DataError, match=r"no readable store\.json"):
        Store(tmp_path)


def test_bars_of_unknown_length_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="state the interval"):
        Store.create(tmp_path).write(replace(bars("AAA", JANUARY, 1), interval_ns=0))


def test_the_schema_file_describes_the_layout(shared_schema: dict[str, object]) -> None:
    assert shared_schema["layout"] == "store/1"


@pytest.fixture
def shared_schema() -> dict[str, object]:
    path = Path(__file__).parents[2] / "data/schemas/store.json"
    found: dict[str, object] = json.loads(path.read_text())
    return found


@pytest.mark.parametrize(
    ("length", "name", "file"),
    [
        (30 * 10**9, "bars-30s", "2020-01-02"),
        (MINUTE_NS, "bars-1min", "2020-01"),
        (90 * MINUTE_NS, "bars-90min", "2020-01"),
        (240 * MINUTE_NS, "bars-4h", "2020-01"),
        (DAY_NS, "bars-1d", "2020"),
    ],
)
def test_tables_are_named_by_the_length_of_their_bars(length: int, name: str, file: str) -> None:
    table = bars_table(length)
    assert table.name == name
    assert table_named(name) == table
    assert table.period_of(JANUARY + DAY_NS) == file
    assert length_text(length) == name.removeprefix("bars-")


@pytest.mark.parametrize("name", ["bars", "bars-", "bars-x", "bars-60min", "bars-0min", "catalog", ".lock"])
def test_other_folders_are_no_tables(name: str) -> None:
    assert table_named(name) is None


def test_bars_become_a_table_and_bars_again() -> None:
    both = merge_bars([bars("B", JANUARY, 3), bars("A", JANUARY, 2)])
    assert same(bars_of_frame(frame_of_bars(both), MINUTE_NS), both)
    alone = bars_of_frame(frame_of_bars(both).filter(pl.col("symbol") == "A"), MINUTE_NS)
    assert alone.symbols == ("A",)


def test_a_folder_whose_name_looks_like_a_pattern_is_added_to(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "mine[1]")
    assert store.write(bars("A", 0, 5)) == 1
    assert store.write(bars("A", 0, 5)) == 0
    assert len(store.load(["A"])) == 5
