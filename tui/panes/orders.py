"""Orders that are held, queued or working."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style

from tradetui.engine.model.snapshot import OrderView
from tradetui.tui import format as fmt
from tradetui.tui.panes.table import Column, TablePane

TYPES = {"market": "MKT", "limit": "LMT", "stop": "STP", "stop_limit": "STL"}
ROLES = {"open": "open", "close": "close", "stop_loss": "stop", "take_profit": "target"}


class OrdersPane(TablePane[OrderView]):
    """Newest first."""

    sections = ("orders",)
    period_s = 0.25
    short = "Orders"
    shortest = "Ord"
    number = 6
    empty = "no working orders"
    follows = False
    columns = (
        Column("ID", 5, "right", 4, 2),
        Column("SYMBOL", 6, "left", 2, 4),
        Column("SIDE", 4, "left", 1),
        Column("QTY", 6, "right", 1, 3),
        Column("FILLED", 6, "right", 3),
        Column("TYPE", 4, "left", 1),
        Column("PRICE", 9, "right", 1, 3),
        Column("ROLE", 6, "left", 5),
        Column("STATUS", 8, "left", 1, 8),
        Column("TIME", 8, "left", 6, is_time=True),
    )

    def records(self) -> Sequence[OrderView]:
        return self.view.snapshot.orders[::-1]

    def identity(self, record: OrderView) -> object:
        return record.order_id

    def cells(self, record: OrderView, widths: dict[str, int]) -> dict[str, tuple[str, Style]]:
        styles, glyphs = self.view.styles, self.view.glyphs
        buy = record.side > 0
        decimals = self.view.decimals(record.symbol, record.price)
        partly = 0 < record.filled < record.quantity
        waiting = record.status in ("held", "queued")
        return {
            "ID": (str(record.order_id), styles.muted),
            "SYMBOL": (record.symbol, styles.title),
            "SIDE": (f"B {glyphs.up}" if buy else f"S {glyphs.down}", styles.up if buy else styles.down),
            "QTY": (fmt.quantity(record.quantity, widths.get("QTY", 0)), styles.text),
            "FILLED": (fmt.quantity(record.filled, 6), styles.warning if partly else styles.muted),
            "TYPE": (TYPES.get(record.type, record.type[:4].upper()), styles.muted),
            "PRICE": (
                "market" if record.price is None else fmt.price(record.price, decimals, widths.get("PRICE", 0)),
                styles.strong,
            ),
            "ROLE": (ROLES.get(record.role, record.role), styles.muted),
            "STATUS": (
                "partial" if record.status == "partially_filled" else record.status,
                styles.warning if waiting else styles.text,
            ),
            "TIME": (self.stamp(record.ts_ns), styles.muted),
        }
