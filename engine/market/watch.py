"""When a symbol's resting orders need to be looked at next, so that every other bar and quote can be skipped."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tradetui.engine.market.bar_fills import NEVER, Resting
from tradetui.engine.model.instrument import NANOS_PER_UNIT

EVERYWHERE = (float("inf"), float("-inf"))  # every bar touches this
NOWHERE = (float("-inf"), float("inf"), NEVER)


class Watch(msgspec.Struct, gc=False):
    """When a symbol needs the venue's attention: its low at or below, its high at or above, or this time reached."""

    low: float
    high: float
    expires_ns: int


def watch_of(orders: Iterable[Resting], every_bar: bool) -> Watch:
    """The earliest that any of `orders` can fill or end; `every_bar` where chance is drawn at each."""
    low, high, expires = NOWHERE
    if every_bar:
        low, high = EVERYWHERE
    for order in orders:
        expires = min(expires, order.expires_ns)
        if order.fresh or order.triggered or order.type == "market":
            low, high = EVERYWHERE
            break
        if order.type == "limit":
            price, below = order.limit, order.side > 0
        else:
            price, below = order.stop, order.side < 0
        if below:
            low = max(low, price / NANOS_PER_UNIT)
        else:
            high = min(high, price / NANOS_PER_UNIT)
    return Watch(low, high, expires)
