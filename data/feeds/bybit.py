"""Bybit recordings: order book snapshots and deltas, and public trades, of one or several symbols."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tradetui.data.feeds.blocks import FeedFile
from tradetui.data.feeds.clock import Clock
from tradetui.data.feeds.decimals import nanos_of
from tradetui.data.feeds.depth_rows import DepthRows
from tradetui.data.feeds.json_lines import MS, Side, levels_of, messages
from tradetui.data.feeds.prints import Prints
from tradetui.data.feeds.report import Report
from tradetui.data.feeds.tables import Tables

Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Millis = Annotated[int, msgspec.Meta(ge=0, le=9_000_000_000_000)]
BOOK, TRADES = "orderbook.", "publicTrade."
RESTARTED = 1  # the update id of a snapshot after the venue's service started again


class Book(msgspec.Struct, gc=False):
    """A snapshot's levels, or those that changed."""

    s: str
    u: Id
    b: list[list[str]] = []
    a: list[list[str]] = []
    seq: Id = 0


class Print(msgspec.Struct, gc=False):
    """One trade; `S` is the taker's side."""

    T: Millis
    s: str
    S: str
    v: str
    p: str


class Message(msgspec.Struct, gc=False):
    """Any message of the public streams, and the answer to a subscription."""

    topic: str = ""
    type: str = ""
    ts: Millis | None = None
    cts: Millis | None = None
    data: msgspec.Raw = msgspec.Raw()


class Sequenced:
    """One symbol's book: a delta is applied where its `u` follows, until the next snapshot where it does not."""

    def __init__(self, topic: str, rows: DepthRows, report: Report) -> None:
        self.topic = topic
        self._rows, self._report = rows, report
        self._last: int | None = None
        self._seq = 0

    def snapshot(self, line: int, ts: int, own_ts: int, book: Book, sides: tuple[Side, Side]) -> None:
        """The book is this: a new connection, a restart of the venue's, or the first message."""
        self._rows.snapshot(line, ts, own_ts, book.u, *sides)
        self._report.resumed(line, self._rows.symbol)
        self._last, self._seq = book.u, book.seq

    def delta(self, line: int, ts: int, own_ts: int, book: Book, sides: tuple[Side, Side]) -> None:
        """Changed levels."""
        report, last = self._report, self._last
        if last is None:
            report.count("waiting", line, f"u {book.u}")
        elif book.u == last:
            report.count("duplicate", line, f"u {book.u}")
        elif book.u < last:
            report.count("out_of_order", line, f"u {book.u} after {last}")
        elif book.u != last + 1 or book.seq < self._seq:
            report.broke(line, self._rows.symbol, f"u {book.u} seq {book.seq} does not follow u {last} seq {self._seq}")
            self._last = None
        else:
            self._rows.change(line, ts, own_ts, book.u, *sides)
            self._last, self._seq = book.u, book.seq


class BybitFeed:
    """Reads one recording."""

    def __init__(self, tables: Tables, report: Report) -> None:
        self._tables, self._report = tables, report
        self._clock = Clock(report)
        self._books: dict[str, Sequenced] = {}
        self._prints = Prints(tables, report)
        self._book = msgspec.json.Decoder(Book)
        self._trades = msgspec.json.Decoder(list[Print])

    def read(self, file: FeedFile) -> None:
        """Every message of the file into the tables."""
        decoder = msgspec.json.Decoder(Message)
        for block in messages(file, decoder, self._report):
            told = [(line, stamp, m, self._data(line, m)) for line, stamp, m in block]
            books = [data for _, _, _, data in told if isinstance(data, Book)]
            sides = iter(levels_of([side for book in books for side in (book.b, book.a)]))
            for line, stamp, message, data in told:
                own_ts = (message.cts or message.ts or 0) * MS
                ts = self._clock.at((message.ts or 0) * MS or None if stamp is None else stamp, line)
                if isinstance(data, Book):
                    self._one_book(line, ts, own_ts, message, data, (next(sides), next(sides)))
                elif data is not None and ts is not None:
                    self._all_trades(line, ts, data)
            self._tables.flush()

    def _data(self, line: int, message: Message) -> Book | list[Print] | None:
        if not bytes(message.data) or not message.topic.startswith((BOOK, TRADES)):
            self._report.count("skipped", line, message.topic or "a message without a topic")
            return None
        try:
            return (self._book if message.topic.startswith(BOOK) else self._trades).decode(message.data)
        except msgspec.DecodeError as error:
            self._report.count("bad_message", line, str(error))
            return None

    def _one_book(
        self, line: int, ts: int | None, own_ts: int, message: Message, book: Book, sides: tuple[Side, Side]
    ) -> None:
        if ts is None:
            return
        known = self._books.get(book.s)
        if known is None:
            rows = DepthRows(self._tables, self._report, book.s)
            known = self._books[book.s] = Sequenced(message.topic, rows, self._report)
        if known.topic != message.topic:
            self._report.count("skipped", line, f"{message.topic}: the book of {book.s} is read from {known.topic}")
        elif message.type == "snapshot" or book.u == RESTARTED:
            known.snapshot(line, ts, own_ts, book, sides)
        elif message.type == "delta":
            known.delta(line, ts, own_ts, book, sides)
        else:
            self._report.count("bad_message", line, f"type {message.type!r}")

    def _all_trades(self, line: int, ts: int, trades: list[Print]) -> None:
        nanos = nanos_of([text for trade in trades for text in (trade.p, trade.v)])
        for k, trade in enumerate(trades):
            side = {"Buy": 1, "Sell": -1}.get(trade.S, 0)
            self._prints.trade(line, ts, trade.s, trade.T * MS, 0, nanos[2 * k], nanos[2 * k + 1], side)
