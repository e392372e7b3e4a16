"""The order book of one symbol, compiled: the same answers as `OrderBook`, and batches at tens of millions a second."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tradetui.engine.market.book_words import BookLevel, Fault, Trade
from tradetui.engine.market.kernel import layout as at
from tradetui.engine.market.kernel.arena import Arena
from tradetui.engine.market.kernel.book_changes import (
    BOOK_ADD,
    BOOK_CANCEL,
    BOOK_CLEAR,
    BOOK_EXECUTE,
    BOOK_MATCH,
    BOOK_MODIFY,
    TRADE_WORDS,
    TRADES_A_CALL,
)
from tradetui.engine.market.kernel.book_entries import change, change_all
from tradetui.engine.market.kernel.entries import look
from tradetui.engine.market.kernel.looks import LOOK_DEPTH, LOOK_HASH, LOOK_LEVEL, LOOK_QUEUE
from tradetui.engine.market.simulation import Faults

BIDS, ASKS = at.SYMBOL_START, at.SYMBOL_START + at.LEVEL_WORDS
FAULTS = {at.DUPLICATE_ID + index: Fault(name) for index, name in enumerate(Faults._fields)}


class KernelBook:
    """Bids and asks of one symbol; ids, prices, sizes and times are int64.

    A change answers None, or why the row (or the part of it that cannot be) was left out; nothing a feed says raises.
    """

    __slots__ = ("_arena", "_trades")

    def __init__(self) -> None:
        self._arena = Arena(1)
        self._trades = 0

    def __len__(self) -> int:
        """How many orders rest."""
        return self._arena.head_view[at.ORDERS_LIVE]

    @property
    def ts_ns(self) -> int:
        """The latest time that was told."""
        return self._arena.head_view[at.NOW]

    def add_order(self, order_id: int, side: int, price: int, size: int, ts_ns: int = 0) -> Fault | None:
        """An order comes to rest at the end of the queue at `price`."""
        arena = self._arena
        fault = change(arena.head, arena.mem, BOOK_ADD, order_id, side, price, size, ts_ns)
        return self._answer(fault, BOOK_ADD, order_id, side, price, size, ts_ns) if fault else None

    def modify_order(self, order_id: int, price: int, size: int, ts_ns: int = 0) -> Fault | None:
        """An order gets another price or size: less at the same price keeps its place, anything else loses it."""
        arena = self._arena
        fault = change(arena.head, arena.mem, BOOK_MODIFY, order_id, 0, price, size, ts_ns)
        return self._answer(fault, BOOK_MODIFY, order_id, 0, price, size, ts_ns) if fault else None

    def cancel_order(self, order_id: int, ts_ns: int = 0) -> Fault | None:
        """The whole order leaves, unexecuted."""
        arena = self._arena
        fault = change(arena.head, arena.mem, BOOK_CANCEL, order_id, 0, 0, 0, ts_ns)
        return self._answer(fault, BOOK_CANCEL, order_id, 0, 0, 0, ts_ns) if fault else None

    def execute_order(self, order_id: int, size: int, ts_ns: int = 0) -> Fault | None:
        """`size` of an order trades and leaves; of more than it has, what it has."""
        arena = self._arena
        fault = change(arena.head, arena.mem, BOOK_EXECUTE, order_id, 0, 0, size, ts_ns)
        return self._answer(fault, BOOK_EXECUTE, order_id, 0, 0, size, ts_ns) if fault else None

    def clear(self, ts_ns: int = 0) -> None:
        """Every order leaves: a feed that lost its place starts again from a snapshot."""
        self._change(BOOK_CLEAR, 0, 0, 0, 0, ts_ns)

    def apply(self, changes: npt.NDArray[np.int64]) -> None:
        """Many changes at once: rows of what (BOOK_ADD to BOOK_CLEAR), id, side, price, size and time."""
        done = change_all(self._arena.head, self._arena.mem, changes, 0)
        while done < len(changes):
            self._arena.grow()
            done = change_all(self._arena.head, self._arena.mem, changes, done)

    def match_orders(self, ts_ns: int = 0) -> list[Trade]:
        """Trade the first bid in line with the first ask until the sides are apart; at the price of the earlier one."""
        arena = self._arena
        if not self._trades:
            self._trades = arena.take(TRADE_WORDS * TRADES_A_CALL)
            arena.grow()
        trades: list[Trade] = []
        while True:
            count = change(arena.head, arena.mem, BOOK_MATCH, self._trades, 0, 0, 0, ts_ns)
            if count == at.GROW:
                arena.grow()
                continue
            ts_ns = arena.head_view[at.NOW]
            words = arena.mem[self._trades : self._trades + TRADE_WORDS * count].tolist()
            parts = [words[at : at + TRADE_WORDS] for at in range(0, len(words), TRADE_WORDS)]
            trades += [Trade(price, size, side, bid, ask, ts_ns) for price, size, side, bid, ask in parts]
            if count < TRADES_A_CALL:
                return trades

    def end_instant(self) -> bool:
        """Whether the book stands crossed or locked after the last row of an instant, which is counted."""
        crossed = self.crossed
        if crossed:
            self._arena.head[at.CROSSED] += 1
        return crossed

    def get_best_bid(self) -> int | None:
        """The highest price of a bid."""
        mem = self._arena.mem_view
        level = mem[BIDS + at.NEXT]
        return None if level == BIDS else -mem[level + at.KEY]

    def get_best_ask(self) -> int | None:
        """The lowest price of an ask."""
        mem = self._arena.mem_view
        level = mem[ASKS + at.NEXT]
        return None if level == ASKS else mem[level + at.KEY]

    @property
    def crossed(self) -> bool:
        """Whether the best bid is at or above the best ask."""
        bid, ask = self.get_best_bid(), self.get_best_ask()
        return bid is not None and ask is not None and bid >= ask

    def depth(self, side: int, levels: int) -> list[BookLevel]:
        """The best `levels` of a side, best first."""
        arena = self._arena
        levels = max(0, min(levels, len(self)))
        out = np.empty(3 * levels, np.int64)
        found = look(arena.head, arena.mem, out, LOOK_DEPTH, _book(side), levels)
        words = out[: 3 * found].tolist()
        return [BookLevel(abs(words[k]), words[k + 1], words[k + 2]) for k in range(0, len(words), 3)]

    def queue(self, side: int, price: int) -> list[int]:
        """Ids of the orders at a price, first in line first."""
        arena = self._arena
        level = look(arena.head, arena.mem, arena.mem[:0], LOOK_LEVEL, _book(side), _key(side, price))
        if not level:
            return []
        out = np.empty(2 * arena.mem_view[level + at.COUNT], np.int64)
        look(arena.head, arena.mem, out, LOOK_QUEUE, level, 0)
        ids: list[int] = out[::2].tolist()
        return ids

    def size_at(self, side: int, price: int) -> int:
        """The size of all orders at a price; 0 where there is none."""
        arena = self._arena
        level = look(arena.head, arena.mem, arena.mem[:0], LOOK_LEVEL, _book(side), _key(side, price))
        return arena.mem_view[level + at.TOTAL] if level else 0

    def state_hash(self) -> int:
        """The `book_hash` of everything that rests: sides, prices, ids and sizes, in order."""
        out = np.empty(2, np.int64)
        look(self._arena.head, self._arena.mem, out, LOOK_HASH, BIDS, ASKS)
        low, high = out.tolist()
        return high << 32 | low

    def faults(self) -> Faults:
        """What was left out so far, counted; time that ran backwards was counted and applied."""
        return Faults(*self._arena.head[at.DUPLICATE_ID : at.CROSSED + 1].tolist())

    def _change(self, *change_: int) -> Fault | None:
        return self._answer(change(self._arena.head, self._arena.mem, *change_), *change_)

    def _answer(self, fault: int, *change_: int) -> Fault | None:
        if fault == at.GROW:
            self._arena.grow()
            return self._change(*change_)
        return FAULTS[fault] if fault else None


def _book(side: int) -> int:
    return BIDS if side > 0 else ASKS


def _key(side: int, price: int) -> int:
    return -price if side > 0 else price
