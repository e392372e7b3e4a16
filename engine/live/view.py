"""What is known of a live market now: quotes, last trades, levels, and the bars that closed. Nothing is simulated."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

from tradetui.engine.market.bars import Bars, Int64
from tradetui.engine.market.book_reading import LadderBook, Touch
from tradetui.engine.market.depth import DepthLadder
from tradetui.engine.market.simulated_view import BuiltBars
from tradetui.engine.market.simulation import ClosedBar
from tradetui.engine.market.view import MarketView
from tradetui.engine.model.events import BookEvent, MarketData, MarketEvent, QuoteEvent, TradeEvent
from tradetui.engine.model.instrument import NANOS_PER_UNIT, decimal_from_nanos, nanos_from_float

LEVELS_TAKEN = 50  # beyond these an order is reckoned at the last of them


class LiveView(MarketView):
    """Kept up to date event by event; symbols that the session does not watch have no price."""

    def __init__(self, symbols: Sequence[str], bar_ns: int) -> None:
        super().__init__()
        self.symbols, self.bar_ns = tuple(symbols), bar_ns
        self.ladders = {symbol: DepthLadder() for symbol in symbols}
        self.touches: dict[str, Touch] = {}
        self.last: dict[str, tuple[float, float]] = {}  # price and size of the last trade, or of the last bar
        self._built = {symbol: BuiltBars(symbol, bar_ns) for symbol in symbols}
        self.books = {s: LadderBook(ladder, partial(self.touches.get, s)) for s, ladder in self.ladders.items()}

    def knows(self, symbol: str) -> bool:
        """Whether the session watches it."""
        return symbol in self.ladders

    # -- what happened

    def bar(self, event: MarketEvent) -> None:
        """A bar closed."""
        opened, high, low, close = (nanos_from_float(p) for p in (event.open, event.high, event.low, event.close))
        volume = round(event.volume * NANOS_PER_UNIT)
        self._built[event.symbol].add(ClosedBar(0, event.ts_ns, opened, high, low, close, volume, 0))
        self.last.setdefault(event.symbol, (event.close, event.volume))

    def quoted(self, event: QuoteEvent) -> None:
        """The best prices are others."""
        self.quotes[event.symbol] = (event.bid, event.ask)
        self.touches[event.symbol] = Touch(event.bid, event.bid_size, event.ask, event.ask_size)

    def traded(self, event: TradeEvent) -> None:
        """Somebody traded."""
        self.last[event.symbol] = (event.price, event.size)

    def level(self, event: BookEvent) -> None:
        """A level is another; side 0 removes all of them."""
        if event.side:
            self.ladders[event.symbol].apply(
                event.side, nanos_from_float(event.price), round(event.size * NANOS_PER_UNIT)
            )
        else:
            self.ladders[event.symbol].clear()

    # -- a session that goes on

    def remember(self, event: MarketData) -> None:
        """Prices of an earlier part of this session, by which what is held was worth something."""
        match event:
            case QuoteEvent():
                self.quoted(event)
            case TradeEvent():
                self.traded(event)
            case MarketEvent():
                self.last.setdefault(event.symbol, (event.close, event.volume))

    def forget(self) -> None:
        """They are no prices of now."""
        for known in (self.quotes, self.touches, self.last):
            known.clear()

    # -- what can be asked

    def decided_at(self, symbol: str) -> float:
        """The price: there is always a market to measure from."""
        return self.price(symbol) or 0.0

    def price(self, symbol: str) -> float | None:
        """The middle of the quote, the last trade where there is none, the last bar's close where there was none."""
        bid, ask = self.quotes.get(symbol, (0.0, 0.0))
        if bid > 0 and ask > 0:
            return (bid + ask) / 2
        last = self.last.get(symbol)
        return None if last is None else last[0]

    def closed_bars(self, symbol: str, n: int) -> tuple[Bars | None, Int64 | slice]:
        """Bars that hold the last `n` closed ones of `symbol`, and where."""
        built = self._built.get(symbol)
        return (None, slice(0, 0)) if built is None else (built.bars(), slice(max(0, built.count - n), built.count))

    def cost(self, symbol: str, side: int, quantity: Decimal) -> Decimal:
        """What a unit costs on average if `quantity` is taken now: from the levels, else the quote; 0 if unknown."""
        book = self.books.get(symbol)
        if book is None:
            return Decimal(0)
        touch = book.touch()
        best = (touch.ask if side > 0 else touch.bid) or self.price(symbol) or 0.0
        wanted = left = float(quantity)
        value = 0.0
        for price, size in (book.asks(LEVELS_TAKEN) if side > 0 else book.bids(LEVELS_TAKEN)) if wanted else ():
            taken = min(left, size)
            value, left, best = value + taken * price, left - taken, price
            if left <= 0:
                break
        return decimal_from_nanos(nanos_from_float((value + left * best) / wanted if wanted else best))
