"""When the stock market is open: regular and extended sessions of listed days. Coins trade always."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from tradetui.engine.practice.wire import EPOCH, NEW_YORK, NS_PER_S, eastern, eastern_moment, eastern_ns, ns_of

OPEN, CLOSE = time(9, 30), time(16)
EXTENDED_OPEN, EXTENDED_CLOSE = time(4), time(20)
GTC_END = time(16, 15)
OPG_REFUSED = time(9, 28), time(19)  # between them no order for the open is taken, and likewise for the close
CLS_REFUSED = time(15, 50), time(19)


class Session(NamedTuple):
    """One day's regular session."""

    day: date
    open_ns: int
    close_ns: int

    @property
    def extended_open_ns(self) -> int:
        """Start of the hours before the open."""
        return eastern_ns(self.day, EXTENDED_OPEN)

    @property
    def extended_close_ns(self) -> int:
        """End of the hours after the close."""
        return eastern_ns(self.day, EXTENDED_CLOSE)


def weekday_sessions(first: date, last: date) -> list[Session]:
    """Monday to Friday, holidays not left out."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [Session(d, eastern_ns(d, OPEN), eastern_ns(d, CLOSE)) for d in days if d.weekday() < 5]


class Hours:
    """The sessions that there are, in order."""

    def __init__(self, sessions: Iterable[Session]) -> None:
        self.sessions = sorted(sessions)
        self._opens = [session.open_ns for session in self.sessions]

    def at(self, ts_ns: int) -> Session | None:
        """The session that is open then."""
        index = bisect_right(self._opens, ts_ns) - 1
        return self.sessions[index] if index >= 0 and ts_ns < self.sessions[index].close_ns else None

    def following(self, ts_ns: int) -> Session:
        """The first session that opens after an instant; beyond the list, the same hours a week on."""
        index = bisect_right(self._opens, ts_ns)
        if index < len(self.sessions):
            return self.sessions[index]
        day = eastern_moment(ts_ns).date()
        return next(s for s in weekday_sessions(day, day + timedelta(days=4)) if s.open_ns > ts_ns)

    def day_end(self, ts_ns: int, extended: bool) -> int:
        """When an order for the day that is sent now ends."""
        session = self.at(ts_ns) or self._extended_at(ts_ns if extended else -1) or self.following(ts_ns)
        return session.extended_close_ns if extended else session.close_ns

    def tradable(self, ts_ns: int, extended: bool) -> bool:
        """Whether an order for stocks is worked then."""
        return self.at(ts_ns) is not None or (extended and self._extended_at(ts_ns) is not None)

    def gtc_end(self, ts_ns: int, days: int) -> int:
        """When an order good till cancelled is cancelled by the venue."""
        return eastern_ns(eastern_moment(ts_ns).date() + timedelta(days=days), GTC_END)

    def clock(self, ts_ns: int) -> dict[str, Any]:
        """The answer to GET /clock."""
        session = self.at(ts_ns)
        following = self.following(ts_ns)
        return {
            "timestamp": eastern(ts_ns),
            "is_open": session is not None,
            "next_open": eastern(following.open_ns),
            "next_close": eastern((session or following).close_ns),
        }

    def calendar(self, first: date | None, last: date | None) -> list[dict[str, Any]]:
        """The answer to GET /calendar."""
        return [
            {
                "date": session.day.isoformat(),
                "open": f"{_clock(session.open_ns):%H:%M}",
                "close": f"{_clock(session.close_ns):%H:%M}",
                "session_open": f"{EXTENDED_OPEN:%H%M}",
                "session_close": f"{EXTENDED_CLOSE:%H%M}",
                "settlement_date": self.following(session.open_ns).day.isoformat(),
            }
            for session in self.sessions
            if (first is None or session.day >= first) and (last is None or session.day <= last)
        ]

    def _extended_at(self, ts_ns: int) -> Session | None:
        day = eastern_moment(ts_ns).date()
        index = bisect_right(self._opens, ns_of(datetime.combine(day, time(23, 59), NEW_YORK))) - 1
        session = self.sessions[index] if index >= 0 else None
        if session is None or session.day != day:
            return None
        return session if session.extended_open_ns <= ts_ns < session.extended_close_ns else None


def _clock(ts_ns: int) -> datetime:
    return (EPOCH + timedelta(seconds=ts_ns // NS_PER_S)).astimezone(NEW_YORK)
