"""The strategy's window on the account: implements trading.desk.Desk over the core's own state."""

from __future__ import annotations

from tradetui.engine.market.view import MarketView
from tradetui.engine.model.instrument import NANOS_PER_UNIT, decimal_from_nanos, nanos_from_float
from tradetui.engine.model.orders import Order
from tradetui.engine.trading.desk import History
from tradetui.engine.trading.order_manager import OrderManager
from tradetui.engine.trading.portfolio import Portfolio


class DeskView:
    """Reads only; every answer is as of the event being handled."""

    def __init__(self, portfolio: Portfolio, orders: OrderManager, view: MarketView) -> None:
        self._portfolio = portfolio
        self._orders = orders
        self._view = view

    def position(self, symbol: str) -> float:
        """Signed units held."""
        return float(self._portfolio.quantity(symbol))

    @property
    def cash(self) -> float:
        """Cash, proceeds of shorts included."""
        return float(self._portfolio.cash)

    @property
    def equity(self) -> float:
        """Cash and everything held at the last prices."""
        held = self._portfolio.open.values()
        return self.cash + sum(float(p.quantity) * (self._view.mark(p.symbol, p.quantity > 0) or 0.0) for p in held)

    @property
    def free(self) -> float:
        """Cash that may back a new position without borrowing."""
        marks = {}
        for position in self._portfolio.open.values():
            mark = self._view.mark(position.symbol, position.quantity > 0)
            marks[position.symbol] = decimal_from_nanos(nanos_from_float(mark or 0.0))
        return float(self._portfolio.free(marks))

    def price(self, symbol: str) -> float | None:
        """The last price seen, None before the first."""
        return self._view.price(symbol)

    def open_orders(self, symbol: str) -> list[Order]:
        """Orders that are held, queued or working, oldest first."""
        return self._orders.open_orders(symbol)

    def history(self, symbol: str, n: int) -> History:
        """The last `n` closed bars, fewer at the start of a run."""
        rows = self._view.rows(symbol, n)
        bars = self._view.bars
        if bars is None:
            raise RuntimeError("history was asked before the first bar")
        return History(
            bars.ts_ns[rows],
            bars.open[rows] / NANOS_PER_UNIT,
            bars.high[rows] / NANOS_PER_UNIT,
            bars.low[rows] / NANOS_PER_UNIT,
            bars.close[rows] / NANOS_PER_UNIT,
            bars.volume[rows],
        )
