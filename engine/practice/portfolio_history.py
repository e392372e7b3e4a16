"""The account's worth over time, in steps of a timeframe. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from tradetui.engine.practice.timeframes import Timeframe, buckets
from tradetui.engine.practice.wire import DAY_NS, NS_PER_S, eastern_moment
from tradetui.engine.practice.words import EquityPoint

FRAMES = {
    "1Min": Timeframe(1, "Min"),
    "5Min": Timeframe(5, "Min"),
    "15Min": Timeframe(15, "Min"),
    "1H": Timeframe(1, "Hour"),
    "1D": Timeframe(1, "Day"),
}
UNITS = {"D": 1, "W": 7, "M": 30, "A": 365}
INTRADAY_DAYS = 30


def period_days(text: str) -> int | None:
    """Days of `1D`, `2W`, `3M`, `1A`."""
    count, unit = text[:-1], text[-1:]
    return int(count) * UNITS[unit] if count.isdigit() and len(count) <= 4 and unit in UNITS else None


def default_frame(days: int) -> str:
    """Minutes for less than a week, quarters of an hour for less than a month, else days."""
    return "1Min" if days < 7 else "15Min" if days < INTRADAY_DAYS else "1D"


def history(
    points: Sequence[EquityPoint], frame: str, start_ns: int, end_ns: int, base: Decimal, per_day: bool
) -> dict[str, Any]:
    """The answer to GET /account/portfolio/history: the worth at the end of each step, from the first to the last."""
    inside = [p for p in points if start_ns <= p.ts_ns <= end_ns]
    if not inside:
        return {
            "timestamp": [], "equity": [], "profit_loss": [], "profit_loss_pct": [], "base_value": 0,
            "timeframe": frame,
        }  # fmt: skip
    starts = buckets(np.array([p.ts_ns for p in inside], np.int64), FRAMES[frame], True)
    last = np.flatnonzero(np.r_[np.diff(starts) != 0, True])
    equity = [inside[i].equity for i in last]
    bases = _bases([int(starts[i]) for i in last], equity, base, per_day and frame != "1D")
    return {
        "timestamp": [int(starts[i]) // NS_PER_S for i in last],
        "equity": [float(e) for e in equity],
        "profit_loss": [float(e - b) for e, b in zip(equity, bases, strict=True)],
        "profit_loss_pct": [float((e - b) / b) if b else None for e, b in zip(equity, bases, strict=True)],
        "base_value": float(base),
        "base_value_asof": f"{eastern_moment(inside[0].ts_ns - DAY_NS):%Y-%m-%d}",
        "timeframe": frame,
    }


def _bases(starts: list[int], equity: list[Decimal], base: Decimal, per_day: bool) -> list[Decimal]:
    """What each step's profit is counted from: the first worth, or each day's."""
    found, day, current = [], None, base
    for index, start in enumerate(starts):
        today = eastern_moment(start).date()
        if per_day and day is not None and today != day:
            current = equity[index - 1]
        day = today
        found.append(current)
    return found
