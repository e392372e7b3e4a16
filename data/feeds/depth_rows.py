"""Level changes of one symbol into rows; unknown levels, worthless values and crossed books are counted on the way."""

from __future__ import annotations

from tradetui.data.feeds.json_lines import Side
from tradetui.data.feeds.levels import Levels
from tradetui.data.feeds.report import Report
from tradetui.data.feeds.tables import Tables


class DepthRows:
    """The depth rows of one symbol, with the levels they make."""

    def __init__(self, tables: Tables, report: Report, symbol: str) -> None:
        self.symbol = symbol
        self.levels = Levels()
        self._tables, self._report, self._code = tables, report, tables.symbol(symbol)
        self._begun = False

    def snapshot(self, line: int, ts: int, own_ts: int, own_id: int, bids: Side, asks: Side) -> None:
        """The book is this and nothing else: the levels before are cleared where there were some."""
        if self._begun:
            self._tables.depth(ts, self._code, own_ts, own_id, 0, 0, 0)
        self.levels.clear()
        self.change(line, ts, own_ts, own_id, bids, asks)

    def change(self, line: int, ts: int, own_ts: int, own_id: int, bids: Side, asks: Side) -> None:
        """New sizes of levels, 0 for one that ends."""
        self._begun = True
        report, levels, code = self._report, self.levels, self._code
        write = self._tables.depth_writer()
        for sign, half, side in ((1, levels.bids, bids), (-1, levels.asks, asks)):
            sizes = half.sizes
            for price, size in side:
                if price is None or price <= 0:
                    report.count("bad_price", line)
                    continue
                if size is None or size < 0:
                    report.count("bad_size", line)
                    continue
                if size:
                    half.put(price, size)
                elif sizes.pop(price, None) is None:
                    report.count("unknown_level", line)
                write((ts, code, own_ts, own_id, sign, price, size))
        report.applied += 1
        if levels.crossed():
            report.count("crossed", line)
