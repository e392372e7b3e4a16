"""tradetui: a terminal trading workstation on a deterministic event-driven engine.

    from tradetui import Strategy, MarketEvent, SignalEvent, run_backtest

Names are loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tradetui.engine.backtest import run_backtest as run_backtest
    from tradetui.engine.model.events import (
        BookEvent as BookEvent,
    )
    from tradetui.engine.model.events import (
        FillEvent as FillEvent,
    )
    from tradetui.engine.model.events import (
        MarketEvent as MarketEvent,
    )
    from tradetui.engine.model.events import (
        QuoteEvent as QuoteEvent,
    )
    from tradetui.engine.model.events import (
        SignalEvent as SignalEvent,
    )
    from tradetui.engine.model.events import (
        TimerEvent as TimerEvent,
    )
    from tradetui.engine.model.events import (
        TradeEvent as TradeEvent,
    )
    from tradetui.engine.model.events import (
        TwoSidedQuote as TwoSidedQuote,
    )
    from tradetui.engine.model.limits import RiskLimits as RiskLimits
    from tradetui.engine.model.wakes import BestMoved as BestMoved
    from tradetui.engine.model.wakes import ImbalanceBeyond as ImbalanceBeyond
    from tradetui.engine.model.wakes import Timer as Timer
    from tradetui.engine.strategy import Strategy as Strategy

__version__ = "0.1.0"

_EVENTS = "tradetui.engine.model.events"
_WAKES = "tradetui.engine.model.wakes"
_HOME = {
    "BestMoved": _WAKES,
    "BookEvent": _EVENTS,
    "FillEvent": _EVENTS,
    "ImbalanceBeyond": _WAKES,
    "MarketEvent": _EVENTS,
    "QuoteEvent": _EVENTS,
    "RiskLimits": "tradetui.engine.model.limits",
    "SignalEvent": _EVENTS,
    "Strategy": "tradetui.engine.strategy",
    "Timer": _WAKES,
    "TimerEvent": _EVENTS,
    "TradeEvent": _EVENTS,
    "TwoSidedQuote": _EVENTS,
    "run_backtest": "tradetui.engine.backtest",
}
__all__ = ["__version__", *sorted(_HOME)]  # noqa: PLE0604  # names only


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
