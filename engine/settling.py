"""How bars and quotes reach a venue made of rules: one outcome at a time, each settled before the next."""

from __future__ import annotations

from tradetui.engine.gateways.simulated import SimulatedExecutor
from tradetui.engine.market.bar_fills import Window
from tradetui.engine.model.events import FillEvent
from tradetui.engine.step import Core

BarCore = Core[SimulatedExecutor]
EVENTS_PER_STEP_MAX = 10_000  # a strategy that answers its own fills without end stops here


def settle(core: BarCore, symbol: str, bar: Window, row: int) -> None:
    """Let the venue react to `bar` and apply every consequence. The bar itself is not readable meanwhile."""
    market = core.seq
    core.view.opening(symbol, bar.open / 1e9)
    venue = core.venue
    if symbol in venue.expiring:
        for dropped in venue.expire(symbol, bar.ts_ns):
            core.dropped(dropped, bar.ts_ns, market)
    venue.begin(symbol, bar)
    _converse(core, symbol, bar.ts_ns, row)
    for dropped in venue.end(symbol, bar):
        core.dropped(dropped, bar.ts_ns, market)
    core.view.closed()


def settle_quote(core: BarCore, symbol: str, buy: Window | None, sell: Window | None) -> None:
    """Let the venue react to a quote: buys to the ask, sells to the bid."""
    market, last = core.seq, buy or sell
    if last is None:
        return
    for dropped in core.venue.expire(symbol, last.ts_ns):
        core.dropped(dropped, last.ts_ns, market)
    for side, window in ((1, buy), (-1, sell)):
        if window is not None:
            core.venue.begin_quote(symbol, side, window)
            _converse(core, symbol, window.ts_ns, -1)
    for dropped in core.venue.end(symbol, last):
        core.dropped(dropped, last.ts_ns, market)


def _converse(core: BarCore, symbol: str, ts_ns: int, row: int) -> None:
    """Take the venue's outcomes one at a time and apply each before the next."""
    market = core.seq
    while (outcome := core.venue.react(symbol, core.free)) is not None:
        if isinstance(outcome, FillEvent):
            core.filled(outcome, row)
        else:
            core.dropped(outcome, ts_ns, market)
        if core.seq - market > EVENTS_PER_STEP_MAX:
            raise RuntimeError(f"{core.seq - market} events answered one tick of {symbol}, limit {EVENTS_PER_STEP_MAX}")
