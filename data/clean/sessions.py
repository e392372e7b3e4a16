"""Rules that compare with an exchange's calendar: bars it should have and has not, and rows outside its hours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tradetui.data.calendars import Sessions, sessions_over
from tradetui.data.clean.rules import NOTES_MAX, Found, Rule, Settings, Table, absent, found_rows, remove, times_of
from tradetui.data.dialects.words import Kind
from tradetui.data.times import DAY_NS, time_text
from tradetui.engine.market.bars import Int64


def _covered(table: Table, settings: Settings) -> Sessions | None:
    """The calendar's sessions that the data span; None without a calendar or rows."""
    ts = times_of(table)
    if not settings.calendar or not len(ts):
        return None
    return sessions_over(settings.calendar, int(ts.min()), int(ts.max()))


def _is_daily(table: Table) -> bool:
    return table.kind == "bars" and table.interval_ns >= DAY_NS


def _days_present(table: Table, sessions: Sessions) -> Int64:
    """The session days that the table has a row of: by date for daily bars, by the open session for others."""
    ts = times_of(table)
    if _is_daily(table):
        return np.unique(ts // DAY_NS)
    held = sessions.holding(ts)
    return sessions.day[np.unique(held[held >= 0])]


def _missing_sessions(table: Table, settings: Settings) -> Found:
    """Sessions between the first and the last row of which there is no row at all."""
    sessions = _covered(table, settings)
    if sessions is None:
        return absent(0)
    present = _days_present(table, sessions)
    if not len(present):
        return absent(0)
    within = (sessions.day >= present[0]) & (sessions.day <= present[-1])
    gone = np.flatnonzero(within & ~np.isin(sessions.day, present))
    return absent(len(gone), tuple(f"{sessions.date_of(int(i))}" for i in gone[:NOTES_MAX]))


def _closed_days(table: Table, settings: Settings) -> Found:
    """Daily bars on days without a session."""
    sessions = _covered(table, settings)
    if sessions is None or not _is_daily(table):
        return absent(0)
    return found_rows(~np.isin(times_of(table) // DAY_NS, sessions.day))


def _off_hours(table: Table, settings: Settings) -> Found:
    sessions = _covered(table, settings)
    if sessions is None or _is_daily(table):
        return absent(0)
    ts = times_of(table)
    return found_rows((sessions.holding(ts) < 0) & ~_spans_an_open(table, sessions, ts))


def _spans_an_open(table: Table, sessions: Sessions, ts: Int64) -> npt.NDArray[np.bool_]:
    """Bars during which trading begins: an hour from 09:00 holds the first half hour of one that opens at 09:30."""
    breaks = sessions.break_end_ns[sessions.break_end_ns < sessions.close_ns]
    opens = np.sort(np.concatenate((sessions.open_ns, breaks)))
    if table.kind != "bars" or not len(opens):
        return np.zeros(len(ts), np.bool_)
    after = np.searchsorted(opens, ts, side="right")
    return (after < len(opens)) & (opens[np.minimum(after, len(opens) - 1)] < ts + table.interval_ns)


def _missing_in_sessions(table: Table, settings: Settings) -> Found:
    """Bars that a session should have: all of an interval from its open to its close, early closes known."""
    sessions = _covered(table, settings)
    if sessions is None or _is_daily(table) or not table.interval_ns:
        return absent(0)
    ts, codes = times_of(table), table.codes()
    count = 0
    notes: list[str] = []
    for code in np.unique(codes):
        times = ts[codes == code]
        wanted = sessions.starts(table.interval_ns)
        wanted = wanted[(wanted >= times.min()) & (wanted <= times.max())]
        gone = wanted[~np.isin(wanted, times)]
        count += len(gone)
        held = sessions.holding(gone)
        where, first, bars = np.unique(held, return_index=True, return_counts=True)
        for session, at, lost in zip(where[:NOTES_MAX], first, bars, strict=False):
            notes.append(f"{sessions.date_of(int(session))}: {lost} bars, the first at {time_text(int(gone[at]))}")
    return absent(count, tuple(notes))


def _early_closes(table: Table, settings: Settings) -> Found:
    """Early closes that the calendar knows within the data, for the reader of the other counts."""
    sessions = _covered(table, settings)
    if sessions is None:
        return absent(0)
    ts = times_of(table)
    first, last = int(ts.min()) // DAY_NS, int(ts.max()) // DAY_NS
    early = np.flatnonzero(sessions.early_close & (sessions.day >= first) & (sessions.day <= last))
    return absent(len(early), tuple(f"{sessions.date_of(int(i))}" for i in early[:NOTES_MAX]))


INTRADAY: tuple[Kind, ...] = ("bars", "trades", "quotes")
SESSION_RULES = (
    Rule("missing_sessions", INTRADAY, "a session of the calendar without any row", "counts them", _missing_sessions),
    Rule("missing_bars", ("bars",), "a bar that a session of the calendar should have: a halt, or lost data",
         "counts them; fill adds them", _missing_in_sessions),
    Rule("early_closes", INTRADAY, "an early close of the calendar within the data", "counts them", _early_closes),
    Rule("closed_days", ("bars",), "a daily bar on a day without a session", "removes it", _closed_days, remove),
    Rule("off_hours", INTRADAY, "a row outside the sessions of the calendar; a bar that spans an open is none",
         "removes it", _off_hours, remove),
)  # fmt: skip
