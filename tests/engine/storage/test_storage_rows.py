from __future__ import annotations

import sqlite3
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from storage_session import HEADER, START_NS, a_day, expected

from tradetui.engine.model.events import FillEvent, MarketEvent, OpeningEvent, VenuePosition
from tradetui.engine.storage.rows import Row, SessionRows, plain_money, plain_text
from tradetui.engine.storage.schema import POSTGRES_TYPES, SQLITE_AFTER, SQLITE_TYPES, stored_schema
from tradetui.engine.storage.sessions import session_info

INFO = session_info(HEADER("r-1"))
MINUTE_NS = 60_000_000_000


def fill(seq: int, side: int, quantity: str, price: str, execution: str = "", fee: str = "0") -> FillEvent:
    return FillEvent(
        execution_id=execution or f"x{seq}",
        order_id=1,
        symbol="ACME",
        side=side,
        quantity=Decimal(quantity),
        price=Decimal(price),
        fee=Decimal(fee),
        liquidity="taker",
        role="open",
        ambiguous=False,
        decided_price=1.0,
        ts_ns=START_NS + seq,
        seq=seq,
    )


def values(rows: list[Row], table: str, *names: str) -> list[tuple[object, ...]]:
    at = [stored_schema().tables()[table].names.index(name) for name in names]
    return [tuple(row.values[i] for i in at) for row in rows if row.table == table]


def test_a_round_trip_gives_two_fills_one_trade_and_the_money_of_both() -> None:
    fold = SessionRows(INFO)
    rows = fold.add(fill(1, +1, "10", "100", fee="1")) + fold.add(fill(2, -1, "10", "103", fee="1"))
    assert values(rows, "fills", "seq", "price") == [(1, Decimal(100)), (2, Decimal(103))]
    assert values(rows, "trades", "seq", "entry_seq", "side", "pnl", "gross_pnl") == [(2, 1, "long", 28, 30)]
    assert values(rows, "positions", "quantity", "cost", "realized") == [(10, 1000, 0), (0, 0, 30)]
    assert values(rows, "equity", "cash", "equity") == [(98_999, 99_999), (100_028, 100_028)]


def test_what_an_account_held_at_the_opening_is_where_positions_and_round_trips_begin() -> None:
    held = (VenuePosition("ACME", Decimal(-10), Decimal(100)), VenuePosition("FLAT", Decimal(0), Decimal(5)))
    fold = SessionRows(INFO)
    rows = fold.add(OpeningEvent(Decimal(2000), (*held, VenuePosition("BEE", Decimal(2), Decimal(50))), START_NS, 1))
    assert values(rows, "positions", "seq", "symbol", "quantity", "cost") == [
        (1, "ACME", -10, -1000),
        (1, "BEE", 2, 100),
    ]
    assert values(rows, "equity", "cash", "equity") == [(2000, 1100)]
    rows = fold.add(fill(2, +1, "10", "90"))
    assert values(rows, "trades", "seq", "entry_seq", "side", "pnl") == [(2, 1, "short", 100)]
    assert values(rows, "equity", "cash", "equity") == [(1100, 1200)]


def test_an_execution_that_is_told_twice_is_a_row_and_moves_nothing() -> None:
    fold = SessionRows(INFO)
    fold.add(fill(1, +1, "10", "100", "same"))
    assert [row.table for row in fold.add(fill(2, +1, "10", "100", "same"))] == ["fills"]


def test_the_market_gives_one_point_of_equity_a_minute() -> None:
    fold = SessionRows(INFO)
    rows = fold.add(fill(1, +1, "10", "100"))
    for i in range(180):
        ts_ns = START_NS + i * 1_000_000_000
        rows += fold.add(MarketEvent("ACME", ts_ns, 1, 1, 1, 101 + i / 100, 1, seq=2 + i))
    points = values(rows, "equity", "ts_ns", "equity")
    assert [(ts_ns - START_NS) // MINUTE_NS for ts_ns, _ in points] == [0, 0, 1, 2]
    assert points[-1][1] == Decimal("100022.0")


def test_a_price_that_is_none_changes_no_mark() -> None:
    fold = SessionRows(INFO)
    fold.add(fill(1, +1, "10", "100"))
    for i, price in enumerate((float("nan"), 0.0, -5.0, float("inf"))):
        rows = fold.add(MarketEvent("ACME", START_NS + i * MINUTE_NS, 1, 1, 1, price, 1, seq=2 + i))
        assert values(rows, "equity", "equity") == [(Decimal(100_000),)]


def test_every_row_fits_its_table() -> None:
    tables, seen = stored_schema().tables(), set()
    for row in expected(INFO, a_day(30)):
        table = tables[row.table]
        seen.add(row.table)
        assert len(row.values) == len(table.columns)
        for value, column in zip(row.values, table.columns, strict=True):
            kinds = {"text": str, "int": int, "money": Decimal, "float": float, "flag": bool}
            assert isinstance(value, kinds[column.type]) or (value is None and column.null), (row.table, column)
    assert seen == set(tables) - {"sessions"}


def test_keys_are_used_once() -> None:
    keys = []
    for row in expected(INFO, a_day(200)):
        table = stored_schema().tables()[row.table]
        keys.append((row.table, *(row.values[table.names.index(name)] for name in table.key)))
    assert len(keys) == len(set(keys))


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**25), max_value=10**25))
def test_an_amount_keeps_its_value_and_gets_the_form_that_databases_give_back(amount: Decimal) -> None:
    plain = plain_money(amount)
    assert plain == amount
    assert Decimal(format(plain, "f")).as_tuple() == plain.as_tuple()
    assert not plain.is_signed() or plain


def test_zero_has_one_form() -> None:
    assert [str(plain_money(Decimal(zero))) for zero in ("0", "-0", "0.00", "-0.0", "0E+5", "0E-9")] == ["0"] * 6


@given(st.text(st.characters()))
def test_any_text_becomes_one_that_a_database_takes(text: str) -> None:
    assert "\x00" not in plain_text(text)
    plain_text(text).encode()


def test_a_session_is_named_by_its_run_id_and_else_by_its_content() -> None:
    assert session_info(HEADER("r-7")).session == "r-7"
    first, other = session_info(HEADER(), "digest of one"), session_info(HEADER(), "digest of the other")
    assert first.session.startswith("practice-")
    assert first.session != other.session
    assert first == session_info(HEADER(), "digest of one")
    assert first.start_cash == Decimal("100000.00")
    with pytest.raises(ValueError, match="named by its content"):
        session_info(HEADER())


def test_both_databases_get_the_same_tables_and_columns() -> None:
    for version in stored_schema().versions:
        ours, theirs = list(version.statements(SQLITE_TYPES, SQLITE_AFTER)), list(version.statements(POSTGRES_TYPES))
        assert [s.split(" (")[0] for s in ours if s.startswith("CREATE")] == [
            s.split(" (")[0] for s in theirs if s.startswith("CREATE")
        ]
        assert len(ours) == len(theirs)


def test_a_migrated_database_has_the_columns_in_the_order_of_a_row() -> None:
    connection = sqlite3.connect(":memory:")
    for version in stored_schema().versions:
        for statement in version.statements(SQLITE_TYPES, SQLITE_AFTER):
            connection.execute(statement)
    for name, table in stored_schema().tables().items():
        assert tuple(row[1] for row in connection.execute(f"PRAGMA table_info({name})")) == table.names
    connection.close()


def test_versions_count_from_one_without_a_hole() -> None:
    versions = [version.version for version in stored_schema().versions]
    assert versions == list(range(1, len(versions) + 1))
    assert stored_schema().newest == len(versions) >= 2
