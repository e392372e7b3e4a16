"""A session with its book on disk: read back exactly, refused when a table is damaged; the bundled samples."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tradetui.data.catalog import SAMPLE_SEED, sample_month, sample_session, samples_folder, write_samples
from tradetui.data.column_bars import LAYOUT_KEY
from tradetui.data.formats import read_many
from tradetui.data.market_files import orders_path, read_session, session_paths, write_session
from tradetui.data.synthetic_book import synthetic_session
from tradetui.engine.errors import DataError
from tradetui.engine.market.tape import ADD, CLEAR, MODIFY, MarketSession, OrderEvents, session_of_bars

SIZE_SHIPPED_MAX = 2_500_000  # bytes: the samples travel with every installation
SCHEMAS = samples_folder().parent / "schemas"


@pytest.fixture(scope="module")
def session() -> MarketSession:
    return synthetic_session(1, arrivals=300)


def assert_same(one: MarketSession, other: MarketSession) -> None:
    for table in fields(MarketSession):
        a, b = getattr(one, table.name), getattr(other, table.name)
        if a is None or b is None:
            assert a is b, table.name
            continue
        for column in fields(a):
            x, y = getattr(a, column.name), getattr(b, column.name)
            assert np.array_equal(x, y), f"{table.name}.{column.name}"
            assert getattr(x, "dtype", None) == getattr(y, "dtype", None), f"{table.name}.{column.name}"


def test_a_session_is_read_back_exactly(tmp_path: Path, session: MarketSession) -> None:
    paths = write_session(session, tmp_path, "mine")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in paths)
    assert_same(read_session(tmp_path, "mine"), session)


def with_orders(session: MarketSession) -> MarketSession:
    """The session with four orders, a cleared book and depth that was cleared as well."""
    ts = session.depth.ts_ns[:5]
    sides = np.array([1, -1, 1, 0, 1], np.int8)
    amounts = np.array([5, 6, 3, 0, 7], np.int64)
    orders = OrderEvents(
        session.symbols, np.zeros(5, np.int32), ts, np.array([ADD, ADD, MODIFY, CLEAR, ADD], np.int8),
        np.array([1, -2, 1, 0, 2**62]), sides, amounts, amounts,
    )  # fmt: skip
    changes = {"side": sides, "price": amounts, "size": amounts, "ts_ns": ts, "symbol": np.zeros(5, np.int32)}
    return replace(session, orders=orders, depth=replace(session.depth, **changes))


def test_orders_and_cleared_books_are_read_back_exactly(tmp_path: Path, session: MarketSession) -> None:
    told = with_orders(session)
    write_session(told, tmp_path, "mine")
    assert_same(read_session(tmp_path, "mine"), told)
    write_session(session, tmp_path, "mine")  # without orders again: those of before would not belong to it
    assert_same(read_session(tmp_path, "mine"), session)


def test_empty_tables_are_kept(tmp_path: Path, session: MarketSession) -> None:
    for empty in (session_of_bars(session.bars), session_of_bars(session.bars.rows(0, 0))):
        write_session(empty, tmp_path)
        assert_same(read_session(tmp_path), empty)


@pytest.mark.parametrize(
    ("table", "column", "value", "words"),
    [
        ("quotes", "bid", -1, "row 3: bid is -1; expected at least 0"),
        ("trades", "price", 0, "row 3: price is 0; expected at least 1"),
        ("trades", "side", 2, "row 3: side is 2; expected from -1 to 1"),
        ("depth", "price", 0, "row 3: price is 0; expected at least 1, or side 0, which clears the book"),
        ("orders", "action", 6, "row 3: action is 6; expected from 1 to 5"),
        ("orders", "side", 0, "row 3: side is 0; expected 1 (bid) or -1 (ask)"),
        ("orders", "price", -1, "row 3: price is -1; expected at least 0"),
        ("orders", "ts_ns", 7, "row 3: ts_ns goes back from"),
        ("depth", "size", -5, "row 3: size is -5; expected at least 0"),
        ("depth", "ts_ns", 7, "row 3: ts_ns goes back from"),
        ("bars", "high", 1, "row 3: high 1e-09 is below"),
    ],
)
def test_an_impossible_value_is_refused_with_its_row(
    tmp_path: Path, session: MarketSession, table: str, column: str, value: int, words: str
) -> None:
    write_session(with_orders(session) if table == "orders" else session, tmp_path)
    path = (session_paths(tmp_path, "session") | {"orders": orders_path(tmp_path, "session")})[table]
    metadata = pl.read_parquet_metadata(path)
    frame = pl.read_parquet(path)
    changed = pl.when(pl.int_range(pl.len()) == 2).then(pl.lit(value, frame[column].dtype)).otherwise(pl.col(column))
    frame.with_columns(changed.alias(column)).write_parquet(
        path, metadata={k: v for k, v in metadata.items() if k.startswith("tradetui")}
    )
    with pytest.raises(DataError) as error:
        read_session(tmp_path)
    assert str(error.value).startswith(f"{path}: {words}")


def test_tables_of_another_layout_another_session_or_none_are_refused(tmp_path: Path, session: MarketSession) -> None:
    write_session(session, tmp_path)
    paths = session_paths(tmp_path, "session")
    whole = paths["trades"].read_bytes()
    paths["trades"].write_bytes(paths["depth"].read_bytes())
    with pytest.raises(DataError, match=r"session_trades.parquet: the layout is 'depth/1'; expected 'trades/1'"):
        read_session(tmp_path)
    pl.DataFrame({"a": [1]}).write_parquet(paths["trades"])
    with pytest.raises(DataError, match="the layout is 'not ours'"):
        read_session(tmp_path)
    others = replace(session.trades, symbols=("X", "Y", "Z"))
    write_session(
        replace(session_of_bars(replace(session.bars, symbols=others.symbols)), trades=others), tmp_path, "other"
    )
    paths["trades"].write_bytes((tmp_path / "other_trades.parquet").read_bytes())
    with pytest.raises(DataError, match="symbols are X, Y, Z; expected those of the bars, ACME, BOREAL, CORVUS"):
        read_session(tmp_path)
    paths["trades"].write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="the Parquet data cannot be read"):
        read_session(tmp_path)
    paths["trades"].unlink()
    with pytest.raises(DataError, match="there is no such file"):
        read_session(tmp_path)


def test_a_table_of_wrong_types_is_refused(tmp_path: Path, session: MarketSession) -> None:
    write_session(session, tmp_path)
    path = session_paths(tmp_path, "session")["trades"]
    frame = pl.read_parquet(path)
    metadata = {LAYOUT_KEY: "trades/1"}
    frame.with_columns(pl.col("price") * 1.5).write_parquet(path, metadata=metadata)
    with pytest.raises(DataError, match="price holds Float64 or has gaps"):
        read_session(tmp_path)
    frame.with_columns(pl.col("symbol").cast(pl.String)).write_parquet(path, metadata=metadata)
    with pytest.raises(DataError, match="symbol holds String"):
        read_session(tmp_path)
    frame.drop("size").write_parquet(path, metadata=metadata)
    with pytest.raises(DataError, match="the Parquet data cannot be read"):
        read_session(tmp_path)


def test_the_bundled_month_reads_like_any_users_files() -> None:
    bars, sources = read_many(sample_month())
    assert bars.symbols == ("ACME", "BOREAL", "CORVUS")
    assert (len(bars), bars.interval_ns) == (22 * 390 * 3, 60 * 10**9)
    assert [source.rows for source in sources] == [22 * 390] * 3


def test_the_bundled_session_opens_where_the_month_closed() -> None:
    session, month = sample_session(), read_many(sample_month())[0]
    assert session.symbols == month.symbols
    assert 120_000 <= len(session.depth) <= 200_000
    for code in range(3):
        ask = int(session.quotes.ask[np.flatnonzero(session.quotes.symbol == code)[0]])
        assert ask == int(month.close[np.flatnonzero(month.symbol == code)[-1]])
    assert int(session.depth.ts_ns[0]) > int(month.ts_ns[-1])


def test_the_shipped_files_are_small() -> None:
    assert sum(path.stat().st_size for path in samples_folder().iterdir()) < SIZE_SHIPPED_MAX


@pytest.mark.slow
def test_the_shipped_files_are_what_their_seed_makes(tmp_path: Path) -> None:
    made = write_samples(tmp_path, SAMPLE_SEED, lambda _: None)
    shipped = sorted(samples_folder().glob("*.parquet"))
    assert sorted(path.name for path in made) == [path.name for path in shipped]
    for path in shipped:
        assert pl.read_parquet(path).equals(pl.read_parquet(tmp_path / path.name)), path.name


@pytest.mark.parametrize("table", ["bars", "quotes", "trades", "depth"])
def test_a_schema_describes_the_file_it_names(table: str) -> None:
    schema = json.loads((SCHEMAS / f"{table}.json").read_text())
    path = session_paths(samples_folder(), "session")[table]
    metadata = pl.read_parquet_metadata(path)
    assert {key for key in metadata if key.startswith("tradetui")} == set(schema["metadata"])
    assert metadata[LAYOUT_KEY] == schema["layout"] == schema["metadata"][LAYOUT_KEY]
    types = {pl.Int64: "int64", pl.Int8: "int8", pl.Float64: "float64", pl.Enum: "dictionary of strings"}
    found = [(name, types[kind.base_type()]) for name, kind in pl.read_parquet_schema(path).items()]  # type: ignore[index]
    assert found == [(column["name"], column["type"]) for column in schema["columns"]]


def test_a_sample_that_is_not_there_says_how_to_make_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradetui.data.catalog.samples_folder", lambda: tmp_path)
    with pytest.raises(DataError, match="tradetui data sample --out DIR"):
        sample_month()
    with pytest.raises(DataError, match="a bundled sample is missing"):
        sample_session()


def test_samples_are_not_written_where_a_file_stands_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="it cannot be made"):
        write_samples(tmp_path / "file", 1, lambda _: None)
