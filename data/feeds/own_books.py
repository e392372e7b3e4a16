"""Order events and depth from files of no known vendor: `--kind orders` and `--kind depth`, each column said or named.

What a row says goes through the same books as that of a feed, so that the same faults are counted in the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Literal, get_args

import polars as pl

from tradetui.data.dialects.detection import Detection
from tradetui.data.dialects.words import Dialect, Stated
from tradetui.data.feeds.clock import Clock
from tradetui.data.feeds.decimals import INT64_MAX, nanos_of
from tradetui.data.feeds.depth_rows import DepthRows
from tradetui.data.feeds.importing import FeedImported, feed_stem, finished, refuse_source
from tradetui.data.feeds.json_lines import Side
from tradetui.data.feeds.order_rows import OrderRows
from tradetui.data.feeds.own_rows import TIME, OwnRows, own_rows
from tradetui.data.feeds.prints import Prints
from tradetui.data.feeds.report import Report
from tradetui.data.feeds.tables import SYMBOLS_MAX, Claim, Tables
from tradetui.engine.errors import DataError, UsageError
from tradetui.engine.model.instrument import NANOS_PER_UNIT

OWN = "own columns"  # in place of a feed's name
Action = Literal["add", "cancel", "modify", "reduce", "execute", "clear"]
WORDS_OF: dict[Action, tuple[str, ...]] = {
    "add": ("add", "added", "a", "new", "n", "insert", "inserted", "create", "created"),
    "cancel": ("cancel", "cancelled", "canceled", "c", "delete", "deleted", "d", "remove", "removed"),
    "modify": ("modify", "modified", "m", "change", "changed", "update", "updated", "u"),
    "reduce": ("reduce", "reduced"),
    "execute": ("execute", "executed", "e", "fill", "filled", "f", "trade", "match"),
    "clear": ("clear", "cleared", "reset"),
}
ACTIONS: dict[str, Action] = {word: action for action, words in WORDS_OF.items() for word in words}
SIDES = {"1": 1, "b": 1, "bid": 1, "bids": 1, "buy": 1, "-1": -1, "a": -1, "ask": -1, "asks": -1, "s": -1, "sell": -1,
         "offer": -1}  # fmt: skip
CLEARS = ("0", "clear")  # in place of a side of depth: every level of the symbol goes
TRUE = ("true", "t", "1", "yes")
TEXT_IDS_FROM = -(1 << 62)  # orders whose id is no int64 are numbered below

Tell = Callable[[Detection], None]


def import_own(
    path: Path, out: Path, said: Stated, tell: Tell | None = None, claim: Claim | None = None
) -> FeedImported:
    """Writes `<name>_orders.parquet` with the trades of its executions, or `<name>_depth.parquet`, as `said.kind` says.

    `tell` hears first what each column was taken for, `claim` where the files are to stand. Faults are counted in the
    report, which the files hold too. Raises DataError for a file that cannot be read or gives no row, UsageError for
    what an option must settle.
    """
    actions = own_actions(said.actions)
    rows = own_rows(path, said)
    if tell is not None:
        tell(rows.detection)
    dialect = rows.detection.settled()
    report = Report(feed=OWN, notes=[line.strip() for line in rows.detection.lines()])
    refuse_source(path, out)
    with Tables(out, feed_stem(path), claim) as tables:
        symbol = said.symbol if dialect.roles.symbol is not None else dialect.symbol
        if said.kind == "depth":
            OwnDepth(tables, report, dialect, symbol).read(rows)
        else:
            OwnOrders(tables, report, dialect, symbol, actions).read(rows)
        return finished(tables, rows.file, report, f"rows of {said.kind}", "Name the columns with --column ROLE=NAME")


def own_actions(text: str | None) -> dict[str, Action]:
    """What each word of a file does to an order: ours, and first those of `new:add,3:cancel`; UsageError for others."""
    known = dict(ACTIONS)
    for pair in (text or "").split(",") if text else ():
        word, colon, action = pair.strip().rpartition(":")
        found = next((name for name in get_args(Action) if name == action.strip().lower()), None)
        if not colon or found is None:
            wanted = ", ".join(get_args(Action))
            raise UsageError(f"--dialect actions={text!r}: expected WORD:ACTION with commas, actions are {wanted}")
        known[word.strip().lower()] = found
    return known


class _Own:
    """What both kinds share: times that never fall, symbols, prices and sizes in nanos."""

    def __init__(self, tables: Tables, report: Report, dialect: Dialect, symbol: str | None) -> None:
        self._tables, self._report, self._dialect, self._symbol = tables, report, dialect, symbol
        self._clock = Clock(report)

    def rows(self, source: OwnRows, *more: str) -> Iterator[tuple[int, int, str, int | None, int | None, list[str]]]:
        """Line, time, symbol, price, size and the texts of `more`, lower case and empty where missing."""
        report, picked = self._report, self._symbol
        named = self._dialect.roles.symbol is not None
        for first, frame in source.pieces(report):
            lines = range(first, first + len(frame))
            symbols = frame["symbol"].to_list() if named else [picked] * len(frame)
            words = zip(*(_words(frame, name) for name in more), strict=True)
            prices, sizes = (self._nanos(frame, name) for name in ("price", "size"))
            values = zip(lines, frame[TIME].to_list(), symbols, prices, sizes, words, strict=True)
            for line, time, symbol, price, size, texts in values:
                if time is None:
                    report.count("bad_time", line, "no time of the form that the others have")
                elif not symbol:
                    report.count("bad_message", line, "no symbol")
                elif picked is not None and symbol != picked:
                    report.count("skipped", line, symbol)
                elif (ts := self._clock.at(time, line)) is not None:
                    yield line, ts, symbol, price, size, list(texts)
            self._tables.flush()
        report.cut = source.file.cut

    def _nanos(self, frame: pl.DataFrame, role: str) -> list[int | None]:
        if role not in frame.columns:
            return [None] * len(frame)
        scale = self._dialect.price_scale if role == "price" else self._dialect.size_scale
        if scale == 1.0:
            return nanos_of(frame[role])
        times = Fraction(Decimal(repr(scale))) * NANOS_PER_UNIT
        return [None if text is None else _scaled(text, times) for text in frame[role].to_list()]

    def room(self, held: int) -> None:
        """DataError where a column of symbols holds too many to be one."""
        if held >= SYMBOLS_MAX:
            seen, hint = f"its column of symbols holds more than {SYMBOLS_MAX:,}", "Name it with --column symbol=NAME"
            raise DataError(self._tables.out, None, seen, "a symbol that repeats", hint)


class OwnOrders(_Own):
    """Order events: what happened to which order; an execution is a trade, too."""

    def __init__(
        self, tables: Tables, report: Report, dialect: Dialect, symbol: str | None, actions: dict[str, Action]
    ) -> None:
        super().__init__(tables, report, dialect, symbol)
        self._actions = actions
        self._books: dict[str, OrderRows] = {}
        self._prints = Prints(tables, report)
        self._numbers: dict[tuple[str, str], int] = {}  # of resting orders whose id is a text
        self._numbered = 0

    def read(self, source: OwnRows) -> None:
        """Every row into the tables."""
        for line, ts, symbol, price, size, (word, text, side) in self.rows(source, "action", "id", "side"):
            action = self._actions.get(word)
            if action is None:
                self._report.count("bad_message", line, f"action {word!r}")
            elif action == "clear":
                self._book(symbol).clear(line, ts, 0)
            elif not text:
                self._report.count("bad_message", line, "no id")
            else:
                self._one(line, ts, symbol, action, text, side, price, size)

    def _one(
        self, line: int, ts: int, symbol: str, action: Action, text: str, side: str, price: int | None, size: int | None
    ) -> None:
        book, number = self._book(symbol), self._number(symbol, text)
        if action == "add":
            if side in SIDES:
                book.add(line, ts, 0, number, SIDES[side], price, size)
            else:
                self._report.count("bad_side", line, f"{side!r}")
        elif action == "cancel":
            book.cancel(line, ts, 0, number)
        elif action == "modify":
            known = book.resting.get(number)
            book.modify(line, ts, 0, number, known[1] if price is None and known else price, size)
        elif action == "reduce":
            book.reduce(line, ts, 0, number, size)
        else:
            known = book.resting.get(number)
            book.execute(line, ts, 0, number, size)
            if known is not None and size is not None and size > 0:
                self._prints.trade(line, ts, symbol, 0, 0, price or known[1], min(size, known[2]), -known[0])
        if number < TEXT_IDS_FROM and number not in book.resting:
            del self._numbers[symbol, text]

    def _book(self, symbol: str) -> OrderRows:
        book = self._books.get(symbol)
        if book is None:
            self.room(len(self._books))
            book = self._books[symbol] = OrderRows(self._tables, self._report, symbol)
        return book

    def _number(self, symbol: str, text: str) -> int:
        if text.removeprefix("-").isdecimal() and abs(number := int(text)) <= -TEXT_IDS_FROM:
            return number
        if (symbol, text) not in self._numbers:
            self._numbered += 1
            self._numbers[symbol, text] = TEXT_IDS_FROM - self._numbered
        return self._numbers[symbol, text]


@dataclass(slots=True)
class _Change:
    """Rows of one symbol and time; `anew` says that the book begins with them."""

    line: int
    ts: int
    symbol: str
    anew: bool
    bids: Side = field(default_factory=list)
    asks: Side = field(default_factory=list)


class OwnDepth(_Own):
    """New sizes of levels, 0 for one that ends; rows of one symbol and time are one change.

    Where a column says which rows are of a snapshot, the first of each run of them clears the symbol's book.
    """

    def __init__(self, tables: Tables, report: Report, dialect: Dialect, symbol: str | None) -> None:
        super().__init__(tables, report, dialect, symbol)
        self._books: dict[str, DepthRows] = {}
        self._in_snapshot: dict[str, bool] = {}
        self._waits: _Change | None = None  # not whole yet

    def read(self, source: OwnRows) -> None:
        """Every row into the tables."""
        marks = self._dialect.roles.snapshot is not None
        names = ("side", "snapshot") if marks else ("side",)
        for line, ts, symbol, price, size, (side, *mark) in self.rows(source, *names):
            if side not in SIDES and side not in CLEARS:
                self._report.count("bad_side", line, f"{side!r}")
                continue
            whole = bool(mark) and mark[0] in TRUE
            anew = (whole and not self._in_snapshot.get(symbol, False)) or side in CLEARS
            self._in_snapshot[symbol] = whole
            waits = self._waits
            if waits is None or anew or (waits.ts, waits.symbol) != (ts, symbol):
                self._write()
                self._waits = waits = _Change(line, ts, symbol, anew)
            if side in SIDES:
                (waits.bids if SIDES[side] > 0 else waits.asks).append((price, size))
        self._write()
        self._tables.flush()

    def _write(self) -> None:
        change = self._waits
        if change is None:
            return
        book = self._books.get(change.symbol)
        if book is None:
            self.room(len(self._books))
            book = self._books[change.symbol] = DepthRows(self._tables, self._report, change.symbol)
        told = book.snapshot if change.anew else book.change
        told(change.line, change.ts, 0, change.line, change.bids, change.asks)


def _words(frame: pl.DataFrame, name: str) -> list[str]:
    if name not in frame.columns:
        return [""] * len(frame)
    words: list[str] = frame[name].fill_null("").str.to_lowercase().to_list()
    return words


def _scaled(text: str, times: Fraction) -> int | None:
    """A number in nanos; None for what is none, is finer than a nano or does not fit into int64."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > 40:
        return None
    nanos = Fraction(number) * times
    return nanos.numerator if nanos.denominator == 1 and abs(nanos.numerator) <= INT64_MAX else None
