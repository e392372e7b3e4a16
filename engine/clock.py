"""The replay clock: turns wall time into market time at a chosen speed. Pure: it is told the time, it reads none."""

from __future__ import annotations

FOREVER_NS = 2**63 - 1
SPEED_MAX = 10_000_000.0  # years of daily bars in a minute


def checked_speed(speed: float) -> float:
    """`speed` itself; raises ValueError outside 0 to SPEED_MAX, and for NaN."""
    if not 0 <= speed <= SPEED_MAX:
        raise ValueError(f"speed {speed} is outside 0 (as fast as it goes) to {SPEED_MAX:g}")
    return speed


class ReplayClock:
    """Market time that runs, stands, or is as fast as it goes (`speed` 0). All times are integer nanoseconds."""

    def __init__(self, start_ns: int, speed: float, now_ns: int) -> None:
        self.speed = checked_speed(speed)
        self.running = False
        self._market = start_ns
        self._since = now_ns

    def play(self, now_ns: int) -> None:
        """Run from where it stands."""
        self._anchor(now_ns)
        self.running = True

    def pause(self, now_ns: int) -> None:
        """Stand still."""
        self._anchor(now_ns)
        self.running = False

    def set_speed(self, speed: float, now_ns: int) -> None:
        """Change the speed without a jump; raises ValueError as `checked_speed`."""
        checked_speed(speed)
        self._anchor(now_ns)
        self.speed = speed

    def jump(self, market_ns: int, now_ns: int) -> None:
        """Stand at, or run on from, another market time."""
        self._market, self._since = market_ns, now_ns

    def keep_within(self, first_ns: int, last_ns: int, now_ns: int) -> None:
        """Move as little as needed to be at `first_ns` or later and at `last_ns` or earlier."""
        self._anchor(now_ns)
        self._market = max(first_ns, min(last_ns, self._market))

    def market_ns(self, now_ns: int) -> int:
        """Market time up to which events may happen; FOREVER_NS while running as fast as it goes."""
        if self.running and self.speed == 0:
            return FOREVER_NS
        return self._reached(now_ns)

    def wall_ns_until(self, market_ns: int, now_ns: int) -> int | None:
        """How long until market time reaches `market_ns`; None while it stands, 0 when it is due."""
        if not self.running:
            return None
        if self.speed == 0:
            return 0
        return max(0, int((market_ns - self.market_ns(now_ns)) / self.speed))

    def _anchor(self, now_ns: int) -> None:
        self._market, self._since = self._reached(now_ns), now_ns

    def _reached(self, now_ns: int) -> int:
        """Market time itself; as fast as it goes it has no pace of its own and stays where it was."""
        return self._market + int((now_ns - self._since) * self.speed) if self.running else self._market
