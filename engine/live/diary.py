"""What a live session's log says of it: all that goes wrong, in the words that the screen shows. Decides nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from tradetui.engine.model.events import (
    ControlEvent,
    Event,
    FeedEvent,
    OrderStatusEvent,
    ReconciliationEvent,
    RiskEvent,
    StrategyErrorEvent,
)
from tradetui.engine.model.orders import OrderStatus

LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.ERROR}
log = logging.getLogger(__name__)


def keep(events: Sequence[Event]) -> None:
    """An observer of the bus, in the engine's thread."""
    for event in events:
        tell = _TELL.get(type(event))
        if tell is not None:
            tell(event)


def _risk(event: RiskEvent) -> None:
    log.log(LEVELS.get(event.severity, logging.WARNING), "%s %s: %s", event.check, event.symbol, event.message)


def _order(event: OrderStatusEvent) -> None:
    if event.status == OrderStatus.REJECTED:
        log.warning("order %d for %s was rejected: %s", event.order_id, event.symbol, event.reason)


def _feed(event: FeedEvent) -> None:
    level = logging.INFO if event.state in ("FRESH", "BACKFILLED", "END") else logging.WARNING
    log.log(level, "%s %s is %s: %s", event.source, event.symbol or "(all)", event.state, event.message)


def _control(event: ControlEvent) -> None:
    log.warning("trading is %s, by %s: %s", event.state.name, event.actor, event.reason)


def _looked(event: ReconciliationEvent) -> None:
    for difference in event.differences:
        log.warning("the account differs: %s", difference.message)


def _strategy(event: StrategyErrorEvent) -> None:
    log.error("the strategy failed and is asked no more: %s", event.error)


_TELL: dict[type, Callable[[Any], None]] = {
    RiskEvent: _risk,
    OrderStatusEvent: _order,
    FeedEvent: _feed,
    ControlEvent: _control,
    ReconciliationEvent: _looked,
    StrategyErrorEvent: _strategy,
}
