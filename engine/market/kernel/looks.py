"""What is read out of the arena, and its hash maps grown: everything that Python calls seldom."""

from __future__ import annotations

from typing import Final

from tradetui.engine.market.kernel import layout as at
from tradetui.engine.market.kernel.jit import part
from tradetui.engine.market.kernel.levels import Memory, find_level, scattered
from tradetui.engine.market.kernel.lines import find_own

LOOK_DEPTH, LOOK_QUEUE, LOOK_HASH, LOOK_LEVEL, GROW_ORDERS, GROW_LEVELS, GROW_OWN, LOOK_AHEAD = range(8)
HASH_LOW, HASH_HIGH = 0x84222325, 0xCBF29CE4  # FNV-1a's first state and prime, as 32-bit halves: no product overflows
PRIME_LOW: Final = 0x1B3
HALF: Final = 0xFFFFFFFF

# Why the rows stopped, how many of the piece are played, the time, a symbol's number and the best of both its sides
Told = tuple[int, int, int, int, int, int, int, int]
TOLD_WORDS: Final = 8


@part
def told(head: Memory, mem: Memory, bits: int) -> Told:
    """What is asked after nearly every wake, in one answer; the symbol is that of the last instant."""
    number = max(0, min(int(head[at.OPEN_SYMBOL]), int(head[at.SYMBOLS]) - 1))
    bids = at.SYMBOL_START + at.SYMBOL_WORDS * number
    asks = bids + at.LEVEL_WORDS
    bid, ask = int(mem[bids + at.NEXT]), int(mem[asks + at.NEXT])
    bid_price, ask_price = 0, 0  # a sentinel that is its own neighbour is an empty side, size 0
    if bid != bids:
        bid_price = -int(mem[bid + at.KEY])
    if ask != asks:
        ask_price = int(mem[ask + at.KEY])
    sizes = int(mem[bid + at.TOTAL]), int(mem[ask + at.TOTAL])
    return int(bits), int(head[at.ROW]), int(head[at.NOW]), number, bid_price, sizes[0], ask_price, sizes[1]


@part
def depth_of(mem: Memory, out: Memory, book: int, levels: int) -> int:
    """Key, size and number of orders of the best levels."""
    level = mem[book + at.NEXT]
    count = 0
    while level != book and count < levels:
        out[3 * count] = mem[level + at.KEY]
        out[3 * count + 1] = mem[level + at.TOTAL]
        out[3 * count + 2] = mem[level + at.COUNT]
        level = mem[level + at.NEXT]
        count += 1
    return count


@part
def queue_of(mem: Memory, out: Memory, level: int) -> int:
    """Ids and sizes in line."""
    order = mem[level + at.FIRST]
    count = 0
    while order != at.NONE:
        if 2 * count + 1 < len(out):
            out[2 * count] = mem[order + at.ID]
            out[2 * count + 1] = mem[order + at.SIZE]
        order = mem[order + at.AFTER]
        count += 1
    return count


@part
def folded(out: Memory, word: int) -> None:
    """FNV-1a over one 64-bit word; the state lies in `out` as a low and a high half."""
    low = out[0] ^ (word & HALF)
    high = out[1] ^ ((word >> 32) & HALF)
    product = low * PRIME_LOW
    out[0] = product & HALF
    out[1] = (high * PRIME_LOW + (product >> 32) + (low << 8)) & HALF


@part
def hash_of(mem: Memory, out: Memory, bids: int, asks: int) -> int:
    """`book_hash` of both sides, in halves."""
    out[0] = HASH_LOW
    out[1] = HASH_HIGH
    for side, book in ((1, bids), (-1, asks)):
        folded(out, side)
        level = mem[book + at.NEXT]
        while level != book:
            folded(out, -side * mem[level + at.KEY])
            order = mem[level + at.FIRST]
            if order == at.NONE:
                folded(out, 0)
                folded(out, mem[level + at.TOTAL])
            while order != at.NONE:
                folded(out, mem[order + at.ID])
                folded(out, mem[order + at.SIZE])
                order = mem[order + at.AFTER]
            level = mem[level + at.NEXT]
    return 2


@part
def rehash(head: Memory, mem: Memory, table: int, fields: tuple[int, int, int], buckets: int, mask: int) -> int:
    """Moves the entries of a hash map to other buckets; `table` is where `head` tells of them, the mask after it."""
    first, second, chain = fields
    old, old_mask = head[table], head[table + 1]
    for bucket in range(old, old + old_mask + 1):
        slot = mem[bucket]
        while slot != at.NONE:
            following = mem[slot + chain]
            to = buckets + (scattered(mem[slot + first] ^ mem[slot + second]) & mask)
            mem[slot + chain] = mem[to]
            mem[to] = slot
            slot = following
    head[table] = buckets
    head[table + 1] = mask
    return 0


@part
def look(head: Memory, mem: Memory, out: Memory, what: int, first: int, second: int) -> int:
    """Reads something into `out` and tells how much, or moves a hash map to `first` with the mask `second`."""
    if what == LOOK_DEPTH:
        return depth_of(mem, out, first, second)
    if what == LOOK_QUEUE:
        return queue_of(mem, out, first)
    if what == LOOK_HASH:
        return hash_of(mem, out, first, second)
    if what == LOOK_LEVEL:
        return find_level(head, mem, first, second)
    if what == GROW_ORDERS:
        return rehash(head, mem, at.ORDER_BUCKETS, (at.ID, at.OF, at.ORDER_CHAIN), first, second)
    if what == GROW_LEVELS:
        return rehash(head, mem, at.LEVEL_BUCKETS, (at.KEY, at.BOOK, at.CHAIN), first, second)
    if what == GROW_OWN:
        return rehash(head, mem, at.OWN_BUCKETS, (at.OWN_ID, at.OWN_NOTHING, at.OWN_CHAIN), first, second)
    if what == LOOK_AHEAD:
        own = find_own(head, mem, first)
        if own == at.NONE or mem[own + at.OWN_STATE] != at.RESTING:
            return -1
        return int(mem[own + at.OWN_AHEAD])
    return 0
