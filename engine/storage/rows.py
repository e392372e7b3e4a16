"""Events in, rows out: the same events give the same rows, whoever asks and in however many parts. No I/O, no clock."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import isfinite
from typing import Any, NamedTuple

from tradetui.engine.analytics.trades import RoundTrips, Trade
from tradetui.engine.model.events import (
    Event,
    FillEvent,
    MarketEvent,
    OpeningEvent,
    OrderEvent,
    OrderStatusEvent,
    QuoteEvent,
    TradeEvent,
    VenuePosition,
)
from tradetui.engine.model.instrument import EXACT, decimal_from
from tradetui.engine.storage.sessions import SessionInfo
from tradetui.engine.trading.portfolio import Portfolio

EQUITY_EVERY_NS = 60_000_000_000  # of market time, while the market is told: a curve of a day is 1,440 points
ZERO = Decimal(0)

Value = str | int | float | Decimal | bool | None


class Row(NamedTuple):
    """One row: its table, and its values in the order of the table's columns."""

    table: str
    values: tuple[Value, ...]


class SessionRows:
    """Folds a session's events, from the first on and in their order, into the rows that they add."""

    def __init__(self, info: SessionInfo) -> None:
        self.session = info.session
        self.seq = -1  # of the newest event taken
        self.portfolio = Portfolio(info.start_cash)
        self._trips = RoundTrips()
        self._marks: dict[str, float] = {}
        self._due_ns = 0
        self._on: dict[type, Callable[[Any], list[Row]]] = {
            FillEvent: self._fill,
            OpeningEvent: self._opening,
            OrderEvent: self._order,
            OrderStatusEvent: self._status,
            MarketEvent: lambda bar: self._mark(bar, bar.close),
            TradeEvent: lambda trade: self._mark(trade, trade.price),
            QuoteEvent: lambda quote: self._mark(
                quote, (quote.bid + quote.ask) / 2 if quote.bid and quote.ask else 0.0
            ),
        }

    def add(self, event: Event) -> list[Row]:
        """The rows of the next event; most have none."""
        self.seq = event.seq
        rows_of = self._on.get(type(event))
        return [] if rows_of is None else rows_of(event)

    def _order(self, order: OrderEvent) -> list[Row]:
        values = (
            order.ts_ns,
            order.order_id,
            plain_text(order.symbol),
            order.side,
            plain_money(order.quantity),
            order.type,
            None if order.limit_price is None else plain_money(order.limit_price),
            None if order.stop_price is None else plain_money(order.stop_price),
            order.time_in_force,
            order.role,
            order.parent,
            _finite(order.fraction),
            plain_text(order.reason),
            order.cause,
        )
        return [Row("orders", (self.session, order.seq, *values))]

    def _status(self, event: OrderStatusEvent) -> list[Row]:
        symbol, reason = plain_text(event.symbol), plain_text(event.reason)
        values = (event.ts_ns, event.order_id, symbol, event.status.value, reason, event.cause)
        return [Row("order_status", (self.session, event.seq, *values))]

    def _fill(self, fill: FillEvent) -> list[Row]:
        rows = [Row("fills", (self.session, fill.seq, *_fill_values(fill)))]
        if self.portfolio.apply(fill) is None:  # an execution that was told before moved nothing
            return rows
        self._marks[fill.symbol] = float(fill.price)
        trade = self._trips.add(fill)
        if trade is not None:
            rows.append(Row("trades", (self.session, fill.seq, *_trade_values(trade))))
        return [*rows, self._position(fill.symbol, fill.seq, fill.ts_ns), self._equity(fill.seq, fill.ts_ns)]

    def _opening(self, opening: OpeningEvent) -> list[Row]:
        """The account's own start: what it holds was entered at its average price, for the round trips too."""
        self.portfolio, self._trips = Portfolio(ZERO), RoundTrips()
        self.portfolio.adopt(opening)
        for held in opening.positions:
            if held.quantity:
                self._marks[held.symbol] = float(held.average_price)
                self._trips.add(_entry(opening, held))
        rows = [self._position(symbol, opening.seq, opening.ts_ns) for symbol in self.portfolio.positions]
        return [*rows, self._equity(opening.seq, opening.ts_ns)]

    def _position(self, symbol: str, seq: int, ts_ns: int) -> Row:
        held = self.portfolio.positions[symbol]
        money = (held.quantity, held.cost, held.average_price, held.realized, held.fees)
        amounts: list[Value] = [plain_money(amount) for amount in money]
        values = (ts_ns, plain_text(symbol), *amounts, held.opened_ns)
        return Row("positions", (self.session, seq, *values))

    def _mark(self, event: MarketEvent | TradeEvent | QuoteEvent, price: float) -> list[Row]:
        if price > 0 and isfinite(price):
            self._marks[event.symbol] = price
        if event.ts_ns < self._due_ns:
            return []
        self._due_ns = event.ts_ns - event.ts_ns % EQUITY_EVERY_NS + EQUITY_EVERY_NS
        return [self._equity(event.seq, event.ts_ns)]

    def _equity(self, seq: int, ts_ns: int) -> Row:
        portfolio = self.portfolio
        marks = {symbol: decimal_from(self._marks[symbol]) for symbol in portfolio.open}
        cash, realized, unrealized = portfolio.cash, portfolio.realized, portfolio.unrealized(marks)
        money = (cash, portfolio.equity(marks), realized, unrealized, portfolio.fees)
        return Row("equity", (self.session, seq, ts_ns, *map(plain_money, money)))


def plain_money(value: Decimal) -> Decimal:
    """An amount in the one form that every database gives back: no exponent, no negative zero."""
    if not value:
        return ZERO
    digits = value.as_tuple().exponent
    return EXACT.quantize(value, Decimal(1)) if isinstance(digits, int) and digits > 0 else value


def plain_text(text: str) -> str:
    """Text that every database takes: a zero byte and what is no valid Unicode become backslash escapes."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")


def _finite(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else float(value)


def _entry(opening: OpeningEvent, held: VenuePosition) -> FillEvent:
    """What was held at the start, as the fill by which a round trip begins; without an id it is nobody's execution."""
    return FillEvent(
        execution_id="",
        order_id=0,
        symbol=held.symbol,
        side=1 if held.quantity > 0 else -1,
        quantity=held.quantity.copy_abs(),
        price=held.average_price,
        fee=ZERO,
        liquidity="taker",
        role="open",
        ambiguous=False,
        decided_price=float(held.average_price),
        ts_ns=opening.ts_ns,
        seq=opening.seq,
    )


def _fill_values(fill: FillEvent) -> tuple[Value, ...]:
    return (
        fill.ts_ns,
        plain_text(fill.execution_id),
        fill.order_id,
        plain_text(fill.symbol),
        fill.side,
        plain_money(fill.quantity),
        plain_money(fill.price),
        plain_money(fill.fee),
        fill.liquidity,
        fill.role,
        fill.ambiguous,
        _finite(fill.decided_price),
        fill.cause,
        plain_money(fill.leaves),
    )


def _trade_values(trade: Trade) -> tuple[Value, ...]:
    return (
        plain_text(trade.symbol),
        trade.side,
        plain_money(trade.quantity),
        trade.entry_seq,
        trade.entry_ts_ns,
        plain_money(trade.entry_price),
        trade.exit_ts_ns,
        plain_money(trade.exit_price),
        plain_money(trade.pnl),
        plain_money(trade.gross_pnl),
        plain_money(trade.fees),
        trade.ambiguous,
    )
