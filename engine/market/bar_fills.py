"""Where a resting order fills inside one bar. Pure integer rules; knows nothing of quantity, fees or money.

A bar tells four prices but not their order. What happened first is decided by rules that never favour the trader
(semantics: "fills on bars"): gaps fill at the open, then stops, then limits; an order born inside the bar sees only the
part of the bar that provably came after its birth.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from tradetui.engine.model.orders import OrderType, Role, TimeInForce

Intrabar = Literal["stop_first", "target_first", "adaptive"]

# When in the bar: earlier phases come first.
AT_MARKET, AT_OPEN, FIRST, SECOND = 0, 1, 2, 3
NEVER = 2**63 - 1


class Window(msgspec.Struct, frozen=True, gc=False):
    """The part of a bar that an order may use: prices in nanos, volume in units (NaN where unknown)."""

    ts_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: float

    def after(self, price: int, direction: int) -> Window:
        """What provably comes after the price first reached `price` moving in `direction` (+1 up, -1 down).

        Everything beyond `price` in that direction lies after it; on the way back only the close is sure.
        """
        if direction > 0:
            return Window(self.ts_ns, price, self.high, min(price, self.close), self.close, self.volume)
        return Window(self.ts_ns, price, max(price, self.close), self.low, self.close, self.volume)


class Resting(msgspec.Struct, gc=False):
    """An order at the simulated venue. Prices in nanos, `left` in nanos of quantity (0 while `fraction` sizes it)."""

    order_id: int
    symbol: str
    side: int
    role: Role
    type: OrderType
    left: int
    limit: int
    stop: int
    fraction: float | None
    time_in_force: TimeInForce
    parent: int
    executions: int = 0
    triggered: bool = False
    fresh: bool = True  # has not lived through the end of a bar yet
    dormant: bool = False  # sleeps until a bar that begins at `wakes_ns` or later
    spent: bool = False  # cannot do more in this bar
    born: Window | None = None  # the part of the bar after its birth
    expires_ns: int = NEVER
    decided: float = 0.0  # the market when it was decided, 0 where bars do not tell it
    wakes_ns: int = 0


class Reach(msgspec.Struct, frozen=True, gc=False):
    """That an order can fill: when in the bar, at which ideal price, and which way the market moved to get there."""

    phase: int
    price: int
    direction: int


def reach(order: Resting, bar: Window, through: int, intrabar: Intrabar) -> Reach | None:
    """Where `order` fills inside `bar`, or None.

    `through` is how many nanos a limit must be traded through: one tick, or 0 when a touch is enough. A stop or
    stop-limit that is hit becomes `triggered` here and stays so.
    """
    window = bar if order.born is None else order.born
    if order.type == "market" or (order.type == "stop" and order.triggered):
        return Reach(AT_MARKET, window.open, 0)
    if order.type == "stop":
        return _stop(order.side, order.stop, window, intrabar)
    if order.type == "limit" or order.triggered:
        return _limit(order.side, order.limit, window, through, intrabar)
    return _stop_limit(order, window, through, intrabar)


def _stop(side: int, stop: int, window: Window, intrabar: Intrabar) -> Reach | None:
    if side * window.open >= side * stop:
        return Reach(AT_OPEN, window.open, 0)
    extreme = window.high if side > 0 else window.low
    if side * extreme >= side * stop:
        return Reach(_phase(side, True, window, intrabar), stop, side)
    return None


def _limit(side: int, limit: int, window: Window, through: int, intrabar: Intrabar) -> Reach | None:
    better = side * (limit - window.open)
    if better > 0 or (better == 0 and through == 0):
        return Reach(AT_OPEN, window.open, 0)
    extreme = window.low if side > 0 else window.high
    if side * (limit - extreme) >= through:
        return Reach(_phase(-side, False, window, intrabar), limit, -side)
    return None


def _stop_limit(order: Resting, window: Window, through: int, intrabar: Intrabar) -> Reach | None:
    trigger = _stop(order.side, order.stop, window, intrabar)
    if trigger is None:
        return None
    order.triggered = True
    if trigger.phase == AT_OPEN:
        return _limit(order.side, order.limit, window, through, intrabar)
    order.born = window.after(order.stop, order.side)
    found = _limit(order.side, order.limit, order.born, through, intrabar)
    return None if found is None else Reach(max(found.phase, trigger.phase), found.price, order.side)


def _phase(direction: int, is_stop: bool, window: Window, intrabar: Intrabar) -> int:
    """Whether a price reached inside the bar, by a move in `direction`, comes first or second."""
    if intrabar == "adaptive":  # the extreme nearer to the open came first: O-H-L-C or O-L-H-C
        first = 1 if window.high - window.open < window.open - window.low else -1
        return FIRST if direction == first else SECOND
    return FIRST if is_stop == (intrabar == "stop_first") else SECOND


def next_touch(lows: object, highs: object, start: int, low: float, high: float) -> int:
    """The first row from `start` on whose low is at most `low` or whose high is at least `high`; else the length.

    `lows` and `highs` are int64 columns. Looks in windows that double, so that a near touch costs little and a far one
    a single pass.
    """
    import numpy as np

    lo, hi = np.asarray(lows), np.asarray(highs)
    size, n = 64, len(lo)
    while start < n:
        stop = min(start + size, n)
        hit = (lo[start:stop] <= low) | (hi[start:stop] >= high)
        at = int(hit.argmax())
        if hit[at]:
            return start + at
        start, size = stop, size * 2
    return n
