"""The fills, newest first, with what each one earned."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style

from tradetui.engine.model.snapshot import FillView
from tradetui.tui import format as fmt
from tradetui.tui.panes.base import Line, between
from tradetui.tui.panes.table import Column, TablePane

TIGHT_BELOW = 50  # cells: what time, symbol, side, quantity, price and profit need at their full width
SYMBOL = Column("SYMBOL", 6, "left", 1, 4, head="SYM", least=5)
SIDE = Column("SIDE", 2, "left", 1, head="SD")


class FillsPane(TablePane[FillView]):
    """Side with glyph and letter, liquidity as M (maker) or T (taker)."""

    sections = ("fills", "account")
    period_s = 0.1
    short = "Fills"
    shortest = "Fil"
    number = 2
    empty = "no fills yet"
    columns = (
        Column("TIME", 8, "left", 1, is_time=True),
        Column("SYMBOL", 6, "left", 3, 4),
        Column("SIDE", 4, "left", 1),
        Column("QTY", 6, "right", 2, 3, least=3),
        Column("PRICE", 9, "right", 1, 3, least=6),
        Column("LIQ", 3, "center", 4),
        Column("P&L", 9, "right", 2, 3, least=7),
        Column("FEE", 6, "right", 5, 2),
        Column("ROLE", 11, "left", 6),
        Column("WHY", 8, "left", 7, 60),
    )

    def shape(self, width: int) -> tuple[Column, ...]:
        """With more than one symbol each fill names its own; where that makes it tight the side is a letter."""
        columns = super().shape(width)
        several = len(self.view.snapshot.symbols) > 1
        if width >= TIGHT_BELOW or not (several or self.view.dated):
            return columns
        tight = {"SIDE": SIDE, "SYMBOL": SYMBOL} if several else {"SIDE": SIDE}
        return tuple(tight.get(column.title, column) for column in columns)

    def records(self) -> Sequence[FillView]:
        return self.view.snapshot.fills[::-1]

    def identity(self, record: FillView) -> object:
        return record.number

    def cells(self, record: FillView, widths: dict[str, int]) -> dict[str, tuple[str, Style]]:
        styles, glyphs = self.view.styles, self.view.glyphs
        buy = record.side > 0
        side = styles.up if buy else styles.down
        decimals = self.view.decimals(record.symbol, record.price)
        gap = " " if widths.get("SIDE", 0) > SIDE.width else ""
        pnl = "" if record.pnl is None else fmt.number(record.pnl, widths.get("P&L", 0), sign=True)
        return {
            "TIME": (self.stamp(record.ts_ns), styles.muted),
            "SYMBOL": (record.symbol, styles.text),
            "SIDE": (f"{'B' if buy else 'S'}{gap}{glyphs.up if buy else glyphs.down}", side),
            "QTY": (fmt.quantity(record.quantity, widths.get("QTY", 0)), styles.text),
            "PRICE": (fmt.price(record.price, decimals, widths.get("PRICE", 0)), styles.strong),
            "LIQ": (record.liquidity[:1].upper(), styles.muted),
            "P&L": (pnl, styles.signed(record.pnl)),
            "FEE": (fmt.number(record.fee, widths.get("FEE", 0)), styles.muted),
            "ROLE": (record.role.replace("_", " "), styles.muted),
            "WHY": (record.reason, styles.muted),
        }

    def below(self, width: int, height: int) -> list[Line]:
        snapshot, styles = self.view.snapshot, self.view.styles
        if height < 4 or not snapshot.fills:
            return []
        mode = ("FOLLOW on", styles.accent) if self.following else ("FOLLOW off, F", styles.warning)
        realized = snapshot.account.realized
        left = [Segment(f" {mode[0]}", mode[1]), Segment(f"  {fmt.plural(snapshot.fills_total, 'fill')}", styles.muted)]
        right = [
            Segment("realised ", styles.muted),
            Segment(f"{fmt.number(realized, 12, sign=True)} ", styles.signed(realized)),
        ]
        return [between(left, right, width)]
