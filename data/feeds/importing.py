"""A file of a feed made into Parquet files in our layouts, in pieces, whole or not at all; faults are reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tradetui.data.dialects.importing import SOURCE_KEY, SOURCE_SHA256_KEY, stem_of
from tradetui.data.feeds.binance import BinanceFeed
from tradetui.data.feeds.bitstamp import BitstampFeed
from tradetui.data.feeds.blocks import FeedFile
from tradetui.data.feeds.bybit import BybitFeed
from tradetui.data.feeds.databento import DatabentoFeed
from tradetui.data.feeds.detect import BOOKS_WORD, MESSAGES_WORD, FeedGuess, FeedName, partner_of, settled
from tradetui.data.feeds.lobster import LobsterFeed
from tradetui.data.feeds.nasdaq import NasdaqFeed
from tradetui.data.feeds.report import Report
from tradetui.data.feeds.tables import LAYOUTS, Claim, Tables
from tradetui.data.feeds.text_rows import NEW_YORK, midnight_ns
from tradetui.engine.errors import DataError, UsageError

FEED_KEY, REPORT_KEY = "tradetui.feed", "tradetui.report"
SUFFIXES = (".gz", ".zip", ".zst", ".jsonl", ".ndjson", ".json", ".data", ".csv", ".txt", ".dbn", ".log",
            ".parquet", ".pq", ".feather", ".arrow", ".ipc")  # fmt: skip
FROM_MIDNIGHT = ("lobster", "nasdaq")  # whose times count from the midnight of a day that no message tells
TABLE_ENDINGS = ("_orders", "_trades", "_messages", "_depth")  # of vendors' names: ours say which table it is

Tell = Callable[[FeedGuess], None]


class FeedStated(msgspec.Struct, frozen=True, kw_only=True):
    """What the user says of a feed's file; None where the file itself shall tell."""

    feed: FeedName | None = None
    symbol: str | None = None
    date: str | None = None
    timezone: str | None = None
    orderbook: Path | None = None


@dataclass(frozen=True, slots=True)
class FeedImported:
    """What an import made: a path and the rows of each table, and what was found wrong."""

    paths: dict[str, Path]
    rows: dict[str, int]
    symbols: tuple[str, ...]
    first_ns: int
    last_ns: int
    source: Path
    sha256: str
    report: Report


def feed_stem(path: Path) -> str:
    """The file's name without what says how it is packed and written."""
    name = stem_of(path)
    while (shorter := _less(name)) != name:
        name = shorter
    for table in TABLE_ENDINGS:
        name = name.removesuffix(table)
    return name


def feed_targets(path: Path, out: Path) -> list[Path]:
    """Where an import of this file may write."""
    return [out / f"{feed_stem(path)}_{table}.parquet" for table in LAYOUTS]


def import_feed(
    path: Path, out: Path, said: FeedStated | None = None, tell: Tell | None = None, claim: Claim | None = None
) -> FeedImported:
    """Writes `<name>_<table>.parquet` of each table that the feed has; `tell` hears first what the file was taken for.

    `claim` hears where they are to stand before one does, and may refuse by raising.

    What is wrong in a feed is counted in the report, which each Parquet file holds too: nothing is mended. Raises
    DataError for a file that cannot be read or holds no row, UsageError for what an option must settle.
    """
    said = said or FeedStated()
    check_stated(said)
    found = settled(path, said.feed)
    midnight = midnight_of(path, found, said)
    if tell is not None:
        tell(found)
    file = FeedFile(path)
    report = Report(feed=found.feed)
    with Tables(out, feed_stem(path), claim) as tables:
        _read(file, found, said, midnight, tables, report)
        report.cut = file.cut
        if said.symbol is not None and tables.symbols and said.symbol not in tables.symbols:
            named = ", ".join(list(tables.symbols)[:5])
            report.notes.append(f"the symbol {said.symbol} was stated, the feed itself names {named}")
        return finished(tables, file, report, f"messages of {found.feed}", "Name another --feed")


def finished(tables: Tables, file: FeedFile, report: Report, expected: str, hint: str) -> FeedImported:
    """Writes the tables, each with its source and the report; DataError where no row came of the file."""
    metadata = {
        SOURCE_KEY: file.path.name,
        SOURCE_SHA256_KEY: file.sha256,
        FEED_KEY: report.feed,
        REPORT_KEY: msgspec.json.encode(report).decode(),
    }
    paths = tables.finish(metadata)
    if not paths:
        wrong = "; ".join(line.strip() for line in report.lines())
        raise DataError(file.path, None, f"no row came of it ({wrong})", expected, hint)
    rows = {table: tables.rows[table] for table in paths}
    symbols = tuple(tables.symbols)
    return FeedImported(paths, rows, symbols, tables.first_ns, tables.last_ns, file.path, file.sha256, report)


def refuse_source(path: Path, out: Path) -> None:
    """DataError where an import would write over the file that it reads."""
    for target in feed_targets(path, out):
        if target.resolve() == path.resolve():
            raise DataError(target, None, "this is the file that is imported", "another folder", "Name it with --out")


def check_stated(said: FeedStated) -> None:
    """UsageError for a date or a zone that is none, before any file is read."""
    midnight_ns(said.date or "2000-01-01", said.timezone or NEW_YORK)


def midnight_of(path: Path, found: FeedGuess, said: FeedStated) -> int:
    """When the day of a feed began whose times count from midnight, 0 for others; UsageError where it is not known."""
    if found.feed not in FROM_MIDNIGHT:
        return 0
    if not (date := said.date or found.date):
        raise UsageError(f"{path}: its times count from midnight, and its name has no date; give --date YYYY-MM-DD")
    return midnight_ns(date, said.timezone or NEW_YORK, "--date" if said.date else f"{path}: the date in its name")


def _read(file: FeedFile, found: FeedGuess, said: FeedStated, midnight: int, tables: Tables, report: Report) -> None:
    symbol = said.symbol or found.symbol
    if found.feed in ("binance-spot", "binance-futures"):
        BinanceFeed(tables, report, futures=found.feed == "binance-futures", symbol=symbol).read(file)
    elif found.feed == "bybit":
        BybitFeed(tables, report).read(file)
    elif found.feed == "bitstamp":
        BitstampFeed(tables, report, symbol=symbol).read(file)
    elif found.feed == "databento":
        DatabentoFeed(tables, report, symbol=said.symbol or "").read(file)
    elif found.feed == "nasdaq":
        NasdaqFeed(tables, report, symbol=symbol, midnight=midnight).read(file)
    else:
        books = said.orderbook or partner_of(file.path, MESSAGES_WORD, BOOKS_WORD)
        report.notes.append(f"the book before the messages: {books.name if books else 'not known'}")
        LobsterFeed(tables, report, symbol=symbol, midnight=midnight, orderbook=books).read(file)
    if found.feed not in FROM_MIDNIGHT and (said.date or said.timezone):
        report.notes.append("--date and --timezone are of no use here: the messages carry their times")


def _less(name: str) -> str:
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name
