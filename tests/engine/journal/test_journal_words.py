"""Each kind of event reads as a trader would say it, money as stored."""

from __future__ import annotations

from decimal import Decimal
from typing import get_args

import pytest

from tradetui.engine.journal.words import iso_utc, sentence
from tradetui.engine.model.events import (
    Beat,
    BookEvent,
    CommandEvent,
    ControlEvent,
    Difference,
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
    TradingState,
    TwoSidedQuote,
    VenuePosition,
    VenueReport,
    VenueState,
)
from tradetui.engine.model.orders import OrderStatus

D = Decimal
DOUBT = " (ambiguous: the bar does not tell which price came first)"
SPOKEN: list[tuple[Event, str]] = [
    (MarketEvent("A", 0, 1.5, 2.0, 1.0, 1.75, 300.0), "A bar: open 1.5 high 2.0 low 1.0 close 1.75 volume 300"),
    (QuoteEvent("A", 0, 1.5, 100.0, 1.75, 50.0), "A bid 100 at 1.5, ask 50 at 1.75"),
    (TradeEvent("A", 0, 1.5, 10.0, -1), "10 A sold at 1.5"),
    (TradeEvent("A", 0, 1.5, 10.0, 0), "10 A traded at 1.5"),
    (BookEvent("A", 0, 1, 1.5, 0.0), "A bid level 1.5 now empty"),
    (BookEvent("A", 0, -1, 1.5, 20.0), "A ask level 1.5 now 20"),
    (FeedEvent("A", "STALE", "no quote for 12 s", 0), "feed of A stale: no quote for 12 s"),
    (FeedEvent("", "DOWN", "the socket closed", 0), "feed down: the socket closed"),
    (FeedEvent("", "DOWN", "the socket closed", 0, "orders"), "stream of orders down: the socket closed"),
    (
        VenueState("1234", True, "trading is blocked", D("5.10"), D("6"), D("7"), (), (), 0, 0),
        "paper account 1234: cash 5.10, 0 positions, 0 orders: trading is blocked",
    ),
    (
        OpeningEvent(D("5.10"), (VenuePosition("A", D("-2"), D("9.5")),), 0),
        "the books begin with cash 5.10 and -2 A at 9.5",
    ),
    (Beat(0), "time went on"),
    (SessionEvent("resumed", "after event 12", 0), "the session resumed: after event 12"),
    (
        VenueReport(7, "s-7", "v1", "A", 1, "fill", D("2"), D("9.1"), D("0"), D("0"), "taker", "e1", "", 0, 0),
        "the venue filled 2 A at 9.1 of order 7",
    ),
    (
        VenueReport(0, "", "v2", "A", 1, "foreign", D("2"), D("9"), D("2"), D("0"), "", "", "by hand", 0, 0),
        "the venue says of somebody else's order v2 for A: foreign: by hand",
    ),
    (ReconciliationEvent((), 1, 1, D("5"), D("5"), 0), "books and venue agree"),
    (
        ReconciliationEvent((Difference("cash", "", "5", "4", "cash is 5 here, 4 there"),), 0, 0, D("5"), D("4"), 0),
        "books and venue differ: cash is 5 here, 4 there",
    ),
    (TimerEvent("", 0), "the timer went off"),
    (TwoSidedQuote("A", D("9.90"), 10.1, D("5"), 5.0), "wants to quote A: bid 5 at 9.90, ask 5 at 10.1"),
    (TwoSidedQuote("A", reason="too much held"), "wants to quote A: nothing: too much held"),
    (SignalEvent("A", 0, reason="RSI below 30"), "wants to be flat in A: RSI below 30"),
    (
        SignalEvent("A", -1, D("2.50"), "stop_limit", D("9.0"), 9.5, stop_loss=11.0),
        "wants to be short 2.50 in A, stop 9.5 limit 9.0, stop-loss 11.0",
    ),
    (
        OrderEvent(7, "A", 1, D("2.50"), "limit", D("9.10"), None, "gtc", "stop_loss", 3, None, "guard", 0),
        "order 7: buy 2.50 A at limit 9.10, as stop-loss, until cancelled: guard",
    ),
    (
        OrderEvent(8, "A", 1, D("0"), "market", None, None, "day", "open", 0, 1 / 3, "", 0),
        "order 8: buy A with 33.3 % of the free cash at the market, to open",
    ),
    (
        OrderEvent(9, "A", -1, D("0"), "stop", None, D("8.5"), "ioc", "open", 0, 1.0, "", 0),
        "order 9: sell A with all the free cash at stop 8.5, to open, what fills at once",
    ),
    (
        OrderStatusEvent(7, "A", OrderStatus.PARTIALLY_FILLED, "volume cap", 0),
        "order 7 for A partially filled: volume cap",
    ),
    (
        RefusalEvent("A", 1, D("500"), "POSITION", "500", "100", "the position would be too large", 0),
        "refused to buy 500 A: the position would be too large (POSITION: seen 500, limit 100)",
    ),
    (
        FillEvent("x", 7, "A", -1, D("1.50"), D("9.100"), D("0.010"), "maker", "close", True, 9.1, 0, leaves=D("1.0")),
        "sold 1.50 A at 9.100, fee 0.010, maker, order 7 to close, 1.0 still to fill" + DOUBT,
    ),
    (ControlEvent(TradingState.HALTED, "risk", "drawdown 21 %", 0), "trading is halted, by risk: drawdown 21 %"),
    (RiskEvent("warning", "RATE", "A", "3 orders wait", 0), "warning: A: 3 orders wait (RATE)"),
    (
        StrategyErrorEvent("mine", "ZeroDivisionError", "...", 0),
        "strategy mine stopped: ZeroDivisionError; positions untouched",
    ),
    (
        CommandEvent("kill", "", "operator", "kill", 0),
        "operator asked: kill: block new orders and cancel every working one",
    ),
    (CommandEvent("close", "A", "operator", "end of day", 0), "operator asked: close the position in A: end of day"),
    (CommandEvent("cancel_all", "", "operator", "cancel all", 0), "operator asked: cancel every working order"),
    (
        FillEvent("y", 8, "BOREAL", 1, D("64"), D("71.79"), D("0"), "taker", "open", False, 71.79, 0),
        "bought 64 BOREAL at 71.79, taker, order 8 to open",
    ),
    (SignalEvent("A", 1, fraction=0.0004), "wants to be long in A with 0.04 % of the free cash"),
]


@pytest.mark.parametrize(("event", "said"), SPOKEN, ids=lambda value: type(value).__name__)
def test_events_read_as_a_trader_would_say_them(event: Event, said: str) -> None:
    assert sentence(event) == said


def test_no_kind_of_event_is_without_words() -> None:
    assert {type(event) for event, _ in SPOKEN} == set(get_args(Event))


@pytest.mark.parametrize(
    ("ts_ns", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_709_303_400_000_000_000, "2024-03-01T14:30:00Z"),
        (1_709_303_400_250_000_000, "2024-03-01T14:30:00.25Z"),
        (1_709_303_400_000_000_001, "2024-03-01T14:30:00.000000001Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (10**21, "1000000000000000000000 ns"),
    ],
)
def test_times_are_iso_in_utc_to_the_nanosecond(ts_ns: int, text: str) -> None:
    assert iso_utc(ts_ns) == text
