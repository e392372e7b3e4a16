"""How numbers, times and switches are written on the wire, and read from it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
NS_PER_S = 1_000_000_000
DAY_NS = 86_400 * NS_PER_S
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DIGITS_MAX = 40  # of a number in a request: what is longer is no amount
EXPONENT_MAX = 18
NINTH = Decimal("0.000000001")
TRUE_TEXTS = frozenset({"1", "t", "T", "TRUE", "true", "True"})
FALSE_TEXTS = frozenset({"0", "f", "F", "FALSE", "false", "False", ""})
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,9})\d*)?(Z|z|[+-]\d{2}:?\d{2})?")


def number(value: Decimal) -> str:
    """A Decimal without an exponent and without zeros at its end."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def maybe_number(value: Decimal | None) -> str | None:
    """`number`, or None."""
    return None if value is None else number(value)


def timestamp(ts_ns: int) -> str:
    """RFC 3339 in UTC, nanoseconds without zeros at their end."""
    seconds, fraction = divmod(ts_ns, NS_PER_S)
    text = (EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{fraction:09d}".rstrip("0") + "Z" if fraction else f"{text}Z"


def maybe_timestamp(ts_ns: int | None) -> str | None:
    """`timestamp`, or None."""
    return None if ts_ns is None else timestamp(ts_ns)


def eastern(ts_ns: int, digits: int = 9) -> str:
    """RFC 3339 with New York's offset."""
    seconds, fraction = divmod(ts_ns, NS_PER_S)
    moment = (EPOCH + timedelta(seconds=seconds)).astimezone(NEW_YORK)
    offset = moment.strftime("%z")
    part = f".{fraction:09d}"[: digits + 1] if digits and fraction else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{part}{offset[:3]}:{offset[3:]}"


def eastern_moment(ts_ns: int) -> datetime:
    """The wall clock of New York."""
    return (EPOCH + timedelta(seconds=ts_ns // NS_PER_S)).astimezone(NEW_YORK)


def ns_of(moment: datetime) -> int:
    """Nanoseconds of an aware datetime."""
    since = moment.astimezone(UTC) - EPOCH
    return (since.days * 86_400 + since.seconds) * NS_PER_S + since.microseconds * 1_000


def eastern_ns(day: date, clock: time) -> int:
    """The instant of a wall-clock time in New York."""
    return ns_of(datetime.combine(day, clock, NEW_YORK))


def instant(text: str, end_of_day: bool = False) -> int | None:
    """Nanoseconds of RFC 3339 or YYYY-MM-DD (New York midnight, the next one with `end_of_day`); None for neither."""
    text = text.replace(" ", "+") if "T" in text else text  # a plus that was not escaped in a query arrives as a space
    try:
        if len(text) == len("YYYY-MM-DD"):
            day = date.fromisoformat(text)
            return eastern_ns(day + timedelta(days=1) if end_of_day else day, time())
        match = _TIME.fullmatch(text)
        if match is None:
            return None
        day_text, clock, fraction, offset = match.groups()
        moment = datetime.fromisoformat(f"{day_text}T{clock}{(offset or 'Z').upper()}")
    except (ValueError, OverflowError):
        return None
    return ns_of(moment) + int((fraction or "").ljust(9, "0"))


def switch(value: object) -> bool | None:
    """What Go's ParseBool makes of it; None where that fails."""
    if isinstance(value, bool):
        return value
    if value in TRUE_TEXTS:
        return True
    return False if value in FALSE_TEXTS else None


def amount(value: object) -> Decimal | None:
    """A finite Decimal of a JSON number or text, a float to nine decimals; None for what is no amount."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    text = str(value).strip()
    if len(text) > DIGITS_MAX:
        return None
    try:
        result = Decimal(text)
    except InvalidOperation:
        return None
    if not result.is_finite() or abs(result.adjusted()) > EXPONENT_MAX:
        return None
    if isinstance(value, float) and result != result.quantize(NINTH):  # 0.1 + 0.2 of a client is 0.3
        return result.quantize(NINTH)
    return result
