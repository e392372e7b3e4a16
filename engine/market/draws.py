"""Numbers that look random and follow from a seed and a count alone, the same in every implementation."""

from __future__ import annotations

_MASK = 2**64 - 1
_CHANCE_SALT = 0x5DEECE66D  # so that chances and latencies of one seed have nothing to do with each other


def splitmix64(x: int) -> int:
    """A 64-bit number from a 64-bit number (Steele, Lea, Flood 2014)."""
    x = (x + 0x9E3779B97F4A7C15) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


class Draws:
    """Latencies from recorded samples and chances, each with a count of its own from 1 (docs/book-simulation.md)."""

    __slots__ = ("_chances", "_latencies", "_samples", "_seed")

    def __init__(self, seed: int, samples: tuple[int, ...]) -> None:
        self._seed = seed
        self._samples = samples
        self._latencies = 0
        self._chances = 0

    def latency(self) -> int:
        """The next sample; one alone needs no draw."""
        if len(self._samples) == 1:
            return self._samples[0]
        self._latencies += 1
        return self._samples[splitmix64(self._seed + self._latencies) % len(self._samples)]

    def happens(self, chance: float) -> bool:
        """Whether something of this chance happens; the certain needs no draw."""
        if chance >= 1:
            return True
        self._chances += 1
        return (splitmix64((self._seed ^ _CHANCE_SALT) + self._chances) >> 11) / 2**53 < chance
