"""Price levels of one symbol from depth changes: what the book pane shows. Not the matching book."""

from __future__ import annotations

from heapq import nlargest, nsmallest

from tradetui.engine.model.instrument import NANOS_PER_UNIT

LEVELS_SHOWN = 40  # more than the tallest screen has rows for


class DepthLadder:
    """Total size at each price, in nanos."""

    __slots__ = ("_asks", "_bids", "version")

    def __init__(self) -> None:
        self._bids: dict[int, int] = {}
        self._asks: dict[int, int] = {}
        self.version = 0

    def apply(self, side: int, price: int, size: int) -> None:
        """The size at `price` is now `size`; 0 removes the level."""
        levels = self._bids if side > 0 else self._asks
        if size > 0:
            levels[price] = size
        else:
            levels.pop(price, None)
        self.version += 1

    def clear(self) -> None:
        """Every level is gone."""
        self._bids.clear()
        self._asks.clear()
        self.version += 1

    def bids(self, n: int = LEVELS_SHOWN) -> tuple[tuple[float, float], ...]:
        """Price and size of the best `n` levels, highest price first."""
        return _floats(nlargest(n, self._bids.items()))

    def asks(self, n: int = LEVELS_SHOWN) -> tuple[tuple[float, float], ...]:
        """Price and size of the best `n` levels, lowest price first."""
        return _floats(nsmallest(n, self._asks.items()))


def _floats(levels: list[tuple[int, int]]) -> tuple[tuple[float, float], ...]:
    return tuple((price / NANOS_PER_UNIT, size / NANOS_PER_UNIT) for price, size in levels)
