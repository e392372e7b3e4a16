"""The market that the exchange shows: a session that is replayed row by row, and the bars of days before it. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from tradetui.engine.market.bars import Bars
from tradetui.engine.market.tape import BAR, DEPTH, QUOTE, TRADE, DepthChanges, MarketSession, Quotes, Trades
from tradetui.engine.model.instrument import decimal_from_nanos
from tradetui.engine.practice.exchange import Exchange

FOREVER_NS = 2**63 - 1
ROWS_A_SLICE = 250  # rows played before others get their turn: some milliseconds


class Tick(NamedTuple):
    """Something that the market did, for those who listen: which table, which row of it, of which symbol."""

    kind: int
    row: int
    symbol: str
    at_ns: int


Listener = Callable[[Tick], None]


class World:
    """Plays a session into an exchange. Rows of a symbol that has depth make its book; else its quotes do."""

    def __init__(self, session: MarketSession, exchange: Exchange, history: Bars | None = None) -> None:
        self.session, self.exchange, self.history = session, exchange, history
        timeline = session.timeline()
        self._kind, self._row = timeline.kind.tolist(), timeline.row.tolist()
        self._at: list[int] = timeline.at_ns.tolist()
        self._depth, self._trades = _columns(session.depth), _columns(session.trades)
        self._quotes = _quote_columns(session.quotes)
        self.played = 0
        self.symbols = session.symbols
        self._with_depth = {session.symbols[code] for code in np.unique(session.depth.symbol)}
        self._listeners: list[Listener] = []
        self._mark()

    def listen(self, listener: Listener) -> None:
        """Be told of every row after it has been played."""
        self._listeners.append(listener)

    @property
    def start_ns(self) -> int:
        """When the first row is known."""
        return self._at[0] if self._at else self.exchange.now_ns

    @property
    def end_ns(self) -> int:
        """When the last row is known."""
        return self._at[-1] if self._at else self.exchange.now_ns

    def next_ns(self) -> int | None:
        """When the next row is due; None after the last."""
        return self._at[self.played] if self.played < len(self._at) else None

    def advance(self, to_ns: int, rows_max: int = ROWS_A_SLICE) -> bool:
        """Play what is due at or before an instant, at most so many rows; whether all of it was played."""
        stop = self.played + rows_max
        while self.played < len(self._at) and self._at[self.played] <= to_ns:
            if self.played >= stop:
                return False
            at_ns = self._at[self.played]
            self.exchange.advance(at_ns)
            self._play(self._kind[self.played], self._row[self.played], at_ns)
            self.played += 1
        self.exchange.advance(to_ns)
        return True

    def resume(self, now_ns: int) -> None:
        """Set the market to an instant without an order of the account seeing the way there: after a restart."""
        exchange = self.exchange
        while self.played < len(self._at) and self._at[self.played] <= now_ns:
            self._apply(self._kind[self.played], self._row[self.played])
            self.played += 1
        exchange.floor.rework()
        exchange.advance(now_ns)

    def identity(self) -> str:
        """Names what is played: symbols, first and last instant, rows."""
        return f"{','.join(self.symbols)} {self.start_ns}-{self.end_ns} {len(self._at)}"

    def bars(self) -> Iterable[Bars]:
        """The bars of all days, oldest first."""
        return [self.session.bars] if self.history is None else [self.history, self.session.bars]

    def _mark(self) -> None:
        """Before anything happens, a symbol is worth its last close, or its first open."""
        for bars in self.bars():
            for code, symbol in enumerate(bars.symbols):
                rows = np.flatnonzero(bars.symbol == code)
                if not len(rows):
                    continue
                known = bars is self.history
                price = int(bars.close[rows[-1]] if known else bars.open[rows[0]])
                if known or symbol not in self.exchange.prices.marks:
                    self.exchange.prices.marks[symbol] = decimal_from_nanos(price)

    def _play(self, kind: int, row: int, at_ns: int) -> None:
        exchange, session = self.exchange, self.session
        if kind == DEPTH:
            symbol = self.symbols[self._depth.symbol[row]]
            exchange.level(symbol, self._depth.side[row], self._depth.price[row], self._depth.size[row])
        elif kind == TRADE:
            symbol = self.symbols[self._trades.symbol[row]]
            exchange.trade(symbol, self._trades.price[row], self._trades.size[row], self._trades.side[row])
        elif kind == QUOTE:
            symbol = self.symbols[self._quotes.symbol[row]]
            if symbol not in self._with_depth:
                exchange.quote(symbol, *self._quote(row))
        elif kind == BAR:
            symbol = self.symbols[session.bars.symbol[row]]
        else:
            return
        if self._listeners:
            tick = Tick(kind, row, symbol, at_ns)
            for listener in self._listeners:
                listener(tick)

    def _apply(self, kind: int, row: int) -> None:
        """The row as the market's state alone."""
        prices = self.exchange.prices
        at_ns = self._at[self.played]
        if kind == DEPTH:
            depth = self._depth
            prices.level(self.symbols[depth.symbol[row]], depth.side[row], depth.price[row], depth.size[row], at_ns)
        elif kind == TRADE:
            trades = self._trades
            symbol = self.symbols[trades.symbol[row]]
            prices.trade(symbol, trades.price[row], trades.size[row], trades.side[row], at_ns)
        elif kind == QUOTE:
            symbol = self.symbols[self._quotes.symbol[row]]
            if symbol not in self._with_depth:
                prices.quote(symbol, *self._quote(row), at_ns)

    def _quote(self, row: int) -> tuple[int, int, int, int]:
        quotes = self._quotes
        return quotes.bid[row], quotes.bid_size[row], quotes.ask[row], quotes.ask_size[row]


class _Columns(NamedTuple):
    """Columns of trades or depth as lists: reading one value of an array costs ten times as much."""

    symbol: list[int]
    side: list[int]
    price: list[int]
    size: list[int]


class _QuoteColumns(NamedTuple):
    symbol: list[int]
    bid: list[int]
    bid_size: list[int]
    ask: list[int]
    ask_size: list[int]


def _columns(table: Trades | DepthChanges) -> _Columns:
    return _Columns(table.symbol.tolist(), table.side.tolist(), table.price.tolist(), table.size.tolist())


def _quote_columns(table: Quotes) -> _QuoteColumns:
    return _QuoteColumns(
        table.symbol.tolist(), table.bid.tolist(), table.bid_size.tolist(), table.ask.tolist(), table.ask_size.tolist()
    )
