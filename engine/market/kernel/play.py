"""The loop over the rows of a tape: instants, what is due between them, and why Python is asked."""

from __future__ import annotations

from typing import Final

from tradetui.engine.market.kernel import layout as at
from tradetui.engine.market.kernel.arriving import arrive_triggered, take_again, trigger
from tradetui.engine.market.kernel.due import end_bar, happen, know_reports, settle_others
from tradetui.engine.market.kernel.jit import once, part
from tradetui.engine.market.kernel.level_rows import play_depth_row, play_quote_row, play_trade
from tradetui.engine.market.kernel.levels import Memory
from tradetui.engine.market.kernel.order_rows import play_order_row
from tradetui.engine.market.simulation import (
    EXTRA,
    ID,
    PRICE,
    ROW_ADD,
    ROW_CLEAR,
    ROW_DEPTH,
    ROW_DEPTH_CLEAR,
    ROW_EXECUTE,
    ROW_MODIFY,
    ROW_QUOTE,
    ROW_TRADE,
    SIDE_SHIFT,
    SIZE,
    SYMBOL_SHIFT,
    TS,
    TS_MAX,
    WOKE_BAR,
    WOKE_BEST,
    WOKE_BUDGET,
    WOKE_END,
    WOKE_IMBALANCE,
    WOKE_ROW,
    WOKE_TOUCH,
    WOKE_TRADE,
    WORD,
)

WOKE_BOOK: Final = WOKE_BEST | WOKE_TOUCH | WOKE_IMBALANCE
ABOUT_A_SYMBOL: Final = WOKE_BOOK | WOKE_TRADE | WOKE_ROW


@part
def end_instant(head: Memory, mem: Memory) -> int:
    """The last row of an instant was played: what it wakes."""
    number = head[at.OPEN_SYMBOL]
    bits: int = head[at.OPEN_BITS]
    head[at.OPEN] = 0
    if 0 <= number < head[at.SYMBOLS]:
        symbol = at.SYMBOL_START + at.SYMBOL_WORDS * number
        bids, asks = mem[symbol + at.NEXT], mem[symbol + at.LEVEL_WORDS + at.NEXT]
        bid, ask = mem[bids + at.KEY], mem[asks + at.KEY]
        if ask <= -bid:
            head[at.CROSSED] += 1
        if head[at.WAKE] & WOKE_BOOK:
            bits |= look_at_best(head, mem, symbol, bid, mem[bids + at.TOTAL], ask, mem[asks + at.TOTAL])
    if head[at.REPORT_DUE] <= head[at.OPEN_TIME]:
        bits |= know_reports(head, mem, head[at.OPEN_TIME])
        settle_others(head)
    bits &= head[at.WAKE]
    if bits & ABOUT_A_SYMBOL:
        head[at.WOKEN_SYMBOL] = number
    return bits


@once
def look_at_best(head: Memory, mem: Memory, symbol: int, bid: int, bid_size: int, ask: int, ask_size: int) -> int:
    """How the best of both sides differs from the one after the symbol's last instant."""
    bits = 0
    if bid != mem[symbol + at.SEEN_BID] or ask != mem[symbol + at.SEEN_ASK]:
        bits = WOKE_BEST | WOKE_TOUCH
        mem[symbol + at.SEEN_BID] = bid
        mem[symbol + at.SEEN_ASK] = ask
    if head[at.WAKE] & (WOKE_TOUCH | WOKE_IMBALANCE):
        bits |= look_at_sizes(head, mem, symbol, bid_size, ask_size)
    return bits


@once
def look_at_sizes(head: Memory, mem: Memory, symbol: int, bid_size: int, ask_size: int) -> int:
    """Whether the sizes of the best changed, or became more unequal than was asked for."""
    bits = 0
    if bid_size != mem[symbol + at.SEEN_BID_SIZE] or ask_size != mem[symbol + at.SEEN_ASK_SIZE]:
        bits = WOKE_TOUCH
        mem[symbol + at.SEEN_BID_SIZE] = bid_size
        mem[symbol + at.SEEN_ASK_SIZE] = ask_size
    if head[at.WAKE] & WOKE_IMBALANCE:
        beyond = 0
        if bid_size + ask_size > 0:
            imbalance = abs(bid_size - ask_size) / (bid_size + ask_size)
            if imbalance > head[at.SHARE_PARTS] / head[at.SHARE_WHOLE]:
                beyond = 1
        if beyond > mem[symbol + at.SEEN_BEYOND]:
            bits |= WOKE_IMBALANCE
        mem[symbol + at.SEEN_BEYOND] = beyond
    return bits


@once
def trigger_by_best(head: Memory, mem: Memory, symbol: int) -> None:
    """Stops that the best of the other side reached, at a symbol that tells no trades."""
    bids, asks = mem[symbol + at.NEXT], mem[symbol + at.LEVEL_WORDS + at.NEXT]
    buys_at, sells_at = at.ALREADY_DUE, at.ALREADY_DUE
    if asks != symbol + at.LEVEL_WORDS:
        buys_at = mem[asks + at.KEY]
    if bids != symbol:
        sells_at = mem[bids + at.KEY]
    trigger(head, mem, symbol, buys_at, sells_at)


@once
def after_row(head: Memory, mem: Memory, symbol: int, kind: int, price: int) -> None:
    """The book of a symbol changed, or it traded: own orders that wait for that act."""
    if mem[symbol + at.WORKING_FIRST] != at.NONE and kind in (ROW_ADD, ROW_MODIFY, ROW_DEPTH, ROW_QUOTE):
        take_again(head, mem, symbol, price)
    if mem[symbol + at.HAS_TRADES] == 0 and mem[symbol + at.SOURCE] != at.BY_ORDERS:
        trigger_by_best(head, mem, symbol)
    elif kind == ROW_TRADE or (kind == ROW_EXECUTE and mem[symbol + at.EXECUTES_TRADE]):
        last = mem[symbol + at.LAST_PRICE]
        buys, sells = symbol + at.STOP_BOOK, symbol + at.STOP_BOOK + at.LEVEL_WORDS
        if mem[buys + at.NEAREST] <= last or mem[sells + at.NEAREST] <= -last:
            trigger(head, mem, symbol, last, -last)


@once
def play_row(head: Memory, mem: Memory, tape: Memory, row: int) -> int:
    """One row of the market; 0, or which fault it was."""
    word = tape[row, WORD]
    kind, side, number = word & 15, ((word >> SIDE_SHIFT) & 3) - 1, word >> SYMBOL_SHIFT
    if kind < ROW_ADD or kind > ROW_QUOTE or side > 1 or number < 0 or number >= head[at.SYMBOLS]:
        return at.BAD_ROW
    if side == 0 and kind in (ROW_ADD, ROW_DEPTH):
        return at.BAD_ROW
    symbol = at.SYMBOL_START + at.SYMBOL_WORDS * number
    source = mem[symbol + at.SOURCE]
    price, size = tape[row, PRICE], tape[row, SIZE]
    if kind == ROW_TRADE:
        if mem[symbol + at.HAS_TRADES] == 0:
            return 0
        fault = play_trade(head, mem, symbol, side, price, size)
    elif source == at.BY_ORDERS and kind <= ROW_CLEAR:
        fault = play_order_row(head, mem, symbol, kind, side, price, size, tape[row, ID])
        if fault == at.BAD_SIZE and kind == ROW_EXECUTE and size > 0:
            head[fault] += 1  # what it had was executed
            fault = 0
    elif source == at.BY_DEPTH and kind in (ROW_DEPTH, ROW_DEPTH_CLEAR):
        fault = play_depth_row(head, mem, symbol, kind, side, price, size)
    elif source == at.BY_QUOTES and kind == ROW_QUOTE:
        fault = play_quote_row(head, mem, symbol, price, size, tape[row, ID], tape[row, EXTRA])
    else:
        return 0
    if fault == 0:
        if kind != ROW_TRADE:
            head[at.OPEN_BITS] |= WOKE_ROW
        after_row(head, mem, symbol, kind, price)
    return fault


@once
def open_instant(head: Memory, number: int, time: int) -> None:
    """The first row of an instant is about to be played."""
    head[at.OPEN] = 1
    head[at.OPEN_SYMBOL] = number
    head[at.OPEN_TIME] = time
    head[at.OPEN_BITS] = 0
    head[at.OPEN_ENDS] = head[at.WAKE] & WOKE_ROW
    if head[at.STARTED] == 0:
        head[at.STARTED] = 1
        if head[at.TIMER_NS] > 0:
            head[at.TIMER_DUE] = (time // head[at.TIMER_NS] + 1) * head[at.TIMER_NS]
            settle_others(head)


@once
def has_room(head: Memory) -> bool:
    """Whether the reports that one row or one request can cause have room: a fill a level, two a resting order."""
    if head[at.OWN_LIVE] == 0 and head[at.REQUEST_DUE] == at.NEVER:
        return True
    used = head[at.REPORT_END] - head[at.REPORT_READ]
    return bool(used + head[at.LEVELS_LIVE] + 4 * head[at.OWN_LIVE] + 8 <= head[at.REPORTS_MASK])


@once
def come_to(head: Memory, mem: Memory, number: int, time: int) -> int:
    """Before a row: the instant before it ends, then what is due happens; 0, or why not yet."""
    if head[at.OPEN] and (head[at.OPEN_SYMBOL] != number or head[at.OPEN_TIME] != time):
        bits = end_instant(head, mem)
        if bits != 0:
            return bits
    while head[at.OPEN] == 0 and (head[at.REQUEST_DUE] < time or head[at.OTHER_DUE] <= time):
        if head[at.TOP] > head[at.LIMIT] or not has_room(head):
            return at.GROW
        bits = int(happen(head, mem, time) & head[at.WAKE])
        if bits != 0:
            return bits
    if head[at.TOP] > head[at.LIMIT] or not has_room(head):
        return at.GROW
    return 0


@part
def play_rows(head: Memory, mem: Memory, tape: Memory, stop: int, budget: int) -> int:
    """Plays rows up to `stop` until something asked for happens; the bits that say what, or GROW.

    A `stop` below 0 plays none: the market is over, and the stops that it triggered last arrive.
    """
    if stop < 0:
        if head[at.TOP] > head[at.LIMIT] or not has_room(head):
            return at.GROW
        arrive_triggered(head, mem)
        settle_others(head)
    for row in range(head[at.ROW], stop):
        number, ts = tape[row, WORD] >> SYMBOL_SHIFT, tape[row, TS]
        if ts > TS_MAX:
            ts = -1  # no clock comes back from there
        time = max(ts, head[at.NOW])
        bits = come_to(head, mem, number, time)
        if bits != 0:
            return bits
        if budget <= 0:
            return WOKE_BUDGET
        budget -= 1
        if head[at.OPEN] == 0:
            open_instant(head, number, time)
        if ts < head[at.NOW]:
            head[at.TIME_BACKWARDS] += 1
        head[at.NOW] = time
        head[at.ROWS_PLAYED] += 1
        head[at.ROW] = row + 1
        fault = play_row(head, mem, tape, row)
        if fault != 0:
            head[fault] += 1
        if head[at.OPEN_ENDS]:
            bits = end_instant(head, mem)
            if bits != 0:
                return bits
    return WOKE_END


@part
def play_end(head: Memory, mem: Memory) -> int:
    """The market is over: the last instant, then reports on their way and open bars; 0 where stops come between."""
    bits = 0
    if head[at.OPEN]:
        bits = end_instant(head, mem)
    if head[at.STOPS_DUE] != at.NEVER:
        return bits  # here they would have to be compiled a second time
    while bits == 0:
        due: int = min(head[at.REPORT_DUE], head[at.BAR_DUE])
        if due == at.NEVER:
            return WOKE_END
        head[at.NOW] = max(head[at.NOW], due)
        if head[at.REPORT_DUE] == due:
            bits = know_reports(head, mem, due) & head[at.WAKE]
        else:
            end_bar(head, mem)
            bits = WOKE_BAR & head[at.WAKE]
    return bits
