"""Seeded draws: splitmix64 in 32-bit halves, so that no product overflows and plain Python draws the same."""

from __future__ import annotations

from typing import Final

from tradetui.engine.market.kernel import layout as at
from tradetui.engine.market.kernel.jit import part
from tradetui.engine.market.kernel.levels import Memory

HALF: Final = 0xFFFFFFFF
CHANCE_BITS: Final = 53
ALWAYS: Final = 1 << CHANCE_BITS


@part
def product(high: int, low: int, by_high: int, by_low: int) -> tuple[int, int]:
    """The low 64 bits of a product, in halves."""
    first, second = (low & 0xFFFF) * by_low, (low >> 16) * by_low
    bottom = first + ((second & 0xFFFF) << 16)
    top = (bottom >> 32) + (second >> 16)
    top += (low & 0xFFFF) * by_high + (((low >> 16) * by_high & 0xFFFF) << 16)
    top += (high & 0xFFFF) * by_low + (((high >> 16) * by_low & 0xFFFF) << 16)
    return top & HALF, bottom & HALF


@part
def total(high: int, low: int, more_high: int, more_low: int) -> tuple[int, int]:
    """The low 64 bits of a sum, in halves."""
    bottom = low + more_low
    return (high + more_high + (bottom >> 32)) & HALF, bottom & HALF


@part
def splitmix64(seed_high: int, seed_low: int, n: int) -> tuple[int, int]:
    """splitmix64(seed + n), in halves."""
    high, low = total(seed_high, seed_low, n >> 32, n & HALF)
    high, low = total(high, low, 0x9E3779B9, 0x7F4A7C15)
    high, low = high ^ (high >> 30), low ^ (((high << 2) | (low >> 30)) & HALF)
    high, low = product(high, low, 0xBF58476D, 0x1CE4E5B9)
    high, low = high ^ (high >> 27), low ^ (((high << 5) | (low >> 27)) & HALF)
    high, low = product(high, low, 0x94D049BB, 0x133111EB)
    return high ^ (high >> 31), low ^ (((high << 1) | (low >> 31)) & HALF)


@part
def report_latency(head: Memory, mem: Memory) -> int:
    """How long the next report takes."""
    count: int = head[at.SAMPLES_COUNT]
    if count == 1:
        return int(mem[head[at.SAMPLES]])
    head[at.LATENCIES] += 1
    high, low = splitmix64((head[at.SEED] >> 32) & HALF, head[at.SEED] & HALF, head[at.LATENCIES])
    return int(mem[head[at.SAMPLES] + ((high % count) * ((HALF + 1) % count) + low) % count])


@part
def takes_chance(head: Memory) -> bool:
    """Whether the next opportunity is taken."""
    if head[at.CHANCE] >= ALWAYS:
        return True
    head[at.CHANCES] += 1
    seed = head[at.SEED] ^ 0x5DEECE66D
    high, low = splitmix64((seed >> 32) & HALF, seed & HALF, head[at.CHANCES])
    return bool(((high << 21) | (low >> 11)) < head[at.CHANCE])


@part
def share_of(part_: int, whole: int, of: int) -> int:
    """floor(part * of / whole) for 0 <= part, of <= whole, bit by bit: the product may need more than 64 bits."""
    quotient, rest = 0, 0
    for bit in range(62, -1, -1):
        quotient, rest = 2 * quotient, 2 * rest
        if rest >= whole:
            quotient, rest = quotient + 1, rest - whole
        if (part_ >> bit) & 1:
            rest += of
            if rest >= whole:
                quotient, rest = quotient + 1, rest - whole
    return quotient
