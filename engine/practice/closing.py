"""The order that closes a position, or a part of it."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Any

from tradetui.engine.practice.assets import Asset
from tradetui.engine.practice.refusals import Refusal, shape
from tradetui.engine.practice.wire import number
from tradetui.engine.practice.words import Position

STEP = Decimal("0.000000001")
WHOLE = Decimal(100)


def closing_quantity(position: Position, qty: Decimal | None, percentage: Decimal | None) -> Decimal | Refusal:
    """How much to close: all, a quantity, or a share from 0 to 100."""
    if qty is not None and percentage is not None:
        return shape("only one of qty or percentage is accepted")
    if percentage is not None:
        if not 0 < percentage <= WHOLE:
            return shape("percentage must be between 0 and 100")
        return (abs(position.qty) * percentage / WHOLE).quantize(STEP, ROUND_DOWN)
    return abs(position.qty) if qty is None else qty


def closing_body(position: Position, asset: Asset, qty: Decimal) -> dict[str, Any]:
    """The request that closes it at the market."""
    return {
        "symbol": asset.symbol,
        "qty": number(qty),
        "side": "sell" if position.qty > 0 else "buy",
        "type": "market",
        "time_in_force": "gtc" if asset.crypto else "day",
    }
