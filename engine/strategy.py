"""The strategy interface: what a trading idea may implement, and the settings a run hands to it.

A strategy gives `on_market_data` (one decision at a time, live and in every other mode), or `generate_signals` (all
decisions at once, from columns), or both; both must mean the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from numbers import Integral, Real
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args

from tradetui.engine.model.events import FillEvent, MarketEvent, SignalEvent, TwoSidedQuote, Wish
from tradetui.engine.model.instrument import decimal_from
from tradetui.engine.model.limits import RiskLimits
from tradetui.engine.model.orders import OrderType, TimeInForce
from tradetui.engine.model.wakes import Wake

if TYPE_CHECKING:
    import polars as pl

    from tradetui.engine.trading.desk import Desk


class Strategy:
    """Base of every strategy. Parameters come in through the constructor, typed and documented.

    The run sets `desk` (a read-only view of the account), `quantity` (units per entry, None for all the free cash) and
    `allow_short` before the first event. `window` is how many bars `generate_signals` needs to decide one; only used
    where there is no `on_market_data` and the market comes bar by bar.
    """

    name: str = ""
    window: int = 1000
    subscribes: tuple[str | Wake, ...] = ("bar",)  # of bar, quote, trade, book and wakes: what wakes on_market_data
    desk: Desk
    quantity: Decimal | None = None
    allow_short: bool = False

    def generate_signals(self, data: pl.DataFrame) -> pl.Series:
        """The wanted position after each bar of one symbol: +1 long, 0 flat, -1 short. One value a row, no nulls.

        `data` has the columns ts_ns, open, high, low, close, volume, oldest first. Row i may use rows up to i only.
        """
        raise NotImplementedError

    def on_market_data(self, event: MarketEvent) -> Sequence[Wish]:
        """Decide after a bar closed; an empty list changes nothing.

        A strategy that subscribes to more than bars annotates `event` as MarketData and looks at its type.
        """
        raise NotImplementedError

    def on_fill(self, fill: FillEvent) -> Sequence[Wish]:
        """React to an execution of an own order; orders sent from here act from the next bar on."""
        return []

    def calculate_position_size(self, signal: SignalEvent, capital: Decimal) -> Decimal | None:
        """Units for an entry whose signal names none; None commits all of `capital`, the free cash, at the fill."""
        return self.quantity

    def get_stop_loss(self) -> float | None:
        """Distance of the stop-loss from the entry price as a fraction (0.05 is 5 %), None for no stop."""
        return None

    def get_take_profit(self) -> float | None:
        """Distance of the profit target from the entry price as a fraction, None for no target."""
        return None

    def get_parameters(self) -> dict[str, Any]:
        """The constructor's parameters and their values, for the report and the journal."""
        import inspect

        names = inspect.signature(type(self).__init__).parameters
        return {name: getattr(self, name) for name in names if name != "self" and hasattr(self, name)}

    def get_risk_limits(self) -> RiskLimits:
        """Limits this strategy asks for itself; the stricter of these and the run's own binds."""
        return RiskLimits()

    @classmethod
    def is_event_driven(cls) -> bool:
        """Whether it decides event by event."""
        return cls.on_market_data is not Strategy.on_market_data

    @classmethod
    def is_vectorised(cls) -> bool:
        """Whether it decides from columns."""
        return cls.generate_signals is not Strategy.generate_signals


def check_signals(signals: object) -> None:
    """Refuse what is no list of wishes whose fields are what they say; raises TypeError or ValueError.

    Python lets a strategy put anything anywhere. What passes here can be journaled and read back; whether it makes
    sense as an order is for the order manager to say.
    """
    if isinstance(signals, SignalEvent | TwoSidedQuote):
        kind = type(signals).__name__
        raise TypeError(f"a strategy must return a list, and this is one {kind}: put it in a list, as in [{kind}(...)]")
    if not isinstance(signals, list | tuple):
        raise TypeError(f"a strategy must return a list of SignalEvents, not {type(signals).__name__}")
    for signal in signals:
        if type(signal) is TwoSidedQuote:
            if not _is_plain_quote(signal):
                _check_fields(signal, _QUOTE_FIELDS)
            continue
        if not isinstance(signal, SignalEvent):
            kind = type(signal).__name__
            raise TypeError(f"a strategy must return SignalEvents and TwoSidedQuotes, not {kind}")
        if _is_plain(signal):
            continue
        _check_fields(signal, _FIELDS)
        for name, allowed in _CHOICES.items():
            if getattr(signal, name) not in allowed:
                raise ValueError(
                    f"SignalEvent.{name} is {getattr(signal, name)!r}; expected one of {', '.join(allowed)}"
                )


def _check_fields(wish: Wish, fields: dict[str, tuple[type, ...]]) -> None:
    for name, kinds in fields.items():
        value = getattr(wish, name)
        if not isinstance(value, kinds) or isinstance(value, bool):
            what = f"{type(wish).__name__}.{name}"
            raise TypeError(f"{what} is {value!r}, a {type(value).__name__}; expected {_words(kinds)}")
        if isinstance(value, str) and Decimal in kinds:
            decimal_from(value)  # "10" is a number as good as 10, "many" is none


def _is_plain_quote(quote: TwoSidedQuote) -> bool:
    """Whether it gives floats or nothing for its prices and sizes: the commonest kind, and in order at a glance."""
    return (
        type(quote.symbol) is str
        and type(quote.reason) is str
        and type(quote.bid_price) in _FLOAT_OR_NONE
        and type(quote.ask_price) in _FLOAT_OR_NONE
        and type(quote.bid_quantity) in _FLOAT_OR_NONE
        and type(quote.ask_quantity) in _FLOAT_OR_NONE
    )


def _is_plain(signal: SignalEvent) -> bool:
    """Whether it says no more than a direction: the commonest kind, and in order at a glance."""
    return (
        type(signal.direction) is int
        and type(signal.symbol) is str
        and type(signal.reason) is str
        and signal.type == "market"
        and signal.time_in_force == "day"
        and signal.quantity is None
        and signal.limit_price is None
        and signal.stop_price is None
        and signal.stop_loss is None
        and signal.take_profit is None
        and signal.fraction is None
    )


_AMOUNTS = ("quantity", "limit_price", "stop_price", "stop_loss", "take_profit")
_NUMBER = (NoneType, float, Decimal, int, str, Real)  # the last for numpy's, and slowest
_FIELDS: dict[str, tuple[type, ...]] = {
    "symbol": (str,),
    "direction": (int, Integral),
    **dict.fromkeys(_AMOUNTS, _NUMBER),
    "type": (str,),
    "time_in_force": (str,),
    "reason": (str,),
    "fraction": (NoneType, float, int, Real),
}
_QUOTE_FIELDS: dict[str, tuple[type, ...]] = {
    "symbol": (str,),
    **dict.fromkeys(("bid_price", "ask_price", "bid_quantity", "ask_quantity"), _NUMBER),
    "reason": (str,),
}
_FLOAT_OR_NONE = (float, NoneType)
_CHOICES: dict[str, tuple[str, ...]] = {"type": get_args(OrderType), "time_in_force": get_args(TimeInForce)}


def _words(kinds: tuple[type, ...]) -> str:
    return "text" if kinds == (str,) else "a whole number" if Integral in kinds and Decimal not in kinds else "a number"
