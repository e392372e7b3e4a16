"""The functions that Python calls to play a market, compiled once and kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradetui.engine.market.kernel import layout, looks, merging, play
from tradetui.engine.market.kernel.jit import BYTES, CODES, LONG, LONGS, TABLE, entry
from tradetui.engine.market.kernel.levels import Memory
from tradetui.engine.market.kernel.texts import sources

ORDERS = f"Tuple(({CODES}, {LONGS}, {BYTES}, {LONGS}, {BYTES}, {LONGS}, {LONGS}))"
SIDED = f"Tuple(({CODES}, {LONGS}, {BYTES}, {LONGS}, {LONGS}))"
QUOTES = f"Tuple(({CODES}, {LONGS}, {LONGS}, {LONGS}, {LONGS}, {LONGS}))"


def _entries(text: int) -> tuple[Callable[..., Any], ...]:
    """The entries, for a text of this package.

    numba keeps machine code by the text of the function that Python calls, and not of those inside it; but also by
    what the function's closure holds, so `text` is there. Else an upgrade that left this file alone would go unseen.
    """

    @entry(f"{LONG}({LONGS}, {LONGS}, {LONGS}, {LONG}, {LONG}, {LONG})")
    def look(head: Memory, mem: Memory, out: Memory, what: int, first: int, second: int) -> int:
        head[layout.SOURCES] = text
        return looks.look(head, mem, out, what, first, second)

    @entry(f"UniTuple({LONG}, {looks.TOLD_WORDS})({LONGS}, {LONGS}, {TABLE}, {LONG}, {LONG})")
    def play_rows(head: Memory, mem: Memory, tape: Memory, stop: int, budget: int) -> looks.Told:
        head[layout.SOURCES] = text
        return looks.told(head, mem, play.play_rows(head, mem, tape, stop, budget))

    @entry(f"{LONG}({LONGS}, {LONGS})")
    def play_end(head: Memory, mem: Memory) -> int:
        head[layout.SOURCES] = text
        return play.play_end(head, mem)

    @entry(f"{LONG}({TABLE}, {LONGS}, {LONG}, UniTuple({LONG}, 3), {ORDERS}, {SIDED}, {SIDED}, {QUOTES})")
    def merge(
        tape: Memory,
        order: Memory,
        first: int,
        ends: tuple[int, int, int],
        orders: merging.OrderColumns,
        trades: merging.SidedColumns,
        depth: merging.SidedColumns,
        quotes: merging.QuoteColumns,
    ) -> int:
        merging.merge(tape, order, first, ends, orders, trades, depth, quotes)
        return text

    return look, play_rows, play_end, merge


look, play_rows, play_end, merge = _entries(sources())
