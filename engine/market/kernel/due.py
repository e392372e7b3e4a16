"""What happens at a time of its own: requests arrive, orders expire, reports become known, bars end, timers ring."""

from __future__ import annotations

from tradetui.engine.market.kernel import layout as at
from tradetui.engine.market.kernel.arriving import arrive, arrive_triggered, wait_for_price
from tradetui.engine.market.kernel.fills import end_own, report
from tradetui.engine.market.kernel.jit import once, part
from tradetui.engine.market.kernel.levels import Memory
from tradetui.engine.market.kernel.lines import find_own, take_own
from tradetui.engine.market.simulation import (
    PRICE_MAX,
    REPORT_CANCELLED,
    REPORT_EXPIRED,
    REPORT_REJECTED,
    SIZE_MAX,
    WOKE_BAR,
    WOKE_REPORT,
    WOKE_TIMER,
)

DUE, CANCELS, ID, SYMBOL, SIDE, KIND, FORCE, QUANTITY, LIMIT, STOP, REDUCES, EXPIRES = range(12)  # words of a request


@once
def happen(head: Memory, mem: Memory, until: int) -> int:
    """The first thing that is due before a row of the time `until`; the bits that it may wake by."""
    others = head[at.OTHER_DUE]
    if head[at.STOPS_DUE] <= until:  # before all else of their time; the clock is still there
        arrive_triggered(head, mem)
        settle_others(head)
        return 0
    if head[at.REQUEST_DUE] < until and head[at.REQUEST_DUE] <= others:
        head[at.NOW] = max(head[at.NOW], head[at.REQUEST_DUE])
        take_request(head, mem)
        return 0
    head[at.NOW] = max(head[at.NOW], others)
    bits = 0
    if head[at.EXPIRY_DUE] == others:
        expire(head, mem)
    elif head[at.REPORT_DUE] == others:
        bits = know_reports(head, mem, others)
    elif head[at.BAR_DUE] == others:
        end_bar(head, mem)
        bits = WOKE_BAR
    else:
        head[at.TIMER_DUE] += head[at.TIMER_NS]
        bits = WOKE_TIMER
    settle_others(head)
    return bits


@part
def settle_others(head: Memory) -> None:
    """When the first of all but requests is due."""
    head[at.OTHER_DUE] = min(
        head[at.EXPIRY_DUE], head[at.REPORT_DUE], head[at.BAR_DUE], head[at.TIMER_DUE], head[at.STOPS_DUE]
    )


@once
def take_request(head: Memory, mem: Memory) -> None:
    """The first request in line arrives at the venue."""
    at_ = head[at.REQUESTS] + (head[at.REQUEST_FIRST] & head[at.REQUESTS_MASK]) * at.REQUEST_WORDS
    head[at.REQUEST_FIRST] += 1
    if head[at.REQUEST_FIRST] == head[at.REQUEST_END]:
        head[at.REQUEST_DUE] = at.NEVER
    else:
        following = head[at.REQUESTS] + (head[at.REQUEST_FIRST] & head[at.REQUESTS_MASK]) * at.REQUEST_WORDS
        head[at.REQUEST_DUE] = mem[following + DUE]
    own = find_own(head, mem, mem[at_ + ID])
    if mem[at_ + CANCELS]:
        if own != at.NONE:
            end_own(head, mem, own, REPORT_CANCELLED)
        return
    order_id, quantity, expires = mem[at_ + ID], mem[at_ + QUANTITY], mem[at_ + EXPIRES]
    if own != at.NONE or impossible(head, mem, at_):
        report(head, mem, REPORT_REJECTED, order_id, mem[at_ + SYMBOL], mem[at_ + SIDE], 0, quantity, 0, 0)
        return
    if expires != 0 and head[at.NOW] > expires:
        report(head, mem, REPORT_EXPIRED, order_id, mem[at_ + SYMBOL], mem[at_ + SIDE], 0, quantity, 0, 0)
        return
    own = take_own(head, mem, order_id)
    mem[own + at.OWN_SYMBOL] = at.SYMBOL_START + at.SYMBOL_WORDS * mem[at_ + SYMBOL]
    mem[own + at.OWN_SIDE] = mem[at_ + SIDE]
    mem[own + at.OWN_KIND] = mem[at_ + KIND]
    mem[own + at.OWN_FORCE] = mem[at_ + FORCE]
    mem[own + at.OWN_LEFT] = quantity
    mem[own + at.OWN_LIMIT] = mem[at_ + LIMIT]
    mem[own + at.OWN_STOP] = mem[at_ + STOP]
    mem[own + at.OWN_REDUCES] = mem[at_ + REDUCES]
    mem[own + at.OWN_EXPIRES] = expires
    if expires != 0:
        head[at.EXPIRY_DUE] = min(head[at.EXPIRY_DUE], expires)
        settle_others(head)
    if mem[at_ + KIND] >= at.STOP:
        wait_for_price(head, mem, own)
    else:
        arrive(head, mem, own)


@once
def impossible(head: Memory, mem: Memory, at_: int) -> bool:
    """Whether a request has a field that no order has."""
    symbol, side, kind, force = mem[at_ + SYMBOL], mem[at_ + SIDE], mem[at_ + KIND], mem[at_ + FORCE]
    if symbol < 0 or symbol >= head[at.SYMBOLS] or (side != 1 and side != -1):
        return True
    if kind < at.MARKET or kind > at.STOP_LIMIT or force < at.GTC or force > at.GTX:
        return True
    if mem[at_ + QUANTITY] <= 0 or mem[at_ + QUANTITY] > SIZE_MAX:
        return True
    has_limit, has_stop = kind in (at.LIMITED, at.STOP_LIMIT), kind >= at.STOP
    return bool(
        (has_limit and (mem[at_ + LIMIT] <= 0 or mem[at_ + LIMIT] > PRICE_MAX))
        or (has_stop and (mem[at_ + STOP] <= 0 or mem[at_ + STOP] > PRICE_MAX))
        or (force == at.GTX and not has_limit)
    )


@once
def expire(head: Memory, mem: Memory) -> None:
    """All orders end whose end is the first that is due, in the order of their arrival."""
    ended, following = head[at.EXPIRY_DUE], at.NEVER
    own = head[at.OWN_FIRST]
    while own != at.NONE:
        later = mem[own + at.OWN_LATER]
        expires = mem[own + at.OWN_EXPIRES]
        if 0 != expires <= ended:
            end_own(head, mem, own, REPORT_EXPIRED)
        elif expires != 0:
            following = min(following, expires)
        own = later
    head[at.EXPIRY_DUE] = following


@part
def know_reports(head: Memory, mem: Memory, until: int) -> int:
    """Reports on their way that arrive by `until` are known; WOKE_REPORT if one of them is to wake."""
    bits = 0
    head[at.REPORT_DUE] = at.NEVER
    while head[at.REPORT_KNOWN] < head[at.REPORT_END]:
        at_ = head[at.REPORTS] + (head[at.REPORT_KNOWN] & head[at.REPORTS_MASK]) * at.REPORT_WORDS
        if mem[at_ + at.REPORT_WORDS - 1] > until:
            head[at.REPORT_DUE] = mem[at_ + at.REPORT_WORDS - 1]
            return bits
        if mem[at_] != REPORT_CANCELLED or head[at.ANSWERS_WAKE]:
            bits = WOKE_REPORT
        head[at.REPORT_KNOWN] += 1
    return bits


@part
def end_bar(head: Memory, mem: Memory) -> None:
    """The bar that ends first is told, of several the one with the lowest symbol."""
    ended, following, found = head[at.BAR_DUE], at.NEVER, at.NONE
    for number in range(head[at.SYMBOLS]):
        symbol = at.SYMBOL_START + at.SYMBOL_WORDS * number
        due = mem[symbol + at.SYMBOL_BAR_DUE]
        if due == ended and found == at.NONE:
            found = symbol
        else:
            following = min(following, due)
    head[at.TOLD_BAR] = mem[found + at.NUMBER]
    for field in range(7):
        head[at.TOLD_BAR + 1 + field] = mem[found + at.BAR_START + field]
    mem[found + at.SYMBOL_BAR_DUE] = at.NEVER
    head[at.BAR_DUE] = following
