"""What market data requests answer: rows that are known by now, page by page. No I/O."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from tradetui.engine.market.bars import Float64, Int64
from tradetui.engine.model.instrument import NANOS_PER_UNIT
from tradetui.engine.practice.rows import Row, level_row, quote_of, quote_row, trade_of, trade_row
from tradetui.engine.practice.timeframes import Timeframe, buckets
from tradetui.engine.practice.wire import timestamp
from tradetui.engine.practice.world import World

Kind = Literal["bars", "trades", "quotes"]
LIMIT_DEFAULT, LIMIT_MAX = 1_000, 10_000
MINUTE = Timeframe(1, "Min")
DAY = Timeframe(1, "Day")
MARKS = {"bars": "M", "trades": "T", "quotes": "Q"}


class Query(NamedTuple):
    """Rows that are asked for; times in ns, both included."""

    symbols: tuple[str, ...]
    start_ns: int
    end_ns: int
    limit: int = LIMIT_DEFAULT
    token: str = ""
    ascending: bool = True
    timeframe: Timeframe = MINUTE


class Page(NamedTuple):
    """Rows by symbol, and where to go on."""

    rows: dict[str, list[Row]]
    token: str | None


class BarColumns(NamedTuple):
    """The bars of one symbol, oldest first."""

    ts_ns: Int64
    open: Int64
    high: Int64
    low: Int64
    close: Int64
    volume: Float64
    trades: Int64
    value: Float64  # price times size, summed; units
    interval_ns: int


class BadToken(Exception):
    """A page token that none of our answers gave."""


class MarketData:
    """The world's rows by symbol."""

    def __init__(self, world: World) -> None:
        self.world = world
        session = world.session
        self._trades = {s: np.flatnonzero(session.trades.symbol == c) for c, s in enumerate(world.symbols)}
        self._quotes = {s: np.flatnonzero(session.quotes.symbol == c) for c, s in enumerate(world.symbols)}
        self._bars = {symbol: self._bar_columns(symbol) for symbol in world.symbols}

    def page(self, kind: Kind, query: Query, now_ns: int) -> Page:
        """One page; raises BadToken."""
        first_symbol, passed = _read_token(query.token, MARKS[kind])
        rows: dict[str, list[Row]] = {}
        left, end = query.limit, ("", 0)  # of rows, and symbol and place of the page's last one
        for symbol in sorted(set(query.symbols)):
            if symbol < first_symbol or symbol not in self._bars:
                continue
            times, make = self._source(kind, symbol, query, now_ns)
            low, high = (int(np.searchsorted(times, t, side)) for t, side in self._span(query, now_ns))
            places: Sequence[int] = range(low, high) if query.ascending else range(high - 1, low - 1, -1)
            if symbol == first_symbol and passed is not None:
                places = [p for p in places if (p > passed if query.ascending else p < passed)]
            if not places:
                continue
            if left == 0:
                return Page(rows, _token(*end, MARKS[kind]))
            rows[symbol] = [make(place) for place in places[:left]]
            end = symbol, places[:left][-1]
            if len(places) > left:
                return Page(rows, _token(*end, MARKS[kind]))
            left -= len(rows[symbol])
        return Page(rows, None)

    def latest_bar(self, symbol: str, now_ns: int) -> Row | None:
        """The last minute that has ended."""
        times, make = self._bar_source(symbol, MINUTE, now_ns)
        return make(len(times) - 1) if len(times) else None

    def latest_trade(self, symbol: str) -> Row | None:
        """The last trade that was printed."""
        last = self.world.exchange.prices.last.get(symbol)
        if last is None:
            return None
        return trade_row(symbol, last.price, last.size, last.side, last.number, timestamp(last.ts_ns))

    def latest_quote(self, symbol: str) -> Row | None:
        """The best of both sides as they are displayed."""
        book = self.world.exchange.prices.book(symbol)
        bid, ask = book.best(1) or (0, 0), book.best(-1) or (0, 0)
        return quote_row(symbol, bid, ask, timestamp(book.ts_ns)) if book.ts_ns else None

    def orderbook(self, symbol: str, levels: int) -> Row | None:
        """All displayed levels."""
        book = self.world.exchange.prices.book(symbol)
        if not book.ts_ns:
            return None
        return {
            "t": timestamp(book.ts_ns),
            "b": [level_row(*level) for level in book.levels(1, levels)],
            "a": [level_row(*level) for level in book.levels(-1, levels)],
        }

    def snapshot(self, symbol: str, now_ns: int) -> Row:
        """The latest of everything, absent where there is none."""
        times, make = self._bar_source(symbol, DAY, now_ns)
        daily = [make(place) for place in range(max(0, len(times) - 2), len(times))]
        found = {
            "latestTrade": self.latest_trade(symbol),
            "latestQuote": self.latest_quote(symbol),
            "minuteBar": self.latest_bar(symbol, now_ns),
            "dailyBar": daily[-1] if daily else None,
            "prevDailyBar": daily[-2] if len(daily) > 1 else None,
        }
        return {name: row for name, row in found.items() if row is not None}

    def daily_bar(self, symbol: str, now_ns: int) -> Row | None:
        """The bar of the day so far."""
        times, make = self._bar_source(symbol, DAY, now_ns)
        return make(len(times) - 1) if len(times) else None

    def bar_of_row(self, row: int) -> Row:
        """One bar of the session's table, with the trades that made it."""
        bars = self.world.session.bars
        symbol = self.world.symbols[bars.symbol[row]]
        columns = self._bars[symbol]
        return bar_row(symbol, columns, int(np.searchsorted(columns.ts_ns, bars.ts_ns[row])))

    def _span(self, query: Query, now_ns: int) -> tuple[tuple[int, Literal["left"]], tuple[int, Literal["right"]]]:
        return (query.start_ns, "left"), (min(query.end_ns, now_ns), "right")

    def _source(self, kind: Kind, symbol: str, query: Query, now_ns: int) -> tuple[Int64, Callable[[int], Row]]:
        if kind == "bars":
            return self._bar_source(symbol, query.timeframe, now_ns)
        session = self.world.session
        if kind == "trades":
            rows = self._trades[symbol]
            return session.trades.ts_ns[rows], lambda place: trade_of(session.trades, symbol, int(rows[place]), place)
        rows = self._quotes[symbol]
        return session.quotes.ts_ns[rows], lambda place: quote_of(session.quotes, symbol, int(rows[place]))

    def _bar_source(self, symbol: str, frame: Timeframe, now_ns: int) -> tuple[Int64, Callable[[int], Row]]:
        columns = self._bars[symbol]
        known = int(np.searchsorted(columns.ts_ns + columns.interval_ns, now_ns, "right"))
        columns = _first(columns, known)
        if frame != MINUTE:
            columns = merged(columns, buckets(columns.ts_ns, frame, "/" not in symbol))
        return columns.ts_ns, lambda place: bar_row(symbol, columns, place)

    def _bar_columns(self, symbol: str) -> BarColumns:
        tables = [bars.of(symbol) for bars in self.world.bars() if symbol in bars.symbols]
        interval = min((bars.interval_ns for bars in tables), default=60 * NANOS_PER_UNIT)

        def column(name: str) -> Any:
            return np.concatenate([getattr(bars, name) for bars in tables])

        ts = column("ts_ns")
        rows = self._trades[symbol]
        trades = self.world.session.trades
        place = np.searchsorted(ts, trades.ts_ns[rows], "right") - 1
        inside = (place >= 0) & (trades.ts_ns[rows] < ts[place] + interval) if len(ts) else np.zeros(len(rows), bool)
        price, size = trades.price[rows] / NANOS_PER_UNIT, trades.size[rows] / NANOS_PER_UNIT
        counts = np.bincount(place[inside], minlength=len(ts)).astype(np.int64)
        value = np.bincount(place[inside], weights=(price * size)[inside], minlength=len(ts))
        untraded = counts == 0
        value[untraded] = (column("close") / NANOS_PER_UNIT * column("volume"))[untraded]
        return BarColumns(
            ts,
            column("open"),
            column("high"),
            column("low"),
            column("close"),
            column("volume"),
            counts,
            value.astype(np.float64),
            interval,
        )


def merged(columns: BarColumns, starts: Int64) -> BarColumns:
    """Longer bars: rows of one bucket become one."""
    if not len(starts):
        return columns
    first = np.flatnonzero(np.r_[True, np.diff(starts) != 0])
    last = np.r_[first[1:], len(starts)] - 1
    return BarColumns(
        starts[first],
        columns.open[first],
        np.maximum.reduceat(columns.high, first),
        np.minimum.reduceat(columns.low, first),
        columns.close[last],
        np.add.reduceat(columns.volume, first).astype(np.float64),
        np.add.reduceat(columns.trades, first).astype(np.int64),
        np.add.reduceat(columns.value, first).astype(np.float64),
        columns.interval_ns,
    )


def _first(bars: BarColumns, count: int) -> BarColumns:
    return BarColumns(
        bars.ts_ns[:count],
        bars.open[:count],
        bars.high[:count],
        bars.low[:count],
        bars.close[:count],
        bars.volume[:count],
        bars.trades[:count],
        bars.value[:count],
        bars.interval_ns,
    )


def bar_row(symbol: str, columns: BarColumns, place: int) -> Row:
    """A bar as JSON."""
    volume = float(columns.volume[place])
    value = float(columns.value[place])
    return {
        "t": timestamp(int(columns.ts_ns[place])),
        "o": int(columns.open[place]) / NANOS_PER_UNIT,
        "h": int(columns.high[place]) / NANOS_PER_UNIT,
        "l": int(columns.low[place]) / NANOS_PER_UNIT,
        "c": int(columns.close[place]) / NANOS_PER_UNIT,
        "v": volume if "/" in symbol else round(volume),
        "n": int(columns.trades[place]),
        "vw": round(value / volume, 6) if volume else 0,
    }


def _token(symbol: str, place: int, mark: str) -> str:
    return base64.b64encode(f"{symbol}|{mark}|{place}".encode()).decode()


def _read_token(token: str, mark: str) -> tuple[str, int | None]:
    if not token:
        return "", None
    try:
        symbol, found, place = base64.b64decode(token.encode(), validate=True).decode().split("|")
        if found != mark:
            raise BadToken(token)
        return symbol, int(place)
    except (ValueError, binascii.Error, UnicodeDecodeError):
        raise BadToken(token) from None


def by_symbol(rows: Mapping[str, Row | None]) -> dict[str, Row]:
    """Rows that there are."""
    return {symbol: row for symbol, row in rows.items() if row is not None}
