"""Numbers and times as the venue writes them, read without losing a digit, and written as it wants them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from math import isfinite

NS_PER_S = 1_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DIGITS_MAX = 60  # of a number: what is longer is none
MAGNITUDE_MAX = 30  # powers of ten, up and down: what is beyond is no amount of anything
DIGITS = "0123456789"  # and no other that Unicode has
NS_MAX = 2**63  # of a time, in the year 2262: tables hold no more
SECONDS_CHARS = len("2026-11-20T15:04:05")


def instant(value: object) -> int | None:
    """Nanoseconds of an RFC 3339 time since 1970 with up to nine decimals; None for anything else."""
    if not isinstance(value, str) or not SECONDS_CHARS < len(value) <= SECONDS_CHARS + 16:
        return None
    rest = value[SECONDS_CHARS:]
    digits = ""
    if rest[0] == ".":
        end = 1
        while end < len(rest) and rest[end] in DIGITS:
            end += 1
        digits, rest = rest[1:end], rest[end:]
    seconds = _seconds(value[:SECONDS_CHARS], rest)
    if seconds is None or len(digits) > 9:
        return None
    ts_ns = seconds * NS_PER_S + (int(digits.ljust(9, "0")) if digits else 0)
    return ts_ns if 0 <= ts_ns < NS_MAX else None


@lru_cache(maxsize=256)  # thousands of rows share a second
def _seconds(text: str, zone: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text + ("+00:00" if zone in ("Z", "z") else zone))
    except ValueError:
        return None
    return None if moment.tzinfo is None else (moment - EPOCH) // timedelta(seconds=1)


def timestamp(ts_ns: int) -> str:
    """RFC 3339 in UTC with nanoseconds."""
    seconds, fraction = divmod(ts_ns, NS_PER_S)
    return f"{EPOCH + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"


def amount(value: object) -> Decimal | None:
    """A finite Decimal of a number or its text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    text = str(value)
    if len(text) > DIGITS_MAX:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number:
        return Decimal(0)
    return number if number.is_finite() and abs(number.adjusted()) <= MAGNITUDE_MAX else None


def real(value: object) -> float | None:
    """A finite float of a number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:  # an integer of hundreds of digits
        return None
    return number if isfinite(number) else None


def text_of(value: Decimal) -> str:
    """Without an exponent and without zeros at its end: the same text for the same number."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def unread(count: int) -> str:
    """What is said of rows or frames that could not be read; empty where there were none."""
    return f"{count:,} not readable, left out: is this the venue's address, is tradetui up to date?" if count else ""


def words(value: object, limit: int = 300) -> str:
    """Somebody else's words on one line, cut."""
    line = "".join(c for c in " ".join(str(value).split()) if c.isprintable())
    return line if len(line) <= limit else f"{line[: limit - 3]}..."
