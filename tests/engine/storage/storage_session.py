"""A made-up trading session, journaled as a live engine does, and what databases hold of it in one form."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from tradetui.engine.bus import EventBus
from tradetui.engine.journal.header import Details, JournalHeader
from tradetui.engine.journal.writer import FileJournal
from tradetui.engine.model.events import Event, FillEvent, OrderEvent, OrderStatusEvent, QuoteEvent, TradeEvent
from tradetui.engine.model.orders import OrderStatus
from tradetui.engine.storage.rows import Row, SessionRows
from tradetui.engine.storage.schema import stored_schema
from tradetui.engine.storage.sessions import SessionInfo

START_NS = 1_709_303_400_000_000_000  # 2024-03-01 14:30 UTC
EVENTS_PER_ROUND = 5


def HEADER(run_id: str = "") -> JournalHeader:  # noqa: N802  # a constant but for the id
    config = '{"cash":"100000.00","strategy":"ma_crossover"}'
    return JournalHeader(mode="practice", config_json=config, details=Details(run_id=run_id, version="0.1.0"))


def a_day(rounds: int, first: int = 0) -> list[Event]:
    """Five events a round: quote, order, status, fill, trade; buys and sells, two symbols, awkward amounts."""
    events: list[Event] = []
    for i in range(first, first + rounds):
        seq, ts, symbol = 7 * i + 1, START_NS + i * 20_000_000_000, ("ACME", "Bø'x\"\\%s")[i % 2]
        side, price = (1, 1, -1, -1, -1, 1)[i % 6], Decimal("100.10") + i % 13 * Decimal("0.05")
        quantity, fee = Decimal("1.5E+1") + i % 3, Decimal("0.0000071") * (i % 4)
        left = Decimal("0.00") if i % 5 else Decimal(2)
        events += [
            QuoteEvent(symbol, ts, float(price) - 0.01, 100.0, float(price) + 0.01, 200.0, seq, 0),
            OrderEvent(
                order_id=i + 1,
                symbol=symbol,
                side=side,
                quantity=quantity + left,
                type="limit" if i % 2 else "market",
                limit_price=price if i % 2 else None,
                stop_price=None,
                time_in_force="day",
                role="open",
                parent=0,
                fraction=0.1 if i % 4 == 0 else None,
                reason="nul \x00 and half a pair \ud800" if i % 7 == 0 else "fast crossed above slow",
                ts_ns=ts,
                seq=seq + 1,
                cause=seq,
            ),
            OrderStatusEvent(i + 1, symbol, OrderStatus.SENT, "", ts, seq + 2, seq + 1),
            FillEvent(
                execution_id=f"x{i}",
                order_id=i + 1,
                symbol=symbol,
                side=side,
                quantity=quantity,
                price=price,
                fee=fee,
                liquidity="taker",
                role="open",
                ambiguous=i % 5 == 0,
                decided_price=float("nan") if i % 9 == 0 else float(price),
                ts_ns=ts,
                leaves=left,
                seq=seq + 3,
                cause=seq + 1,
            ),
            TradeEvent(symbol, ts + 1, float(price), 3.0, 1, seq + 5, 0),
        ]
    return events


class Engine:
    """The part of a live engine that matters here: on disk first, then told."""

    def __init__(self, path: Path, info: SessionInfo) -> None:
        self.journal = FileJournal(path, HEADER(info.session), durability="process_death")
        self.bus: EventBus[object] = EventBus()
        self.events: list[Event] = []

    def happen(self, events: Sequence[Event]) -> None:
        self.journal.append(events)
        self.journal.commit()
        self.events += events
        self.bus.publish(events)

    def run(self, rounds: int) -> None:
        """So many rounds more, one batch each."""
        done = len(self.events) // EVENTS_PER_ROUND
        for i in range(done, done + rounds):
            self.happen(a_day(1, i))


def expected(info: SessionInfo, events: Sequence[Event]) -> list[Row]:
    fold = SessionRows(info)
    return [row for event in events for row in fold.add(event)]


def expected_in(info: SessionInfo, events: Sequence[Event], table: str) -> list[tuple[object, ...]]:
    """The rows that a table should hold, as `rows_of` gives them."""
    return [_plain(row.values) for row in expected(info, events) if row.table == table]


def rows_of(url: str, table: str) -> list[tuple[object, ...]]:
    """Every row of a table by session and number, amounts as text and flags as bools in both databases."""
    found = stored_schema().tables()[table]
    statement = f"SELECT {', '.join(found.names)} FROM {table} ORDER BY {', '.join(found.key)}"
    if url.startswith("sqlite:///"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        rows = connection.execute(statement).fetchall()
        connection.close()
        flags = [column.type == "flag" for column in found.columns]
        rows = [tuple(bool(v) if flag else v for v, flag in zip(row, flags, strict=True)) for row in rows]
    else:
        import psycopg

        with psycopg.connect(url) as server:
            rows = server.execute(statement.encode()).fetchall()
    return [_plain(row) for row in rows]


def _plain(row: Sequence[object]) -> tuple[object, ...]:
    return tuple(format(value, "f") if isinstance(value, Decimal) else value for value in row)
