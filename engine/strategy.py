"""The strategy interface: what a trading idea may implement, and the settings a run hands to it.

A strategy gives `on_market_data` (one decision at a time, live and in every other mode), or `generate_signals` (all
decisions at once, from columns), or both; both must mean the same.
"""

from __future__ import annotations

from decimal import Decimal
from numbers import Integral, Real
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args

from tradetui.engine.model.events import FillEvent, MarketEvent, SignalEvent
from tradetui.engine.model.instrument import decimal_from
from tradetui.engine.model.limits import RiskLimits
from tradetui.engine.model.orders import OrderType, TimeInForce

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
    subscribes: tuple[str, ...] = ("bar",)  # of bar, quote, trade, book: what on_market_data is called for
    desk: Desk
    quantity: Decimal | None = None
    allow_short: bool = False

    def generate_signals(self, data: pl.DataFrame) -> pl.Series:
        """The wanted position after each bar of one symbol: +1 long, 0 flat, -1 short. One value a row, no nulls.

        `data` has the columns ts_ns, open, high, low, close, volume, oldest first. Row i may use rows up to i only.
        """
        raise NotImplementedError

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        """Decide after a bar closed; an empty list changes nothing.

        A strategy that subscribes to more than bars annotates `event` as MarketData and looks at its type.
        """
        raise NotImplementedError

    def on_fill(self, fill: FillEvent) -> list[SignalEvent]:
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
    """Refuse what is no list of SignalEvents whose fields are what they say; raises TypeError or ValueError.

    Python lets a strategy put anything anywhere. What passes here can be journaled and read back; whether it makes
    sense as an order is for the order manager to say.
    """
    if not isinstance(signals, list | tuple):
        raise TypeError(f"a strategy must return a list of SignalEvents, not {type(signals).__name__}")
    for signal in signals:
        if not isinstance(signal, SignalEvent):
            raise TypeError(f"a strategy must return SignalEvents, not {type(signal).__name__}")
        if _is_plain(signal):
            continue
        for name, kinds in _FIELDS.items():
            value = getattr(signal, name)
            if not isinstance(value, kinds) or isinstance(value, bool):
                raise TypeError(f"SignalEvent.{name} is {value!r}, a {type(value).__name__}; expected {_words(kinds)}")
        for name, allowed in _CHOICES.items():
            if getattr(signal, name) not in allowed:
                raise ValueError(
                    f"SignalEvent.{name} is {getattr(signal, name)!r}; expected one of {', '.join(allowed)}"
                )
        for name in _AMOUNTS:
            value = getattr(signal, name)
            if isinstance(value, str):
                decimal_from(value)  # "10" is a number as good as 10, "many" is none


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
_CHOICES: dict[str, tuple[str, ...]] = {"type": get_args(OrderType), "time_in_force": get_args(TimeInForce)}


def _words(kinds: tuple[type, ...]) -> str:
    return "text" if kinds == (str,) else "a whole number" if Integral in kinds and Decimal not in kinds else "a number"
