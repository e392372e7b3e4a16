"""One symbol through one session: an opening call, an order book until the close, a closing call. In pieces of time.

The random numbers are those of the symbol and the day alone, drawn in the same order whatever the pieces: neither the
other symbols nor the length of a piece changes what happens.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from tradetui.data.synthetic import MINUTE_NS, MINUTES, session_shape
from tradetui.data.synthetic_market import book_loop as loop
from tradetui.data.synthetic_market.auction import CallOrders, Uncross, call_orders, left_over, uncross
from tradetui.data.synthetic_market.prices import LIMIT, SECONDS, second_path, stream, trading_shape
from tradetui.data.synthetic_market.series_loop import (
    CLOCK_DRAWS,
    CLOCK_ENTRIES,
    LEVEL,
    arrival_gaps,
    stamp,
)
from tradetui.data.synthetic_market.symbols import MarketSymbol
from tradetui.engine.market.bars import Float64, Int64

ARRIVALS_A_BLOCK = 16_384  # drawn and played at a time
ORDERS_A_SIDE_MAX = 8  # times the usual number: no more find room
OPENING_SHARE, CLOSING_SHARE = 0.025, 0.105  # of a session's volume, about what the calls trade
LOTS_AN_ARRIVAL = 0.35  # traded, in round lots, measured: what the opening call expects of the session
INDICATIONS = 20  # of a call, one every `INDICATION_NS` before it
INDICATION_NS = 15 * 10**9
SESSION_NS = MINUTES * MINUTE_NS
CLOCK, FLOW, OPEN_CALL, CLOSE_CALL, PATH = 10, 11, 12, 13, 14  # streams of random numbers of a symbol's day
OPENING, CLOSING = 1, 2


class Call(NamedTuple):
    """A call auction as it went: one row an indication, the last one is the print. Prices in ticks, sizes in lots."""

    ts_ns: Int64
    results: tuple[Uncross, ...]


class Piece(NamedTuple):
    """What happened up to some time: rows of `book_loop`'s events and quotes, prices in ticks and sizes in lots."""

    events: Int64
    quotes: Int64


class SymbolDay:
    """The book of a symbol on a day, to be advanced piece by piece from its opening to its closing call."""

    def __init__(
        self,
        symbol: MarketSymbol,
        purpose: tuple[int, int, int],
        open_ns: int,
        start: float,
        returns: Float64,
        volatility: Float64,
        events: int,
    ) -> None:
        """`purpose` is seed, symbol number and day number; `start` the believed first price in ticks."""
        seed, *where = purpose
        self.symbol, self.open_ns, self.close_ns = symbol, open_ns, open_ns + SESSION_NS
        self._path = second_path(stream(seed, PATH, *where), start, returns, volatility)
        self._flow, self._clock_rng = stream(seed, FLOW, *where), stream(seed, CLOCK, *where)
        self._calls = (stream(seed, OPEN_CALL, *where), stream(seed, CLOSE_CALL, *where))
        opening = 2 * symbol.orders_a_side
        self._left = max(0, round((events - opening) / EVENTS_AN_ARRIVAL))
        self._activity = activity_of(symbol, volatility)
        self._scale = 0.9999 / max(total_gap(stream(seed, CLOCK, *where), self._left), 1e-9)
        self._clock = new_clock()
        self._times = np.empty(0, np.int64)
        self._low = max(0, int(start * (1.0 - LIMIT)) - 4 * loop.DISTANCE_MAX)
        self._path -= self._low
        self._habits = np.array(
            [symbol.market_share, symbol.spread_ticks, float(symbol.orders_a_side), float(symbol.round_lot), 0.0]
        )
        self._make_book(int(start * (1.0 + LIMIT)) - self._low + 4 * loop.DISTANCE_MAX)
        self._traded = 0

    def open(self) -> tuple[Call, Piece]:
        """The opening call, and the book that it leaves: what was not filled rests, in the order of its priority."""
        expected = self._left * LOTS_AN_ARRIVAL * self.symbol.round_lot
        call, orders = self._call(self._calls[0], self._path[0], expected * OPENING_SHARE, self.open_ns)
        self._traded += call.results[-1].volume
        rest = left_over(orders, call.results[-1])
        events = np.empty((len(rest.side), loop.EVENT_COLUMNS), np.int64)
        for at, (side, price, size) in enumerate(zip(*(column.tolist() for column in rest), strict=True)):
            slot = loop.enter(self._orders, self._levels, self._live, self._book, side, price, size)
            order, total = int(self._orders[slot, loop.ID]), int(self._levels[price, loop.TOTAL])
            loop.note(events, at, self.open_ns, loop.ADD, order, side, price, size, total)
        quotes = np.empty((1, loop.QUOTE_COLUMNS), np.int64)
        loop.quote(self._levels, self._book, quotes, 0, self.open_ns)
        return call, self._in_ticks(Piece(events, quotes))

    def advance(self, until_ns: int) -> Piece:
        """Everything that happens before `until_ns`, after what was told before."""
        pieces = []
        while True:
            if not len(self._times):
                self._draw_times()
            count = int(np.searchsorted(self._times, until_ns))
            if count:
                pieces.append(self._play(self._times[:count]))
                self._times = self._times[count:]
            if len(self._times) or not self._left:
                break
        if not pieces:
            none = np.empty((0, loop.EVENT_COLUMNS), np.int64)
            return Piece(none, np.empty((0, loop.QUOTE_COLUMNS), np.int64))
        return self._in_ticks(Piece(*(np.concatenate(rows) for rows in zip(*pieces, strict=True))))

    def close(self) -> Call:
        """The closing call. Its orders are apart from the book's, which stay as they are: the next day starts anew."""
        middle = 0.5 * (self._book[loop.BID] + self._book[loop.ASK])
        call, _ = self._call(self._calls[1], middle, self._traded * CLOSING_SHARE, self.close_ns)
        return call

    def _call(self, rng: np.random.Generator, fair: float, volume: float, at_ns: int) -> tuple[Call, CallOrders]:
        symbol = self.symbol
        orders = call_orders(rng, fair, symbol.spread_ticks, symbol.orders_a_side, volume, symbol.round_lot)
        count, reference = len(orders.side), round(fair)
        results = [uncross(orders.first(count * k // INDICATIONS), reference) for k in range(1, INDICATIONS + 1)]
        told = tuple(result._replace(price=result.price + self._low) for result in results)
        ts_ns = at_ns - INDICATION_NS * np.arange(INDICATIONS - 1, -1, -1)
        return Call(ts_ns, told), orders

    def _make_book(self, prices: int) -> None:
        capacity = 2 * ORDERS_A_SIDE_MAX * self.symbol.orders_a_side
        self._orders = np.zeros((capacity, 6), np.int64)
        self._orders[:, loop.NEXT] = np.arange(1, capacity + 1)
        self._orders[-1, loop.NEXT] = loop.NONE
        self._levels = np.full((prices, 3), loop.NONE, np.int64)
        self._levels[:, loop.TOTAL] = 0
        self._live = np.zeros((2, capacity), np.int64)
        self._book = np.zeros(loop.BOOK_ENTRIES, np.int64)
        self._book[loop.ASK] = prices
        self._book[loop.NEXT_ID] = 1
        self._hidden = np.zeros((loop.HIDDEN, 2), np.int64)

    def _draw_times(self) -> None:
        count = min(self._left, ARRIVALS_A_BLOCK)
        gaps = np.empty(count)
        arrival_gaps(self._clock_rng.random((count, CLOCK_DRAWS)), self._clock, gaps)
        times = np.empty(count, np.int64)
        kept = stamp(gaps, self._clock, self._activity, self._scale, self.open_ns, times)
        self._times, self._left = times[:kept], self._left - count

    def _play(self, times: Int64) -> Piece:
        draws = self._flow.random((len(times), loop.DRAWS))
        rows, done, pieces = np.zeros(2, np.int64), 0, []
        while done < len(times):
            events = np.empty((2 * (len(times) - done) + 4 * loop.PARTS_OF_ARRIVAL, loop.EVENT_COLUMNS), np.int64)
            quotes = np.empty((len(times) - done, loop.QUOTE_COLUMNS), np.int64)
            rows[:] = 0
            state = (self._orders, self._levels, self._live, self._book, self._hidden, self._habits)
            done += loop.play(*state, events, quotes, times[done:], self._path, self.open_ns, draws[done:], rows)
            pieces.append((events[: rows[0]], quotes[: rows[1]]))
        piece = Piece(*(np.concatenate(part) for part in zip(*pieces, strict=True)))
        executed = piece.events[:, 1] == loop.EXECUTE
        self._traded += int(piece.events[executed, 5].sum())
        return piece

    def _in_ticks(self, piece: Piece) -> Piece:
        piece.events[:, 4] += self._low
        piece.quotes[:, 1] += self._low
        piece.quotes[:, 3] += self._low
        return piece


EVENTS_AN_ARRIVAL = 1.25  # measured: a sweep makes several events of one arrival, between 1.15 and 1.4 in all


def new_clock() -> Float64:
    """The state of `series_loop`'s clock at the open."""
    clock = np.zeros(CLOCK_ENTRIES)
    clock[LEVEL] = 1.0
    return clock


def total_gap(rng: np.random.Generator, count: int) -> float:
    """The sum of `count` gaps, drawn once before they are drawn again and used: the last shall end at the close."""
    clock, total = new_clock(), 0.0
    gaps = np.empty(ARRIVALS_A_BLOCK)
    while count:
        part = min(count, ARRIVALS_A_BLOCK)
        total += arrival_gaps(rng.random((part, CLOCK_DRAWS)), clock, gaps[:part])
        count -= part
    return total


def activity_of(symbol: MarketSymbol, volatility: Float64) -> Float64:
    """Cumulated activity at each minute, from 0 to 1: U-shaped, and higher when prices move more."""
    usual = symbol.model.daily_volatility / math.sqrt(MINUTES)
    each = trading_shape() * (0.5 + 0.5 * volatility / (usual * session_shape(0.72, 0.85)))
    cumulated = np.concatenate(([0.0], np.cumsum(each)))
    shares: Float64 = cumulated / cumulated[-1]
    return shares


assert SECONDS == SESSION_NS // 10**9
