"""Own orders at the venue: their slots, and the lines in which they rest, wait as stops, or go on working."""

from __future__ import annotations

from tradetui.engine.market.kernel import layout as at
from tradetui.engine.market.kernel.jit import part
from tradetui.engine.market.kernel.levels import Memory, close_level, displayed, find_level, open_level, scattered


@part
def find_own(head: Memory, mem: Memory, order_id: int) -> int:
    """An own order at the venue, or NONE."""
    own: int = mem[head[at.OWN_BUCKETS] + (scattered(order_id) & head[at.OWN_MASK])]
    while own != at.NONE and mem[own + at.OWN_ID] != order_id:
        own = mem[own + at.OWN_CHAIN]
    return own


@part
def take_own(head: Memory, mem: Memory, order_id: int) -> int:
    """A slot for an own order that arrives, last of all."""
    own: int = head[at.OWN_FREE]
    if own == at.NONE:
        own = head[at.TOP]
        head[at.TOP] = own + at.OWN_WORDS
    else:
        head[at.OWN_FREE] = mem[own + at.OWN_CHAIN]
    head[at.OWN_LIVE] += 1
    head[at.LIMIT] -= at.WORDS_AN_OWN
    if head[at.OWN_LIVE] > head[at.OWN_MASK]:
        head[at.LIMIT] = -1  # the hash map wants to grow
    bucket = head[at.OWN_BUCKETS] + (scattered(order_id) & head[at.OWN_MASK])
    mem[own + at.OWN_CHAIN] = mem[bucket]
    mem[bucket] = own
    head[at.ARRIVALS] += 1
    last = head[at.OWN_LAST]
    if last == at.NONE:
        head[at.OWN_FIRST] = own
    else:
        mem[last + at.OWN_LATER] = own
    head[at.OWN_LAST] = own
    mem[own + at.OWN_ID] = order_id
    mem[own + at.OWN_EARLIER] = last
    mem[own + at.OWN_LATER] = at.NONE
    mem[own + at.OWN_ARRIVAL] = head[at.ARRIVALS]
    mem[own + at.OWN_STATE] = at.ARRIVED
    mem[own + at.OWN_AHEAD] = 0
    return own


@part
def free_own(head: Memory, mem: Memory, own: int) -> None:
    """Gives back the slot of an order that stands in no line any more."""
    link = head[at.OWN_BUCKETS] + (scattered(mem[own + at.OWN_ID]) & head[at.OWN_MASK])
    while mem[link] != own:
        link = mem[link] + at.OWN_CHAIN
    mem[link] = mem[own + at.OWN_CHAIN]
    mem[own + at.OWN_CHAIN] = head[at.OWN_FREE]
    head[at.OWN_FREE] = own
    head[at.OWN_LIVE] -= 1
    head[at.LIMIT] += at.WORDS_AN_OWN
    before, after = mem[own + at.OWN_EARLIER], mem[own + at.OWN_LATER]
    if before == at.NONE:
        head[at.OWN_FIRST] = after
    else:
        mem[before + at.OWN_LATER] = after
    if after == at.NONE:
        head[at.OWN_LAST] = before
    else:
        mem[after + at.OWN_EARLIER] = before


@part
def join_line(mem: Memory, own: int, first: int, last: int) -> None:
    """To the end of the line whose ends are told at the addresses `first` and `last`."""
    join_line_after(mem, own, mem[last], first, last)


@part
def join_line_after(mem: Memory, own: int, before: int, first: int, last: int) -> None:
    """Into that line behind `before`; behind nobody, it is the first."""
    after = mem[first] if before == at.NONE else mem[before + at.OWN_AFTER]
    mem[own + at.OWN_BEFORE] = before
    mem[own + at.OWN_AFTER] = after
    if before == at.NONE:
        mem[first] = own
    else:
        mem[before + at.OWN_AFTER] = own
    if after == at.NONE:
        mem[last] = own
    else:
        mem[after + at.OWN_BEFORE] = own


@part
def leave_line(mem: Memory, own: int, first: int, last: int) -> None:
    """Out of that line."""
    before, after = mem[own + at.OWN_BEFORE], mem[own + at.OWN_AFTER]
    if before == at.NONE:
        mem[first] = after
    else:
        mem[before + at.OWN_AFTER] = after
    if after == at.NONE:
        mem[last] = before
    else:
        mem[after + at.OWN_BEFORE] = before


@part
def join_level(head: Memory, mem: Memory, own: int, book: int, key: int) -> int:
    """To the end of the line at a price of an own book; gives the level."""
    level = find_level(head, mem, book, key)
    if level == at.NONE:
        level = open_level(head, mem, book, key)
        mem[book + at.NEAREST] = mem[mem[book + at.NEXT] + at.KEY]
    join_line(mem, own, level + at.FIRST, level + at.LAST)
    mem[own + at.OWN_LEVEL] = level
    return level


@part
def leave_level(head: Memory, mem: Memory, own: int) -> None:
    """Out of the line at its price."""
    level = mem[own + at.OWN_LEVEL]
    leave_line(mem, own, level + at.FIRST, level + at.LAST)
    if mem[level + at.FIRST] == at.NONE:
        book = mem[level + at.BOOK]
        if mem[own + at.OWN_STATE] == at.RESTING:
            shown = displayed(head, mem, mem[own + at.OWN_SYMBOL], book - at.OWN_BOOK, mem[level + at.KEY])
            if shown != at.NONE:
                mem[shown + at.OWN] = at.NONE
        close_level(head, mem, level)
        mem[book + at.NEAREST] = mem[mem[book + at.NEXT] + at.KEY]


@part
def leave(head: Memory, mem: Memory, own: int) -> None:
    """Out of whatever line it stands in."""
    state = mem[own + at.OWN_STATE]
    if state == at.WORKING:
        symbol = mem[own + at.OWN_SYMBOL]
        leave_line(mem, own, symbol + at.WORKING_FIRST, symbol + at.WORKING_LAST)
    elif state == at.TRIGGERED:
        leave_line(mem, own, at.TRIGGERED_FIRST, at.TRIGGERED_LAST)
    elif state != at.ARRIVED:
        leave_level(head, mem, own)
    mem[own + at.OWN_STATE] = at.ARRIVED
