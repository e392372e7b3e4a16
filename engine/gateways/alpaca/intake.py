"""Rows of one stream on their way to the engine: read, told once, held while a gap before them is filled. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradetui.engine.gateways.alpaca.backfill import Missed
from tradetui.engine.gateways.alpaca.conflation import Conflator
from tradetui.engine.gateways.alpaca.feed_books import Books
from tradetui.engine.gateways.alpaca.feed_rows import Row, bar_of, quote_of, trade_key, trade_of
from tradetui.engine.gateways.alpaca.seen import Seen
from tradetui.engine.gateways.alpaca.wire import words
from tradetui.engine.model.events import MarketEvent, TradeEvent

BAR_NS = 60 * 10**9
FAR_NS = 30 * 86_400 * 10**9  # no market sleeps so long: a time so far ahead of all others is none
ASK_BOOK_EVERY = 1000  # messages that come before the whole book does
HALTED, RESUMED = ("H", "P", "2"), ("T", "Q", "3")  # status codes of both tapes


class Counts:
    """What came, for health and for the log."""

    def __init__(self) -> None:
        self.events = self.duplicates = self.late = self.garbage = self.unknown = 0


class Intake:
    """`heard` is told of each symbol that something came of, with its time; `book_lost` of one to be asked for anew."""

    def __init__(
        self,
        out: Conflator,
        counts: Counts,
        hold_max: int,
        *,
        heard: Callable[[str, int], None],
        book_lost: Callable[[str], None],
        halted: Callable[[str, bool, str], None],
    ) -> None:
        self._out, self._counts, self._hold_max = out, counts, hold_max
        self._heard, self._book_lost, self._halted = heard, book_lost, halted
        self._seen, self._books = Seen(), Books()
        self._quote_ns: dict[str, int] = {}
        self._newest_ns = 0
        self._ignored: dict[str, int] = {}  # messages about books that are being asked for
        self._held: list[Row] | None = None
        self._series_only = False  # of what is held: the rest is told as it comes
        self._from_ns: dict[str, int] = {}
        self._wanted: frozenset[str] = frozenset()

    def want(self, symbols: tuple[str, ...]) -> None:
        """Rows of others are left out: they may still be on their way."""
        for gone in self._wanted.difference(symbols):
            self._books.forget(gone)
        self._wanted = frozenset(symbols)

    def last_ns(self, symbol: str) -> int | None:
        """When the venue last said something of it, by its own clock."""
        return self._seen.last_ns.get(symbol)

    def trades_from_ns(self, symbol: str) -> int:
        """As Seen.trades_from_ns; while rows are held, as it was when the stream first broke off."""
        return self._from_ns.get(symbol) or self._seen.trades_from_ns(symbol)

    def missed_from_ns(self, symbols: tuple[str, ...], backfill_max_ns: int) -> tuple[int, int]:
        """From when on prints and bars are missing, at most so long before the newest that was heard."""
        times = [self.trades_from_ns(symbol) for symbol in symbols]
        oldest = max(times) - backfill_max_ns
        bars = [self._seen.last_bar_ns(symbol) for symbol in symbols]
        known = [ns for ns in bars if ns is not None]
        return max(min(times), oldest), max(min(known, default=min(times) - BAR_NS), oldest)

    def hold(self) -> None:
        """The stream broke off: what comes next comes after what is missed, and books begin anew."""
        self._series_only = False
        if self._held is None:
            self._held = []
            self._from_ns = {symbol: self._seen.trades_from_ns(symbol) for symbol in self._wanted}
        for symbol in self._wanted:
            self._books.forget(symbol)

    def hold_series(self) -> None:
        """What is missed will be long in coming: prints and bars wait for it, quotes and books no longer do."""
        held, self._series_only = self._held or [], True
        self._held = [row for row in held if _of_a_series(row)]
        for row in held:
            if not _of_a_series(row):
                self._take(row)

    @property
    def holds(self) -> bool:
        """Whether rows wait."""
        return self._held is not None

    def row(self, row: Row) -> None:
        """Something from the stream."""
        if self._held is None or (self._series_only and not _of_a_series(row)):
            self._take(row)
            return
        self._held.append(row)
        if len(self._held) > self._hold_max:
            self.release()

    def release(self) -> None:
        """What was held, in its order."""
        held, self._held, self._from_ns, self._series_only = self._held, None, {}, False
        for row in held or ():
            self._take(row)

    def fill(self, missed: Missed) -> dict[str, tuple[int, int]]:
        """What was missed, by time; how many prints and bars of each symbol were new."""
        found: list[tuple[int, TradeEvent | MarketEvent]] = []
        counts = dict.fromkeys(self._wanted, (0, 0))
        for symbol in sorted(self._wanted):
            trades = [(t, row) for row in missed.trades.get(symbol, ()) if (t := trade_of(row, symbol)) is not None]
            oldest = self.trades_from_ns(symbol)
            prints = [t for t, row in trades if self._seen.trade(symbol, trade_key(row, t.ts_ns), oldest)]
            read = [b for row in missed.bars.get(symbol, ()) if (b := bar_of(row, symbol)) is not None]
            bars = [b for b in read if self._seen.bar(symbol, b.ts_ns)]
            found += [(trade.ts_ns, trade) for trade in prints] + [(bar.ts_ns + BAR_NS, bar) for bar in bars]
            counts[symbol] = (len(prints), len(bars))
        for _, event in sorted(found, key=lambda pair: pair[0]):
            self._counts.events += 1
            self._seen.heard(event.symbol, event.ts_ns)
            self._out.put(event)
        return counts

    def _take(self, row: Row) -> None:
        symbol, kind = row.get("S"), row.get("T")
        if not isinstance(symbol, str) or not isinstance(kind, str):
            self._counts.garbage += 1
        elif kind not in ("q", "t", "b", "o", "s"):
            self._counts.unknown += 1
        elif symbol in self._wanted:
            fine = self._quote(row, symbol) if kind == "q" else self._other(kind, row, symbol)
            if not fine:
                self._counts.garbage += 1

    def _quote(self, row: Row, symbol: str) -> bool:
        quote = quote_of(row, symbol)
        if quote is None or self._far(quote.ts_ns):
            return False
        if quote.ts_ns < self._quote_ns.get(symbol, 0):
            self._counts.late += 1  # a newer one has been told: this one is history
            return True
        self._quote_ns[symbol] = quote.ts_ns
        self._told(symbol, quote.ts_ns)
        self._out.offer(quote)
        return True

    def _other(self, kind: str, row: Row, symbol: str) -> bool:
        if kind == "t":
            return self._trade(row, symbol)
        if kind == "b":
            return self._bar(row, symbol)
        return self._book(row, symbol) if kind == "o" else self._status(row, symbol)

    def _trade(self, row: Row, symbol: str) -> bool:
        trade = trade_of(row, symbol)
        if trade is None or self._far(trade.ts_ns):
            return False
        if not self._seen.trade(symbol, trade_key(row, trade.ts_ns)):
            self._counts.duplicates += 1
            return True
        self._told(symbol, trade.ts_ns)
        self._out.put(trade)
        return True

    def _bar(self, row: Row, symbol: str) -> bool:
        bar = bar_of(row, symbol)
        if bar is None or self._far(bar.ts_ns):
            return False
        if not self._seen.bar(symbol, bar.ts_ns):
            self._counts.duplicates += 1
            return True
        self._told(symbol, bar.ts_ns + BAR_NS)
        self._out.put(bar)
        return True

    def _book(self, row: Row, symbol: str) -> bool:
        changes = self._books.changes(row, symbol)
        if changes is None or (changes and self._far(changes[-1].ts_ns)):
            self._books.forget(symbol)
            ignored = self._ignored.get(symbol, 0)
            self._ignored[symbol] = ignored + 1
            if ignored % ASK_BOOK_EVERY == 0:
                self._book_lost(symbol)
            return False
        self._ignored.pop(symbol, None)
        if changes:
            self._told(symbol, changes[-1].ts_ns)
        for change in changes:
            self._out.offer(change)
        return True

    def _status(self, row: dict[str, Any], symbol: str) -> bool:
        code = row.get("sc")
        if code in HALTED or code in RESUMED:
            said = " ".join(words(row[name], 60) for name in ("sm", "rm") if row.get(name))
            self._halted(symbol, code in HALTED, said)
        return True

    def _far(self, ts_ns: int) -> bool:
        """One such row would stop all timers, and make everything after it late."""
        return 0 < self._newest_ns < ts_ns - FAR_NS

    def _told(self, symbol: str, ts_ns: int) -> None:
        self._counts.events += 1
        if ts_ns > self._newest_ns:
            self._newest_ns = ts_ns
        self._seen.heard(symbol, ts_ns)
        self._heard(symbol, ts_ns)


def _of_a_series(row: Row) -> bool:
    """Whether a backfill brings such rows: one that comes before what was missed would be out of order for good."""
    return row.get("T") in ("t", "b")
