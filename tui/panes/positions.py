"""Open positions: size, prices, profit, how much of the limit is used, and how old they are."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style

from tradetui.engine.model.snapshot import PositionView
from tradetui.tui import format as fmt
from tradetui.tui.panes.base import Line, between
from tradetui.tui.panes.table import Column, TablePane

LIMIT_NEAR = 0.8  # from here on the share of the limit is a warning


class PositionsPane(TablePane[PositionView]):
    """The cursor stays on its symbol while positions come and go."""

    sections = ("positions", "account")
    period_s = 0.25
    short = "Positions"
    shortest = "Pos"
    number = 3
    empty = "flat: no open positions"
    follows = False
    columns = (
        Column("SYMBOL", 6, "left", 1, 4),
        Column("QTY", 8, "right", 1, 3),
        Column("AVERAGE", 9, "right", 3, 3),
        Column("MARK", 9, "right", 2, 3),
        Column("UNREAL", 10, "right", 1, 4),
        Column("REAL", 9, "right", 4, 4),
        Column("%LIM", 5, "right", 3),
        Column("AGE", 8, "right", 5),
    )

    def records(self) -> Sequence[PositionView]:
        return self.view.snapshot.positions

    def identity(self, record: PositionView) -> object:
        return record.symbol

    def cells(self, record: PositionView, widths: dict[str, int]) -> dict[str, tuple[str, Style]]:
        styles, glyphs = self.view.styles, self.view.glyphs
        decimals = self.view.decimals(record.symbol, record.average_price)
        side = styles.up if record.quantity > 0 else styles.down
        mark = glyphs.up if record.quantity > 0 else glyphs.down
        used = record.limit_use
        near = used is not None and used >= LIMIT_NEAR
        lasted = (self.view.snapshot.clock_ns - record.opened_ns) / fmt.NS_PER_SECOND if record.opened_ns else 0.0
        return {
            "SYMBOL": (record.symbol, styles.title),
            "QTY": (f"{fmt.quantity(record.quantity, widths.get('QTY', 8) - 2)} {mark}", side),
            "AVERAGE": (fmt.price(record.average_price, decimals, widths.get("AVERAGE", 0)), styles.text),
            "MARK": (fmt.price(record.mark, decimals, widths.get("MARK", 0)), styles.strong),
            "UNREAL": (
                fmt.number(record.unrealized, widths.get("UNREAL", 0), sign=True),
                styles.signed(record.unrealized),
            ),
            "REAL": (fmt.number(record.realized, widths.get("REAL", 0), sign=True), styles.signed(record.realized)),
            "%LIM": (fmt.percent(used, 0), styles.warning if near else styles.muted),
            "AGE": (fmt.age(lasted), styles.muted),
        }

    def below(self, width: int, height: int) -> list[Line]:
        account, styles = self.view.snapshot.account, self.view.styles
        if height < 4 or not self.view.snapshot.positions:
            return []
        left = [
            Segment(" unrealised ", styles.muted),
            Segment(fmt.number(account.unrealized, 12, sign=True), styles.signed(account.unrealized)),
        ]
        right = [
            Segment("realised ", styles.muted),
            Segment(f"{fmt.number(account.realized, 12, sign=True)} ", styles.signed(account.realized)),
        ]
        return [between(left, right, width)]
