"""The watchlist. Its cursor chooses the symbol that the book and the status bar show."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from rich.style import Style

from tradetui.engine.model.snapshot import Snapshot, SymbolView
from tradetui.tui import format as fmt
from tradetui.tui.panes.table import Column, TablePane


class WatchPane(TablePane[SymbolView]):
    """Prices dim when the feed is stale."""

    sections = ("symbols",)
    period_s = 0.2
    short = "Watch"
    shortest = "Sym"
    number = 8
    empty = "no symbols yet"
    follows = False
    columns = (
        Column("SYMBOL", 6, "left", 1, 4),
        Column("LAST", 9, "right", 1, 3),
        Column("CHANGE", 8, "right", 1),
        Column("BID", 9, "right", 3, 2),
        Column("ASK", 9, "right", 3, 2),
        Column("VOLUME", 7, "right", 2, 4),
        Column("AT", 8, "right", 4, is_time=True),
    )

    def key(self, snapshot: Snapshot) -> Hashable:
        aging = int(self.view.waited_s) if any(self.view.stale(line.symbol) for line in snapshot.symbols) else 0
        return (super().key(snapshot), snapshot.feed, aging)

    def records(self) -> Sequence[SymbolView]:
        return self.view.snapshot.symbols

    def identity(self, record: SymbolView) -> object:
        return record.symbol

    def cells(self, record: SymbolView, widths: dict[str, int]) -> dict[str, tuple[str, Style]]:
        styles, glyphs = self.view.styles, self.view.glyphs
        decimals = self.view.decimals(record.symbol, record.last)
        change = record.change
        mark = glyphs.up if (change or 0) > 0 else glyphs.down if (change or 0) < 0 else glyphs.flat
        stale = self.view.stale(record.symbol)
        value = styles.faint if stale else styles.text
        return {
            "SYMBOL": (record.symbol, styles.title),
            "LAST": (fmt.price(record.last, decimals, widths.get("LAST", 0)), styles.faint if stale else styles.strong),
            "CHANGE": (
                f"old {self.view.price_age(record.symbol)}"
                if stale
                else fmt.NONE_TEXT
                if change is None
                else f"{mark}{fmt.percent(change, sign=True)}",
                styles.faint if stale else styles.signed(change),
            ),
            "BID": (fmt.price(record.bid, decimals, widths.get("BID", 0)), value),
            "ASK": (fmt.price(record.ask, decimals, widths.get("ASK", 0)), value),
            "VOLUME": (fmt.compact(record.volume, 7) if record.volume else fmt.NONE_TEXT, styles.muted),
            "AT": (self.stamp(record.ts_ns), styles.faint),
        }

    def move(self, rows: int) -> None:
        super().move(rows)
        chosen = self.selected()
        if chosen is not None:
            self.view.chosen = chosen.symbol
