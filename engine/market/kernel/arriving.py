"""An own order at the venue: whether it may come in, what it takes, whom of ours it meets, and where it stays."""

from __future__ import annotations

from tradetui.engine.market.kernel import layout as at
from tradetui.engine.market.kernel.fills import allowed, end_own, fill, paid, reducible, tell
from tradetui.engine.market.kernel.jit import once, part
from tradetui.engine.market.kernel.levels import Memory, displayed, find_level, side_book
from tradetui.engine.market.kernel.lines import free_own, join_level, join_line, join_line_after, leave
from tradetui.engine.market.simulation import REPORT_FOK, REPORT_GTX, REPORT_IOC, REPORT_SELF_TRADE, SIZE_MAX

NEWEST, OLDEST, BOTH, DECREMENT = range(4)


@part
def worst_key(mem: Memory, own: int) -> int:
    """The key on the other side up to which an order may trade."""
    if mem[own + at.OWN_KIND] == at.MARKET:
        return at.KEY_END - 1
    return int(mem[own + at.OWN_SIDE] * mem[own + at.OWN_LIMIT])


@once
def walk(head: Memory, mem: Memory, own: int) -> bool:
    """Goes along the other side, best price first: fills with what is displayed, and meets own orders that rest there.

    Each of these comes after all that is displayed at better prices and after what stands before it at its own. Whether
    the order lives on.
    """
    book = side_book(mem[own + at.OWN_SYMBOL], -mem[own + at.OWN_SIDE])
    worst = worst_key(mem, own)
    level = mem[book + at.NEXT]
    while True:
        meets = met_key(mem, own, book)
        while level != book and mem[level + at.KEY] <= worst and mem[level + at.KEY] < meets:
            if not take_from(head, mem, own, level, SIZE_MAX):
                return False
            level = mem[level + at.NEXT]
        if meets > worst:
            return True
        other = mem[mem[book + at.OWN_BOOK + at.NEXT] + at.FIRST]
        if mem[level + at.KEY] == meets:
            before = mem[other + at.OWN_AHEAD] - mem[level + at.TAKEN]
            if not take_from(head, mem, own, level, before):
                return False
        if not meet(head, mem, own, other):
            return False


@part
def met_key(mem: Memory, own: int, book: int) -> int:
    """The key of the best of ours on the other side; with trades alone nobody knows whom a market order meets."""
    if mem[own + at.OWN_KIND] == at.MARKET and mem[mem[own + at.OWN_SYMBOL] + at.SOURCE] == at.BY_TRADES:
        return at.KEY_END
    return int(mem[book + at.OWN_BOOK + at.NEAREST])


@part
def take_from(head: Memory, mem: Memory, own: int, level: int, most: int) -> bool:
    """Fills with what a level shows, at most so much of it; whether the order lives on."""
    shown = min(mem[level + at.TOTAL] - mem[level + at.TAKEN], most)
    if shown <= 0:
        return True
    size = allowed(head, mem, own, shown)
    if size == 0:
        return False
    mem[level + at.TAKEN] += size
    price = paid(head, mem[own + at.OWN_SIDE], mem[own + at.OWN_KIND], abs(mem[level + at.KEY]))
    return fill(head, mem, own, price, size, 0)


@once
def take_again(head: Memory, mem: Memory, symbol: int, price: int) -> None:
    """Market orders that go on working take what a row brought to `price`, by arrival.

    All else that is displayed they have had already, so no other level is looked at: one has something to show to them
    only if its size grew, and a row lets one level grow, by quotes one of each side, which are all that is known.
    """
    by_quotes = mem[symbol + at.SOURCE] == at.BY_QUOTES
    own = mem[symbol + at.WORKING_FIRST]
    while own != at.NONE:
        after = mem[own + at.OWN_AFTER]
        side = mem[own + at.OWN_SIDE]
        book = side_book(symbol, -side)
        level = mem[book + at.NEXT] if by_quotes else find_level(head, mem, book, side * price)
        if level != at.NONE and level != book:
            take_from(head, mem, own, level, SIZE_MAX)
        own = after


@once
def can_have_all(head: Memory, mem: Memory, own: int) -> bool:
    """Whether what is shown within its limit, and the position where it only reduces, is enough for the whole order.

    Unless own orders give way, only what it would come to before the first of them counts.
    """
    wanted = mem[own + at.OWN_LEFT]
    if mem[own + at.OWN_REDUCES] and reducible(mem, own) < wanted:
        return False
    book = side_book(mem[own + at.OWN_SYMBOL], -mem[own + at.OWN_SIDE])
    worst, meets = worst_key(mem, own), at.KEY_END
    if head[at.SELF_TRADE] != OLDEST:
        meets = met_key(mem, own, book)
    level = mem[book + at.NEXT]
    while wanted > 0 and level != book and mem[level + at.KEY] <= worst and mem[level + at.KEY] < meets:
        wanted -= mem[level + at.TOTAL] - mem[level + at.TAKEN]
        level = mem[level + at.NEXT]
    if meets <= worst and mem[level + at.KEY] == meets:
        before = mem[mem[mem[book + at.OWN_BOOK + at.NEXT] + at.FIRST] + at.OWN_AHEAD] - mem[level + at.TAKEN]
        wanted -= max(0, min(before, mem[level + at.TOTAL] - mem[level + at.TAKEN]))
    return bool(wanted <= 0)


@once
def meet(head: Memory, mem: Memory, own: int, other: int) -> bool:
    """An own order that rests is in the way, as the venue prevents it; whether the arriving one lives on."""
    mode = head[at.SELF_TRADE]
    if mode in (OLDEST, BOTH):
        end_own(head, mem, other, REPORT_SELF_TRADE)
    if mode in (NEWEST, BOTH):
        end_own(head, mem, own, REPORT_SELF_TRADE)
        return False
    if mode == DECREMENT:
        size = min(mem[own + at.OWN_LEFT], mem[other + at.OWN_LEFT])
        lessen(head, mem, other, size)
        return lessen(head, mem, own, size)
    return True


@part
def lessen(head: Memory, mem: Memory, own: int, size: int) -> bool:
    """Takes `size` off an order; whether it lives on."""
    left = mem[own + at.OWN_LEFT] - size
    mem[own + at.OWN_LEFT] = left
    if left == 0:
        leave(head, mem, own)
    tell(head, mem, own, REPORT_SELF_TRADE, 0, size, left, 0)
    if left == 0:
        free_own(head, mem, own)
    return bool(left > 0)


@once
def rest(head: Memory, mem: Memory, own: int) -> None:
    """Stands at its price behind what is displayed there."""
    symbol, side = mem[own + at.OWN_SYMBOL], mem[own + at.OWN_SIDE]
    market = side_book(symbol, side)
    key = -side * mem[own + at.OWN_LIMIT]
    source = mem[symbol + at.SOURCE]
    shown = displayed(head, mem, symbol, market, key)
    ahead = 0
    if shown != at.NONE:
        ahead = mem[shown + at.TOTAL]
    elif source == at.BY_TRADES or (source == at.BY_QUOTES and mem[mem[market + at.NEXT] + at.KEY] < key):
        ahead = -1
    mem[own + at.OWN_AHEAD] = ahead
    mem[own + at.OWN_SINCE] = head[at.ROWS_PLAYED]
    mem[own + at.OWN_STATE] = at.RESTING
    level = join_level(head, mem, own, market + at.OWN_BOOK, key)
    if shown != at.NONE:
        mem[shown + at.OWN] = level


@part
def arrive(head: Memory, mem: Memory, own: int) -> None:
    """A market or limit order acts: one that came just now, or a stop that was triggered."""
    symbol, side = mem[own + at.OWN_SYMBOL], mem[own + at.OWN_SIDE]
    force = mem[own + at.OWN_FORCE]
    other = side_book(symbol, -side)
    best = mem[other + at.NEXT]
    if force == at.GTX and best != other and mem[best + at.KEY] <= worst_key(mem, own):
        end_own(head, mem, own, REPORT_GTX)
        return
    if force == at.FOK and not can_have_all(head, mem, own):
        end_own(head, mem, own, REPORT_FOK)
        return
    if not walk(head, mem, own):
        return
    if force == at.IOC:
        end_own(head, mem, own, REPORT_IOC)
    elif force == at.FOK:
        end_own(head, mem, own, REPORT_FOK)
    elif mem[own + at.OWN_KIND] == at.MARKET:
        mem[own + at.OWN_STATE] = at.WORKING
        join_line(mem, own, symbol + at.WORKING_FIRST, symbol + at.WORKING_LAST)
    else:
        rest(head, mem, own)


@once
def wait_for_price(head: Memory, mem: Memory, own: int) -> None:
    """A stop waits."""
    side = mem[own + at.OWN_SIDE]
    mem[own + at.OWN_STATE] = at.STOPPED
    join_level(head, mem, own, side_book(mem[own + at.OWN_SYMBOL], side) + at.STOP_BOOK, side * mem[own + at.OWN_STOP])


@part
def trigger(head: Memory, mem: Memory, symbol: int, buys_at: int, sells_at: int) -> None:
    """Stops whose keys the market reached wait for the end of this time, those of one row in order of arrival."""
    before_all = mem[at.TRIGGERED_LAST]
    for row in range(2):
        book = symbol + at.STOP_BOOK + row * at.LEVEL_WORDS
        reached = buys_at if row == 0 else sells_at
        while mem[book + at.NEAREST] <= reached:
            own = mem[mem[book + at.NEXT] + at.FIRST]
            leave(head, mem, own)
            mem[own + at.OWN_STATE] = at.TRIGGERED
            before = mem[at.TRIGGERED_LAST]
            while before != before_all and mem[before + at.OWN_ARRIVAL] > mem[own + at.OWN_ARRIVAL]:
                before = mem[before + at.OWN_BEFORE]
            join_line_after(mem, own, before, at.TRIGGERED_FIRST, at.TRIGGERED_LAST)
    if mem[at.TRIGGERED_FIRST] != at.NONE:
        head[at.STOPS_DUE] = head[at.NOW] + 1
        head[at.OTHER_DUE] = min(head[at.OTHER_DUE], head[at.STOPS_DUE])


@part
def arrive_triggered(head: Memory, mem: Memory) -> None:
    """The time is over in which stops were triggered: they are orders that arrive, in that order."""
    head[at.STOPS_DUE] = at.NEVER
    while mem[at.TRIGGERED_FIRST] != at.NONE:
        own = mem[at.TRIGGERED_FIRST]
        leave(head, mem, own)
        mem[own + at.OWN_KIND] -= at.STOP  # a stop is a market order now, a stop-limit a limit order
        arrive(head, mem, own)
