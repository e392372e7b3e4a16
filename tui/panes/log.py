"""The log: what happened, in words, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style

from tradetui.engine.model.snapshot import LogView
from tradetui.tui.panes.table import Column, TablePane


class LogPane(TablePane[LogView]):
    """One line each; enter shows the whole of a long one."""

    sections = ("log",)
    period_s = 0.1
    short = "Log"
    number = 7
    empty = "nothing logged yet"
    kinds: ClassVar[dict[str, str]] = {  # in words that fit into their column
        "order_status": "order",
        "reconciliation": "checked",
        "refusal": "refused",
        "strategy_error": "error",
        "two_sided": "quote",
        "venue_state": "venue",
    }
    columns = (
        Column("TIME", 8, "left", 1, is_time=True),
        Column("KIND", 8, "left", 2, 2),
        Column("WHAT", 20, "left", 1, 400),
    )

    def records(self) -> Sequence[LogView]:
        return self.view.snapshot.log[::-1]

    def identity(self, record: LogView) -> object:
        return record.number

    def cells(self, record: LogView, widths: dict[str, int]) -> dict[str, tuple[str, Style]]:
        styles = self.view.styles
        loud = {
            "fill": styles.accent,
            "refusal": styles.warning,
            "risk": styles.warning,
            "control": styles.warning,
            "strategy_error": styles.error,
        }
        return {
            "TIME": (self.stamp(record.ts_ns), styles.faint),
            "KIND": (self.kinds.get(record.kind, record.kind), loud.get(record.kind, styles.muted)),
            "WHAT": (record.message, styles.text),
        }
