"""How long to wait before the next try: twice as long each time, half of it by chance. Pure: chance is passed in."""

from __future__ import annotations

from random import Random

import msgspec

DOUBLINGS_MAX = 40  # beyond any wait there is


class Waits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Seconds between tries: doubling from the first to the longest, half of each by chance."""

    first_s: float = 0.5
    longest_s: float = 30.0


class Backoff:
    """Counts tries that failed in a row."""

    def __init__(self, waits: Waits, chance: Random) -> None:
        self._waits, self._chance, self._tries = waits, chance, 0

    def next_s(self, longest: bool = False) -> float:
        """How long to wait now; the longest at once where trying again soon makes no sense."""
        whole: float = self._waits.first_s * 2.0 ** min(self._tries, DOUBLINGS_MAX)
        self._tries += 1
        whole = self._waits.longest_s if longest else min(whole, self._waits.longest_s)
        return whole / 2 + self._chance.random() * whole / 2

    def reset(self) -> None:
        """It worked."""
        self._tries = 0
