"""What a decision about orders is told about now. Data only."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tradetui.engine.model.events import TradingState


class Moment(msgspec.Struct, frozen=True, gc=False):
    """Time, the event that made it act, the market's price, the free cash and what trading is allowed to do."""

    ts_ns: int
    cause: int
    price: float
    free: Decimal
    state: TradingState
