"""Trades and best quotes of a feed into rows; repeated ids and worthless values are counted and left out."""

from __future__ import annotations

from tradetui.data.feeds.report import Report
from tradetui.data.feeds.tables import Tables


class Prints:
    """The trade and quote rows of every symbol of a feed."""

    def __init__(self, tables: Tables, report: Report) -> None:
        self._tables, self._report = tables, report
        self._traded: dict[str, int] = {}
        self._quoted: dict[str, int] = {}

    def trade(
        self, line: int, ts: int, symbol: str, own_ts: int, own_id: int, price: int | None, size: int | None, side: int
    ) -> None:
        """A print; `own_id` is its number at the venue, 0 where it has none."""
        if self._known(line, self._traded, symbol, own_id, "trade"):
            return
        if price is None or price <= 0:
            self._report.count("bad_price", line, "of a trade")
        elif size is None or size <= 0:
            self._report.count("bad_size", line, "of a trade")
        else:
            self._tables.trade(ts, self._tables.symbol(symbol), own_ts, own_id, price, size, side)

    def quote(
        self, line: int, ts: int, symbol: str, own_ts: int, own_id: int, bid: int | None, bid_size: int | None,
        ask: int | None, ask_size: int | None,
    ) -> None:  # fmt: skip
        """A best bid and ask; a side of price or size 0 is empty."""
        if self._known(line, self._quoted, symbol, own_id, "quote"):
            return
        if bid is None or ask is None or bid < 0 or ask < 0:
            self._report.count("bad_price", line, "of a quote")
        elif bid_size is None or ask_size is None or bid_size < 0 or ask_size < 0:
            self._report.count("bad_size", line, "of a quote")
        else:
            if bid >= ask > 0 and bid_size and ask_size:
                self._report.count("crossed", line, "a quote")
            if not (bid and bid_size):
                bid, bid_size = 0, 0
            if not (ask and ask_size):
                ask, ask_size = 0, 0
            code = self._tables.symbol(symbol)
            self._tables.quote(ts, code, own_ts, own_id, bid, bid_size, ask, ask_size)

    def _known(self, line: int, seen: dict[str, int], symbol: str, own_id: int, what: str) -> bool:
        """Counts an id that is not after the one before, and says whether the row is left out for it."""
        if not own_id:
            return False
        last = seen.get(symbol, 0)
        if own_id > last:
            seen[symbol] = own_id
            return False
        self._report.count("duplicate" if own_id == last else "out_of_order", line, f"{what} {own_id} after {last}")
        return True
