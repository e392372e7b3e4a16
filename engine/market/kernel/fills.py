"""What happens to an own order and is reported: fills, ends, and opportunities that may be taken."""

from __future__ import annotations

import numpy as np

from tradetui.engine.market.kernel import layout as at
from tradetui.engine.market.kernel.draws import report_latency, takes_chance
from tradetui.engine.market.kernel.jit import part
from tradetui.engine.market.kernel.levels import Memory
from tradetui.engine.market.kernel.lines import free_own, leave
from tradetui.engine.market.simulation import PRICE_MAX, REPORT_FILL, REPORT_NOTHING_TO_REDUCE, SIZE_MAX

NOT_TAKEN = -1


@part
def report(
    head: Memory,
    mem: Memory,
    what: int,
    order_id: int,
    symbol: int,
    side: int,
    price: int,
    size: int,
    leaves: int,
    maker: int,
) -> None:
    """Sends a report; it is known after the report latency, never before an earlier one."""
    now = head[at.NOW]
    known = max(now + report_latency(head, mem), head[at.REPORT_LATEST])
    to = head[at.REPORTS] + (head[at.REPORT_END] & head[at.REPORTS_MASK]) * at.REPORT_WORDS
    mem[to] = what
    mem[to + 1] = order_id
    mem[to + 2] = symbol
    mem[to + 3] = side
    mem[to + 4] = price
    mem[to + 5] = size
    mem[to + 6] = leaves
    mem[to + 7] = maker
    mem[to + 8] = now
    mem[to + 9] = known
    head[at.REPORT_LATEST] = known
    if head[at.REPORT_KNOWN] == head[at.REPORT_END]:
        head[at.REPORT_DUE] = known
        head[at.OTHER_DUE] = min(head[at.OTHER_DUE], known)
    head[at.REPORT_END] += 1


@part
def tell(head: Memory, mem: Memory, own: int, what: int, price: int, size: int, leaves: int, maker: int) -> None:
    """Reports on an order at the venue."""
    number = mem[mem[own + at.OWN_SYMBOL] + at.NUMBER]
    report(head, mem, what, mem[own + at.OWN_ID], number, mem[own + at.OWN_SIDE], price, size, leaves, maker)


@part
def end_own(head: Memory, mem: Memory, own: int, what: int) -> None:
    """The order ends with what is left of it unfilled."""
    leave(head, mem, own)
    tell(head, mem, own, what, 0, mem[own + at.OWN_LEFT], 0, 0)
    free_own(head, mem, own)


@part
def reducible(mem: Memory, own: int) -> int:
    """How much of the venue's position the order could take off."""
    against: int = -mem[own + at.OWN_SIDE] * mem[mem[own + at.OWN_SYMBOL] + at.POSITION]
    return max(0, against)


@part
def allowed(head: Memory, mem: Memory, own: int, size: int) -> int:
    """As much of a fill as the order may have; 0 where it only reduces and has ended because there is nothing to."""
    size = min(size, mem[own + at.OWN_LEFT])
    if mem[own + at.OWN_REDUCES]:
        size = min(size, reducible(mem, own))
        if size == 0:
            end_own(head, mem, own, REPORT_NOTHING_TO_REDUCE)
    return size


@part
def fill(head: Memory, mem: Memory, own: int, price: int, size: int, maker: int) -> bool:
    """The order gets `size`; whether it lives on."""
    left = mem[own + at.OWN_LEFT] - size
    mem[own + at.OWN_LEFT] = left
    position = mem[own + at.OWN_SYMBOL] + at.POSITION
    mem[position] = max(-SIZE_MAX, min(mem[position] + mem[own + at.OWN_SIDE] * size, SIZE_MAX))
    tell(head, mem, own, REPORT_FILL, price, size, left, maker)
    if left == 0:
        leave(head, mem, own)
        free_own(head, mem, own)
        return False
    if mem[own + at.OWN_REDUCES] and reducible(mem, own) == 0:
        end_own(head, mem, own, REPORT_NOTHING_TO_REDUCE)
        return False
    return True


@part
def offer(head: Memory, mem: Memory, own: int, size: int, ahead: int) -> int:
    """An opportunity of a resting order; what it took, or NOT_TAKEN. If it lives on, `ahead` stands before it."""
    size = allowed(head, mem, own, size)
    if size == 0:
        return 0
    if not takes_chance(head):
        return NOT_TAKEN
    mem[own + at.OWN_AHEAD] = ahead
    fill(head, mem, own, mem[own + at.OWN_LIMIT], size, 1)
    return size


@part
def paid(head: Memory, own_side: int, kind: int, price: int) -> int:
    """The price that a taker pays: a market order with slippage against it."""
    if kind != at.MARKET:
        return price
    slip: int = head[at.SLIP_NANOS]
    if head[at.SLIP_PARTS] > 0:
        share = np.rint(price * (head[at.SLIP_PARTS] / head[at.SLIP_WHOLE]) / 10000.0)
        slip = PRICE_MAX if share >= PRICE_MAX else min(slip + int(share), PRICE_MAX)
    return int(max(1, min(price + own_side * slip, PRICE_MAX)))
