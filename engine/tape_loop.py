"""Moves the core over a session row by row: depth, trades, quotes and bars in the order they became known.

Where a session has quotes, orders fill from them (a buy at the ask, a sell at the bid, up to the displayed size) and
bars only inform; where it has none, bars fill orders by the same code as a backtest.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tradetui.engine.bar_loop import every_bar
from tradetui.engine.build import decision_delay_ns
from tradetui.engine.control import check_drawdown
from tradetui.engine.market.bar_fills import Window
from tradetui.engine.market.book_reading import LadderBook, Touch
from tradetui.engine.market.depth import DepthLadder
from tradetui.engine.market.tape import BAR, DEPTH, QUOTE, MarketSession
from tradetui.engine.model.events import BookEvent, MarketData, QuoteEvent, TradeEvent
from tradetui.engine.model.instrument import NANOS_PER_UNIT
from tradetui.engine.settling import BarCore, settle_quote
from tradetui.engine.strategy import check_signals

ROWS_PER_TURN = 500  # a few milliseconds of work, so that pause and kill act at once


class TapePlayer:
    """A position in a session. `play` goes on from there; nothing is ever read that has not become known."""

    rows_per_turn = ROWS_PER_TURN

    def __init__(self, core: BarCore, session: MarketSession) -> None:
        self.core = core
        self.session = session
        self.symbols = session.symbols
        self.timeline = session.timeline()
        self.at_ns = self.timeline.at_ns
        self.row = 0
        self.ladders = {symbol: DepthLadder() for symbol in session.symbols}
        self.last: dict[str, tuple[float, float]] = {}  # price and size of the last trade
        self.first: dict[str, float] = {}  # the session's first price: what a change is measured from
        self.volume: dict[str, float] = dict.fromkeys(session.symbols, 0.0)
        self.seen_ns: dict[str, int] = dict.fromkeys(session.symbols, 0)  # when a price of the symbol came last
        self.clock_ns = int(self.at_ns[0]) if len(self.at_ns) else 0
        self._quoted = len(session.quotes) > 0
        self._quote_rows: dict[str, int] = {}  # of each symbol's last quote
        self._delay = decision_delay_ns(session.bars)
        core.view.load(session.bars)
        if self._quoted or len(session.depth):
            core.view.books = {s: LadderBook(ladder, partial(self._touch, s)) for s, ladder in self.ladders.items()}

    def __len__(self) -> int:
        return len(self.at_ns)

    @property
    def done(self) -> bool:
        """Whether every row has been played."""
        return self.row >= len(self)

    def due(self, market_ns: int) -> int:
        """The row that is the first not to have happened by `market_ns`."""
        return int(np.searchsorted(self.at_ns, market_ns, side="right"))

    def refresh(self) -> None:
        """Nothing: what a screen shows is kept up to date row by row."""

    def play(self, stop: int) -> None:
        """Play the rows up to `stop`, which is not included."""
        stop = min(stop, len(self))
        if self.row >= stop:
            return
        kinds, rows = self.timeline.kind[self.row : stop].tolist(), self.timeline.row[self.row : stop].tolist()
        at = 0
        while at < len(kinds):
            kind, row = kinds[at], rows[at]
            if kind != BAR:
                self._finer(kind, row)
                at += 1
                continue
            end = at + 1
            while not self._quoted and end < len(kinds) and kinds[end] == BAR and rows[end] == row + end - at:
                end += 1
            self._bars(row, row + end - at)
            at = end
        self.row = stop
        self.clock_ns = int(self.at_ns[stop - 1])

    def _bars(self, start: int, stop: int) -> None:
        core, bars = self.core, self.session.bars
        every_bar(core, bars, start, stop, self._delay, fills=not self._quoted)
        if self._quoted:
            core.changes.clear()
            core.curve.point(int(bars.ts_ns[stop - 1] + bars.interval_ns), core.equity(), bool(core.portfolio.open))
        else:
            core.record(bars.rows(start, stop))
            for row in range(start, stop):
                symbol = bars.symbols[bars.symbol[row]]
                self.first.setdefault(symbol, float(bars.open[row] / NANOS_PER_UNIT))
                self.last[symbol] = (float(bars.close[row] / NANOS_PER_UNIT), float(bars.volume[row]))
                self.seen_ns[symbol] = int(bars.ts_ns[row] + bars.interval_ns)
                self.volume[symbol] += float(np.nan_to_num(bars.volume[row]))

    def _finer(self, kind: int, row: int) -> None:
        seq = self.core.input()
        if kind == DEPTH:
            table = self.session.depth
            symbol, side = table.symbols[table.symbol[row]], int(table.side[row])
            price, size = int(table.price[row]), int(table.size[row])
            self.ladders[symbol].apply(side, price, size)
            if self._listens("book"):
                ts_ns = int(table.ts_ns[row])
                self._ask(BookEvent(symbol, ts_ns, side, price / NANOS_PER_UNIT, size / NANOS_PER_UNIT, seq))
        elif kind == QUOTE:
            self._quote(row, seq)
        else:
            trades = self.session.trades
            symbol = trades.symbols[trades.symbol[row]]
            price_f, size_f = float(trades.price[row] / NANOS_PER_UNIT), float(trades.size[row] / NANOS_PER_UNIT)
            self.first.setdefault(symbol, price_f)
            self.last[symbol] = (price_f, size_f)
            self.seen_ns[symbol] = int(trades.ts_ns[row])
            self.volume[symbol] += size_f
            if self._listens("trade"):
                self._ask(TradeEvent(symbol, int(trades.ts_ns[row]), price_f, size_f, int(trades.side[row]), seq))

    def _quote(self, row: int, seq: int) -> None:
        core, table = self.core, self.session.quotes
        symbol, ts_ns = table.symbols[table.symbol[row]], int(table.ts_ns[row])
        bid, ask = int(table.bid[row]), int(table.ask[row])
        sizes = float(table.bid_size[row] / NANOS_PER_UNIT), float(table.ask_size[row] / NANOS_PER_UNIT)
        core.view.quotes[symbol] = (bid / NANOS_PER_UNIT, ask / NANOS_PER_UNIT)
        self.seen_ns[symbol], self._quote_rows[symbol] = ts_ns, row
        core.release(ts_ns)
        if core.venue.displayed:
            core.venue.displayed.show(symbol, 1, ask, int(table.ask_size[row]))
            core.venue.displayed.show(symbol, -1, bid, int(table.bid_size[row]))
        watch = core.venue.watches.get(symbol)
        reached = watch is not None and (
            bid / NANOS_PER_UNIT <= watch.low or ask / NANOS_PER_UNIT >= watch.high or ts_ns >= watch.expires_ns
        )
        if reached:
            sell = Window(ts_ns, bid, bid, bid, bid, sizes[0])
            buy = Window(ts_ns, ask, ask, ask, ask, sizes[1])
            settle_quote(core, symbol, buy if ask else None, sell if bid else None)
        if core.guard.limit is not None and (reached or core.portfolio.open):
            check_drawdown(core, ts_ns, seq)
        if self._listens("quote"):
            quote = core.view.quotes[symbol]
            self._ask(QuoteEvent(symbol, ts_ns, quote[0], sizes[0], quote[1], sizes[1], seq))

    def _touch(self, symbol: str) -> Touch | None:
        row, table = self._quote_rows.get(symbol), self.session.quotes
        if row is None:
            return None
        nanos = table.bid[row], table.bid_size[row], table.ask[row], table.ask_size[row]
        return Touch(*(float(value / NANOS_PER_UNIT) for value in nanos))

    def _listens(self, kind: str) -> bool:
        return kind in self.core.strategy.subscribes and not self.core.stopped

    def _ask(self, event: MarketData) -> None:
        core = self.core
        try:
            signals = core.strategy.on_market_data(event)  # type: ignore[arg-type]  # it subscribed to this kind
            if signals:
                check_signals(signals)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # a strategy may raise anything; it is stopped and recorded, never swallowed
            core.fail(error, event.ts_ns, event.seq)
            return
        if signals:
            core.signals(signals, event.ts_ns, event.seq)
