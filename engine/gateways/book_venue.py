"""The venue of a market simulated from ticks and books: our orders as its requests, its reports as fills and ends.

It keeps no market and no money. What the simulation tells in integer nanos becomes exact Decimals here, once per fill.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from tradetui.engine.market.bar_fills import Window
from tradetui.engine.market.simulation import (
    REPORT_CANCELLED,
    REPORT_EXPIRED,
    REPORT_FILL,
    REPORT_FOK,
    REPORT_GTX,
    REPORT_IOC,
    REPORT_NOTHING_TO_REDUCE,
    REPORT_REJECTED,
    REPORT_SELF_TRADE,
    MarketSimulation,
    Report,
    Request,
)
from tradetui.engine.model.events import FillEvent, OrderEvent
from tradetui.engine.model.instrument import (
    EXACT,
    NANOS_PER_UNIT,
    Instrument,
    decimal_from_nanos,
    nanos_from_decimal,
)
from tradetui.engine.model.orders import OrderStatus
from tradetui.engine.trading.fees import FeeSchedule
from tradetui.engine.trading.quick_quotes import Requote
from tradetui.engine.trading.session_day import session_end_ns
from tradetui.engine.trading.venue import Dropped, Lessened

KINDS = {"market": 0, "limit": 1, "stop": 2, "stop_limit": 3}
FORCES = {"day": 0, "gtc": 0, "ioc": 1, "fok": 2, "gtx": 3}
LIMIT, GTX = KINDS["limit"], FORCES["gtx"]
LEVELS_TAKEN = 50  # beyond these an order is reckoned at the last of them
EXITS = ("close", "stop_loss", "take_profit")
ENDS = {
    REPORT_CANCELLED: (OrderStatus.CANCELLED, "the venue cancelled it"),
    REPORT_EXPIRED: (OrderStatus.EXPIRED, "its session ended"),
    REPORT_REJECTED: (OrderStatus.REJECTED, "the venue rejected it"),
    REPORT_IOC: (OrderStatus.CANCELLED, "ioc: the rest did not fill"),
    REPORT_FOK: (OrderStatus.CANCELLED, "fok: all of it at once was not to be had"),
    REPORT_GTX: (OrderStatus.CANCELLED, "gtx: it would have taken, and is post-only"),
    REPORT_SELF_TRADE: (OrderStatus.CANCELLED, "self-trade: it met another order of ours"),
    REPORT_NOTHING_TO_REDUCE: (OrderStatus.CANCELLED, "nothing is left to close"),
}


class _Sent(msgspec.Struct, gc=False):
    """An order at the venue, the market when it was decided, and how often it filled."""

    order: OrderEvent
    decided: float
    executions: int = 0
    cancelled: bool = False  # by us; the venue may not know yet


class BookVenue:
    """Speaks with one MarketSimulation. `sent` keeps an order until the venue's last word about it."""

    rest: Window | None = None  # a book shows what happened when: nothing is left to assume

    def __init__(
        self,
        market: MarketSimulation,
        symbols: Sequence[str],
        instruments: Mapping[str, Instrument],
        fees: FeeSchedule,
        slip_nanos: int = 0,
        slip_bps: float = 0.0,
        allow_short: bool = True,
    ) -> None:
        self.market = market
        self.symbols = tuple(symbols)
        self._codes = {symbol: code for code, symbol in enumerate(symbols)}
        self._instruments = instruments
        self._fees = fees
        self._slip_nanos, self._slip_bps = slip_nanos, slip_bps
        self._allow_short = allow_short
        self.sent: dict[int, _Sent] = {}

    def submit(
        self, order: OrderEvent, *, wakes_ns: int | None = None, born: Window | None = None, decided: float = 0.0
    ) -> None:
        """Send an order; it arrives after the entry latency. `wakes_ns` and `born` are of bars and say nothing here."""
        symbol, force = order.symbol, order.time_in_force
        code = self._codes[symbol]
        expires_ns = 0
        if force == "day" and order.role == "open" and order.type != "market":
            expires_ns = session_end_ns(order.ts_ns, self._instruments[symbol].timezone)
        limit, stop = order.limit_price, order.stop_price
        if stop is not None:
            decided = float(stop)
        elif order.parent:
            decided = float(limit or 0)
        self.sent[order.order_id] = _Sent(order, decided)
        self.market.place(
            Request(
                order.order_id,
                code,
                order.side,
                KINDS[order.type],
                FORCES[force],
                nanos_from_decimal(order.quantity),
                0 if limit is None else nanos_from_decimal(limit),
                0 if stop is None else nanos_from_decimal(stop),
                order.role in EXITS or (order.role == "quote" and order.side < 0 and not self._allow_short),
                expires_ns,
            )
        )

    def cancel(self, symbol: str, order_id: int) -> bool:
        """Ask for an order's end. It may fill until the request arrives; `sent` forgets it when the answer is here."""
        sent = self.sent.get(order_id)
        if sent is None:
            return False
        sent.cancelled = True
        self.market.cancel(order_id)
        return True

    def requote(self, requote: Requote, decided: float) -> None:
        """Take quotes out of the market and send those that stand for them, at once and in nanos."""
        known, requests = self.sent, []
        for order_id in requote.ended:
            known[order_id].cancelled = True
        for order, units, limit in requote.sent:
            order_id, side = order.order_id, order.side
            known[order_id] = _Sent(order, decided)
            reduces = side < 0 and not self._allow_short
            requests.append((order_id, self._codes[order.symbol], side, LIMIT, GTX, units, limit, 0, reduces, 0))
        self.market.requote(requote.ended, requests)

    def let_go(self) -> list[int]:
        """The orders that ended because we cancelled them, where nothing else has happened to any order."""
        ended = self.market.answers()
        for order_id in ended:
            self.sent.pop(order_id, None)
        return ended

    def market_price(self, symbol: str, side: int, quantity: Decimal) -> Decimal:
        """What a unit costs on average if `quantity` is taken now, the worst level shown being as deep as needed.

        Slippage is added where we buy. The last trade's price where there is no display, 0 where there is neither.
        """
        code, wanted = self._codes[symbol], nanos_from_decimal(quantity)
        levels = self.market.depth(code, -side, LEVELS_TAKEN if wanted else 1)
        price = levels[0][0] if levels else self.market.last_trade(code)[0]
        value = left = 0
        if wanted:
            left = wanted
            for price, size, _ in levels:
                taken = min(left, size)
                value, left = value + taken * price, left - taken
                if not left:
                    break
            price = -(-(value + left * price) // wanted)
        if side > 0:
            price += self._slip_nanos + int(-(-price * self._slip_bps // 10_000))
        return decimal_from_nanos(price)

    def outcome(self, report: Report) -> FillEvent | Dropped | Lessened | None:
        """What a report means to the core; None for the answer to our own cancel, which it has told already."""
        if report.what == REPORT_FILL:
            return self._fill(report)
        if report.leaves:
            if self.sent[report.order_id].cancelled:
                return None
            reason = f"self-trade: {EXACT.normalize(decimal_from_nanos(report.size)):f} taken off"
            return Lessened(report.order_id, decimal_from_nanos(report.leaves), reason)
        sent = self.sent.pop(report.order_id, None)
        if sent is None or sent.cancelled:
            return None
        status, reason = ENDS[report.what]
        return Dropped(report.order_id, status, reason)

    def _fill(self, report: Report) -> FillEvent:
        sent = self.sent[report.order_id]
        order = sent.order
        sent.executions += 1
        units, price = decimal_from_nanos(report.size), decimal_from_nanos(report.price)
        if not report.leaves:
            del self.sent[report.order_id]
        return FillEvent(
            f"{order.order_id}-{sent.executions}",
            order.order_id,
            order.symbol,
            order.side,
            units,
            price,
            self._fees.fee(order.side, units, EXACT.multiply(units, price), report.maker),
            "maker" if report.maker else "taker",
            order.role,
            False,
            sent.decided or report.price / NANOS_PER_UNIT,
            report.known_ns,
            decimal_from_nanos(report.leaves),
        )
