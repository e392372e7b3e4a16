"""How often a vendor may be asked and how long to wait when it will not answer. Told the time, never reads it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import isfinite
from random import Random
from typing import TypeVar

from tradetui.data.download.pages import NS_PER_S, Transient
from tradetui.engine.errors import DataError

RETRIES_MAX = 7  # after the first try: with the delays below about four minutes, longer than most outages that pass
DELAY_FIRST_S = 1.0
DELAY_MAX_S = 60.0
WAIT_ASKED_MAX_S = 300.0  # a vendor that asks for more has banned us: sitting it out would look like a hang

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timing:
    """The only clocks a download has: wall time in ns, steady seconds, and a sleep that a stop request may end."""

    now_ns: Callable[[], int]
    steady_s: Callable[[], float]
    sleep: Callable[[float], None]


class Gate:
    """A token bucket that all workers of one vendor share; a vendor's request for quiet holds them all."""

    def __init__(self, per_minute: float, burst: float, timing: Timing) -> None:
        self._per_s = per_minute / 60
        self._burst = burst
        self._timing = timing
        self._lock = threading.Lock()
        self._tokens = burst
        self._at_s = timing.steady_s()
        self._quiet_until_s = self._at_s

    def admit(self, cost: float) -> None:
        """Sleeps until `cost` may be spent. Tokens are taken first and waited for after, so workers keep their turn."""
        with self._lock:
            now = self._timing.steady_s()
            self._tokens = min(self._burst, self._tokens + (now - self._at_s) * self._per_s) - cost
            self._at_s = now
            wait = max(-self._tokens / self._per_s, self._quiet_until_s - now)
        while True:
            self._timing.sleep(max(0.0, wait))  # also for no time at all: a request to stop is heard in here
            with self._lock:
                wait = self._quiet_until_s - self._timing.steady_s()
            if wait <= 0:  # else another worker was told to be quiet meanwhile
                return

    def quiet(self, seconds: float) -> None:
        """Nobody asks for that long."""
        with self._lock:
            self._quiet_until_s = max(self._quiet_until_s, self._timing.steady_s() + seconds)


def ask_patiently(ask: Callable[[], T], what: str, cost: float, gate: Gate, timing: Timing, chance: Random) -> T:
    """The answer of `ask`, asked again after each Transient fault with longer and longer waits.

    Waits double and half of each is chance, so that workers do not return all at once; a wait that the vendor names
    is kept by all of them. Raises DataError when RETRIES_MAX is used up or the vendor asks for too long a wait.
    """
    for attempt in range(RETRIES_MAX + 1):
        gate.admit(cost)
        try:
            return ask()
        except Transient as fault:
            if fault.wait_s is not None and fault.wait_s > WAIT_ASKED_MAX_S:
                seen = f"{fault.seen}, and asks to wait {fault.wait_s:.0f} s"
                hint = "Run the same command again after that time: it goes on where it stopped"
                raise DataError(what, None, seen, f"a wait of at most {WAIT_ASKED_MAX_S:.0f} s", hint) from fault
            if attempt == RETRIES_MAX:
                seen = f"{fault.seen}, {RETRIES_MAX + 1} times in a row"
                hint = "Check the network and the vendor, then run the same command again: it goes on where it stopped"
                raise DataError(what, None, seen, "an answer", hint) from fault
            delay = min(DELAY_MAX_S, DELAY_FIRST_S * 2**attempt)
            delay = delay / 2 + chance.random() * delay / 2
            if fault.wait_s is not None:
                gate.quiet(fault.wait_s)
                delay = max(delay, fault.wait_s)
            timing.sleep(delay)
    raise AssertionError("the last attempt returns or raises")


def retry_after_s(value: str | None, now_ns: int) -> float | None:
    """Seconds of a Retry-After header, given as seconds or as a date; None for none or one that makes no sense."""
    if value is None:
        return None
    try:
        wait = float(value)
    except ValueError:
        at = http_date_ns(value)
        return None if at is None else max(0.0, (at - now_ns) / NS_PER_S)
    return max(0.0, wait) if isfinite(wait) else None


def http_date_ns(value: str | None) -> int | None:
    """The instant of an HTTP date such as a Date header; None for none or an unreadable one."""
    try:
        return None if value is None else int(parsedate_to_datetime(value).timestamp()) * NS_PER_S
    except ValueError:
        return None
