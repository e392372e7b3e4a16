"""From a strategy's wish to an order that is sound in itself: every number finite, positive and on its grid."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal

from tradetui.engine.model.events import SignalEvent
from tradetui.engine.model.instrument import (
    EXACT,
    NANO,
    PRICE_MAX,
    Instrument,
    NotANumber,
    Number,
    decimal_from,
    decimal_from_nanos,
    nanos_from_float,
)
from tradetui.engine.model.orders import Order
from tradetui.engine.trading.risk import Refused

Sizer = Callable[[SignalEvent, Decimal], Decimal | None]  # the strategy's size in units; None: all the free cash
Share = Callable[[], float]  # the part of the free cash that an entry without any size commits
Levels = Callable[[], tuple[float | None, float | None]]  # stop-loss and take-profit as fractions of the entry price

ZERO, ONE = Decimal(0), Decimal(1)
FRACTION_MIN = 1e-9  # of the free cash: less than that buys nothing anywhere
DISTANCE_MAX = 1000  # a level further than a thousand times the entry price away is a percentage or a mistake
DISTANCE_UNIT = Decimal("1e-18")  # finer than any tick needs; keeps the product with a price exact
_ROUNDING = Context(prec=80, rounding=ROUND_HALF_EVEN)
_TYPES = ("market", "limit", "stop", "stop_limit")
_TIMES_IN_FORCE = ("day", "gtc", "ioc", "fok", "gtx")
_WITH_LIMIT, _WITH_STOP = ("limit", "stop_limit"), ("stop", "stop_limit")


class BadWish(Exception):
    """A wish that cannot become an order; `refused` says which check, what was seen and what is allowed."""

    def __init__(self, check: str, seen: object, limit: str, message: str) -> None:
        super().__init__(message)
        self.refused = Refused(check, str(seen), limit, message)


class Wishes:
    """Makes entry orders from signals, with the strategy's own sizes and levels where the signal gives none."""

    def __init__(self, sizer: Sizer, share: Share, levels: Levels) -> None:
        self._sizer = sizer
        self._share = share
        self._levels = levels

    def entry(
        self,
        signal: SignalEvent,
        instrument: Instrument,
        side: int,
        price: float,
        free: Decimal,
        quantity: Decimal | None = None,
    ) -> Order:
        """The entry that `signal` asks for, not yet numbered or dated; `quantity` where it is already known.

        Raises BadWish.
        """
        kind = signal.type
        if kind not in _TYPES:
            raise BadWish("TYPE", kind, ", ".join(_TYPES), f"{kind!r} is no type of order")
        if signal.time_in_force not in _TIMES_IN_FORCE:
            seen = signal.time_in_force
            raise BadWish("TIME_IN_FORCE", seen, ", ".join(_TIMES_IN_FORCE), f"{seen!r} is no time in force")
        if signal.time_in_force == "gtx" and kind != "limit":
            raise BadWish(
                "TIME_IN_FORCE", "gtx", "limit", f"only a limit order can be post-only (gtx), not a {kind} order"
            )
        try:
            fraction = None
            if quantity is None:
                quantity, fraction = self._size(signal, instrument, free)
            order = Order(
                0,
                signal.symbol,
                side,
                quantity,
                kind,
                _own_price(signal.limit_price, "limit_price", instrument, kind, kind in _WITH_LIMIT),
                _own_price(signal.stop_price, "stop_price", instrument, kind, kind in _WITH_STOP),
                signal.time_in_force,
                "open",
                0,
                fraction,
                None if signal.stop_loss is None else sound_price(signal.stop_loss, "stop_loss", instrument),
                None if signal.take_profit is None else sound_price(signal.take_profit, "take_profit", instrument),
                signal.reason,
                price,
            )
            self._set_levels(order, price)
        except NotANumber as error:
            raise BadWish("FINITE", error, "finite numbers", str(error)) from None
        return order

    def _size(self, signal: SignalEvent, instrument: Instrument, free: Decimal) -> tuple[Decimal, float | None]:
        if signal.quantity is not None:
            return sound_quantity(decimal_from(signal.quantity), instrument), None
        fraction = signal.fraction
        if fraction is None:
            size = self._sizer(signal, free)
            if size is not None:
                exact = decimal_from(size)
                if 0 < exact <= instrument.quantity_max:
                    exact = instrument.floor_to_lot(exact)
                return sound_quantity(exact, instrument), None
            fraction = self._share()
        fraction = float(decimal_from(fraction))
        if not FRACTION_MIN <= fraction <= 1:
            raise BadWish(
                "FRACTION", fraction, "above 0, at most 1", f"fraction {fraction} is not above 0 and at most 1"
            )
        return ZERO, fraction

    def _set_levels(self, order: Order, price: float) -> None:
        """The strategy's own distances where the signal names no price; both must lie on their side of the entry."""
        if order.stop_loss is None or order.take_profit is None:
            stop, target = self._levels()
            if order.stop_loss is None:
                order.stop_share = _distance(stop, "stop-loss", order.side)
            if order.take_profit is None:
                order.target_share = _distance(target, "take-profit", -order.side)
        if order.stop_loss is None and order.take_profit is None:
            return
        reference = order.limit_price or order.stop_price or price
        if not reference:  # no market yet: refused for that
            return
        for name, level, sign in (("stop_loss", order.stop_loss, -1), ("take_profit", order.take_profit, 1)):
            if level is None:
                continue
            above = sign * order.side > 0
            if (level <= reference) if above else (level >= reference):
                allowed = f"{'above' if above else 'below'} {reference}"
                raise BadWish("BRACKET", level, allowed, f"{name} {level} is not {allowed}, where the entry would be")


def level_price(entry: Decimal, distance: Decimal | None, direction: int, instrument: Instrument) -> Decimal | None:
    """The price a fraction of `distance` away from `entry` in `direction`, on the tick grid."""
    if distance is None:
        return None
    factor = EXACT.add(ONE, distance.copy_sign(Decimal(direction)))
    return instrument.nearest_tick(EXACT.multiply(entry, factor))


def sound_quantity(quantity: Decimal, instrument: Instrument) -> Decimal:
    """`quantity`, if an order may have it; raises BadWish."""
    if quantity <= 0:
        raise BadWish("QUANTITY", quantity, "above 0", f"quantity {quantity} is not above 0")
    if quantity > instrument.quantity_max:
        most = instrument.quantity_max
        raise BadWish("QUANTITY", quantity, f"{most:f}", f"quantity {quantity} is above {most:f}")
    if not instrument.on_lot(quantity):
        raise BadWish(
            "LOT", quantity, str(instrument.lot), f"quantity {quantity} is no multiple of the lot {instrument.lot}"
        )
    return quantity


def _own_price(value: Number | None, name: str, instrument: Instrument, kind: str, needed: bool) -> Decimal | None:
    """The price that this kind of order needs, or must not have."""
    if value is None:
        if needed:
            raise BadWish("PRICE", "none", name, f"a {kind} order needs a {name}")
        return None
    if not needed:
        raise BadWish("PRICE", value, "none", f"a {kind} order takes no {name}, {value} was given")
    return sound_price(value, name, instrument)


def sound_price(value: Number, name: str, instrument: Instrument) -> Decimal:
    """A price as the strategy gave it: a float is snapped to the nearest tick, text and Decimals must lie on it.

    Raises BadWish, and NotANumber.
    """
    exact = decimal_from(value)
    if not 0 < exact < PRICE_MAX:
        raise BadWish("PRICE", exact, f"0 to {PRICE_MAX}", f"{name} {exact} is not between 0 and {PRICE_MAX}")
    if isinstance(value, float):
        exact = instrument.nearest_tick(decimal_from_nanos(nanos_from_float(value)))
        if not exact:
            raise BadWish("PRICE", value, str(instrument.tick), f"{name} {value} is nearer to 0 than to one tick")
    elif not instrument.on_tick(exact):
        raise BadWish("TICK", exact, str(instrument.tick), f"{name} {exact} is not on the tick of {instrument.tick}")
    return exact


def _distance(share: Number | None, name: str, towards: int) -> Decimal | None:
    """A level's distance as an exact fraction; one that lies below the entry must end above 0."""
    if share is None:
        return None
    exact, most = decimal_from(share), 1 if towards > 0 else DISTANCE_MAX
    if not NANO <= exact < most:
        allowed = f"above 0 and below {most}"
        raise BadWish(
            "BRACKET", exact, allowed, f"the strategy's {name} distance {exact} is not {allowed} (0.05 is 5 %)"
        )
    return exact.quantize(DISTANCE_UNIT, context=_ROUNDING)
