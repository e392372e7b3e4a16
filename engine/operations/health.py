"""One immutable picture of how a session is: what `tradetui status` prints and the metrics endpoint tells."""

from __future__ import annotations

from bisect import bisect_left

import msgspec

from tradetui.engine.model.snapshot import ExecutionView, FeedView

BUCKETS_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
NS_PER_S = 1_000_000_000


class Latencies(msgspec.Struct, frozen=True):
    """How many took at most each of BUCKETS_S, the last more than all; and their sum."""

    counts: tuple[int, ...] = (0,) * (len(BUCKETS_S) + 1)
    sum_s: float = 0.0


class LatencyCounter:
    """Counts on the thread that measures; `picture` is what others may have."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BUCKETS_S) + 1)
        self._sum_ns = 0

    def add(self, took_ns: int) -> None:
        """One more."""
        self._counts[bisect_left(BUCKETS_S, took_ns / NS_PER_S)] += 1
        self._sum_ns += took_ns

    def picture(self) -> Latencies:
        """As it is now."""
        return Latencies(tuple(self._counts), self._sum_ns / NS_PER_S)


class SessionHealth(msgspec.Struct, frozen=True, kw_only=True):
    """Times in ns since 1970. What nobody measures stays at its default."""

    ts_ns: int
    trading: str = "ACTIVE"  # the trading state
    halted: str = ""  # why
    feeds: tuple[FeedView, ...] = ()
    execution: ExecutionView | None = None
    ticks: int = 0
    orders: int = 0  # sent
    fills: int = 0
    working: int = 0  # orders
    positions: int = 0  # open
    equity: float | None = None
    queue_depth: int = 0  # inputs that wait for the engine
    storage_lag: int = 0  # rows that wait for a database
    storage: str = ""  # what is wrong with it; empty where nothing is
    differences: int | None = None  # of the last reconciliation
    tick_to_signal: Latencies = Latencies()
    tick_to_order: Latencies = Latencies()
