"""The deterministic core: market and commands in, numbered; events out, oldest first. No I/O, no clock, no randomness.

The order of work, for every input: the venue reacts to the market and its fills settle; then the strategy is asked;
then its orders settle. A strategy sees an event only after every consequence of it has been applied.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Generic, TypeVar

import msgspec
from msgspec.structs import force_setattr

from tradetui.engine.analytics.recorder import Change, CurveRecorder
from tradetui.engine.desk_view import DeskView
from tradetui.engine.market.bar_fills import Window
from tradetui.engine.market.bars import Bars
from tradetui.engine.market.view import MarketView
from tradetui.engine.model.events import (
    Event,
    FillEvent,
    OrderEvent,
    OrderStatusEvent,
    SignalEvent,
    StrategyErrorEvent,
    TradingState,
    TwoSidedQuote,
    Wish,
)
from tradetui.engine.model.instrument import Instrument, decimal_from_nanos, nanos_from_float
from tradetui.engine.model.orders import OrderStatus
from tradetui.engine.strategy import Strategy, check_signals
from tradetui.engine.trading.drawdown import DrawdownGuard
from tradetui.engine.trading.fees import FeeSchedule
from tradetui.engine.trading.moment import Moment
from tradetui.engine.trading.order_manager import OrderManager
from tradetui.engine.trading.portfolio import Portfolio, Position
from tradetui.engine.trading.quick_quotes import Requote
from tradetui.engine.trading.risk import RiskManager
from tradetui.engine.trading.venue import Dropped, Lessened, Venue

V = TypeVar("V", bound=Venue)


class StrategyRaised(Exception):
    """The strategy raised while it was asked for a size or a level; `error` is what it raised."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


class Core(Generic[V]):
    """State of a run and the order of work on it. What it needs is handed in; what happened comes out.

    How a move of the market reaches the venue is for `settling` to say (bars, quotes) and for `book_loop` (ticks and
    books); what an operator may do, for `control`.
    """

    def __init__(
        self,
        strategy: Strategy,
        instruments: Mapping[str, Instrument],
        venue: V,
        risk: RiskManager,
        fees: FeeSchedule,
        cash: Decimal,
        same_close: bool = False,
        view: MarketView | None = None,
    ) -> None:
        self.strategy = strategy
        self.limits = risk.limits
        self.venue = venue
        self._symbols = max(1, len(instruments))
        self.view = MarketView() if view is None else view
        self.portfolio = Portfolio(cash)
        self.orders = OrderManager(
            self.portfolio,
            instruments,
            risk,
            fees,
            self._strategy_size,
            self.even_share,
            self._strategy_levels,
            strategy.allow_short,
        )
        self.guard = DrawdownGuard(risk.limits.max_drawdown, float(cash))
        self.curve = CurveRecorder(float(cash))
        self.changes: list[Change] = []
        self.state = TradingState.ACTIVE
        self.stopped = False  # the strategy raised
        self.same_close = same_close
        self.first_row = 0  # of the chunk being worked, where `changes` count from
        self._answers_fills = type(strategy).on_fill is not Strategy.on_fill
        self._out: list[Event] = []
        self._seq = 0
        self._order_seq: dict[int, int] = {}
        strategy.desk = DeskView(self.portfolio, self.orders, self.view, self.equity, self.free)

    # -- numbering

    @property
    def seq(self) -> int:
        """Number of the newest input or event."""
        return self._seq

    def input(self, count: int = 1) -> int:
        """Number the next `count` inputs and return the number of the last."""
        self._seq += count
        return self._seq

    def reach(self, seq: int) -> None:
        """Say that inputs up to number `seq` have come in."""
        self._seq = max(self._seq, seq)

    def take(self) -> list[Event]:
        """What happened since the last call, oldest first."""
        out, self._out = self._out, []
        return out

    def emit(self, event: Event, cause: int) -> None:
        """Number an event, name its cause and put it out."""
        self._seq += 1
        force_setattr(event, "seq", self._seq)
        force_setattr(event, "cause", cause)
        self._out.append(event)

    def put_out(self, wish: TwoSidedQuote, requote: Requote) -> None:
        """Put out a wish that bears the number after `seq`, and what follows from it, numbered after that."""
        self._out.append(wish)
        self._out += requote.events
        self._seq += 1 + len(requote.events)
        for order, _, _ in requote.sent:
            self._order_seq[order.order_id] = order.seq

    # -- wishes and orders

    def signals(
        self,
        signals: Sequence[Wish],
        ts_ns: int,
        cause: int,
        *,
        wakes_ns: int | None = None,
        symbol: str = "",
        price: float = 0.0,
    ) -> None:
        """Put a strategy's wishes through sizing, risk and the venue; `wakes_ns` is for `route`.

        `price` is the last price of `symbol` where the caller knows it: asking the view for it costs more. A quote that
        already stands as wished is not put out: nothing happened.
        """
        for signal in signals:
            if signal.seq:  # the strategy keeps and reuses its signals; what was put out must not change
                signal = msgspec.structs.replace(signal, seq=0)
            force_setattr(signal, "ts_ns", ts_ns)
            last = price if signal.symbol == symbol else self.view.price(signal.symbol) or 0.0
            now = Moment(ts_ns, self._seq + 1, last, self.free(), self.state)
            if isinstance(signal, TwoSidedQuote):
                events = self.orders.on_quote(signal, now)
                if not events:
                    continue
                self.emit(signal, cause)
            else:
                self.emit(signal, cause)
                try:
                    events = self.orders.on_signal(signal, now)
                except StrategyRaised as raised:
                    self.fail(raised.error, ts_ns, signal.seq)
                    return
            if wakes_ns is None and symbol and signal.symbol != symbol:
                self.route(events, signal.seq, wakes_ns=ts_ns)  # its own bar of this time may still be to come
            else:
                self.route(events, signal.seq, wakes_ns=wakes_ns)

    def route(
        self, events: Sequence[Event], cause: int, born: Window | None = None, wakes_ns: int | None = None
    ) -> None:
        """Put events out and bring to the venue what concerns it.

        Orders sleep until a bar that begins at `wakes_ns` or later, where that is given.
        """
        symbol, decided = "", 0.0
        for event in events:
            self.emit(event, cause)
            if type(event) is OrderEvent:
                self._order_seq[event.order_id] = event.seq
                if event.symbol != symbol:
                    symbol, decided = event.symbol, self.view.decided_at(event.symbol)
                self.venue.submit(event, born=born, wakes_ns=wakes_ns, decided=decided)
            elif type(event) is OrderStatusEvent and event.status == OrderStatus.CANCELLED:
                if not self.orders.cancels_take_time:
                    self._order_seq.pop(event.order_id, None)
                self.venue.cancel(event.symbol, event.order_id)

    def release(self, ts_ns: int) -> None:
        """Send orders that waited for the rate limit."""
        if self.orders.waiting:
            self.route(self.orders.release(self.now(ts_ns, self._seq), self.view.price), self._seq)

    def fail(self, error: BaseException, ts_ns: int, cause: int) -> None:
        """The strategy raised: stop asking it, cancel its entries, keep its positions and their protective orders."""
        self.stopped = True
        name = self.strategy.name or type(self.strategy).__name__
        text = "".join(traceback.format_exception(error))
        self.emit(StrategyErrorEvent(name, f"{type(error).__name__}: {error}", text, ts_ns), cause)
        now = self.now(ts_ns, self._seq)
        self.route(self.orders.cancel_entries("its strategy stopped", now, every_quote=True), self._seq)

    # -- what can be asked

    def free(self) -> Decimal:
        """Cash that may back a new position."""
        portfolio = self.portfolio
        return portfolio.free(self.marks()) if portfolio.short else portfolio.cash

    def equity(self) -> float:
        """Cash and everything held, at the marks of now."""
        total = float(self.portfolio.cash)
        for position in self.portfolio.open.values():
            total += float(position.quantity) * self._mark(position)
        return total

    def even_share(self) -> float:
        """The part of the free cash that makes a position its even share of equity, one part a symbol of the run."""
        free = float(self.free())
        if self._symbols == 1 or free <= 0:
            return 1.0
        return min(1.0, max(1e-9, self.equity() / self._symbols / free))

    def marks(self) -> dict[str, Decimal]:
        """The mark of every open position, exact."""
        return {
            position.symbol: decimal_from_nanos(nanos_from_float(self._mark(position)))
            for position in self.portfolio.open.values()
        }

    def record(self, bars: Bars) -> None:
        """Hand a finished chunk to the equity curve."""
        index = {symbol: i for i, symbol in enumerate(bars.symbols)}
        held = {index[s]: float(p.quantity) for s, p in self.portfolio.open.items() if s in index}
        self.curve.add(bars, self.changes, float(self.portfolio.cash), held)
        self.changes = []

    # -- consequences

    def filled(self, fill: FillEvent, row: int = -1) -> None:
        """Book an execution and bring about all that follows from it; `row` is that of its bar, -1 outside bars."""
        self.booked(fill, row)
        self.answered(fill)

    def booked(self, fill: FillEvent, row: int = -1) -> None:
        """Book an execution, with the orders that it places and ends; `answered` is to follow."""
        self.emit(fill, self._order_seq.get(fill.order_id, 0))
        self.portfolio.apply(fill)
        if not fill.leaves:
            self._order_seq.pop(fill.order_id, None)
        signed = float(fill.quantity) * fill.side
        price = float(fill.price)
        bars = self.view.bars
        if bars is not None and row >= 0:
            symbol = bars.symbols.index(fill.symbol)
            self.changes.append(Change(row - self.first_row, symbol, signed, -signed * price - float(fill.fee)))
        now = Moment(fill.ts_ns, fill.seq, price, self.free(), self.state)
        self.route(self.orders.on_fill(fill, now), fill.seq, born=self.venue.rest)

    def answered(self, fill: FillEvent) -> None:
        """Tell the strategy of an execution that was booked, and put through what it wishes."""
        if self._answers_fills and not self.stopped:
            try:
                signals = self.strategy.on_fill(fill)
                if signals:
                    check_signals(signals)
            except (Exception, SystemExit) as error:  # noqa: BLE001  # a strategy may raise anything; it is stopped
                self.fail(error, fill.ts_ns, fill.seq)
                return
            if signals:
                self.signals(signals, fill.ts_ns, fill.seq, wakes_ns=fill.ts_ns + 1)

    def dropped(self, dropped: Dropped, ts_ns: int, cause: int, symbol: str = "") -> None:
        """The venue gave an order up; `symbol` where something may be sent in its place, which needs a price."""
        self._order_seq.pop(dropped.order_id, None)
        now = self.now(ts_ns, cause, symbol)
        self.route(self.orders.on_dropped(dropped.order_id, dropped.status, dropped.reason, now), cause)

    def put_back(self, sent: OrderEvent, signal: SignalEvent | None) -> None:
        """Keep an order that an earlier part of this session sent on account of `signal`."""
        self._order_seq[sent.order_id] = sent.seq
        self.orders.put_back(sent, signal, self.now(sent.ts_ns, sent.cause, sent.symbol))

    def let_go(self, order_id: int) -> None:
        """The venue has let go of an order that we cancelled: it cannot fill any more."""
        self._order_seq.pop(order_id, None)
        self.orders.let_go(order_id)

    def lessened(self, lessened: Lessened, ts_ns: int, cause: int) -> None:
        """The venue took a part off an order."""
        now = self.now(ts_ns, cause)
        self.route(self.orders.on_lessened(lessened.order_id, lessened.left, lessened.reason, now), cause)

    def _mark(self, position: Position) -> float:
        """What one unit is worth now; at cost where no price was ever seen on that side, never at nothing."""
        return self.view.mark(position.symbol, position.quantity > 0) or float(position.average_price)

    def _strategy_size(self, signal: SignalEvent, capital: Decimal) -> Decimal | None:
        try:
            return self.strategy.calculate_position_size(signal, capital)
        except (Exception, SystemExit) as error:  # a strategy may raise anything; `signals` stops and records it
            raise StrategyRaised(error) from error

    def _strategy_levels(self) -> tuple[float | None, float | None]:
        try:
            return self.strategy.get_stop_loss(), self.strategy.get_take_profit()
        except (Exception, SystemExit) as error:  # likewise
            raise StrategyRaised(error) from error

    def now(self, ts_ns: int, cause: int, symbol: str = "") -> Moment:
        """What the order manager is to know of now; the price is that of `symbol`."""
        price = self.view.price(symbol) if symbol else None
        return Moment(ts_ns, cause, price or 0.0, self.free(), self.state)
