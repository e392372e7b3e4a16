"""What is still there of the sizes that quotes display, after our own fills took a part. Integers, no orders.

A recorded market does not know of our fills and goes on displaying what we took. Until the price moves, or more is
added, that size is gone: nobody can take the same displayed size twice.
"""

from __future__ import annotations

import msgspec


class _Level(msgspec.Struct, gc=False):
    """A best price that we took from: the size last displayed there and what of it we could still take, in nanos."""

    price: int
    size: int
    left: int


class Displayed:
    """One side of each symbol: side +1 is what buys take (the ask), -1 what sells take. Prices and sizes in nanos."""

    def __init__(self) -> None:
        self._levels: dict[tuple[str, int], _Level] = {}

    def __bool__(self) -> bool:
        """Whether anything was taken that is still displayed: only then must quotes be shown."""
        return bool(self._levels)

    def show(self, symbol: str, side: int, price: int, size: int) -> int:
        """What can be taken of a quote: all of it at a new price, else what was left and what has been added."""
        level = self._levels.get((symbol, side))
        if level is None:
            return size
        if level.price != price:
            del self._levels[symbol, side]
            return size
        level.left = min(size, level.left + max(0, size - level.size))
        level.size = size
        return level.left

    def take(self, symbol: str, side: int, price: int, size: int, quantity: int) -> None:
        """We took `quantity` of the `size` that is displayed at `price`."""
        level = self._levels.get((symbol, side))
        if level is None:
            level = self._levels[symbol, side] = _Level(price, size, size)
        level.left -= quantity
