"""Which column of a file means what, recognised by its name alone. No values are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tradetui.engine.errors import DataError

TIME_NAMES = ("date", "datetime", "time", "timestamp", "epoch", "ts", "ts_ns", "ts_us")
SYMBOL_NAMES = ("symbol", "ticker")
PRICE_NAMES = ("open", "high", "low", "close")
EXPECTED_TEXT = "a header naming a time column and open, high, low, close (volume and symbol are optional)"


@dataclass(frozen=True, slots=True)
class ColumnNames:
    """The file's own names of the columns we use; `symbol` and `volume` are None where it has none."""

    time: str
    prices: tuple[str, str, str, str]
    volume: str | None
    symbol: str | None

    def used(self) -> list[str]:
        """Every name in use, the time first."""
        return [name for name in (self.time, self.symbol, *self.prices, self.volume) if name is not None]


def recognise(path: Path, names: Sequence[str], line: int | None) -> ColumnNames:
    """Finds our columns among a file's, in any order and case; other columns are ignored.

    An unnamed first column is the time if no other is. Raises DataError for a missing or doubled column.
    """
    seen = [name.strip().lower() for name in names]
    if not any(name in seen for name in (*TIME_NAMES, *SYMBOL_NAMES, *PRICE_NAMES, "volume")):
        shown = ", ".join(repr(name) for name in names[:6])
        hint = "A file without a header, or with other names, needs its dialect stated: it is not guessed"
        raise DataError(path, line, f"the first line has no column name we know ({shown})", EXPECTED_TEXT, hint)

    def one(wanted: Sequence[str]) -> str | None:
        found = [names[i] for i, name in enumerate(seen) if name in wanted]
        if len(found) > 1:
            what = "time" if wanted is TIME_NAMES else wanted[0]
            hint = "Keep one of them: a date and a time in two columns must be joined into one"
            raise DataError(
                path, line, f"several {what} columns ({_listed(found)})", "one", hint if what == "time" else ""
            )
        return found[0] if found else None

    def needed(name: str) -> str:
        found = one((name,))
        if found is None:
            raise DataError(path, line, f"no column {name!r} among {_listed(names)}", EXPECTED_TEXT)
        return found

    time = one(TIME_NAMES)
    if time is None and seen and seen[0] in ("", "unnamed: 0", "index"):
        time = names[0]
    if time is None:
        raise DataError(path, line, f"no time column among {_listed(names)}", f"one of {', '.join(TIME_NAMES)}")
    prices = (needed("open"), needed("high"), needed("low"), needed("close"))
    return ColumnNames(time, prices, one(("volume",)), one(SYMBOL_NAMES))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)
