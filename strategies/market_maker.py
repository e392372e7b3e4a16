"""Quote both sides around the microprice and lean against the inventory; post-only, a bounded position, any symbols.

The lean is linear in the inventory, as the reservation price of Avellaneda and Stoikov is ("High-frequency trading in
a limit order book", Quantitative Finance 8(3), 2008, equation 8); its strength is a parameter here, where theirs comes
from risk aversion, volatility and the time that is left.
"""

from __future__ import annotations

from decimal import Decimal
from math import isfinite

from tradetui.engine.errors import UsageError
from tradetui.engine.market.book_reading import BookReading, Touch
from tradetui.engine.model.events import FillEvent, MarketData, TimerEvent, TwoSidedQuote, Wish
from tradetui.engine.model.limits import RiskLimits
from tradetui.engine.model.wakes import Timer
from tradetui.engine.strategy import Strategy

LEVELS = 5  # of each side, whose imbalance `imbalance_weight` looks at
BASIS_POINT = 1e-4
Seen = tuple[Touch, float]  # the best of both sides and the inventory
Prices = tuple[float | None, float | None]  # of the bid and the ask; None for no quote there
_NANOS = 1_000_000_000
_COARSEST = 1_000 * _NANOS  # no grid is coarser than a thousand


class MarketMaker(Strategy):
    """Rests a bid and an ask, each `half_spread_bps` from a centre, and asks anew every `refresh_ms` and at each fill.

    The centre is the microprice, moved by `imbalance_weight` spreads times the imbalance of the best five levels, and
    against the inventory by `skew` half-spreads when it is full. `size` is what each side shows, in units;
    `max_inventory` bounds the position on either side: the quote that could pass it is left out. Without
    `--allow-short` it sells only what it holds.
    """

    name = "market_maker"

    def __init__(
        self,
        half_spread_bps: float = 2.0,
        size: float = 1.0,
        max_inventory: float = 5.0,
        skew: float = 1.0,
        imbalance_weight: float = 0.0,
        refresh_ms: int = 100,
    ) -> None:
        finite = all(map(isfinite, (half_spread_bps, max_inventory, skew, imbalance_weight)))
        if not (finite and half_spread_bps > 0 and 0 < size <= max_inventory and skew >= 0 and refresh_ms >= 1):
            raise UsageError(
                f"market_maker: half_spread_bps={half_spread_bps} size={size} max_inventory={max_inventory} "
                f"skew={skew} imbalance_weight={imbalance_weight} refresh_ms={refresh_ms}; expected half_spread_bps "
                "above 0, size above 0 and at most max_inventory, skew 0 or more, refresh_ms 1 or more, all finite"
            )
        self.half_spread_bps = half_spread_bps
        self.size = size
        self.max_inventory = max_inventory
        self.skew = skew
        self.imbalance_weight = imbalance_weight
        self.refresh_ms = refresh_ms
        self.subscribes = (Timer(refresh_ms),)
        self._grids: dict[str, Grid] = {}
        self._last: dict[str, tuple[Seen, Prices]] = {}

    def on_market_data(self, event: MarketData) -> list[Wish]:
        """Quote every book anew."""
        if type(event) is not TimerEvent:
            return []
        if not self.desk.books:
            raise UsageError("market_maker needs a book to quote in: give quotes, depth or order events as --data")
        return [self._quote(symbol) for symbol in self.desk.books]

    def on_fill(self, fill: FillEvent) -> list[Wish]:
        """The inventory changed: lean at once, and fill up what was taken."""
        return [self._quote(fill.symbol)]

    def get_risk_limits(self) -> RiskLimits:
        """The bound on the inventory once more, as a limit that no bug here can pass."""
        return RiskLimits(max_position=Decimal(str(self.max_inventory)))

    def _quote(self, symbol: str) -> TwoSidedQuote:
        book = self.desk.book(symbol)
        seen = (book.touch(), self.desk.position(symbol))
        last = self._last.get(symbol)
        if last is None or last[0] != seen or self.imbalance_weight:  # else nothing that it looks at has moved
            self._last[symbol] = last = (seen, self._prices(symbol, book, *seen))
        bid, ask = last[1]
        return TwoSidedQuote(symbol, bid, ask, None if bid is None else self.size, None if ask is None else self.size)

    def _prices(self, symbol: str, book: BookReading, touch: Touch, held: float) -> Prices:
        best_bid, bid_size, best_ask, ask_size = touch
        if not 0 < best_bid < best_ask or not bid_size + ask_size > 0:
            return None, None  # a side is missing or the feed is crossed: nobody knows the price
        centre = (best_bid * ask_size + best_ask * bid_size) / (bid_size + ask_size)
        if self.imbalance_weight:
            centre += self.imbalance_weight * (best_ask - best_bid) * book.imbalance(LEVELS)
        half = centre * self.half_spread_bps * BASIS_POINT
        centre -= self.skew * half * held / self.max_inventory
        grid = self._grid(symbol, book)
        grid.refine(best_bid, best_ask)
        bid = min(grid.down(centre - half), grid.down(best_ask, 1))  # one step off: it must rest, not take
        ask = max(grid.up(centre + half), grid.up(best_bid, 1))
        buys = bid > 0 and held + self.size <= self.max_inventory
        sells = held - self.size >= -self.max_inventory
        return bid if buys else None, ask if sells else None

    def _grid(self, symbol: str, book: BookReading) -> Grid:
        grid = self._grids.get(symbol)
        if grid is None:
            grid = self._grids[symbol] = Grid()
            grid.refine(*(price for price, _ in (*book.bids(), *book.asks())))
        return grid


class Grid:
    """The coarsest decimal step on which every price seen so far lies: where others quote is where a maker may.

    A run that does not name its tick would else let it better the best price by a billionth and call that priority.
    """

    __slots__ = ("step",)

    def __init__(self) -> None:
        self.step = _COARSEST

    def refine(self, *prices: float) -> None:
        """Take note of prices."""
        for price in prices:
            nanos = round(price * _NANOS)
            while nanos % self.step:
                self.step //= 10

    def down(self, price: float, steps: int = 0) -> float:
        """The highest point at or below `price`, or so many steps below that."""
        return (round(price * _NANOS) // self.step - steps) * self.step / _NANOS

    def up(self, price: float, steps: int = 0) -> float:
        """The lowest point at or above `price`, or so many steps above that."""
        return (-(-round(price * _NANOS) // self.step) + steps) * self.step / _NANOS
