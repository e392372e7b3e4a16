"""Which trading day a moment belongs to, and when that day ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

NS = 1_000_000_000
DAY_NS = 86_400 * NS
QUARTER_S = 900  # every zone's midnight since 1972 falls on a quarter of an hour, many not on a full one


def session_end_ns(ts_ns: int, timezone: str) -> int:
    """The midnight, as UTC nanoseconds, that ends the local day of `ts_ns`."""
    if timezone == "UTC":
        return (ts_ns // DAY_NS + 1) * DAY_NS
    return _local_midnight_after(ts_ns // (QUARTER_S * NS), timezone)


@lru_cache(maxsize=4096)
def _local_midnight_after(quarter: int, timezone: str) -> int:
    zone = ZoneInfo(timezone)
    local = datetime.fromtimestamp(quarter * QUARTER_S, UTC).astimezone(zone)
    midnight = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), zone)
    return int(midnight.timestamp()) * NS
