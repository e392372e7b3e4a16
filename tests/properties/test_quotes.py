"""Quotes: the quick answer is the careful one, event for event, and what it accepts every risk check accepts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from msgspec.structs import force_setattr

from tradetui.engine.journal.codec import encode_events
from tradetui.engine.model.events import (
    FillEvent,
    OrderEvent,
    OrderStatusEvent,
    SignalEvent,
    TradingState,
    TwoSidedQuote,
)
from tradetui.engine.model.instrument import EXACT, Instrument, decimal_from_nanos, nanos_from_decimal
from tradetui.engine.model.limits import RiskLimits
from tradetui.engine.model.orders import WORKING, Order
from tradetui.engine.trading.fees import FeeSchedule
from tradetui.engine.trading.moment import Moment
from tradetui.engine.trading.order_manager import OrderManager
from tradetui.engine.trading.portfolio import Portfolio
from tradetui.engine.trading.quote_envelope import Envelope
from tradetui.engine.trading.risk import Book, RiskManager

SYMBOLS = ("A", "B")
ZERO = Decimal(0)

some_limits = st.builds(
    RiskLimits,
    capital_buffer=st.sampled_from([ZERO, Decimal("0.5"), Decimal(300)]),
    max_position=st.sampled_from([None, None, Decimal(20), Decimal(7), Decimal("12.5")]),
    max_position_value=st.sampled_from([None, None, None, Decimal(900), Decimal("1234.567")]),
    position_action=st.sampled_from(["reduce", "reject"]),
    max_order_quantity=st.sampled_from([None, None, Decimal(4)]),
    max_order_value=st.sampled_from([None, None, Decimal(400)]),
    price_collar=st.sampled_from([None, None, Decimal("0.02")]),
    max_open_orders=st.sampled_from([None, None, None, 2, 3]),
)
some_fees = st.builds(
    FeeSchedule,
    commission=st.sampled_from([ZERO, Decimal("0.001")]),
    maker=st.sampled_from([None, Decimal("-0.0002"), Decimal("0.0005")]),
    fixed=st.sampled_from([ZERO, Decimal("0.3")]),
)
prices = st.one_of(
    st.none(), st.sampled_from([97.0, 99.0, 99.5, 99.51, 100.0, 100.5, 101.0, 103.0, 200.0]), st.floats()
)
sizes = st.sampled_from([1.0, 2.0, 2.5, 4.0, 5.0, 8.0, 30.0])


class _Account:
    """An order manager with its ledger, told of fills as a core would."""

    def __init__(
        self, limits: RiskLimits, fees: FeeSchedule, cash: Decimal, allow_short: bool, quick: bool, delayed: bool
    ) -> None:
        self.portfolio = Portfolio(cash)
        known = {symbol: Instrument(symbol=symbol, tick=Decimal("0.5"), lot=Decimal("0.5")) for symbol in SYMBOLS}
        self.manager = OrderManager(
            self.portfolio, known, RiskManager(limits), fees, lambda _s, _c: None, lambda: 1.0, lambda: (None, None),
            allow_short,
        )  # fmt: skip
        if delayed:
            self.manager.deal_with(lambda _symbol, _side, _units: Decimal(100))
        self.answered = 0  # by the quick way
        keeper = self.manager._quotes
        answer = keeper.quick.quote

        def quote(*given: Any) -> Any:
            requote = answer(*given) if quick else None
            if requote is not None:
                self.answered += 1
                orders = [event for event in requote.events if type(event) is OrderEvent]
                assert requote.ended == [e.order_id for e in requote.events if type(e) is OrderStatusEvent]
                assert requote.sent == [
                    (order, nanos_from_decimal(order.quantity), nanos_from_decimal(order.limit_price or ZERO))
                    for order in orders
                ]
            return requote

        keeper.quick.quote = quote  # type: ignore[method-assign]
        self.executions = 0

    def moment(self, price: float, state: TradingState) -> Moment:
        free = self.portfolio.free({symbol: Decimal(100) for symbol in SYMBOLS})
        return Moment(1, 1, price, free, state)

    def fill(self, order_id: int, share: float, now: Moment) -> list[Any]:
        opened = self.manager._open
        order = opened.by_id.get(order_id) or opened.leaving[order_id]
        held = self.portfolio.quantity(order.symbol)
        left = order.left
        if order.role in ("close", "stop_loss", "take_profit"):
            left = min(left, max(ZERO, held * -order.side))
            if not left:
                return []
        units = max(Decimal("0.5"), (left * Decimal(share)).quantize(Decimal("0.5")))
        leaves = EXACT.subtract(left, min(units, left))
        self.executions += 1
        fill = FillEvent(
            str(self.executions), order_id, order.symbol, order.side, min(units, left),
            order.limit_price or Decimal(100), Decimal("0.01"), "maker", order.role, False, 0.0, 1, leaves,
        )  # fmt: skip
        self.portfolio.apply(fill)
        events = self.manager.on_fill(fill, now)
        if not leaves:
            self.manager.let_go(order_id)
        return events


def _numbered(events: list[Any]) -> list[Any]:
    """Numbered after their wish, as a core does it and the quick way has done it."""
    for number, event in enumerate(events, 2):
        assert (event.seq, event.cause) in ((0, 0), (number, 1))
        force_setattr(event, "seq", number)
        force_setattr(event, "cause", 1)
    return events


class QuickAndCareful(RuleBasedStateMachine):
    """Two accounts that are told the same; one may not take the quick way."""

    answered = 0

    @initialize(
        limits=some_limits,
        fees=some_fees,
        cash=st.sampled_from([50, 1_000, 10**6]),
        short=st.booleans(),
        delayed=st.booleans(),
        middles=st.lists(st.floats(98.0, 102.0), min_size=4, max_size=8),
    )
    def start(
        self, limits: RiskLimits, fees: FeeSchedule, cash: int, short: bool, delayed: bool, middles: list[float]
    ) -> None:
        self.pair = [_Account(limits, fees, Decimal(cash), short, quick, delayed) for quick in (True, False)]
        self.limits = limits
        self.state, self.price = TradingState.ACTIVE, 100.0
        self._make(SYMBOLS[0], middles)

    def _both(self, ask: Any) -> list[Any]:
        quick, careful = (_numbered(ask(account, account.moment(self.price, self.state))) for account in self.pair)
        assert encode_events(quick) == encode_events(careful)
        type(self).answered += self.pair[0].answered
        self.pair[0].answered = 0
        return list(quick)

    @rule(symbol=st.sampled_from(SYMBOLS), bid=prices, ask=prices, buys=sizes, sells=sizes)
    def quote(self, symbol: str, bid: float | None, ask: float | None, buys: float, sells: float) -> None:
        wish = TwoSidedQuote(symbol, bid, ask, buys, sells)
        self._both(lambda account, now: account.manager.on_quote(wish, now))

    @rule(symbol=st.sampled_from(SYMBOLS), middles=st.lists(st.floats(98.0, 102.0), min_size=8, max_size=12))
    def quote_as_makers_do(self, symbol: str, middles: list[float]) -> None:
        self._make(symbol, middles)

    def _make(self, symbol: str, middles: list[float]) -> None:
        for middle in middles:
            wish = TwoSidedQuote(symbol, middle - 0.5, middle + 0.5, 2.0, 2.0)
            self._both(lambda account, now, wish=wish: account.manager.on_quote(wish, now))

    @rule(which=st.integers(0, 5), share=st.sampled_from([0.3, 1.0]))
    def fill(self, which: int, share: float) -> None:
        working = [o.order_id for o in self.pair[0].manager.open_orders() if o.status in WORKING]
        if working:
            order_id = working[which % len(working)]
            self._both(lambda account, now: account.fill(order_id, share, now))

    @rule(which=st.integers(0, 5), share=st.sampled_from([0.0, 0.3, 1.0]))
    def answer(self, which: int, share: float) -> None:
        leaving = sorted(self.pair[0].manager._open.leaving)
        if leaving:
            order_id = leaving[which % len(leaving)]
            if share:
                self._both(lambda account, now: account.fill(order_id, share, now))
            for account in self.pair:
                account.manager.let_go(order_id)

    @rule(symbol=st.sampled_from(SYMBOLS), direction=st.sampled_from([1, 0, -1]), size=sizes, limit=st.booleans())
    def signal(self, symbol: str, direction: int, size: float, limit: bool) -> None:
        kind: dict[str, Any] = {"type": "limit", "limit_price": 99.0, "time_in_force": "gtx"} if limit else {}
        wish = SignalEvent(symbol, direction, quantity=size, **kind)
        self._both(lambda account, now: account.manager.on_signal(wish, now))

    @rule(state=st.sampled_from([TradingState.ACTIVE] * 8 + [TradingState.REDUCING, TradingState.HALTED]))
    def change_state(self, state: TradingState) -> None:
        self.state = state
        if state == TradingState.HALTED:
            self._both(lambda account, now: account.manager.cancel_all("halted", now))
        if state == TradingState.REDUCING:
            self._both(lambda account, now: account.manager.cancel_entries("paused", now))

    @rule(price=st.sampled_from([100.0, 100.0, 100.0, 99.0, 104.0, 0.0]))
    def move(self, price: float) -> None:
        self.price = price

    @rule(symbol=st.sampled_from(SYMBOLS))
    def close(self, symbol: str) -> None:
        self._both(lambda account, now: account.manager.close(symbol, "by hand", now))

    @invariant()
    def the_accounts_agree_and_the_sums_are_those_of_the_orders(self) -> None:
        for account in self.pair:
            opened = account.manager._open
            counted = opened.by_id | opened.counted
            assert set(opened._quoted) == {i for i, order in counted.items() if order.role == "quote"}
            assert opened.quoted == sum(opened._quoted.values())
        quick, careful = (account.manager for account in self.pair)
        assert quick.open_orders() == careful.open_orders()
        assert vars(quick.counts) == vars(careful.counts)

    @invariant()
    def quotes_of_a_symbol_never_meet_and_never_pass_a_limit(self) -> None:
        account = self.pair[0]
        for symbol in SYMBOLS:
            orders = account.manager.open_orders(symbol)
            quotes = [order for order in orders if order.role == "quote"]
            assert len({order.side for order in quotes}) == len(quotes)
            if len(quotes) == 2:
                bid, ask = sorted(quotes, key=lambda order: -order.side)
                assert bid.limit_price < ask.limit_price  # type: ignore[operator]
            held = account.portfolio.quantity(symbol)
            for quote in quotes:
                assert quote.time_in_force == "gtx"
                assert self.state != TradingState.HALTED
                leaving = [o for o in account.manager._open.counted.values() if o.symbol == symbol]
                counted = [*orders, *leaving]
                rest = [o.left for o in counted if o.side == quote.side and o.role in ("open", "quote")]
                worst = held * quote.side + sum(rest)
                if self.limits.max_position is not None:
                    assert worst <= max(self.limits.max_position, ZERO)
                if quote.side < 0 and not account.manager._allow_short:
                    assert worst <= 0


@pytest.mark.slow
def test_the_quick_way_to_quote_does_what_the_careful_one_does() -> None:
    QuickAndCareful.answered = 0
    run_state_machine_as_test(
        QuickAndCareful,
        settings=settings(
            max_examples=100,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert QuickAndCareful.answered > 100  # what Hypothesis draws depends on the modules that are loaded


@given(
    limits=some_limits,
    fees=some_fees,
    side=st.sampled_from([1, -1]),
    ticks=st.integers(1, 500),
    lots=st.integers(1, 60),
    held=st.integers(-40, 40),
    market=st.sampled_from([0.0, 1e-9, 97.3, 100.0, 100.123456789]),
    free=st.one_of(st.integers(-1000, 10**6), st.integers(0, 4000)),
    others=st.integers(0, 4),
    reserved=st.integers(0, 2000),
    short=st.booleans(),
)
@settings(max_examples=400, deadline=None, derandomize=True)
def test_what_the_envelope_accepts_every_risk_check_accepts(
    limits: RiskLimits,
    fees: FeeSchedule,
    side: int,
    ticks: int,
    lots: int,
    held: int,
    market: float,
    free: int,
    others: int,
    reserved: int,
    short: bool,
) -> None:
    instrument = Instrument(symbol="A", tick=Decimal("0.5"), lot=Decimal("0.5"))
    price, units, position = ticks * 500_000_000, lots * 500_000_000, held * 500_000_000
    envelope = Envelope(limits, instrument, fees, short)
    enlarges = envelope.enlarges(side, units, position)
    if not (
        envelope.usable
        and enlarges >= 0
        and market > 0
        and envelope.affords(enlarges * price, reserved * 10**9, others + 1, float(free), abs(float(free)))
        and (not envelope.looks_at_prices or envelope.allows(price, enlarges, position, market, others))
    ):
        return
    quantity, limit, seen = (
        decimal_from_nanos(units),
        decimal_from_nanos(price),
        decimal_from_nanos(round(market * 1e9)),
    )
    risk = RiskManager(limits)
    whole = Order(0, "A", side, quantity, "limit", limit, None, "gtx", "quote")
    state = TradingState.ACTIVE
    assert risk.check(whole, instrument, seen, limit, fees, Book(state, ZERO, ZERO, ZERO, ZERO, 0)) is None
    exact_position = decimal_from_nanos(position)
    reduces = min(quantity, max(ZERO, exact_position * -side))
    rest = quantity - reduces
    assert rest == decimal_from_nanos(enlarges)
    if not rest:
        return
    assert side > 0 or short
    entry = Order(0, "A", side, rest, "limit", limit, None, "gtx")
    charged = fees.fee(1, rest, ZERO, True) * others + Decimal(reserved) * (1 + max(ZERO, fees.rate(True)))
    book = Book(state, exact_position, reduces, Decimal(free), charged, others)
    assert risk.check(entry, instrument, seen, limit, fees, book) is None
    assert entry.quantity == rest


def test_an_order_sent_as_a_quote_says_what_it_is() -> None:
    account = _Account(RiskLimits(), FeeSchedule(), Decimal(1000), True, True, False)
    wish = TwoSidedQuote("A", 99.0, 101.0, 2.0, 2.0, reason="around 100")
    bid, ask = account.manager.on_quote(wish, account.moment(100.0, TradingState.ACTIVE))
    assert isinstance(bid, OrderEvent)
    assert isinstance(ask, OrderEvent)
    assert (bid.side, bid.type, bid.time_in_force, bid.role, bid.reason) == (1, "limit", "gtx", "quote", "around 100")
    assert (ask.side, str(ask.limit_price), str(ask.quantity)) == (-1, "101", "2")


@pytest.mark.parametrize("quick", [True, False])
def test_a_bid_that_a_leaving_one_may_outrun_is_paid_for_as_if_it_opened_a_position(quick: bool) -> None:
    account = _Account(RiskLimits(), FeeSchedule(), Decimal(1_000), True, quick, True)

    def tell(bid: float | None, ask: float | None) -> list[str]:
        wish = TwoSidedQuote("A", bid, ask, 5.0, 5.0)
        events = account.manager.on_quote(wish, account.moment(100.0, TradingState.ACTIVE))
        return [type(event).__name__ for event in events]

    tell(None, 100.5)
    account.fill(1, 1.0, account.moment(100.0, TradingState.ACTIVE))
    assert tell(90.0, None) == ["OrderEvent"]  # buys back what was sold short: 502.50 are free
    assert tell(110.0, None) == ["OrderStatusEvent", "RefusalEvent"]  # 550 if the one at 90 fills first


@pytest.mark.parametrize("quick", [True, False])
def test_what_is_reserved_for_others_does_not_shrink_by_a_quote_that_is_gone(quick: bool) -> None:
    account = _Account(RiskLimits(), FeeSchedule(), Decimal(1_000), True, quick, False)

    def tell(symbol: str, *quote: Any) -> list[str]:
        events = account.manager.on_quote(TwoSidedQuote(symbol, *quote), account.moment(100.0, TradingState.ACTIVE))
        for event in events:
            if isinstance(event, OrderStatusEvent):
                account.manager.let_go(event.order_id)
        return [type(event).__name__ for event in events]

    tell("A", None, 101.0, None, 4.0)
    tell("A", None, None, None, "4")  # text is for the careful way
    tell("B", 99.0, None, 7.0, None)
    tell("A", 99.0, None, 3.0, None)
    tell("A", None, None)
    assert tell("A", 99.0, None, 3.0, None) == ["OrderEvent"]  # 693 and 297 of 1,000
    assert tell("A", 103.0, None, 3.0, None) == ["OrderStatusEvent", "RefusalEvent"]  # 693 and 309


@pytest.mark.parametrize(("action", "sent"), [("reject", []), ("reduce", [3])])
def test_a_quote_that_gives_way_to_more_at_its_price_counts_until_the_venue_has_let_it_go(
    action: Any, sent: list[int]
) -> None:
    limits = RiskLimits(max_position=Decimal(5), position_action=action)
    account = _Account(limits, FeeSchedule(), Decimal(10_000), True, True, True)

    def tell(quantity: float) -> list[Decimal]:
        wish = TwoSidedQuote("A", None, 100.5, None, quantity)
        events = account.manager.on_quote(wish, account.moment(100.0, TradingState.ACTIVE))
        return [event.quantity for event in events if isinstance(event, OrderEvent)]

    assert tell(2.0) == [2]
    assert tell(5.0) == sent  # both may fill: with all five it could be seven
    assert tell(5.0) == []  # what rests stays: it would come back no larger
