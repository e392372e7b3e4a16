"""Numbers, times and text as a trader reads them, measured in terminal cells. Pure: no widgets, no clock."""

from __future__ import annotations

import math
import textwrap
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

from rich.cells import cell_len, chop_cells, set_cell_size

Align = Literal["left", "right", "center"]

NONE_TEXT = "-"
UNPRINTABLE = "."
NS_PER_SECOND = 1_000_000_000
SECONDS_PER_DAY = 86_400
DECIMALS_MAX = 9  # the engine counts in units of 1e-9
_SUFFIXES = ((1e15, "Q"), (1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def clean(text: str) -> str:
    """`text` on one line: what cannot be printed becomes a dot, so that no message can move the cursor."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else UNPRINTABLE for char in text.replace("\N{NO-BREAK SPACE}", " "))


def fit(text: str, width: int, align: Align = "left", ellipsis: str = "…") -> str:
    """`text` in exactly `width` cells: padded, or cut with an ellipsis."""
    if width <= 0:
        return ""
    text = clean(text)
    length = len(text) if text.isascii() else cell_len(text)
    if length > width:
        return (
            set_cell_size(text, width - len(ellipsis)) + ellipsis
            if width > len(ellipsis)
            else set_cell_size(text, width)
        )
    space = width - length
    if align == "right":
        return " " * space + text
    if align == "center":
        return " " * (space // 2) + text + " " * (space - space // 2)
    return text + " " * space


def wrap(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` cells, cut anywhere: for tracebacks, where spaces matter."""
    lines: list[str] = []
    for line in text.expandtabs(4).splitlines() or [""]:
        lines.extend(chop_cells(clean(line), max(1, width)) or [""])
    return lines


def wrap_words(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` cells, cut between words."""
    return textwrap.wrap(clean(text), max(1, width)) or [""]


def number(value: float | None, width: int = 0, decimals: int = 2, *, sign: bool = False) -> str:
    """A number with thousands separators; too long for `width`, with fewer decimals or as 1.23M: never cut off."""
    if value is None:
        return NONE_TEXT
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else ("+inf" if value > 0 else "-inf")
    prefix = "+" if sign and value > 0 else ""
    text = prefix + _plain(value, decimals)
    if not width or len(text) <= width:
        return text
    for fewer in range(decimals - 1, -1, -1):
        text = prefix + _plain(value, fewer)
        if len(text) <= width:
            return text
    return prefix + compact(value, width - len(prefix))


def _plain(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.,") else text  # no "-0.00"


def compact(value: float, width: int = 6) -> str:
    """1234567 as 1.23M, in at most `width` cells where that is possible at all."""
    size = abs(value)
    if size >= 1e18:
        return f"{value:.{max(0, min(2, width - 7))}e}".replace("e+", "e")
    for scale, suffix in _SUFFIXES:
        if size >= scale * 0.9995:
            return _shortest(value / scale, width - 1) + suffix
    return _shortest(value, width)


def _shortest(value: float, width: int) -> str:
    for decimals in (2, 1):
        text = f"{value:.{decimals}f}"
        if len(text) <= width:
            return text.removesuffix("0" * decimals).removesuffix(".") if text.endswith("." + "0" * decimals) else text
    return f"{value:.0f}"


def quantity(value: float | None, width: int = 0) -> str:
    """A quantity without needless decimals: 100, 0.25, 1,200."""
    if value is None or not math.isfinite(value):
        return number(value)
    text = f"{value:,.{DECIMALS_MAX}f}".rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text
    if width and len(text) > width:
        if abs(value) < 1000:
            whole = len(f"{value:.0f}")
            return f"{value:.{max(0, width - whole - 1)}f}"[:width]
        return compact(value, width)
    return text


@lru_cache(maxsize=256)
def tick_decimals(tick: float) -> int:
    """How many decimals a price on this tick needs; two where the tick is finer than 1e-6: such data names none."""
    if not math.isfinite(tick) or tick <= 0 or tick < 1e-6:
        return 2
    text = f"{tick:.{DECIMALS_MAX}f}".rstrip("0")
    return max(0, len(text) - text.index(".") - 1)


def price(value: float | None, decimals: int = 2, width: int = 0) -> str:
    """A price on its decimals; a small one gets enough of them to be told from zero."""
    if value is not None and value and abs(value) < 10**-decimals:
        decimals = DECIMALS_MAX
    return number(value, width, decimals)


def percent(value: float | None, decimals: int = 2, *, sign: bool = False) -> str:
    """A fraction as percent: 0.0123 is 1.23%."""
    if value is None or not math.isfinite(value):
        return number(value)
    if abs(value) >= 100:
        return ("+" if sign and value > 0 else "") + compact(value * 100) + "%"
    return number(value * 100, 0, decimals, sign=sign) + "%"


def clock(ts_ns: int) -> str:
    """14:03:22 in UTC; dashes before the first event."""
    return _moment(ts_ns).strftime("%H:%M:%S") if ts_ns else "--:--:--"


def clock_millis(ts_ns: int) -> str:
    """14:03:22.123 in UTC."""
    return f"{clock(ts_ns)}.{ts_ns // 1_000_000 % 1000:03d}" if ts_ns else "--:--:--.---"


def day(ts_ns: int) -> str:
    """2026-03-02 in UTC."""
    return _moment(ts_ns).strftime("%Y-%m-%d") if ts_ns else "----------"


def day_minute(ts_ns: int) -> str:
    """03-02 14:03 in UTC."""
    return _moment(ts_ns).strftime("%m-%d %H:%M") if ts_ns else "----- --:--"


def is_midnight(ts_ns: int) -> bool:
    """Whether a time is the first second of a UTC day; so is none at all."""
    return ts_ns // NS_PER_SECOND % SECONDS_PER_DAY == 0


def moment(ts_ns: int, width: int) -> str:
    """The day and time as far as `width` cells go: 2026-03-02 14:03:22, 03-02 14:03, 14:03:22 or 14:03."""
    if width >= 19:
        return f"{day(ts_ns)} {clock(ts_ns)}"
    if width >= 14:
        return f"{day(ts_ns)[5:]} {clock(ts_ns)}"
    return clock(ts_ns) if width >= 8 else clock(ts_ns)[:5]


def age(seconds: float) -> str:
    """How long something lasts: 00:41, 1:02:03, 3d 04h."""
    whole = max(0, int(seconds))
    if whole >= 86_400:
        return f"{whole // 86_400}d {whole % 86_400 // 3600:02d}h"
    if whole >= 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 60:02d}:{whole % 60:02d}"


def brief_age(seconds: float) -> str:
    """`4s`, `12m`, `5h`, `3d`: an age in at most four cells."""
    for size, letter in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{min(999, int(seconds // size))}{letter}"
    return f"{max(0, int(seconds))}s"


def speed(value: float) -> str:
    """x10, x0.25, MAX."""
    return "MAX" if value == 0 else f"x{value:g}"


def progress(done: int, total: int, width: int = 0) -> str:
    """1,204 of 90,000; shortened where that does not fit `width`."""
    if not total:
        return f"{done:,}"
    text = f"{done:,} of {total:,}"
    return text if not width or len(text) <= width else f"{compact(done)} of {compact(total)}"


def plural(count: int, word: str) -> str:
    """1 order, 2 orders."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


@lru_cache(maxsize=2048)
def _second(second: int) -> datetime:
    try:
        return datetime.fromtimestamp(second, UTC)
    except (OverflowError, ValueError, OSError):  # a timestamp no calendar knows is shown as the epoch, not as a crash
        return datetime.fromtimestamp(0, UTC)


def _moment(ts_ns: int) -> datetime:
    return _second(ts_ns // NS_PER_SECOND)
