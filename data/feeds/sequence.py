"""Which change of a Binance book may be applied: the venue's own rules for joining a snapshot and its diffs. Pure."""

from __future__ import annotations

from enum import Enum


class Verdict(Enum):
    """What is done with a change."""

    APPLY = "apply"
    HOLD = "hold"  # until a snapshot comes
    STALE = "stale"  # the snapshot holds it already
    DUPLICATE = "duplicate"
    OLD = "old"  # before the last one applied
    BREAK = "break"  # something is missing before it


class DepthSequence:
    """The update ids of one symbol's book.

    Spot: drop u <= lastUpdateId, the first change straddles lastUpdateId + 1, then U = u of the one before + 1.
    Futures: drop u < lastUpdateId, the first has U <= lastUpdateId <= u, then pu = u of the one before.
    """

    __slots__ = ("_fresh", "futures", "last")

    def __init__(self, *, futures: bool) -> None:
        self.futures = futures
        self.last: int | None = None  # None while a snapshot is wanted
        self._fresh = False

    def snapshot(self, last_update_id: int) -> None:
        """The book is as of this id."""
        self.last, self._fresh = last_update_id, True

    def judge(self, first: int, final: int, previous: int | None) -> Verdict:
        """What is done with a change of the ids `first` (U) to `final` (u), after `previous` (pu, futures alone)."""
        last = self.last
        if last is None:
            return Verdict.HOLD
        if self._fresh:
            if self.covered(final, last):
                return Verdict.STALE
            joins = self.straddles(first, final, last)
        else:
            if final <= last:
                return Verdict.DUPLICATE if final == last else Verdict.OLD
            joins = previous == last if self.futures else first == last + 1
        if not joins:
            self.last = None
            return Verdict.BREAK
        self.last, self._fresh = final, False
        return Verdict.APPLY

    def covered(self, final: int, snapshot: int) -> bool:
        """Whether a snapshot holds a change already."""
        return final < snapshot if self.futures else final <= snapshot

    def straddles(self, first: int, final: int, snapshot: int) -> bool:
        """Whether a change is the first after a snapshot, with nothing missing between."""
        wanted = snapshot if self.futures else snapshot + 1
        return first <= wanted <= final
