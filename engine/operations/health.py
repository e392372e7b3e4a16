"""One immutable picture of how a session is: what `tradetui status` prints and the metrics endpoint tells."""

from __future__ import annotations

import msgspec

from tradetui.engine.model.snapshot import ExecutionView, FeedView, LatenciesView


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
    latencies: LatenciesView | None = None
