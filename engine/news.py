"""What happened in a session as lines that a screen shows: fills, alerts, log and markers, bounded, newest last."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from tradetui.engine.journal.codec import kind_of
from tradetui.engine.journal.words import sentence
from tradetui.engine.model.events import (
    Beat,
    ControlEvent,
    Event,
    FeedEvent,
    FillEvent,
    OpeningEvent,
    OrderStatusEvent,
    RefusalEvent,
    RiskEvent,
    SessionEvent,
    SignalEvent,
    StrategyErrorEvent,
    TradingState,
    VenueReport,
    VenueState,
)
from tradetui.engine.model.instrument import EXACT
from tradetui.engine.model.orders import OrderStatus
from tradetui.engine.model.snapshot import AlertView, FillView, LogView, Marker
from tradetui.engine.trading.portfolio import Portfolio

FILLS_SHOWN, ALERTS_SHOWN, LOG_SHOWN, MARKERS_SHOWN = 500, 200, 500, 400


class Dated(NamedTuple):
    """An event that has our clock's time, at the time of a market that has its own."""

    event: Event
    ts_ns: int


class Lines:
    """The newest lines of one kind; `total` counts all that ever were.

    `words` makes a line of its number and what was added. It is asked when lines are shown, and never for those that
    newer ones pushed out before anybody looked: most of them, where a market runs as fast as it goes.
    """

    def __init__(self, most: int, words: Callable[[int, Any], Any] | None = None) -> None:
        self.total = 0
        self.told = 0  # `total` when lines were last made: their version
        self._words = words
        self._kept: deque[Any] = deque(maxlen=most)
        self._made: tuple[Any, ...] = ()

    def add(self, line: Any) -> None:
        """Take a line, or what it is made of."""
        self.total += 1
        self._kept.append(line)

    @property
    def waiting(self) -> int:
        """How many lines would have to be made."""
        return min(self.total - self.told, len(self._kept))

    def shown(self) -> tuple[Any, ...]:
        """The kept lines, oldest first; the same tuple until another line comes."""
        count, words = self.waiting, self._words
        if count:
            new = tuple(islice(self._kept, len(self._kept) - count, None))
            if words is not None:
                new = tuple(words(number, line) for number, line in enumerate(new, self.total - count + 1))
            old = len(self._kept) - count
            self._made, self.told = (*self._made[len(self._made) - old :], *new), self.total
        return self._made

    def shown_before(self) -> tuple[Any, ...]:
        """The lines as they were last made."""
        return self._made


class News:
    """Observes events. Keeps a ledger of its own: the profit of a fill is known only at its place among the others."""

    def __init__(self, start: Decimal) -> None:
        self.fills, self.alerts = Lines(FILLS_SHOWN), Lines(ALERTS_SHOWN)
        self.log, self.markers = Lines(LOG_SHOWN, _line), Lines(MARKERS_SHOWN)
        self.state_reason, self.state_since_ns = "", 0
        self.cancelled = 0  # orders, since the last kill or cancel-all began
        self.orders_moved = True  # since whoever shows them looked
        self._said: tuple[str, ...] = ()
        self._ledger = Portfolio(start)
        self._market_ns = 0  # where a market with a time of its own is; 0 for one whose time is ours

    def observe(self, events: Sequence[Event], now_ns: int = 0) -> None:
        """Take news from the bus; `now_ns` is market time, 0 where only the events tell it."""
        for event in events:
            if type(event) is SessionEvent:
                self._market_ns = max(self._market_ns, event.market_ns)
            self.log.add(self._dated(event, now_ns) if self._market_ns else event)
            match event:
                case SignalEvent():
                    continue
                case FillEvent():
                    self._fill(event)
                case OpeningEvent():
                    self._ledger.adopt(event)
                case RefusalEvent(ts_ns=ts_ns, check=check, symbol=symbol, message=message):
                    self._alert(ts_ns, "warning", check, symbol, message)
                case RiskEvent(ts_ns=ts_ns, severity=severity, check=check, symbol=symbol, message=message):
                    self._alert(ts_ns, severity, check, symbol, message)
                case StrategyErrorEvent(ts_ns=ts_ns, strategy=strategy, error=error, traceback=trace):
                    self._alert(ts_ns, "critical", "STRATEGY", "", f"{strategy} stopped: {error}", trace)
                case ControlEvent():
                    self._control(event)
                case OrderStatusEvent(status=OrderStatus.CANCELLED):
                    self.cancelled += 1
                case OrderStatusEvent(status=OrderStatus.REJECTED, order_id=order_id, symbol=symbol, reason=reason):
                    self._alert(event.ts_ns, "warning", "REJECTED", symbol, f"order {order_id}: {reason}")
            self.orders_moved = True

    def count_cancels_anew(self) -> None:
        """A kill or a cancel-all begins."""
        self.cancelled = 0

    def _dated(self, event: Event, now_ns: int) -> Event | Dated:
        """One clock in one column: what our clock dated has the market's newest time."""
        ours = isinstance(event, _OF_OUR_CLOCK) or (type(event) is VenueReport and event.ts_ns == event.received_ns)
        self._market_ns = max(self._market_ns, now_ns if ours else event.ts_ns)
        return Dated(event, self._market_ns) if ours else event

    def _fill(self, fill: FillEvent) -> None:
        profit = self._ledger.apply(fill)
        net = None if fill.role == "open" or profit is None else float(EXACT.subtract(profit, fill.fee))
        self.fills.add(
            FillView(
                self.fills.total + 1,
                fill.ts_ns,
                fill.symbol,
                fill.side,
                float(fill.quantity),
                float(fill.price),
                float(fill.fee),
                fill.liquidity,
                fill.role,
                net,
            )
        )
        self.markers.add(Marker(fill.ts_ns, "buy" if fill.side > 0 else "sell"))

    def _alert(self, ts_ns: int, severity: str, check: str, symbol: str, message: str, detail: str = "") -> None:
        said = (severity, check, symbol, message)
        if said == self._said:  # the same again: refused at every bar, say; the log has each, one line is enough here
            return
        self._said = said
        self.alerts.add(AlertView(self.alerts.total + 1, ts_ns, severity, check, symbol, message, detail))
        if severity != "info":
            self.markers.add(Marker(ts_ns, "alert"))

    def _control(self, event: ControlEvent) -> None:
        self.state_reason, self.state_since_ns = event.reason, event.ts_ns
        halted = event.state == TradingState.HALTED
        if halted:
            self.cancelled = 0  # what follows is what the halt cancels
            self.markers.add(Marker(event.ts_ns, "halt"))
        text = f"trading is {event.state.value}: {event.reason} ({event.actor})"
        self._alert(event.ts_ns, "critical" if halted else "info", "STATE", "", text)


_OF_OUR_CLOCK = (Beat, FeedEvent, SessionEvent, VenueState)


def _line(number: int, told: Event | Dated) -> LogView:
    event = told.event if isinstance(told, Dated) else told
    return LogView(number, told.ts_ns, kind_of(event), sentence(event))
