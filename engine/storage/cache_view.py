"""What the cache shows of a session, folded from its events: newest ticks, positions, orders that wait. No I/O."""

from __future__ import annotations

from collections import deque
from decimal import Decimal

import msgspec

from tradetui.engine.model.events import (
    BookEvent,
    Event,
    FillEvent,
    MarketEvent,
    OpeningEvent,
    OrderEvent,
    OrderStatusEvent,
    QuoteEvent,
    TradeEvent,
)
from tradetui.engine.model.orders import DONE, OrderStatus
from tradetui.engine.trading.portfolio import Portfolio

TICKS_KEPT = 1_000  # of each symbol
SYMBOLS_MAX = 2_000  # beyond them new ones have no ticks here: two million ticks are memory enough


class PendingOrder(msgspec.Struct, frozen=True):
    """An order that still works; exact amounts as text."""

    order_id: int
    symbol: str
    side: int
    quantity: Decimal
    left: Decimal
    type: str
    limit_price: Decimal | None
    stop_price: Decimal | None
    role: str
    status: str
    ts_ns: int


class HeldPosition(msgspec.Struct, frozen=True):
    """A position that is not flat."""

    symbol: str
    quantity: Decimal
    cost: Decimal
    average_price: Decimal
    realized: Decimal
    fees: Decimal
    opened_ns: int
    ts_ns: int


class CacheView:
    """The state of now, and what of it changed since it was last asked."""

    def __init__(self) -> None:
        self.ticks: dict[str, deque[bytes]] = {}  # JSON, oldest first
        self.fresh: dict[str, int] = {}  # by symbol: how many ticks came since the last time
        self.positions: dict[str, HeldPosition] = {}
        self.orders: dict[int, PendingOrder] = {}
        self.changed_positions: set[str] = set()
        self.changed_orders: set[int] = set()
        self._portfolio = Portfolio(Decimal(0))

    def add(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case MarketEvent() | QuoteEvent() | TradeEvent() | BookEvent():
                self._tick(event)
            case OrderEvent():
                self._sent(event)
            case OrderStatusEvent():
                self._status(event)
            case FillEvent():
                self._fill(event)
            case OpeningEvent():
                self._open(event)
            case _:
                pass

    @property
    def changed(self) -> int:
        """How much there is to tell."""
        return sum(self.fresh.values()) + len(self.changed_positions) + len(self.changed_orders)

    def told(self) -> None:
        """Everything up to now was written."""
        self.fresh.clear()
        self.changed_positions.clear()
        self.changed_orders.clear()

    def _tick(self, event: MarketEvent | QuoteEvent | TradeEvent | BookEvent) -> None:
        ticks = self.ticks.get(event.symbol)
        if ticks is None:
            if len(self.ticks) >= SYMBOLS_MAX:
                return
            ticks = self.ticks[event.symbol] = deque(maxlen=TICKS_KEPT)
        ticks.append(msgspec.json.encode(event))
        self.fresh[event.symbol] = min(TICKS_KEPT, self.fresh.get(event.symbol, 0) + 1)

    def _sent(self, order: OrderEvent) -> None:
        self._order(
            PendingOrder(
                order.order_id,
                order.symbol,
                order.side,
                order.quantity,
                order.quantity,
                order.type,
                order.limit_price,
                order.stop_price,
                order.role,
                OrderStatus.SENT.value,
                order.ts_ns,
            )
        )

    def _status(self, event: OrderStatusEvent) -> None:
        order = self.orders.get(event.order_id)
        if order is not None:
            self._order(msgspec.structs.replace(order, status=event.status.value), over=event.status in DONE)

    def _order(self, order: PendingOrder, over: bool = False) -> None:
        if over:
            self.orders.pop(order.order_id, None)
        else:
            self.orders[order.order_id] = order
        self.changed_orders.add(order.order_id)

    def _fill(self, fill: FillEvent) -> None:
        order = self.orders.get(fill.order_id)
        if order is not None:
            status = OrderStatus.PARTIALLY_FILLED.value
            self._order(msgspec.structs.replace(order, left=fill.leaves, status=status), over=not fill.leaves)
        if self._portfolio.apply(fill) is None:
            return
        self._position(fill.symbol, fill.ts_ns)

    def _open(self, opening: OpeningEvent) -> None:
        self._portfolio = Portfolio(Decimal(0))
        self._portfolio.adopt(opening)
        for symbol in self._portfolio.positions:
            self._position(symbol, opening.ts_ns)

    def _position(self, symbol: str, ts_ns: int) -> None:
        held = self._portfolio.positions[symbol]
        self.changed_positions.add(symbol)
        if held.quantity:
            self.positions[symbol] = HeldPosition(
                symbol,
                held.quantity,
                held.cost,
                held.average_price,
                held.realized,
                held.fees,
                held.opened_ns,
                ts_ns,
            )
        else:
            self.positions.pop(symbol, None)
