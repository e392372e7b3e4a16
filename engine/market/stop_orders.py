"""Which stops a trade reaches: a heap a side, so that waiting orders cost nothing while the price is away from them."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

_SPARE = 64  # entries of stops that are gone, kept beside as many as live

_Entry = tuple[int, int, int]  # a price that sorts nearest first, its turn, its id


class StopOrders:
    """Stops that wait, by id. A buy's is reached by a trade at or above it, a sell's by one at or below."""

    __slots__ = ("_entries", "_heaps", "_turn")

    def __init__(self) -> None:
        self._heaps: dict[int, list[_Entry]] = {1: [], -1: []}
        self._entries: dict[int, tuple[int, _Entry]] = {}  # id → side and entry; an entry that is not here is gone
        self._turn = 0

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, order_id: int, side: int, stop: int) -> None:
        """A stop begins to wait, after all that wait already."""
        self._turn += 1
        entry = (side * stop, self._turn, order_id)
        self._entries[order_id] = side, entry
        heappush(self._heaps[side], entry)

    def remove(self, order_id: int) -> None:
        """A stop waits no longer; its entry is left behind until it is reached or there are too many."""
        side, _ = self._entries.pop(order_id)
        heap = self._heaps[side]
        if len(heap) > 2 * len(self._entries) + _SPARE:
            heap[:] = [entry for its_side, entry in self._entries.values() if its_side == side]
            heapify(heap)

    def take_reached(self, high: int, low: int) -> list[int]:
        """Ids of the stops that trades between `low` and `high` reach, in order of arrival; they wait no longer."""
        reached: list[_Entry] = []
        for side, extreme in ((1, high), (-1, -low)):
            heap = self._heaps[side]
            while heap and heap[0][0] <= extreme:
                entry = heappop(heap)
                if self._entries.get(entry[2]) == (side, entry):
                    del self._entries[entry[2]]
                    reached.append(entry)
        return [order_id for _, _, order_id in sorted(reached, key=lambda entry: entry[1])]
