"""What was sent and cancelled at one moment may still fill: until the venue has let it go, it counts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tradetui.engine.model.events import FillEvent, OrderEvent, RefusalEvent, SignalEvent, TradingState, TwoSidedQuote
from tradetui.engine.model.instrument import Instrument
from tradetui.engine.model.limits import RiskLimits
from tradetui.engine.trading.fees import FeeSchedule
from tradetui.engine.trading.moment import Moment
from tradetui.engine.trading.order_manager import OrderManager
from tradetui.engine.trading.portfolio import Portfolio
from tradetui.engine.trading.risk import RiskManager

SECOND = 10**9


def test_an_order_that_waited_for_the_rate_limit_counts_if_it_is_cancelled_as_soon_as_it_was_sent() -> None:
    limits = RiskLimits(max_orders_per_second=1, max_position=Decimal(5), position_action="reject")
    known = {symbol: Instrument(symbol=symbol) for symbol in ("A", "B")}
    manager = OrderManager(
        Portfolio(Decimal(10_000)), known, RiskManager(limits), FeeSchedule(), lambda _s, _c: None, lambda: 1.0,
        lambda: (None, None), True,
    )  # fmt: skip
    manager.deal_with(lambda *_: Decimal(100), at_once=True)

    def moment(ts_ns: int) -> Moment:
        return Moment(ts_ns, 1, 100.0, Decimal(10_000), TradingState.ACTIVE)

    manager.on_signal(SignalEvent("B", 1, quantity=1), moment(0))
    manager.on_signal(SignalEvent("A", 1, quantity=5), moment(0))
    assert [type(event) for event in manager.release(moment(SECOND), lambda _: 100.0)] == [OrderEvent]
    *_, refusal = manager.on_signal(SignalEvent("A", 1, quantity=3), moment(SECOND))
    assert isinstance(refusal, RefusalEvent)
    assert (refusal.check, refusal.seen) == ("POSITION", "8")


@pytest.mark.parametrize(("at_once", "quoted"), [(True, 7), (False, 5)])
def test_a_quote_that_turns_a_position_round_reckons_with_a_close_that_may_be_quicker(
    at_once: bool, quoted: int
) -> None:
    """Long 2 of at most 5: beside a close of 2, a quote that sells 7 would end at -7."""
    portfolio = Portfolio(Decimal(10_000))
    manager = OrderManager(
        portfolio, {"A": Instrument(symbol="A")}, RiskManager(RiskLimits(max_position=Decimal(5))), FeeSchedule(),
        lambda _s, _c: None, lambda: 1.0, lambda: (None, None), True,
    )  # fmt: skip
    manager.deal_with(lambda *_: Decimal(100), at_once=at_once)
    now = Moment(1, 1, 100.0, Decimal(10_000), TradingState.ACTIVE)
    manager.on_signal(SignalEvent("A", 1, quantity=2), now)
    fill = FillEvent(
        "1", 1, "A", 1, Decimal(2), Decimal(100), Decimal(0), "taker", "open", False, 0.0, 1, Decimal(0)
    )  # fmt: skip
    portfolio.apply(fill)
    manager.on_fill(fill, now)
    manager.close("A", "by hand", now)
    events = manager.on_quote(TwoSidedQuote("A", None, 101.0, None, 7.0), now)
    assert [event.quantity for event in events if isinstance(event, OrderEvent)] == [quoted]
