"""Binance recordings: depth diffs joined to REST snapshots, best quotes and trades, of spot and of futures."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import msgspec

from tradetui.data.feeds.binance_messages import Data, Kind, Message, kind_of, numbers_of, sides_of
from tradetui.data.feeds.blocks import FeedFile
from tradetui.data.feeds.clock import Clock
from tradetui.data.feeds.decimals import nanos_of
from tradetui.data.feeds.depth_rows import DepthRows
from tradetui.data.feeds.json_lines import MS, Side, levels_of, messages
from tradetui.data.feeds.prints import Prints
from tradetui.data.feeds.report import Report
from tradetui.data.feeds.sequence import DepthSequence, Verdict
from tradetui.data.feeds.tables import Tables

HELD_MAX = 100_000  # changes that wait for a snapshot; at ten a second that is over two hours


class Held(NamedTuple):
    """A change of the book that came, with its line and its time at the venue."""

    line: int
    own_ts: int
    first: int
    final: int
    previous: int | None
    bids: Side
    asks: Side


class Book:
    """One symbol: its sequence, its rows, and the changes that wait for a snapshot."""

    def __init__(self, rows: DepthRows, report: Report, *, futures: bool) -> None:
        self._rows, self._report = rows, report
        self._sequence = DepthSequence(futures=futures)
        self._held: deque[Held] = deque()

    def change(self, change: Held, ts: int) -> None:
        """A diff: applied, left out or kept, as the sequence says."""
        sequence, report = self._sequence, self._report
        last = sequence.last
        verdict = sequence.judge(change.first, change.final, change.previous)
        if verdict is Verdict.APPLY:
            self._rows.change(change.line, ts, change.own_ts, change.final, change.bids, change.asks)
        elif verdict is Verdict.STALE:
            report.count("stale", change.line, f"u {change.final}, the snapshot ends at {last}")
        elif verdict is Verdict.DUPLICATE:
            report.count("duplicate", change.line, f"u {change.final}")
        elif verdict is Verdict.OLD:
            report.count("out_of_order", change.line, f"u {change.final} after {last}")
        else:
            if verdict is Verdict.BREAK:
                seen = f"pu {change.previous}" if sequence.futures else f"U {change.first}"
                report.broke(change.line, self._rows.symbol, f"{seen} does not follow u {last}")
            self._hold(change)

    def snapshot(self, line: int, ts: int, own_ts: int, last_update_id: int, bids: Side, asks: Side) -> None:
        """A snapshot: where one is wanted and joins the changes that were kept, the book starts again from it."""
        sequence, report = self._sequence, self._report
        if sequence.last is not None:
            report.count("snapshot_not_needed", line, f"lastUpdateId {last_update_id}, the book is at {sequence.last}")
            return
        newer = next((held for held in self._held if not sequence.covered(held.final, last_update_id)), None)
        if newer is not None and not sequence.straddles(newer.first, newer.final, last_update_id):
            seen = f"lastUpdateId {last_update_id}, the change after it begins at {newer.first}"
            report.count("snapshot_too_old", line, seen)
            return
        sequence.snapshot(last_update_id)
        self._rows.snapshot(line, ts, own_ts, last_update_id, bids, asks)
        report.applied -= 1  # a snapshot is no change
        report.resumed(line, self._rows.symbol)
        waiting, self._held = self._held, deque()
        for held in waiting:
            self.change(held, ts)

    def _hold(self, change: Held) -> None:
        self._report.count("buffered", change.line)
        self._held.append(change)
        if len(self._held) > HELD_MAX:
            self._report.count("buffer_full", self._held.popleft().line)

    def end(self) -> None:
        """No snapshot comes any more: what still waits is left out."""
        for held in self._held:
            self._report.count("waiting", held.line)


class BinanceFeed:
    """Reads one recording; `symbol` is that of snapshots which name none."""

    def __init__(self, tables: Tables, report: Report, *, futures: bool, symbol: str) -> None:
        self._tables, self._report = tables, report
        self._futures, self._symbol = futures, symbol
        self._clock = Clock(report)
        self._books: dict[str, Book] = {}
        self._prints = Prints(tables, report)

    def read(self, file: FeedFile) -> None:
        """Every message of the file into the tables."""
        decoder = msgspec.json.Decoder(Message)
        for block in messages(file, decoder, self._report):
            told = [(line, stamp, kind_of(data), data) for line, stamp, m in block for data in (m.inner(),)]
            sides = iter(levels_of([side for _, _, kind, data in told for side in sides_of(kind, data)]))
            nanos = iter(nanos_of([text for _, _, kind, data in told for text in numbers_of(kind, data)]))
            for line, stamp, kind, data in told:
                levels = [next(sides) for _ in sides_of(kind, data)]
                numbers = [next(nanos) for _ in numbers_of(kind, data)]
                own_ms = data.T or data.E
                own_ts = own_ms * MS if own_ms else 0
                ts = self._clock.at(own_ts or None if stamp is None else stamp, line)
                if ts is not None:
                    self._one(line, ts, own_ts, kind, data, levels, numbers)
            self._tables.flush()
        for book in self._books.values():
            book.end()

    def _one(
        self, line: int, ts: int, own_ts: int, kind: Kind, data: Data, levels: list[Side], numbers: list[int | None]
    ) -> None:
        symbol = data.s or data.symbol or self._symbol
        if kind == "depth":
            self._change(line, ts, own_ts, symbol, data, levels)
        elif kind == "snapshot":
            assert data.lastUpdateId is not None
            self._book(symbol).snapshot(line, ts, own_ts, data.lastUpdateId, *levels)
        elif kind == "trade":
            price, size = numbers
            self._prints.trade(line, ts, symbol, own_ts, data.t or 0, price, size, -1 if data.m else 1)
        elif kind == "quote":
            bid, bid_size, ask, ask_size = numbers
            self._prints.quote(line, ts, symbol, own_ts, data.u or 0, bid, bid_size, ask, ask_size)
        else:
            self._report.count("skipped", line, data.e or "a message of no kind that is read")

    def _change(self, line: int, ts: int, own_ts: int, symbol: str, data: Data, levels: list[Side]) -> None:
        assert data.U is not None
        assert data.u is not None
        if data.u < data.U or (self._futures and data.pu is None):
            seen = f"U {data.U}, u {data.u}, pu {data.pu}"
            self._report.count("bad_message", line, seen)
            return
        self._book(symbol).change(Held(line, own_ts, data.U, data.u, data.pu, *levels), ts)

    def _book(self, symbol: str) -> Book:
        if symbol not in self._books:
            rows = DepthRows(self._tables, self._report, symbol)
            self._books[symbol] = Book(rows, self._report, futures=self._futures)
        return self._books[symbol]
