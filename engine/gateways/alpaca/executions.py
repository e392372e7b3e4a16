"""How the executions of one order add up, whoever tells them and in whichever order. No I/O."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from tradetui.engine.gateways.alpaca.models import RawOrder
from tradetui.engine.gateways.alpaca.order_records import Execution, Record

NEAREST = Decimal("0.000001")  # a price that follows from an average is off by its rounding, far below this


class Piece(NamedTuple):
    """What is new of an execution: to be told, and counted already."""

    quantity: Decimal
    price: Decimal
    ts_ns: int


def take(record: Record, execution: Execution) -> list[Piece] | None:
    """What can be told now that this is known too; one after a hole waits. None for one that was told before."""
    record.seen = max(record.seen, execution.total)
    if execution.total <= record.filled or any(w.total == execution.total for w in record.waiting):
        return None
    record.waiting.append(execution)
    record.waiting.sort(key=lambda e: e.total)
    pieces = []
    while record.waiting and record.waiting[0].before <= record.filled:
        pieces += _count(record, record.waiting.pop(0))
    return pieces


def lump(record: Record, raw: RawOrder) -> list[Piece]:
    """What nobody explains one by one, as one piece whose price follows from the order's average."""
    if raw.average_price is None or raw.filled <= record.filled:
        return []
    price = (raw.filled * raw.average_price - record.value) / (raw.filled - record.filled)
    near = price.quantize(NEAREST).normalize()
    record.waiting = [w for w in record.waiting if w.total > raw.filled]
    return _count(record, Execution(record.filled, raw.filled, near or price, raw.updated_ns))


def _count(record: Record, execution: Execution) -> list[Piece]:
    quantity = execution.total - record.filled
    if quantity <= 0:
        return []
    record.filled = execution.total
    record.value += quantity * execution.price
    return [Piece(quantity, execution.price, execution.ts_ns)]
