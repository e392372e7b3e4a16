"""The rules of a simulation as numbers of the arena, and the latency of a request."""

from __future__ import annotations

from math import ceil

from tradetui.engine.market.kernel import layout as at
from tradetui.engine.market.kernel.arena import Arena
from tradetui.engine.market.kernel.draws import ALWAYS
from tradetui.engine.market.simulation import PRICE_MAX, SELF_TRADE, SimulationRules

SOURCES = ("orders", "depth", "quotes", "trades")  # their places are the numbers of layout.BY_ORDERS and following
CANCEL_AHEAD = ("back", "proportional", "front")
WHOLE_MAX = 1 << 62  # what an int64 holds of a ratio; a share below 2^-9 is rounded to it
MASK = (1 << 64) - 1


def write_rules(arena: Arena, rules: SimulationRules) -> None:
    """Puts the rules into a new arena."""
    head = arena.head
    head[at.WAKE], head[at.TIMER_NS] = rules.wake, rules.timer_ns
    head[at.CANCEL_AHEAD] = CANCEL_AHEAD.index(rules.cancel_ahead)
    head[at.ANSWERS_WAKE] = rules.answers_wake
    head[at.TOUCH], head[at.SELF_TRADE] = rules.touch, SELF_TRADE.index(rules.self_trade)
    head[at.SEED] = (rules.seed + (1 << 63)) % (1 << 64) - (1 << 63)
    head[[at.SHARE_PARTS, at.SHARE_WHOLE]] = _ratio(rules.imbalance)
    head[[at.SLIP_PARTS, at.SLIP_WHOLE]] = _ratio(rules.slip_bps)
    head[at.SLIP_NANOS] = min(rules.slip_nanos, PRICE_MAX)
    head[at.CHANCE] = min(ALWAYS, ceil(rules.fill_chance * ALWAYS))
    head[at.SAMPLES] = arena.take(len(rules.report_ns))
    arena.mem[head[at.SAMPLES] : head[at.SAMPLES] + len(rules.report_ns)] = rules.report_ns
    head[at.SAMPLES_COUNT] = len(rules.report_ns)
    head[[at.REQUEST_DUE, at.OTHER_DUE, at.EXPIRY_DUE, at.REPORT_DUE, at.BAR_DUE, at.TIMER_DUE, at.STOPS_DUE]] = (
        at.NEVER
    )
    head[[at.REQUESTS_MASK, at.REPORTS_MASK]] = -1
    arena.take_ring(at.REQUESTS, at.REQUEST_FIRST, at.REQUEST_END, at.REQUEST_WORDS)
    arena.take_ring(at.REPORTS, at.REPORT_READ, at.REPORT_END, at.REPORT_WORDS)
    for number in range(len(rules.sources)):
        _write_symbol(arena, rules, number)
    arena.grow()


def _write_symbol(arena: Arena, rules: SimulationRules, number: int) -> None:
    symbol = at.SYMBOL_START + at.SYMBOL_WORDS * number
    by_orders = rules.sources[number] == "orders"
    has_trades = rules.trade_symbols[number] if rules.trade_symbols else not by_orders
    levels = arena.take(2 * at.LEVEL_WORDS)
    mem = arena.mem
    mem[symbol + at.SOURCE] = SOURCES.index(rules.sources[number])
    mem[symbol + at.HAS_TRADES], mem[symbol + at.EXECUTES_TRADE] = has_trades, by_orders and not has_trades
    mem[symbol + at.NUMBER] = number
    mem[[symbol + at.SEEN_BID, symbol + at.SEEN_ASK, symbol + at.SYMBOL_BAR_DUE]] = at.NEVER
    mem[symbol + at.BAR_NS] = rules.bar_ns[number] if rules.bar_ns else 0
    for row in range(2):  # the one level that is known of each side by quotes: linked while the side is not empty
        level, book = levels + row * at.LEVEL_WORDS, symbol + row * at.LEVEL_WORDS
        mem[symbol + at.QUOTE_LEVELS + row] = level
        mem[[level + at.BOOK, level + at.NEXT, level + at.PREVIOUS]] = book


def entry_latency(head: memoryview, samples: tuple[int, ...], seed: int) -> int:
    """How long the next request takes, drawn from `samples`."""
    head[at.LATENCIES] += 1
    z = (seed + head[at.LATENCIES] + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return samples[(z ^ (z >> 31)) % len(samples)]


def _ratio(number: float) -> tuple[int, int]:
    parts, whole = number.as_integer_ratio()
    if whole <= WHOLE_MAX:
        return parts, whole
    return round(number * WHOLE_MAX), WHOLE_MAX
