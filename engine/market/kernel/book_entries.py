"""The functions that `KernelBook` calls, apart from those of a market, which then starts without loading these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradetui.engine.market.kernel import book_changes, layout
from tradetui.engine.market.kernel.jit import LONG, LONGS, TABLE, entry
from tradetui.engine.market.kernel.levels import Memory
from tradetui.engine.market.kernel.texts import sources


def _entries(text: int) -> tuple[Callable[..., Any], ...]:
    """The entries, for a text of this package: see entries.py."""

    @entry(f"{LONG}({LONGS}, {LONGS}, {LONG}, {LONG}, {LONG}, {LONG}, {LONG}, {LONG})")
    def change(head: Memory, mem: Memory, what: int, order_id: int, side: int, price: int, size: int, ts: int) -> int:
        head[layout.SOURCES] = text
        return book_changes.change(head, mem, what, order_id, side, price, size, ts)

    @entry(f"{LONG}({LONGS}, {LONGS}, {TABLE}, {LONG})")
    def change_all(head: Memory, mem: Memory, rows: Memory, first: int) -> int:
        head[layout.SOURCES] = text
        return book_changes.change_all(head, mem, rows, first)

    return change, change_all


change, change_all = _entries(sources())
