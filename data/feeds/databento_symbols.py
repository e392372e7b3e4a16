"""What the instrument numbers of a DBN file are called: by its metadata for days, or by messages as they come."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import databento_dbn as dbn

DAY_NS = 86_400 * 10**9


class SymbolNames:
    """Symbols by instrument number and day; `stated` is that of a number which nothing names."""

    def __init__(self, stated: str) -> None:
        self._stated = stated
        self._days: dict[int, list[tuple[date, date, str]]] = {}
        self._told: dict[int, str] = {}
        self._found: dict[tuple[int, int], str] = {}

    def read(self, metadata: dbn.Metadata) -> None:
        """The names for days that a file begins with."""
        for raw, intervals in metadata.mappings.items():
            for interval in intervals:
                if interval["symbol"].isdigit():
                    span = (interval["start_date"], interval["end_date"], raw)
                    self._days.setdefault(int(interval["symbol"]), []).append(span)
        if not self._stated and len(metadata.symbols) == 1:
            self._stated = metadata.symbols[0]

    def tell(self, instrument: int, name: str) -> None:
        """A message named an instrument."""
        self._told[instrument] = name
        self._found.clear()

    def of(self, instrument: int, ts_ns: int) -> str:
        """The symbol of an instrument then; its number as a text where nothing names it."""
        key = (instrument, ts_ns // DAY_NS)
        if key not in self._found:
            self._found[key] = self._look(instrument, ts_ns)
        return self._found[key]

    def _look(self, instrument: int, ts_ns: int) -> str:
        if instrument in self._told:
            return self._told[instrument]
        spans = self._days.get(instrument, [])
        if spans and ts_ns // 10**9 < 2**33:
            day = datetime.fromtimestamp(ts_ns // 10**9, UTC).date()
            for first, after, name in spans:
                if first <= day < after:
                    return name
        return self._stated or str(instrument)
