"""Falls of an equity curve from its highest point so far, counting the starting equity as a point."""

from __future__ import annotations

import msgspec
import numpy as np

from tradetui.engine.analytics.curve import Curve
from tradetui.engine.analytics.returns import NS_PER_SECOND, last_of_each, session_days
from tradetui.engine.analytics.sums import Floats
from tradetui.engine.errors import UsageError

NOISE = 1e-12  # a fall of less is the rounding of floats that were added in another order, not money


class Drawdowns(msgspec.Struct, frozen=True):
    """`maximum` is a fraction, 0 or negative. A fall lasts from the last time at the peak to the recovery, in seconds.

    `is_open` says that the last fall has not recovered; it counts to the end of the curve. `recovery_s` goes from the
    deepest point of the deepest fall to its recovery, None while there is none.
    """

    maximum: float
    count: int
    longest_s: float
    average_s: float
    recovery_s: float | None
    is_open: bool


def drawdown_series(equity: Floats, start_equity: float) -> Floats:
    """How far each point lies below the highest before it or the starting equity, as fractions, 0 or negative.

    Raises UsageError for a starting equity that is not positive.
    """
    if not start_equity > 0:
        raise UsageError(f"starting equity is {start_equity:g}; it must be above 0 to measure anything against it")
    peak = np.maximum(np.maximum.accumulate(equity), start_equity)
    depth: Floats = (equity - peak) / peak
    depth[depth > -NOISE] = 0.0
    return depth


def drawdowns(curve: Curve) -> Drawdowns:
    """Depth and duration over every point of the curve."""
    depth = drawdown_series(curve.equity, curve.start_equity)
    below = depth < 0
    edge = np.flatnonzero(below[1:] != below[:-1]) + 1
    if depth.size == 0 or (edge.size == 0 and not below[0]):
        return Drawdowns(0.0, 0, 0.0, 0.0, None, False)
    turns = np.concatenate(([0], edge)) if below[0] else edge
    falls, recoveries = turns[0::2], turns[1::2]
    begin_ns = curve.ts_ns[np.maximum(falls - 1, 0)]
    is_open = falls.size > recoveries.size
    end_ns = curve.ts_ns[np.append(recoveries, depth.size - 1) if is_open else recoveries]
    lasted_s = (end_ns - begin_ns) / NS_PER_SECOND
    deepest = int(depth.argmin())
    later = recoveries[np.searchsorted(recoveries, deepest) :]
    return Drawdowns(
        maximum=float(depth[deepest]),
        count=int(falls.size),
        longest_s=float(lasted_s.max()),
        average_s=float(lasted_s.mean()),
        recovery_s=int(curve.ts_ns[later[0]] - curve.ts_ns[deepest]) / NS_PER_SECOND if later.size else None,
        is_open=is_open,
    )


def max_drawdown_of_closes(curve: Curve, timezone: str = "UTC") -> float:
    """The deepest fall between closing marks of sessions: what daily data show of the intraday curve."""
    marks = curve.equity[last_of_each(session_days(curve.ts_ns, timezone))]
    depth = drawdown_series(marks, curve.start_equity)
    return float(depth.min()) if depth.size else 0.0
