"""A day of the invented market: all symbols' books advanced together, and their rows as tables that agree exactly.

After an order event the depth is the sum of the resting orders, the quote is the best of the depth, every execution is
a trade, and the bars are the trades added up. Pieces end at whole minutes, so that each has whole bars.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from tradetui.data.aggregate import bars_of_trades
from tradetui.data.synthetic import MINUTE_NS, MINUTES, session_open_ns, weekdays
from tradetui.data.synthetic_market.prices import common_factor, course, session_starts
from tradetui.data.synthetic_market.symbol_day import CLOSING, OPENING, Call, Piece, SymbolDay
from tradetui.data.synthetic_market.symbols import MarketSymbol
from tradetui.engine.market.bars import Int64
from tradetui.engine.market.tape import EXECUTE, Codes, DepthChanges, MarketSession, OrderEvents, Quotes, Sides, Trades
from tradetui.engine.model.instrument import NANOS_PER_UNIT

EVENTS_A_PIECE = 250_000  # of all symbols together: bounds the memory, and what fits the cache is faster

Grid = tuple[Int64, Int64]  # nanos of a tick and of a lot, by symbol


@dataclass(frozen=True, slots=True, eq=False)
class AuctionCalls:
    """Indications of calls in time order, int64 nanos; the last one of each call is its print, which is a trade too.

    `auction` is 1 for an opening and 2 for a closing call, `imbalance` what is wanted beyond `volume`, buys positive.
    The orders of a call are not in the order events: what an opening call leaves unfilled is added at the open.
    """

    symbols: tuple[str, ...]
    symbol: Codes
    ts_ns: Int64
    auction: Sides
    price: Int64
    volume: Int64
    imbalance: Int64

    def __len__(self) -> int:
        return len(self.ts_ns)


@dataclass(frozen=True, slots=True, eq=False)
class MarketPiece:
    """A stretch of a market's day in columns: order by order, and the tables that follow from it."""

    orders: OrderEvents
    auctions: AuctionCalls
    session: MarketSession


class Market:
    """Several sessions of several symbols from a seed; each day can be played by itself."""

    def __init__(self, seed: int, symbols: Sequence[MarketSymbol], first_day: date, sessions: int) -> None:
        """Weekdays from `first_day` on; holidays are not left out."""
        self.seed, self.symbols, self.days = seed, tuple(symbols), weekdays(first_day, sessions)
        self.names = tuple(symbol.model.name for symbol in self.symbols)
        factor = common_factor(seed, sessions)
        self._courses = [course(seed, i, symbol.model, factor) for i, symbol in enumerate(self.symbols)]
        self._starts = [session_starts(s.model, c) for s, c in zip(self.symbols, self._courses, strict=True)]

    def play(self, day: int, events: int, events_a_piece: int = EVENTS_A_PIECE) -> Iterator[MarketPiece]:
        """Session number `day` with about `events` order events a symbol, piece by piece."""
        open_ns = session_open_ns(self.days[day])
        books = [self.book(i, day, events) for i in range(len(self.symbols))]
        pieces = int(np.clip(-(-events * len(books) // events_a_piece), 1, MINUTES))
        ends = [open_ns + MINUTES * k // pieces * MINUTE_NS for k in range(1, pieces + 1)]
        opened = [book.open() for book in books]
        calls = [[(OPENING, call)] for call, _ in opened]
        first: list[Piece | None] = [piece for _, piece in opened]
        for end in ends:
            played = [_joined(before, book.advance(end)) for before, book in zip(first, books, strict=True)]
            if end == ends[-1]:
                for told, book in zip(calls, books, strict=True):
                    told.append((CLOSING, book.close()))
            yield self._tables(played, calls)
            first, calls = [None] * len(books), [[] for _ in books]

    def whole(self, day: int, events: int) -> MarketPiece:
        """Session number `day` in one piece."""
        (piece,) = self.play(day, events, events * len(self.symbols) + 1)
        return piece

    def book(self, index: int, day: int, events: int) -> SymbolDay:
        """One symbol's session, not yet opened."""
        symbol, course = self.symbols[index], self._courses[index]
        start = float(self._starts[index][day]) * NANOS_PER_UNIT / symbol.tick_nanos
        return SymbolDay(
            symbol,
            (self.seed, index, day),
            session_open_ns(self.days[day]),
            start,
            course.returns[day],
            course.volatility[day],
            events,
        )

    def _tables(self, pieces: Sequence[Piece], calls: Sequence[Sequence[tuple[int, Call]]]) -> MarketPiece:
        grid = (
            np.array([symbol.tick_nanos for symbol in self.symbols]),
            np.array([symbol.lot_nanos for symbol in self.symbols]),
        )
        events, symbol = _by_time([piece.events for piece in pieces])
        trades = _trades(self.names, [_prints(p, c) for p, c in zip(pieces, calls, strict=True)], grid)
        return MarketPiece(
            _orders(self.names, events, symbol, grid),
            _auctions(self.names, calls, grid),
            MarketSession(
                bars_of_trades(trades, MINUTE_NS),
                _quotes(self.names, [piece.quotes for piece in pieces], grid),
                trades,
                _depth(self.names, events, symbol, grid),
            ),
        )


def _joined(before: Piece | None, piece: Piece) -> Piece:
    if before is None:
        return piece
    return Piece(np.concatenate((before.events, piece.events)), np.concatenate((before.quotes, piece.quotes)))


def _by_time(tables: Sequence[Int64]) -> tuple[Int64, Codes]:
    """All symbols' rows by their first column, ties by symbol and then as they were; and the symbol of each row."""
    symbol = np.repeat(np.arange(len(tables), dtype=np.int32), [len(table) for table in tables])
    if len(tables) == 1:
        return tables[0], symbol
    rows = np.concatenate(tables)
    order = np.argsort(rows[:, 0], kind="stable")
    return rows[order], symbol[order]


def _column(rows: Int64, index: int) -> Int64:
    return np.ascontiguousarray(rows[:, index])


def _orders(names: tuple[str, ...], rows: Int64, symbol: Codes, grid: Grid) -> OrderEvents:
    tick, lot = grid[0][symbol], grid[1][symbol]
    action, side = rows[:, 1].astype(np.int8), rows[:, 3].astype(np.int8)
    return OrderEvents(
        names, symbol, _column(rows, 0), action, _column(rows, 2), side, rows[:, 4] * tick, rows[:, 5] * lot
    )


def _depth(names: tuple[str, ...], rows: Int64, symbol: Codes, grid: Grid) -> DepthChanges:
    """The level's total after each event; of several in a row that one arrival caused at a level only the last."""
    same = np.ones(max(0, len(rows) - 1), np.bool_)
    for column in (0, 3, 4):
        same &= rows[1:, column] == rows[:-1, column]
    same &= symbol[1:] == symbol[:-1]
    kept = np.append(~same, True)[: len(rows)]
    rows, symbol = rows[kept], symbol[kept]
    tick, lot = grid[0][symbol], grid[1][symbol]
    return DepthChanges(
        names, symbol, _column(rows, 0), rows[:, 3].astype(np.int8), rows[:, 4] * tick, rows[:, 6] * lot
    )


def _quotes(names: tuple[str, ...], tables: Sequence[Int64], grid: Grid) -> Quotes:
    rows, symbol = _by_time(tables)
    tick, lot = grid[0][symbol], grid[1][symbol]
    return Quotes(
        names, symbol, _column(rows, 0), rows[:, 1] * tick, rows[:, 2] * lot, rows[:, 3] * tick, rows[:, 4] * lot
    )


def _prints(piece: Piece, calls: Sequence[tuple[int, Call]]) -> Int64:
    """Trades of one symbol: time, price, size, side of who came; a call's print has no side."""
    executed = piece.events[piece.events[:, 1] == EXECUTE]
    parts = [np.stack([executed[:, 0], executed[:, 4], executed[:, 5], -executed[:, 3]], 1)]
    for auction, call in calls:
        last = call.results[-1]
        if last.volume:
            row = np.array([[call.ts_ns[-1], last.price, last.volume, 0]], np.int64)
            parts.insert(0 if auction == OPENING else len(parts), row)
    return np.concatenate(parts)


def _trades(names: tuple[str, ...], tables: Sequence[Int64], grid: Grid) -> Trades:
    rows, symbol = _by_time(tables)
    tick, lot = grid[0][symbol], grid[1][symbol]
    return Trades(names, symbol, _column(rows, 0), rows[:, 1] * tick, rows[:, 2] * lot, rows[:, 3].astype(np.int8))


def _auctions(names: tuple[str, ...], calls: Sequence[Sequence[tuple[int, Call]]], grid: Grid) -> AuctionCalls:
    tables = [
        np.array(
            [
                (ts, auction, result.price, result.volume, result.imbalance)
                for auction, call in told
                for ts, result in zip(call.ts_ns.tolist(), call.results, strict=True)
            ],
            np.int64,
        ).reshape(-1, 5)
        for told in calls
    ]
    rows, symbol = _by_time(tables)
    tick, lot = grid[0][symbol], grid[1][symbol]
    auction: npt.NDArray[np.int8] = rows[:, 1].astype(np.int8)
    return AuctionCalls(names, symbol, _column(rows, 0), auction, rows[:, 2] * tick, rows[:, 3] * lot, rows[:, 4] * lot)
