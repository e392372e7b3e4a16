"""The strategy's window on the account: implements trading.desk.Desk over the core's own state."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from tradetui.engine.market.book_reading import BookReading
from tradetui.engine.market.view import MarketView
from tradetui.engine.model.instrument import NANOS_PER_UNIT
from tradetui.engine.model.orders import Order
from tradetui.engine.trading.desk import History, NoBook
from tradetui.engine.trading.order_manager import OrderManager
from tradetui.engine.trading.portfolio import Portfolio


class DeskView:
    """Reads only; every answer is as of the event being handled."""

    def __init__(
        self,
        portfolio: Portfolio,
        orders: OrderManager,
        view: MarketView,
        equity: Callable[[], float],
        free: Callable[[], Decimal],
    ) -> None:
        self._portfolio = portfolio
        self._orders = orders
        self._view = view
        self._equity = equity
        self._free = free

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
        return self._equity()

    @property
    def free(self) -> float:
        """Cash that may back a new position without borrowing."""
        return float(self._free())

    def price(self, symbol: str) -> float | None:
        """The last price seen, None before the first."""
        return self._view.price(symbol)

    def open_orders(self, symbol: str) -> list[Order]:
        """Orders that are held, queued or working, oldest first."""
        return self._orders.open_orders(symbol)

    def history(self, symbol: str, n: int) -> History:
        """The last `n` closed bars, fewer at the start of a run."""
        bars, rows = self._view.closed_bars(symbol, n)
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

    @property
    def books(self) -> tuple[str, ...]:
        """The symbols whose book these data show."""
        return tuple(self._view.books)

    def book(self, symbol: str) -> BookReading:
        """The order book as it stands; raises NoBook where these data have none of that symbol."""
        book = self._view.books.get(symbol)
        if book is None:
            known = ", ".join(self._view.books) or "none of this run's symbols"
            raise NoBook(
                f"desk.book({symbol!r}): these data show no book of it (they do of {known}); give quotes, depth or "
                "orders as --data, as `tradetui data import` and `tradetui data generate --kind session` write them"
            )
        return book
