"""What the engine is told of an order: a report from what is known of it. Marks ends as told; nothing else changes."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from tradetui.engine.gateways.alpaca.executions import Piece
from tradetui.engine.gateways.alpaca.fees import fee_of, fee_units_of
from tradetui.engine.gateways.alpaca.order_records import Record
from tradetui.engine.gateways.alpaca.wire import text_of
from tradetui.engine.model.events import VenueReport
from tradetui.engine.model.instrument import EXACT

ZERO = Decimal(0)
End = Literal["cancelled", "expired", "rejected", "replaced"]
What = Literal[
    "accepted", "fill", "cancelled", "expired", "rejected", "replaced", "unresolved", "foreign", "pending_cancel",
    "changed", "kept",
]  # fmt: skip
ENDS = frozenset(("cancelled", "expired", "rejected", "replaced"))


def report_of(
    crypto_fee_rate: Decimal,
    record: Record,
    what: What,
    ts_ns: int,
    now_ns: int,
    *,
    reason: str = "",
    piece: Piece | None = None,
    total: Decimal | None = None,
) -> VenueReport:
    """The report; `piece` is what it tells to have filled, `total` what has filled in all after it."""
    quantity, price, fee, fee_units, execution_id = ZERO, ZERO, ZERO, ZERO, ""
    if piece is not None and total is not None:
        quantity, price, execution_id = piece.quantity, piece.price, f"{record.venue_id}@{text_of(total)}"
        fee = fee_of(record.symbol, record.side, EXACT.multiply(quantity, price), crypto_fee_rate)
        fee_units = fee_units_of(record.symbol, record.side, quantity, crypto_fee_rate)
    elif what in ("accepted", "foreign"):
        quantity, price = record.quantity, record.limit if what == "foreign" else ZERO
    record.told_end = record.told_end or what in ENDS
    left = record.quantity - (record.filled if total is None else total)
    return VenueReport(
        order_id=record.order_id,
        client_order_id=record.client_order_id,
        venue_id=record.venue_id,
        symbol=record.symbol,
        side=record.side,
        what=what,
        quantity=quantity,
        price=price,
        leaves=ZERO if record.told_end else max(ZERO, left),
        fee=fee,
        liquidity="",
        execution_id=execution_id,
        reason=reason,
        ts_ns=ts_ns,
        received_ns=now_ns,
        fee_units=fee_units,
    )
