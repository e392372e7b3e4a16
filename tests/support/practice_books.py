"""A session's books out of its journal, an exchange's out of its own files, and everything on which they disagree.

Nothing of the engine's reconciliation is used, nor its portfolio, nor its reading of ids: fills are added up here. A
stop and a target that were sent as one are a group at the exchange, whose id names both (`s1-3+2`: target 3, stop 2),
while the leg has an id of the exchange's own making.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

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
OWN_ID = re.compile(r"(?P<order>[0-9]+)(?:\+(?P<leg>[0-9]+))?")  # what follows the session's name; a leg is a stop


@dataclass
class OwnOrder:
    """One of the session's orders: `over` once nothing more is expected of it here.

    `quantity` is what was sent, `lessened_to` what is left of it where the exchange was heard to have taken a part off.
    """

    symbol: str
    side: int
    quantity: Decimal
    type: str = "market"
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    filled: Decimal = ZERO
    lessened_to: Decimal | None = None
    over: bool = False

    @property
    def wanted(self) -> Decimal:
        """Units that it is to fill by now."""
        return self.quantity if self.lessened_to is None else self.lessened_to


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
    """What the exchange has: rows of orders by its own id, the ids of each group's legs, and its history added up."""

    cash: Decimal
    positions: dict[str, Decimal]
    orders: dict[str, dict[str, Any]]
    legs: dict[str, list[str]]
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
                    books.orders[event.order_id] = OwnOrder(
                        event.symbol, event.side, event.quantity, event.type, event.limit_price, event.stop_price
                    )
                    books.counts["orders"] += 1
                    books.counts["stops sent"] += event.role == "stop_loss"
                    books.counts["targets sent"] += event.role == "take_profit"
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
    whole = order.filled >= order.wanted
    books.counts["partial fills"] += not whole
    books.counts["stops filled"] += whole and fill.role == "stop_loss"
    books.counts["targets filled"] += whole and fill.role == "take_profit"
    order.over = order.over or whole


def _report(books: SessionBooks, report: VenueReport, unresolved: set[int]) -> None:
    if report.what == "unresolved":
        unresolved.add(report.order_id)
        books.counts["unresolved"] += 1
    elif report.order_id in unresolved:
        unresolved.discard(report.order_id)
        books.counts["resolved"] += 1
    if report.what == "changed" and report.order_id in books.orders:
        order = books.orders[report.order_id]
        order.lessened_to = order.filled + report.leaves
        books.counts["exits lessened"] += 1


def ledger_books(ledger: Mapping[str, Any], start_cash: Decimal) -> VenueBooks:
    """Of `GET /_practice/ledger`."""
    rows = {row["id"]: row for row in ledger["orders"]}
    legs = {row["id"]: [leg["id"] for leg in row["legs"] or ()] for row in ledger["orders"]}
    positions = {symbol: Decimal(units) for symbol, units in ledger["positions"].items()}
    return _with_history(Decimal(ledger["cash"]), positions, rows, legs, ledger["activities"], start_cash)


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
    legs = {order["id"]: list(order.get("legs", ())) for order in orders}
    return _with_history(Decimal(str(state["cash"])), positions, rows, legs, history, start_cash)


def _with_history(
    cash: Decimal,
    positions: dict[str, Decimal],
    rows: dict[str, dict[str, Any]],
    legs: dict[str, list[str]],
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
    return VenueBooks(cash, positions, rows, legs, fills, folded, {s: units for s, units in held.items() if units})


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
    there, others, groups, found = _claimed(theirs, session_id)
    quantities = _lessened(groups, theirs.fills)
    for number, venue_id in there.items():
        order, row = ours.orders.get(number), theirs.orders[venue_id]
        if order is None:
            found.append(f"order {number} is at the exchange and not in the journal")
        else:
            found += _one(f"order {number} ({row['client_order_id']})", order, row, quantities.get(venue_id, ()))
    for number, order in ours.orders.items():
        if number not in there and (order.filled or not order.over):
            found.append(f"order {number} ({order.filled} filled, over: {order.over}) is not at the exchange")
    for venue_id in sorted({*others, *ours.others}):
        here, at_venue = ours.others.get(venue_id, ZERO), others.get(venue_id, ZERO)
        if here != at_venue:
            found.append(f"somebody else's order {venue_id}: {here} filled by the journal, {at_venue} at the exchange")
    return found


class _Claimed(NamedTuple):
    """Whose the exchange's orders are: by our number, what others' filled, our groups, and what is odd about it."""

    own: dict[int, str]
    others: dict[str, Decimal]
    groups: list[list[str]]
    odd: list[str]


def _claimed(theirs: VenueBooks, session_id: str) -> _Claimed:
    found = _Claimed({}, {name: Decimal(row["filled_qty"]) for name, row in theirs.orders.items()}, [], [])
    of_groups = {leg for legs in theirs.legs.values() for leg in legs}
    for venue_id, row in theirs.orders.items():
        numbers = _numbers(str(row["client_order_id"]), session_id)
        if numbers is None or venue_id in of_groups:
            continue
        group = [venue_id, *theirs.legs[venue_id]]
        if len(numbers) != len(group):
            found.odd.append(f"order {row['client_order_id']} is {len(group)} orders at the exchange")
        for number, name in zip(numbers, group, strict=False):
            del found.others[name]
            if number in found.own:
                found.odd.append(f"order {number} is at the exchange twice")
            found.own[number] = name
        if len(group) > 1:
            found.groups.append(group)
    return found


def _numbers(client_order_id: str, session_id: str) -> list[int] | None:
    """The session's orders that an id names; None for somebody else's."""
    head, _, tail = client_order_id.rpartition("-")
    found = OWN_ID.fullmatch(tail)
    return [int(number) for number in found.groups() if number] if head == session_id and found else None


def _lessened(groups: Sequence[Sequence[str]], fills: Sequence[Mapping[str, Any]]) -> dict[str, set[Decimal]]:
    """What a group's order may be for besides what was sent: its own fills and what a part of its mate's left."""
    mates = {one: [other for other in group if other != one] for group in groups for one in group}
    filled: dict[str, Decimal] = dict.fromkeys(mates, ZERO)
    found: dict[str, set[Decimal]] = {one: set() for one in mates}
    for fill in fills:
        name, left = fill["order_id"], Decimal(fill["leaves_qty"])
        if name not in mates:
            continue
        filled[name] += Decimal(fill["qty"])
        for mate in mates[name] if left else ():
            found[mate].add(filled[mate] + left)
    return found


def _one(name: str, order: OwnOrder, row: Mapping[str, Any], lessened: Iterable[Decimal]) -> list[str]:
    found = []
    side = "buy" if order.side > 0 else "sell"
    over = row["status"] in OVER_THERE
    if (row["symbol"], row["side"]) != (order.symbol, side):
        found.append(f"{name}: {side} {order.symbol} by the journal, {row['side']} {row['symbol']} at the exchange")
    prices = tuple(None if row.get(key) is None else Decimal(str(row[key])) for key in ("limit_price", "stop_price"))
    if (row["type"], *prices) != (order.type, order.limit_price, order.stop_price):
        here = f"{order.type} {order.limit_price} {order.stop_price}"
        found.append(f"{name}: {here} by the journal, {row['type']} {prices[0]} {prices[1]} at the exchange")
    units = None if row["qty"] is None else Decimal(str(row["qty"]))
    if units is not None and units not in ({order.quantity, *lessened} if over else {order.wanted}):
        found.append(f"{name}: of {order.wanted} units by the journal, of {units} at the exchange")
    if Decimal(row["filled_qty"]) != order.filled:
        found.append(f"{name}: {order.filled} filled by the journal, {row['filled_qty']} at the exchange")
    if over != order.over:
        found.append(f"{name}: over is {order.over} by the journal, {row['status']} at the exchange")
    return found
