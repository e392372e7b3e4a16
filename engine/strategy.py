"""The strategy interface: what a trading idea may implement, and the settings a run hands to it.

A strategy gives `on_market_data` (one decision at a time, live and in every other mode), or `generate_signals` (all
decisions at once, from columns), or both; both must mean the same.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tradetui.engine.model.events import FillEvent, MarketEvent, SignalEvent
from tradetui.engine.model.limits import RiskLimits

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
    """Refuse what a strategy may not return; raises TypeError that says what it was."""
    if not isinstance(signals, list | tuple):
        raise TypeError(f"a strategy must return a list of SignalEvents, not {type(signals).__name__}")
    for signal in signals:
        if not isinstance(signal, SignalEvent):
            raise TypeError(f"a strategy must return SignalEvents, not {type(signal).__name__}")
        if type(signal.direction) is not int:
            raise TypeError(f"direction must be +1, 0 or -1, not {signal.direction!r}")
