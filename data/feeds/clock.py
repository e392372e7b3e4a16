"""The one clock of a feed's file: it never runs backwards, and counts where the file's times do."""

from __future__ import annotations

from tradetui.data.feeds.report import Report

EARLIEST_NS, LATEST_NS = 631_152_000 * 10**9, 4_102_444_800 * 10**9  # 1990 and 2100


class Clock:
    """Times of rows in the order of the file: the latest seen so far, as a market that plays them would have it."""

    __slots__ = ("_before", "_report", "now_ns")

    def __init__(self, report: Report) -> None:
        self.now_ns = 0
        self._before = 0
        self._report = report

    def at(self, ts_ns: int | None, line: int) -> int | None:
        """When the row counts: `ts_ns`, or the latest before where that is later or there is none; None if unusable."""
        if ts_ns is None:
            if not self.now_ns:
                self._report.count("bad_time", line, "no time, and none before it")
                return None
            return self.now_ns
        if not EARLIEST_NS <= ts_ns < LATEST_NS:
            self._report.count("bad_time", line, f"{ts_ns} ns since 1970")
            return None
        if ts_ns < self._before:
            self._report.count("time_backwards", line, f"{ts_ns} after {self._before}")
        self._before = ts_ns
        self.now_ns = max(self.now_ns, ts_ns)
        return self.now_ns
