"""Requests left in the last minute, with a part that only cancels may use. Pure: it is told the time, it reads none."""

from __future__ import annotations

from collections import deque
from threading import Lock

MINUTE_S = 60.0


class Budget:
    """A minute that slides: never more than the venue allows, however its own minutes begin. For any thread."""

    def __init__(self, per_minute: int, cancel_share: float) -> None:
        self._limit = per_minute
        self.ordinary = per_minute - int(per_minute * cancel_share)
        self._spent: deque[float] = deque()
        self._quiet_until = self._cancels_quiet_until = 0.0
        self._lock = Lock()

    def spend(self, now_s: float, cancel: bool = False) -> float:
        """0.0 where a request may go now, and it is counted; else how long to wait before asking again."""
        with self._lock:
            self._forget(now_s)
            quiet_until = self._cancels_quiet_until if cancel else self._quiet_until
            if now_s < quiet_until:
                return quiet_until - now_s
            limit = self._limit if cancel else self.ordinary
            if len(self._spent) < limit:
                self._spent.append(now_s)
                return 0.0
            return max(0.001, self._spent[len(self._spent) - limit] + MINUTE_S - now_s)

    def quiet(self, until_s: float, cancels_until_s: float | None = None) -> None:
        """The venue wants no request before then; cancels may be tried sooner, where that is said."""
        with self._lock:
            self._quiet_until = max(self._quiet_until, until_s)
            sooner = until_s if cancels_until_s is None else min(until_s, cancels_until_s)
            self._cancels_quiet_until = max(self._cancels_quiet_until, sooner)

    def left(self, now_s: float) -> int:
        """Ordinary requests that could go now."""
        with self._lock:
            self._forget(now_s)
            return max(0, self.ordinary - len(self._spent))

    def _forget(self, now_s: float) -> None:
        while self._spent and self._spent[0] <= now_s - MINUTE_S:
            self._spent.popleft()
