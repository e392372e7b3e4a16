"""How many requests a minute a key may send. Told the time, reads no clock."""

from __future__ import annotations

from typing import NamedTuple

MINUTE_S = 60


class Budget(NamedTuple):
    """What is left of a minute."""

    limit: int
    remaining: int
    reset_s: int  # since 1970
    allowed: bool


class RateLimit:
    """Counts requests in whole minutes."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._counts: dict[str, tuple[int, int]] = {}

    def ask(self, key: str, now_s: float) -> Budget:
        """Count one request."""
        minute = int(now_s) // MINUTE_S
        before, used = self._counts.get(key, (minute, 0))
        used = used + 1 if before == minute else 1
        self._counts[key] = (minute, used)
        return Budget(self.per_minute, max(self.per_minute - used, 0), (minute + 1) * MINUTE_S, used <= self.per_minute)
