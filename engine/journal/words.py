"""Events in a trader's words: one sentence each, money exactly as stored."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import assert_never

from tradetui.engine.model.events import (
    Beat,
    BookEvent,
    CommandEvent,
    ControlEvent,
    Event,
    FeedEvent,
    FillEvent,
    MarketEvent,
    OpeningEvent,
    OrderEvent,
    OrderStatusEvent,
    QuoteEvent,
    ReconciliationEvent,
    RefusalEvent,
    RiskEvent,
    SessionEvent,
    SignalEvent,
    StrategyErrorEvent,
    TimerEvent,
    TradeEvent,
    TwoSidedQuote,
    VenueReport,
    VenueState,
)
from tradetui.engine.model.orders import Role, TimeInForce

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
_LASTS: dict[TimeInForce, str] = {
    "day": "",
    "gtc": ", until cancelled",
    "ioc": ", what fills at once",
    "fok": ", all at once or nothing",
    "gtx": ", post-only",
}
_ROLE: dict[Role, str] = {
    "open": "to open",
    "close": "to close",
    "stop_loss": "as stop-loss",
    "take_profit": "as take-profit",
    "quote": "as a quote",
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
            return f"{event.symbol} bar: open {o!r} high {h!r} low {low!r} close {c!r} volume {_amount(v)}"
        case QuoteEvent(bid=bid, bid_size=bid_size, ask=ask, ask_size=ask_size):
            return f"{event.symbol} bid {_amount(bid_size)} at {bid!r}, ask {_amount(ask_size)} at {ask!r}"
        case TradeEvent(price=price, size=size, side=side):
            return f"{_amount(size)} {event.symbol}{_AGGRESSOR.get(side, ' traded')} at {price!r}"
        case BookEvent(side=side, price=price, size=size):
            level = f"{event.symbol} {'bid' if side > 0 else 'ask'} level {price!r}"
            return f"{level} now {_amount(size) if size else 'empty'}"
        case TimerEvent():
            return "the timer went off"
        case SignalEvent():
            return _signal(event)
        case TwoSidedQuote():
            return _two_sided(event)
        case OrderEvent():
            return _order(event)
        case OrderStatusEvent(order_id=order_id, status=status, reason=reason):
            return f"order {order_id} for {event.symbol} {status.value.replace('_', ' ')}{_because(reason)}"
        case RefusalEvent(side=side, quantity=quantity, check=check, seen=seen, limit=limit, message=message):
            wish = " ".join(
                filter(None, (_SIDE.get(side, "trade"), _amount(quantity) if quantity else "", event.symbol))
            )
            return f"refused to {wish}: {message} ({check}: seen {seen}, limit {limit})"
        case FillEvent():
            return _fill(event)
        case ControlEvent(state=state, actor=actor, reason=reason):
            return f"trading is {state.value}, by {actor}{_because(reason)}"
        case RiskEvent(severity=severity, check=check, message=message):
            about = f"{event.symbol}: " if event.symbol and event.symbol not in message else ""
            return f"{severity}: {about}{message} ({check})"
        case StrategyErrorEvent(strategy=strategy, error=error):
            return f"strategy {strategy} stopped: {error}; positions untouched"
        case CommandEvent():
            return _command(event)
        case FeedEvent(state=state, message=message):
            what = {"market": "feed", "orders": "stream of orders"}.get(event.source, event.source)
            return f"{what} {f'of {event.symbol} ' if event.symbol else ''}{state.lower()}{_because(message)}"
        case VenueReport():
            return _venue(event)
        case ReconciliationEvent(differences=differences):
            told = "; ".join(difference.message for difference in differences)
            return f"books and venue {f'differ: {told}' if told else 'agree'}"
        case VenueState(account=account, cash=cash):
            held, working = len(event.positions), len(event.orders)
            kind = "paper account" if event.paper else "account"
            return f"{kind} {account}: cash {cash}, {held} positions, {working} orders{_because(event.blocked)}"
        case OpeningEvent(cash=cash, positions=positions):
            held_text = ", ".join(f"{_amount(p.quantity)} {p.symbol} at {p.average_price}" for p in positions)
            return f"the books begin with cash {cash}{f' and {held_text}' if held_text else ''}"
        case Beat():
            return "time went on"
        case SessionEvent(what=what, message=message):
            return f"the session {what}{_because(message)}"
        case _:
            assert_never(event)


def _venue(event: VenueReport) -> str:
    order = f"order {event.order_id}" if event.order_id else f"somebody else's order {event.venue_id}"
    if event.what == "fill":
        units, price = _amount(event.quantity), event.price
        return f"the venue filled {units} {event.symbol} at {price} of {order}{_because(event.reason)}"
    return f"the venue says of {order} for {event.symbol}: {event.what.replace('_', ' ')}{_because(event.reason)}"


def _two_sided(event: TwoSidedQuote) -> str:
    sides = (("bid", event.bid_quantity, event.bid_price), ("ask", event.ask_quantity, event.ask_price))
    told = [f"{side} {_amount(size or 0)} at {price}" for side, size, price in sides if price is not None]
    return f"wants to quote {event.symbol}: {', '.join(told) or 'nothing'}{_because(event.reason)}"


def _signal(event: SignalEvent) -> str:
    size = "" if event.quantity is None else f" {_amount(event.quantity)}"
    share = "" if event.quantity is not None or event.fraction is None else f" with {_share(event.fraction)}"
    exits = _price(", stop-loss ", event.stop_loss) + _price(", take-profit ", event.take_profit)
    how = "" if event.type == "market" else f", {_prices(event)}"
    side = _POSITION.get(event.direction, event.direction)
    return f"wants to be {side}{size} in {event.symbol}{share}{how}{exits}{_because(event.reason)}"


def _order(event: OrderEvent) -> str:
    side = _SIDE.get(event.side, event.side)
    if event.fraction is not None and not event.quantity:
        what = f"{side} {event.symbol} with {_share(event.fraction)}"
    else:
        what = f"{side} {_amount(event.quantity)} {event.symbol}"
    how = f" at {_prices(event)}" if event.type != "market" else " at the market"
    return (
        f"order {event.order_id}: {what}{how}, {_ROLE[event.role]}{_LASTS[event.time_in_force]}{_because(event.reason)}"
    )


def _prices(event: SignalEvent | OrderEvent) -> str:
    """limit 9.10, stop 9.50, or stop 9.50 limit 9.10."""
    return (_price(" stop ", event.stop_price) + _price(" limit ", event.limit_price)).strip() or event.type


def _fill(event: FillEvent) -> str:
    fee = f", fee {event.fee}" if event.fee else ""
    rest = f", {_amount(event.leaves)} still to fill" if event.leaves else ""
    doubt = " (ambiguous: the bar does not tell which price came first)" if event.ambiguous else ""
    return (
        f"{_DEED.get(event.side, event.side)} {_amount(event.quantity)} {event.symbol} at {event.price}{fee}, "
        f"{event.liquidity}, order {event.order_id} {_ROLE[event.role]}{rest}{doubt}"
    )


def _command(event: CommandEvent) -> str:
    asked = f"close the position in {event.symbol}" if event.command == "close" else _COMMAND[event.command]
    own_words = event.reason.replace(" ", "_") != event.command  # the default reason only repeats the command
    return f"{event.actor} asked: {asked}{_because(event.reason if own_words else '')}"


def _amount(value: Decimal | float) -> str:
    """A quantity as stored; a whole float without its .0."""
    return f"{value}" if isinstance(value, Decimal) else f"{value!r}".removesuffix(".0")


def _share(fraction: float) -> str:
    """The part of the free cash that an order commits."""
    return "all the free cash" if fraction >= 1 else f"{fraction * 100:.3g} % of the free cash"


def _price(label: str, value: Decimal | float | None) -> str:
    if value is None:
        return ""
    return f"{label}{value}" if isinstance(value, Decimal) else f"{label}{value!r}"


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
