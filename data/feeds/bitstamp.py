"""Bitstamp's order events and trades: created, changed and deleted orders, with the time each was received."""

from __future__ import annotations

from tradetui.data.feeds.blocks import FeedFile
from tradetui.data.feeds.clock import Clock
from tradetui.data.feeds.decimals import nanos_of
from tradetui.data.feeds.detect import BITSTAMP_ORDERS, BITSTAMP_TRADES
from tradetui.data.feeds.json_lines import MS
from tradetui.data.feeds.order_rows import OrderRows
from tradetui.data.feeds.prints import Prints
from tradetui.data.feeds.report import Report
from tradetui.data.feeds.tables import Tables
from tradetui.data.feeds.text_rows import integers, text_rows

ORDER_COLUMNS, TRADE_COLUMNS = tuple(BITSTAMP_ORDERS.split(",")), tuple(BITSTAMP_TRADES.split(","))
ACTIONS, DIRECTIONS, TAKERS = {"created", "changed", "deleted"}, {"bid": 1, "ask": -1}, {"buy": 1, "sell": -1}


class BitstampFeed:
    """Reads one file, of orders or of trades as its header says."""

    def __init__(self, tables: Tables, report: Report, *, symbol: str) -> None:
        self._tables, self._report, self._symbol = tables, report, symbol
        self._clock = Clock(report)

    def read(self, file: FeedFile) -> None:
        """Every line of the file into the tables."""
        if file.head().startswith(b"trade_id,"):
            self._trades(file)
        else:
            self._orders(file)

    def _orders(self, file: FeedFile) -> None:
        report = self._report
        rows = OrderRows(self._tables, report, self._symbol)
        for first, frame in text_rows(file, ORDER_COLUMNS, BITSTAMP_ORDERS, report):
            ids, times, own = (integers(frame, name) for name in ORDER_COLUMNS[:3])
            prices, sizes = nanos_of(frame["price"]), nanos_of(frame["volume"])
            words = zip(frame["action"].to_list(), frame["direction"].to_list(), strict=True)
            values = zip(ids, times, own, prices, sizes, words, strict=True)
            for line, (order_id, time, own_ms, price, size, (action, direction)) in enumerate(values, first):
                side = DIRECTIONS.get(direction)
                if order_id is None or action not in ACTIONS or side is None:
                    report.count("bad_message", line, f"{order_id},{time},{action},{direction}")
                    continue
                ts, own_ts = self._clock.at(None if time is None else time * MS, line), (own_ms or 0) * MS
                if ts is None:
                    continue
                if action != "created":  # one that changed lost its place, at whatever price: it leaves and comes anew
                    rows.cancel(line, ts, own_ts, order_id)
                if action != "deleted":
                    rows.add(line, ts, own_ts, order_id, side, price, size)
            self._tables.flush()

    def _trades(self, file: FeedFile) -> None:
        prints = Prints(self._tables, self._report)
        for first, frame in text_rows(file, TRADE_COLUMNS, BITSTAMP_TRADES, self._report):
            ids, times, own = (integers(frame, name) for name in TRADE_COLUMNS[:3])
            prices, sizes = nanos_of(frame["price"]), nanos_of(frame["amount"])
            values = zip(ids, times, own, prices, sizes, frame["side"].to_list(), strict=True)
            for line, (trade_id, time, own_ms, price, size, taker) in enumerate(values, first):
                ts = self._clock.at(None if time is None else time * MS, line)
                if ts is not None:
                    side = TAKERS.get(taker, 0)
                    prints.trade(line, ts, self._symbol, (own_ms or 0) * MS, trade_id or 0, price, size, side)
            self._tables.flush()
