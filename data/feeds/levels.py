"""The levels a feed has told of, for counting what is wrong with it: unknown levels and crossed books. Not a book."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

SLACK = 64  # entries of a heap that may be out of date before it is made anew


class Side:
    """Sizes by price, and the best of them; `sign` is +1 for bids and -1 for asks."""

    __slots__ = ("_heap", "_sign", "sizes")

    def __init__(self, sign: int) -> None:
        self.sizes: dict[int, int] = {}
        self._heap: list[int] = []
        self._sign = -sign  # the best of a heap is its least

    def put(self, price: int, size: int) -> None:
        """The level holds `size`, more than 0."""
        if price not in self.sizes:
            heappush(self._heap, price * self._sign)
            if len(self._heap) > 2 * len(self.sizes) + SLACK:
                self._heap = [known * self._sign for known in (*self.sizes, price)]
                heapify(self._heap)
        self.sizes[price] = size

    def best(self) -> int | None:
        """The best price; None where there is no level."""
        heap, sizes, sign = self._heap, self.sizes, self._sign
        while heap and heap[0] * sign not in sizes:
            heappop(heap)
        return heap[0] * sign if heap else None

    def clear(self) -> None:
        """No level is left."""
        self.sizes.clear()
        self._heap.clear()


class Levels:
    """Both sides of a symbol."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        self.bids, self.asks = Side(1), Side(-1)

    def add(self, side: int, price: int, size: int) -> None:
        """The level holds so much more, or less; at nothing it ends."""
        half = self.bids if side > 0 else self.asks
        total = half.sizes.get(price, 0) + size
        if total > 0:
            half.put(price, total)
        else:
            half.sizes.pop(price, None)

    def crossed(self) -> bool:
        """Whether the best bid is at or above the best ask."""
        bid, ask = self.bids.best(), self.asks.best()
        return bid is not None and ask is not None and bid >= ask

    def clear(self) -> None:
        """No level is left on either side."""
        self.bids.clear()
        self.asks.clear()
