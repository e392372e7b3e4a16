"""Trades of a symbol, whatever rows tell them: the last one, the bar that they build, and who asked for them."""

from __future__ import annotations

from tradetui.engine.market.kernel import layout as at
from tradetui.engine.market.kernel.jit import inner
from tradetui.engine.market.kernel.levels import Memory
from tradetui.engine.market.simulation import SIZE_MAX, WOKE_TRADE


@inner
def note_trade(head: Memory, mem: Memory, symbol: int, price: int, size: int, side: int) -> None:
    """A trade happened now."""
    mem[symbol + at.LAST_PRICE] = price
    mem[symbol + at.LAST_SIZE] = size
    mem[symbol + at.LAST_SIDE] = side
    if head[at.WAKE] & WOKE_TRADE:
        head[at.OPEN_BITS] |= WOKE_TRADE
        head[at.OPEN_ENDS] = 1
    if mem[symbol + at.BAR_NS] == 0:
        return
    if mem[symbol + at.SYMBOL_BAR_DUE] == at.NEVER:
        length = mem[symbol + at.BAR_NS]
        start = head[at.NOW] // length * length
        mem[symbol + at.BAR_START] = start
        mem[symbol + at.SYMBOL_BAR_DUE] = start + length
        head[at.BAR_DUE] = min(head[at.BAR_DUE], start + length)
        head[at.OTHER_DUE] = min(head[at.OTHER_DUE], start + length)
        mem[symbol + at.BAR_OPEN] = price
        mem[symbol + at.BAR_HIGH] = price
        mem[symbol + at.BAR_LOW] = price
        mem[symbol + at.BAR_VOLUME] = 0
        mem[symbol + at.BAR_TRADES] = 0
    mem[symbol + at.BAR_HIGH] = max(mem[symbol + at.BAR_HIGH], price)
    mem[symbol + at.BAR_LOW] = min(mem[symbol + at.BAR_LOW], price)
    mem[symbol + at.BAR_CLOSE] = price
    mem[symbol + at.BAR_VOLUME] = min(mem[symbol + at.BAR_VOLUME] + size, SIZE_MAX)
    mem[symbol + at.BAR_TRADES] += 1
