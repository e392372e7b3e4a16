"""A session's books out of its journal, an exchange's out of its own files, and everything on which they disagree.

Nothing of the engine's reconciliation is used, nor its portfolio: fills are added up here.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from tradetui.engine.journal.reader import open_journal
from tradetui.engine.model.events import (
    FillEvent,
    OpeningEvent,
    OrderEvent,
    OrderStatusEvent,
    ReconciliationEvent,
    SignalEvent,
    VenueReport,
)

ZERO = Decimal(0)
OVER_THERE = frozenset(("filled", "canceled", "expired", "rejected", "replaced", "done_for_day"))
OVER_HERE = frozenset(("filled", "cancelled", "expired", "rejected", "refused"))


@dataclass
class OwnOrder:
    """One of the session's orders: `over` once nothing more is expected of it here."""

    symbol: str
    side: int
    quantity: Decimal
    filled: Decimal = ZERO
    over: bool = False


@dataclass
class SessionBooks:
    """What a session did, by its journal alone. `others` is what of other people's orders filled, by the venue's id."""

    cash: Decimal = ZERO
    positions: dict[str, Decimal] = field(default_factory=dict)
    orders: dict[int, OwnOrder] = field(default_factory=dict)
    others: dict[str, Decimal] = field(default_factory=dict)
    executions: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)


@dataclass
class VenueBooks:
    """What the exchange has: rows of orders by its own id, and its history added up."""

    cash: Decimal
    positions: dict[str, Decimal]
    orders: dict[str, dict[str, Any]]
    fills: list[dict[str, Any]]
    folded_cash: Decimal
    folded_positions: dict[str, Decimal]


def session_books(path: Path) -> SessionBooks:
    """Added up event by event."""
    books = SessionBooks()
    unresolved: set[int] = set()
    with open_journal(path) as reader:
        for event in reader.events():
            match event:
                case OpeningEvent(cash=cash, positions=held):
                    books.cash = cash
                    books.positions = {position.symbol: position.quantity for position in held}
                case OrderEvent():
                    books.orders[event.order_id] = OwnOrder(event.symbol, event.side, event.quantity)
                    books.counts["orders"] += 1
                case FillEvent():
                    _fill(books, event)
                case OrderStatusEvent() if event.order_id in books.orders and event.status.value in OVER_HERE:
                    books.orders[event.order_id].over = True
                    books.counts[f"{event.status.value}"] += 1
                case VenueReport():
                    _report(books, event, unresolved)
                case ReconciliationEvent():
                    books.counts["reconciliations"] += 1
                    books.counts["transient differences"] += len(event.differences)
                case SignalEvent():
                    books.counts["signals"] += 1
    books.counts["unresolved left"] = len(unresolved)
    return books


def _fill(books: SessionBooks, fill: FillEvent) -> None:
    signed = fill.quantity * fill.side
    books.cash -= signed * fill.price + fill.fee
    books.positions[fill.symbol] = books.positions.get(fill.symbol, ZERO) + signed
    books.executions[fill.execution_id] += 1
    books.counts["fills"] += 1
    order = books.orders.get(fill.order_id)
    if order is None:
        venue_id = fill.execution_id.partition("@")[0]
        books.others[venue_id] = books.others.get(venue_id, ZERO) + fill.quantity
        books.counts["fills of others"] += 1
        return
    order.filled += fill.quantity
    books.counts["partial fills"] += order.filled < order.quantity
    order.over = order.over or order.filled >= order.quantity


def _report(books: SessionBooks, report: VenueReport, unresolved: set[int]) -> None:
    if report.what == "unresolved":
        unresolved.add(report.order_id)
        books.counts["unresolved"] += 1
    elif report.order_id in unresolved:
        unresolved.discard(report.order_id)
        books.counts["resolved"] += 1


def ledger_books(ledger: Mapping[str, Any], start_cash: Decimal) -> VenueBooks:
    """Of `GET /_practice/ledger`."""
    rows = {row["id"]: row for row in ledger["orders"]}
    positions = {symbol: Decimal(units) for symbol, units in ledger["positions"].items()}
    return _with_history(Decimal(ledger["cash"]), positions, rows, ledger["activities"], start_cash)


def file_books(path: Path, start_cash: Decimal) -> VenueBooks:
    """Of the exchange's own SQLite file, once nobody writes it."""
    with closing(sqlite3.connect(path)) as db:
        state = json.loads(db.execute("select value from meta where key = 'state'").fetchone()[0])
        orders = [json.loads(body) for (body,) in db.execute("select body from orders order by number")]
        history = [json.loads(body)["body"] for (body,) in db.execute("select body from activities order by number")]
    positions = {held["symbol"]: Decimal(str(held["qty"])) for held in state["positions"]}
    rows = {
        order["id"]: {
            **order,
            "side": "buy" if order["side"] > 0 else "sell",
            "filled_qty": str(order.get("filled_qty", "0")),
            "status": order.get("status", "pending_new"),
        }
        for order in orders
    }
    return _with_history(Decimal(str(state["cash"])), positions, rows, history, start_cash)


def _with_history(
    cash: Decimal,
    positions: dict[str, Decimal],
    rows: dict[str, dict[str, Any]],
    history: Iterable[Mapping[str, Any]],
    start_cash: Decimal,
) -> VenueBooks:
    folded, held = start_cash, dict[str, Decimal]()
    fills = []
    for row in history:
        if row["activity_type"] != "FILL":
            folded += Decimal(row["net_amount"])
            continue
        fills.append(dict(row))
        signed = Decimal(row["qty"]) * (1 if row["side"] == "buy" else -1)
        folded -= signed * Decimal(row["price"])
        held[row["symbol"]] = held.get(row["symbol"], ZERO) + signed
    return VenueBooks(cash, positions, rows, fills, folded, {s: units for s, units in held.items() if units})


def differences(ours: SessionBooks, theirs: VenueBooks, session_id: str) -> list[str]:
    """Everything on which a session and the exchange that it traded on disagree, exactly: one sentence each."""
    found: list[str] = []
    if theirs.folded_cash != theirs.cash or theirs.folded_positions != theirs.positions:
        found.append("the exchange's own history does not add up to its own ledger")
    if ours.cash != theirs.cash:
        found.append(f"cash: {ours.cash} by the journal, {theirs.cash} at the exchange")
    for symbol in sorted({*ours.positions, *theirs.positions}):
        here, there = ours.positions.get(symbol, ZERO), theirs.positions.get(symbol, ZERO)
        if here != there:
            found.append(f"position of {symbol}: {here} by the journal, {there} at the exchange")
    found += [f"execution {name} was booked {n} times" for name, n in ours.executions.items() if n > 1]
    return found + _orders(ours, theirs, session_id)


def _orders(ours: SessionBooks, theirs: VenueBooks, session_id: str) -> list[str]:
    found: list[str] = []
    there: dict[int, dict[str, Any]] = {}
    others: dict[str, Decimal] = {}
    for venue_id, row in theirs.orders.items():
        head, _, tail = str(row["client_order_id"]).rpartition("-")
        if head != session_id or not tail.isdigit():
            others[venue_id] = Decimal(row["filled_qty"])
        elif int(tail) in there:
            found.append(f"order {tail} is at the exchange twice")
        else:
            there[int(tail)] = row
    for number, row in there.items():
        order = ours.orders.get(number)
        found += [f"order {number} is at the exchange and not in the journal"] if order is None else _one(order, row)
    for number, order in ours.orders.items():
        if number not in there and (order.filled or not order.over):
            found.append(f"order {number} ({order.filled} filled, over: {order.over}) is not at the exchange")
    for venue_id in sorted({*others, *ours.others}):
        here, at_venue = ours.others.get(venue_id, ZERO), others.get(venue_id, ZERO)
        if here != at_venue:
            found.append(f"somebody else's order {venue_id}: {here} filled by the journal, {at_venue} at the exchange")
    return found


def _one(order: OwnOrder, row: Mapping[str, Any]) -> list[str]:
    name = f"order {row['client_order_id']}"
    found = []
    side = "buy" if order.side > 0 else "sell"
    if (row["symbol"], row["side"]) != (order.symbol, side):
        found.append(f"{name}: {side} {order.symbol} by the journal, {row['side']} {row['symbol']} at the exchange")
    if row["qty"] is not None and Decimal(str(row["qty"])) != order.quantity:
        found.append(f"{name}: of {order.quantity} units by the journal, of {row['qty']} at the exchange")
    if Decimal(row["filled_qty"]) != order.filled:
        found.append(f"{name}: {order.filled} filled by the journal, {row['filled_qty']} at the exchange")
    if (row["status"] in OVER_THERE) != order.over:
        found.append(f"{name}: over is {order.over} by the journal, {row['status']} at the exchange")
    return found
