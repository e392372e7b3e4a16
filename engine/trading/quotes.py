"""Two-sided quotes: keeps a market maker's bid and ask at the prices it wishes, with as few orders as that takes.

A side that already rests as wished keeps its place; any other is cancelled, then sent anew. Owns which order is whose
quote; everything else about orders is the order manager's. `docs/quotes.md` says how the limits bind quotes.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tradetui.engine.model.events import Event, OrderEvent, OrderStatusEvent, RefusalEvent, TradingState, TwoSidedQuote
from tradetui.engine.model.instrument import (
    EXACT,
    NANOS_PER_UNIT,
    Instrument,
    NotANumber,
    Number,
    decimal_from,
    decimal_from_nanos,
    nanos_from_decimal,
    nanos_from_float,
)
from tradetui.engine.model.orders import WORKING, Order, OrderAction, next_status
from tradetui.engine.trading.fees import FeeSchedule
from tradetui.engine.trading.moment import Moment
from tradetui.engine.trading.open_orders import OpenOrders
from tradetui.engine.trading.order_counts import OrderCounts
from tradetui.engine.trading.portfolio import Portfolio
from tradetui.engine.trading.quick_quotes import REPLACED, SENT, TAKEN_AWAY, Asked, QuickQuotes
from tradetui.engine.trading.quote_envelope import Envelope
from tradetui.engine.trading.quote_pair import Pair, Side
from tradetui.engine.trading.rate import RateLimit
from tradetui.engine.trading.risk import Book, Refused, RiskManager
from tradetui.engine.trading.sizing import ZERO
from tradetui.engine.trading.wishes import BadWish, sound_price, sound_quantity

_CANCELLED = {before: next_status(before, OrderAction.CANCEL) for before in WORKING}


class QuoteKeeper:
    """Owner of the working quotes of every symbol."""

    def __init__(
        self,
        portfolio: Portfolio,
        instruments: Mapping[str, Instrument],
        risk: RiskManager,
        fees: FeeSchedule,
        allow_short: bool,
        open_orders: OpenOrders,
        rate: RateLimit,
        counts: OrderCounts,
    ) -> None:
        self._portfolio = portfolio
        self._instruments = instruments
        self._risk = risk
        self._fees = fees
        self._allow_short = allow_short
        self._open = open_orders
        self._rate = rate
        self._counts = counts
        self.pairs: dict[str, Pair] = {}  # of each symbol that was quoted
        self.quick = QuickQuotes(portfolio, open_orders, counts)
        self._cash = ZERO  # the free cash seen last
        self._free = 0.0  # and as a float

    def on_quote(self, wish: TwoSidedQuote, now: Moment) -> list[Event]:
        """Cancels, then orders, that bring the resting quotes to what `wish` says; refusals where it may not be."""
        pair = self.pairs.get(wish.symbol) or self._new_pair(wish.symbol)
        if pair is not None and now.state is TradingState.ACTIVE:
            if now.free is not self._cash:
                self._cash, self._free = now.free, float(now.free)
            asked = Asked(now.ts_ns, now.cause, now.price, self._free, abs(self._free))
            if (quick := self.quick.quote(pair, wish, asked)) is not None:
                return quick.events
        events: list[Event] = []
        if pair is None:
            known = ", ".join(self._instruments)
            message = f"{wish.symbol} is not in this run; known are {known}"
            events.append(self._refusal(wish.symbol, 0, ZERO, Refused("SYMBOL", wish.symbol, known, message), now))
            return events
        bid, ask = pair.bid, pair.ask
        self._read(pair, bid, wish.bid_price, wish.bid_quantity, now, events)
        self._read(pair, ask, wish.ask_price, wish.ask_quantity, now, events)
        if bid.wish_price and ask.wish_price and bid.wish_price >= ask.wish_price:
            self._refuse_crossed(pair, now, events)
        keeps_bid = self._make_way(bid, now, events)
        keeps_ask = self._make_way(ask, now, events)  # both before anything new: they must never meet each other
        if bid.wish_price and not keeps_bid:
            self._renew(pair, bid, wish.reason, now, events)
        if ask.wish_price and not keeps_ask:
            self._renew(pair, ask, wish.reason, now, events)
        return events

    def withdraw(self, order: Order, reason: str, now: Moment) -> OrderStatusEvent:
        """Take one working quote away."""
        order.status = _CANCELLED[order.status]
        self._counts.cancelled += 1
        self._open.forget_quote(order)
        return OrderStatusEvent(order.order_id, order.symbol, order.status, reason, now.ts_ns)

    def after_exit(self, filled: Order, now: Moment) -> list[Event]:
        """Quotes that were to reduce what an exit has now closed, and would open a position instead."""
        return [
            self.withdraw(order, "the position it would reduce was closed", now)
            for order in self._open.of(filled.symbol)
            if order.role == "quote" and order.side == filled.side and self._open.enlarging(order, order.left)
        ]

    # -- reading the wish

    def _new_pair(self, symbol: str) -> Pair | None:
        instrument = self._instruments.get(symbol)
        if instrument is None:
            return None
        envelope = Envelope(self._risk.limits, instrument, self._fees, self._allow_short)
        self.pairs[symbol] = pair = Pair(instrument, envelope, self._open.by_symbol.setdefault(symbol, {}))
        return pair

    def _read(
        self, pair: Pair, side: Side, price: Number | None, quantity: Number | None, now: Moment, events: list[Event]
    ) -> None:
        """What a side is to be, on its grids, in nanos; nothing where it is not wished or cannot be an order."""
        side.wish_price = 0
        if price is None:
            side.told = ""
            return
        try:
            if quantity != side.asked or type(quantity) is not type(side.asked):
                self._read_quantity(pair, side, quantity)
            side.wish_price = nanos_from_decimal(sound_price(price, f"{side.name}_price", pair.instrument))
        except BadWish as bad:
            self._refuse(pair, side, bad.refused, now, events)
        except NotANumber as error:
            self._refuse(pair, side, Refused("FINITE", str(error), "finite numbers", str(error)), now, events)

    def _read_quantity(self, pair: Pair, side: Side, quantity: Number | None) -> None:
        side.asked = None
        if quantity is None:
            name = f"{side.name}_quantity"
            raise BadWish("QUANTITY", "none", name, f"a quote with a {side.name}_price needs a {name}")
        exact = sound_quantity(decimal_from(quantity), pair.instrument)
        side.wish_units = nanos_from_decimal(exact)
        side.quantity = decimal_from_nanos(side.wish_units) if pair.envelope.usable else exact
        side.enlarges = pair.envelope.enlarges(side.sign, side.wish_units, pair.position)
        side.asked = quantity

    def _refuse_crossed(self, pair: Pair, now: Moment, events: list[Event]) -> None:
        bid, ask = decimal_from_nanos(pair.bid.wish_price), decimal_from_nanos(pair.ask.wish_price)
        message = f"the bid of {bid} is not below the ask of {ask}"
        self._refuse(pair, pair.bid, Refused("QUOTE", str(bid), f"below {ask}", message), now, events)
        pair.bid.wish_price = pair.ask.wish_price = 0

    # -- acting on it

    def _make_way(self, side: Side, now: Moment, events: list[Event]) -> bool:
        """Cancel what rests there if it has another price or is not wished; whether it rests just as wished."""
        order = side.order
        if order is None:
            return False
        if order.status is not SENT and order.status not in WORKING:
            side.clear()
            return False
        if side.wish_price != side.price:
            side.clear()
            events.append(self.withdraw(order, REPLACED if side.wish_price else TAKEN_AWAY, now))
            return False
        return side.units == side.wish_units and order.status is SENT

    def _renew(self, pair: Pair, side: Side, wished: str, now: Moment, events: list[Event]) -> None:
        """Judge one side and send it, unless what rests at its price is just what it may be.

        What is replaced may fill until the venue has heard of its end: then it counts beside what replaces it, and
        stays where that would be no more.
        """
        order = side.order
        quantity, reason, refused = self._judge(pair, side, wished, now)
        if order is not None:
            if quantity and order.left == quantity:
                return
            told = REPLACED if quantity else TAKEN_AWAY
            if self._open.counts_leaving and not (self._open.guards_shorts and side.sign < 0):
                more = quantity > order.left
                quantity, reason, refused = self._judge(pair, side, wished, now, beside_its_own=True)
                if more and quantity <= order.left:
                    return
            events.append(self.withdraw(order, told, now))
            side.clear()
        units = nanos_from_decimal(quantity)
        if pair.envelope.usable:
            quantity = decimal_from_nanos(units)  # written the same however it came about: 2, not 2.0
        if refused is None and units and not self._rate.take(now.ts_ns):
            most = str(self._risk.limits.max_orders_per_second)
            message = f"more than {most} orders in a second; a quote does not wait, it would be old"
            refused, units = Refused("RATE", f"more than {most}", most, message), 0
        if refused is None:
            side.told = ""
        else:
            self._refuse(pair, side, refused, now, events)
        if units:
            self._send(pair, side, quantity, units, reason, now, events)

    def _judge(
        self, pair: Pair, side: Side, reason: str, now: Moment, beside_its_own: bool = False
    ) -> tuple[Decimal, str, Refused | None]:
        """How much of a side may be quoted, its reason with what cut it, and the check that refused the rest.

        What reduces the position may always be quoted while anything may be sent; the rest is judged as an entry.
        `beside_its_own`: what rests on that side may fill as well.
        """
        instrument, opened, risk = pair.instrument, self._open, self._risk
        price = decimal_from_nanos(nanos_from_float(now.price)) if now.price > 0 else ZERO
        limit = decimal_from_nanos(side.wish_price)
        order_id = 0 if side.order is None or beside_its_own else side.order.order_id
        position, symbol = self._portfolio.quantity(instrument.symbol), instrument.symbol
        whole = Order(order_id, symbol, side.sign, side.quantity, "limit", limit, None, "gtx", "quote", reason=reason)
        reduces = instrument.floor_to_lot(min(side.quantity, opened.reducible(whole)))
        may_enlarge = side.sign > 0 or self._allow_short
        if not reduces and not may_enlarge:  # nothing to sell: no fault of the wish
            return ZERO, reason, None
        refused = risk.check(
            whole, instrument, price, limit, self._fees, Book(now.state, position, ZERO, ZERO, ZERO, 0)
        )
        if refused is not None:
            return ZERO, reason, refused
        rest = EXACT.subtract(side.quantity, reduces)
        if not rest or not may_enlarge:  # the long position is all that there is to sell
            return reduces, reason, None
        entry = Order(order_id, symbol, side.sign, rest, "limit", limit, None, "gtx", reason=reason)
        pending, reserved = EXACT.add(opened.pending_beside(whole), reduces), opened.reserved_beside(whole)
        pending = EXACT.add(pending, opened.exiting_beside(whole))
        book = Book(now.state, position, pending, now.free, reserved, opened.count_beside(whole))
        refused = risk.check(entry, instrument, price, limit, self._fees, book)
        if refused is not None:
            return reduces, reason, refused
        return EXACT.add(reduces, entry.quantity), entry.reason, None

    def _send(
        self, pair: Pair, side: Side, quantity: Decimal, units: int, reason: str, now: Moment, events: list[Event]
    ) -> None:
        symbol, price, limit = pair.symbol, side.wish_price, decimal_from_nanos(side.wish_price)
        order = Order(0, symbol, side.sign, quantity, "limit", limit, None, "gtx", "quote", reason=reason)
        order.decided_price, order.ts_ns, order.cause, order.status = now.price, now.ts_ns, now.cause, SENT
        side.value = units * price // NANOS_PER_UNIT + 1
        self._open.add_quote(order, side.value)
        self._counts.send()
        side.order, side.price, side.units = order, price, units
        fields = (order.order_id, symbol, side.sign, quantity, order.type, limit, None, order.time_in_force, order.role)
        events.append(OrderEvent(*fields, 0, None, reason, now.ts_ns))

    # -- refusing

    def _refuse(self, pair: Pair, side: Side, refused: Refused, now: Moment, events: list[Event]) -> None:
        """Tell a refusal once while it lasts: who quotes every tenth of a second would tell of nothing else."""
        if side.told != refused.check:
            side.told = refused.check
            quantity = side.quantity if side.asked is not None else ZERO
            events.append(self._refusal(pair.instrument.symbol, side.sign, quantity, refused, now))

    def _refusal(self, symbol: str, side: int, quantity: Decimal, refused: Refused, now: Moment) -> RefusalEvent:
        self._counts.refuse(refused.check)
        return RefusalEvent(
            symbol, side, quantity, refused.check, refused.seen, refused.limit, refused.message, now.ts_ns
        )
