"""The checks before an order leaves, in order; each has a code, the value it saw and its limit. No I/O, no clock.

An error or a NaN inside a check denies. Refusals are values; only `Approved` orders can be sent.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import msgspec

from tradetui.engine.model.events import TradingState
from tradetui.engine.model.instrument import EXACT, Instrument
from tradetui.engine.model.limits import RiskLimits
from tradetui.engine.model.orders import Order
from tradetui.engine.trading.fees import FeeSchedule
from tradetui.engine.trading.sizing import cost_of

ZERO = Decimal(0)


class Refused(NamedTuple):
    """A denied order: which check, what it saw, what it allows, and the sentence a trader reads."""

    check: str
    seen: str
    limit: str
    message: str


class Book(msgspec.Struct, frozen=True, gc=False):
    """What the checks need to know of the account at this moment."""

    state: TradingState
    position: Decimal  # signed, filled
    pending: Decimal  # units of opening orders of the same side that are working or queued
    free: Decimal  # cash that may back a new position
    reserved: Decimal  # part of it that working opening orders will need
    open_orders: int  # others that are queued or working
    maker: bool = True  # whether an order with a limit is to be paid for with the maker's fee


class RiskManager:
    """Applies RiskLimits to one order at a time. Stateless: everything it judges by is in its arguments."""

    def __init__(self, limits: RiskLimits) -> None:
        self.limits = limits
        self._extra = any(
            value is not None
            for value in (
                limits.max_order_quantity,
                limits.max_order_value,
                limits.price_collar,
                limits.max_open_orders,
                limits.max_position,
                limits.max_position_value,
            )
        )

    @property
    def needs_quantity(self) -> bool:
        """Whether a check looks at units, so that an order sized at its fill must be sized before."""
        return self._extra or bool(self.limits.capital_buffer)

    def check(
        self, order: Order, instrument: Instrument, price: Decimal, reference: Decimal, fees: FeeSchedule, book: Book
    ) -> Refused | None:
        """The first check that denies `order`, or None. May shrink `order.quantity` to what the position limit allows.

        `price` is the market's, `reference` the one the order would pay. Sizes, counts and positions bind what opens:
        a limit that kept somebody from leaving a position would raise the risk that it is there to bound.
        """
        refused = self._state(order, book) or self._form(order, instrument, price)
        if refused is None and self._extra:
            refused = self._collar(order, price)
            if refused is None and order.role == "open":
                refused = (
                    self._size(order, reference) or self._count(book) or self._position(order, instrument, price, book)
                )
        if refused is None and order.role == "open":
            refused = self._capital(order, reference, fees, book)
        return refused

    def _state(self, order: Order, book: Book) -> Refused | None:
        if book.state == TradingState.ACTIVE or (book.state == TradingState.REDUCING and order.role != "open"):
            return None
        allowed = "nothing" if book.state == TradingState.HALTED else "orders that reduce"
        return Refused("STATE", book.state.value, allowed, f"trading is {book.state.value}: {allowed} may be sent")

    def _form(self, order: Order, instrument: Instrument, price: Decimal) -> Refused | None:
        quantity = order.quantity
        if order.fraction is None:
            if not quantity.is_finite() or quantity <= 0:
                return Refused("QUANTITY", _text(quantity), "above 0", f"quantity {_text(quantity)} is not above 0")
            if order.role == "open" and quantity > instrument.quantity_max:  # what was bought can always be sold
                most = _text(instrument.quantity_max)
                return Refused("QUANTITY", _text(quantity), most, f"quantity {_text(quantity)} is above {most}")
            if order.role in ("open", "quote") and not instrument.on_lot(quantity):  # a fee in units leaves odd ones
                lot = _text(instrument.lot)
                return Refused(
                    "LOT", _text(quantity), lot, f"quantity {_text(quantity)} is no multiple of the lot {lot}"
                )
        leaves = order.role in ("close", "stop_loss", "take_profit")  # which needs no price to be judged by
        if not price.is_finite() or price < 0 or not (price or leaves):
            return Refused(
                "PRICE", _text(price), "above 0", f"no usable market price for {order.symbol}: {_text(price)}"
            )
        for name, value in (("limit", order.limit_price), ("stop", order.stop_price)):
            if value is None:
                continue
            if not value.is_finite() or value <= 0:
                return Refused("PRICE", _text(value), "above 0", f"{name} price {_text(value)} is not above 0")
            if not instrument.on_tick(value):
                tick = _text(instrument.tick)
                return Refused("TICK", _text(value), tick, f"{name} price {_text(value)} is not on the tick of {tick}")
        return None

    def _size(self, order: Order, price: Decimal) -> Refused | None:
        most = self.limits.max_order_quantity
        if most is not None and order.quantity > most:
            return Refused(
                "FAT_FINGER",
                _text(order.quantity),
                _text(most),
                f"{_text(order.quantity)} units in one order, limit {_text(most)}",
            )
        value, most = EXACT.multiply(order.quantity, price), self.limits.max_order_value
        if most is not None and value > most:
            return Refused(
                "FAT_FINGER", _text(value), _text(most), f"an order worth {_text(value)}, limit {_text(most)}"
            )
        return None

    def _collar(self, order: Order, price: Decimal) -> Refused | None:
        collar = self.limits.price_collar
        if collar is None or order.role in ("stop_loss", "take_profit"):
            return None
        for name, value in (("limit", order.limit_price), ("stop", order.stop_price)):
            if value is None:
                continue
            away = EXACT.subtract(value, price).copy_abs()
            if away > EXACT.multiply(collar, price):
                percent = f"{float(away) / float(price):.2%}"
                return Refused(
                    "COLLAR",
                    percent,
                    f"{float(collar):.2%}",
                    f"{name} price {_text(value)} is {percent} from the market at {_text(price)}, "
                    f"limit {float(collar):.2%}",
                )
        return None

    def _count(self, book: Book) -> Refused | None:
        most = self.limits.max_open_orders
        if most is None or book.open_orders < most:
            return None
        return Refused(
            "OPEN_ORDERS", str(book.open_orders), str(most), f"{book.open_orders} orders are open, limit {most}"
        )

    def _position(self, order: Order, instrument: Instrument, price: Decimal, book: Book) -> Refused | None:
        """Working and queued orders count as if they were filled."""
        allowed = self._allowed(price, instrument.lot)
        if allowed is None:
            return None
        held = EXACT.add(EXACT.multiply(book.position, Decimal(order.side)), book.pending)
        after = EXACT.add(held, order.quantity)
        if after <= allowed:
            return None
        room = instrument.floor_to_lot(max(EXACT.subtract(allowed, held), ZERO))
        if self.limits.position_action == "reduce" and room > 0:
            order.reason = f"{order.reason} [POSITION: reduced from {_text(order.quantity)} to {_text(room)}]".strip()
            order.quantity = room
            return None
        return Refused(
            "POSITION",
            _text(after),
            _text(allowed),
            f"{order.symbol} would be {_text(after)} units, limit {_text(allowed)}",
        )

    def _allowed(self, price: Decimal, lot: Decimal) -> Decimal | None:
        units, value = self.limits.max_position, self.limits.max_position_value
        if value is not None:
            by_value = EXACT.multiply(EXACT.divide_int(value, EXACT.multiply(price, lot)), lot)
            return by_value if units is None else min(units, by_value)
        return units

    def _capital(self, order: Order, reference: Decimal, fees: FeeSchedule, book: Book) -> Refused | None:
        maker = book.maker and order.type in ("limit", "stop_limit")
        cost = cost_of(order.quantity, reference, order.side, fees, maker)
        need = EXACT.add(EXACT.add(cost, self.limits.capital_buffer), book.reserved)
        if need <= book.free:
            return None
        parts = f"costs {_text(cost)}"
        if self.limits.capital_buffer:
            parts += f" with a buffer of {_text(self.limits.capital_buffer)}"
        if book.reserved:
            parts += f" besides {_text(book.reserved)} for working orders"
        return Refused(
            "CAPITAL", _text(need), _text(book.free), f"{order.symbol} {parts}; free cash is {_text(book.free)}"
        )


def _text(amount: Decimal) -> str:
    return f"{EXACT.normalize(amount):f}" if amount.is_finite() else str(amount)
