"""LOBSTER message files: the orders of a NASDAQ day, the book before them taken from the first row of its books."""

from __future__ import annotations

from pathlib import Path

from tradetui.data.feeds.blocks import FeedFile
from tradetui.data.feeds.clock import Clock
from tradetui.data.feeds.decimals import INT64_MAX, nanos_of
from tradetui.data.feeds.detect import NO_LEVEL
from tradetui.data.feeds.order_rows import OrderRows
from tradetui.data.feeds.prints import Prints
from tradetui.data.feeds.report import Report
from tradetui.data.feeds.tables import Tables
from tradetui.data.feeds.text_rows import integers, text_rows
from tradetui.engine.errors import DataError
from tradetui.engine.model.instrument import NANOS_PER_UNIT

COLUMNS = ("time", "type", "id", "size", "price", "direction")
PRICE_NANOS = 100_000  # prices are given times 10,000
NEW, REDUCED, DELETED, EXECUTED, HIDDEN, CROSS, HALT = range(1, 8)


class LobsterFeed:
    """Reads one file of messages, after the depth that its file of books opens with.

    That depth stands as one order a level, of ids below 0; whatever a message says of an order that came before the
    first message is taken from the one of its level.
    """

    def __init__(self, tables: Tables, report: Report, *, symbol: str, midnight: int, orderbook: Path | None) -> None:
        self._tables, self._report, self._symbol, self._midnight = tables, report, symbol, midnight
        self._orderbook = orderbook
        self._rows = OrderRows(tables, report, symbol)
        self._prints = Prints(tables, report)
        self._opening: dict[tuple[int, int], int] = {}  # id of the order that stands for a level, by side and price
        self._begun = orderbook is None

    def read(self, file: FeedFile) -> None:
        """Every message of the file into the tables."""
        report = self._report
        clock = Clock(report)
        for first, frame in text_rows(file, COLUMNS, "", report):
            seconds = nanos_of(frame["time"])
            columns = (integers(frame, name) for name in COLUMNS[1:])
            values = zip(seconds, *columns, strict=True)
            for line, (after, kind, order_id, size, price, direction) in enumerate(values, first):
                if after is None or kind is None or order_id is None or size is None or price is None:
                    report.count("bad_message", line, f"{after},{kind},{order_id},{size},{price}")
                    continue
                ts = clock.at(self._midnight + after, line)
                if ts is not None:
                    self._one(line, ts, self._midnight + after, kind, order_id, size, price, direction or 0)
            self._tables.flush()

    def _one(
        self, line: int, ts: int, own_ts: int, kind: int, order_id: int, size: int, price: int, direction: int
    ) -> None:
        if kind == HALT:
            self._report.count(
                "halt", line, {-1: "halted", 0: "quotes again", 1: "trades again"}.get(price, str(price))
            )
            return
        if direction not in (1, -1) or not NEW <= kind <= HALT:
            self._report.count("bad_message", line, f"type {kind}, direction {direction}")
            return
        nanos, limit = _in_nanos(size, NANOS_PER_UNIT), _in_nanos(price, PRICE_NANOS)
        if kind in (EXECUTED, HIDDEN, CROSS):
            taker = 0 if kind == CROSS else -direction
            self._prints.trade(line, ts, self._symbol, own_ts, 0, limit, nanos, taker)
        if not self._begun:
            self._begun = True
            self._open(line, ts, own_ts, (direction, limit or 0, nanos or 0) if kind == NEW else None)
            if kind != NEW:
                return  # the opening depth is the book after this message
        if kind == NEW:
            self._rows.add(line, ts, own_ts, order_id, direction, limit, nanos)
            return
        if order_id not in self._rows.resting:
            order_id = self._opening.get((direction, limit or 0), order_id)
        if kind == EXECUTED:
            self._rows.execute(line, ts, own_ts, order_id, nanos)
        elif kind in (REDUCED, DELETED):
            self._rows.reduce(line, ts, own_ts, order_id, nanos)

    def _open(self, line: int, ts: int, own_ts: int, first: tuple[int, int, int] | None) -> None:
        """The first row of the books, less the order of the first message where that is a new one."""
        levels = _first_book(self._orderbook)
        for number, (side, price, size) in enumerate(levels, 1):
            left = size - first[2] if first is not None and (side, price) == first[:2] else size
            if left > 0:
                self._opening[side, price] = -number
                self._rows.add(line, ts, own_ts, -number, side, price, left)


def _first_book(path: Path | None) -> list[tuple[int, int, int]]:
    """Side, price and size of each level of the first row, nanos; DataError for a file that is not of books."""
    if path is None:
        return []
    text = FeedFile(path).head().partition(b"\n")[0].decode("utf-8", "replace").strip()
    try:
        values = [int(value) for value in text.split(",")]
    except ValueError:
        values = []
    if not values or len(values) % 4:
        expected = "ask price, ask size, bid price, bid size of each level"
        raise DataError(path, 1, f"the row is {text[:60]!r}", expected, "Name LOBSTER's file of books, or none")
    levels = []
    for k in range(0, len(values), 4):
        for side, price, size in ((-1, values[k], values[k + 1]), (1, values[k + 2], values[k + 3])):
            if 0 < price < NO_LEVEL and size > 0:
                levels.append((side, price * PRICE_NANOS, size * NANOS_PER_UNIT))
    return levels


def _in_nanos(value: int, unit: int) -> int | None:
    return value * unit if abs(value) <= INT64_MAX // unit else None
