"""Messages of a NASDAQ day as A, C, R and T lines: orders added, cancelled, resized, and trades, which move no book."""

from __future__ import annotations

from tradetui.data.feeds.blocks import FeedFile
from tradetui.data.feeds.clock import Clock
from tradetui.data.feeds.decimals import nanos_of
from tradetui.data.feeds.detect import NASDAQ_HEADER
from tradetui.data.feeds.json_lines import MS
from tradetui.data.feeds.order_rows import OrderRows
from tradetui.data.feeds.prints import Prints
from tradetui.data.feeds.report import Report
from tradetui.data.feeds.tables import Tables
from tradetui.data.feeds.text_rows import integers, text_rows

COLUMNS = ("type", "time", "id", "third", "fourth", "side")  # what the third and fourth are depends on the type
WIDTHS = {b"A": 6, b"C": 3, b"R": 4, b"T": 5}  # values of a line
SIDES = {"BID": 1, "ASK": -1}


class NasdaqFeed:
    """Reads one file; `midnight` is when its day began."""

    def __init__(self, tables: Tables, report: Report, *, symbol: str, midnight: int) -> None:
        self._tables, self._report, self._symbol, self._midnight = tables, report, symbol, midnight

    def read(self, file: FeedFile) -> None:
        """Every line of the file into the tables."""
        report, symbol = self._report, self._symbol
        clock, rows, prints = Clock(report), OrderRows(self._tables, report, symbol), Prints(self._tables, report)
        for first, frame in text_rows(file, COLUMNS, NASDAQ_HEADER, report, WIDTHS):
            kinds, sides = frame["type"].to_list(), frame["side"].to_list()
            times, ids = integers(frame, "time"), integers(frame, "id")
            thirds, fourths = nanos_of(frame["third"]), nanos_of(frame["fourth"])
            values = zip(kinds, times, ids, thirds, fourths, sides, strict=True)
            for line, (kind, time, order_id, third, fourth, side) in enumerate(values, first):
                own_ts = None if time is None else self._midnight + time * MS
                if own_ts is None or order_id is None or kind not in {"A", "C", "R", "T"}:
                    report.count("bad_message", line, f"{kind},{time},{order_id}")
                    continue
                ts = clock.at(own_ts, line)
                if ts is None:
                    continue
                if kind == "A":
                    if side in SIDES:
                        rows.add(line, ts, own_ts, order_id, SIDES[side], third, fourth)
                    else:
                        report.count("bad_side", line, f"{side!r}")
                elif kind == "C":
                    rows.cancel(line, ts, own_ts, order_id)
                elif kind == "R":
                    rows.resize(line, ts, own_ts, order_id, third)
                else:
                    prints.trade(line, ts, symbol, own_ts, 0, third, fourth, 0)
            self._tables.flush()
