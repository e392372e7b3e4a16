"""Events in a trader's words: one sentence each, money exactly as stored."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import assert_never

from tradetui.engine.model.events import (
    BookEvent,
    CommandEvent,
    ControlEvent,
    Event,
    FillEvent,
    MarketEvent,
    OrderEvent,
    OrderStatusEvent,
    QuoteEvent,
    RefusalEvent,
    RiskEvent,
    SignalEvent,
    StrategyErrorEvent,
    TradeEvent,
)
from tradetui.engine.model.orders import Role

_NS_PER_S = 1_000_000_000
_POSITION = {1: "long", 0: "flat", -1: "short"}
_AGGRESSOR = {1: " bought", -1: " sold"}
_SIDE = {1: "buy", -1: "sell"}
_DEED = {1: "bought", -1: "sold"}
_COMMAND = {
    "kill": "kill: block new orders and cancel every working one",
    "cancel_all": "cancel every working order",
    "pause": "pause: only orders that reduce positions",
    "resume": "resume trading",
    "unlock": "unlock one step",
    "close": "close the position",
    "finish": "finish the session",
}
_ROLE: dict[Role, str] = {
    "open": "to open",
    "close": "to close",
    "stop_loss": "as stop-loss",
    "take_profit": "as take-profit",
}


def iso_utc(ts_ns: int) -> str:
    """2024-03-01T14:30:00Z, with as many decimals of a second as the time has; the plain number beyond year 9999."""
    seconds, rest = divmod(ts_ns, _NS_PER_S)
    try:
        text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return f"{ts_ns} ns"
    return f"{text}.{rest:09d}".rstrip("0") + "Z" if rest else f"{text}Z"


def sentence(event: Event) -> str:  # noqa: C901  # one line a kind, and the type checker sees that none is missing
    """What happened, in words."""
    match event:
        case MarketEvent(open=o, high=h, low=low, close=c, volume=v):
            return f"bar open {o!r} high {h!r} low {low!r} close {c!r} volume {v!r}"
        case QuoteEvent(bid=bid, bid_size=bid_size, ask=ask, ask_size=ask_size):
            return f"bid {bid_size!r} at {bid!r}, ask {ask_size!r} at {ask!r}"
        case TradeEvent(price=price, size=size, side=side):
            return f"{size!r}{_AGGRESSOR.get(side, ' traded')} at {price!r}"
        case BookEvent(side=side, price=price, size=size):
            return f"{'bid' if side > 0 else 'ask'} level {price!r} now {f'{size!r}' if size else 'empty'}"
        case SignalEvent():
            return _signal(event)
        case OrderEvent():
            return _order(event)
        case OrderStatusEvent(order_id=order_id, status=status, reason=reason):
            return f"order {order_id} {status.value.replace('_', ' ')}{_because(reason)}"
        case RefusalEvent(side=side, quantity=quantity, check=check, seen=seen, limit=limit, message=message):
            wish = f"{_SIDE.get(side, 'trade')} {quantity}" if quantity else _SIDE.get(side, "trade")
            return f"refused to {wish}: {message} ({check}: seen {seen}, limit {limit})"
        case FillEvent():
            return _fill(event)
        case ControlEvent(state=state, actor=actor, reason=reason):
            return f"trading is {state.value}, by {actor}{_because(reason)}"
        case RiskEvent(severity=severity, check=check, message=message):
            return f"{severity}: {message} ({check})"
        case StrategyErrorEvent(strategy=strategy, error=error):
            return f"strategy {strategy} stopped: {error}; positions untouched"
        case CommandEvent(command=command, actor=actor, reason=reason):
            return f"{actor} asked: {_COMMAND[command]}{_because('' if reason == command else reason)}"
        case _:
            assert_never(event)


def _signal(event: SignalEvent) -> str:
    size = _number(" ", event.quantity) or ("" if event.fraction is None else f" with {event.fraction!r} of free cash")
    exits = _number(", stop-loss ", event.stop_loss) + _number(", take-profit ", event.take_profit)
    how = "" if event.type == "market" else f", {_prices(event)}"
    return f"wants {_POSITION.get(event.direction, event.direction)}{size}{how}{exits}{_because(event.reason)}"


def _order(event: OrderEvent) -> str:
    of_cash = event.fraction is not None and not event.quantity
    size = f"{event.fraction!r} of free cash" if of_cash else f"{event.quantity}"
    return (
        f"order {event.order_id}: {_SIDE.get(event.side, event.side)} {size}, {_prices(event)}, {_ROLE[event.role]}, "
        f"{event.time_in_force}{_because(event.reason)}"
    )


def _prices(event: SignalEvent | OrderEvent) -> str:
    """market, limit 9.10, stop 9.50, or stop 9.50 limit 9.10."""
    return (_number(" stop ", event.stop_price) + _number(" limit ", event.limit_price)).strip() or event.type


def _fill(event: FillEvent) -> str:
    rest = f", {event.leaves} still to fill" if event.leaves else ""
    doubt = " (ambiguous: the bar does not tell which price came first)" if event.ambiguous else ""
    return (
        f"{_DEED.get(event.side, event.side)} {event.quantity} at {event.price}, fee {event.fee}, {event.liquidity}, "
        f"order {event.order_id} {_ROLE[event.role]}{rest}{doubt}"
    )


def _number(label: str, value: Decimal | float | None) -> str:
    if value is None:
        return ""
    return f"{label}{value}" if isinstance(value, Decimal) else f"{label}{value!r}"


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
