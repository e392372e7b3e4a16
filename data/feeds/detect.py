"""Which feed a file is of, told by its first lines; nothing is guessed from names but date, symbol and partner file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, get_args

import msgspec

from tradetui.data.feeds.binance_messages import Message, kind_of
from tradetui.data.feeds.blocks import FeedFile
from tradetui.data.files import symbol_from_name
from tradetui.engine.errors import DataError, UsageError

FeedName = Literal["binance-spot", "binance-futures", "bybit", "lobster", "nasdaq", "bitstamp", "databento"]
FEEDS: tuple[FeedName, ...] = get_args(FeedName)
HEAD_LINES = 400  # a stream of futures shows a change of its book within these
TOPICS = ("orderbook.", "publicTrade.")
DBN, ZSTD = b"DBN", b"\x28\xb5\x2f\xfd"
BITSTAMP_ORDERS = "id,timestamp,exchange_timestamp,price,volume,action,direction"
BITSTAMP_TRADES = "trade_id,timestamp,exchange_timestamp,price,amount,buy_order_id,sell_order_id,side"
LOBSTER_LINE = re.compile(r"\d+(\.\d+)?,[1-7],-?\d+,-?\d+,-?\d+,-?1(,.*)?")
NASDAQ_HEADER = "type,time,id,price,size,type"
NASDAQ_LINE = re.compile(r"A,\d+,\d+,[\d.]+,\d+,(BID|ASK)|[CRT],\d+,\d+.*")
BOOKS_WORD, MESSAGES_WORD = "_orderbook_", "_message_"  # of LOBSTER's pairs of files
NO_LEVEL = 9_999_999_999  # LOBSTER's price of a level that is not there
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})")


class Topic(msgspec.Struct):
    """What a message of Bybit's names its stream by."""

    topic: str = ""


class FeedGuess(msgspec.Struct, frozen=True):
    """A feed and why the file was taken for it; `symbol` and `date` are what the file or its name says, or empty."""

    feed: FeedName
    because: str
    symbol: str
    date: str


def detect_feed(path: Path) -> FeedGuess | None:
    """What the first lines say; None where they are of no feed. DataError where the file cannot be read."""
    return guess(path, FeedFile(path).head())


def guess(path: Path, head: bytes) -> FeedGuess | None:
    """As `detect_feed`, of bytes that were read already."""
    date = found[1] if (found := _DATE.search(path.name)) else ""
    symbol = _symbol_of(path.name)
    if head.startswith(DBN) or (head.startswith(ZSTD) and ".dbn" in path.suffixes):
        return FeedGuess("databento", "its first bytes are those of DBN", "", date)
    lines = head.split(b"\n", HEAD_LINES)[:HEAD_LINES]
    first = lines[0].decode("utf-8", "replace").strip().lstrip("\ufeff")
    if first in (BITSTAMP_ORDERS, BITSTAMP_TRADES):
        return FeedGuess("bitstamp", f"its header is {first}", symbol, date)
    if first == NASDAQ_HEADER or NASDAQ_LINE.fullmatch(first):
        return FeedGuess("nasdaq", f"its first line is {first}", symbol, date)
    if LOBSTER_LINE.fullmatch(first):
        return FeedGuess("lobster", f"its first line is {first}", symbol, date)
    return _json_feed(lines, date)


def settled(path: Path, stated: FeedName | None) -> FeedGuess:
    """The feed that was stated, or else the one detected; UsageError where neither is."""
    found = detect_feed(path)
    if stated is not None and (found is None or found.feed != stated):
        date = match[1] if (match := _DATE.search(path.name)) else ""
        return FeedGuess(stated, "stated", found.symbol if found else _symbol_of(path.name), date)
    if found is None:
        raise UsageError(f"{path}: the first lines are of no feed; say which with --feed {'|'.join(FEEDS)}")
    return found


def feed_named(text: str) -> FeedName:
    """The feed of that name; UsageError with all of them for any other."""
    for name in FEEDS:
        if name == text:
            return name
    raise UsageError(f"--feed {text!r}: expected one of {', '.join(FEEDS)}")


def partner_of(path: Path, word: str, other: str) -> Path | None:
    """The file beside it whose name has `other` where this one has `word`, if it is there."""
    if word not in path.name:
        return None
    beside = path.with_name(path.name.replace(word, other))
    return beside if beside.is_file() else None


def messages_of_books(path: Path) -> Path | None:
    """The file of messages that a file of LOBSTER's books belongs to, whether it is there or not; None for others."""
    return path.with_name(path.name.replace(BOOKS_WORD, MESSAGES_WORD)) if BOOKS_WORD in path.name else None


def refuse_orderbook(path: Path) -> None:
    """DataError for LOBSTER's file of books, which belongs to the one of messages: it says which that is."""
    messages = messages_of_books(path)
    if messages is None:
        return
    there = "it is next to it" if messages.is_file() else "it is not in this folder"
    hint = f"Give the message file, {messages.name} ({there}): this one is read with it"
    raise DataError(path, None, "these are LOBSTER's books, not its messages", "a file of messages", hint)


def _symbol_of(name: str) -> str:
    """`MSFT` of `MSFT_2012-06-21_34200000_...` and of `lobster_MSFT_2012-06-21_...`: the word before the date."""
    match = re.search(r"([A-Za-z0-9.\-]+)_\d{4}-\d{2}-\d{2}", name)
    return match[1] if match else symbol_from_name(Path(name))


def _json_feed(lines: list[bytes], date: str) -> FeedGuess | None:
    topics, decoder = msgspec.json.Decoder(Topic), msgspec.json.Decoder(Message)
    futures = spot = ""
    symbol = ""
    for line in lines:
        body = line[line.find(b"{") :] if b"{" in line[:32] else b""
        try:
            if (topic := topics.decode(body).topic).startswith(TOPICS):
                return FeedGuess("bybit", f"its topic is {topic}", topic.rpartition(".")[2], date)
            data = decoder.decode(body).inner()
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        kind = kind_of(data)
        symbol = symbol or data.s
        if kind == "depth" and data.pu is not None:
            futures = f"changes of the book of {data.s} carry pu"
            break
        if kind != "other":
            spot = spot or f"a {kind} message of {data.s or 'a snapshot'}, none with pu"
    if futures:
        return FeedGuess("binance-futures", futures, symbol, date)
    return FeedGuess("binance-spot", spot, symbol, date) if spot else None
