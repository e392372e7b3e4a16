"""Order books of coins as changes of single levels, made of whole books and of changes to them. No I/O."""

from __future__ import annotations

from typing import Any

from tradetui.engine.gateways.alpaca.feed_rows import is_market
from tradetui.engine.gateways.alpaca.wire import instant, real
from tradetui.engine.model.events import BookEvent

Side = dict[float, float]
SIDES = (("b", 1), ("a", -1))


class Books:
    """The levels of each symbol. Nothing is told of a symbol before its whole book has come."""

    def __init__(self) -> None:
        self._sides: dict[str, tuple[Side, Side]] = {}
        self._times: dict[str, int] = {}

    def forget(self, symbol: str) -> None:
        """Its next message must be a whole book."""
        self._sides.pop(symbol, None)

    def changes(self, row: dict[str, Any], symbol: str) -> list[BookEvent] | None:
        """What a message changes; None where the book cannot be trusted after it and must be asked for anew."""
        ts_ns = instant(row.get("t"))
        levels = [_levels(row.get(name)) for name, _ in SIDES]
        if ts_ns is None or levels[0] is None or levels[1] is None:
            return None
        whole = row.get("r") is True
        if not whole and (symbol not in self._sides or ts_ns < self._times[symbol]):
            return None  # there is no number to tell a lost or an overtaken message by, only the time
        sides = self._sides.setdefault(symbol, ({}, {}))
        self._times[symbol] = ts_ns
        told: list[BookEvent] = []
        for (_, sign), side, given in zip(SIDES, sides, levels, strict=True):
            assert given is not None, "refused above"
            gone = [(price, 0.0) for price in side if price not in dict(given)] if whole else []
            for price, size in (*gone, *given):
                if side.get(price, 0.0) == size:
                    continue
                if size:
                    side[price] = size
                else:
                    del side[price]
                told.append(BookEvent(symbol, ts_ns, sign, price, size))
        return told


def _levels(value: object) -> list[tuple[float, float]] | None:
    if value is None:
        return []
    if not isinstance(value, list):
        return None
    found = []
    for item in value:
        price, size = (real(item.get("p")), real(item.get("s"))) if isinstance(item, dict) else (None, None)
        if price is None or size is None or not is_market(price, size):
            return None
        found.append((price, size))
    return found
