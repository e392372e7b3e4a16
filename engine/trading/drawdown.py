"""The circuit breaker: how far equity may fall below its peak."""

from __future__ import annotations

from decimal import Decimal


class DrawdownGuard:
    """Watches equity; `limit` is a fraction of the peak, None never binds. The starting equity is the first peak."""

    def __init__(self, limit: Decimal | None, start_equity: float) -> None:
        self.limit = None if limit is None else float(limit)
        self.peak = start_equity

    def check(self, equity: float) -> str | None:
        """What was seen and allowed when the limit is passed, else None. NaN counts as passed."""
        if equity > self.peak:
            self.peak = equity
            return None
        if self.limit is None or equity >= self.peak * (1 - self.limit):
            return None
        down = 1 - equity / self.peak if self.peak else 1.0
        return f"equity {equity:,.2f} is {down:.2%} below its peak {self.peak:,.2f}, limit {self.limit:.2%}"

    def rearm(self, equity: float) -> None:
        """Start again from `equity`: the operator unlocked trading knowing the loss."""
        self.peak = equity
