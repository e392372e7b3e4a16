"""How long to wait before the next try: twice as long each time, half of it by chance. Pure: chance is passed in."""

from __future__ import annotations

from random import Random

FIRST_S = 0.25
LONGEST_S = 15.0
DOUBLINGS_MAX = 30  # beyond any wait there is


class Backoff:
    """Counts tries that failed in a row."""

    def __init__(self, chance: Random, first_s: float = FIRST_S, longest_s: float = LONGEST_S) -> None:
        self._chance, self._first_s, self._longest_s = chance, first_s, longest_s
        self._tries = 0

    def next_s(self) -> float:
        """How long to wait now."""
        whole: float = min(self._first_s * 2.0 ** min(self._tries, DOUBLINGS_MAX), self._longest_s)
        self._tries += 1
        return whole / 2 + self._chance.random() * whole / 2

    def reset(self) -> None:
        """It worked."""
        self._tries = 0
