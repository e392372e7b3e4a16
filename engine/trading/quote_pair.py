"""What is known of the two quotes of one symbol: what rests, what is wished. Data; the keeper of quotes changes it."""

from __future__ import annotations

from decimal import Decimal

from tradetui.engine.model.instrument import Instrument, nanos_from_decimal
from tradetui.engine.model.orders import Order
from tradetui.engine.trading.quote_envelope import Envelope

ZERO = Decimal(0)


class Side:
    """One side: what rests there, and what the wish being worked wants there (price 0 for nothing), in nanos."""

    __slots__ = (
        "asked", "enlarges", "name", "order", "price", "quantity", "sign", "told", "units", "value", "wish_price",
        "wish_units",
    )  # fmt: skip

    def __init__(self, sign: int, name: str) -> None:
        self.sign = sign
        self.name = name
        self.order: Order | None = None  # may have ended meanwhile: its status says
        self.price = self.units = self.value = 0  # of the order
        self.wish_price = self.wish_units = 0
        self.asked: object = None  # the last sound quantity as the strategy wrote it
        self.quantity = ZERO  # and what it is
        self.enlarges = 0  # the envelope's answer for it
        self.told = ""  # the check that refused the last wish: told once while it lasts

    def clear(self) -> None:
        """Nothing of ours rests there any more, and nothing is reserved for it."""
        self.order, self.value = None, 0


class Pair:
    """Both sides of one symbol, and what of the symbol is the same from wish to wish."""

    __slots__ = (
        "ask", "bid", "envelope", "held", "instrument", "orders", "position", "shorts", "symbol", "tick", "tick_twice"
    )  # fmt: skip

    def __init__(self, instrument: Instrument, envelope: Envelope, orders: dict[int, Order]) -> None:
        self.bid, self.ask = Side(1, "bid"), Side(-1, "ask")
        self.instrument = instrument
        self.symbol = instrument.symbol
        self.envelope = envelope
        self.orders = orders  # all that are open in the symbol, quotes or not
        self.shorts = envelope.allow_short
        self.tick = nanos_from_decimal(instrument.tick)
        self.tick_twice = 2 * self.tick
        self.held = ZERO  # the position when it was last looked at
        self.position = 0  # and in nanos

    def hold(self, position: Decimal) -> None:
        """The position changed: what a quote would enlarge of it did too."""
        self.held, self.position = position, nanos_from_decimal(position)
        for side in (self.bid, self.ask):
            side.enlarges = self.envelope.enlarges(side.sign, side.wish_units, self.position)
