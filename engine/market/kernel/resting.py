"""What an event of the market offers to own orders that rest: who fills, and what then stands ahead of the others."""

from __future__ import annotations

from typing import Final

from tradetui.engine.market.kernel import layout as at
from tradetui.engine.market.kernel.draws import share_of
from tradetui.engine.market.kernel.fills import NOT_TAKEN, offer
from tradetui.engine.market.kernel.jit import part
from tradetui.engine.market.kernel.levels import Memory, find_level

KEEP, NOTHING_AHEAD = 0, 1
BACK, PROPORTIONAL, FRONT = range(3)  # where what is cancelled stood
BEHIND_ALL: Final = -(2**63)


@part
def offer_better(head: Memory, mem: Memory, book: int, above: int, below: int, left: int, ahead: int) -> int:
    """Offers `left` to the own orders whose keys are over `above` and at most `below`, best first; gives what is left.

    With NOTHING_AHEAD nothing stands before those that did not refuse, whether something was left for them or not.
    """
    level = mem[book + at.NEXT]
    while level != book and mem[level + at.KEY] <= below and (left > 0 or ahead == NOTHING_AHEAD):
        worse = mem[level + at.NEXT]
        if mem[level + at.KEY] > above:
            own = mem[level + at.FIRST]
            while own != at.NONE:
                after = mem[own + at.OWN_AFTER]
                before = 0 if ahead == NOTHING_AHEAD else mem[own + at.OWN_AHEAD]
                if left > 0:
                    took = offer(head, mem, own, left, before)
                    if took != NOT_TAKEN:
                        left -= took
                else:
                    mem[own + at.OWN_AHEAD] = before
                own = after
        level = worse
    return left


@part
def offer_display(head: Memory, mem: Memory, level: int, book: int, above: int, below: int, size: int) -> None:
    """Offers `size` of a displayed level to the other side's own orders; what they take counts as taken from it."""
    left = min(size, mem[level + at.TOTAL] - mem[level + at.TAKEN])
    if left > 0:
        mem[level + at.TAKEN] += left - offer_better(head, mem, book, above, below, left, KEEP)


@part
def executed(head: Memory, mem: Memory, market: int, key: int, since: int, size: int) -> None:
    """A market's order on our own side trades: those of ours that it should have met after are filled instead."""
    book = market + at.OWN_BOOK
    left = offer_better(head, mem, book, BEHIND_ALL, key - 1, size, KEEP)
    level = find_level(head, mem, book, key)
    if level == at.NONE:
        return
    own = mem[level + at.FIRST]
    while own != at.NONE:
        after = mem[own + at.OWN_AFTER]
        if since <= mem[own + at.OWN_SINCE]:
            mem[own + at.OWN_AHEAD] = max(0, mem[own + at.OWN_AHEAD] - size)
        elif left > 0:
            took = offer(head, mem, own, left, mem[own + at.OWN_AHEAD])
            if took != NOT_TAKEN:
                left -= took
        own = after


@part
def withdrawn(mem: Memory, level: int, since: int, size: int) -> None:
    """A market's order at a price of ours gives up its place, or some of its size."""
    own = mem[level + at.FIRST]
    while own != at.NONE:
        if since <= mem[own + at.OWN_SINCE]:
            mem[own + at.OWN_AHEAD] = max(0, mem[own + at.OWN_AHEAD] - size)
        own = mem[own + at.OWN_AFTER]


@part
def traded(head: Memory, mem: Memory, market: int, key: int, size: int) -> None:
    """A trade, told by levels or quotes: through our price it fills; at our price, what stands ahead comes first."""
    book = market + at.OWN_BOOK
    left = offer_better(head, mem, book, BEHIND_ALL, key - 1, size, NOTHING_AHEAD)
    level = find_level(head, mem, book, key)
    if level == at.NONE:
        return
    own = mem[level + at.FIRST]
    while own != at.NONE and left > 0:
        after = mem[own + at.OWN_AFTER]
        ahead = mem[own + at.OWN_AHEAD]
        if ahead >= left:
            mem[own + at.OWN_AHEAD] = ahead - left
        elif ahead >= 0:
            took = offer(head, mem, own, left - ahead, 0)
            if took != NOT_TAKEN:
                left -= took
        own = after


@part
def level_fell(mem: Memory, own_level: int, old: int, new: int, trades: int, model: int) -> None:
    """A displayed level shrank, `trades` of it by trades that were counted; the rest was cancelled somewhere in it."""
    cancelled = old - new - min(old - new, trades)
    own = mem[own_level + at.FIRST]
    while own != at.NONE:
        ahead = mem[own + at.OWN_AHEAD]
        if ahead > 0:
            gone = 0
            if model == FRONT:
                gone = min(ahead, cancelled)
            elif model == PROPORTIONAL:
                gone = min(ahead, share_of(cancelled, old, ahead))
            mem[own + at.OWN_AHEAD] = min(ahead - gone, new)
        own = mem[own + at.OWN_AFTER]


@part
def nothing_ahead(mem: Memory, book: int, below: int) -> None:
    """No display stands before own orders whose keys are under `below`."""
    level = mem[book + at.NEXT]
    while level != book and mem[level + at.KEY] < below:
        own = mem[level + at.FIRST]
        while own != at.NONE:
            mem[own + at.OWN_AHEAD] = 0
            own = mem[own + at.OWN_AFTER]
        level = mem[level + at.NEXT]
